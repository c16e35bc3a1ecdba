"""`corpus lid`: train, identify, spans."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from corpus.cli import app
from corpus.errors import StorageError
from corpus.lid.train import TrainOptions

ENGLISH = "The committee met on Tuesday and decided that the road should be repaired before the rains. "
SWAHILI = "Kamati ilikutana siku ya Jumanne na kuamua kwamba barabara itengenezwe kabla ya mvua kuanza. "


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["lid", *arguments], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def test_identify_prints_language_score_and_script(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text(SWAHILI, encoding="utf-8")
    found = json.loads(run("identify", str(path), "--json"))
    assert (found["language"], found["script"]) == ("sw", "Latn")
    assert found["score"] > 0.5


def test_spans_of_a_mixed_text(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text(ENGLISH * 3 + "\n" + SWAHILI * 3, encoding="utf-8")
    found = json.loads(run("spans", str(path), "--json"))
    assert [span["language"] for span in found] == ["en", "sw"]


def test_train_learns_languages_of_ones_own_and_identify_reads_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = {"qaa": "lelo sanito kemila tonis elami sokita ", "qab": "grüdyv pöbyr dvägu rybdöp vuprä gydub "}
    for name, text in lines.items():
        records = [{"language": name, "licence": "CC0-1.0", "text": text * 20} for _ in range(30)]
        path = tmp_path / f"{name}.jsonl"
        path.write_text("\n".join(json.dumps(record) for record in records), encoding="utf-8")
    model = tmp_path / "own.lid"
    small = TrainOptions(slot_bits=12, steps=8000, wanted_features=500, other_features=500, rate=1.0)
    monkeypatch.setattr("corpus.lid.train.TrainOptions", lambda: small)
    inputs = [str(tmp_path / f"{name}.jsonl") for name in lines]
    assert str(model) in run("train", *inputs, "--output", str(model)).replace("\n", "")
    for name, text in lines.items():
        path = tmp_path / "text.txt"
        path.write_text(text * 3, encoding="utf-8")
        found = json.loads(run("identify", str(path), "--model", str(model), "--json"))
        assert found["language"] == name
    third = "wexaj cuzih fowaq jyxec huzwa qijof "
    (tmp_path / "qac.tsv").write_text("lang\ttext\n" + f"qac\t{third * 20}\n" * 10, encoding="utf-8")
    more = tmp_path / "more.lid"
    said = run("train", str(tmp_path / "qac.tsv"), "--extend", "corpus", "--output", str(more))
    assert "qac: 100.0% of held-out windows" in said
    path.write_text(third * 3, encoding="utf-8")
    assert json.loads(run("identify", str(path), "--model", str(more), "--json"))["language"] == "qac"


def test_a_missing_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="gone"):
        CliRunner().invoke(app, ["lid", "identify", str(tmp_path / "gone")], catch_exceptions=False)
