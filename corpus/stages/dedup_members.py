"""Step `dedup.members`, one task a document shard: what is needed to compare its linked documents.

inputs   documents, fingerprint, decisions: as for `dedup.bands`; components: <shard key>.parquet;
         preferred: the group of the signal "prefer" (absent where there is none)
options  {"partitions": int, "shingle": int, "priority": {source: int}, "against": bool,
          "prefer": {"signal": str, "best": "largest"|"smallest"}|null}
output   members.parquet: component, row, id, source, language, priority, preference (larger is better, 0
         without "prefer"), quality (bytes of text), against, content_hash, url_hash, minhash, simhash,
         shingles (sorted uint32 little-endian set), in partitions by component
counts   members, shingles
memory   a megabyte of text at a time, and what is written
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from corpus.batch import text_buffer
from corpus.kernels import minhash, shingles, words
from corpus.stages.dedup_files import partition_of, write_partitions
from corpus.stages.dedup_text import chosen
from corpus.work import Counts, Work

__all__ = ["MEMBERS", "members"]

MEMBERS = pa.schema(
    [
        ("component", pa.uint64()),
        ("row", pa.uint32()),
        ("id", pa.string()),
        ("source", pa.string()),
        ("language", pa.string()),
        ("priority", pa.int64()),
        ("preference", pa.float64()),
        ("quality", pa.int64()),
        ("against", pa.bool_()),
        ("content_hash", pa.binary(16)),
        ("url_hash", pa.uint64()),
        ("minhash", pa.binary()),
        ("simhash", pa.uint64()),
        ("shingles", pa.large_binary()),  # as a list they take three times as long to write and to read
    ]
)


def members(work: Work) -> Counts:
    """Write members.parquet; see the module."""
    options = work.options
    linked = pq.read_table(work.input("components"))
    rows = linked["row"].to_numpy()
    component = linked["component"].to_numpy()
    fingerprint = pq.read_table(
        work.input("fingerprint"), columns=["content_hash", "url_hash", "minhash", "simhash"]
    ).take(rows)
    language = pq.read_table(work.input("decisions"), columns=["language"]).take(rows)["language"]
    documents, sizes, sets = _texts(work, rows, int(options["shingle"]))
    priority = options["priority"]
    against = bool(options.get("against", False))
    table = pa.table(
        [
            component,
            rows,
            documents["id"],
            documents["source"],
            language,
            [int(priority.get(source, 0)) for source in documents["source"].to_pylist()],
            _preferences(work, rows, against),
            sizes,
            [against] * len(rows),
            fingerprint["content_hash"],
            fingerprint["url_hash"],
            fingerprint["minhash"],
            fingerprint["simhash"],
            sets,
        ],
        schema=MEMBERS,
    )
    partitions = int(options["partitions"])
    home = partition_of(minhash.splitmix(component), partitions)
    order = np.lexsort((rows, component, home))
    bounds = np.searchsorted(home[order], np.arange(partitions + 1))
    write_partitions(
        work, "members.parquet", table.take(order), bounds, {"shard": work.key, "against": against}
    )
    return {"members": len(rows), "shingles": int(pc.sum(pc.binary_length(sets)).as_py() or 0) // 4}


def _preferences(work: Work, rows: NDArray[np.uint32], against: bool) -> NDArray[np.float64]:
    """By the signal that is preferred; documents of an earlier corpus come before all others without."""
    prefer = work.options["prefer"]
    if prefer is None or against:
        return np.zeros(len(rows))
    name = prefer["signal"]
    column = pq.read_table(work.input("preferred"), columns=[name])[name].take(rows).cast(pa.float64())
    values = column.combine_chunks().fill_null(np.nan).to_numpy(zero_copy_only=False)
    signed = values if prefer["best"] == "largest" else -values
    return np.where(np.isnan(signed), -np.inf, signed)


def _texts(
    work: Work, rows: NDArray[np.uint32], shingle: int
) -> tuple[pa.Table, NDArray[np.int64], pa.ChunkedArray]:
    """Of the documents of these rows: id and source, bytes of text, and shingles."""
    names, sizes, sets = [], [np.zeros(0, np.int64)], []
    for batch, places, _ in chosen(work.input("documents"), rows, ["id", "source", "text"]):
        part = batch.take(pa.array(places))
        text = text_buffer(part["text"])
        hashes, _, _, offsets = words.split(text.data, text.offsets)
        names.append(part.select(["id", "source"]))
        sizes.append(np.diff(text.offsets))
        sets.append(_binary(*shingles.sorted_sets(*shingles.shingles(hashes, offsets, shingle))))
    table = pa.table(
        {name: pa.chunked_array([part[name] for part in names], pa.string()) for name in ("id", "source")}
    )
    return table, np.concatenate(sizes), pa.chunked_array(sets, pa.large_binary())


def _binary(values: NDArray[np.uint32], offsets: NDArray[np.int64]) -> pa.Array:
    data, places = values.astype("<u4", copy=False), offsets * values.itemsize
    return pa.Array.from_buffers(
        pa.large_binary(), len(offsets) - 1, [None, pa.py_buffer(places), pa.py_buffer(data)]
    )
