"""Tokenizer and packing in whole builds: what runs again, tokenizers of others, shards of a size."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import corpus
from tests.small import write_project

#: A share that leaves every language something to be judged by.
TINY = "vocabulary: 600\nheld_out_ratio: 0.1\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    sources = write_project(tmp_path / "project")
    (sources.parent / "tokenizer" / "tiny.yaml").write_text(TINY)
    lines = [{"en": "the river bends slowly", "fr": "la rivière coule lentement"}, {"en": "no other"}]
    (sources.parent / "same.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return sources


def build(project: Path) -> tuple[dict[str, int], Path]:
    """The tasks that ran now, by step, and the run."""
    run = project.parent.parent / "small"
    (run / "timings.json").unlink(missing_ok=True)
    corpus.build(project, output=run.parent, executor="local")
    timings: dict[str, dict[str, Any]] = json.loads((run / "timings.json").read_text())
    return {name: entry["ran"] for name, entry in timings.items() if entry["ran"]}, run


def card(run: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((run / "tokenizer_card" / "card.json").read_text())
    return found


def test_new_language_weights_read_no_text(project: Path) -> None:
    build(project)
    (project.parent / "tokenizer" / "tiny.yaml").write_text(TINY + "weights: {mode: power, alpha: 0.3}\n")
    ran, _ = build(project)
    assert "token_counts" not in ran
    assert ran["tokenizer"] == ran["tokenizer_card"] == 1


def test_a_judgement_alone_runs_again_where_only_that_is_asked_for(project: Path) -> None:
    _, run = build(project)
    assert "parity" not in card(run)["languages"]["fr"]
    (project.parent / "tokenizer" / "tiny.yaml").write_text(TINY + "parallel: same.jsonl\n")
    ran, run = build(project)
    # French alone has text that says the same.
    assert ran == {"aligned": 1, "tokenizer_languages": 1, "tokenizer_card": 1}
    assert card(run)["languages"]["fr"]["aligned_pairs"] == 1
    assert card(run)["languages"]["fr"]["parity"] > 0


def test_a_tokenizer_of_others_is_judged_and_used(project: Path) -> None:
    _, run = build(project)
    model = (run / "tokenizer" / "tokenizer.json").read_bytes()
    before = card(run)
    (project.parent / "theirs.json").write_bytes(model)
    recipe = TINY.replace("vocabulary: 600\n", "model: theirs.json\n")
    (project.parent / "tokenizer" / "tiny.yaml").write_text(recipe)
    ran, run = build(project)
    # The same file is the same tokenizer: nothing is judged or encoded again.
    assert ran == {"tokenizer": 1}
    assert (run / "tokenizer" / "tokenizer.json").read_bytes() == model
    assert card(run) == before
    assert {"en", "fr"} <= set(before["languages"])
    (project.parent / "theirs.json").write_bytes(model + b"\n")
    ran, run = build(project)
    assert ran["tokenizer"] == 1
    assert ran["tokenizer_languages"] == 1 + len(before["languages"])
    assert "token_counts" not in ran
    assert card(run) == before


def test_a_source_of_aligned_text_gives_parity(project: Path) -> None:
    text = project.read_text().replace("    priority: 2\n", "    priority: 2\n    aligned: true\n")
    project.write_text(text)
    _, run = build(project)
    # One file of each language: they say the same, the recipe claims.
    assert card(run)["languages"]["fr"]["aligned_pairs"] == 1
    assert "parity" not in card(run)["languages"]["en"]


def test_packed_shards_have_about_the_size_that_is_asked_for(project: Path) -> None:
    pipeline = project.parent / "pipelines" / "small.yaml"
    pipeline.write_text(pipeline.read_text().replace("shards: 2", "shard_bytes: 4KB"))
    _, run = build(project)
    sizes = [path.stat().st_size for path in (run / "packed").glob("0*.bin")]
    assert len(sizes) > 2
    assert sum(sizes) / len(sizes) == pytest.approx(4000, rel=0.2)
    assert len(corpus.open(run).tokens()) == sum(sizes) // (2 * 64)
