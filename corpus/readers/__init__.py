"""Readers: from the files of a source to documents.

``list_units`` says what there is to read, one unit a file or archive member; ``read_unit`` streams its
documents. Nothing a single row can hold stops a file: what cannot be read is given as `Unreadable`, in its
place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from corpus.readers import code, folder, huggingface, jsonl, package, parquet, table, warc
from corpus.readers.record import Record, Unit, Unreadable
from corpus.recipe import SourceRecipe

__all__ = ["Record", "Unit", "Unreadable", "list_units", "read_unit"]


class _Reader(NamedTuple):
    units: Callable[[str, SourceRecipe, Path], list[Unit]]
    read: Callable[[str, SourceRecipe, Path, Unit], Iterator[Record | Unreadable]]


_READERS = {
    "jsonl": _Reader(jsonl.units, jsonl.read),
    "parquet": _Reader(parquet.units, parquet.read),
    "huggingface": _Reader(huggingface.units, huggingface.read),
    "text": _Reader(folder.units, folder.read),
    "csv": _Reader(table.units, table.read),
    "warc": _Reader(warc.units, warc.read),
    "code": _Reader(code.units, code.read),
    "package": _Reader(package.units, package.read),
}


def list_units(source: str, recipe: SourceRecipe, root: Path) -> list[Unit]:
    """All units of a source, sorted by name, the same on every machine.

    `root` is the folder or file of the reader's `path` or `dataset`, or the downloaded package file. Raises
    SourceError where a file is missing or hostile, where a pattern matches nothing, or where nothing is
    found.
    """
    return sorted(_READERS[recipe.reader.type].units(source, recipe, root))


def read_unit(source: str, recipe: SourceRecipe, root: Path, unit: Unit) -> Iterator[Record | Unreadable]:
    """The documents of one unit, streamed, in file order; rows are unique inside the unit."""
    return _READERS[recipe.reader.type].read(source, recipe, root, unit)
