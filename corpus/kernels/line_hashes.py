"""Hashes of the lines and of the paragraphs of texts, without the white space at the ends of lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from corpus.kernels.mix import mix
from corpus.kernels.unicode import readonly

__all__ = ["Found", "line_hashes", "paragraph_hashes"]

_STEP = np.uint64(0x9E3779B97F4A7C15)
# Stands between the lines of a paragraph; bytes are counted from 1, so it is none of them.
_BREAK = np.uint64(257)
_SEED = np.uint64(258)


class Found(NamedTuple):
    """hashes uint64 · starts and ends int64, positions in data · owners int64, the documents"""

    hashes: NDArray[np.uint64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    owners: NDArray[np.int64]


def line_hashes(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], least: int, is_code_counted: bool = True
) -> Found:
    """The lines of `least` characters or more. The end is behind the newline, so that a line that is cut
    leaves nothing behind. Lines between code fences (``` or ~~~) are left out where code is not counted."""
    return _found(_line_hashes, int((data == 10).sum()) + len(offsets), data, offsets, least, is_code_counted)


def paragraph_hashes(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], least: int, is_code_counted: bool = True
) -> Found:
    """The paragraphs of `least` characters or more: two or more lines in a row; where code is not counted,
    none between code fences. The end is behind the blank lines that follow."""
    capacity = int((data == 10).sum()) // 2 + len(offsets)
    return _found(_paragraph_hashes, capacity, data, offsets, least, is_code_counted)


def _found(
    kernel: Callable[..., Any],
    capacity: int,
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    least: int,
    is_code_counted: bool,
) -> Found:
    starts, ends, owners = (np.empty(capacity, np.int64) for _ in range(3))
    out = Found(np.empty(capacity, np.uint64), starts, ends, owners)
    with np.errstate(over="ignore"):
        count = kernel(readonly(data), readonly(offsets), least, is_code_counted, *out)
    return Found(out.hashes[:count], starts[:count], ends[:count], owners[:count])


@njit(nogil=True, cache=True, inline="always")
def _line(data, at, stop):  # type: ignore[no-untyped-def]
    """(end of the line that begins here, first, last): in data[first:last] no white space is at the ends."""
    end = at
    while end < stop and data[end] != 10:
        end += 1
    first, last = at, end
    while first < last and data[first] <= 32:
        first += 1
    while last > first and data[last - 1] <= 32:
        last -= 1
    return end, first, last


@njit(nogil=True, cache=True, inline="always")
def _fence(data, first, last):  # type: ignore[no-untyped-def]
    """The byte of which a code fence is made, 0 where the line is none."""
    mark = data[first] if last - first >= 3 else 0
    is_fence = (mark == 0x60 or mark == 0x7E) and data[first + 1] == mark and data[first + 2] == mark
    return mark if is_fence else 0


@njit(nogil=True, cache=True, inline="always")
def _behind(opened, mark):  # type: ignore[no-untyped-def]
    """The fence that the next line stands behind: one is closed by its own kind only."""
    if opened == 0:
        return mark
    return 0 if opened == mark else opened


@njit(nogil=True, cache=True)
def _line_hashes(data, offsets, least, is_code_counted, hashes, starts, ends, owners):  # type: ignore[no-untyped-def]
    count = 0
    for document in range(len(offsets) - 1):
        at, stop = offsets[document], offsets[document + 1]
        opened = 0  # the byte of the fence that the lines stand behind
        while at < stop:
            end, first, last = _line(data, at, stop)
            mark = 0 if is_code_counted else _fence(data, first, last)
            if opened == 0 and mark == 0:
                characters = 0
                value = np.uint64(0)
                for i in range(first, last):
                    characters += (data[i] & 0xC0) != 0x80
                    value = np.uint64(value * _STEP + np.uint64(data[i]) + np.uint64(1))
                if characters >= least:
                    hashes[count] = mix(value)
                    starts[count], ends[count], owners[count] = at, min(end + 1, stop), document
                    count += 1
            opened = _behind(opened, mark)
            at = end + 1
    return count


@njit(nogil=True, cache=True)
def _paragraph_hashes(data, offsets, least, is_code_counted, hashes, starts, ends, owners):  # type: ignore[no-untyped-def]
    count = 0
    for document in range(len(offsets) - 1):
        at, stop = offsets[document], offsets[document + 1]
        lines = characters = opened = 0
        start = at
        value = _SEED
        is_code = False
        while at < stop:
            end, first, last = _line(data, at, stop)
            if first < last:
                if lines == 0:
                    start, characters, value, is_code = at, 0, _SEED, False
                mark = 0 if is_code_counted else _fence(data, first, last)
                is_code |= opened != 0 or mark != 0
                opened = _behind(opened, mark)
                lines += 1
                for i in range(first, last):
                    characters += (data[i] & 0xC0) != 0x80
                    value = np.uint64(value * _STEP + np.uint64(data[i]) + np.uint64(1))
                value = np.uint64(value * _STEP + _BREAK)
            line, at = at, min(end + 1, stop)
            if first < last and at < stop:
                continue
            if lines > 1 and characters >= least and not is_code:
                hashes[count] = mix(value)
                starts[count], ends[count], owners[count] = start, at, document
                count += 1
            elif lines == 0 and count and owners[count - 1] == document and ends[count - 1] == line:
                ends[count - 1] = at  # a further blank line
            lines = 0
    return count
