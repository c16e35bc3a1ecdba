"""Step `dedup.bands`, one task a document shard: the keys under which its kept documents may meet others.

inputs   documents, fingerprint (signals.fingerprint), decisions: row-aligned Parquet of one shard; of a shard
         of an earlier corpus also its duplicates, which are not looked at again
options  {"partitions": int, "scope": "corpus"|"source", "exact": bool, "url": bool,
          "bands": int, "rows": int (0 bands: no MinHash), "min_shingles": int,
          "simhash": [blocks, distance]|null,
          "against": bool (a shard of an earlier corpus)}
output   bands.parquet: key uint64, row uint32 (row in the shard), node uint64 (hash of the document id), in
         `partitions` partitions by key, sorted by (key, row)
counts   documents/<source>/<language>: documents that take part; keys
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from corpus.batch import text_buffer
from corpus.kernels import content, minhash, radix, simhash
from corpus.signals.fingerprint import sketch_array
from corpus.stages.dedup_files import partition_of, write_partitions
from corpus.stages.dedup_kept import kept_rows
from corpus.work import Counts, Work

__all__ = ["bands", "node_hashes", "source_language_counts"]

# Keys of different kinds must not meet: each kind's keys are mixed with a number of its own.
_EXACT, _URL = np.uint64(0xE4AC7), np.uint64(0x0421)


def bands(work: Work) -> Counts:
    """Write bands.parquet; see the module."""
    options = work.options
    documents = pq.read_table(work.input("documents"), columns=["id", "source"]).combine_chunks()
    decisions = pq.read_table(work.input("decisions"), columns=["language"]).combine_chunks()
    fingerprint = pq.read_table(work.input("fingerprint")).combine_chunks()
    size = len(documents)
    rows = kept_rows(work, documents["id"])
    if len(rows) < size:
        documents, fingerprint = documents.take(rows), fingerprint.take(rows)
        decisions = decisions.take(rows)
    nodes = node_hashes(documents["id"])
    keys, owners = _keys(fingerprint, options)
    if options["scope"] == "source":
        with np.errstate(over="ignore"):
            keys = minhash.splitmix(keys ^ node_hashes(documents["source"])[owners])
    order = radix.order(keys, owners)
    keys, owners = keys[order], owners[order]
    partitions = int(options["partitions"])
    bounds = np.searchsorted(partition_of(keys, partitions), np.arange(partitions + 1))
    table = pa.table(
        {"key": keys, "row": rows[owners].astype(np.uint32, copy=False), "node": nodes[owners]},
        schema=pa.schema([("key", pa.uint64()), ("row", pa.uint32()), ("node", pa.uint64())]),
    )
    counts = source_language_counts("documents", documents["source"], decisions["language"])
    against = bool(options.get("against", False))
    head = {"shard": work.key, "documents": size, "against": against, "counts": counts}
    write_partitions(work, "bands.parquet", table, bounds, head, rows=1 << 20)
    return {**({} if against else counts), "keys": len(keys)}


def node_hashes(column: pa.ChunkedArray) -> NDArray[np.uint64]:
    """64-bit hashes of a string column."""
    array = column.cast(pa.large_string()).combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], pa.large_string())
    buffer = text_buffer(array)
    return content.string_hashes(buffer.data, buffer.offsets)


def source_language_counts(name: str, sources: pa.ChunkedArray, languages: pa.ChunkedArray) -> Counts:
    """Documents per source and language, as "<name>/<source>/<language>"."""
    table = pa.table({"source": sources, "language": languages})
    grouped = table.group_by(["source", "language"], use_threads=False).aggregate([([], "count_all")])
    pairs = zip(
        grouped["source"].to_pylist(),
        grouped["language"].to_pylist(),
        grouped["count_all"].to_pylist(),
        strict=True,
    )
    return dict(sorted((f"{name}/{source}/{language}", count) for source, language, count in pairs))


def _keys(fingerprint: pa.Table, options: Mapping[str, Any]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """All keys of all documents, and the document each belongs to."""
    size = len(fingerprint)
    everyone = np.arange(size, dtype=np.int64)
    keys: list[NDArray[np.uint64]] = [np.zeros(0, np.uint64)]
    owners: list[NDArray[np.int64]] = [np.zeros(0, np.int64)]
    if options["exact"] and size:
        column = fingerprint["content_hash"].combine_chunks()
        data = np.frombuffer(column.buffers()[1], np.uint64)[2 * column.offset :][: 2 * size].reshape(size, 2)
        keys.append(minhash.splitmix(data[:, 0] ^ _EXACT))
        owners.append(everyone)
    if options["url"] and size:
        column = fingerprint["url_hash"].combine_chunks()
        valid = column.is_valid().to_numpy(zero_copy_only=False)
        hashes = column.drop_null().to_numpy(zero_copy_only=False).astype(np.uint64, copy=False)
        keys.append(minhash.splitmix(hashes ^ _URL))
        owners.append(everyone[valid])
    count = int(options["bands"])
    if count and size:
        sketches, valid = sketch_array(fingerprint["minhash"].combine_chunks())
        valid &= fingerprint["shingle_count"].to_numpy() >= int(options["min_shingles"])
        if valid.any():
            keys.append(minhash.band_keys(sketches[valid], count, int(options["rows"])).ravel())
            owners.append(np.repeat(everyone[valid], count))
    if options["simhash"] and size:
        column = fingerprint["simhash"].combine_chunks()
        valid = column.is_valid().to_numpy(zero_copy_only=False)
        hashes = column.drop_null().to_numpy(zero_copy_only=False).astype(np.uint64, copy=False)
        blocks = simhash.block_keys(hashes, *options["simhash"])
        keys.append(blocks.ravel())
        owners.append(np.repeat(everyone[valid], blocks.shape[1]))
    return np.concatenate(keys), np.concatenate(owners)
