"""Cutting: the rest of the text in order, personal data whole or gone, every byte counted once."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.pii.redact import redact
from corpus.schema import SPANS
from corpus.stages.dedup_cut import cut, cut_text


def personal(*places: tuple[int, int]) -> list[dict[str, Any]]:
    return [
        {"start": start, "end": end, "kind": "email", "score": 1.0, "validator": ""} for start, end in places
    ]


def test_what_is_before_inside_and_after_a_cut() -> None:
    rest = cut_text(b"aa@aXXXbb@bXXXcc@cXXX", {"substring": [(4, 14)]}, personal((0, 4), (7, 11), (14, 18)))
    assert rest.text == b"aa@acc@cXXX"
    assert [(span["start"], span["end"]) for span in rest.personal] == [(0, 4), (4, 8)]
    assert rest.removed == {"substring": 10}


@pytest.mark.parametrize(
    ("span", "left"),
    [
        ((0, 7), b"mail@x.yz45"),  # ends inside: the cut ends before
        ((8, 14), b"0123mail@x.yz5"),  # begins inside: the cut begins after
        ((6, 8), b"0123mail@x.yz45"),  # inside: nothing is cut
        ((4, 13), b"012345"),  # just the value: it goes
        ((0, 15), b""),
    ],
)
def test_a_cut_gives_way_to_personal_data_it_holds_in_part(span: tuple[int, int], left: bytes) -> None:
    rest = cut_text(b"0123mail@x.yz45", {"template": [span]}, personal((4, 13)))
    assert rest.text == left
    assert [rest.text[s["start"] : s["end"]] for s in rest.personal] == (
        [b"mail@x.yz"] if b"@" in left else []
    )


def test_personal_data_in_two_cuts_that_touch_goes_whole() -> None:
    rest = cut_text(b"0123mail@x.yz45", {"substring": [(0, 8)], "template": [(8, 15)]}, personal((4, 13)))
    assert rest == (b"", [], {"substring": 8, "template": 7})


def test_bytes_of_both_kinds_count_as_substrings() -> None:
    rest = cut_text(b"0123456789", {"template": [(2, 6)], "substring": [(4, 8)]}, ())
    assert rest == (b"0189", [], {"substring": 4, "template": 2})


PLACES = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 12)), max_size=5)


@given(PLACES, PLACES, PLACES)
def test_against_a_text_marked_letter_by_letter(
    substrings: list[tuple[int, int]], templates: list[tuple[int, int]], values: list[tuple[int, int]]
) -> None:
    text = "".join(chr(0x21 + i) for i in range(52))
    found, at = [], 0
    for start, length in sorted(values):
        if start >= at:
            found.append((start, start + length))
            at = start + length
    spans = {
        "substring": [(start, start + length) for start, length in substrings],
        "template": [(start, start + length) for start, length in templates],
    }
    marks = ["" for _ in text]
    for kind in ("template", "substring"):
        for start, end in spans[kind]:
            marks[start:end] = [kind] * (end - start)
    whole = [all(marks[start:end]) for start, end in found]
    for start, end in (place for place, gone in zip(found, whole, strict=True) if not gone):
        marks[start:end] = [""] * (end - start)
    rest = cut_text(text.encode(), spans, personal(*found))
    assert rest.text.decode() == "".join(c for c, mark in zip(text, marks, strict=True) if not mark)
    kept = [text[start:end] for (start, end), gone in zip(found, whole, strict=True) if not gone]
    assert [rest.text[s["start"] : s["end"]].decode() for s in rest.personal] == kept
    assert rest.removed == {kind: marks.count(kind) for kind in ("substring", "template") if kind in marks}


def test_texts_are_cut_by_row_and_then_redacted() -> None:
    texts = pa.array(["ä mail@x.yz ö", "", "untouched", "mail@x.yz"], pa.large_string())
    spans = pa.array([personal((3, 12)), [], [], personal((0, 9))], SPANS)
    rest = cut(texts, {0: {"substring": [(0, 3)]}, 3: {"template": [(0, 9)]}}, spans)
    assert rest.personal is not None
    ids = pa.array(["1", "2", "3", "4"])
    assert redact(rest.text, rest.personal, ids, "tag").to_pylist() == ["<EMAIL> ö", "", "untouched", ""]
    assert rest.removed == {0: {"substring": 3}, 3: {"template": 9}}
    assert cut(texts, {}, None) == (texts, None, {})
