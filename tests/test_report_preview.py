"""The page and the picture of `corpus preview`."""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console
from typer.testing import CliRunner

import corpus
from corpus.cli import app
from corpus.distribution import Preview, preview
from corpus.errors import SignalError
from corpus.progress import show_preview
from corpus.report.preview import preview_page, preview_picture


def found(values: list[float | None], **bounds: float) -> Preview:
    documents = pa.table(
        {
            "id": [f"{at:03}" for at in range(len(values))],
            "language": ["yo" if at % 3 else "ur" for at in range(len(values))],
            "text": [f"<script>text {at}</script>" for at in range(len(values))],
            "score": pa.array(values, pa.float64()),
        }
    )
    return preview(documents, "score", **bounds)


SPREAD = [at / 100 for at in range(200)]


def test_the_page_shows_bars_bounds_languages_and_documents() -> None:
    page = preview_page(found([*SPREAD, None], min=0.5, max=1.5))
    assert len(re.findall(r'<rect class="(?:inside|dropped)"[^>]*><title>', page)) >= 40
    assert page.count('class="bound"') == 2 * (1 + 3)  # histogram, and the spread of all, ur and yo
    assert "Yoruba" in page
    assert "at least 0.5, at most 1.5" in page
    assert "1 without a value" in page
    assert "&lt;script&gt;text 0&lt;/script&gt;" in page
    assert "<script" not in page
    assert "http" not in re.sub(r"http-equiv", "", page)


def test_bars_outside_the_bounds_are_marked() -> None:
    assert 'class="dropped"' not in preview_page(found(SPREAD))
    assert 'class="dropped"' in preview_page(found(SPREAD, max=1.5))


@pytest.mark.parametrize("values", [[], [None, None], [0.5] * 9, [0.0, 1e9], [-3.0, -2.0, 5.0]])
def test_unusual_values_have_a_page_and_a_picture(values: list[float | None]) -> None:
    shown = found(values, max=1.0)
    assert "<h1>score</h1>" in preview_page(shown)
    pytest.importorskip("PIL")
    assert preview_picture(shown).startswith(b"\x89PNG")


def test_the_picture_has_a_row_for_each_language_and_red_bars_for_what_is_dropped() -> None:
    image = pytest.importorskip("PIL.Image")
    one, two = (
        image.open(io.BytesIO(preview_picture(found(values, max=1.5)))) for values in (SPREAD[:1], SPREAD)
    )
    assert two.size[0] == one.size[0]
    assert two.size[1] - one.size[1] == 30  # one language more
    colours = {colour for _, colour in two.convert("RGB").getcolors(1 << 20)}
    assert (0xC2, 0x53, 0x3B) in colours
    assert preview_picture(found(SPREAD, max=1.5)) == preview_picture(found(SPREAD, max=1.5))


def test_without_pillow_a_picture_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(SignalError, match=r"corpus-works\[png\]"):
        preview_picture(found(SPREAD))


def test_the_command_writes_both(tmp_path: Path) -> None:
    pytest.importorskip("PIL")
    rows = [{"text": f"One line of text, number {at}. " * (at + 1)} for at in range(30)]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (tmp_path / "sources.yaml").write_text(
        "name: small\npipeline: smoke\nsources:\n  a:\n    licence: CC0-1.0\n"
        "    reader: {type: jsonl, path: a.jsonl}\n    languages: {en: []}\n",
        encoding="utf-8",
    )
    page, picture = tmp_path / "p.html", tmp_path / "p.png"
    asked = ["preview", str(tmp_path / "sources.yaml"), "word_count", "--max", "100"]
    result = CliRunner().invoke(app, [*asked, "--html", str(page), "--png", str(picture)])
    assert result.exit_code == 0, result.output
    assert "word_count" in result.stdout
    assert "<svg" in page.read_text(encoding="utf-8")
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_each_language_is_measured_by_its_own_bounds() -> None:
    documents = pa.table(
        {
            "id": [f"{at:03}" for at in range(200)],
            "language": ["yo", "ur"] * 100,
            "text": ["text"] * 200,
            "score": SPREAD,
        }
    )
    shown = preview(documents, "score", max=1.5, languages={"yo": (None, 0.505)}, examples=1)
    everyone, ur, yo = shown.languages
    assert (yo.language, yo.max, ur.max) == ("yo", 0.505, 1.5)
    assert yo.above == 74 / 100
    assert ur.above == 25 / 100
    assert everyone.above == 99 / 200
    assert sum(shown.outside) == 99
    beside = {example.where: (example.language, example.value) for example in shown.examples}
    assert beside["below max"] == ("yo", 0.5)
    assert beside["above max"] == ("ur", 1.51)
    page = preview_page(shown)
    assert "with those of each language" in page
    assert "≤ 0.505" in page
    assert "No value in" not in page


PIPELINE = """\
description: models
signals: {language: {}, perplexity: {}}
filters: [strange]
"""
STRANGE = "filters:\n  strange: {signal: perplexity, max: 50, languages: {yo: {max: 20, set_by: fitted}}}\n"


@pytest.fixture
def modelled(tmp_path: Path) -> Path:
    """A project whose perplexities a build has measured."""
    rows = ({"text": f"Text number {at}."} for at in range(8))
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    for folder, text in (("pipelines", PIPELINE), ("filters", STRANGE)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / ("own.yaml" if folder == "pipelines" else "strange.yaml")).write_text(text)
    (tmp_path / "sources.yaml").write_text(
        "name: small\npipeline: own\nsources:\n  a:\n    licence: CC0-1.0\n"
        "    reader: {type: jsonl, path: a.jsonl}\n    languages: {yo: []}\n",
        encoding="utf-8",
    )
    columns = {
        "documents": {"id": [f"{at:032x}" for at in range(8)], "source": ["a"] * 8, "text": ["Ọ̀rọ̀."] * 8},
        "signals/language": {"language_assigned": ["yo"] * 8},
        "signals/perplexity": {"perplexity": [5.0 * at for at in range(8)]},
    }
    for name, table in columns.items():
        path = tmp_path / "build" / "small" / name / "a" / "00000-000.parquet"
        path.parent.mkdir(parents=True)
        pq.write_table(pa.table(table), path)
    return tmp_path / "sources.yaml"


def test_what_needs_trained_models_is_taken_from_the_build(modelled: Path) -> None:
    asked = ["preview", str(modelled), "perplexity", "--output", str(modelled.parent / "build")]
    result = CliRunner().invoke(app, [*asked, "--sample", "6", "--json"])
    assert result.exit_code == 0, result.output
    shown = json.loads(result.stdout)
    assert [item["documents"] for item in shown["languages"]] == [6, 6]
    assert shown["languages"][1]["max"] == 20
    assert shown["languages"][1]["above"] == pytest.approx(1 / 6)


def test_without_a_build_it_says_how_to_get_one(modelled: Path) -> None:
    asked = ["preview", str(modelled), "perplexity", "--output", str(modelled.parent / "elsewhere")]
    result = CliRunner().invoke(app, asked)
    assert result.exit_code == 1
    assert "`corpus build` first" in str(result.exception)


@pytest.mark.parametrize(
    ("name", "hint"),
    [("perplexitty", "did you mean perplexity or "), ("zzz", "there are declared_score, foreign_ratio, ")],
)
def test_an_unknown_signal_is_refused_with_those_there_are(modelled: Path, name: str, hint: str) -> None:
    with pytest.raises(SignalError, match=f"no signal '{name}' in this pipeline; {hint}"):
        corpus.preview(modelled, name)


def test_a_narrow_terminal_shows_every_number_whole(modelled: Path) -> None:
    console = Console(width=80, file=io.StringIO(), record=True)
    show_preview(found([at * 123.456 for at in range(200)], min=500, max=19_000), console)
    table = console.export_text().partition("language")[2].partition("lowest")[0]
    assert "…" not in table
    assert "500–19000" in table
