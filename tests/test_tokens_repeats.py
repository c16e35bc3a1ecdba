"""What repeats in the text a tokenizer is trained on counts once, in all buckets, as in ROOTS' sample."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from corpus.tokens import options, repeats
from corpus.tokens.counts import count
from corpus.tokens.lines import lines
from tests.test_tokens_train import recipe
from tests.tokens_world import PLACEHOLDERS, World, rows


def counted(
    folder: Path, documents: Sequence[dict[str, Any]], buckets: int = 1, **settings: object
) -> tuple[Counter[bytes], int]:
    """How often each piece was counted, spaces aside, in how many documents; run as the pipeline does."""
    world = World(folder, recipe("gpt2", 600, **settings))
    texts = world.buckets(documents, buckets)
    how = options.line_options(world.tokenizer, PLACEHOLDERS, 1)
    kept = [world.run(lines, path.stem, {"text": [path]}, how)[0] for path in texts]
    how = options.count_options(world.tokenizer, PLACEHOLDERS, 1)
    sums: Counter[bytes] = Counter()
    for number, text in enumerate(texts):
        inputs = {"text": [text], "lines": [kept[number]], "lines_before": kept[:number]}
        table = pq.read_table(world.run(count, text.stem, inputs, how)[0])
        for piece, times in zip(table["piece"].to_pylist(), table["count"].to_pylist(), strict=True):
            sums[piece.strip()] += times
    return sums, sum(world.counts[f"count/{path.stem}"]["documents"] for path in texts)


def documents(texts: Sequence[str], language: str = "en") -> list[dict[str, Any]]:
    plain = {"redactions": [], "language": language}
    return [{**row, "text": text, **plain} for row, text in zip(rows(len(texts)), texts, strict=True)]


def test_a_line_counts_once_where_the_recipe_says_so(tmp_path: Path) -> None:
    texts = ["same line\nfirst\n\nsame line  \n", "other\nsame line\n", "first\nlast"]
    sums, _ = counted(tmp_path / "once", documents(texts), dedup_lines=True)
    assert {name: sums[name] for name in (b"same", b"first", b"other", b"last")} == dict.fromkeys(
        (b"same", b"first", b"other", b"last"), 1
    )
    sums, _ = counted(tmp_path / "each", documents(texts))
    assert (sums[b"same"], sums[b"first"]) == (3, 2)


def test_a_line_counts_once_in_all_buckets(tmp_path: Path) -> None:
    found = rows(60, longest=3)
    for number, row in enumerate(found):
        row["language"] = "en"
        row["text"] = f"shared\n{row['text'] if row['redactions'] else ''}\nown{number} pair{number // 2}\n"
        row["text"] += f"couple{number // 2}\n"
    sums, _ = counted(tmp_path, found, 3, dedup_lines=True)
    assert sums[b"shared"] == 1
    # Each of the two documents of a couple has its own line, and the line of both counts once.
    assert sums[b"couple"] == 30
    assert sums[b"own"] == 60


def test_a_document_counts_once_in_all_buckets(tmp_path: Path) -> None:
    texts = [f"shared\nown{number // 2}\n" for number in range(60)]
    sums, read = counted(tmp_path, documents(texts), 3, dedup_documents=True)
    # The second of each pair is gone; lines of different documents may repeat.
    assert (sums[b"own"], sums[b"shared"], read) == (30, 30, 30)


def test_lines_of_code_may_repeat_and_its_documents_may_not(tmp_path: Path) -> None:
    code = documents(["x = 1\nreturn x\n", "y = 1\nreturn x\n", "x = 1\nreturn x\n"], "code-python")
    sums, read = counted(tmp_path, code, dedup_lines=True, dedup_documents=True)
    assert (sums[b"return"], read) == (2, 2)


def test_a_redacted_document_that_repeats_counts_once(tmp_path: Path) -> None:
    twice = [{**row, "redactions": [{"kind": "email", "count": 1}]} for row in documents(["a <EMAIL> b"] * 2)]
    sums, read = counted(tmp_path, twice, dedup_documents=True, placeholders=True)
    assert (sums[b"a"], read) == (1, 1)


def test_hashes_are_the_same_however_they_are_collected(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    parts = [rng.integers(0, 500, 200).astype(np.uint64) for _ in range(20)]
    expected = np.unique(np.concatenate(parts))
    for limit in (10, 1 << 20):
        monkeypatch.setattr(repeats, "_COLLECTED", limit)
        found = repeats.Collected({})
        for part in parts:
            assert found.new(part).all()
        assert found.total == 4000
        assert found.distinct().tolist() == expected.tolist()
