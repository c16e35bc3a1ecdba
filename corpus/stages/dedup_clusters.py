"""Step `dedup.clusters`, one task a partition: survivors and their duplicates, each similarity exact.

inputs   members: the members.parquet of all shards
options  {"partition": int, "exact": bool, "url": [least similarity, most documents]|null, "bands": int,
          "rows": int, "threshold": float|null, "min_shingles": int, "simhash": [blocks, distance]|null}
output   clusters.parquet: shard uint32 (input order), row, id, survivor, cluster_size, similarity, kind,
         source, language, survivor_source, against; documents of clusters of 2 or more, by (shard, row)
counts   clusters, duplicates, capped (documents compared with the most survivors that is allowed)

Survivor order: documents of an earlier corpus, then priority, preference and quality (larger first), then id.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from corpus.batch import text_buffer
from corpus.kernels import clusters as kernel
from corpus.kernels import minhash, simhash
from corpus.signals.fingerprint import sketch_array
from corpus.stages.dedup_files import header, read_partition, write_partitions
from corpus.stages.dedup_members import MEMBERS
from corpus.stages.dedup_summary import summary
from corpus.work import Counts, Work

__all__ = ["clusters", "resolve"]

_ORDER = [
    ("component", "ascending"),
    ("against", "descending"),
    ("priority", "descending"),
    ("preference", "descending"),
    ("quality", "descending"),
    ("id", "ascending"),
    ("shard", "ascending"),
    ("row", "ascending"),
]


def clusters(work: Work) -> Counts:
    """Write clusters.parquet; see the module. Memory: the members of one partition."""
    partition = int(work.options["partition"])
    parts: list[pa.Table] = [MEMBERS.empty_table().append_column("shard", pa.array([], pa.uint32()))]
    heads = []
    for shard, path in enumerate(work.each("members")):
        part = read_partition(path, partition)
        parts.append(part.append_column("shard", pa.array(np.full(len(part), shard, np.uint32))))
        heads.append(header(path))
    table, capped = resolve(pa.concat_tables(parts), work.options)
    found = summary(table)
    table = table.sort_by([("shard", "ascending"), ("row", "ascending")])
    head = {"shard": "", "shards": heads, "summary": found}
    write_partitions(work, "clusters.parquet", table, [0, len(table)], head)
    survivors = int(pc.sum(pc.equal(table["kind"], "survivor")).as_py() or 0)
    return {"clusters": survivors, "duplicates": len(table) - survivors, "capped": capped}


def resolve(table: pa.Table, options: Mapping[str, Any]) -> tuple[pa.Table, int]:
    """The clusters among members, in rows of clusters.parquet (not yet sorted), and the count `capped`."""
    table = table.take(pc.sort_indices(table, sort_keys=_ORDER)).combine_chunks()
    documents = _documents(table, options)
    least = options["threshold"]
    minima = documents.sketches.shape[1]
    limits = kernel.Limits(
        exact=bool(options["exact"]),
        url=2.0 if options["url"] is None else float(options["url"][0]),
        near=2.0 if least is None or not minima else float(least),
        shortest=int(options["min_shingles"]),
        distance=-1 if options["simhash"] is None else int(options["simhash"][1]),
        slack=0.0 if least is None or not minima else kernel.slack(least, minima),
    )
    survivor, similarity, kind, capped = kernel.clusters(documents, limits)
    sizes = np.bincount(survivor, minlength=len(table)).astype(np.int32)
    shown = np.flatnonzero(sizes[survivor] > 1)
    leader = survivor[shown]
    taken = table.select(["shard", "row", "id", "source", "language", "against"]).take(shown)
    lead = table.select(["id", "source"]).take(leader)
    return pa.table(
        {
            "shard": taken["shard"],
            "row": taken["row"],
            "id": taken["id"],
            "survivor": lead["id"],
            "cluster_size": sizes[leader],
            "similarity": similarity[shown],
            "kind": pa.array(np.array(kernel.KINDS, object)[kind[shown]], pa.string()),
            "source": taken["source"],
            "language": taken["language"],
            "survivor_source": lead["source"],
            "against": taken["against"],
        }
    ), capped


def _documents(table: pa.Table, options: Mapping[str, Any]) -> kernel.Documents:
    bands, rows = int(options["bands"]), int(options["rows"])
    component = table["component"].to_numpy()
    changes = np.flatnonzero(component[1:] != component[:-1]) + 1
    starts = np.concatenate([[0], changes, [len(table)]]) if len(table) else np.zeros(1)
    sketches, valid = sketch_array(_array(table, "minhash"))
    ids = np.full((len(table), bands), -1, np.int64)
    if bands and valid.any():
        keys = minhash.band_keys(sketches[valid], bands, rows)
        ids[valid] = np.unique(keys, return_inverse=True)[1].reshape(keys.shape)
    hashes = _array(table, "simhash")
    hashed = hashes.is_valid().to_numpy(zero_copy_only=False)
    simhashes = hashes.fill_null(0).to_numpy(zero_copy_only=False).astype(np.uint64, copy=False)
    if options["simhash"] is not None and hashed.any():
        keys = simhash.block_keys(simhashes[hashed], *options["simhash"])
        more = np.full((len(table), keys.shape[1]), -1, np.int64)
        first = int(ids.max(initial=-1)) + 1
        more[hashed] = first + np.unique(keys, return_inverse=True)[1].reshape(keys.shape)
        ids = np.concatenate([ids, more], axis=1)
    urls = _dense(table, "url_hash")
    if options["url"] is not None:
        urls[np.bincount(urls + 1)[urls + 1] > int(options["url"][1])] = -1
    shingles = text_buffer(_array(table, "shingles").view(pa.large_string()))
    return kernel.Documents(
        starts=starts.astype(np.int64),
        fixed=_array(table, "against").to_numpy(zero_copy_only=False),
        content=_dense(table, "content_hash"),
        url=urls,
        bands=ids,
        sketches=sketches,
        simhashes=simhashes,
        hashed=hashed,
        sets=shingles.data.view("<u4"),
        offsets=shingles.offsets // 4,
    )


def _array(table: pa.Table, name: str) -> pa.Array:
    column = table[name]
    return column.chunk(0) if column.num_chunks else pa.array([], column.type)


def _dense(table: pa.Table, name: str) -> NDArray[np.int64]:
    """Numbers 0, 1, ... for the distinct values of a column, -1 for null."""
    codes = _array(table, name).dictionary_encode().indices
    numbers: NDArray[np.int64] = codes.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return numbers
