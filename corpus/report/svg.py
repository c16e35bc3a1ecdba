"""Charts as inline SVG: geometry in attributes, colours from the style sheet, no script, no inline style."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from markupsafe import Markup, escape

from corpus.report.distribution import BINS, edges

__all__ = ["agreement", "bar", "columns", "histogram", "part", "river", "split", "spread"]

#: What becomes of documents, in the order bars show it; also the names of CSS classes.
PARTS = ("kept", "duplicates", "dropped", "quarantined")


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _rect(x: float, y: float, width: float, height: float, name: str, title: str = "") -> str:
    inside = f"<title>{escape(title)}</title>" if title else ""
    return (
        f'<rect class="{name}" x="{_number(x)}" y="{_number(y)}" width="{_number(width)}" '
        f'height="{_number(height)}">{inside}</rect>'
    )


def _svg(width: float, height: float, name: str, label: str, parts: Sequence[str]) -> Markup:
    return Markup(
        f'<svg class="{name}" viewBox="0 0 {_number(width)} {_number(height)}" preserveAspectRatio="none" '
        f'role="img" aria-label="{escape(label)}">{"".join(parts)}</svg>'
    )


def split(entry: Mapping[str, Any]) -> Markup:
    """A bar of what became of the documents of a source or language."""
    return _split(entry["documents_in"], [(name, name, entry[name]) for name in PARTS])


def agreement(row: Mapping[str, Any]) -> Markup:
    """A bar of the documents of a declared language: in it, moved, or dropped for disagreeing."""
    names = (("kept", "as declared"), ("moved", "moved"), ("dropped", "dropped"))
    return _split(row["documents"], [(name, word, row[word.replace(" ", "_")]) for name, word in names])


def _split(total: int, shares: Sequence[tuple[str, str, int]]) -> Markup:
    x, parts, words = 0.0, [], []
    for name, word, value in shares:
        width = 100 * value / (total or 1)
        if value:
            words.append(f"{word} {value:,} ({value / (total or 1):.1%})")
            parts.append(_rect(x, 0, width, 10, name, words[-1]))
        x += width
    return _svg(100, 10, "split", ", ".join(words) or "no documents", parts)


def bar(value: float, most: float, name: str = "kept", label: str = "") -> Markup:
    """A single bar, `value` of `most`."""
    width = 100 * value / most if most else 0.0
    return _svg(100, 10, "bar", label or f"{value:,.0f}", [_rect(0, 0, width, 10, name)])


def part(whole: int, alone: int, most: int) -> Markup:
    """A bar of `whole` out of `most`, the share `alone` of it in full colour."""
    width, inner = (100 * value / most if most else 0.0 for value in (whole, alone))
    parts = [_rect(0, 0, inner, 10, "dropped"), _rect(inner, 0, width - inner, 10, "beside")]
    return _svg(100, 10, "bar", f"{alone:,} of {whole:,} alone", parts)


def river(totals: Mapping[str, Any]) -> Markup:
    """The funnel in five columns of 200: in, what filters take, what deduplication takes, kept, tokens."""
    total = totals["documents_in"] or 1
    after_filters = totals["kept"] + totals["duplicates"]
    high = 100.0
    # what is there at all stays visible
    levels = [
        max(high * part / total, 0.5 if part else 0.0) for part in (total, after_filters, totals["kept"])
    ]
    parts = []
    stream = f"M0,0 L0,{levels[0]:.2f}"
    for index, loss in ((0, "dropped"), (1, "duplicates")):
        a, b = 200 * (index + 1), 200 * (index + 2)
        before, after = levels[index], levels[index + 1]
        middle = (a + b) / 2
        if before - after > 0.05:
            back = f"C{middle:g},{after:.2f} {middle:g},{before:.2f} {a:g},{before:.2f}"
            parts.append(f'<path class="{loss}" d="M{a:g},{before:.2f} H{b:g} V{after:.2f} {back} Z"/>')
        stream += f" L{a:g},{before:.2f} C{middle:g},{before:.2f} {middle:g},{after:.2f} {b:g},{after:.2f}"
    parts.append(f'<path class="kept" d="{stream} L1000,{levels[2]:.2f} L1000,0 Z"/>')
    label = (
        f"{totals['documents_in']:,} documents in, {after_filters:,} after the filters, "
        f"{totals['kept']:,} after deduplication"
    )
    return _svg(1000, high, "river", label, parts)


def columns(values: Sequence[float], label: str, name: str = "kept") -> Markup:
    """Upright bars side by side."""
    most = max(values, default=0) or 1
    parts = [
        _rect(2 * index, 40 - 40 * value / most, 1.8, 40 * value / most, name)
        for index, value in enumerate(values)
        if value
    ]
    return _svg(2 * len(values), 40, "columns", label, parts)


def histogram(row: Mapping[str, Any], bounds: Sequence[float] = ()) -> Markup:
    """A signal's histogram; what a filter takes is coloured, bounds are drawn as lines.

    Heights are square roots of counts, so that the few documents near a bound can be seen.
    """
    if not row["counts"]:
        return Markup("")
    most = max(row["counts"]) ** 0.5 or 1.0
    limits = edges(row)
    parts = []
    for index, count in enumerate(row["counts"]):
        if not count:
            continue
        outside = row["outside"][index] if row["outside"] else 0
        height = 60 * count**0.5 / most
        title = f"{limits[index]:.4g} to {limits[index + 1]:.4g}: {count:,} documents"
        if outside:
            title += f", {outside:,} outside the bounds"
        lost = height * outside / count
        parts.append(_rect(4 * index, 60 - height, 3.7, height - lost, "inside", title))
        if outside:
            parts.append(_rect(4 * index, 60 - lost, 3.7, lost, "dropped", title))
    for bound in bounds:
        if not row["low"] <= bound <= row["high"]:
            continue
        x = 4 * BINS * _place(row, bound)
        parts.append(f'<line class="bound" x1="{x:.2f}" x2="{x:.2f}" y1="0" y2="60"/>')
    label = f"histogram of {row['documents'] - row['missing']:,} documents"
    return _svg(4 * BINS, 60, "histogram", label, parts)


def spread(row: Mapping[str, Any], percentiles: Sequence[float], bounds: Sequence[float] = ()) -> Markup:
    """On a histogram's axis: percentiles 1 to 99 as a thin bar, 25 to 75 a thick one, the median a line."""
    first, lower, median, upper, last = (100 * _place(row, percentiles[index]) for index in (1, 3, 4, 5, 7))
    parts = [
        _rect(first, 4, max(last - first, 0.4), 2, "inside"),
        _rect(lower, 2, max(upper - lower, 0.4), 6, "kept"),
        _rect(median - 0.3, 0, 0.6, 10, "median"),
    ]
    for bound in bounds:
        if row["low"] <= bound <= row["high"]:
            x = 100 * _place(row, bound)
            parts.append(f'<line class="bound" x1="{x:.2f}" x2="{x:.2f}" y1="0" y2="10"/>')
    label = f"median {percentiles[4]:.4g}, 1 to 99 % {percentiles[1]:.4g} to {percentiles[7]:.4g}"
    return _svg(100, 10, "bar", label, parts)


def _place(row: Mapping[str, Any], value: float) -> float:
    """Where a value lies between the ends of a histogram, 0 to 1."""
    low, high = float(row["low"]), float(row["high"])
    if row["scale"] == "log":
        place = np.log10(max(value - low + 1, 1e-9)) / np.log10(high - low + 1)
    else:
        place = (value - low) / (high - low)
    return float(min(max(place, 0.0), 1.0))
