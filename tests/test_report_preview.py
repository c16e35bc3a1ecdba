"""The page and the picture of `corpus preview`."""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from typer.testing import CliRunner

from corpus.cli import app
from corpus.distribution import Preview, preview
from corpus.errors import SignalError
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
