"""The step that trains a language's model: what it reads, what it holds out, and when it trains none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from corpus.models import artefact
from tests.perplexity_world import document, run, write_documents

Rows = list[tuple[str, str, str]]


@pytest.fixture
def rows() -> Rows:
    return [(f"{seed:032x}", "sw", document(seed)) for seed in range(60)]


def test_a_model_is_trained_and_a_third_of_short_text_is_held_out(rows: Rows, tmp_path: Path) -> None:
    path, counts = run(tmp_path / "out", [write_documents(tmp_path / "a.parquet", rows)])
    found = artefact.read(path)
    assert counts["trained"] == 1
    assert counts["documents"] == 60
    assert counts["bytes"] == sum(len(text.encode()) for _, _, text in rows) == found.reference_bytes
    assert 18 <= counts["held_out_documents"] <= 22
    assert counts["held_out_passages"] >= counts["held_out_documents"]
    assert found.model is not None
    assert found.reference is not None
    assert counts["ngrams"] == np.count_nonzero(found.model.grams[::2]) > 100
    assert (np.diff(found.reference.plain) >= 0).all()
    assert found.reference.plain[100] < found.reference.noisy[100]


def test_a_tenth_of_longer_text_is_held_out(tmp_path: Path) -> None:
    rows = [(f"{seed:032x}", "sw", document(seed, 1300)) for seed in range(80)]
    _, counts = run(tmp_path / "out", [write_documents(tmp_path / "a.parquet", rows)])
    assert counts["bytes"] > 300_000
    assert 6 <= counts["held_out_documents"] <= 10


def test_rows_of_other_languages_are_not_read(rows: Rows, tmp_path: Path) -> None:
    alone = write_documents(tmp_path / "a.parquet", rows)
    others = [(f"{seed:032x}", "yo", "qqq www " * 200) for seed in range(100, 120)]
    mixed = write_documents(tmp_path / "b.parquet", [*others[:10], *rows, *others[10:]])
    one, counts = run(tmp_path / "one", [alone])
    two, same = run(tmp_path / "two", [mixed])
    assert one.read_bytes() == two.read_bytes()
    assert counts == same


def test_the_file_depends_on_the_documents_not_on_their_files_or_order(rows: Rows, tmp_path: Path) -> None:
    whole = write_documents(tmp_path / "whole.parquet", rows)
    parts = [write_documents(tmp_path / f"part{at}.parquet", rows[at : at + 20][::-1]) for at in (40, 0, 20)]
    one, _ = run(tmp_path / "one", [whole])
    two, _ = run(tmp_path / "two", parts)
    assert one.read_bytes() == two.read_bytes()


def test_too_little_text_gives_a_file_that_says_so(rows: Rows, tmp_path: Path) -> None:
    source = write_documents(tmp_path / "a.parquet", rows[:3])
    path, counts = run(tmp_path / "out", [source])
    found = artefact.read(path)
    assert counts["trained"] == 0
    assert found.model is None
    assert found.reference is None
    assert f"{counts['bytes']} bytes of reference text in 3 documents" in found.reason


def test_one_document_alone_gives_no_model_because_nothing_can_be_held_out(tmp_path: Path) -> None:
    source = write_documents(tmp_path / "a.parquet", [("0" * 32, "sw", document(1, 8000))])
    path, counts = run(tmp_path / "out", [source])
    assert counts["trained"] == 0
    assert "in 1 documents" in artefact.read(path).reason


def test_no_document_at_all_gives_no_model(rows: Rows, tmp_path: Path) -> None:
    path, counts = run(tmp_path / "out", [write_documents(tmp_path / "a.parquet", rows)], language="yo")
    assert set(counts.values()) == {0}
    assert artefact.read(path).language == "yo"


def test_text_without_words_gives_no_model(tmp_path: Path) -> None:
    rows = [(f"{at:032x}", "sw", "... --- ... " * 200) for at in range(10)]
    path, counts = run(tmp_path / "out", [write_documents(tmp_path / "a.parquet", rows)])
    assert counts["trained"] == 0
    assert "no words" in artefact.read(path).reason


def test_no_more_than_the_largest_amount_is_read(rows: Rows, tmp_path: Path) -> None:
    source = write_documents(tmp_path / "a.parquet", rows)
    _, all_counts = run(tmp_path / "all", [source])
    _, few_counts = run(tmp_path / "few", [source], max_reference_bytes=10_000)
    assert few_counts["trained"] == 1
    assert few_counts["ngrams"] < all_counts["ngrams"] / 2
    assert few_counts["bytes"] == all_counts["bytes"]


def test_the_order_and_pruning_of_the_options_are_used(rows: Rows, tmp_path: Path) -> None:
    source = write_documents(tmp_path / "a.parquet", rows)
    path, _ = run(tmp_path / "three", [source], order=3, pruning=(0, 0, 0))
    found = artefact.read(path).model
    assert found is not None
    assert found.order == 3
    assert (found.grams[::2] < np.uint64(found.base**3)).all()
