"""Parquet files: one record a row."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from corpus.errors import SourceError
from corpus.readers.jsonl import record_from
from corpus.readers.match import assign, files_below, folder_of, path_of
from corpus.readers.record import Record, Unit, Unreadable
from corpus.recipe import ParquetReader, SourceRecipe

__all__ = ["read", "units"]

_ROWS = 1024


def _open(source: str, recipe: SourceRecipe, path: Path, name: str) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    reader = recipe.reader
    assert isinstance(reader, ParquetReader)
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise SourceError(source, f"not a readable Parquet file: {error}", name) from error
    columns = file.schema_arrow.names
    if reader.fields.text not in columns:
        raise SourceError(
            source,
            f"has no column '{reader.fields.text}', only {', '.join(columns)}; "
            "name the text column under `fields: {text: …}`",
            name,
        )
    return file


def units(source: str, recipe: SourceRecipe, root: Path) -> list[Unit]:
    """One unit for each .parquet file a language claims; its size is that of the columns decompressed.

    Raises SourceError for a file that is not Parquet or lacks the text column.
    """
    folder = folder_of(root)
    names = [name for name in files_below(source, root) if name.endswith((".parquet", ".pq"))]
    found = []
    for name, language in assign(source, recipe, names):
        with _open(source, recipe, folder / name, name) as file:
            groups = range(file.metadata.num_row_groups)
            size = sum(file.metadata.row_group(index).total_byte_size for index in groups)
        found.append(Unit(name, language, size))
    return found


def read(source: str, recipe: SourceRecipe, root: Path, unit: Unit) -> Iterator[Record | Unreadable]:
    """Records of one file, row = index in the file. A row group that cannot be decoded is one Unreadable."""
    import pyarrow as pa

    reader = recipe.reader
    assert isinstance(reader, ParquetReader)
    with _open(source, recipe, path_of(root, unit.name), unit.name) as file:
        first = 0
        for group in range(file.metadata.num_row_groups):
            row = first
            try:
                for batch in file.iter_batches(_ROWS, row_groups=[group]):
                    for values in batch.to_pylist():
                        try:
                            yield record_from(row, values, reader.fields)
                        except ValueError as error:
                            yield Unreadable(row, -1, str(error))
                        row += 1
            except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
                offset = file.metadata.row_group(group).column(0).file_offset
                yield Unreadable(row, offset, f"row group {group} cannot be decoded: {error}")
            first += file.metadata.row_group(group).num_rows
