"""Step `dedup.components`, a single task: documents that are linked, directly or over others, get one label.

A component is not yet a cluster: it is the closed world inside which `dedup.clusters` compares texts.

inputs   bands: bands.parquet of all shards, in the order `dedup.edges` had them (only footers are read);
         edges: edges.parquet of all partitions
output   <shard key>.parquet for each shard: row uint32, component uint64, of linked documents, by row
counts   linked (documents), components
memory   13 bytes for each document, whatever its text; edges are read one row group at a time
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from corpus.kernels import unionfind
from corpus.stages.dedup_files import header
from corpus.work import Counts, Work

__all__ = ["components"]


def components(work: Work) -> Counts:
    """Write one file a shard; see the module."""
    heads = [header(path) for path in work.each("bands")]
    firsts = np.zeros(len(heads) + 1, np.int64)
    np.cumsum([head["documents"] for head in heads], out=firsts[1:])
    total = int(firsts[-1])
    parent = unionfind.forest(total)
    label = np.full(total, np.iinfo(np.uint64).max, np.uint64)
    linked = np.zeros(total, np.bool_)
    for path in work.each("edges"):
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=1 << 18):
                left = firsts[batch.column("left_shard").to_numpy()] + batch.column("left_row").to_numpy()
                right = firsts[batch.column("right_shard").to_numpy()] + batch.column("right_row").to_numpy()
                unionfind.union(parent, left, right)
                label[left] = batch.column("left_node").to_numpy()
                label[right] = batch.column("right_node").to_numpy()
                linked[left] = True
                linked[right] = True
    unionfind.roots(parent)
    # The label is the smallest id hash of the component: it does not change when other shards come or go.
    members = np.flatnonzero(linked)
    np.minimum.at(label, parent[members], label[members])
    for shard, head in enumerate(heads):
        rows = np.flatnonzero(linked[firsts[shard] : firsts[shard + 1]])
        table = pa.table(
            {"row": rows.astype(np.uint32), "component": label[parent[firsts[shard] + rows]]},
            schema=pa.schema([("row", pa.uint32()), ("component", pa.uint64())]),
        )
        path = work.output(f"{head['shard']}.parquet")
        pq.write_table(table, path, compression="zstd", compression_level=1, use_dictionary=False)
    return {"linked": len(members), "components": len(np.unique(parent[members]))}
