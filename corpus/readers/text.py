"""Plain text: one document a file, or one for each stretch between blank lines."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

from corpus.compressed import Damage, chunks, estimated_size
from corpus.errors import SourceError
from corpus.readers.match import assign, files_below
from corpus.readers.record import Record, Unit, Unreadable, clean_surrogates
from corpus.recipe import SourceRecipe, TextReader

__all__ = ["decode", "paragraphs", "read", "units"]

#: A larger file is reported as unreadable: a document of this size is no document.
MAX_FILE = 128 * 2**20

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BLANK = re.compile(r"\n[ \t\r\f\v]*\n\s*")


def decode(data: bytes, encoding: str = "utf-8") -> str:
    """The text of the bytes; a byte order mark overrules the encoding, line ends become "\\n".

    Raises UnicodeDecodeError, whose `start` is the byte offset of the first bad byte.
    """
    for mark, marked in _MARKS:
        if data.startswith(mark):
            data, encoding = data[len(mark) :], marked
            break
    text = clean_surrogates(data.decode(encoding))
    return text.replace("\r\n", "\n").replace("\r", "\n")


def paragraphs(text: str) -> list[str]:
    """The stretches between blank lines, without empty ones."""
    return [part.strip("\n") for part in _BLANK.split(text) if part.strip()]


def units(source: str, recipe: SourceRecipe, root: Path) -> list[Unit]:
    """One unit for each file a language claims."""
    reader = recipe.reader
    assert isinstance(reader, TextReader)
    try:
        codecs.lookup(reader.encoding)
    except LookupError as error:
        raise SourceError(source, f"there is no encoding '{reader.encoding}'") from error
    folder = root if root.is_dir() else root.parent
    found = assign(source, recipe, files_below(source, root))
    return [Unit(name, language, estimated_size(folder / name)) for name, language in found]


def read(source: str, recipe: SourceRecipe, root: Path, unit: Unit) -> Iterator[Record | Unreadable]:
    """The document or documents of one file, row = index in the file.

    Text that is not in the declared encoding is Unreadable, with the offset of the first bad byte; text
    before the damage in a compressed file is kept.
    """
    reader = recipe.reader
    assert isinstance(reader, TextReader)
    data, damage = bytearray(), None
    try:
        for piece in chunks(root / unit.name if root.is_dir() else root):
            data += piece
            if len(data) > MAX_FILE:
                yield Unreadable(0, 0, f"the file is larger than {MAX_FILE} bytes; split it")
                return
    except Damage as error:
        damage = error
    row = 0
    try:
        text = decode(bytes(data), reader.encoding)
    except UnicodeDecodeError as error:
        hint = "set `encoding:` of the reader, for example windows-1252"
        yield Unreadable(0, error.start, f"the text is not {error.encoding}: {error.reason}; {hint}")
    else:
        parts = paragraphs(text) if reader.split == "paragraph" else [text]
        for part in parts:
            if part.strip():
                yield Record(part, row=row)
                row += 1
    if damage:
        yield Unreadable(row, damage.offset, str(damage))
