"""The items of an evaluation set, from a user's file: JSON Lines, JSON, CSV, TSV, Parquet, or text.

Text has one item a line; a record is an object, or a string. All but Parquet may be compressed. An error
names file and line. A file without items is an error, too: it would find nothing, in silence.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from corpus.compressed import Damage, chunks, plain_name
from corpus.errors import SignalError

__all__ = ["ENDINGS", "benchmark_items", "ending"]

ENDINGS = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".txt", ".parquet")


def ending(name: str) -> str:
    """Which of ENDINGS the name has, whatever compresses it; empty for none."""
    found = Path(plain_name(name)).suffix.lower()
    is_readable = found in ENDINGS and (found != ".parquet" or plain_name(name) == name)
    return found if is_readable else ""


def benchmark_items(path: Path, fields: Sequence[str]) -> list[str]:
    """The text of every item; of records that of `fields`, of all columns that hold text where none is named.

    Raises SignalError where the file cannot be read, or holds no item.
    """
    try:
        items = [_text(record, fields, place) for place, record in _records(path)]
    except pa.ArrowInvalid as error:
        raise SignalError(f"benchmark {path}: not Parquet: {error}") from error
    if not items:
        raise SignalError(f"benchmark {path}: holds no item")
    return items


def _records(path: Path) -> Iterator[tuple[str, Any]]:
    """(where it stands, record) for each record of the file."""
    kind = ending(path.name)
    if kind == ".parquet":
        for number, record in enumerate(pq.read_table(path).to_pylist()):
            yield f"{path}, row {number}", record
        return
    lines = _lines(path)
    if kind == ".json":
        values = _json("".join(line for _, line in lines), str(path))
        for number, record in enumerate(values if isinstance(values, list) else [values]):
            yield f"{path}, item {number}", record
    elif kind in (".csv", ".tsv"):
        table = csv.DictReader((line for _, line in lines), delimiter="," if kind == ".csv" else "\t")
        for record in table:
            yield f"{path}:{table.line_num}", {name: value for name, value in record.items() if name}
    else:
        for number, line in lines:
            if line.strip():
                place = f"{path}:{number}"
                yield place, line if kind == ".txt" else _json(line, place)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """(number from 1, line with its end) of a file, compressed or not."""
    number, rest = 0, b""
    try:
        for piece in chunks(path):
            *whole, rest = (rest + piece).split(b"\n")
            for line in whole:
                number += 1
                yield number, _decoded(line + b"\n", path, number)
    except Damage as damage:
        raise SignalError(f"benchmark {path}: {damage}") from damage
    if rest:
        yield number + 1, _decoded(rest, path, number + 1)


def _decoded(line: bytes, path: Path, number: int) -> str:
    try:
        return line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        raise SignalError(f"benchmark {path}:{number}: not UTF-8: {error}") from error


def _json(text: str, place: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        line = "" if text.count("\n") < 2 else f" in line {error.lineno}"
        raise SignalError(f"benchmark {place}: not JSON{line}: {error.msg}") from error


def _text(record: Any, fields: Sequence[str], place: str) -> str:
    if isinstance(record, str):
        return record
    if not isinstance(record, dict):
        raise SignalError(f"benchmark {place}: an item is an object or a string, not {type(record).__name__}")
    found = [text for name in fields or sorted(record) for text in _strings(record.get(name))]
    if not found:
        wanted = ", ".join(fields) or "any name"
        has = ", ".join(str(name) for name in sorted(record)) or "nothing"
        raise SignalError(f"benchmark {place}: no text under {wanted} (it has {has}); name its `fields`")
    return "\n".join(found)


def _strings(value: Any) -> list[str]:
    """A text, or the texts of a list of them: the answers to choose from."""
    values = value if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, str)]
