"""Redaction replaces spans and nothing else."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.errors import SignalError
from corpus.pii.kinds import KINDS, PLACEHOLDERS
from corpus.pii.redact import counts, redact
from corpus.schema import SPANS


def _spans(*rows: list[tuple[int, int, str]]) -> pa.Array:
    return pa.array(
        [
            [{"start": s, "end": e, "kind": k, "score": 1.0, "validator": "v"} for s, e, k in row]
            for row in rows
        ],
        SPANS,
    )


def test_each_policy_writes_its_own_form() -> None:
    texts = pa.array(["mail a@b.org now"], pa.large_string())
    spans = _spans([(5, 12, "email")])
    ids = pa.array(["d"])
    assert redact(texts, spans, ids, "tag").to_pylist() == ["mail <EMAIL> now"]
    assert redact(texts, spans, ids, "roots").to_pylist() == ["mail PI:EMAIL now"]
    (surrogate,) = redact(texts, spans, ids, "surrogate", "key").to_pylist()
    assert surrogate.startswith("mail ")
    assert surrogate.endswith(" now")
    assert "@example." in surrogate


def test_a_surrogate_depends_on_key_document_and_value_and_on_nothing_else() -> None:
    texts = pa.array(["x a@b.org a@b.org", "x a@b.org c@b.org"], pa.large_string())
    spans = _spans([(2, 9, "email"), (10, 17, "email")], [(2, 9, "email"), (10, 17, "email")])
    ids = pa.array(["one", "two"])
    both = redact(texts, spans, ids, "surrogate", "key").to_pylist()
    alone = [
        redact(texts.slice(i, 1), spans.slice(i, 1), ids.slice(i, 1), "surrogate", "key").to_pylist()[0]
        for i in (1, 0)
    ]
    assert both == alone[::-1]
    first, second = both[0].split()[1:]
    assert first == second
    assert both[1].split()[1] != first
    assert both[1].split()[1] != both[1].split()[2]
    assert redact(texts, spans, ids, "surrogate", "other").to_pylist() != both


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_byte_outside_a_span_changes(data: st.DataObject) -> None:
    pieces = data.draw(st.lists(st.tuples(st.text(max_size=8), st.text(min_size=1, max_size=6)), max_size=5))
    tail = data.draw(st.text(max_size=8))
    kinds = list(KINDS)
    text, spans, expected = b"", [], ""
    for number, (outside, inside) in enumerate(pieces):
        text += outside.encode()
        kind = kinds[number % len(kinds)]
        spans.append((len(text), len(text) + len(inside.encode()), kind))
        text += inside.encode()
        expected += outside + KINDS[kind].tag
    result = redact(
        pa.array([(text + tail.encode()).decode()], pa.large_string()), _spans(spans), pa.array(["d"]), "tag"
    )
    assert result.type == pa.large_string()
    assert result.to_pylist() == [expected + tail]


def test_untouched_documents_keep_their_bytes_and_order() -> None:
    texts = pa.array(["a", "b@c.org", "", "d"], pa.large_string())
    spans = _spans([], [(0, 7, "email")], [], [])
    assert redact(texts, spans, pa.array(list("wxyz")), "tag").to_pylist() == ["a", "<EMAIL>", "", "d"]


@pytest.mark.parametrize(
    "rows", [[(0, 3, "email"), (2, 5, "phone")], [(0, 99, "email")], [(3, 3, "email")], [(1, 5, "email")]]
)
def test_spans_that_do_not_fit_the_text_are_refused(rows: list[tuple[int, int, str]]) -> None:
    texts = pa.array(["é a long text"], pa.large_string())
    with pytest.raises(SignalError):
        redact(texts, _spans(rows), pa.array(["d"]), "tag")


def test_unknown_policy_and_missing_key_are_refused() -> None:
    texts, spans, ids = pa.array(["a"], pa.large_string()), _spans([]), pa.array(["d"])
    with pytest.raises(SignalError, match="not known"):
        redact(texts, spans, ids, "mask")
    with pytest.raises(SignalError, match="key"):
        redact(texts, spans, ids, "surrogate")


def test_counts_are_by_kind_and_add_up() -> None:
    spans = _spans([(0, 1, "phone"), (2, 3, "email"), (4, 5, "phone")], [])
    assert counts(spans).to_pylist() == [[("phone", 2), ("email", 1)], []]


def test_placeholders_are_distinct_and_one_for_each_kind() -> None:
    assert len(set(PLACEHOLDERS)) == len(KINDS)
    assert all(tag.startswith("<") and tag.endswith(">") for tag in PLACEHOLDERS)
