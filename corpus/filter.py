"""Filters: bounds on signals, per language, giving every reason a document is dropped, not only the first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from corpus.languages import is_code

__all__ = ["MAX_FILTERS", "Filter", "Range", "reasons"]

#: Reasons are one 64-bit mask per document.
MAX_FILTERS = 64


@dataclass(frozen=True)
class Range:
    """Smallest and largest value kept; None means no bound on that side."""

    min: float | None = None
    max: float | None = None
    set_by: str = "inherited"
    fitted_on_bytes: int = 0


@dataclass(frozen=True)
class Filter:
    """A signal and its bounds. A language mapped to None has the filter off.

    sources    which sources it applies to
    except_sources   patterns (fnmatch) of the names of sources it leaves alone
    equals     for bool and string signals: the value kept
    action     what happens to a document outside the bounds
    """

    name: str
    signal: str
    default: Range = Range()
    equals: bool | str | None = None
    applies_to: Literal["text", "code", "all"] = "text"
    sources: Literal["all", "picked", "crawl"] = "all"
    except_sources: tuple[str, ...] = ()
    action: Literal["drop", "quarantine"] = "drop"
    languages: Mapping[str, Range | None] = field(default_factory=dict)
    description: str = ""

    def is_for(self, source: str, crawl: bool) -> bool:
        """Whether the filter applies to a source of this name that is, or is not, a web crawl."""
        if any(fnmatchcase(source, pattern) for pattern in self.except_sources):
            return False
        return self.sources == "all" or (self.sources == "crawl") == crawl

    def range_of(self, language: str) -> Range | None:
        """The bounds in force for a language; None where the filter does not apply."""
        if self.applies_to != "all" and is_code(language) != (self.applies_to == "code"):
            return None
        return self.languages.get(language, self.default)


def reasons(
    filters: Sequence[Filter],
    columns: Mapping[str, pa.Array],
    languages: pa.Array,
    source: str = "",
    crawl: bool = False,
) -> NDArray[np.uint64]:
    """One bit mask per document; bit i is set where filter i would drop it.

    `columns` holds the signal columns by name, `languages` the language each document counts as. A null or
    NaN value never drops a document.
    """
    encoded = pc.dictionary_encode(languages)
    codes = encoded.indices.to_numpy(zero_copy_only=False)
    names = encoded.dictionary.to_pylist()
    mask = np.zeros(len(languages), np.uint64)
    for bit, item in enumerate(filters):
        if not item.is_for(source, crawl):
            continue
        ranges = [item.range_of(name) for name in names]
        applies = np.array([r is not None for r in ranges], bool)[codes] if names else np.zeros(0, bool)
        outside = applies & _outside(item, columns[item.signal], ranges, codes)
        mask |= outside.astype(np.uint64) << np.uint64(bit)
    return mask


def _outside(
    item: Filter, values: pa.Array, ranges: Sequence[Range | None], codes: NDArray[np.int32]
) -> NDArray[np.bool_]:
    if item.equals is not None:
        differs = pc.fill_null(pc.not_equal(values, pa.scalar(item.equals, values.type)), False)
        return np.asarray(differs.to_numpy(zero_copy_only=False), bool)
    numbers = np.asarray(pc.cast(values, pa.float64()).to_numpy(zero_copy_only=False), np.float64)
    low = np.array([-np.inf if r is None or r.min is None else r.min for r in ranges])
    high = np.array([np.inf if r is None or r.max is None else r.max for r in ranges])
    if not len(ranges):
        return np.zeros(len(numbers), bool)
    with np.errstate(invalid="ignore"):
        return (numbers < low[codes]) | (numbers > high[codes])
