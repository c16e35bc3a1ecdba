"""Web archives: WARC (ISO 28500) and Common Crawl's WET, plain or compressed; one document a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from corpus.compressed import Damage, chunks, plain_name
from corpus.readers import answer
from corpus.readers.html import extract
from corpus.readers.match import file_units, files_below, path_of
from corpus.readers.record import Record, Unit, Unreadable
from corpus.readers.text import decode
from corpus.recipe import SourceRecipe

__all__ = ["read", "units"]

_SUFFIXES = (".warc", ".wet")
_HTML = ("text/html", "application/xhtml+xml")
_OK = 200
#: Kinds of records that hold pages.
_KINDS = ("response", "resource", "conversion")
#: A header, and a record with a page, are not longer than this; of a longer one so much is looked at.
_MAX_LINE, _MAX_RECORD, _HEAD = 1 << 20, answer.MAX_BODY + (1 << 20), 1 << 16


def units(source: str, recipe: SourceRecipe, root: Path) -> list[Unit]:
    """One unit for each archive a language claims."""
    names = [name for name in files_below(source, root) if plain_name(name).lower().endswith(_SUFFIXES)]
    return file_units(source, recipe, root, names)


def read(source: str, recipe: SourceRecipe, root: Path, unit: Unit) -> Iterator[Record | Unreadable]:
    """The pages of one archive: HTML and plain text that a server gave with status 200, or that stands in a
    resource or (WET) conversion record. row = number of the page; other records are passed over.

    A page that cannot be decoded is Unreadable and reading goes on, also behind bytes that are no record.
    """
    row = 0
    for entry in _entries(_Bytes(chunks(path_of(root, unit.name)))):
        page = _page(entry, row)
        if page is not None:
            yield page
            row += 1


class _Entry(NamedTuple):
    """One record, and what is wrong with it; without names, what stands where there is none."""

    offset: int
    named: Mapping[str, str] = {}
    block: bytes = b""
    error: str = ""


def _page(entry: _Entry, row: int) -> Record | Unreadable | None:
    named = entry.named
    if not named:
        return Unreadable(row, entry.offset, entry.error)
    kind = named.get("warc-type", "")
    media, codec = answer.media_type(named.get("content-type", ""))
    if kind == "response" and media == "application/http":
        found = answer.parse(entry.block)
        if found.status != _OK:
            return None
    else:
        found = answer.Answer(_OK, media, codec, lambda: entry.block)
    if found.media not in (*_HTML, "text/plain"):
        return None
    if entry.error:
        return Unreadable(row, entry.offset, entry.error)
    try:
        data = found.body()
        if found.media in _HTML:
            title, sections = extract(data, found.codec)
        else:
            title, sections = "", [decode(data, found.codec or "utf-8")]
    except ValueError as error:
        return Unreadable(row, entry.offset, str(error))
    text = "\n\n".join(sections)
    if not text.strip():
        return None
    known = {"title": title, "date": named.get("warc-date", "")}
    return Record(
        text=text,
        native_id=named.get("warc-record-id", ""),
        url=named.get("warc-target-uri", "").strip("<>"),
        row=row,
        meta={name: value for name, value in known.items() if value},
    )


def _entries(data: _Bytes) -> Iterator[_Entry]:
    """The records that hold pages, and once for each place what is wrong with the file."""
    is_lost = False  # no record begins where one should, and that has been said
    try:
        while True:
            offset, line = data.position, data.line()
            if not line:
                return
            if not line.strip():
                continue
            if not line.startswith(b"WARC/"):
                if not is_lost:
                    yield _Entry(offset, error="no record of a web archive begins here")
                is_lost = True
                continue
            lines: list[bytes] = []
            while (line := data.line()).strip() and data.position - offset < _MAX_LINE:
                lines.append(line)
            named = answer.fields(lines)
            try:
                length = int(named.get("content-length", ""))
            except ValueError:
                length = -1
            if length < 0 or line.strip() or not line:
                yield _Entry(offset, error="the header of a record is cut off or has no length")
                is_lost = True
                continue
            is_lost = False
            if named.get("warc-type") not in _KINDS:
                data.take(length, keep=False)
            elif length > _MAX_RECORD:
                head = data.take(_HEAD)  # says whether it is a page
                data.take(length - _HEAD, keep=False)
                yield _Entry(offset, named, head, f"the record is larger than {_MAX_RECORD} bytes")
            else:
                block = data.take(length)
                yield _Entry(offset, named, block, "" if len(block) == length else "the file ends inside it")
    except Damage as damage:
        yield _Entry(damage.offset, error=str(damage))


class _Bytes:
    """Pieces of a file, read by lines and by counts of bytes. What raises Damage does so here."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.pieces = pieces
        self.held = bytearray()
        self.position = 0

    def line(self) -> bytes:
        """Up to the next line end and with it, at most so many bytes; empty at the end of the file."""
        while (
            (end := self.held.find(b"\n", 0, _MAX_LINE)) < 0 and len(self.held) < _MAX_LINE and self._more()
        ):
            pass
        return self._cut(end + 1 if end >= 0 else min(len(self.held), _MAX_LINE))

    def take(self, size: int, keep: bool = True) -> bytes:
        """So many bytes, fewer at the end of the file; without `keep` they are passed over."""
        while keep and len(self.held) < size and self._more():
            pass
        while not keep and size > len(self.held):
            size -= len(self._cut(len(self.held)))
            if not self._more():
                break
        return self._cut(min(size, len(self.held)))

    def _more(self) -> bool:
        piece = next(self.pieces, None)
        self.held += piece or b""
        return piece is not None

    def _cut(self, size: int) -> bytes:
        found = bytes(self.held[:size])
        del self.held[:size]
        self.position += size
        return found
