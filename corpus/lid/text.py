"""Labelled text from the files a user names: JSON Lines or tab-separated, plain or compressed.

JSON Lines records hold `text` and `language` (or `lang`), and may hold `source` and `licence`. Tab-separated
files begin with a line of column names, among them `text` and `lang` (or `language`).
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from corpus.compressed import Damage, plain_name
from corpus.errors import SourceError
from corpus.text_lines import BadLine, text_lines

__all__ = ["Item", "read_items"]


class Item(NamedTuple):
    """One piece of labelled text, NFC."""

    language: str
    source: str
    licence: str
    text: str


def read_items(path: Path) -> Iterator[Item]:
    """The labelled text of a file, in file order. The source defaults to the name of the file's folder.

    Raises SourceError, with the line, where the file cannot be read or lacks a field.
    """
    kind = Path(plain_name(path.name)).suffix
    if kind not in (".jsonl", ".tsv"):
        raise _wrong(path, "is neither .jsonl nor .tsv (each may end in .gz, .zst, .xz or .bz2)")
    try:
        for language, source, licence, text in (_json if kind == ".jsonl" else _tsv)(text_lines(path), path):
            if text and not text.isspace():
                yield Item(language, source or path.parent.name, licence, unicodedata.normalize("NFC", text))
    except OSError as error:
        raise _wrong(path, f"cannot be read: {error.strerror}") from error
    except Damage as damage:
        raise _wrong(path, str(damage)) from damage
    except BadLine as bad:
        what = f"is not UTF-8 (its byte {bad.error.start})" if bad.error else "is too long"
        raise _wrong(path, f"line {bad.number} {what}") from bad


def _wrong(path: Path, what: str) -> SourceError:
    return SourceError("lid train", what, str(path))


def _json(numbered: Iterator[tuple[int, str]], path: Path) -> Iterator[tuple[str, str, str, str]]:
    for number, line in numbered:
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError as error:
            raise _wrong(path, f"line {number} is not JSON: {error}") from error
        if not isinstance(record, dict):
            raise _wrong(path, f"line {number} is no object")
        values = [
            record.get("language") or record.get("lang"),
            *map(record.get, ("source", "licence", "text")),
        ]
        if values[0] is None or "text" not in record:
            raise _wrong(path, f"line {number} lacks '{'lang' if values[0] is None else 'text'}'")
        language, source, licence, text = (value or "" for value in values)
        if not all(isinstance(value, str) for value in (language, source, licence, text)):
            raise _wrong(path, f"line {number} holds a field that is no text")
        yield language, source, licence, text


def _tsv(numbered: Iterator[tuple[int, str]], path: Path) -> Iterator[tuple[str, str, str, str]]:
    names = next(numbered, (1, ""))[1].split("\t")
    at = {name: index for index, name in enumerate(names)}
    language = at.get("language", at.get("lang", -1))
    text, source, licence = at.get("text", -1), at.get("source", -1), at.get("licence", -1)
    if language < 0 or text < 0:
        raise _wrong(path, "the first line must name the columns 'lang' and 'text'")
    for number, line in numbered:
        row = line.split("\t")
        if len(row) != len(names):
            raise _wrong(path, f"line {number} has {len(row)} columns, not {len(names)}")
        yield (
            row[language],
            row[source] if source >= 0 else "",
            row[licence] if licence >= 0 else "",
            row[text],
        )
