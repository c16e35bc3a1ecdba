"""Diff: every document that went in or out, with its cause."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import corpus
from corpus.cli import app
from corpus.diff import diff
from tests.small import write_project


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Builds a and b; b has a stricter filter, no programs, one story less and one other text."""
    folder = tmp_path_factory.mktemp("diff")
    sources = write_project(folder / "a")
    corpus.build(sources, output=folder / "builds" / "a", executor="local")
    shutil.copytree(folder / "a", folder / "b")
    (folder / "b" / "filters" / "length.yaml").write_text(
        "filters: {characters: {signal: character_count, min: 700}}\n"
    )
    text = (folder / "b" / "sources.yaml").read_text()
    (folder / "b" / "sources.yaml").write_text(text[: text.index("  programs:")])
    path = folder / "b" / "stories" / "en.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    mail = json.loads(lines[-1])
    assert mail["id"] == "mail"
    lines[-1] = json.dumps({**mail, "text": mail["text"] + "\nAnd the river bends."}) + "\n"
    path.write_text("".join(line for line in lines if '"en-3"' not in line))
    corpus.build(folder / "b" / "sources.yaml", output=folder / "builds" / "b", executor="local")
    return folder / "builds"


def native_ids(run: corpus.Run) -> dict[str, str]:
    rows = run.documents().to_table(columns=["id", "native_id"]).to_pylist()
    return {row["id"]: row["native_id"] for row in rows}


def test_counts_are_those_of_the_two_results(folder: Path) -> None:
    a, b = corpus.open(folder / "a" / "small"), corpus.open(folder / "b" / "small")
    found = diff(a, b)
    first, second = (set(run.table("text")["id"].to_pylist()) for run in (a, b))
    assert found["totals"]["out"] == len(first - second)
    assert found["totals"]["in"] == len(second - first) == 0
    assert found["totals"]["changed"] == 1
    assert found["totals"]["same"] == len(first & second) - 1
    for key in ("by_source", "by_language"):
        assert sum(row["out"] for row in found[key].values()) == found["totals"]["out"]


def test_every_cause_is_named(folder: Path) -> None:
    found = diff(corpus.open(folder / "a" / "small"), corpus.open(folder / "b" / "small"), samples=50)
    causes = found["by_cause"]
    assert set(causes) == {"filter characters", "not read", "text differs"}
    assert causes["not read"]["out"] == 6 + 1  # the programs, and the story that is not there any more
    assert found["by_source"]["programs"] == {"in": 0, "out": 6, "changed": 0}
    assert found["by_language"]["code-python"]["out"] == 6
    names = native_ids(corpus.open(folder / "a" / "small"))
    by_name = {names[item["id"]]: item for item in found["samples"]}
    assert by_name["en-3"]["causes"] == ["not read"]
    assert by_name["en-3"]["file"] == "en.jsonl"
    assert by_name["mail"]["direction"] == "changed"


def test_the_other_way_round_in_and_out_change_places(folder: Path) -> None:
    a, b = corpus.open(folder / "a" / "small"), corpus.open(folder / "b" / "small")
    forth, back = diff(a, b, samples=0), diff(b, a, samples=0)
    assert (forth["totals"]["in"], forth["totals"]["out"]) == (back["totals"]["out"], back["totals"]["in"])
    assert forth["samples"] == []


def test_a_build_does_not_differ_from_itself(folder: Path) -> None:
    run = corpus.open(folder / "a" / "small")
    found = diff(run, run)
    assert found["totals"] | {"same": 0} == {"in": 0, "out": 0, "changed": 0, "same": 0}
    assert found["by_cause"] == {}


def test_a_document_lost_to_a_copy_in_a_better_source_is_a_duplicate(folder: Path, tmp_path: Path) -> None:
    project = tmp_path / "c"
    shutil.copytree(folder.parent / "a", project)
    lines = (project / "stories" / "en.jsonl").read_text().splitlines(keepends=True)
    (project / "copies").mkdir()
    (project / "copies" / "en.jsonl").write_text("".join(lines[1:3]))
    with (project / "sources.yaml").open("a") as file:
        file.write(
            "  copies:\n    licence: CC0-1.0\n    reader: {type: jsonl, path: copies}\n"
            "    languages: {en: [en.jsonl]}\n    priority: 3\n"
        )
    corpus.build(project / "sources.yaml", output=tmp_path, executor="local")
    found = diff(corpus.open(folder / "a" / "small"), corpus.open(tmp_path / "small"))
    assert found["by_source"]["copies"] == {"in": 2, "out": 0, "changed": 0}
    assert found["by_cause"] == {
        "duplicate, exact": {"in": 0, "out": 2, "changed": 0},
        "not read": {"in": 2, "out": 0, "changed": 0},
    }


def test_samples_show_no_personal_data(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["diff", str(folder / "a" / "small"), str(folder / "b" / "small"), "--samples", "50"]
    app([*arguments, "--json"], standalone_mode=False)
    found = json.loads(capsys.readouterr().out)
    assert len(found["samples"]) == found["totals"]["out"] + found["totals"]["changed"]
    assert "mill-river" not in json.dumps(found)
    app(arguments, standalone_mode=False)
    shown = capsys.readouterr().out
    assert f"{found['totals']['out']} out" in shown
    assert "filter characters" in shown
    assert "mill-river" not in shown
