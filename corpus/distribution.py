"""How a signal is distributed over documents: histogram, percentiles per language, documents at ends and
bounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from corpus.errors import SignalError

__all__ = ["PERCENTILES", "Bounds", "Example", "LanguageSummary", "Preview", "preview"]

PERCENTILES = (0, 1, 5, 25, 50, 75, 95, 99, 100)

#: Smallest and largest value kept.
Bounds = tuple[float | None, float | None]


@dataclass(frozen=True)
class Example:
    """A document at an end of the distribution or beside a bound; `excerpt` is its beginning."""

    where: str
    id: str
    language: str
    value: float
    excerpt: str


@dataclass(frozen=True)
class LanguageSummary:
    """Distribution in one language ("all" for every one): `percentiles` in the order of PERCENTILES.

    below, above   share of documents the bounds would drop; missing documents are never dropped
    min, max       the bounds of the language
    """

    language: str
    documents: int
    missing: int
    percentiles: tuple[float, ...]
    below: float
    above: float
    min: float | None = None
    max: float | None = None


@dataclass(frozen=True)
class Preview:
    """What `corpus preview` shows. counts[i] documents lie in edges[i]..edges[i+1], outside[i] of them beyond
    the bounds of their language."""

    signal: str
    min: float | None
    max: float | None
    edges: tuple[float, ...]
    counts: tuple[int, ...]
    outside: tuple[int, ...]
    languages: tuple[LanguageSummary, ...]
    examples: tuple[Example, ...]


def preview(
    documents: pa.RecordBatch | pa.Table,
    signal: str,
    min: float | None = None,
    max: float | None = None,
    bins: int = 40,
    examples: int = 3,
    excerpt: int = 160,
    languages: Mapping[str, Bounds] | None = None,
) -> Preview:
    """The distribution of column `signal` over documents with columns id, language and text.

    languages   bounds of a language, where they are not `min` and `max`
    `examples` documents are shown at each end and on each side of each bound of their language, in order of
    (value, id), so the result does not depend on the order of documents. The histogram runs between the
    0.5 % and 99.5 % quantile, and to a bound that lies near; what is beyond is counted in its first and last
    bin. Raises SignalError where the column is absent or is not a number.
    """
    if signal not in documents.schema.names:
        known = ", ".join(name for name in documents.schema.names if name not in ("id", "language", "text"))
        raise SignalError(f"no signal '{signal}' among the measured columns; measured are {known}")
    column = documents.column(signal)
    if pa.types.is_boolean(column.type):
        column = pc.cast(column, pa.int8())
    if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
        raise SignalError(f"signal '{signal}' is of type {column.type}: only numbers have a distribution")
    numbers = pc.fill_null(pc.cast(column, pa.float64()), float("nan"))
    if isinstance(numbers, pa.ChunkedArray):
        numbers = numbers.combine_chunks()
    values = np.asarray(numbers.to_numpy(zero_copy_only=False), np.float64)
    spoken = np.array(documents.column("language").to_pylist(), object)
    names = sorted({str(name) for name in spoken})
    own = {name: (languages or {}).get(name, (min, max)) for name in names}
    # By document: its bounds, NaN where it has none.
    limits = np.array([own[str(name)] for name in spoken], np.float64).reshape(-1, 2).T
    beyond = np.stack([values < limits[0], values > limits[1]])
    edges, counts, outside = _histogram(values, beyond, bins, min, max)
    summaries = [_summary("all", values, beyond, (min, max))]
    for name in names:
        mine = spoken == name
        summaries.append(_summary(name, values[mine], beyond[:, mine], own[name]))
    return Preview(
        signal, min, max, edges, counts, outside, tuple(summaries),
        tuple(_examples(documents, values, spoken, limits, examples, excerpt)),
    )  # fmt: skip


def _histogram(
    values: NDArray[np.float64],
    beyond: NDArray[np.bool_],
    bins: int,
    lower: float | None,
    upper: float | None,
) -> tuple[tuple[float, ...], tuple[int, ...], tuple[int, ...]]:
    finite = np.isfinite(values)
    found, lost = values[finite], (beyond[0] | beyond[1])[finite]
    if len(found) == 0:
        return (), (), ()
    low, high = (float(q) for q in np.quantile(found, (0.005, 0.995)))
    if low == high:
        return (low, high), (len(found),), (int(lost.sum()),)
    room = (high - low) / 2
    near = [bound for bound in (lower, upper) if bound is not None and low - room <= bound <= high + room]
    low, high = float(np.min([low, *near])), float(np.max([high, *near]))
    edges = np.linspace(low, high, bins + 1)
    counts, outside = (np.histogram(np.clip(part, low, high), edges)[0] for part in (found, found[lost]))
    return tuple(map(float, edges)), tuple(map(int, counts)), tuple(map(int, outside))


def _summary(
    language: str, values: NDArray[np.float64], beyond: NDArray[np.bool_], bounds: Bounds
) -> LanguageSummary:
    found = values[np.isfinite(values)]
    number = len(values) or 1
    return LanguageSummary(
        language, len(values), len(values) - len(found),
        tuple(map(float, np.percentile(found, PERCENTILES))) if len(found) else (),
        float(beyond[0].sum() / number), float(beyond[1].sum() / number), *bounds,
    )  # fmt: skip


def _examples(
    documents: pa.RecordBatch | pa.Table,
    values: NDArray[np.float64],
    languages: NDArray[np.object_],
    limits: NDArray[np.float64],
    number: int,
    excerpt: int,
) -> list[Example]:
    ids = np.array(documents.column("id").to_pylist(), str)
    texts = documents.column("text")
    order = _ascending(values, ids)
    chosen = [("lowest", order[:number]), ("highest", order[-number:][::-1])]
    for label, distance in (("min", values - limits[0]), ("max", values - limits[1])):
        order = _ascending(distance, ids)
        cut = int(np.sum(distance[order] < 0 if label == "min" else distance[order] <= 0))
        chosen.append((f"below {label}", order[max(cut - number, 0) : cut]))
        chosen.append((f"above {label}", order[cut : cut + number]))
    return [
        Example(where, str(ids[row]), str(languages[row]), float(values[row]),
                " ".join(str(texts[row].as_py())[: 4 * excerpt].split())[:excerpt])
        for where, rows in chosen
        for row in rows
    ]  # fmt: skip


def _ascending(values: NDArray[np.float64], ids: NDArray[np.str_]) -> list[int]:
    """Rows in order of (value, id), those without a value left out."""
    return [int(row) for row in np.lexsort((ids, values)) if np.isfinite(values[row])]
