"""Tables of which each row group is of one language, with a digest for each language: a task that reads one
language depends on it alone, and reads nothing else of the file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import xxhash

from corpus.work import Work

__all__ = ["LanguageWriter", "read_language", "row_groups"]

#: Rows of a row group.
_ROWS = 1 << 17


class LanguageWriter:
    """Writes an output of a task. The first column of its schema is `language`; `close` declares the digest
    of each language, which counts all rows of it in the order they came in."""

    def __init__(self, work: Work, name: str, schema: pa.Schema) -> None:
        self._work, self._name, self._schema = work, name, schema
        self._digests: dict[str, xxhash.xxh3_128] = {}
        self._file = pq.ParquetWriter(work.output(name), schema, compression="zstd", compression_level=1)

    def add(self, language: str, columns: Sequence[pa.Array]) -> None:
        """Appends rows of a language: the columns after the first."""
        if not len(columns[0]):
            return
        digest = self._digests.setdefault(language, xxhash.xxh3_128())
        for column in columns:
            _add(digest, column)
        names = pa.repeat(pa.scalar(language, pa.string()), len(columns[0]))
        table = pa.Table.from_arrays([names, *columns], schema=self._schema)
        self._file.write_table(table, row_group_size=_ROWS)

    def close(self) -> None:
        self._file.close()
        for language, digest in sorted(self._digests.items()):
            self._work.part(self._name, language, digest.hexdigest())


def _add(digest: xxhash.xxh3_128, column: pa.Array) -> None:
    """Values, not buffers: how an array lies in memory is no part of what it holds."""
    if not pa.types.is_large_binary(column.type) and not pa.types.is_large_string(column.type):
        digest.update(column.to_numpy().tobytes())
        return
    offsets = np.frombuffer(column.buffers()[1], np.int64)[column.offset : column.offset + len(column) + 1]
    digest.update(np.diff(offsets).tobytes())
    if column.buffers()[2] is not None:
        digest.update(column.buffers()[2][int(offsets[0]) : int(offsets[-1])])


def row_groups(
    path: Path, columns: Sequence[str], rows: int, language: str | None = None
) -> Iterator[pa.RecordBatch]:
    """Batches of so many rows, of one language or of all."""
    file = pq.ParquetFile(path)
    for number in range(file.num_row_groups):
        if language is not None and file.metadata.row_group(number).column(0).statistics.min != language:
            continue
        yield from file.iter_batches(rows, [number], list(columns), use_threads=False)


def read_language(path: Path, schema: pa.Schema, language: str) -> pa.Table:
    """All rows of a language, without the column that names it."""
    columns = schema.names[1:]
    batches = row_groups(path, columns, _ROWS, language)
    return pa.Table.from_batches(batches, schema=pa.schema([schema.field(name) for name in columns]))
