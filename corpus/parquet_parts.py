"""Parquet files on an object store of which only a part is needed: the footer, or some row groups.

What is fetched becomes a local file of the same size, with holes where the rest would be: whoever reads the
part reads it as ever.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from corpus.objects import Objects, each

__all__ = ["FOOTER", "fetch_footer", "fetch_part"]

#: The part that is no row group: what the footer says is all that is read.
FOOTER = "footer"

#: Bytes of the end that are fetched at first: most footers are smaller, and so are small files as a whole.
_TAIL = 65_536
#: Row groups of a part that lie nearer to each other than this are fetched together.
_GAP = 1 << 20
#: The most bytes of one request.
_PIECE = 16 << 20
_REQUESTS = 4


def fetch_footer(objects: Objects, name: str, path: Path) -> int | None:
    """Write the end of the object, with its footer, to its place in a new file; gives how many bytes.

    None where there is no such object.
    """
    found = objects.end(name, _TAIL)
    if found is None:
        return None
    tail, size = found
    length = int.from_bytes(tail[-8:-4], "little") + 8
    if tail[-4:] == b"PAR1" and len(tail) < length <= size:
        tail, size = objects.end(name, length) or found
    with path.open("wb") as file:
        file.truncate(size)
        file.seek(size - len(tail))
        file.write(tail)
    return len(tail)


def fetch_part(objects: Objects, name: str, part: str, path: Path) -> bool:
    """Write a part of the object, as `Work.part` named it, to a new file; False where there is no object.

    A file that does not say where its parts are is fetched whole.
    """
    import pyarrow.parquet as pq

    path.parent.mkdir(parents=True, exist_ok=True)
    there = fetch_footer(objects, name, path)
    if there is None:
        return False
    size = path.stat().st_size
    metadata = pq.read_metadata(path)
    groups = _row_groups(metadata.metadata or {}, part)
    spans = [(0, size)] if groups is None else [_span(metadata.row_group(group)) for group in groups]

    def fetch(span: tuple[int, int]) -> None:
        start, end = span
        data = objects.read(name, start, end - start) or b""
        with path.open("r+b") as file:
            file.seek(start)
            file.write(data)

    each(fetch, [(start, end) for start, end in _joined(spans) if start < size - there], _REQUESTS)
    return True


def _row_groups(facts: dict[bytes, bytes], part: str) -> list[int] | None:
    """The row groups of a part, by what `dedup_files.write_partitions` and `finalize.scatter` noted."""
    if part == FOOTER:
        return []
    if not part.isdigit():
        return None
    counts = json.loads(facts.get(b"corpus.partitions", b"[]"))
    if int(part) < len(counts):
        first = sum(counts[: int(part)])
        return list(range(first, first + counts[int(part)]))
    if (noted := facts.get(b"buckets")) is not None:
        return [index for index, held in enumerate(noted.decode().split(",")) if held == str(int(part))]
    return None


def _span(group: Any) -> tuple[int, int]:
    columns = [group.column(index) for index in range(group.num_columns)]
    starts = [column.dictionary_page_offset or column.data_page_offset for column in columns]
    ends = [start + column.total_compressed_size for start, column in zip(starts, columns, strict=True)]
    return min(starts, default=0), max(ends, default=0)


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans as requests: near ones together, long ones in pieces."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if found and start - found[-1][1] < _GAP:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return [(at, min(at + _PIECE, end)) for start, end in found for at in range(start, end, _PIECE)]
