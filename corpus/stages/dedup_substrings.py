"""Exact substrings: stretches of at least `min_bytes` equal bytes that also stand in another kept document.

    substrings.anchors   a shard      documents, decisions, duplicates     -> anchors.parquet (partitions)
    substrings.shared    a partition  all anchors                          -> shared.parquet
    substrings.contexts  a shard      documents, its part of all shared    -> contexts.parquet (partitions)
    substrings.matches   a partition  all contexts                         -> matches.parquet
    substrings.spans     a shard      documents, its part of all matches   -> spans.parquet

Winnowed windows (`corpus.kernels.anchors`) guarantee that two documents with `min_bytes` bytes in common
share an anchor. Around shared anchors the bytes themselves are compared, save where two hashes of 64 bits
already say that they are the same. Of equal stretches the first stays: that of an earlier corpus, else in
order of document id; every later one is a span. Documents removed as duplicates take no part. With `scope:
source` the hashes of anchors are mixed with their source, so those of different sources do not meet.

spans.parquet: row uint32, id, spans list<struct<start, end int64 (bytes, half-open), other string>>: `other`
is the document that keeps the stretch (where several that touch are one span, the first of these). Spans of
a document do not overlap and end at whole characters.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from corpus.batch import TextBuffer, text_buffer
from corpus.kernels import anchors as kernel
from corpus.kernels import minhash, radix
from corpus.recipe import SubstringOptions
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
from corpus.stages.dedup_text import chosen
from corpus.work import Counts, Work

__all__ = [
    "SPANS",
    "anchors",
    "contexts",
    "document_texts",
    "matches",
    "shared",
    "spans",
    "substring_steps",
]

#: Documents have less than 2^40 bytes, shards less than 2^23 rows.
_ROW_BITS = 40
_SPAN = pa.struct([("start", pa.int64()), ("end", pa.int64()), ("other", pa.string())])
#: Stretches of documents that another one keeps (`other`), or that are template lines.
SPANS = pa.schema([("row", pa.uint32()), ("id", pa.string()), ("spans", pa.list_(_SPAN))])
_MATCHES = pa.schema(
    [
        ("shard", pa.uint32()),
        ("row", pa.uint32()),
        ("start", pa.int64()),
        ("end", pa.int64()),
        ("other", pa.string()),
        ("earlier", pa.bool_()),
    ]
)


def substring_steps(
    options: SubstringOptions, is_deduplicated: bool = True, scope: str = "corpus"
) -> tuple[DedupStep, ...]:
    """The steps, in the form of `corpus.stages.dedup.dedup_steps`, after which they run, if these run."""
    cut = {"min_bytes": options.min_bytes, "partitions": options.partitions}
    documents = {"documents": ("documents", "shard")}
    kept = {"decisions": ("decisions", "shard")}
    if is_deduplicated:
        kept["duplicates"] = ("dedup.duplicates", "own")
    return (
        DedupStep(
            "substrings.anchors",
            anchors,
            4,
            "shard",
            {**documents, **kept},
            {**cut, "scope": scope},
            "anchors.parquet",
            earlier=True,
        ),
        DedupStep(
            "substrings.shared",
            shared,
            3,
            "partition",
            {"anchors": ("substrings.anchors", "part")},
            {},
            "shared.parquet",
            options.partitions,
        ),
        DedupStep(
            "substrings.contexts",
            contexts,
            4,
            "shard",
            {**documents, "shared": ("substrings.shared", "of shard")},
            cut,
            "contexts.parquet",
            earlier=True,
        ),
        DedupStep(
            "substrings.matches",
            matches,
            4,
            "partition",
            {"contexts": ("substrings.contexts", "part")},
            {"min_bytes": options.min_bytes},
            "matches.parquet",
            options.partitions,
        ),
        DedupStep(
            "substrings.spans",
            spans,
            3,
            "shard",
            {**documents, "matches": ("substrings.matches", "of shard")},
            {},
            "spans.parquet",
        ),
    )


def anchors(work: Work) -> Counts:
    """hash uint64, row uint32, start uint32 (byte of the document); in partitions by hash."""
    documents = pq.read_table(work.input("documents"), columns=["id", "source"])
    rows = kept_rows(work, documents["id"])
    least = int(work.options["min_bytes"])
    parts = [(np.zeros(0, np.uint64), np.zeros(0, np.uint32), np.zeros(0, np.uint32))]
    size = 0
    for batch, places, first in chosen(work.input("documents"), rows, ["text"]):
        text = text_buffer(batch["text"])
        starts, ends = text.offsets[places], text.offsets[places + 1]
        hashes, found, owners = kernel.anchors(text.data, starts, ends, least // 2, least)
        parts.append((hashes, rows[first + owners], (found - starts[owners]).astype(np.uint32)))
        size += int((ends - starts).sum())
    hashes, row, start = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    if work.options["scope"] == "source":
        hashes = minhash.splitmix(hashes ^ node_hashes(documents["source"])[row])
    home = partition_of(hashes, int(work.options["partitions"]))
    order = radix.order(home)
    table = pa.table({"hash": hashes[order], "row": row[order], "start": start[order]})
    bounds = np.searchsorted(home[order], np.arange(int(work.options["partitions"]) + 1))
    write_partitions(work, "anchors.parquet", table, bounds, {"shard": work.key}, rows=1 << 20)
    return {"anchors": len(table), "bytes": size}


def shared(work: Work) -> Counts:
    """shard uint32 (input order), row, start, hash: the anchors that stand in two or more documents."""
    partition = int(work.options["partition"])
    parts = [read_partition(path, partition) for path in work.each("anchors")]
    shard = np.repeat(np.arange(len(parts), dtype=np.uint32), [len(part) for part in parts])
    table = pa.concat_tables(parts)
    key, row = table["hash"].to_numpy(), table["row"].to_numpy()
    document = shard.astype(np.int64) << 32 | row.astype(np.int64)
    wanted = np.flatnonzero(kernel.met(key, document))  # by shard, row and place, as they were read
    start = table["start"].to_numpy()
    found = pa.table(
        {"shard": shard[wanted], "row": row[wanted], "start": start[wanted], "hash": key[wanted]}
    )
    heads = [header(path)["shard"] for path in work.each("anchors")]
    write_partitions(work, "shared.parquet", found, [0, len(found)], {"shard": "", "shards": heads})
    declare_parts(work, "shared.parquet", found, "shard", heads)
    return {"shared": len(found)}


def contexts(work: Work) -> Counts:
    """hash, row, start, id, context uint64 (hash of the text around the anchor), before and after uint32 (its
    bytes on both sides of `start`), bytes: the text itself, once a shard for equal hash and context."""
    least = int(work.options["min_bytes"])
    wanted = _of_shard(work, "shared", ["row", "start", "hash"])
    row, keys = wanted["row"].to_numpy(), wanted["hash"].to_numpy()
    documents = pq.read_table(work.input("documents"), columns=["id", "text"] if len(row) else ["id"])
    text = document_texts(documents) if len(row) else TextBuffer(np.zeros(0, np.uint8), np.zeros(1, np.int64))
    starts, ends = text.offsets[row], text.offsets[row.astype(np.int64) + 1]
    places = starts + wanted["start"].to_numpy()
    low, high, around = kernel.contexts(text.data, starts, ends, places, least // 2, least)
    ids = documents["id"].combine_chunks()
    # By context and document, in partitions by hash; the first of a context brings the text.
    partitions = int(work.options["partitions"])
    home = partition_of(keys, partitions)
    rank = np.empty(len(ids), np.int64)
    rank[pc.array_sort_indices(ids).to_numpy()] = np.arange(len(ids))
    order = radix.order(home, around, rank[row], places)
    keys, around, row, places = keys[order], around[order], row[order], places[order]
    low, high = low[order], high[order]
    again = (keys[1:] == keys[:-1]) & (around[1:] == around[:-1])
    shown = np.where(np.concatenate([[False], again])[: len(keys)], low, high)
    data, offsets = kernel.pieces(text.data, low, shown)
    table = pa.table(
        {
            "hash": keys,
            "row": row,
            "start": places - text.offsets[row],
            "id": ids.take(pa.array(row)),
            "context": around,
            "before": (places - low).astype(np.uint32),
            "after": (high - places).astype(np.uint32),
            "bytes": pa.Array.from_buffers(
                pa.large_binary(), len(low), [None, pa.py_buffer(offsets), pa.py_buffer(data)]
            ),
        }
    )
    bounds = np.searchsorted(home[order], np.arange(partitions + 1))
    head = {"shard": work.key, "against": bool(work.options["against"])}
    write_partitions(work, "contexts.parquet", table, bounds, head, rows=1 << 18)
    return {"contexts": len(table)}


def matches(work: Work) -> Counts:
    """shard, row, start, end, other: stretches that a document before this one has, one for each anchor;
    earlier: whether that is of an earlier corpus, whose documents are before all others and have none."""
    partition, least = int(work.options["partition"]), int(work.options["min_bytes"])
    parts = [read_partition(path, partition) for path in work.each("contexts")]
    shard = np.repeat(np.arange(len(parts), dtype=np.uint32), [len(part) for part in parts])
    table = pa.concat_tables(parts).combine_chunks()
    columns = {
        name: table[name].to_numpy() for name in ("hash", "row", "start", "context", "before", "after")
    }
    before, after = (columns[name].astype(np.int64) for name in ("before", "after"))
    ids = table["id"].combine_chunks()
    codes = ids.dictionary_encode()
    rank = np.empty(len(codes.dictionary), np.int64)
    rank[pc.array_sort_indices(codes.dictionary).to_numpy()] = np.arange(len(codes.dictionary))
    document = rank[codes.indices.to_numpy(zero_copy_only=False)]
    heads = [header(path) for path in work.each("contexts")]
    earlier = np.array([head["against"] for head in heads], np.bool_)[shard]
    document += np.where(earlier, 0, len(rank))
    order = radix.order(columns["hash"], document, columns["start"])
    kinds = _kinds(columns["hash"], columns["context"])
    text = text_buffer(table["bytes"].combine_chunks().view(pa.large_string()))
    before, after, other = kernel.longest(
        columns["hash"][order],
        document[order],
        kinds[order],
        before[order],
        after[order],
        text.data,
        text.offsets[order],
        text.offsets[order + 1],
        least,
    )
    found = np.flatnonzero((other >= 0) & ~earlier[order])
    taken = order[found]
    start = columns["start"][taken]
    output = pa.table(
        [
            shard[taken],
            columns["row"][taken],
            start - before[found],
            start + after[found],
            ids.take(pa.array(order[other[found]])),
            earlier[order[other[found]]],
        ],
        schema=_MATCHES,
    )
    in_shards = radix.order(shard[taken], columns["row"][taken], start)
    output = output.take(pa.array(in_shards))
    keys = [head["shard"] for head in heads]
    write_partitions(work, "matches.parquet", output, [0, len(output)], {"shard": "", "shards": keys})
    declare_parts(work, "matches.parquet", output, "shard", keys)
    return {"matches": len(output)}


def spans(work: Work) -> Counts:
    """spans.parquet; see the module. Counts documents, spans and bytes of spans."""
    found = _of_shard(work, "matches", ["row", "start", "end", "other", "earlier"]).sort_by(
        [("row", "ascending"), ("start", "ascending"), ("end", "ascending"), ("other", "ascending")]
    )
    ids = pq.read_table(work.input("documents"), columns=["id"])["id"]
    row, start, end = (found[name].to_numpy() for name in ("row", "start", "end"))
    # Rows are far apart on one axis, so matches that overlap or touch are found in one pass over all of them.
    axis = row.astype(np.int64) << _ROW_BITS
    reach = np.maximum.accumulate(axis + end)
    firsts = np.flatnonzero(np.concatenate([[True], (axis + start)[1:] > reach[:-1]]))[: len(found)]
    begin = start[firsts]
    until = reach[np.append(firsts[1:], len(found)) - 1] - axis[firsts] if len(found) else end
    rows, counts = np.unique(row[firsts], return_counts=True)
    every = pa.StructArray.from_arrays(
        [pa.array(begin), pa.array(until), _first(found["other"], found["earlier"], firsts)],
        fields=list(_SPAN),
    )
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    table = pa.table([rows, ids.take(rows), pa.ListArray.from_arrays(pa.array(offsets), every)], schema=SPANS)
    pq.write_table(table, work.output("spans.parquet"), compression="zstd", compression_level=1)
    return {"documents": len(rows), "spans": len(every), "span_bytes": int((until - begin).sum())}


def _first(names: pa.ChunkedArray, earlier: pa.ChunkedArray, firsts: NDArray[np.int64]) -> pa.Array:
    """Of every run of documents, which begin at `firsts`, the first in order: some matches are with later
    copies, that have an anchor in common with this document which the first does not have."""
    codes = pa.array(names.combine_chunks()).dictionary_encode()
    order = pc.array_sort_indices(codes.dictionary).to_numpy()
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    ranks = rank[codes.indices.to_numpy()] + np.where(earlier.to_numpy(), 0, len(order))
    least = np.minimum.reduceat(ranks, firsts) % len(order) if len(firsts) else firsts
    return codes.dictionary.take(pa.array(order[least]))


def _kinds(hashes: NDArray[np.uint64], contexts: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Numbers 0, 1, ... for the distinct pairs; equal contexts have equal hashes."""
    order = radix.order(contexts)
    left, right = order[:-1], order[1:]
    is_new = (hashes[left] != hashes[right]) | (contexts[left] != contexts[right])
    numbers = np.zeros(len(hashes), np.int64)
    numbers[right] = np.cumsum(is_new)
    return numbers


def _of_shard(work: Work, role: str, columns: list[str]) -> pa.Table:
    """Rows of all inputs of a role that belong to this task's shard."""
    parts = []
    for path in work.each(role):
        number = header(path)["shards"].index(work.key)
        parts.append(pq.read_table(path, columns=columns, filters=[("shard", "=", number)]))
    return pa.concat_tables(parts).replace_schema_metadata().combine_chunks()


def document_texts(table: pa.Table) -> TextBuffer:
    """Bytes and offsets of the column `text`."""
    column = table["text"].combine_chunks()
    if isinstance(column, pa.ChunkedArray):
        column = column.chunk(0) if column.num_chunks else pa.array([], pa.large_string())
    return text_buffer(column)
