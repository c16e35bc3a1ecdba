"""What the report shows beside duplicates: stretches and template lines that were cut out, and benchmarks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from corpus.place import Place
from corpus.report.account import named
from corpus.report.mask import excerpts

__all__ = ["contamination", "cuts"]

_LISTED = 50
#: Shorter than what is stored of a template, so that no personal data is cut in two, and so missed.
_CHARACTERS = 120


def cuts(place: Place, counts: Mapping[str, Mapping[str, int]]) -> dict[str, Any] | None:
    """None where the recipe looks for neither substrings nor templates.

    kinds.<kind>              documents, spans (of templates: lines) and bytes found
    sources.<source>.<kind>   bytes cut out of documents that are kept
    templates[]               the most frequent: source, unit, documents, text (masked)
    """
    kinds = {
        kind: counts[f"{kind}s/spans"] for kind in ("substring", "template") if f"{kind}s/spans" in counts
    }
    if not kinds:
        return None
    sources: dict[str, dict[str, int]] = {}
    for kind in kinds:
        for (source, _), size in named(counts.get("scatter", {}), f"bytes_removed/{kind}").items():
            row = sources.setdefault(source, {})
            row[kind] = row.get(kind, 0) + size
    return {
        "kinds": {
            kind: {
                "documents": found["documents"],
                "spans": found.get("spans", found.get("lines", 0)),
                "bytes": found["span_bytes"],
            }
            for kind, found in kinds.items()
        },
        "sources": dict(sorted(sources.items())),
        "templates": _templates(place) if "template" in kinds else [],
    }


def _templates(place: Place) -> list[dict[str, Any]]:
    names = sorted(name for name in place.names("templates/common") if name.endswith("/common.parquet"))
    if not names:
        return []
    table = pa.concat_tables([pq.read_table(place.path(name)) for name in names])
    order = [("documents", "descending"), ("source", "ascending"), ("hash", "ascending")]
    rows: list[dict[str, Any]] = table.sort_by(order).slice(0, _LISTED).drop_columns("hash").to_pylist()
    shown = excerpts([row["text"] for row in rows], [""] * len(rows), _CHARACTERS)
    return [{**row, "text": text} for row, text in zip(rows, shown, strict=True)]


def contamination(place: Place) -> dict[str, Any] | None:
    """Of each benchmark what the documents hold, as `contamination/report.json` has it, texts masked; None
    without one."""
    data = place.read("contamination/report.json")
    if not data:
        return None
    found: dict[str, Any] = orjson.loads(data)
    for row in found.values():
        most = row["most_found"]
        shown = excerpts([item["begins"] for item in most], [""] * len(most), _CHARACTERS)
        row["most_found"] = [{**item, "begins": begins} for item, begins in zip(most, shown, strict=True)]
    return found
