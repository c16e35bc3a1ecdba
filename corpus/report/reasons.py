"""What the filters did: documents and bytes outside each filter's bounds, alone and together with others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from corpus.errors import CorpusError
from corpus.filter import Filter
from corpus.report.shards import Shard

__all__ = ["Tally", "filter_rows", "reason_names", "tally"]

#: (source, language, verdict, reasons) to documents and bytes.
Tally = dict[tuple[str, str, str, int], tuple[int, int]]


def tally(found: Iterable[Shard]) -> Tally:
    """Documents and bytes of every combination of reasons, over the decisions of all shards."""
    total: Tally = {}
    for shard in found:
        table = shard.read("decisions", ["language", "verdict", "reasons", "size_bytes"])
        groups = table.group_by(["language", "verdict", "reasons"], use_threads=False).aggregate(
            [("size_bytes", "count"), ("size_bytes", "sum")]
        )
        for row in groups.to_pylist():
            key = (shard.source, row["language"], row["verdict"], row["reasons"])
            documents, size = total.get(key, (0, 0))
            total[key] = (documents + row["size_bytes_count"], size + row["size_bytes_sum"])
    return dict(sorted(total.items()))


def _effect() -> dict[str, int]:
    return {"documents": 0, "bytes": 0, "documents_alone": 0, "bytes_alone": 0}


def filter_rows(
    filters: Sequence[Filter], combinations: Tally, counts: Mapping[str, int]
) -> list[dict[str, Any]]:
    """For each filter its effect in all, by source and by language, and with which other filters.

    documents is "together": whatever else is outside too; documents_alone is what this filter takes and no
    other would. Raises CorpusError where the decisions and the counts of their step differ.
    """
    rows = []
    for bit, item in enumerate(filters):
        total, sources, languages = _effect(), {}, {}  # type: ignore[var-annotated]
        beside = np.zeros(len(filters), np.int64)
        for (source, language, _, mask), (documents, size) in combinations.items():
            if not mask >> bit & 1:
                continue
            for effect in (
                total,
                sources.setdefault(source, _effect()),
                languages.setdefault(language, _effect()),
            ):
                effect["documents"] += documents
                effect["bytes"] += size
                if mask == 1 << bit:
                    effect["documents_alone"] += documents
                    effect["bytes_alone"] += size
            for other in range(len(filters)):
                beside[other] += documents * (mask >> other & 1)
        counted = sum(value for name, value in counts.items() if name.startswith(f"outside/{item.name}/"))
        if counted != total["documents"]:
            raise CorpusError(
                f"step 'decisions', filter '{item.name}': its files hold {total['documents']} documents "
                f"outside the bounds, its counts say {counted}; delete decisions/ and build again"
            )
        rows.append(
            {
                "name": item.name,
                "signal": item.signal,
                "description": item.description,
                "action": item.action,
                "applies_to": item.applies_to,
                "equals": item.equals,
                **total,
                "sources": sources,
                "languages": languages,
                "together_with": {
                    other.name: int(count)
                    for other, count in zip(filters, beside, strict=True)
                    if count and other is not item
                },
            }
        )
    return rows


def reason_names(filters: Sequence[Filter], mask: int) -> list[str]:
    """The names of the filters in a bit mask."""
    return [item.name for bit, item in enumerate(filters) if mask >> bit & 1]
