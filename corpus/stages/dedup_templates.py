"""Lines and paragraphs that many documents of one source repeat: menus, notices, boilerplate.

    templates.lines   a shard      documents, decisions       -> lines.parquet (partitions)
    templates.common  a partition  all lines                  -> common.parquet
    templates.spans   a shard      documents, its source's part of all common  -> spans.parquet

Documents removed as duplicates take no part: ten copies of a text are not a template. A line counts once a
document. It is a template where at least `min_documents` documents of its source hold it, and at least
`min_ratio` of them; ROOTS removed lines of 15 characters or more seen 10 times. A paragraph is two or more
lines in a row: together they may be long enough where each line is too short. Code is left alone, as a
document and between fences (``` or ~~~): a line that many programs repeat is syntax.

spans.parquet is that of `dedup_substrings`, with `other` empty: the lines with their newlines, neighbours
joined. common.parquet: source, hash uint64, documents int64, unit (line or paragraph), text (cut at 200
characters), by source, most frequent first.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from corpus.batch import TextBuffer
from corpus.kernels import minhash, radix
from corpus.kernels.line_hashes import line_hashes, paragraph_hashes
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
_UNITS = ("line", "paragraph")


def template_steps(options: TemplateOptions, is_deduplicated: bool = True) -> tuple[DedupStep, ...]:
    """The steps, in the form of `corpus.stages.dedup.dedup_steps`, after which they run, if these run."""
    documents = {"documents": ("documents", "shard"), "decisions": ("decisions", "shard")}
    if is_deduplicated:
        documents["duplicates"] = ("dedup.duplicates", "own")
    least = {"min_characters": options.min_characters, "units": sorted(options.units)}
    bounds = {"min_documents": options.min_documents, "min_ratio": options.min_ratio}
    return (
        DedupStep(
            "templates.lines",
            lines,
            3,
            "shard",
            documents,
            {**least, "partitions": options.partitions},
            "lines.parquet",
        ),
        DedupStep(
            "templates.common",
            common,
            1,
            "partition",
            {"lines": ("templates.lines", "part")},
            bounds,
            "common.parquet",
            options.partitions,
        ),
        DedupStep(
            "templates.spans",
            spans,
            2,
            "shard",
            {**documents, "common": ("templates.common", "of source")},
            least,
            "spans.parquet",
        ),
    )


class _Found(NamedTuple):
    """Lines and paragraphs: keys (equal ones of different sources do not meet), places, documents, units."""

    keys: NDArray[np.uint64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    owners: NDArray[np.int64]
    units: NDArray[np.int64]


def lines(work: Work) -> Counts:
    """source, hash, documents (of this shard that hold the line), unit, text; in partitions by hash."""
    table, rows = _kept(work)
    text = document_texts(table)
    every = _find(work, table, text)
    # Once a document: the first place of every (line, document), then the first document of every line.
    order = radix.order(every.keys, every.owners)
    keys, owners = every.keys[order], every.owners[order]
    is_new = np.concatenate([[True], keys[1:] != keys[:-1]])[: len(keys)]
    is_once = is_new | np.concatenate([[True], owners[1:] != owners[:-1]])[: len(keys)]
    starts = np.flatnonzero(is_new)
    counts = np.add.reduceat(is_once, starts, dtype=np.int64) if len(starts) else np.zeros(0, np.int64)
    places = order[starts]
    shown = [
        bytes(text.data[every.starts[i] : every.ends[i]]).decode("utf-8", "replace").strip()[:_SHOWN]
        for i in places.tolist()
    ]
    partitions = int(work.options["partitions"])
    bounds = np.searchsorted(partition_of(keys[starts], partitions), np.arange(partitions + 1))
    found = pa.table(
        {
            "source": table["source"].take(pa.array(every.owners[places])),
            "hash": keys[starts],
            "documents": counts,
            "unit": pa.array(_UNITS).take(pa.array(every.units[places])),
            "text": pa.array(shown, pa.string()),
        }
    )
    totals = dict(
        zip(*(column.to_pylist() for column in table["source"].value_counts().flatten()), strict=True)
    )
    write_partitions(work, "lines.parquet", found, bounds, {"shard": work.key, "totals": totals})
    return {"documents": len(rows), "lines": len(keys), "distinct": len(starts)}


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
        .aggregate([("documents", "sum"), ("unit", "min"), ("text", "min")])
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
            "unit": found["unit_min"],
            "text": found["text_min"],
        }
    ).sort_by([("source", "ascending"), ("documents", "descending"), ("hash", "ascending")])
    pq.write_table(table, work.output("common.parquet"), compression="zstd", compression_level=1)
    declare_parts(work, "common.parquet", table, "source", ())
    return {"templates": len(table)}


def spans(work: Work) -> Counts:
    """spans.parquet: the template lines of every kept document that has any."""
    table, rows = _kept(work)
    text = document_texts(table)
    keys, starts, ends, owners, _ = _find(work, table, text)
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
        if merged and start <= merged[-1]["end"]:
            merged[-1]["end"] = max(end, merged[-1]["end"])
        else:
            merged.append({"start": start, "end": end, "other": ""})
    owned = np.array(list(found), np.int64)
    output = pa.table([rows[owned], table["id"].take(pa.array(owned)), list(found.values())], schema=SPANS)
    pq.write_table(output, work.output("spans.parquet"), compression="zstd", compression_level=1)
    size = sum(span["end"] - span["start"] for merged in found.values() for span in merged)
    return {"documents": len(found), "lines": len(hits), "span_bytes": size}


def _kept(work: Work) -> tuple[pa.Table, NDArray[np.uint32]]:
    table = pq.read_table(work.input("documents"), columns=["id", "source", "text"])
    rows = kept_rows(work, table["id"])
    language = pq.read_table(work.input("decisions"), columns=["language"])["language"].take(rows)
    rows = rows[~pc.starts_with(language, "code-").to_numpy()]
    return table.take(rows), rows


def _find(work: Work, table: pa.Table, text: TextBuffer) -> _Found:
    """The lines and paragraphs that may be templates, by document and place."""
    sources = node_hashes(table["source"])
    parts = []
    for number, (unit, hashes_of) in enumerate(zip(_UNITS, (line_hashes, paragraph_hashes), strict=True)):
        if unit not in work.options["units"]:
            continue
        found = hashes_of(text.data, text.offsets, int(work.options["min_characters"]), is_code_counted=False)
        hashes, starts, ends, owners = found
        keys = minhash.splitmix(hashes ^ sources[owners] ^ np.uint64(number))
        parts.append((keys, starts, ends, owners, np.full(len(keys), number)))
    joined = [np.concatenate(columns) for columns in zip(*parts, strict=True)]
    order = radix.order(joined[1])
    return _Found(*(column[order] for column in joined))
