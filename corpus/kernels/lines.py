"""Lines of UTF-8 text: where they stand, and how many of lines and paragraphs are equal to earlier ones."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from corpus.kernels.unicode import readonly
from corpus.kernels.wide import BLOCK, bit_count, eight_bytes, lines_of_64, lowest_bit
from corpus.kernels.words import FIRST_BYTES

__all__ = ["Line", "Lines", "duplicates", "lines"]


class Lines(NamedTuple):
    """Lines of all documents in order: document i owns lines offsets[i]:offsets[i+1].

    Line k is data[starts[k]:ends[k]], without the newline that ends it, and has so many characters. A newline
    at the end of a document begins no further line.
    """

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    characters: NDArray[np.int64]
    offsets: NDArray[np.int64]


class Line(IntEnum):
    """Columns of `duplicates`: elements equal to an earlier one, and their characters."""

    LINES = 0
    DUPLICATE_LINES = 1
    DUPLICATE_LINE_CHARACTERS = 2
    PARAGRAPHS = 3
    DUPLICATE_PARAGRAPHS = 4
    DUPLICATE_PARAGRAPH_CHARACTERS = 5


_MULTIPLY = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xBF58476D1CE4E5B9)
_0, _1, _31, _32 = (np.uint64(n) for n in (0, 1, 31, 32))


def lines(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> Lines:
    """The lines of documents data[offsets[i]:offsets[i+1]]."""
    capacity = int(np.count_nonzero(data == 0x0A)) + len(offsets)
    starts, ends, characters = (np.empty(capacity, np.int64) for _ in range(3))
    owners = np.zeros(len(offsets), np.int64)
    count = _lines(readonly(data), readonly(offsets), starts, ends, characters, owners)
    return Lines(starts[:count], ends[:count], characters[:count], owners)


def duplicates(data: NDArray[np.uint8], found: Lines) -> NDArray[np.int64]:
    """int64 [documents, len(Line)]. Blank lines are left out; paragraphs end at two or more newlines, and the
    white space at both ends of the document belongs to none of them."""
    result = np.zeros((len(found.offsets) - 1, len(Line)), np.int64)
    most = int(np.diff(found.offsets).max(initial=0))
    keys = np.empty(1 << max(6, int(2 * most).bit_length()), np.uint64)
    hashes = np.empty(len(found.starts), np.uint64)
    _duplicates(readonly(data), *map(readonly, found), keys, hashes, result)
    return result


@njit(nogil=True, cache=True)
def _lines(data, offsets, starts, ends, characters, owners):  # type: ignore[no-untyped-def]
    count = 0
    for document in range(len(offsets) - 1):
        at, end = offsets[document], offsets[document + 1]
        owners[document] = count
        begin = at
        further_bytes = 0
        while at < end:
            newline, further = lines_of_64(data, at)
            if end - at < BLOCK:
                inside = (_1 << np.uint64(end - at)) - _1
                newline, further = newline & inside, further & inside
            while newline != _0:
                place = lowest_bit(newline)
                newline &= newline - _1
                before = bit_count(further & ((_1 << np.uint64(place)) - _1))
                starts[count], ends[count] = begin, at + place
                characters[count] = at + place - begin - further_bytes - before
                count += 1
                begin = at + place + 1
                further_bytes = -before
            further_bytes += bit_count(further)
            at += BLOCK
        if begin < end:
            starts[count], ends[count] = begin, end
            characters[count] = end - begin - further_bytes
            count += 1
    owners[len(offsets) - 1] = count
    return count


@njit(nogil=True, cache=True)
def _hash(data, at, stop):  # type: ignore[no-untyped-def]
    """64-bit hash of a byte range, eight bytes at a time; never 0."""
    state = np.uint64(stop - at) * _MULTIPLY
    while at + 8 <= stop:
        state = (state ^ eight_bytes(data, at)) * _MIX
        state ^= state >> _32
        at += 8
    state = (state ^ (eight_bytes(data, at) & FIRST_BYTES[stop - at])) * _MIX
    return (state ^ (state >> _31)) * _MULTIPLY | _1


@njit(nogil=True, cache=True)
def _blank(data, at, stop):  # type: ignore[no-untyped-def]
    """Whether only ASCII white space stands between at and stop."""
    while at < stop and data[at] <= 0x20:
        at += 1
    return at >= stop


@njit(nogil=True, cache=True)
def _seen(keys, mask, key):  # type: ignore[no-untyped-def]
    """Whether the key was seen; it is from now on."""
    slot = np.int64(key >> _32) & mask
    while keys[slot] != _0 and keys[slot] != key:
        slot = (slot + 1) & mask
    known = keys[slot] == key
    keys[slot] = key
    return known


@njit(nogil=True, cache=True)
def _duplicates(data, starts, ends, characters, owners, keys, hashes, result):  # type: ignore[no-untyped-def]
    for document in range(len(owners) - 1):
        first, last = owners[document], owners[document + 1]
        row = result[document]
        mask = 63
        while mask < 2 * (last - first):
            mask = mask * 2 + 1
        keys[: mask + 1] = _0
        seen = 0
        for line in range(first, last):
            key = _hash(data, starts[line], ends[line])
            hashes[line] = key
            if _blank(data, starts[line], ends[line]):
                continue
            seen += 1
            if _seen(keys, mask, key):
                row[Line.DUPLICATE_LINES] += 1
                row[Line.DUPLICATE_LINE_CHARACTERS] += characters[line]
        row[Line.LINES] = row[Line.PARAGRAPHS] = seen
        if seen <= 1:
            continue
        # Paragraphs are lines in a row without an empty one, so theirs are hashes of hashes.
        while _blank(data, starts[first], ends[first]):
            first += 1
        while _blank(data, starts[last - 1], ends[last - 1]):
            last -= 1
        keys[: mask + 1] = _0
        paragraphs = 0
        line = first
        while line < last:
            key = _0
            length = -1
            blank = True
            while line < last and starts[line] < ends[line]:
                begin, end = starts[line], ends[line]
                value = hashes[line]
                if line == first or line == last - 1:
                    while line == first and data[begin] <= 0x20:
                        begin += 1
                    while line == last - 1 and data[end - 1] <= 0x20:
                        end -= 1
                    value = _hash(data, begin, end)
                key = (key ^ value) * _MIX
                key ^= key >> _31
                length += 1 + characters[line] - (ends[line] - starts[line]) + (end - begin)
                blank = blank and _blank(data, begin, end)
                line += 1
            if not blank:
                paragraphs += 1
                if _seen(keys, mask, key | _1):
                    row[Line.DUPLICATE_PARAGRAPHS] += 1
                    row[Line.DUPLICATE_PARAGRAPH_CHARACTERS] += length
            line += 1
        row[Line.PARAGRAPHS] = paragraphs
