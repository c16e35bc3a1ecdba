"""Step `scatter`: the tokens of a bucket, once for each epoch, divided among the packed shards.

Which shard an instance (document, epoch) goes to depends on its keyed hash alone. So a document that is
removed changes the parts of its own bucket for its own shards, and no other packed shard is made again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from corpus.tokens.keys import keys, mix, shares
from corpus.tokens.megatron import read
from corpus.tokens.upsample import cluster_class
from corpus.work import Counts, Work

__all__ = ["VALIDATION", "part_schema", "scatter"]

VALIDATION = "validation"


def part_schema(item_bytes: int) -> pa.Schema:
    """<nnnnn>.arrow: instances in order of `key`; tokens are uint16 or int32 ids, the last one ends the
    document."""
    return pa.schema(
        [
            pa.field("key", pa.uint64(), nullable=False),
            pa.field("id", pa.string(), nullable=False),
            pa.field("source", pa.string(), nullable=False),
            pa.field("language", pa.string(), nullable=False),
            pa.field("epoch", pa.int16(), nullable=False),
            pa.field("tokens", pa.large_list(pa.uint16() if item_bytes == 2 else pa.int32()), nullable=False),
        ]
    )


def scatter(work: Work) -> Counts:
    """Divides the input `tokens` (the files `encode` wrote for one bucket) by the input `plan` (plan.json).

    Options: shards, seed. Writes <nnnnn>.arrow for each packed shard and validation.arrow (Arrow IPC): the
    share of documents the plan keeps for validation goes there, once.
    """
    plan = json.loads(work.input("plan").read_text(encoding="utf-8"))
    epochs = {tuple(group): value for *group, value in plan["epochs"]}
    count, seed = int(work.options["shards"]), int(work.options["seed"])
    paths = {path.name: path for path in work.each("tokens")}
    metadata = pq.read_schema(paths["summary.parquet"]).metadata
    schema = part_schema(int(metadata[b"item_bytes"])).with_metadata(metadata)
    parts: dict[int, list[pa.Table]] = {number: [] for number in range(count + 1)}
    for name in sorted(paths):
        if name.endswith(".parquet") and name != "summary.parquet":
            _divide(paths[name], epochs, plan, seed, count, schema, parts)
    counts = {"instances": 0, "tokens": 0, "validation_tokens": 0}
    for number, tables in parts.items():
        table = pa.concat_tables(tables) if tables else schema.empty_table()
        table = table.sort_by([("key", "ascending"), ("id", "ascending"), ("epoch", "ascending")])
        name = VALIDATION if number == count else f"{number:05d}"
        with pa.ipc.new_file(work.output(f"{name}.arrow"), schema) as writer:
            writer.write_table(table, max_chunksize=4096)
        total = sum(len(chunk.flatten()) for chunk in table["tokens"].chunks)
        if number == count:
            counts["validation_tokens"] = total
        else:
            counts["instances"] += table.num_rows
            counts["tokens"] += total
    return counts


def _divide(
    path: Path,
    epochs: Mapping[tuple[str, str, int], float],
    plan: Mapping[str, Any],
    seed: int,
    count: int,
    schema: pa.Schema,
    parts: dict[int, list[pa.Table]],
) -> None:
    """Adds the instances of one language's documents to the parts."""
    rows = pq.read_table(path)
    ids = rows["id"].to_pylist()
    classes = cluster_class(rows["cluster_size"].to_numpy()) * int(plan["upsample"])
    groups = zip(rows["language"].to_pylist(), rows["source"].to_pylist(), classes.tolist(), strict=True)
    wanted = np.array([epochs.get(group, 0.0) for group in groups])
    validation = shares(seed, "validation", ids) < plan["validation_ratio"]
    whole = np.floor(wanted)
    times = (whole + (shares(seed, "extra-epoch", ids) < wanted - whole)).astype(np.int64)
    times[validation] = 1
    document = np.repeat(np.arange(len(ids)), times)
    epoch = np.arange(len(document)) - np.repeat(np.cumsum(times) - times, times)
    places = mix(keys(seed, "shard", ids)[document], epoch.astype(np.uint64)) % np.uint64(count)
    order = mix(keys(seed, "order", ids)[document], epoch.astype(np.uint64))
    target = np.where(validation[document], count, places.astype(np.int64))
    indexed = read(path)
    lengths = indexed.lengths.astype(np.int64)
    for number in np.unique(target):
        chosen = np.flatnonzero(target == number)
        which = document[chosen]
        sizes = lengths[which]
        pieces = [indexed.tokens[indexed.starts[d] : indexed.starts[d] + lengths[d]] for d in which]
        values = pa.array(np.concatenate(pieces), schema.field("tokens").type.value_type)
        offsets = pa.array(np.cumsum(np.append(0, sizes)).astype(np.int64))
        take = pa.array(which)
        columns = [
            pa.array(order[chosen]),
            *(rows[name].take(take).combine_chunks() for name in ("id", "source", "language")),
            pa.array(epoch[chosen].astype(np.int16)),
            pa.LargeListArray.from_arrays(offsets, values),
        ]
        parts[int(number)].append(pa.Table.from_arrays(columns, schema=schema))
