"""Which parser reads the bytes of a file or archive member, by its name in a recipe."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from corpus.readers import catalogue, code, html, manual, text
from corpus.readers.record import Record, Unreadable
from corpus.recipe import ParsedReader

__all__ = ["PARSERS", "Parser"]

#: (file name, bytes, reader) to records; rows count from 0 inside the file.
Parser = Callable[[str, bytes, ParsedReader], Iterator[Record | Unreadable]]

PARSERS: dict[str, Parser] = {
    "html": html.parse,
    "docbook": manual.parse_docbook,
    "mallard": manual.parse_mallard,
    "catalogue": catalogue.parse_mo_po,
    "json-catalogue": catalogue.parse_json,
    "text": text.parse,
    "code": code.parse,
}
