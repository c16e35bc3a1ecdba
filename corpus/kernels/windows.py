"""Windows over words and bytes: hashes of every run of n words, winnowed hashes of every run of n bytes, a
hash table to look many of them up, and what two texts share around a place."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from corpus.kernels.unicode import readonly

__all__ = ["anchors", "find", "longest", "match", "table", "word_windows"]

_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xFF51AFD7ED558CCD)
_MIX_2 = np.uint64(0xC4CEB9FE1A85EC53)
_SHIFT = np.uint64(33)


@njit(nogil=True, cache=True, inline="always")
def _mix(value):  # type: ignore[no-untyped-def]
    value = np.uint64((value ^ (value >> _SHIFT)) * _MIX_1)
    value = np.uint64((value ^ (value >> _SHIFT)) * _MIX_2)
    return value ^ (value >> _SHIFT)


def word_windows(
    hashes: NDArray[np.uint64], offsets: NDArray[np.int64], size: int
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Hashes of every `size` words in a row; none for a document of fewer words. Window w of a document
    begins at its word w; document i owns values[out[i]:out[i+1]]. 0 is never a hash."""
    counts = np.maximum(np.diff(offsets) - size + 1, 0)
    out = np.zeros(len(offsets), np.int64)
    np.cumsum(counts, out=out[1:])
    values = np.empty(int(out[-1]), np.uint64)
    with np.errstate(over="ignore"):
        _word_windows(readonly(hashes), readonly(offsets), size, out, values)
    return values, out


@njit(nogil=True, cache=True)
def _word_windows(hashes, offsets, size, out, values):  # type: ignore[no-untyped-def]
    last = np.uint64(1)
    for _ in range(size - 1):
        last = np.uint64(last * _STEP)
    for document in range(len(offsets) - 1):
        if out[document + 1] == out[document]:
            continue
        first = offsets[document]
        rolling = np.uint64(0)
        for word in range(first, first + size):
            rolling = np.uint64(rolling * _STEP + hashes[word])
        at = out[document]
        values[at] = max(_mix(rolling), np.uint64(1))
        for word in range(first + size, offsets[document + 1]):
            rolling = np.uint64((rolling - hashes[word - size] * last) * _STEP + hashes[word])
            at += 1
            values[at] = max(_mix(rolling), np.uint64(1))


def table(keys: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """(keys, values) of an open-addressing table: distinct keys, none of them 0, to their positions."""
    size = 16
    while size < 3 * len(keys):
        size *= 2
    slots, values = np.zeros(size, np.uint64), np.full(size, -1, np.int64)
    _fill(readonly(keys), slots, values)
    return slots, values


@njit(nogil=True, cache=True)
def _fill(keys, slots, values):  # type: ignore[no-untyped-def]
    mask = np.uint64(len(slots) - 1)
    for i in range(len(keys)):
        slot = keys[i] & mask
        while slots[slot] != 0 and slots[slot] != keys[i]:
            slot = (slot + np.uint64(1)) & mask
        if slots[slot] == 0:
            slots[slot] = keys[i]
            values[slot] = i


def find(
    wanted: NDArray[np.uint64], slots: NDArray[np.uint64], values: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The value of every wanted key in a `table`, -1 where it has none."""
    out = np.empty(len(wanted), np.int64)
    _find(readonly(wanted), slots, values, out)
    return out


@njit(nogil=True, cache=True)
def _find(wanted, slots, values, out):  # type: ignore[no-untyped-def]
    mask = np.uint64(len(slots) - 1)
    for i in range(len(wanted)):
        slot = wanted[i] & mask
        while slots[slot] != 0 and slots[slot] != wanted[i]:
            slot = (slot + np.uint64(1)) & mask
        out[i] = values[slot] if slots[slot] != 0 else -1


def anchors(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], window: int, stretch: int
) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64]]:
    """Winnowing (Schleimer, Wilkerson, Aiken 2003) of windows of `window` bytes: (hashes, starts, owners).

    Every `stretch` bytes in a row of a document hold an anchor, and equal stretches hold the same ones, at
    the same places; so two documents that share `stretch` bytes share an anchor. About one in
    (stretch - window) / 2 windows is chosen. `starts` are positions in data, `owners` the documents.
    """
    if not 0 < window <= stretch:
        raise ValueError(f"a window of {window} bytes does not fit into a stretch of {stretch}")
    run = stretch - window + 1
    capacity = 2 * int(offsets[-1] - offsets[0]) // (run + 1) + 2 * len(offsets) + 16
    # Random text needs 2 / (run + 1) a window; in the worst case every window is an anchor.
    while True:
        hashes = np.empty(capacity, np.uint64)
        starts = np.empty(capacity, np.int64)
        owners = np.empty(capacity, np.int64)
        with np.errstate(over="ignore"):
            count = _anchors(readonly(data), readonly(offsets), window, run, hashes, starts, owners)
        if count <= capacity:
            return hashes[:count], starts[:count], owners[:count]
        capacity = int(count)


@njit(nogil=True, cache=True)
def _anchors(data, offsets, window, run, hashes, starts, owners):  # type: ignore[no-untyped-def]
    last = np.uint64(1)
    for _ in range(window - 1):
        last = np.uint64(last * _STEP)
    recent = np.zeros(run, np.uint64)
    count = 0
    for document in range(len(offsets) - 1):
        first, end = offsets[document], offsets[document + 1]
        if end - first < window:
            continue
        rolling = np.uint64(0)
        for at in range(first, first + window - 1):
            rolling = np.uint64(rolling * _STEP + np.uint64(data[at]))
        lowest, lowest_at = np.uint64(0xFFFFFFFFFFFFFFFF), -1
        chosen = -1
        slot = 0
        for at in range(first, end - window + 1):
            rolling = np.uint64(rolling * _STEP + np.uint64(data[at + window - 1]))
            value = np.uint64(rolling * _MIX_1)
            value = value ^ (value >> _SHIFT)
            rolling = np.uint64(rolling - np.uint64(data[at]) * last)
            recent[slot] = value
            slot = slot + 1 if slot + 1 < run else 0
            if value <= lowest:  # the rightmost of equal ones: long runs of one byte give few anchors
                lowest, lowest_at = value, at
            elif lowest_at <= at - run:
                lowest = np.uint64(0xFFFFFFFFFFFFFFFF)
                for back in range(run):  # oldest first; once in about run / 2 windows
                    index = slot + back if slot + back < run else slot + back - run
                    if recent[index] <= lowest:
                        lowest, lowest_at = recent[index], at - run + 1 + back
            if at - first >= run - 1 and lowest_at != chosen:
                chosen = lowest_at
                if count < len(hashes):
                    hashes[count], starts[count], owners[count] = lowest, lowest_at, document
                count += 1
        if chosen < 0:  # shorter than a stretch: still one anchor
            if count < len(hashes):
                hashes[count], starts[count], owners[count] = lowest, lowest_at, document
            count += 1
    return count


def pieces(
    data: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The bytes data[starts[i]:ends[i]], one after the other, and their offsets."""
    offsets = np.zeros(len(starts) + 1, np.int64)
    np.cumsum(ends - starts, out=offsets[1:])
    out = np.empty(int(offsets[-1]), np.uint8)
    _pieces(readonly(data), starts, offsets, out)
    return out, offsets


@njit(nogil=True, cache=True)
def _pieces(data, starts, offsets, out):  # type: ignore[no-untyped-def]
    for i in range(len(starts)):
        size = offsets[i + 1] - offsets[i]
        out[offsets[i] : offsets[i + 1]] = data[starts[i] : starts[i] + size]


@njit(nogil=True, cache=True)
def match(left, left_at, right, right_at, reach):  # type: ignore[no-untyped-def]
    """(bytes before, bytes from there on) that two byte strings share around two positions, up to `reach`."""
    before = 0
    while (
        before < min(reach, left_at, right_at) and left[left_at - before - 1] == right[right_at - before - 1]
    ):
        before += 1
    after = 0
    most = min(reach, len(left) - left_at, len(right) - right_at)
    while after < most and left[left_at + after] == right[right_at + after]:
        after += 1
    return before, after


def longest(
    keys: NDArray[np.uint64],
    documents: NDArray[np.int64],
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    centres: NDArray[np.int64],
    least: int,
    most: int = 100,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """How far stretches reach that pieces share with earlier ones around their centre: before, after, other.

    Pieces data[offsets[i]:offsets[i+1]] are sorted by key and stand for places of documents; those of one key
    are compared, up to `most` before each, never of one document. Only stretches of `least` bytes count; of
    several the outermost ends are given, since one piece may share more to the left and another more to the
    right. `other` is the piece that has the longest, -1 where there is none.
    """
    size = len(keys)
    before, after = np.zeros(size, np.int64), np.zeros(size, np.int64)
    other = np.full(size, -1, np.int64)
    _longest(
        readonly(keys), readonly(documents), readonly(data), readonly(offsets), readonly(centres),
        least, most, before, after, other,
    )  # fmt: skip
    return before, after, other


@njit(nogil=True, cache=True)
def _longest(  # type: ignore[no-untyped-def]
    keys, documents, data, offsets, centres, least, most, before, after, other
):
    first = 0
    for i in range(len(keys)):
        if keys[i] != keys[first]:
            first = i
        mine = data[offsets[i] : offsets[i + 1]]
        # The first of all, then the nearest: the first keeps a stretch that very many documents have.
        compared = furthest = 0
        for step in range(i - first):
            j = first + step if step < most // 2 else i - 1 - (step - most // 2)
            if compared == most or j < first or (step >= most // 2 and j < first + most // 2):
                break
            compared += 1
            if documents[j] == documents[i]:
                continue
            b, a = match(mine, centres[i], data[offsets[j] : offsets[j + 1]], centres[j], len(mine))
            if b + a >= least:
                before[i], after[i] = max(before[i], b), max(after[i], a)
                if b + a > furthest:
                    furthest, other[i] = b + a, j
