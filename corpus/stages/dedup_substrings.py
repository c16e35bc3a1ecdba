"""Exact substrings: stretches of at least `min_bytes` equal bytes that also stand in another kept document.

    substrings.anchors   a shard      documents, decisions, duplicates     -> anchors.parquet (partitions)
    substrings.shared    a partition  all anchors                          -> shared.parquet
    substrings.contexts  a shard      documents, its part of all shared    -> contexts.parquet (partitions)
    substrings.matches   a partition  all contexts                         -> matches.parquet
    substrings.spans     a shard      documents, its part of all matches   -> spans.parquet

Winnowed windows (`corpus.kernels.windows.anchors`) guarantee that two documents with `min_bytes` bytes in
common share an anchor; around shared anchors the bytes themselves are compared. Of equal stretches the
first stays, in order of document id; every later one is a span. Documents removed as duplicates take no part.

spans.parquet: row uint32, id, spans list<struct<start, end int64 (bytes, half-open), other string>>: `other`
is the document that keeps the stretch. Spans of a document do not overlap and end at whole characters.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from corpus.batch import TextBuffer, text_buffer
from corpus.kernels import minhash, windows
from corpus.recipe import SubstringOptions
from corpus.stages.dedup import DedupStep
from corpus.stages.dedup_files import (
    declare_parts,
    header,
    partition_of,
    read_partition,
    write_partitions,
)
from corpus.stages.dedup_kept import kept_rows
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
    ]
)


def substring_steps(options: SubstringOptions, is_deduplicated: bool = True) -> tuple[DedupStep, ...]:
    """The steps, in the form of `corpus.stages.dedup.dedup_steps`, after which they run, if these run."""
    cut = {"min_bytes": options.min_bytes, "partitions": options.partitions}
    documents = {"documents": ("documents", "shard")}
    kept = {"decisions": ("decisions", "shard")}
    if is_deduplicated:
        kept["duplicates"] = ("dedup.duplicates", "own")
    return (
        DedupStep("substrings.anchors", anchors, "shard", {**documents, **kept}, cut, "anchors.parquet"),
        DedupStep(
            "substrings.shared",
            shared,
            "partition",
            {"anchors": ("substrings.anchors", "part")},
            {},
            "shared.parquet",
            options.partitions,
        ),
        DedupStep(
            "substrings.contexts",
            contexts,
            "shard",
            {**documents, "shared": ("substrings.shared", "of shard")},
            cut,
            "contexts.parquet",
        ),
        DedupStep(
            "substrings.matches",
            matches,
            "partition",
            {"contexts": ("substrings.contexts", "part")},
            {"min_bytes": options.min_bytes},
            "matches.parquet",
            options.partitions,
        ),
        DedupStep(
            "substrings.spans",
            spans,
            "shard",
            {**documents, "matches": ("substrings.matches", "of shard")},
            {},
            "spans.parquet",
        ),
    )


def anchors(work: Work) -> Counts:
    """hash uint64, row uint32, start int64 (byte of the document); in partitions by hash."""
    documents = pq.read_table(work.input("documents"), columns=["id", "text"])
    rows = kept_rows(work, documents["id"])
    text = document_texts(documents.take(rows))
    least = int(work.options["min_bytes"])
    hashes, starts, owners = windows.anchors(text.data, text.offsets, least // 2, least)
    hashes = minhash.splitmix(hashes)  # chosen for being small: spread them over the partitions
    starts = starts - text.offsets[owners]
    partitions = int(work.options["partitions"])
    home = partition_of(hashes, partitions)
    order = np.argsort(hashes, kind="stable")  # of one hash by document and place, as they come
    table = pa.table({"hash": hashes[order], "row": rows[owners[order]], "start": starts[order]})
    bounds = np.searchsorted(home[order], np.arange(partitions + 1))
    write_partitions(work, "anchors.parquet", table, bounds, {"shard": work.key}, rows=1 << 20)
    return {"anchors": len(table), "bytes": len(text.data)}


def shared(work: Work) -> Counts:
    """shard uint32 (input order), row, start, hash: the anchors that stand in two or more documents."""
    partition = int(work.options["partition"])
    parts = [read_partition(path, partition) for path in work.each("anchors")]
    shard = np.repeat(np.arange(len(parts), dtype=np.uint32), [len(part) for part in parts])
    table = pa.concat_tables(parts)
    key = table["hash"].to_numpy()
    order = np.argsort(key, kind="stable")
    key, shard = key[order], shard[order]
    row = table["row"].to_numpy()[order]
    same = key[1:] == key[:-1]
    other = same & ((row[1:] != row[:-1]) | (shard[1:] != shard[:-1]))
    group = np.concatenate([[0], np.cumsum(~same)])[: len(key)]
    wanted = np.zeros(int(group[-1]) + 1 if len(group) else 0, np.bool_)
    wanted[group[1:][other]] = True
    chosen = np.flatnonzero(wanted[group])
    start = table["start"].to_numpy()[order]
    found = pa.table(
        {"shard": shard[chosen], "row": row[chosen], "start": start[chosen], "hash": key[chosen]}
    ).sort_by([("shard", "ascending"), ("row", "ascending"), ("start", "ascending")])
    heads = [header(path)["shard"] for path in work.each("anchors")]
    write_partitions(work, "shared.parquet", found, [0, len(found)], {"shard": "", "shards": heads})
    declare_parts(work, "shared.parquet", found, "shard", heads)
    return {"shared": len(found)}


def contexts(work: Work) -> Counts:
    """hash, row, start, id, centre int32 (place of the anchor in bytes), bytes binary: the text around it."""
    least = int(work.options["min_bytes"])
    wanted = _of_shard(work, "shared", ["row", "start", "hash"])
    documents = pq.read_table(work.input("documents"), columns=["id", "text"])
    rows, inverse = np.unique(wanted["row"].to_numpy(), return_inverse=True)
    taken = documents.take(rows)
    text = document_texts(taken)
    start = text.offsets[inverse] + wanted["start"].to_numpy()
    low = np.maximum(start - least, text.offsets[inverse])
    high = np.minimum(start + least, text.offsets[inverse + 1])
    data, offsets = windows.pieces(text.data, low, high)
    pieces = pa.Array.from_buffers(
        pa.large_binary(), len(low), [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    )
    keys = wanted["hash"].to_numpy()
    table = pa.table(
        {
            "hash": keys,
            "row": wanted["row"].to_numpy(),
            "start": wanted["start"].to_numpy(),
            "id": taken["id"].take(pa.array(inverse)),
            "centre": (start - low).astype(np.int64),
            "bytes": pieces,
        }
    )
    partitions = int(work.options["partitions"])
    home = partition_of(keys, partitions)
    order = np.argsort(keys, kind="stable")
    bounds = np.searchsorted(home[order], np.arange(partitions + 1))
    write_partitions(work, "contexts.parquet", table.take(order), bounds, {"shard": work.key})
    return {"contexts": len(table)}


def matches(work: Work) -> Counts:
    """shard, row, start, end, other: stretches that an earlier document has, one for each anchor."""
    partition, least = int(work.options["partition"]), int(work.options["min_bytes"])
    parts = []
    for shard, path in enumerate(work.each("contexts")):
        part = read_partition(path, partition)
        parts.append(part.append_column("shard", pa.array(np.full(len(part), shard, np.uint32))))
    table = pa.concat_tables(parts)
    keys = [("hash", "ascending"), ("id", "ascending"), ("start", "ascending")]
    table = table.take(pc.sort_indices(table, sort_keys=keys)).combine_chunks()
    text = table["bytes"].chunk(0) if len(table) else pa.array([], pa.large_binary())
    buffer = text_buffer(text.cast(pa.large_binary()).view(pa.large_string()))
    document = table["id"].combine_chunks().dictionary_encode()
    codes = (document.chunk(0) if isinstance(document, pa.ChunkedArray) else document).indices
    before, after, other = windows.longest(
        table["hash"].to_numpy(),
        codes.to_numpy(zero_copy_only=False).astype(np.int64),
        buffer.data,
        buffer.offsets,
        table["centre"].to_numpy(),
        least,
    )
    found = np.flatnonzero(other >= 0)
    start = table["start"].to_numpy()[found]
    taken = table.take(found)
    output = pa.table(
        {
            "shard": taken["shard"],
            "row": taken["row"],
            "start": start - before[found],
            "end": start + after[found],
            "other": table["id"].take(pa.array(other[found])),
        },
        schema=_MATCHES,
    ).sort_by([("shard", "ascending"), ("row", "ascending"), ("start", "ascending"), ("end", "ascending")])
    heads = [header(path)["shard"] for path in work.each("contexts")]
    write_partitions(work, "matches.parquet", output, [0, len(output)], {"shard": "", "shards": heads})
    declare_parts(work, "matches.parquet", output, "shard", heads)
    return {"matches": len(output)}


def spans(work: Work) -> Counts:
    """spans.parquet; see the module. Counts documents, spans and bytes of spans."""
    found = _of_shard(work, "matches", ["row", "start", "end", "other"]).sort_by(
        [("row", "ascending"), ("start", "ascending"), ("end", "ascending"), ("other", "ascending")]
    )
    documents = pq.read_table(work.input("documents"), columns=["id", "text"])
    row, start, end = (found[name].to_numpy() for name in ("row", "start", "end"))
    # Rows are far apart on one axis, so matches that overlap or touch are found in one pass over all of them.
    axis = row.astype(np.int64) << _ROW_BITS
    reach = np.maximum.accumulate(axis + end)
    firsts = np.flatnonzero(np.concatenate([[True], (axis + start)[1:] > reach[:-1]]))[: len(found)]
    owners, begin = row[firsts], start[firsts]
    until = reach[np.append(firsts[1:], len(found)) - 1] - axis[firsts] if len(found) else end
    rows, counts = np.unique(owners, return_counts=True)
    taken = documents.take(rows)
    text = document_texts(taken)
    _trim(text, np.repeat(np.arange(len(rows)), counts), begin, until)
    every = pa.StructArray.from_arrays(
        [pa.array(begin), pa.array(until), found["other"].take(firsts).combine_chunks()], fields=list(_SPAN)
    )
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    table = pa.table([rows, taken["id"], pa.ListArray.from_arrays(pa.array(offsets), every)], schema=SPANS)
    pq.write_table(table, work.output("spans.parquet"), compression="zstd", compression_level=1)
    return {"documents": len(rows), "spans": len(every), "span_bytes": int((until - begin).sum())}


def _trim(
    text: TextBuffer, owners: NDArray[np.int64], begin: NDArray[np.int64], until: NDArray[np.int64]
) -> None:
    """Take pieces of characters off the ends of the spans, in place."""
    for span, owner in enumerate(owners.tolist()):
        data = text.data[text.offsets[owner] : text.offsets[owner + 1]]
        start, end = int(begin[span]), int(until[span])
        while start < end and data[start] & 0xC0 == 0x80:
            start += 1
        while end > start and end < len(data) and data[end] & 0xC0 == 0x80:
            end -= 1
        begin[span], until[span] = start, end


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
