"""The command line: exit codes, what is said where, and that every verb works on a small project."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.small import write_project


def run(*arguments: str, folder: Path | None = None, code: int = 0) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "COLUMNS": "120"}
    done = subprocess.run(
        [sys.executable, "-m", "corpus", *arguments],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli")
    write_project(folder)
    run("build", "sources.yaml", "--executor", "local", folder=folder)
    return folder


def test_a_missing_project_says_how_to_make_one(tmp_path: Path) -> None:
    done = run("build", folder=tmp_path, code=2)
    assert "sources.yaml: no such file; `corpus init DIR` makes a new project" in done.stderr
    assert done.stdout == ""


def test_a_mistake_is_shown_with_its_place_before_anything_runs(tmp_path: Path) -> None:
    write_project(tmp_path)
    sources = tmp_path / "sources.yaml"
    sources.write_text(sources.read_text().replace("licence: MIT", "license: MIT"))
    done = run("build", folder=tmp_path, code=2)
    assert "sources.yaml:10:5: unknown key 'license'. Did you mean 'licence'?" in done.stderr
    assert not (tmp_path / "build").exists()


def test_usage_is_exit_code_2() -> None:
    run("build", "--no-such-option", code=2)
    run("no-such-verb", code=2)


def test_an_unwritable_output_is_said_plainly(tmp_path: Path) -> None:
    write_project(tmp_path)
    (tmp_path / "build").write_text("a file")
    done = run("build", "--executor", "local", folder=tmp_path, code=1)
    assert "cannot be written" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("preview", "sources.yaml", "word_count", "--html", "file/page.html"),
        ("fit", "text.jsonl", "--output", "file/text.yaml"),
        ("fit", "text.jsonl", "--stop-words", "file/words.yaml"),
        ("fit", "text.jsonl", "--models", "file/models"),
        ("init", "file/mine"),
    ],
)
def test_no_command_ends_in_a_traceback_where_it_cannot_write(
    arguments: tuple[str, ...], project: Path
) -> None:
    (project / "file").touch()
    rows = [{"text": f"Text number {n} says this and that. " * 9, "language": "en"} for n in range(30)]
    (project / "text.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    filters = ("--filters", "filters/length.yaml") if arguments[0] == "fit" else ()
    done = run(*arguments, *filters, folder=project, code=1)
    assert "file" in done.stderr
    assert "Not a directory" in done.stderr


def test_plan_says_what_would_run_and_why(project: Path, tmp_path: Path) -> None:
    assert "up to date" in run("plan", folder=project).stdout
    planned = json.loads(run("plan", "--output", str(tmp_path), "--json", folder=project).stdout)
    assert planned[0] == {
        "step": "documents",
        "tasks": planned[0]["tasks"],
        "pending": planned[0]["tasks"],
        "is_known": True,
        "why": {"not there yet": planned[0]["tasks"]},
        "pinned": 0,
    }
    assert planned[-1]["is_known"] is False


def test_a_second_build_says_there_is_nothing_to_do_and_what_there_is(project: Path) -> None:
    said = run("build", folder=project).stdout
    assert "Nothing to do" in said
    totals = json.loads(run("report", "build/small", folder=project).stdout)["totals"]
    assert f"{totals['kept']} of {totals['documents_in']} documents kept, 0." in said
    assert f" MB; {totals['tokens']:,} tokens\n" in said
    assert json.loads(run("build", "--json", folder=project).stdout)["totals"] == totals


def test_a_build_that_keeps_nothing_says_so(tmp_path: Path) -> None:
    write_project(tmp_path, documents=2)
    filters = tmp_path / "filters" / "length.yaml"
    filters.write_text(filters.read_text().replace("min: 100", "min: 100000000, applies_to: all"))
    pipeline = tmp_path / "pipelines" / "small.yaml"
    pipeline.write_text(pipeline.read_text().replace("max_quarantine_ratio: 0.05", "max_quarantine_ratio: 1"))
    said = run("build", "--executor", "local", folder=tmp_path).stdout
    assert "nothing is left: the report says what dropped each document" in said
    done = run("export", "build/small", "npy", "out", folder=tmp_path, code=1)
    assert "the build has none; it has not ended, or kept no document" in done.stderr


def test_verify_passes_and_then_names_the_damaged_file(project: Path) -> None:
    assert "every output is what its manifest says" in run("verify", "build/small", folder=project).stdout
    path = project / "build" / "small" / "tokenizer" / "tokenizer.json"
    original = path.read_bytes()
    path.write_bytes(original[:-1] + b" ")
    assert "tokenizer.json: digest is" in run("verify", "build/small", folder=project, code=1).stderr
    path.write_bytes(original)


def test_explain_and_trace_agree(project: Path) -> None:
    binary = next((project / "build" / "small" / "packed").rglob("0*.bin"))
    traced = json.loads(run("trace", f"{binary}:5", "--json", folder=project).stdout)
    assert traced["token"]["id"] == traced["document"]["id"]
    identifier = traced["document"]["id"]
    explained = json.loads(run("explain", "build/small", identifier[:12], "--json", folder=project).stdout)
    assert explained["document"]["id"] == identifier
    assert explained["decision"]["verdict"] == "kept"
    assert {item["filter"] for item in explained["filters"]} == {"language_agrees", "characters"}
    assert explained["tokens"]
    assert "mill-river" not in json.dumps(explained)


def test_explain_knows_dropped_documents_too(project: Path) -> None:
    import corpus

    rows = corpus.open(project / "build" / "small").table("decisions").to_pylist()
    (dropped,) = [row["id"] for row in rows if row["verdict"] == "dropped"]
    explained = json.loads(run("explain", "build/small", dropped, "--json", folder=project).stdout)
    assert [item["filter"] for item in explained["filters"] if item["outside"]] == ["characters"]
    assert explained["tokens"] == []


def test_an_unknown_document_is_an_error(project: Path) -> None:
    assert "has no document" in run("explain", "build/small", "0" * 32, folder=project, code=1).stderr
    assert "is no document id" in run("explain", "build/small", "../x", folder=project, code=1).stderr


def test_init_makes_a_project_and_never_overwrites(tmp_path: Path) -> None:
    run("init", str(tmp_path / "mine"))
    assert "name: mine" in (tmp_path / "mine" / "sources.yaml").read_text()
    assert (tmp_path / "mine" / "filters" / "shouting.py").is_file()
    assert "is there already" in run("init", str(tmp_path / "mine"), code=1).stderr


def test_report_is_json(project: Path) -> None:
    report = json.loads(run("report", "build/small", folder=project).stdout)
    assert report["totals"]["documents_in"] == 70
