"""Cut: take the spans of `dedup_substrings` and `dedup_templates` out of texts, beside redaction.

Both name bytes of the text as it was read. Spans that are cut are united first; where one begins or ends
inside personal data, it gives way, so that the personal data stays whole and is redacted. Personal data
inside a cut goes with it; all other personal data moves with the text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

__all__ = ["KINDS", "Cut", "Rest", "cut", "cut_text", "emptied", "read_spans"]

#: What may be cut, in order: bytes that are of both kinds count as the first.
KINDS = ("substring", "template")

Spans = Sequence[tuple[int, int]]


class Rest(NamedTuple):
    """What is left of one text: its bytes, its personal data, and the bytes cut by kind (none: not named)."""

    text: bytes
    personal: list[dict[str, Any]]
    removed: dict[str, int]


class Cut(NamedTuple):
    """Row-aligned: texts (large_string), personal data (None where none was given); by row what was cut."""

    text: pa.Array
    personal: pa.Array | None
    removed: Mapping[int, Mapping[str, int]]


def read_spans(path: Path) -> dict[int, list[tuple[int, int]]]:
    """Of a spans.parquet: spans by the row of their document in its shard."""
    table = pq.read_table(path, columns=["row", "spans"])
    return {
        row: [(span["start"], span["end"]) for span in spans]
        for row, spans in zip(table["row"].to_pylist(), table["spans"].to_pylist(), strict=True)
    }


def cut(texts: pa.Array, spans: Mapping[int, Mapping[str, Spans]], personal: pa.Array | None) -> Cut:
    """Cut `spans` (by row, by kind) out of the texts; `personal` is row-aligned, of `schema.SPANS`."""
    if not spans:
        return Cut(texts, personal, {})
    whole: list[pa.Array] = []
    moved = None if personal is None else personal.to_pylist()
    removed: dict[int, Mapping[str, int]] = {}
    done = 0
    for row, of_row in sorted(spans.items()):
        rest = cut_text(texts[row].as_buffer().to_pybytes(), of_row, moved[row] or () if moved else ())
        whole += [texts.slice(done, row - done), _one(rest.text)]
        done = row + 1
        if rest.removed:
            removed[row] = rest.removed
        if moved is not None:
            moved[row] = rest.personal
    text = pa.concat_arrays([*whole, texts.slice(done)])
    return Cut(text, None if personal is None else pa.array(moved, personal.type), removed)


def _one(text: bytes) -> pa.Array:
    return pa.array([text], pa.large_binary()).view(pa.large_string())


def cut_text(text: bytes, spans: Mapping[str, Spans], personal: Sequence[Mapping[str, Any]]) -> Rest:
    """One text without its spans (half-open, by kind)."""
    gone = list(_beside(_united(span for of_kind in spans.values() for span in of_kind), personal))
    pieces, at = [], 0
    for start, end in gone:
        pieces.append(text[at:start])
        at = end
    moved: list[dict[str, Any]] = []
    shift, position = 0, 0
    for item in sorted(personal, key=lambda span: span["start"]):
        while position < len(gone) and gone[position][1] <= item["start"]:
            shift += gone[position][1] - gone[position][0]
            position += 1
        if position == len(gone) or gone[position][0] >= item["end"]:
            moved.append({**item, "start": item["start"] - shift, "end": item["end"] - shift})
    removed: dict[str, int] = {}
    counted: list[tuple[int, int]] = []
    for kind in KINDS:
        counted = _united([*counted, *spans.get(kind, ())])
        size = _overlap(gone, counted) - sum(removed.values())
        if size:
            removed[kind] = size
    return Rest(b"".join([*pieces, text[at:]]), moved, removed)


def emptied(text: str, removed: Mapping[str, int]) -> str | None:
    """The kind that left nothing of a text but white space; None where it left more, or cut nothing."""
    return None if not removed or text.strip() else next(kind for kind in KINDS if kind in removed)


def _united(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans in order; those that overlap or touch are one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((start, end))
    return found


def _beside(
    spans: Iterable[tuple[int, int]], personal: Sequence[Mapping[str, Any]]
) -> Iterable[tuple[int, int]]:
    """The spans, less what they share with personal data that they hold only in part."""
    for start, end in spans:
        for item in personal:
            if item["start"] < start < item["end"]:
                start = item["end"]
            if item["start"] < end < item["end"]:
                end = item["start"]
        if start < end:
            yield start, end


def _overlap(left: Spans, right: Spans) -> int:
    """Bytes that are in both; each is in order and without overlaps."""
    total = i = j = 0
    while i < len(left) and j < len(right):
        total += max(0, min(left[i][1], right[j][1]) - max(left[i][0], right[j][0]))
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1
    return total
