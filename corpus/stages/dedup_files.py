"""Parquet files in partitions: one file a task, read one partition at a time by the tasks of the next step.

An exchange of S shards over P partitions thus makes S files, not S x P. Which row groups hold a partition is
written into the file's footer, together with facts about the whole file (`header`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import xxhash
from numpy.typing import NDArray

from corpus.work import Work

__all__ = ["declare_parts", "header", "partition_of", "read_partition", "write_partitions"]

_HEADER = b"corpus.header"
_PARTITIONS = b"corpus.partitions"
#: Row groups stay below 64 MB: rows of the widest table here (signature and shingles) have about 3 KB.
_ROWS = 16_384


def partition_of(keys: NDArray[np.uint64], partitions: int) -> NDArray[np.int64]:
    """The partition of 64-bit hashes, monotone in the key; partitions <= 2^16."""
    return ((keys >> np.uint64(32)).astype(np.int64) * partitions) >> 32


def write_partitions(
    work: Work,
    name: str,
    table: pa.Table,
    bounds: Sequence[int] | NDArray[np.int64],
    head: Mapping[str, Any],
    rows: int = _ROWS,
) -> None:
    """Write rows bounds[p]:bounds[p+1] of the table as partition p, and declare the digest of each part.

    `head` has at least the key "shard". A part's digest covers its rows and the shard, no more of `head`.
    """
    groups: list[int] = []
    # Hashes and numbers do not compress; trying costs a third of the time to write them. Strings are names.
    names = [field.name for field in table.schema if field.type == pa.string()]
    with pq.ParquetWriter(
        work.output(name),
        table.schema,
        compression={field.name: "zstd" if field.name in names else "none" for field in table.schema},
        compression_level=dict.fromkeys(names, 1),
        use_dictionary=names,
        # By these a reader of one shard skips the others' row groups; of other columns nobody asks.
        write_statistics=[name for name in table.schema.names if name == "shard"],
    ) as writer:
        for partition in range(len(bounds) - 1):
            part = table.slice(int(bounds[partition]), int(bounds[partition + 1] - bounds[partition]))
            written = 0
            for start in range(0, len(part), rows):
                writer.write_table(part.slice(start, rows), row_group_size=rows)
                written += 1
            groups.append(written)
            work.part(name, str(partition), _digest(part, str(head["shard"])))
        writer.add_key_value_metadata(
            {
                _HEADER.decode(): json.dumps(dict(head), sort_keys=True, ensure_ascii=False),
                _PARTITIONS.decode(): json.dumps(groups),
            }
        )


def _digest(part: pa.Table, shard: str) -> str:
    digest = xxhash.xxh3_128(shard.encode())
    others = []
    for field in part.schema:
        column = part[field.name].combine_chunks()
        if not _is_number(field.type) or column.null_count:
            others.append(field.name)
            continue
        # The numbers themselves: a copy as a stream would cost more than all the rest of the writing.
        for values in column.chunks if isinstance(column, pa.ChunkedArray) else [column]:
            digest.update(memoryview(values.to_numpy()))
    if others:
        sink = pa.BufferOutputStream()
        rest = part.select(others).combine_chunks()
        with pa.ipc.new_stream(sink, rest.schema) as stream:
            stream.write_table(rest)
        digest.update(memoryview(sink.getvalue()))
    return str(digest.hexdigest())


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def declare_parts(work: Work, name: str, table: pa.Table, column: str, parts: Sequence[str]) -> None:
    """Declare the digest of each part of an output that is ordered by `column`.

    The part of a number i is named parts[i], that of a string is named by it. The column itself does not
    count, so that numbers may change; a part without rows is not declared.
    """
    keys = table[column].to_numpy(zero_copy_only=False)
    rows = table.drop_columns([column])
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))[: len(keys)]
    for start, end in zip(starts, [*starts[1:], len(keys)][: len(starts)], strict=True):
        value = keys[start]
        part = value if isinstance(value, str) else parts[int(value)]
        work.part(name, part, _digest(rows.slice(start, end - start), ""))


def read_partition(path: Path, partition: int, columns: Sequence[str] | None = None) -> pa.Table:
    """The rows of one partition; an empty table where it has none."""
    with pq.ParquetFile(path) as file:
        counts = json.loads(_footer(file, _PARTITIONS))
        first = sum(counts[:partition])
        wanted = list(range(first, first + counts[partition]))
        if not wanted:
            schema = file.schema_arrow.remove_metadata()
            return schema.empty_table().select(list(columns or schema.names))
        table = file.read_row_groups(wanted, columns=list(columns) if columns else None)
        return table.replace_schema_metadata()


def header(path: Path) -> dict[str, Any]:
    """The facts `write_partitions` put into the footer."""
    with pq.ParquetFile(path) as file:
        return dict(json.loads(_footer(file, _HEADER)))


def _footer(file: pq.ParquetFile, key: bytes) -> bytes:
    return bytes(file.metadata.metadata[key])
