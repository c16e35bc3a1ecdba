"""Step `dedup.members`, one task a document shard: what is needed to compare its linked documents.

inputs   documents, fingerprint, decisions: as for `dedup.bands`; components: <shard key>.parquet
options  {"partitions": int, "shingle": int, "priority": {source: int}, "against": bool}
output   members.parquet: component, row, id, source, language, priority, quality (bytes of text), against,
         content_hash, url_hash, minhash, simhash, shingles (sorted uint32 set), in partitions by component
counts   members, shingles
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from corpus.batch import text_buffer
from corpus.kernels import minhash, shingles, words
from corpus.stages.dedup_files import partition_of, write_partitions
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
        ("quality", pa.int64()),
        ("against", pa.bool_()),
        ("content_hash", pa.binary(16)),
        ("url_hash", pa.uint64()),
        ("minhash", pa.binary()),
        ("simhash", pa.uint64()),
        ("shingles", pa.large_list(pa.uint32())),
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
    documents = _take(work, rows)
    text = text_buffer(documents["text"].combine_chunks() if len(rows) else pa.array([], pa.large_string()))
    split = words.split(text.data, text.offsets)
    sets, offsets = shingles.sorted_sets(*shingles.shingles(split[0], split[3], int(options["shingle"])))
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
            np.diff(text.offsets),
            [against] * len(rows),
            fingerprint["content_hash"],
            fingerprint["url_hash"],
            fingerprint["minhash"],
            fingerprint["simhash"],
            pa.LargeListArray.from_arrays(pa.array(offsets), pa.array(sets)),
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
    return {"members": len(rows), "shingles": len(sets)}


def _take(work: Work, rows: np.ndarray[tuple[int], np.dtype[np.uint32]]) -> pa.Table:
    """The documents of these rows, read one row group at a time."""
    columns = ["id", "source", "text"]
    parts: list[pa.Table] = []
    first = 0
    with pq.ParquetFile(work.input("documents")) as file:
        for group in range(file.num_row_groups):
            count = file.metadata.row_group(group).num_rows
            wanted = rows[(rows >= first) & (rows < first + count)].astype(np.int64) - first
            if len(wanted):
                parts.append(file.read_row_group(group, columns=columns).take(wanted))
            first += count
        if not parts:
            return file.schema_arrow.empty_table().select(columns)
    return pa.concat_tables(parts).combine_chunks()
