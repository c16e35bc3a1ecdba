"""Labelled text from the files a user names: JSON Lines or tab-separated, plain, .gz or .zst.

JSON Lines records hold `text` and `language` (or `lang`), and may hold `source` and `licence`. Tab-separated
files begin with a line of column names, among them `text` and `lang` (or `language`).
"""

from __future__ import annotations

import gzip
import io
import json
import unicodedata
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import IO, NamedTuple

from corpus.errors import SourceError

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
    kind = path.name.removesuffix(".gz").removesuffix(".zst").rpartition(".")[2]
    if kind not in ("jsonl", "tsv"):
        raise SourceError("lid train", "is neither .jsonl nor .tsv (each may end in .gz or .zst)", str(path))
    try:
        with closing(_lines(path)) as lines:
            records = _json(lines, path) if kind == "jsonl" else _tsv(lines, path)
            for language, source, licence, text in records:
                if text and not text.isspace():
                    yield Item(
                        language, source or path.parent.name, licence, unicodedata.normalize("NFC", text)
                    )
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError("lid train", f"cannot be read: {error}", str(path)) from error


def _lines(path: Path) -> IO[str]:
    if path.name.endswith(".gz"):
        return gzip.open(path, "rt", encoding="utf-8", newline="\n")
    if path.name.endswith(".zst"):
        import zstandard

        return io.TextIOWrapper(
            zstandard.ZstdDecompressor().stream_reader(path.open("rb")), "utf-8", newline="\n"
        )
    return path.open(encoding="utf-8", newline="\n")


def _json(lines: IO[str], path: Path) -> Iterator[tuple[str, str, str, str]]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            language = record.get("language") or record["lang"]
            row = language, record.get("source") or "", record.get("licence") or "", record["text"] or ""
        except (ValueError, KeyError, AttributeError) as error:
            raise SourceError("lid train", f"line {number} lacks {error}", str(path)) from error
        if not all(isinstance(value, str) for value in row):
            raise SourceError("lid train", f"line {number} holds a field that is no text", str(path))
        yield row


def _tsv(lines: IO[str], path: Path) -> Iterator[tuple[str, str, str, str]]:
    names = next(lines, "").rstrip("\n").split("\t")
    at = {name: index for index, name in enumerate(names)}
    language = at.get("language", at.get("lang", -1))
    text, source, licence = at.get("text", -1), at.get("source", -1), at.get("licence", -1)
    if language < 0 or text < 0:
        raise SourceError("lid train", "the first line must name the columns 'lang' and 'text'", str(path))
    for number, line in enumerate(lines, 2):
        row = line.rstrip("\n").split("\t")
        if len(row) != len(names):
            raise SourceError(
                "lid train", f"line {number} has {len(row)} columns, not {len(names)}", str(path)
            )
        yield (
            row[language],
            row[source] if source >= 0 else "",
            row[licence] if licence >= 0 else "",
            row[text],
        )
