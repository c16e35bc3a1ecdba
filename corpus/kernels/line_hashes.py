"""Hashes of the lines of texts, without the white space at their ends."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from corpus.kernels.mix import mix
from corpus.kernels.unicode import readonly

__all__ = ["line_hashes"]

_STEP = np.uint64(0x9E3779B97F4A7C15)


def line_hashes(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], least: int
) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """(hashes uint64, starts, ends, owners int64) of lines of `least` characters or more.

    starts and ends are positions in data; the end is that of the line with its newline, so that a line
    that is cut leaves nothing behind.
    """
    capacity = int((data == 10).sum()) + len(offsets)
    hashes = np.empty(capacity, np.uint64)
    starts, ends, owners = (np.empty(capacity, np.int64) for _ in range(3))
    with np.errstate(over="ignore"):
        count = _line_hashes(readonly(data), readonly(offsets), least, hashes, starts, ends, owners)
    return hashes[:count], starts[:count], ends[:count], owners[:count]


@njit(nogil=True, cache=True)
def _line_hashes(data, offsets, least, hashes, starts, ends, owners):  # type: ignore[no-untyped-def]
    count = 0
    for document in range(len(offsets) - 1):
        at = offsets[document]
        stop = offsets[document + 1]
        while at < stop:
            end = at
            while end < stop and data[end] != 10:
                end += 1
            first, last = at, end
            while first < last and data[first] <= 32:
                first += 1
            while last > first and data[last - 1] <= 32:
                last -= 1
            characters = 0
            value = np.uint64(0)
            for i in range(first, last):
                characters += (data[i] & 0xC0) != 0x80
                value = np.uint64(value * _STEP + np.uint64(data[i]) + np.uint64(1))
            if characters >= least:
                hashes[count] = mix(value)
                starts[count], owners[count] = at, document
                ends[count] = min(end + 1, stop)
                count += 1
            at = end + 1
    return count
