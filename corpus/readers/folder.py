"""A folder of files, plain or compressed, each read by one parser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from corpus.compressed import Damage, chunks, plain_name
from corpus.readers.match import file_units, files_below, path_of
from corpus.readers.parsers import PARSERS
from corpus.readers.record import Record, Unit, Unreadable
from corpus.recipe import SourceRecipe, TextReader

__all__ = ["content", "read", "units"]

#: Where no pattern says which files are meant: endings of those that a parser reads (plain text has any).
_ENDINGS = {
    "html": (".html", ".htm", ".xhtml"),
    "docbook": (".xml", ".docbook", ".dbk"),
    "mallard": (".page", ".xml"),
    "catalogue": (".po", ".mo"),
    "json-catalogue": (".json",),
}
#: A larger file is reported as unreadable: a document of this size is no document.
MAX_FILE = 128 * 2**20


def units(source: str, recipe: SourceRecipe, root: Path) -> list[Unit]:
    """One unit for each file a language claims; without a pattern, those with an ending of the parser's."""
    reader = recipe.reader
    assert isinstance(reader, TextReader)
    names = files_below(source, root)
    if root.is_dir() and reader.parser in _ENDINGS and not any(recipe.languages.values()):
        names = [name for name in names if plain_name(name).lower().endswith(_ENDINGS[reader.parser])]
    return file_units(source, recipe, root, names)


def content(root: Path, unit: Unit) -> tuple[bytes, Unreadable | None]:
    """(bytes of one file, decompressed; what is wrong with it): of a damaged file what comes before that."""
    data = bytearray()
    try:
        for piece in chunks(path_of(root, unit.name)):
            data += piece
            if len(data) > MAX_FILE:
                return b"", Unreadable(0, 0, f"the file is larger than {MAX_FILE} bytes; split it")
    except Damage as damage:
        return bytes(data), Unreadable(0, damage.offset, str(damage))
    return bytes(data), None


def read(source: str, recipe: SourceRecipe, root: Path, unit: Unit) -> Iterator[Record | Unreadable]:
    """The document or documents of one file, row = index in the file, and what is wrong with it."""
    reader = recipe.reader
    assert isinstance(reader, TextReader)
    data, damage = content(root, unit)
    row = 0
    if data:
        for found in PARSERS[reader.parser](plain_name(unit.name), data, reader):
            yield found
            row += isinstance(found, Record)
    if damage:
        yield Unreadable(row, damage.offset, damage.error)
