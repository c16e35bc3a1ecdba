"""Pages: the same templates for the static report and for the dashboard, filled from the same data."""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2
from markupsafe import Markup

from corpus.languages import LANGUAGES
from corpus.report import svg

__all__ = ["environment", "render_report", "signal_cards", "static_file"]

_HERE = Path(__file__).parent
_BOUND = ("min", "max", "off", "set_by", "fitted_on_bytes", "is_default")


@functools.cache
def environment() -> jinja2.Environment:
    """Templates with autoescaping; a name that is not defined is an error."""
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {
        "n": number,
        "size": size,
        "percent": percent,
        "seconds": seconds,
        "rate": rate,
        "value": value,
        "language": language,
    }
    found.globals["svg"] = svg
    return found


def static_file(name: str) -> str:
    """A file of the folder static/."""
    return (_HERE / "static" / name).read_text(encoding="utf-8")


def render_report(report: Mapping[str, Any], distributions: Sequence[Mapping[str, Any]]) -> str:
    """report.html: one file with everything in it, that asks for nothing else."""
    style = static_file("report.css")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        environment()
        .get_template("report.html")
        .render(
            report=report,
            style=Markup(style),
            policy=f"default-src 'none'; style-src 'sha256-{digest}'",
            cards={
                name: signal_cards(report, name, report["signals"].get(name, {}))
                for name in report["sources"]
            },
            link=_anchor,
            is_static=True,
            page="report",
        )
        + "\n"
    )


def _anchor(kind: str, name: str) -> str:
    return f"#{kind}-{quote(name, safe='')}" if kind == "source" else ""


def signal_cards(
    report: Mapping[str, Any], source: str, rows: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """For each signal of a source: histogram, filters on it, and their bounds in the source's languages."""
    languages = set(report["sources"][source]["languages"])
    cards = []
    for signal, row in sorted(rows.items()):
        bounds: list[dict[str, Any]] = []
        filters = [item for item in report["filters"] if item["signal"] == signal]
        for item in filters:
            groups: dict[tuple[Any, ...], list[str]] = {}
            for code, limit in item["bounds"]["languages"].items():
                if code in languages:
                    key = tuple(limit[name] for name in _BOUND)
                    groups.setdefault(key, []).append(code)
            for key, codes in groups.items():
                bounds.append({"filter": item, "languages": codes, **dict(zip(_BOUND, key, strict=True))})
        bounds.sort(key=lambda row: -len(row["languages"]))
        lines = sorted({b[side] for b in bounds for side in ("min", "max") if b[side] is not None})
        outside = sum(row["outside"])
        cards.append(
            {"signal": signal, "row": row, "filters": filters, "bounds": bounds, "lines": lines,
             "outside": outside}
        )  # fmt: skip
    return sorted(cards, key=lambda card: (-card["outside"], card["signal"]))


def number(count: float | None) -> str:
    """A count with thousands separators."""
    return "–" if count is None else f"{count:,.0f}"


def size(count: float | None) -> str:
    """Bytes in decimal units."""
    if count is None:
        return "–"
    for unit, power in (("TB", 12), ("GB", 9), ("MB", 6), ("kB", 3)):
        if count >= 10**power:
            shown = count / 10**power
            return f"{shown:,.{2 if shown < 10 else 1 if shown < 100 else 0}f} {unit}"
    return f"{count:,.0f} B"


def percent(part: float, whole: float) -> str:
    """A share; "<0.1 %" where rounding would hide that there is something."""
    if not whole:
        return "–"
    share = 100 * part / whole
    if 0 < share < 0.05:
        return "<0.1 %"
    if 99.95 <= share < 100:
        return ">99.9 %"
    return f"{share:.1f} %"


def seconds(duration: float) -> str:
    """A duration."""
    if duration >= 90:
        return f"{duration / 60:,.1f} min"
    return f"{duration:,.1f} s" if duration >= 0.1 else f"{1000 * duration:.0f} ms"


def rate(per_second: float | None) -> str:
    """MB/s."""
    return "–" if per_second is None else f"{per_second:,.{1 if per_second < 100 else 0}f}"


def value(found: float | None) -> str:
    """A value of a signal: four significant digits."""
    if found is None:
        return "–"
    if float(found).is_integer() and abs(found) < 1e15:
        return f"{found:,.0f}"
    return f"{found:.4g}"


def language(code: str) -> str:
    """The English name of a language."""
    known = LANGUAGES.get(code)
    return known.name.replace("-", " ") if known else code
