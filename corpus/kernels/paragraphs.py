"""Hashes of the paragraphs of texts: two or more lines in a row, without the white space at their ends."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from corpus.kernels.mix import mix
from corpus.kernels.unicode import readonly

__all__ = ["paragraph_hashes"]

_STEP = np.uint64(0x9E3779B97F4A7C15)
# Stands between lines; bytes are counted from 1, so it is none of them.
_BREAK = np.uint64(257)
_SEED = np.uint64(258)


def paragraph_hashes(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], least: int
) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """(hashes uint64, starts, ends, owners int64) of paragraphs of `least` characters or more.

    starts and ends are positions in data; the end is behind the blank lines that follow, so that a paragraph
    that is cut leaves nothing behind. A paragraph of one line is a line (`line_hashes`), and none of these.
    """
    capacity = int((data == 10).sum()) // 2 + len(offsets)
    hashes = np.empty(capacity, np.uint64)
    starts, ends, owners = (np.empty(capacity, np.int64) for _ in range(3))
    with np.errstate(over="ignore"):
        count = _paragraph_hashes(readonly(data), readonly(offsets), least, hashes, starts, ends, owners)
    return hashes[:count], starts[:count], ends[:count], owners[:count]


@njit(nogil=True, cache=True)
def _paragraph_hashes(data, offsets, least, hashes, starts, ends, owners):  # type: ignore[no-untyped-def]
    count = 0
    for document in range(len(offsets) - 1):
        at, stop = offsets[document], offsets[document + 1]
        lines = characters = 0
        start = at
        value = _SEED
        while at < stop:
            end = at
            while end < stop and data[end] != 10:
                end += 1
            first, last = at, end
            while first < last and data[first] <= 32:
                first += 1
            while last > first and data[last - 1] <= 32:
                last -= 1
            if first < last:
                if lines == 0:
                    start, characters, value = at, 0, _SEED
                lines += 1
                for i in range(first, last):
                    characters += (data[i] & 0xC0) != 0x80
                    value = np.uint64(value * _STEP + np.uint64(data[i]) + np.uint64(1))
                value = np.uint64(value * _STEP + _BREAK)
            line, at = at, min(end + 1, stop)
            if first < last and at < stop:
                continue
            if lines > 1 and characters >= least:
                hashes[count] = mix(value)
                starts[count], ends[count], owners[count] = start, at, document
                count += 1
            elif lines == 0 and count and owners[count - 1] == document and ends[count - 1] == line:
                ends[count - 1] = at  # a further blank line
            lines = 0
    return count
