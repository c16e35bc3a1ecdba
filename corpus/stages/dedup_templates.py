"""Lines that many documents of one source repeat: menus, notices, boilerplate.

    templates.lines   a shard      documents, decisions       -> lines.parquet (partitions)
    templates.common  a partition  all lines                  -> common.parquet
    templates.spans   a shard      documents, its source's part of all common  -> spans.parquet

Documents removed as duplicates take no part: ten copies of a text are not a template. A line counts once a
document. It is a template where at least `min_documents` documents of its source hold
it, and at least `min_ratio` of them; ROOTS removed lines of 15 characters or more seen 10 times.

spans.parquet is that of `dedup_substrings`, with `other` empty: the lines with their newlines, neighbours
joined. common.parquet: source, hash uint64, documents int64, line (its text, cut at 200 characters), by
source, most frequent first.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from corpus.kernels import minhash
from corpus.kernels.line_hashes import line_hashes
from corpus.recipe import TemplateOptions
from corpus.stages.dedup import DedupStep
from corpus.stages.dedup_bands import node_hashes
from corpus.stages.dedup_files import (
    declare_parts,
    header,
    partition_of,
    read_partition,
    write_partitions,
)
from corpus.stages.dedup_kept import kept_rows
from corpus.stages.dedup_substrings import SPANS, document_texts
from corpus.work import Counts, Work

__all__ = ["common", "lines", "spans", "template_steps"]

_SHOWN = 200


def template_steps(options: TemplateOptions, is_deduplicated: bool = True) -> tuple[DedupStep, ...]:
    """The steps, in the form of `corpus.stages.dedup.dedup_steps`, after which they run, if these run."""
    documents = {"documents": ("documents", "shard"), "decisions": ("decisions", "shard")}
    if is_deduplicated:
        documents["duplicates"] = ("dedup.duplicates", "own")
    least = {"min_characters": options.min_characters}
    bounds = {"min_documents": options.min_documents, "min_ratio": options.min_ratio}
    return (
        DedupStep(
            "templates.lines",
            lines,
            "shard",
            documents,
            {**least, "partitions": options.partitions},
            "lines.parquet",
        ),
        DedupStep(
            "templates.common",
            common,
            "partition",
            {"lines": ("templates.lines", "part")},
            bounds,
            "common.parquet",
            options.partitions,
        ),
        DedupStep(
            "templates.spans",
            spans,
            "shard",
            {**documents, "common": ("templates.common", "of source")},
            least,
            "spans.parquet",
        ),
    )


def lines(work: Work) -> Counts:
    """source, hash, documents (of this shard that hold the line), line; in partitions by hash."""
    table, rows = _kept(work)
    text = document_texts(table)
    hashes, starts, ends, owners = line_hashes(text.data, text.offsets, int(work.options["min_characters"]))
    keys = _by_source(table, hashes, owners)
    # Once a document: the first place of every (line, document), then the first document of every line.
    _, first = np.unique(np.stack([keys, owners.astype(np.uint64)], axis=1), axis=0, return_index=True)
    distinct, at, counts = np.unique(keys[first], return_index=True, return_counts=True)
    places = first[at]
    shown = [
        bytes(text.data[starts[i] : ends[i]]).decode("utf-8", "replace").strip()[:_SHOWN]
        for i in places.tolist()
    ]
    partitions = int(work.options["partitions"])
    bounds = np.searchsorted(partition_of(distinct, partitions), np.arange(partitions + 1))
    sources = table["source"].take(pa.array(owners[places]))
    found = pa.table({"source": sources, "hash": distinct, "documents": counts, "line": shown})
    totals = dict(
        zip(*(column.to_pylist() for column in table["source"].value_counts().flatten()), strict=True)
    )
    write_partitions(work, "lines.parquet", found, bounds, {"shard": work.key, "totals": totals})
    return {"documents": len(rows), "lines": len(hashes), "distinct": len(distinct)}


def common(work: Work) -> Counts:
    """Of the lines of one partition those that are templates; see the module."""
    partition = int(work.options["partition"])
    parts, heads = [], []
    totals: dict[str, int] = {}
    for path in work.each("lines"):
        parts.append(read_partition(path, partition))
        heads.append(header(path))
        for source, count in heads[-1]["totals"].items():
            totals[source] = totals.get(source, 0) + count
    grouped = (
        pa.concat_tables(parts)
        .group_by(["source", "hash"], use_threads=False)
        .aggregate([("documents", "sum"), ("line", "min")])
    )
    least = {
        source: max(int(work.options["min_documents"]), float(work.options["min_ratio"]) * total)
        for source, total in totals.items()
    }
    bounds = pa.array([least[source] for source in grouped["source"].to_pylist()], pa.float64())
    found = grouped.filter(pc.greater_equal(grouped["documents_sum"].cast(pa.float64()), bounds))
    table = pa.table(
        {
            "source": found["source"],
            "hash": found["hash"],
            "documents": found["documents_sum"],
            "line": found["line_min"],
        }
    ).sort_by([("source", "ascending"), ("documents", "descending"), ("hash", "ascending")])
    pq.write_table(table, work.output("common.parquet"), compression="zstd", compression_level=1)
    declare_parts(work, "common.parquet", table, "source", ())
    return {"templates": len(table)}


def spans(work: Work) -> Counts:
    """spans.parquet: the template lines of every kept document that has any."""
    table, rows = _kept(work)
    text = document_texts(table)
    hashes, starts, ends, owners = line_hashes(text.data, text.offsets, int(work.options["min_characters"]))
    keys = _by_source(table, hashes, owners)
    sources = table["source"].unique().to_pylist()  # only its own part is this task's to read
    wanted = [
        pq.read_table(path, columns=["hash"], filters=[("source", "in", sources)])["hash"].to_numpy()
        for path in work.each("common")
        if sources
    ]
    hits = np.flatnonzero(np.isin(keys, np.concatenate(wanted) if wanted else np.zeros(0, np.uint64)))
    found: dict[int, list[dict[str, Any]]] = {}
    for hit in hits.tolist():
        owner = int(owners[hit])
        start, end = (int(place - text.offsets[owner]) for place in (starts[hit], ends[hit]))
        merged = found.setdefault(owner, [])
        if merged and merged[-1]["end"] == start:
            merged[-1]["end"] = end
        else:
            merged.append({"start": start, "end": end, "other": ""})
    owned = np.array(list(found), np.int64)
    output = pa.table([rows[owned], table["id"].take(pa.array(owned)), list(found.values())], schema=SPANS)
    pq.write_table(output, work.output("spans.parquet"), compression="zstd", compression_level=1)
    size = sum(span["end"] - span["start"] for merged in found.values() for span in merged)
    return {"documents": len(found), "lines": len(hits), "span_bytes": size}


def _kept(work: Work) -> tuple[pa.Table, np.ndarray[tuple[int], np.dtype[np.uint32]]]:
    table = pq.read_table(work.input("documents"), columns=["id", "source", "text"])
    rows = kept_rows(work, table["id"])
    return table.take(rows), rows


def _by_source(
    table: pa.Table,
    hashes: np.ndarray[tuple[int], np.dtype[np.uint64]],
    owners: np.ndarray[tuple[int], np.dtype[np.int64]],
) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    """Keys under which equal lines of different sources do not meet."""
    return minhash.splitmix(hashes ^ node_hashes(table["source"])[owners])
