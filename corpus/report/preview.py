"""What `corpus preview` draws: a page, and a picture for places that show no pages."""

from __future__ import annotations

import base64
import hashlib
import io
from typing import Any

from markupsafe import Markup

from corpus.distribution import PERCENTILES, LanguageSummary, Preview
from corpus.errors import SignalError
from corpus.report.distribution import BINS
from corpus.report.pages import environment, static_file, value

__all__ = ["preview_page", "preview_picture"]

# The light colours of static/report.css, and the sizes of the picture in pixels.
_PAPER, _CARD, _INK, _SOFT, _LINE = "#fbfaf7", "#ffffff", "#1d2321", "#5e6864", "#e2e0d8"
_INSIDE, _DROPPED, _KEPT = "#8fb3aa", "#c2533b", "#12826a"
_WIDTH, _MARGIN, _CHART, _ROW, _LABEL = 1280, 48, 360, 30, 190
_NUMBERS = 330


def preview_page(preview: Preview) -> str:
    """One HTML file that asks for nothing else: histogram, languages, documents at the ends and bounds."""
    style = static_file("report.css")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    whole = preview.languages[0]
    page = environment().get_template("preview.html")
    return page.render(
        preview=preview,
        row=_histogram(preview),
        bounds=_bounds(preview),
        own_bounds=_bounds,
        limits=_limits(preview),
        kept=_kept,
        empty=[item.language for item in preview.languages[1:] if not item.percentiles],
        dropped=whole.below + whole.above,
        differ=any(_limits(item) != _limits(whole) for item in preview.languages),
        percentiles=PERCENTILES,
        style=Markup(style),
        policy=f"default-src 'none'; style-src 'sha256-{digest}'",
    )


def preview_picture(preview: Preview) -> bytes:
    """The histogram and the spread of each language as PNG. Raises SignalError where Pillow is missing."""
    try:
        from PIL import Image, ImageDraw, ImageFont
    except ImportError as error:
        raise SignalError(
            "a picture needs Pillow: pip install 'corpus-works[png]'; --html needs nothing"
        ) from error
    row, languages = _histogram(preview), [item for item in preview.languages if item.percentiles]
    height = 2 * _MARGIN + 120 + _CHART + 70 + _ROW * len(languages)
    image = Image.new("RGB", (_WIDTH, height), _PAPER)
    draw = ImageDraw.Draw(image)
    fonts = {size: ImageFont.load_default(size) for size in (15, 18, 34)}

    def write(x: float, y: float, text: str, size: int = 18, fill: str = _INK, anchor: str = "la") -> None:
        draw.text((x, y), text, fill, fonts[size], anchor)

    whole = preview.languages[0]
    write(_MARGIN, _MARGIN - 10, preview.signal, 34)
    drops = f"{whole.below + whole.above:.1%} would be dropped"
    facts = [f"{whole.documents:,} documents", *_limits(preview), *([drops] if _bounds(preview) else [])]
    write(_MARGIN, _MARGIN + 36, ",  ".join(facts), fill=_SOFT)
    left, right, top = _MARGIN, _WIDTH - _MARGIN, _MARGIN + 80
    bottom = top + _CHART
    draw.rectangle((left, top, right, bottom), _CARD, _LINE)
    if not row["counts"]:
        write(left + 20, top + 20, "no values", fill=_SOFT)
        return _png(image)

    def across(number: float, start: float = left, end: float = right) -> float:
        share = (number - row["low"]) / (row["high"] - row["low"])
        return float(start + (end - start) * min(1.0, max(0.0, share)))

    most, step = max(row["counts"]) ** 0.5, (right - left) / BINS
    for index, (count, outside) in enumerate(zip(row["counts"], row["outside"], strict=True)):
        if count:
            x, tall = left + index * step, (_CHART - 24) * count**0.5 / most
            cut = bottom - tall + tall * (1 - outside / count)
            draw.rectangle((x + 1, bottom - tall, x + step - 1, max(cut, bottom - tall)), _INSIDE)
            if outside:
                draw.rectangle((x + 1, cut, x + step - 1, bottom), _DROPPED)
    for bound in _bounds(preview):
        if row["low"] <= bound <= row["high"]:
            draw.line((across(bound), top, across(bound), bottom), _INK, 3)
            beside, anchor = (-6, "ra") if across(bound) > right - 80 else (6, "la")
            write(across(bound) + beside, top + 6, value(bound), 15, anchor=anchor)
    write(left, bottom + 8, value(row["low"]), 15, _SOFT)
    write((left + right) / 2, bottom + 8, "bars: square roots of counts", 15, _SOFT, "ma")
    write(right, bottom + 8, value(row["high"]), 15, _SOFT, "ra")
    y = bottom + 60
    write(left + _LABEL, y - 10, "1 to 99 %, 25 to 75 %, median", 15, _SOFT, "ls")
    write(right, y - 10, "median    documents    dropped", 15, _SOFT, "rs")
    for item in languages:
        _, first, _, lower, median, upper, _, last, _ = item.percentiles
        start, end = left + _LABEL, right - _NUMBERS
        a, b, c, d, e = (across(number, start, end) for number in (first, lower, median, upper, last))
        middle = y + _ROW / 2
        write(left, middle, item.language, anchor="lm")
        draw.line((start, middle, end, middle), _LINE, 1)
        draw.rectangle((a, middle - 3, e, middle + 3), _INSIDE)
        draw.rectangle((b, middle - 8, d, middle + 8), _KEPT)
        draw.rectangle((c - 2, middle - 11, c + 2, middle + 11), _INK)
        write(right - 200, middle, value(median), anchor="rm")
        write(right - 95, middle, f"{item.documents:,}", fill=_SOFT, anchor="rm")
        lost = item.below + item.above
        write(right, middle, f"{lost:.1%}", fill=_DROPPED if lost else _SOFT, anchor="rm")
        y += _ROW
    return _png(image)


def _png(image: Any) -> bytes:
    sink = io.BytesIO()
    image.save(sink, "PNG", optimize=True)
    return sink.getvalue()


def _bounds(of: Preview | LanguageSummary) -> list[float]:
    return [bound for bound in (of.min, of.max) if bound is not None]


def _limits(of: Preview | LanguageSummary) -> list[str]:
    sides = (("at least", of.min), ("at most", of.max))
    return [f"{word} {value(bound)}" for word, bound in sides if bound is not None]


def _kept(of: LanguageSummary) -> str:
    if of.min is None and of.max is None:
        return "all"
    if of.min is None or of.max is None:
        return f"≤ {value(of.max)}" if of.min is None else f"≥ {value(of.min)}"
    return f"{value(of.min)} to {value(of.max)}"


def _histogram(preview: Preview) -> dict[str, Any]:
    """The preview's histogram as a row of report.distribution; a single value stands in the middle."""
    whole: LanguageSummary = preview.languages[0]
    row: dict[str, Any] = {"documents": whole.documents, "missing": whole.missing, "scale": "linear"}
    if not preview.counts:
        return row | {"counts": [], "outside": [], "low": None, "high": None}
    low, high = preview.edges[0], preview.edges[-1]
    counts, outside = list(preview.counts), list(preview.outside)
    if low == high:
        room = abs(low) / 2 or 0.5
        low, high = low - room, high + room
        counts, outside = (
            [0] * (BINS // 2) + found + [0] * (BINS - BINS // 2 - 1) for found in (counts, outside)
        )
    return row | {"counts": counts, "outside": outside, "low": low, "high": high}
