"""The confusion table: what documents were declared to be written in, and what they were found to be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from corpus.report.account import named

__all__ = ["MOST_FOUND", "confusion"]

#: Languages named for one declared language, the most frequent ones; the others are added up.
MOST_FOUND = 5


def confusion(counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """A row for each declared language, most documents moved and dropped first; from the counts of `decide`.

    declared, documents, as_declared, moved, dropped (for disagreeing, whatever the filter does); found, the
    first MOST_FOUND of {language, moved, dropped}; rest, all others: how many `languages`, moved, dropped.
    """
    pairs: dict[str, dict[str, list[int]]] = {}
    documents: dict[str, int] = {}
    for (_, language), value in named(counts, "documents_in").items():
        documents[language] = documents.get(language, 0) + value
    for (declared, found), value in named(counts, "moved").items():
        pairs.setdefault(declared, {}).setdefault(found, [0, 0])[0] = value
        documents[found] -= value
        documents[declared] = documents.get(declared, 0) + value
    for (declared, found), value in named(counts, "disagrees").items():
        pairs.setdefault(declared, {}).setdefault(found, [0, 0])[1] = value
    rows = [_row(code, documents[code], pairs.get(code, {})) for code in documents if documents[code]]
    rows.sort(key=lambda row: (row["as_declared"] - row["documents"], row["declared"]))
    return rows


def _row(code: str, documents: int, found: Mapping[str, list[int]]) -> dict[str, Any]:
    order = sorted(found, key=lambda other: (-sum(found[other]), other))
    moved, dropped = (sum(both[which] for both in found.values()) for which in (0, 1))
    rest = [found[other] for other in order[MOST_FOUND:]]
    return {
        "declared": code,
        "documents": documents,
        "as_declared": documents - moved - dropped,
        "moved": moved,
        "dropped": dropped,
        "found": [
            {"language": other, "moved": found[other][0], "dropped": found[other][1]}
            for other in order[:MOST_FOUND]
        ],
        "rest": {
            "languages": len(rest),
            "moved": sum(both[0] for both in rest),
            "dropped": sum(both[1] for both in rest),
        },
    }
