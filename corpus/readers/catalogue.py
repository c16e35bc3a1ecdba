"""Message catalogues, gettext .po and .mo (GNU gettext manual, chapter 10) and JSON, as documents.

A message is taken when it says something: four words, or twelve letters in scripts that part no words;
labels of buttons are not text to learn a language from. Untranslated messages (equal to their key) are left
out.
"""

from __future__ import annotations

import re
import struct
from ast import literal_eval
from collections.abc import Iterator
from typing import Any

import orjson

from corpus.readers.record import Record, Unreadable
from corpus.readers.text import decode, group
from corpus.recipe import ParsedReader

__all__ = ["parse_json", "parse_mo_po", "read_mo", "read_pairs", "read_po", "says_something"]

_WORDS = 4
_UNSPACED = 12
_UNSPACED_LETTERS = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u3040-\u30ff\u3400-\u9fff]")
_LETTER = re.compile(r"[^\W\d_]")


def says_something(message: str) -> bool:
    """Whether a message has four words with a letter, or twelve letters of a script without spaces."""
    words = sum(_LETTER.search(word) is not None for word in message.split())
    return words >= _WORDS or len(_UNSPACED_LETTERS.findall(message)) >= _UNSPACED


def read_mo(data: bytes) -> list[tuple[str, str]]:
    """(key, translation) of a compiled catalogue; each plural form is a pair of its own.

    Raises ValueError where the tables do not fit the file.
    """
    order = {b"\xde\x12\x04\x95": "<", b"\x95\x04\x12\xde": ">"}.get(data[:4])
    if order is None:
        raise ValueError("not a compiled message catalogue")
    try:
        _, count, keys_at, values_at = struct.unpack_from(f"{order}4I", data, 4)
        if max(keys_at, values_at) + 8 * count > len(data):
            raise ValueError("the tables of the message catalogue end after the file")
        pairs = []
        for index in range(count):
            cut = []
            for table in (keys_at, values_at):
                size, start = struct.unpack_from(f"{order}2I", data, table + 8 * index)
                if start + size > len(data):
                    raise ValueError("a message of the catalogue ends after the file")
                cut.append(data[start : start + size].decode("utf-8"))
            key, value = cut
            key = key.split("\x04", 1)[-1]
            if key:
                pairs += [(key.split("\0")[0], form) for form in value.split("\0")]
    except struct.error as error:
        raise ValueError(f"the message catalogue ends early: {error}") from error
    return pairs


def read_pairs(name: str, data: bytes) -> list[tuple[str, str]]:
    """(key, translation) of a catalogue of either form; raises ValueError where it cannot be read."""
    return read_po(decode(data)) if name.endswith((".po", ".pot")) else read_mo(data)


def _quoted(line: str) -> str:
    start, end = line.find('"'), line.rfind('"')
    if start < 0 or end <= start:
        raise ValueError(f"a string without quotes: {line[:60]}")
    try:
        text = literal_eval('"' + line[start + 1 : end] + '"')
    except SyntaxError as error:
        raise ValueError(f"a string that cannot be read: {line[:60]}") from error
    return str(text)


def read_po(text: str) -> list[tuple[str, str]]:
    """(key, translation) of a catalogue in its written form, without obsolete and fuzzy entries.

    Raises ValueError where a string is broken.
    """
    pairs: list[tuple[str, str]] = []
    fields: dict[str, list[str]] = {}
    fuzzy, field = False, ""

    def close() -> None:
        nonlocal fuzzy
        key = "".join(fields.get("msgid", ()))
        if key and not fuzzy:
            pairs.extend((key, "".join(parts)) for name, parts in fields.items() if name.startswith("msgstr"))
        fields.clear()
        fuzzy = False

    for line in text.split("\n"):
        line = line.strip()
        if line.startswith("#"):
            if any(name.startswith("msgstr") for name in fields):
                close()
            fuzzy = fuzzy or (line.startswith("#,") and "fuzzy" in line)
        elif line.startswith("msg"):
            field = line.split('"', 1)[0].strip()
            if field in ("msgid", "msgctxt") and any(name.startswith("msgstr") for name in fields):
                close()
            fields[field] = [_quoted(line)]
        elif line.startswith('"') and field:
            fields[field].append(_quoted(line))
    close()
    return pairs


def _records(messages: Iterator[str], reader: ParsedReader) -> Iterator[Record | Unreadable]:
    seen: set[str] = set()

    def once() -> Iterator[str]:
        for message in messages:
            if says_something(message) and message not in seen:
                seen.add(message)
                yield message.strip()

    for row, text in enumerate(group(once(), reader.split)):
        yield Record(text, row=row)


def parse_mo_po(name: str, data: bytes, reader: ParsedReader) -> Iterator[Record | Unreadable]:
    """The translations of one catalogue, in its order, each once."""
    try:
        pairs = read_pairs(name, data)
    except ValueError as error:
        yield Unreadable(0, 0, str(error))
        return
    yield from _records((value for key, value in pairs if value != key), reader)


def _strings(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, list):
            waiting += reversed(item)
        elif isinstance(item, dict):
            waiting += reversed([inner for key, inner in item.items() if not key.startswith("@")])


def parse_json(name: str, data: bytes, reader: ParsedReader) -> Iterator[Record | Unreadable]:
    """Every text of a JSON file, in order, each once; keys that begin with "@" are about the file."""
    try:
        value = orjson.loads(data.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        yield Unreadable(0, error.pos, f"not JSON: {error}")
        return
    yield from _records(_strings(value), reader)
