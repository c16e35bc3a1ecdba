"""Step `dedup.edges`, one task a partition: which documents share a key.

inputs   bands: the bands.parquet of all shards
options  {"partition": int}
output   edges.parquet: left_shard, left_row, right_shard, right_row uint32, left_node, right_node uint64:
         every document of a group of equal keys linked with the first of the group. Shards in input order
counts   groups (keys with two or more documents), edges
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from corpus.kernels import radix
from corpus.stages.dedup_files import read_partition
from corpus.work import Counts, Work

__all__ = ["EDGES", "edges"]

EDGES = pa.schema(
    [
        ("left_shard", pa.uint32()),
        ("left_row", pa.uint32()),
        ("left_node", pa.uint64()),
        ("right_shard", pa.uint32()),
        ("right_row", pa.uint32()),
        ("right_node", pa.uint64()),
    ]
)


def edges(work: Work) -> Counts:
    """Write edges.parquet; see the module. Memory: 60 bytes for each key of the partition."""
    partition = int(work.options["partition"])
    parts = [read_partition(path, partition) for path in work.each("bands")]
    shard = np.repeat(np.arange(len(parts), dtype=np.uint32), [len(part) for part in parts])
    table = pa.concat_tables(parts) if parts else pa.table({"key": [], "row": [], "node": []})
    key = table["key"].to_numpy().astype(np.uint64, copy=False)
    # Stable, so within a group documents stand in order of shard and row.
    left, right = radix.equal(key)
    row = table["row"].to_numpy().astype(np.uint32, copy=False)
    node = table["node"].to_numpy().astype(np.uint64, copy=False)
    output = pa.table(
        [shard[left], row[left], node[left], shard[right], row[right], node[right]], schema=EDGES
    )
    pq.write_table(output, work.output("edges.parquet"), compression="zstd", compression_level=1)
    groups = int(np.count_nonzero(np.diff(left, prepend=-1)))  # each has a first of its own
    return {"groups": groups, "edges": len(output)}
