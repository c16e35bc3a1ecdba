"""Equal stretches of bytes: anchors to find them by, the text around one, and what two texts share there."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from corpus.kernels.mix import FIRST, SECOND
from corpus.kernels.unicode import readonly
from corpus.kernels.wide import eight_bytes

__all__ = ["Contexts", "anchors", "contexts", "longest", "match", "met", "pieces"]

_SEED = np.uint64(0x9E3779B97F4A7C15)
_LOW = np.uint64(0xFFFFFFFF)
_32, _63 = np.uint64(32), np.uint64(63)
_ODD_1, _ODD_2, _ODD_3 = (np.uint32(n) for n in (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D))
_EIGHT, _FIFTEEN, _SIXTEEN = np.uint16(8), np.uint32(15), np.uint32(16)
#: Windows that are ranked at a time: 32 KB of ranks stay in the nearest cache.
_PIECE = 4096
_1, _7, _8 = np.uint64(1), np.uint64(7), np.uint64(8)


def anchors(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    window: int,
    stretch: int,
) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64]]:
    """Winnowing (Schleimer, Wilkerson, Aiken 2003) of windows of `window` bytes: (hashes, places, owners).

    Every `stretch` bytes in a row of data[starts[i]:ends[i]] hold an anchor, and equal stretches hold the
    same ones, at the same places; so two documents that share `stretch` bytes share an anchor. About one in
    (stretch - window) / 2 windows is chosen: of every run of windows the one whose first 8 bytes hash lowest,
    the last of equal ones (long runs of one byte give few anchors). `places` are positions in data.
    """
    if not 8 <= window <= stretch:
        raise ValueError(f"a window of {window} bytes does not fit into {stretch} bytes, or is below 8")
    run = stretch - window + 1
    if int((ends - starts).max(initial=0)) >= 1 << 32:
        raise ValueError("a text of 4 GB or more")
    # Random text needs 2 / (run + 1) a window; in the worst case every window is an anchor.
    capacity = 3 * int((ends - starts).sum()) // (run + 1) + 2 * len(starts) + 16
    while True:
        places, owners = np.empty(capacity, np.int64), np.empty(capacity, np.int64)
        with np.errstate(over="ignore"):
            count = _anchors(readonly(data), readonly(starts), readonly(ends), window, run, places, owners)
        if count <= capacity:
            break
        capacity = int(count)
    places, owners = places[:count], owners[:count]
    hashes = np.empty(count, np.uint64)
    with np.errstate(over="ignore"):
        _hashes(_words(data), places, places + window, hashes)
    return hashes, places, owners


@njit(nogil=True, cache=True)
def _anchors(data, starts, ends, window, run, places, owners):  # type: ignore[no-untyped-def]
    piece = max(_PIECE, 4 * run)
    ranks = np.empty(piece + run, np.uint64)
    pairs = np.empty(piece + run + 6, np.uint16)
    count = 0
    for document in range(len(starts)):
        first = starts[document]
        windows = ends[document] - first - window + 1
        chosen = np.int64(-1)
        for begin in range(0, max(windows - run, 0) + 1, piece):
            size = min(piece + run - 1, windows - begin)  # the runs that begin in this piece
            if size <= 0:
                continue
            _rank(data, first + begin, begin, pairs, ranks[:size])
            at = min(run, size)
            lowest = _lowest(ranks[:at])
            while True:
                place = np.int64(_LOW - (lowest & _LOW))
                if place != chosen:
                    chosen = place
                    if count < len(places):
                        places[count], owners[count] = first + place, document
                    count += 1
                # It stays the lowest until a lower one comes, or until its last run is over.
                over = place - begin + run
                until = min(size, over)
                while at < until and ranks[at] > lowest:
                    at += 1
                if at == size:
                    break
                lowest = _lowest(ranks[at - run + 1 : at + 1]) if at == over else ranks[at]
                at += 1
    return count


# These are functions of their own, over views that begin where they read: LLVM vectorises loops that stand
# alone and whose indices it can see through (0.3 ns a window; byte by byte into one number 1.4).
@njit(nogil=True, cache=True)
def _rank(data, at, position, pairs, ranks):  # type: ignore[no-untyped-def]
    """32 bits of a hash of 8 bytes, over 32 bits that fall with the position."""
    size = len(ranks)
    _pairs(data[at : at + size + 6], data[at + 1 : at + size + 7], pairs)
    _mixed(pairs[:size], pairs[2 : size + 2], pairs[4 : size + 4], pairs[6 : size + 6], position, ranks)


@njit(nogil=True, cache=True)
def _pairs(first, second, pairs):  # type: ignore[no-untyped-def]
    for i in range(len(first)):
        pairs[i] = np.uint16(np.uint16(first[i]) | np.uint16(np.uint16(second[i]) << _EIGHT))


@njit(nogil=True, cache=True)
def _mixed(a, b, c, d, position, ranks):  # type: ignore[no-untyped-def]
    for i in range(len(ranks)):
        left = np.uint32(np.uint32(a[i]) | np.uint32(np.uint32(b[i]) << _SIXTEEN))
        right = np.uint32(np.uint32(c[i]) | np.uint32(np.uint32(d[i]) << _SIXTEEN))
        mixed = np.uint32(np.uint32(left * _ODD_1) + np.uint32(right * _ODD_2))
        mixed = np.uint32(np.uint32(mixed ^ np.uint32(mixed >> _FIFTEEN)) * _ODD_3)
        ranks[i] = np.uint64(np.uint64(mixed) << _32) | np.uint64(_LOW - np.uint64(position + i))


@njit(nogil=True, cache=True)
def _lowest(ranks):  # type: ignore[no-untyped-def]
    lowest = ranks[0]
    for i in range(1, len(ranks)):
        lowest = min(lowest, ranks[i])
    return lowest


def _words(data: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """The bytes as 64-bit numbers, little-endian, with zeros behind them."""
    words = np.zeros(len(data) // 8 + 2, np.uint64)
    words.view(np.uint8)[: len(data)] = data
    return words


@njit(nogil=True, cache=True, inline="always")
def _hash(words, start, end):  # type: ignore[no-untyped-def]
    """64-bit hash of the bytes start:end, eight at a time."""
    state = _SEED ^ np.uint64(end - start)
    at = start
    while at < end:
        shift = (np.uint64(at) & _7) * _8
        value = (words[at >> 3] >> shift) | ((words[(at >> 3) + 1] << _1) << (_63 - shift))
        if end - at < 8:
            value &= (_1 << (np.uint64(end - at) * _8)) - _1
        state = np.uint64((state ^ value) * FIRST)
        state ^= state >> _32
        at += 8
    state = np.uint64(state * SECOND)
    return state ^ (state >> _32)


@njit(nogil=True, cache=True)
def _hashes(words, starts, ends, out):  # type: ignore[no-untyped-def]
    for i in range(len(starts)):
        out[i] = _hash(words, starts[i], ends[i])


def met(keys: NDArray[np.uint64], documents: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Of each key whether it stands in two or more documents; keys are hashes, less than 2^31 of them."""
    size = 16
    while size < 2 * len(keys):
        size *= 2
    found = np.zeros(len(keys), np.bool_)
    slots = np.full(size, -1, np.int32)
    _met(readonly(keys), readonly(documents), slots, np.empty(len(keys), np.int32), found)
    return found


@njit(nogil=True, cache=True)
def _met(keys, documents, slots, firsts, found):  # type: ignore[no-untyped-def]
    mask = np.uint64(len(slots) - 1)
    for i in range(len(keys)):
        slot = keys[i] & mask
        while slots[slot] >= 0 and keys[slots[slot]] != keys[i]:
            slot = (slot + _1) & mask
        if slots[slot] < 0:
            slots[slot] = i
        first = slots[slot]
        firsts[i] = first
        found[first] |= documents[first] != documents[i]
    for i in range(len(keys)):
        found[i] = found[firsts[i]]


class Contexts(NamedTuple):
    """The text around places: data[low[i]:high[i]], whole characters, and a hash of it."""

    low: NDArray[np.int64]
    high: NDArray[np.int64]
    hashes: NDArray[np.uint64]


def contexts(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    places: NDArray[np.int64],
    window: int,
    stretch: int,
) -> Contexts:
    """Around the anchors at places[i] in data[starts[i]:ends[i]] all bytes that a stretch which holds the
    anchor may have, and up to whole characters. In a longer stretch the first anchor reaches its begin, and
    the last its end."""
    low = np.maximum(places - (stretch - window), starts)
    high = np.minimum(places + stretch, ends)
    _widen(readonly(data), readonly(starts), readonly(ends), low, high)
    hashes = np.empty(len(low), np.uint64)
    with np.errstate(over="ignore"):
        _hashes(_words(data), low, high, hashes)
        # Equal text around another place in it is another context.
        hashes ^= (places - low).astype(np.uint64) * SECOND
    return Contexts(low, high, hashes)


@njit(nogil=True, cache=True)
def _widen(data, starts, ends, low, high):  # type: ignore[no-untyped-def]
    for i in range(len(low)):
        while low[i] > starts[i] and data[low[i]] & 0xC0 == 0x80:
            low[i] -= 1
        while high[i] < ends[i] and data[high[i]] & 0xC0 == 0x80:
            high[i] += 1


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
def match(left, left_at, right, right_at):  # type: ignore[no-untyped-def]
    """(bytes before, bytes from there on) that two byte strings share around two positions."""
    before = 0
    most = min(left_at, right_at)
    while before + 8 <= most and eight_bytes(left, left_at - before - 8) == eight_bytes(
        right, right_at - before - 8
    ):
        before += 8
    while before < most and left[left_at - before - 1] == right[right_at - before - 1]:
        before += 1
    after = 0
    most = min(len(left) - left_at, len(right) - right_at)
    while after + 8 <= most and eight_bytes(left, left_at + after) == eight_bytes(right, right_at + after):
        after += 8
    while after < most and left[left_at + after] == right[right_at + after]:
        after += 1
    return before, after


def longest(
    keys: NDArray[np.uint64],
    documents: NDArray[np.int64],
    kinds: NDArray[np.int64],
    before: NDArray[np.int64],
    after: NDArray[np.int64],
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    least: int,
    most: int = 100,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """How far stretches reach that contexts share with earlier ones around their place: before, after, other.

    Contexts are sorted by key, then document; those of one key are compared, never of one document. Contexts
    of one kind (dense numbers) are equal; only the first of a kind needs its bytes, data[starts[i]:
    ends[i]], and is compared with up to `most` earlier first ones. before and after are the bytes on
    both sides of the place (before is below 0 where a stretch begins behind it). Only stretches of `least`
    bytes count; of several the outermost ends are given, since one context may share more to the left and
    another more to the right, less pieces of characters.
    `other` is the context that has the longest, -1 where there is none.
    """
    size = len(keys)
    left, right = np.zeros(size, np.int64), np.zeros(size, np.int64)
    other = np.full(size, -1, np.int64)
    firsts = np.full(int(kinds.max(initial=-1)) + 1, -1, np.int64)
    _longest(
        readonly(keys), readonly(documents), readonly(kinds), readonly(before), readonly(after),
        readonly(data), readonly(starts), readonly(ends), least, most, firsts, np.empty(size, np.int64),
        left, right, other,
    )  # fmt: skip
    return left, right, other


@njit(nogil=True, cache=True)
def _longest(  # type: ignore[no-untyped-def]
    keys,
    documents,
    kinds,
    before,
    after,
    data,
    starts,
    ends,
    least,
    most,
    firsts,
    compared,
    left,
    right,
    other,
):
    known = 0
    for i in range(len(keys)):
        if i and keys[i] != keys[i - 1]:
            known = 0
        j = firsts[kinds[i]]
        if j < 0:
            firsts[kinds[i]] = i
            earlier = compared[:known]
            _compare(i, documents, before, data, starts, ends, least, most, earlier, left, right, other)
            compared[known] = i
            known += 1
        elif documents[j] == documents[i]:
            left[i], right[i], other[i] = left[j], right[j], other[j]
        elif before[i] + after[i] >= least:
            left[i], right[i], other[i] = before[i], after[i], j


@njit(nogil=True, cache=True)
def _compare(  # type: ignore[no-untyped-def]
    i, documents, before, data, starts, ends, least, most, earlier, left, right, other
):
    mine = data[starts[i] : ends[i]]
    furthest = 0
    for step in range(min(most, len(earlier))):
        # The first of all, then the nearest: the first keeps a stretch that very many documents have.
        j = earlier[step] if step < most // 2 else earlier[len(earlier) - 1 - (step - most // 2)]
        if documents[j] == documents[i]:
            continue
        b, a = match(mine, before[i], data[starts[j] : ends[j]], before[j])
        if b + a >= least:
            left[i], right[i] = max(left[i], b), max(right[i], a)
            if b + a > furthest:
                furthest, other[i] = b + a, j
    if other[i] < 0:
        return
    # Where the place itself lies inside a character, the stretch begins behind it.
    while left[i] > -right[i] and mine[before[i] - left[i]] & 0xC0 == 0x80:
        left[i] -= 1
    while right[i] and before[i] + right[i] < len(mine) and mine[before[i] + right[i]] & 0xC0 == 0x80:
        right[i] -= 1
