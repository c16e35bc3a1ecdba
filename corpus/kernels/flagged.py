"""Occurrences of listed words and phrases in documents, by the hashes of `corpus.kernels.words`.

A list is compiled by `table`: every entry is a sequence of 1 to `LONGEST` word hashes and a tier (1 to
`TIERS`: WEAK, SLANG, STRONG, or kinds of one's own). `count` gives two columns a tier for the chosen
documents: words covered by its entries, and different entries. The longest entry wins, none overlap. One
lookup a word.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["LONGEST", "SLANG", "STRONG", "TIERS", "WEAK", "FlaggedTable", "count", "table"]

TIERS = 3
WEAK, SLANG, STRONG = 1, 2, 3

LONGEST = 6
#: An entry's hashes are combined by rotation and xor: products would overflow loudly without the compiler.
_LEFT, _RIGHT = np.uint64(13), np.uint64(51)


class FlaggedTable(NamedTuple):
    """`starts` (first words) -> `reach` (longest entry); `entries` (combined hashes) -> `tiers`. Sorted."""

    starts: NDArray[np.uint64]
    reach: NDArray[np.int64]
    entries: NDArray[np.uint64]
    tiers: NDArray[np.uint8]
    mask: NDArray[np.bool_]


def table(entries: Sequence[tuple[Sequence[int], int]]) -> FlaggedTable:
    """Compile (word hashes, tier) pairs; the higher tier wins, entries longer than LONGEST are left out."""
    combined: dict[int, int] = {}
    reach: dict[int, int] = {}
    for hashes, tier in entries:
        if not 1 <= len(hashes) <= LONGEST:
            continue
        value = 0
        for item in hashes:
            value = (((value << 13) | (value >> 51)) & 0xFFFFFFFFFFFFFFFF) ^ item
        combined[value] = max(tier, combined.get(value, 0))
        reach[hashes[0]] = max(len(hashes), reach.get(hashes[0], 0))
    starts = np.array(sorted(reach), np.uint64)
    keys = np.array(sorted(combined), np.uint64)
    # Two hash bits in 65,536 places: nearly every word is settled by one load.
    mask = np.zeros(1 << 16, np.bool_)
    mask[(starts >> np.uint64(48)).astype(np.int64)] = True
    return FlaggedTable(
        starts,
        np.array([reach[int(start)] for start in starts], np.int64),
        keys,
        np.array([combined[int(key)] for key in keys], np.uint8),
        mask,
    )


@njit(nogil=True, cache=True)
def _find(keys: NDArray[np.uint64], key: np.uint64) -> int:
    low, high = 0, keys.size
    while low < high:
        middle = (low + high) // 2
        if keys[middle] < key:
            low = middle + 1
        else:
            high = middle
    return low if low < keys.size and keys[low] == key else -1


@njit(nogil=True, cache=True)
def _count(
    hashes: NDArray[np.uint64],
    offsets: NDArray[np.int64],
    documents: NDArray[np.int64],
    starts: NDArray[np.uint64],
    reach: NDArray[np.int64],
    entries: NDArray[np.uint64],
    tiers: NDArray[np.uint8],
    mask: NDArray[np.bool_],
    result: NDArray[np.int64],
) -> None:
    seen = np.full(entries.size, -1, np.int64)  # the last row that held the entry
    for row in range(documents.size):
        w = offsets[documents[row]]
        end = offsets[documents[row] + 1]
        while w < end:
            step = 1
            if mask[np.int64(hashes[w] >> np.uint64(48))]:
                first = _find(starts, hashes[w])
                if first >= 0:
                    value = np.uint64(0)
                    found = -1
                    length = 0
                    for k in range(min(reach[first], end - w)):
                        value = ((value << _LEFT) | (value >> _RIGHT)) ^ hashes[w + k]
                        entry = _find(entries, value)
                        if entry >= 0:
                            found = entry
                            length = k + 1
                    if found >= 0:
                        step = length
                        column = 2 * (np.int64(tiers[found]) - 1)
                        result[row, column] += length
                        if seen[found] != row:
                            seen[found] = row
                            result[row, column + 1] += 1
            w += step


def count(
    hashes: NDArray[np.uint64],
    offsets: NDArray[np.int64],
    documents: NDArray[np.int64],
    flagged: FlaggedTable,
) -> NDArray[np.int64]:
    """A row for each of `documents`; column 2 * (tier - 1) has the words covered by entries of a tier, the
    one after it the different entries."""
    result = np.zeros((documents.size, 2 * TIERS), np.int64)
    _count(hashes, offsets, documents, *flagged, result)
    return result
