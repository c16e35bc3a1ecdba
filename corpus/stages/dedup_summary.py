"""What the report shows about duplicates: largest clusters, which source repeats which, similarities."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["BINS", "merge", "summary"]

#: Bins of the similarity histogram, over 0 to 1; similarity 1 is in the last.
BINS = 50
_LARGEST = 100
_SAMPLE = 10


def summary(table: pa.Table) -> dict[str, Any]:
    """Of the rows of clusters.parquet: `overlap` {source: {survivor's source: duplicates}}, `histogram`
    {kind: [count a bin]}, `largest` clusters (survivor, its shard and row, source, language, size, sources,
    the least similar members). Shards are numbers, as in the table."""
    removed = table.filter(pc.not_equal(table["kind"], "survivor"))
    overlap: dict[str, dict[str, int]] = {}
    pairs = removed.group_by(["source", "survivor_source"], use_threads=False).aggregate([([], "count_all")])
    for row in pairs.sort_by([("source", "ascending"), ("survivor_source", "ascending")]).to_pylist():
        overlap.setdefault(row["source"], {})[row["survivor_source"]] = row["count_all"]
    histogram = {}
    for kind in sorted(pc.unique(removed["kind"]).to_pylist()):
        similarity = removed.filter(pc.equal(removed["kind"], kind))["similarity"].to_numpy()
        bins = np.minimum((similarity * BINS).astype(np.int64), BINS - 1)
        histogram[kind] = np.bincount(bins, minlength=BINS).tolist()
    return {"overlap": overlap, "histogram": histogram, "largest": _largest(table, removed)}


def _largest(table: pa.Table, removed: pa.Table) -> list[dict[str, Any]]:
    heads = table.filter(pc.equal(table["kind"], "survivor")).sort_by(
        [("cluster_size", "descending"), ("id", "ascending")]
    )
    names = ["id", "shard", "row", "source", "language", "cluster_size"]
    chosen = heads.slice(0, _LARGEST).select(names).to_pylist()
    # One pass over the rows of all chosen clusters: a table's filter for each costs more than the clusters.
    survivors = pa.array([head["id"] for head in chosen], pa.string())
    rows = removed.filter(pc.is_in(removed["survivor"], value_set=survivors))
    members: dict[str, list[dict[str, Any]]] = {}
    sources: dict[str, Counter[str]] = {head["id"]: Counter([head["source"]]) for head in chosen}
    order = [("survivor", "ascending"), ("similarity", "ascending"), ("id", "ascending")]
    names = ["survivor", "id", "shard", "row", "source", "similarity", "kind"]
    for row in rows.sort_by(order).select(names).to_pylist():
        survivor = row.pop("survivor")
        sources[survivor][row["source"]] += 1
        shown = members.setdefault(survivor, [])
        if len(shown) < _SAMPLE:
            shown.append({**row, "similarity": round(row["similarity"], 4)})
    return [
        {
            "survivor": head["id"],
            "shard": head["shard"],
            "row": head["row"],
            "source": head["source"],
            "language": head["language"],
            "size": head["cluster_size"],
            "sources": dict(sorted(sources[head["id"]].items())),
            "members": members.get(head["id"], []),
        }
        for head in chosen
    ]


def merge(parts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """One summary of several partitions' summaries."""
    overlap: dict[str, Counter[str]] = {}
    histogram: dict[str, np.ndarray[tuple[int], np.dtype[np.int64]]] = {}
    largest: list[dict[str, Any]] = []
    for part in parts:
        for source, row in part["overlap"].items():
            overlap.setdefault(source, Counter()).update(row)
        for kind, bins in part["histogram"].items():
            histogram[kind] = histogram.get(kind, np.zeros(BINS, np.int64)) + np.array(bins, np.int64)
        largest.extend(part["largest"])
    largest.sort(key=lambda cluster: (-cluster["size"], cluster["survivor"]))
    return {
        "overlap": {source: dict(sorted(row.items())) for source, row in sorted(overlap.items())},
        "histogram": {kind: bins.tolist() for kind, bins in sorted(histogram.items())},
        "largest": largest[:_LARGEST],
    }
