"""Tables of text: CSV (RFC 4180) and TSV, plain or compressed, UTF-8, with a header; one record a row."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from corpus.compressed import Damage, chunks, plain_name
from corpus.readers.jsonl import MAX_LINE, lines, record_from
from corpus.readers.match import file_units, files_below, path_of
from corpus.readers.record import Record, Unit, Unreadable
from corpus.recipe import CsvReader, SourceRecipe

__all__ = ["read", "units"]

#: What parts the fields, by the ending of a file, where the recipe does not say it.
_DELIMITERS = {".csv": ",", ".tsv": "\t"}


def units(source: str, recipe: SourceRecipe, root: Path) -> list[Unit]:
    """One unit for each .csv or .tsv file that a language claims."""
    names = [name for name in files_below(source, root) if _ending(name) in _DELIMITERS]
    return file_units(source, recipe, root, names)


def read(source: str, recipe: SourceRecipe, root: Path, unit: Unit) -> Iterator[Record | Unreadable]:
    """Records of one file, row = number of the row below the header; a field may hold line ends.

    A row that has not the fields of the header, or is not UTF-8, is Unreadable and reading goes on.
    """
    reader = recipe.reader
    assert isinstance(reader, CsvReader)
    csv.field_size_limit(MAX_LINE)  # one for the process; the default is 131,072 characters
    text = _Lines(chunks(path_of(root, unit.name)))
    rows = csv.reader(text, delimiter=reader.delimiter or _DELIMITERS[_ending(unit.name)])
    header: list[str] | None = None
    row = 0
    while True:
        text.begin = -1
        try:
            values = next(rows, None)
        except csv.Error as error:
            yield Unreadable(row, text.begin, str(error))
            row += 1
            continue
        except Damage as damage:
            yield Unreadable(row, damage.offset, str(damage))
            return
        if values is None:
            return
        if not values:
            continue
        if header is None:
            header = values
            if reader.fields.text not in header:
                found = ", ".join(header).encode("utf-8", "replace").decode()
                remedy = "name the text column under `fields: {text: …}`"
                yield Unreadable(0, 0, f"has no column '{reader.fields.text}', only {found:.200}; {remedy}")
                return
            continue
        try:
            yield record_from(row, _named(header, values), reader.fields)
        except ValueError as error:
            yield Unreadable(row, text.begin, str(error))
        row += 1


def _named(header: list[str], values: list[str]) -> dict[str, str]:
    if len(values) != len(header):
        raise ValueError(f"the row has {len(values)} fields, the header {len(header)}")
    for value in values:
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise ValueError(
                "the row is not UTF-8, or longer than a row may be; save the table as UTF-8"
            ) from error
    return dict(zip(header, values, strict=True))


def _ending(name: str) -> str:
    return Path(plain_name(name)).suffix.lower()


class _Lines:
    """Lines as the csv module reads them. Bytes that are not UTF-8 become half surrogate pairs, and so does a
    line that is too long: the row they are in is found by them.

    begin: the byte where the first line given since it was set to -1 starts
    """

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.lines = lines(pieces)
        self.begin = -1

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        offset, line = next(self.lines)
        if self.begin < 0:
            self.begin = offset
        if line is None:
            return "\udc80\n"
        if offset == 0:
            line = line.removeprefix(b"\xef\xbb\xbf")
        text = line.removesuffix(b"\r").decode("utf-8", "surrogateescape")
        return text.replace("\0", "\udc80") + "\n"
