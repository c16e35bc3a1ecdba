"""The limit on lost documents: met or not in the end, and given up on as soon as it cannot be met."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import corpus
from corpus.errors import CorpusError
from tests.small import write_project
from tests.test_build import files

BITTER = """
import corpus

@corpus.signal
def bitter(text: str) -> int:
    if "children" in text:
        raise ValueError("bitter")
    return 1
"""


def with_ratio(folder: Path, ratio: float) -> None:
    pipeline = folder / "pipelines" / "small.yaml"
    lines = pipeline.read_text().splitlines()
    kept = [line for line in lines if not line.startswith("max_quarantine_ratio")]
    pipeline.write_text("\n".join([*kept, f"max_quarantine_ratio: {ratio}"]) + "\n")


def bitter_project(folder: Path) -> Path:
    sources = write_project(folder, documents=120)
    (folder / "filters" / "bitter.py").write_text(BITTER)
    (folder / "filters" / "bitter.yaml").write_text(
        "plugins: [bitter.py]\nfilters: {bitter: {signal: bitter, min: 1}}\n"
    )
    pipeline = folder / "pipelines" / "small.yaml"
    pipeline.write_text(pipeline.read_text().replace("filters: [", "filters: [bitter, "))
    return sources


def test_measuring_stops_once_the_limit_cannot_be_met_and_goes_on_when_it_is_raised(tmp_path: Path) -> None:
    sources = bitter_project(tmp_path / "project")
    limit = (
        r"more than max_quarantine_ratio 5\.00% allows; most in 'signals/bitter':\n.*: ValueError: bitter\n"
    )
    with pytest.raises(CorpusError, match=limit):
        corpus.build(sources, output=tmp_path / "stopped", executor="local")
    root = tmp_path / "stopped" / "small"
    shards = len(list((root / "documents").rglob("*-???.parquet")))
    measured = len(list((root / "signals" / "bitter").rglob("*.parquet")))
    assert 0 < measured < shards / 2
    with_ratio(tmp_path / "project", 0.99)
    corpus.build(sources, output=tmp_path / "stopped", executor="local")
    corpus.build(sources, output=tmp_path / "whole", executor="local")
    assert files(root) == files(tmp_path / "whole" / "small")


def broken_project(folder: Path, broken: int) -> Path:
    """Forty files of a shard each, a hundred documents in them; of the first `broken` no line can be read."""
    sources = write_project(folder, documents=1)
    sources.write_text(
        sources.read_text().replace("{en: [en.jsonl], fr: [fr.jsonl]}", '{en: ["part-*.jsonl"]}')
    )
    for number in range(40):
        rows = [{"id": f"{number}-{i}", "text": f"Document {i} of file {number}. " * 12} for i in range(100)]
        lines = [json.dumps(row)[: -1 if number < broken else None] for row in rows]
        (folder / "stories" / f"part-{number:02d}.jsonl").write_text("\n".join(lines) + "\n")
    return sources


def test_reading_stops_early_where_nothing_can_be_read(tmp_path: Path) -> None:
    sources = broken_project(tmp_path / "project", 40)
    with pytest.raises(CorpusError, match="could not be read or measured"):
        corpus.build(sources, output=tmp_path, executor="local")
    ended = len(list((tmp_path / "small" / "manifests" / "documents").rglob("*.json")))
    assert 10 <= ended <= 20  # a thousand documents are read before anything is said


def test_a_bad_beginning_is_no_reason_to_stop_where_the_rest_may_be_good(tmp_path: Path) -> None:
    sources = broken_project(tmp_path / "project", 2)
    with_ratio(tmp_path / "project", 0.06)
    corpus.build(sources, output=tmp_path, executor="local")


TWO = """
import corpus

@corpus.signal
def brief(text: str) -> int:
    return 1 // (len(text) > 30)

@corpus.signal
def quiet(text: str) -> int:
    if "Write to" in text:
        raise ValueError(text[text.index("Write to"):])
    return 1
"""


def test_errors_of_several_signals_count_together_and_are_shown_masked(tmp_path: Path) -> None:
    sources = write_project(tmp_path / "project", documents=120)
    filters = tmp_path / "project" / "filters"
    (filters / "two.py").write_text(TWO)
    both = "{brief: {signal: brief, min: 1}, quiet: {signal: quiet, min: 1}}"
    (filters / "two.yaml").write_text(f"plugins: [two.py]\nfilters: {both}\n")
    pipeline = tmp_path / "project" / "pipelines" / "small.yaml"
    pipeline.write_text(pipeline.read_text().replace("filters: [", "filters: [two, "))
    with_ratio(tmp_path / "project", 0.008)  # one of 189 documents may be lost, not two
    with pytest.raises(CorpusError, match=r"2 of 189 documents .* most in 'stories/en'") as failure:
        corpus.build(sources, output=tmp_path, executor="local")
    errors = sorted(line.partition(": ")[2] for line in str(failure.value).split("\n")[1:3])
    assert errors[0].startswith("brief: ZeroDivisionError")
    assert errors[1] == "quiet: ValueError: Write to <EMAIL> if you have seen the children."
