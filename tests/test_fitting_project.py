"""`corpus fit` on a project: its reference sources, with and without crawl text."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from typer.testing import CliRunner

from corpus import fitting
from corpus.cli import app
from corpus.config import load_filters
from corpus.errors import ConfigError

FILTERS = """filters:
  digits: {signal: digit_ratio, max: 0.01}
  code_mean_lines: {signal: code_mean_line_length, max: 10, applies_to: code}
"""


def prose(seed: int) -> str:
    dice = random.Random(seed)
    words = [*"na ya wa kwa ni hii".split(), *(f"neno{letter}" for letter in "abcdefgh")]
    return "\n".join(" ".join(dice.choices(words, k=9)) + f" {dice.randint(10, 99)}." for _ in range(12))


def code(seed: int) -> str:
    return "".join(f"def name_{seed}_{at}(value):\n    return value + {at}\n\n" for at in range(6))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Books and code marked as reference, messages that are not, filters of our own."""
    for name, texts in (("books", map(prose, range(50))), ("messages", ["1234 5678 90"] * 40)):
        lines = (json.dumps({"text": text}) + "\n" for text in texts)
        (tmp_path / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")
    (tmp_path / "code").mkdir()
    for seed in range(30):
        (tmp_path / "code" / f"m{seed}.py").write_text(code(seed), encoding="utf-8")
    (tmp_path / "bounds.yaml").write_text(FILTERS, encoding="utf-8")
    (tmp_path / "sources.yaml").write_text(
        """\
name: small
pipeline: smoke
sources:
  books:
    licence: CC0-1.0
    reader: {type: jsonl, path: books.jsonl}
    languages: {sw: []}
    reference: true
  programs:
    licence: MIT
    reader: {type: code, path: code}
    languages: {code-python: ["*.py"]}
    reference: true
  messages:
    licence: MPL-2.0
    reader: {type: jsonl, path: messages.jsonl}
    languages: {sw: []}
""",
        encoding="utf-8",
    )
    return tmp_path


def test_only_sources_marked_as_reference_are_read(project: Path) -> None:
    found = fitting.read_reference(project / "sources.yaml")
    assert set(found.column("source").to_pylist()) == {"books", "programs"}
    assert set(found.column("language").to_pylist()) == {"sw", "code-python"}
    assert found.num_rows == 80


def test_without_a_mark_all_sources_are_read(project: Path) -> None:
    path = project / "sources.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("    reference: true\n", ""), encoding="utf-8")
    assert set(fitting.read_reference(path).column("source").to_pylist()) == {"books", "messages", "programs"}


def test_a_limit_is_a_limit_for_each_source(project: Path) -> None:
    found = fitting.read_reference(project / "sources.yaml", limit=7).column("source").to_pylist()
    assert (found.count("books"), found.count("programs")) == (7, 7)


def test_a_project_without_text_is_refused(project: Path) -> None:
    (project / "books.jsonl").write_text("", encoding="utf-8")
    path = project / "sources.yaml"
    head = path.read_text(encoding="utf-8").partition("  programs:")[0]
    path.write_text(head, encoding="utf-8")
    with pytest.raises(ConfigError, match="holds no reference text"):
        fitting.read_reference(path)


def test_the_command_fits_prose_and_code_with_provenance(project: Path) -> None:
    asked = ["fit", str(project / "sources.yaml"), "--filters", str(project / "bounds.yaml")]
    result = CliRunner().invoke(app, [*asked, "--output", str(project / "new.yaml"), "--json"])
    assert result.exit_code == 0, result.output
    found = {item["filter"]: item for item in json.loads(result.stdout)["proposals"]}
    assert found["digits"]["language"] == "sw"
    assert found["digits"]["crawl_drop"] is None
    assert found["code_mean_lines"]["language"] == "code-python"
    assert found["code_mean_lines"]["bytes"] == sum(len(code(seed).strip()) for seed in range(30))
    bounds = load_filters(project / "new.yaml")["code_mean_lines"].languages["code-python"]
    assert bounds != "off"
    assert (bounds.set_by, bounds.fitted_on_bytes) == ("fitted", found["code_mean_lines"]["bytes"])
    written = (project / "new.yaml").read_text(encoding="utf-8")
    assert "#   books: 50 documents" in written
    assert "#   programs: 30 documents" in written
    assert str(project) not in written


def test_crawl_text_shows_what_would_go(project: Path) -> None:
    crawl = project / "crawl.jsonl"
    rows = [{"text": "1234 5678 90 " * 9, "language": "sw"}] * 3 + [{"text": prose(1), "language": "sw"}]
    crawl.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    asked = ["fit", str(project / "sources.yaml"), "--filters", str(project / "bounds.yaml")]
    result = CliRunner().invoke(app, [*asked, "--crawl", str(crawl), "--json"])
    assert result.exit_code == 0, result.output
    found = {item["filter"]: item for item in json.loads(result.stdout)["proposals"]}
    assert found["digits"]["crawl_drop"] == 0.75
    shown = CliRunner().invoke(app, [*asked, "--crawl", str(crawl)])
    assert "crawl" in shown.stdout
    assert "75.0%" in shown.stdout
    assert "nan" not in shown.stdout
