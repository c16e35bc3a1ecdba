"""Shingles: 32-bit hashes of every run of n words, as arrays per document.

A document of fewer than n words has one shingle, over all its words; a document without words has none. Words
of scripts written without spaces are single characters or clusters (`corpus.kernels.words`), so there the
shingles are character shingles. 32 bits: two documents of 600 shingles share one by accident with a
probability of 1e-4, which moves their Jaccard index by less than 0.001.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from corpus.kernels.mix import SECOND, mix
from corpus.kernels.unicode import readonly

__all__ = ["jaccard", "shingles", "sorted_sets"]

_STEP = np.uint64(0x9E3779B97F4A7C15)
_SHIFT_32 = np.uint64(32)


def shingles(
    hashes: NDArray[np.uint64],
    offsets: NDArray[np.int64],
    size: int,
    into: NDArray[np.uint32] | None = None,
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Shingles of `size` words in text order; document i owns values[offsets[i]:offsets[i+1]].

    Gives (values, offsets); where `into` is given, values is the beginning of it.
    """
    words = np.diff(offsets)
    counts = np.where(words == 0, 0, np.maximum(words - size + 1, 1))
    out = np.zeros(len(offsets), np.int64)
    np.cumsum(counts, out=out[1:])
    values = np.empty(int(out[-1]), np.uint32) if into is None else into[: out[-1]]
    with np.errstate(over="ignore"):
        _shingles(readonly(hashes), readonly(offsets), out, values)
    return values, out


@njit(nogil=True, cache=True)
def _shingles(hashes, offsets, out, values):  # type: ignore[no-untyped-def]
    longest = 0
    for document in range(len(offsets) - 1):
        longest = max(longest, out[document + 1] - out[document])
    scratch = np.empty(longest, np.uint64)
    for document in range(len(offsets) - 1):
        first = offsets[document]
        count = out[document + 1] - out[document]
        if count == 0:
            continue
        head = offsets[document + 1] - first - count + 1
        sums = scratch[:count]
        sums[:] = hashes[first : first + count]
        for word in range(1, head):
            _join(sums, hashes[first + word : first + word + count])
        # The length joins the hash, so "a b" as a whole document is no shingle of a longer one.
        _finish(sums, np.uint64(head) * SECOND, values[out[document] : out[document + 1]])


# Their own functions: LLVM vectorises a loop only when it stands alone. Measured: a pass for each word of a
# shingle 1.0 ns a shingle of five words, a rolling hash, whose every value waits for the one before, 2.8.
@njit(nogil=True, cache=True)
def _join(sums, hashes):  # type: ignore[no-untyped-def]
    for i in range(len(sums)):
        sums[i] = sums[i] * _STEP + hashes[i]


@njit(nogil=True, cache=True)
def _finish(sums, salt, values):  # type: ignore[no-untyped-def]
    for i in range(len(sums)):
        values[i] = np.uint32(mix(sums[i] ^ salt) >> _SHIFT_32)


def sorted_sets(
    values: NDArray[np.uint32], offsets: NDArray[np.int64], rows: NDArray[np.int64] | None = None
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """The shingles of every document, or of these, as a sorted set, with new offsets."""
    chosen = np.arange(len(offsets) - 1) if rows is None else rows
    starts, sizes = offsets[chosen], np.diff(offsets)[chosen]
    sets = np.empty(int(sizes.sum()), np.uint32)
    out = np.zeros(len(chosen) + 1, np.int64)
    used = _sorted_sets(readonly(values), starts, sizes, sets, out)
    return sets[:used].copy(), out


#: From here on sorting by digits beats sorting by comparisons: 10 instead of 43 ns a shingle at 500.
_DIGITS_FROM = 200
_DIGIT = 11


@njit(nogil=True, cache=True)
def _sorted_sets(values, starts, sizes, sets, out):  # type: ignore[no-untyped-def]
    longest = 0
    for document in range(len(sizes)):
        longest = max(longest, sizes[document])
    first, second = np.empty(longest, np.uint32), np.empty(longest, np.uint32)
    counts = np.empty((3, 1 << _DIGIT), np.int64)
    at = 0
    for document in range(len(sizes)):
        size = sizes[document]
        ordered = first[:size]
        ordered[:] = values[starts[document] : starts[document] + size]
        if size < _DIGITS_FROM:
            ordered.sort()
        else:
            _sort_by_digits(ordered, second, counts)
            ordered = second[:size]
        for i in range(size):
            if i == 0 or ordered[i] != ordered[i - 1]:
                sets[at] = ordered[i]
                at += 1
        out[document + 1] = at
    return at


@njit(nogil=True, cache=True)
def _sort_by_digits(values, result, counts):  # type: ignore[no-untyped-def]
    """Sort 32-bit numbers into `result` in three passes of 11, 11 and 10 bits; `values` is used up."""
    mask = np.uint32((1 << _DIGIT) - 1)
    counts[:] = 0
    for i in range(len(values)):
        value = values[i]
        counts[0, value & mask] += 1
        counts[1, (value >> np.uint32(_DIGIT)) & mask] += 1
        counts[2, value >> np.uint32(2 * _DIGIT)] += 1
    for step in range(3):
        total = 0
        for digit in range(counts.shape[1]):
            count = counts[step, digit]
            counts[step, digit] = total
            total += count
    for step in range(3):
        shift = np.uint32(step * _DIGIT)
        source, target = (values, result) if step != 1 else (result, values)
        for i in range(len(values)):
            value = source[i]
            digit = (value >> shift) & mask
            target[counts[step, digit]] = value
            counts[step, digit] += 1


@njit(nogil=True, cache=True)
def jaccard(left, right):  # type: ignore[no-untyped-def]
    """Shared over all elements of two sorted sets, 0 to 1; 0.0 where either is empty."""
    i = j = shared = 0
    while i < len(left) and j < len(right):
        a, b = left[i], right[j]
        # Counting with comparisons instead of branches: the order of two hashes cannot be predicted.
        shared += a == b
        i += a <= b
        j += b <= a
    total = len(left) + len(right) - shared
    return shared / total if shared else 0.0
