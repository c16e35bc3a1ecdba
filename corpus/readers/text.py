"""Plain text: one document a file, one for each stretch between blank lines, or one for some of these."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from corpus.readers.record import Record, Unreadable
from corpus.recipe import ParsedReader
from corpus.strings import clean_surrogates

__all__ = ["codec", "decode", "group", "marked", "paragraphs", "parse"]

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
#: Characters of a document made of paragraphs or messages with `split: section`.
_DOCUMENT = 4000
_BLANK = re.compile(r"\n[ \t\r\f\v]*\n\s*")


def marked(data: bytes) -> tuple[bytes, str]:
    """(the bytes behind a byte order mark, the encoding it stands for): all of them and "" without one."""
    return next(
        ((data[len(mark) :], encoding) for mark, encoding in _MARKS if data.startswith(mark)), (data, "")
    )


def codec(charset: str) -> str:
    """Python's name of what a server or a page calls its encoding; "" for what is no encoding of text.

    "Latin-1" and ASCII mean the larger set windows-1252, as in browsers (WHATWG Encoding Standard).
    """
    try:
        name = codecs.lookup(charset).name
        "".encode(name)
    except (LookupError, ValueError):
        return ""
    return "cp1252" if name in ("iso8859-1", "ascii") else name


def decode(data: bytes, encoding: str = "utf-8") -> str:
    """The text of the bytes; a byte order mark overrules the encoding, line ends become "\\n".

    Raises UnicodeDecodeError, whose `start` is the byte offset of the first bad byte.
    """
    data, by_mark = marked(data)
    text = clean_surrogates(data.decode(by_mark or encoding))
    return text.replace("\r\n", "\n").replace("\r", "\n")


def paragraphs(text: str) -> list[str]:
    """The stretches between blank lines, without empty ones."""
    return [part.strip("\n") for part in _BLANK.split(text) if part.strip()]


def group(parts: Iterator[str], split: str) -> Iterator[str]:
    """Parts as documents: all in one (`file`), each alone (`paragraph`), or by size (`section`)."""
    held: list[str] = []
    size = 0
    for part in parts:
        held.append(part)
        size += len(part)
        if split == "paragraph" or (split == "section" and size >= _DOCUMENT):
            yield "\n".join(held)
            held, size = [], 0
    if held:
        yield "\n".join(held)


def parse(name: str, data: bytes, reader: ParsedReader) -> Iterator[Record | Unreadable]:
    """The documents of one file; text that is not in the declared encoding is Unreadable, with the offset of
    the first bad byte."""
    try:
        text = decode(data, reader.encoding)
    except UnicodeDecodeError as error:
        hint = "set `encoding:` of the reader, for example windows-1252"
        yield Unreadable(0, error.start, f"the text is not {error.encoding}: {error.reason}; {hint}")
        return
    parts = [text] if reader.split == "file" else group(iter(paragraphs(text)), reader.split)
    for row, part in enumerate(part for part in parts if part.strip()):
        yield Record(part, row=row)
