"""The perplexity signal: null without a model, ranks that separate, the same for any batch."""

from __future__ import annotations

import random
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from corpus.batch import Batch
from corpus.filter import Filter, Range, reasons
from corpus.kernels import lm
from corpus.models import artefact, damage
from corpus.models.reference import LEVELS
from corpus.recipe import PerplexityOptions
from corpus.signal import Signal, declared
from corpus.signals.perplexity import Perplexity
from tests.perplexity_world import document, run, write_documents

COLUMNS = [
    "perplexity", "perplexity_rank", "perplexity_bucket", "perplexity_noise_rank", "perplexity_order_rank",
    "perplexity_noise_level", "perplexity_order_level", "perplexity_order_evidence",
]  # fmt: skip


@pytest.fixture(scope="module")
def artefacts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("models")
    rows = [(f"{seed:032x}", "sw", document(7 + seed % 2, 160 + seed)) for seed in range(80)]
    source = write_documents(folder / "a.parquet", rows)
    trained, counts = run(folder / "sw", [source])
    absent, _ = run(folder / "yo", [source], language="yo")
    assert counts["trained"] == 1
    return {"language_model/sw": trained, "language_model/yo": absent, "something/else": folder / "a.parquet"}


def measure(
    artefacts: dict[str, Path], texts: list[str], languages: list[str | None]
) -> list[dict[str, object]]:
    group = declared(Perplexity)
    assert isinstance(group, Signal)
    call = group.build(PerplexityOptions(), artefacts)
    record = pa.record_batch(
        {"text": pa.array(texts, pa.large_string()), "language_assigned": pa.array(languages, pa.string())}
    )
    result = group.measure(call, Batch(record))
    assert result.schema.names == COLUMNS
    return result.to_pylist()


def test_a_document_has_a_perplexity_a_rank_and_a_bucket(artefacts: dict[str, Path]) -> None:
    (row,) = measure(artefacts, [document(7, 200)], ["sw"])
    assert 1 < row["perplexity"] < 1000
    assert 0 <= row["perplexity_rank"] <= 1
    assert row["perplexity_bucket"] in ("head", "middle", "tail")


def test_all_is_null_where_there_is_no_model_or_no_word(artefacts: dict[str, Path]) -> None:
    text = document(7, 200)
    rows = measure(
        artefacts, [text, text, text, text, "", "...", text], ["yo", "code-c", "und", None, "sw", "sw", "sw"]
    )
    for row in rows[:-1]:
        assert set(row.values()) == {None}
    assert {name for name, value in rows[-1].items() if value is None} <= {"perplexity_order_evidence"}


def test_short_documents_have_no_rank_among_damaged_text(artefacts: dict[str, Path]) -> None:
    short, long = measure(artefacts, [" ".join(["bako"] * 19), " ".join(["bako"] * 20)], ["sw", "sw"])
    assert short["perplexity_rank"] is not None
    assert short["perplexity_noise_rank"] is None
    assert short["perplexity_order_rank"] is None
    assert short["perplexity_noise_level"] is None
    assert short["perplexity_order_level"] is None
    assert short["perplexity_order_evidence"] is None
    assert None not in long.values()


def test_damage_of_each_kind_shows_in_its_own_rank(artefacts: dict[str, Path]) -> None:
    dice = random.Random(5)
    text = document(7, 300)
    words = text.split()
    dice.shuffle(words)
    noisy = "".join(dice.choice("bakolimu") if at.isalpha() and dice.random() < 0.5 else at for at in text)
    plain, mixed, broken = measure(artefacts, [text, " ".join(words), noisy], ["sw"] * 3)
    assert plain["perplexity_noise_rank"] < 0.2
    assert plain["perplexity_order_rank"] == 1
    assert mixed["perplexity_order_rank"] < 1
    assert mixed["perplexity_noise_rank"] < 0.5
    assert broken["perplexity_noise_rank"] > 0.9
    assert plain["perplexity_noise_level"] < 0.3 < 0.7 < broken["perplexity_noise_level"]
    assert mixed["perplexity_order_level"] < 0.3 < 0.7 < plain["perplexity_order_level"]
    assert plain["perplexity"] < mixed["perplexity"] < broken["perplexity"]
    assert broken["perplexity_bucket"] == "tail"


def test_words_in_no_order_give_no_evidence_and_text_of_another_kind_does(
    artefacts: dict[str, Path],
) -> None:
    text = document(7, 400)
    # Every sixth word is one the model never saw: less is left of the order it knows.
    other = " ".join(word if at % 6 else f"xo-xe{at % 7}" for at, word in enumerate(text.split()))
    plain, strange = measure(artefacts, [text, other], ["sw"] * 2)
    assert plain["perplexity_order_evidence"] is None or plain["perplexity_order_evidence"] > 6
    assert strange["perplexity_order_evidence"] > 3
    assert strange["perplexity_order_level"] < plain["perplexity_order_level"]


def test_evidence_of_shuffled_words_lies_about_zero_at_any_length(artefacts: dict[str, Path]) -> None:
    dice = random.Random(8)
    for words in (40, 400):
        vocabulary = document(7, 4000).split()
        texts = [" ".join(dice.sample(vocabulary, words)) for _ in range(60)]
        found = [row["perplexity_order_evidence"] for row in measure(artefacts, texts, ["sw"] * len(texts))]
        assert all(isinstance(value, float) for value in found)
        assert abs(np.mean(found)) < 0.5
        assert 0.1 < np.std(found) < 1.2


def test_where_a_text_in_order_would_show_little_there_is_no_evidence(
    artefacts: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = artefact.read(artefacts["language_model/sw"]).reference
    assert reference is not None
    usual = reference.chance[LEVELS // 2]
    none, half, all_of_it = reference.evidence(np.array([0, usual / 2, usual]))
    assert 0 == none < half < all_of_it
    words = document(7, 400).split()
    random.Random(3).shuffle(words)
    assert measure(artefacts, [" ".join(words)], ["sw"])[0]["perplexity_order_evidence"] is not None
    for limit, value in (("_FEW_EXPECTED", 1e6), ("_NEAR", -9)):
        with monkeypatch.context() as changed:
            changed.setattr(f"corpus.signals.perplexity.{limit}", value)
            assert measure(artefacts, [" ".join(words)], ["sw"])[0]["perplexity_order_evidence"] is None


def test_more_words_of_a_weak_order_are_no_more_evidence(
    artefacts: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What other causes may add to the gain of a text grows with the evidence that is expected of it."""
    ordered = document(7, 4000).split()
    words = random.Random(4).sample(ordered, len(ordered))
    for at in range(0, len(words), 10):
        words[at : at + 3] = ordered[at : at + 3]
    found = {}
    for share in (0.0, 0.2):
        monkeypatch.setattr("corpus.signals.perplexity._UNEXPLAINED", share)
        texts = [" ".join(words[:size]) for size in (400, 4000)]
        short, long = measure(artefacts, texts, ["sw"] * 2)
        found[share] = short["perplexity_order_evidence"], long["perplexity_order_evidence"]
    assert found[0.0][1] > 2 * found[0.0][0] > 0
    assert 0 < found[0.2][1] < 1.5 * found[0.2][0]


def test_other_orders_have_the_lines_of_the_document(artefacts: dict[str, Path]) -> None:
    model = artefact.read(artefacts["language_model/sw"]).model
    assert model is not None
    batch = Batch(pa.record_batch({"text": pa.array(["ba ko\n\nli mu ba\n...\nko", "", "li\n"])}))
    every = np.arange(3)
    plain = model.encode(batch.text, batch.words, every)
    for tokens in damage.shuffle_units(model, batch.text, batch.words, every, 3):
        assert tokens.offsets.tolist() == plain.offsets.tolist()
        for mark in (lm.BEGIN, lm.END):
            found, expected = (np.count_nonzero(ids == mark) for ids in (tokens.ids, plain.ids))
            assert found == expected
        assert tokens.ids[0] == lm.BEGIN
        assert (tokens.ids[np.flatnonzero(tokens.ids == lm.END)[:-1] + 1] == lm.BEGIN).all()
        assert sorted(tokens.ids) == sorted(plain.ids)


def test_words_that_are_written_together_are_shuffled_together(artefacts: dict[str, Path]) -> None:
    model = artefact.read(artefacts["language_model/sw"]).model
    assert model is not None
    text = pa.array(["ba-ko li mu/ba ko. li", "", "ko li"], pa.large_string())
    batch = Batch(pa.record_batch({"text": text}))
    tokens, other = damage.shuffle_units(model, batch.text, batch.words, np.array([2, 0, 1]), 2)
    assert sorted(tokens.ids) == sorted(other.ids)
    assert tokens.offsets.tolist() == other.offsets.tolist()
    lines = [tokens.ids[first:last] for first, last in pairwise(tokens.offsets)]
    plain = model.encode(batch.text, batch.words, np.array([2, 0, 1]))
    for line, (first, last) in zip(lines, pairwise(plain.offsets), strict=True):
        assert sorted(line) == sorted(plain.ids[first:last])
    ba, ko, li, mu = (
        tuple(int(piece) for piece in model.encode(part.text, part.words, np.array([0])).ids[1:-1])
        for word in ("ba", "ko", "li", "mu")
        for part in (Batch(pa.record_batch({"text": pa.array([word], pa.large_string())})),)
    )
    found = tuple(int(piece) for piece in lines[1])
    joined = str(found)
    assert str(ba + ko)[1:-1] in joined
    assert str(mu + ba)[1:-1] in joined
    assert len(lines[2]) == 0
    assert len(li) > 0


def test_a_document_is_measured_the_same_alone_and_among_others(artefacts: dict[str, Path]) -> None:
    texts = [document(seed, 60 + 10 * seed) for seed in range(12)] + ["", "ba", "漢字 qq\n\n\nba"]
    languages = ["sw", "yo", "sw"] * 5
    together = measure(artefacts, texts, languages)
    alone = [measure(artefacts, [text], [code])[0] for text, code in zip(texts, languages, strict=True)]
    assert together == alone


def test_the_buckets_follow_the_options(artefacts: dict[str, Path]) -> None:
    group = declared(Perplexity)
    assert isinstance(group, Signal)
    text = pa.array([document(seed, 200) for seed in range(8)], pa.large_string())
    record = pa.record_batch({"text": text, "language_assigned": ["sw"] * 8})
    result = group.measure(group.build(PerplexityOptions(buckets=(0.2, 0.9)), artefacts), Batch(record))
    ranks = np.array(result.column("perplexity_rank"))
    expected = np.where(ranks <= 0.2, "head", np.where(ranks <= 0.9, "middle", "tail"))
    assert result.column("perplexity_bucket").to_pylist() == expected.tolist()


def test_edge_texts_are_measured(artefacts: dict[str, Path]) -> None:
    texts = ["a", "\n", "\x00" * 50, "ba " * 40_000, "b" * 1_000_000, "้" * 40, "👩‍👩‍👧 " * 30, "e\u0301" * 90]
    rows = measure(artefacts, texts, ["sw"] * len(texts))
    for row in rows:
        for value in row.values():
            assert value is None or isinstance(value, str) or np.isfinite(value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"order": 6}, "at most 1625 with order 6"),
        ({"pruning": (0, 1)}, "give 5 numbers"),
        ({"pruning": (1, 1, 1, 1, 1)}, "begin with 0"),
        ({"pruning": (0, 2, 1, 1, 1)}, "never fall"),
        ({"buckets": (0.5, 0.2)}, "ascending"),
    ],
)
def test_options_that_make_no_model_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        PerplexityOptions(**change)


def test_the_better_part_is_kept_by_rank_or_by_bucket(artefacts: dict[str, Path]) -> None:
    rows = measure(artefacts, [document(seed, 200) for seed in range(24)], ["sw"] * 24)
    columns = {
        name: pa.array([row[name] for row in rows]) for name in ("perplexity_rank", "perplexity_bucket")
    }
    filters = [
        Filter("not_tail", "perplexity_rank", Range(max=0.667)),
        Filter("head", "perplexity_bucket", equals="head"),
    ]
    found = reasons(filters, columns, pa.array(["sw"] * 24))
    for row, mask in zip(rows, found, strict=True):
        assert bool(mask & 1) == (row["perplexity_rank"] > 0.667)
        assert bool(mask & 2) == (row["perplexity_bucket"] != "head")
