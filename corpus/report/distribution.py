"""How a signal is distributed over the documents of a source: percentiles and a histogram with its bounds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from corpus.filter import Filter
from corpus.report.shards import Shard, spread

__all__ = ["BINS", "DISTRIBUTIONS", "PERCENTILES", "describe", "distributions", "edges", "is_numeric"]

BINS = 40
PERCENTILES = (0, 1, 5, 25, 50, 75, 95, 99, 100)

#: signals.parquet: one row for each source and numeric signal. The histogram has BINS bins from `low` to
#: `high`, even in log10 of (value - low + 1) where `scale` is "log"; where it is "flag" the first bin is
#: false and the last one true. Values beyond are in the end bins. `outside` are the documents of each bin
#: that a filter on this signal takes, empty without one.
DISTRIBUTIONS = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("group", pa.string(), nullable=False),
        pa.field("signal", pa.string(), nullable=False),
        pa.field("documents", pa.int64(), nullable=False),
        pa.field("missing", pa.int64(), nullable=False),
        pa.field("mean", pa.float64()),
        pa.field("percentiles", pa.list_(pa.float64()), nullable=False),
        pa.field("scale", pa.string(), nullable=False),
        pa.field("low", pa.float64()),
        pa.field("high", pa.float64()),
        pa.field("counts", pa.list_(pa.int64()), nullable=False),
        pa.field("outside", pa.list_(pa.int64()), nullable=False),
    ]
)

#: A distribution whose 99th percentile is this many times its median is drawn on a logarithmic scale.
_SKEWED = 20


def distributions(
    source: str, found: Sequence[Shard], filters: Sequence[Filter], missing: dict[tuple[str, str], list[int]]
) -> Iterator[dict[str, Any]]:
    """The rows of a source, over at most MOST_SHARDS of its shards.

    `missing` is added to: (signal, language) to [documents with a value, documents without].
    """
    chosen = spread(list(found))
    if not chosen:
        return
    decided = pa.concat_tables([shard.read("decisions", ["language", "reasons"]) for shard in chosen])
    masks = decided.column("reasons").to_numpy()
    encoded = decided.column("language").combine_chunks().dictionary_encode()
    codes, languages = encoded.indices.to_numpy(zero_copy_only=False), encoded.dictionary.to_pylist()
    for group in chosen[0].groups():
        step = f"signals/{group}"
        names = [field.name for field in pq.read_schema(chosen[0].path(step)) if is_numeric(field.type)]
        if not names:
            continue
        table = pa.concat_tables([shard.read(step, names) for shard in chosen])
        for name in names:
            values = _numbers(table.column(name))
            known = np.isfinite(values)
            with_value = np.bincount(codes[known], minlength=len(languages))
            without = np.bincount(codes[~known], minlength=len(languages))
            for language, a, b in zip(languages, with_value, without, strict=True):
                entry = missing.setdefault((name, language), [0, 0])
                entry[0] += int(a)
                entry[1] += int(b)
            bits = sum(1 << bit for bit, item in enumerate(filters) if item.signal == name)
            outside = (masks & np.uint64(bits)) != 0 if bits else None
            limits = [limit for item in filters if item.signal == name for limit in _limits(item, languages)]
            yield {"source": source, "group": group, "signal": name} | describe(
                values, outside, limits, is_flag=pa.types.is_boolean(table.schema.field(name).type)
            )


def describe(
    values: NDArray[np.float64],
    outside: NDArray[np.bool_] | None,
    limits: Sequence[float] = (),
    is_flag: bool = False,
) -> dict[str, Any]:
    """Percentiles and histogram of the finite values; the range holds the bulk of them and all limits."""
    known = np.isfinite(values)
    numbers = values[known]
    row: dict[str, Any] = {
        "documents": len(values),
        "missing": len(values) - len(numbers),
        "mean": None,
        "percentiles": [],
        "scale": "linear",
        "low": None,
        "high": None,
        "counts": [],
        "outside": [],
    }
    if not len(numbers):
        return row
    found = _percentiles(np.sort(numbers))
    low, high = (0.0, 1.0) if is_flag else _extent(found, limits)
    is_skewed = low >= 0 and found[7] > _SKEWED * max(float(found[4]), 1.0)
    row |= {
        "mean": float(numbers.mean()),
        "percentiles": [float(value) for value in found],
        "scale": "flag" if is_flag else "log" if is_skewed else "linear",
        "low": low,
        "high": high,
    }
    place = np.searchsorted(edges(row)[1:-1], numbers, side="right")
    row["counts"] = np.bincount(place, minlength=BINS).tolist()
    if outside is not None:
        row["outside"] = np.bincount(place[outside[known]], minlength=BINS).tolist()
    return row


def _percentiles(ordered: NDArray[np.float64]) -> NDArray[np.float64]:
    """As `np.percentile` gives them, of sorted numbers; it takes 0.2 ms, and a report has thousands."""
    place = np.array(PERCENTILES) / 100 * (len(ordered) - 1)
    below = place.astype(np.int64)
    low, high = ordered[below], ordered[np.minimum(below + 1, len(ordered) - 1)]
    share = place - below
    return np.where(share < 0.5, low + (high - low) * share, high - (high - low) * (1 - share))


def _extent(found: NDArray[np.float64], limits: Sequence[float]) -> tuple[float, float]:
    """What is drawn: percentiles 1 to 99, and values and limits that do not lie far beyond."""
    first, low, high, last = (float(found[index]) for index in (0, 1, 7, 8))
    room = 2 * (high - low) or abs(high) or 1.0
    near = [limit for limit in limits if low - room <= limit <= high + room]
    low, high = min([low, *near]), max([high, *near])
    margin = (high - low) / 4
    low = min(low, first) if first >= low - margin else low
    high = max(high, last) if last <= high + margin else high
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def edges(row: Mapping[str, Any]) -> NDArray[np.float64]:
    """The BINS + 1 edges of a row's histogram."""
    low, high = float(row["low"]), float(row["high"])
    if row["scale"] == "log":
        return np.asarray(low - 1 + np.power(10.0, np.linspace(0, np.log10(high - low + 1), BINS + 1)))
    return np.linspace(low, high, BINS + 1)


def is_numeric(kind: pa.DataType) -> bool:
    """Whether a column holds measurements: numbers and flags; unsigned integers are hashes."""
    return bool(pa.types.is_signed_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind))


def _numbers(column: pa.ChunkedArray) -> NDArray[np.float64]:
    numbers = pc.cast(column, pa.float64()).combine_chunks()
    return np.asarray(numbers.to_numpy(zero_copy_only=False), np.float64)


def _limits(item: Filter, languages: Sequence[str]) -> Iterator[float]:
    for language in languages:
        bounds = item.range_of(language)
        for limit in (bounds.min, bounds.max) if bounds else ():
            if limit is not None:
                yield limit
