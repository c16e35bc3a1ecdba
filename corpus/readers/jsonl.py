"""JSON Lines, plain or compressed: one object a line, UTF-8 (jsonlines.org, RFC 8259)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from corpus.compressed import Damage, chunks, plain_name
from corpus.readers.match import file_units, files_below, path_of
from corpus.readers.record import Record, Unit, Unreadable
from corpus.recipe import Fields, JsonlReader, SourceRecipe
from corpus.strings import clean_surrogates

__all__ = ["SUFFIXES", "lines", "read", "record_from", "units"]

SUFFIXES = (".jsonl", ".ndjson", ".json")
#: A longer line is reported as unreadable and skipped, so that memory stays bounded.
MAX_LINE = 128 * 2**20
#: Levels of lists and objects in a field that is kept as `meta`; orjson itself writes at most 254.
_DEPTH = 100
_TOO_DEEP = "the fields of the row nest too deeply"


def units(source: str, recipe: SourceRecipe, root: Path) -> list[Unit]:
    """One unit for each file with a JSON Lines suffix that a language claims."""
    names = [name for name in files_below(source, root) if plain_name(name).endswith(SUFFIXES)]
    return file_units(source, recipe, root, names)


def lines(pieces: Iterator[bytes], limit: int = MAX_LINE) -> Iterator[tuple[int, bytes | None]]:
    """(offset, line) for each line, without its line end; None for one longer than the limit.

    Holds at most one line and one piece in memory.
    """
    begin, position, held, skipping = 0, 0, bytearray(), False
    for piece in pieces:
        start = 0
        while (end := piece.find(b"\n", start)) >= 0:
            if not skipping:
                held += piece[start:end]
            yield begin, None if skipping or len(held) > limit else bytes(held)
            start = end + 1
            begin, held, skipping = position + start, bytearray(), False
        if not skipping:
            held += piece[start:]
            if len(held) > limit:
                held, skipping = bytearray(), True
        position += len(piece)
    if skipping or held:
        yield begin, None if skipping else bytes(held)


def _json_value(value: Any, depth: int = 0) -> Any:
    if depth > _DEPTH:
        raise ValueError(_TOO_DEEP)
    if isinstance(value, str):
        return clean_surrogates(value)
    if isinstance(value, Mapping):
        return {clean_surrogates(str(name)): _json_value(inner, depth + 1) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_json_value(inner, depth + 1) for inner in value]
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if value is None or isinstance(value, bool | float) or (isinstance(value, int) and abs(value) < 2**63):
        return value
    return str(value)


def _json_object(values: dict[str, Any]) -> dict[str, Any]:
    """The values as JSON can hold them; Parquet also has dates, decimals and bytes, dumps wild integers."""
    try:
        orjson.dumps(values)
    except TypeError:
        return {clean_surrogates(name): _json_value(value) for name, value in values.items()}
    return values


def record_from(row: int, values: Mapping[str, Any], fields: Fields) -> Record:
    """The record a row of named values stands for; what is not text, id or URL becomes `meta`.

    Raises ValueError where there is no text.
    """
    text = values.get(fields.text)
    if not isinstance(text, str):
        found = "has no" if text is None else f"holds {type(text).__name__}, not text, in"
        raise ValueError(f"the row {found} field '{fields.text}'; name the field under `fields: {{text: …}}`")
    named = {fields.text, fields.id, fields.url}
    native_id, url = (values.get(name) if name else None for name in (fields.id, fields.url))
    return Record(
        text=clean_surrogates(text),
        native_id="" if native_id is None else clean_surrogates(str(native_id)),
        url="" if url is None else clean_surrogates(str(url)),
        row=row,
        meta=_json_object({name: value for name, value in values.items() if name not in named}),
    )


def _parse(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        # the standard parser also takes escaped lone surrogates and NaN, which are common in real dumps
        return json.loads(line.decode("utf-8"))


def read(source: str, recipe: SourceRecipe, root: Path, unit: Unit) -> Iterator[Record | Unreadable]:
    """Records of one file, row = line number from 0; a bad line is Unreadable and reading goes on."""
    reader = recipe.reader
    assert isinstance(reader, JsonlReader)
    path = path_of(root, unit.name)
    row, offset = -1, 0
    try:
        for row, (offset, line) in enumerate(lines(chunks(path))):
            if line is None:
                yield Unreadable(row, offset, f"the line is longer than {MAX_LINE} bytes")
                continue
            if row == 0:
                line = line.removeprefix(b"\xef\xbb\xbf")
            if not line.strip():
                continue
            try:
                values = _parse(line)
                if not isinstance(values, dict):
                    raise ValueError(f"the line holds a JSON {type(values).__name__}, not an object")
                record = record_from(row, values, reader.fields)
            except ValueError as error:
                yield Unreadable(row, offset, str(error))
            except RecursionError:
                yield Unreadable(row, offset, _TOO_DEEP)
            else:
                yield record
    except Damage as damage:
        yield Unreadable(row + 1, damage.offset, str(damage))
