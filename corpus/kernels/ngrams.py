"""Repetition of words and characters, and how well the bytes compress.

An (n+1)-gram can repeat only where its n-gram repeats, so positions are pruned from word to 10-gram: ordinary
text has almost none left at n=4, and nine hash passes cost little more than one. Character n-grams pass a
table of bytes first, so that only grams seen twice (or sharing a byte) are counted exactly.

All tables are scratch arrays of the longest document, cleared to the size the current document needs.
Formulas: Gopher (Rae et al. 2021, arXiv 2112.11446, table A1) as in datatrove; ROOTS (arXiv 2303.03915).
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from corpus.kernels.unicode import readonly
from corpus.kernels.wide import (
    BLOCK,
    bit_count,
    classes_of_64,
    eight_bytes,
    four_bytes,
    lines_of_64,
    lowest_bit,
)
from corpus.kernels.words import character

__all__ = ["LONGEST", "Repeat", "Repeats", "characters", "compress", "heads", "words"]


class Repeat(IntEnum):
    """Columns of `words`: lengths are characters of words; TOP and DUPLICATE follow Gopher."""

    DISTINCT = 0  # distinct words
    ENTROPY = 1  # of the words of the document, bits (scaled by 1e6)
    TOP_2 = 2  # characters of the most frequent 2-gram, words joined by one space, times its count
    TOP_3 = 3
    TOP_4 = 4
    DUPLICATE_5 = 5  # characters of 5-grams seen before, read left to right without overlap
    DUPLICATE_6 = 6
    DUPLICATE_7 = 7
    DUPLICATE_8 = 8
    DUPLICATE_9 = 9
    DUPLICATE_10 = 10
    REPEATED_GRAMS = 11  # occurrences of n-grams that occur more than once, n as asked for (ROOTS)
    GRAMS = 12  # occurrences of n-grams


class Repeats(NamedTuple):
    """counts int64 [documents, len(Repeat)]. The distinct words of document i, in order of their first place,
    are firsts[offsets[i]:][:DISTINCT] (places among all words) and occur times[...] times in it."""

    counts: NDArray[np.int64]
    firsts: NDArray[np.int64]
    times: NDArray[np.int32]


_MULTIPLY = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xBF58476D1CE4E5B9)
#: Words of the longest n-grams.
LONGEST = 10
_0, _1 = np.uint64(0), np.uint64(1)
_HIGH = np.uint64(0x8080808080808080)
#: Bytes of the first table for each character n-gram.
_BYTES = 8


def words(
    hashes: NDArray[np.uint64],
    lengths: NDArray[np.int32],
    offsets: NDArray[np.int64],
    size: NDArray[np.int64],
    longest: int = LONGEST,
) -> Repeats:
    """Of documents that own words offsets[i]:offsets[i+1]; size is the n of REPEATED_GRAMS, 1 to 10.
    N-grams of more than `longest` words are not counted."""
    result = np.zeros((len(offsets) - 1, len(Repeat)), np.int64)
    firsts, times = np.empty(len(hashes), np.int64), np.empty(len(hashes), np.int32)
    most = int(np.diff(offsets).max(initial=0))
    table = _power(2 * most)
    logs = np.log2(np.maximum(np.arange(4096), 1))
    _words(
        readonly(hashes), readonly(lengths), readonly(offsets), readonly(size), readonly(logs),
        np.empty(table, np.uint64), np.empty(table, np.int32), np.empty(most, np.int32),
        np.empty(most, np.int64), np.empty(most, np.uint64), np.empty(most + 1, np.int64),
        firsts, times, longest, result,
    )  # fmt: skip
    return Repeats(result, firsts, times)


def heads(data: NDArray[np.uint8], offsets: NDArray[np.int64], limit: int | None) -> NDArray[np.int64]:
    """Where the first `limit` characters of each document end; where the document does, without a limit."""
    if limit is None:
        return offsets[1:]
    result = np.zeros(len(offsets) - 1, np.int64)
    _heads(readonly(data), readonly(offsets), limit, result)
    return result


def characters(
    data: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64], size: NDArray[np.int64]
) -> NDArray[np.float64]:
    """ROOTS character repetition ratio of texts data[starts[i]:ends[i]]: the share that the k most frequent
    n-grams of size[i] characters have of all, k the smaller of floor(sqrt(distinct)) and the number of
    distinct n-grams seen twice or more."""
    most = int((ends - starts).max(initial=0))
    result = np.zeros(len(starts), np.float64)
    table = _power(2 * most)
    _characters(
        readonly(data), readonly(starts), readonly(ends), readonly(size), np.empty((3, most), np.uint64),
        np.empty(_power(_BYTES * most), np.uint8), np.empty(table, np.uint64), np.empty(table, np.int32),
        np.empty(most, np.int32), result,
    )  # fmt: skip
    return result


def compress(
    data: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Bytes that a greedy LZ77 coder would need for data[starts[i]:ends[i]]: one a literal, three a match of
    four or more.

    After every 32 positions without a match the search takes longer steps, as LZ4 does.
    """
    result = np.zeros(len(starts), np.int64)
    _compress(readonly(data), readonly(starts), readonly(ends), np.zeros(1 << 12, np.uint32), result)
    return result


def _power(size: int) -> int:
    return 1 << max(6, int(size).bit_length())


@njit(nogil=True, cache=True, inline="always")
def _room(size):  # type: ignore[no-untyped-def]
    """(mask, shift) of the power of two above size, as `_power`."""
    shift = 58
    mask = 63
    while mask < size:
        mask = mask * 2 + 1
        shift -= 1
    return mask, np.uint64(shift)


@njit(nogil=True, cache=True)
def _words(  # type: ignore[no-untyped-def]
    hashes,
    lengths,
    offsets,
    size,
    logs,
    keys,
    counts,
    slots,
    places,
    grams,
    sums,
    firsts,
    times,
    longest,
    result,
):
    for document in range(len(offsets) - 1):
        first, last = offsets[document], offsets[document + 1]
        number = last - first
        row = result[document]
        if number == 0:
            continue
        wanted = size[document]
        row[Repeat.GRAMS] = max(0, number - wanted + 1)
        mask, shift = _room(2 * number)
        keys[: mask + 1] = _0
        counts[: mask + 1] = 0
        distinct = 0
        length = sums[0] = np.int64(0)
        for i in range(number):
            key = hashes[first + i] | _1
            slot = np.int64((key * _MULTIPLY) >> shift)
            held = keys[slot]
            while min(held, held ^ key) != _0:  # neither: one branch, seldom taken
                slot = (slot + 1) & mask
                held = keys[slot]
            firsts[first + distinct] = first + i
            times[first + distinct] = slot
            distinct += held == _0
            keys[slot] = key
            counts[slot] += 1
            slots[i] = slot
            length += lengths[first + i]
            sums[i + 1] = length
        row[Repeat.DISTINCT] = distinct
        total = 0.0
        for i in range(first, first + distinct):
            count = counts[times[i]]
            times[i] = count
            total += count * (logs[count] if count < len(logs) else np.log2(count))
        alive = 0
        for i in range(number):
            places[alive] = i
            grams[alive] = hashes[first + i]
            alive += counts[slots[i]] > 1
        row[Repeat.ENTROPY] = np.int64(1e6 * max(0.0, np.log2(number) - total / number))
        if wanted == 1:
            row[Repeat.REPEATED_GRAMS] = alive
        for n in range(2, longest + 1):
            if number < n:
                break
            alive = _extend(hashes, first, n, places, grams, alive)
            alive = _count(places, grams, alive, keys, counts, slots)
            if n <= 4:
                row[n] = _top(n, places, alive, counts, slots, sums)
            else:
                row[n] = _duplicate(n, places, alive, counts, slots, sums)
            if n == wanted:
                row[Repeat.REPEATED_GRAMS] = alive
            # `_duplicate` sees each gram's first place too, so it must run before grams die out; the
            # survivors of n are exactly the places whose n-gram occurs again.


@njit(nogil=True, cache=True)
def _extend(hashes, first, n, places, grams, alive):  # type: ignore[no-untyped-def]
    """Keep places whose (n-1)-gram and whose neighbour's (n-1)-gram repeat; grams become n-grams."""
    kept = 0
    for i in range(alive - 1):
        place = places[i]
        state = grams[i]
        follows = places[i + 1] == place + 1
        places[kept] = place
        grams[kept] = (state ^ (state >> np.uint64(29))) * _MIX + hashes[first + place + n - 1] * _MULTIPLY
        kept += follows
    return kept


@njit(nogil=True, cache=True)
def _count(places, grams, alive, keys, counts, slots):  # type: ignore[no-untyped-def]
    """Count the grams and keep the places of those that occur twice or more; slots stay aligned with
    places."""
    if alive == 0:
        return 0
    mask, shift = _room(2 * alive)
    keys[: mask + 1] = 0
    counts[: mask + 1] = 0
    for i in range(alive):
        key = grams[i] | _1
        slot = np.int64((key * _MULTIPLY) >> shift)
        held = keys[slot]
        while min(held, held ^ key) != _0:  # neither: one branch, seldom taken
            slot = (slot + 1) & mask
            held = keys[slot]
        keys[slot] = key
        counts[slot] += 1
        slots[i] = slot
    kept = 0
    for i in range(alive):
        slot = slots[i]
        places[kept] = places[i]
        grams[kept] = grams[i]
        slots[kept] = slot
        kept += counts[slot] > 1
    return kept


@njit(nogil=True, cache=True)
def _top(n, places, alive, counts, slots, sums):  # type: ignore[no-untyped-def]
    """Characters of the most frequent n-gram times its count; the first seen among equals, as Counter
    does."""
    best, where = 1, 0
    for i in range(alive):
        if counts[slots[i]] > best:
            best, where = counts[slots[i]], places[i]
    return (sums[where + n] - sums[where] + n - 1) * best


@njit(nogil=True, cache=True)
def _duplicate(n, places, alive, counts, slots, sums):  # type: ignore[no-untyped-def]
    """Characters of n-grams already seen, skipping past each: datatrove's find_all_duplicate."""
    repeated = 0
    following = 0
    for i in range(alive):
        place = places[i]
        if place < following:
            continue
        slot = slots[i]
        if counts[slot] < 0:
            repeated += sums[place + n] - sums[place]
            following = place + n
        else:
            counts[slot] = -counts[slot]  # seen; nobody asks how often any more
    return repeated


@njit(nogil=True, cache=True)
def _heads(data, offsets, limit, result):  # type: ignore[no-untyped-def]
    for document in range(len(offsets) - 1):
        at, end = offsets[document], offsets[document + 1]
        left = limit  # characters that may still begin
        while at < end:
            _, further = lines_of_64(data, at)
            begun = ~further
            if end - at < BLOCK:
                begun &= (_1 << np.uint64(end - at)) - _1
            if bit_count(begun) > left:
                for _ in range(left):
                    begun &= begun - _1
                at += lowest_bit(begun)
                break
            left -= bit_count(begun)
            at += BLOCK
        result[document] = min(at, end)


@njit(nogil=True, cache=True)
def _characters(data, starts, ends, size, scratch, table, keys, counts, slots, result):  # type: ignore[no-untyped-def]
    for document in range(len(starts)):
        seen = _codes(data, starts[document], ends[document], scratch[0])
        total, hashes = _grams(scratch, seen, size[document])
        if total == 0:
            continue
        mask, shift = _room(_BYTES * total)
        table[: mask + 1] = 0
        for i in range(total):
            slot = np.int64(hashes[i] >> shift)
            table[slot] = table[slot] << 1 | 1
        alive = 0
        for i in range(total):
            key = hashes[i]
            hashes[alive] = key
            alive += table[np.int64(key >> shift)] > 1
        result[document] = _most_frequent(hashes, alive, total, keys, counts, slots)


@njit(nogil=True, cache=True)
def _codes(data, at, end, codes):  # type: ignore[no-untyped-def]
    """Writes the code points of a text, each plus one and spread over 64 bits; their number."""
    count = 0
    while at < end:
        if at + 8 <= end and eight_bytes(data, at) & _HIGH == _0:
            run = at  # of ASCII
            wide = _0
            while run < end and wide == _0:
                _, _, wide = classes_of_64(data, run)
                run += lowest_bit(wide)
            run = min(run, end)
            _spread(data[at:run], codes[count : count + run - at])
            count += run - at
            at = run
            continue
        code, step = character(four_bytes(data, at))
        codes[count] = np.uint64(code + 1) * _MULTIPLY
        count += 1
        at += step
    return count


@njit(nogil=True, cache=True)
def _spread(letters, codes):  # type: ignore[no-untyped-def]
    for i in range(len(letters)):
        codes[i] = (np.uint64(letters[i]) + _1) * _MULTIPLY


@njit(nogil=True, cache=True)
def _grams(scratch, number, n):  # type: ignore[no-untyped-def]
    """(number of n-grams, their hashes) of the first `number` of scratch[0].

    Polynomials in an odd base, put together from two halves, as n has bits: no hash waits for the one before
    it, as in a rolling one.
    """
    codes = hashes = scratch[0]
    result, spare = scratch[1], scratch[2]
    power = _MULTIPLY
    length, left = 1, number
    bit = 1
    while 2 * bit <= n:
        bit *= 2
    while bit > 1 and left > length:
        bit >>= 1
        left -= length
        _join(hashes[:left], hashes[length : length + left], power, result[:left])
        hashes, result, spare = result, spare, result
        power *= power
        length *= 2
        if n & bit and left > 1:
            left -= 1
            _join(hashes[:left], codes[length : length + left], power, result[:left])
            hashes, result, spare = result, spare, result
            power *= _MULTIPLY
            length += 1
    return left if length == n else 0, hashes


@njit(nogil=True, cache=True)
def _join(first, second, power, result):  # type: ignore[no-untyped-def]
    for i in range(len(result)):
        result[i] = first[i] + second[i] * power


@njit(nogil=True, cache=True)
def _most_frequent(hashes, alive, total, keys, counts, slots):  # type: ignore[no-untyped-def]
    """Share of the k most frequent grams; those not in hashes[:alive] occur once."""
    mask, shift = _room(2 * alive)
    keys[: mask + 1] = _0
    counts[: mask + 1] = 0
    found = 0
    for i in range(alive):
        key = hashes[i] | _1
        slot = np.int64((key * _MULTIPLY) >> shift)
        held = keys[slot]
        while min(held, held ^ key) != _0:
            slot = (slot + 1) & mask
            held = keys[slot]
        keys[slot] = key
        slots[found] = slot
        found += held == _0
        counts[slot] += 1
    most = 0
    for i in range(found):
        slots[i] = counts[slots[i]]
        most = max(most, slots[i])
    # From here on `counts` holds how many grams occur so often.
    counts[: most + 1] = 0
    for i in range(found):
        counts[slots[i]] += 1
    take = int(np.sqrt(total - alive + found))
    top = 0
    while take > 0 and most > 1:
        top += most * min(take, counts[most])
        take -= counts[most]
        most -= 1
    return top / total


@njit(nogil=True, cache=True)
def _compress(data, starts, ends, table, result):  # type: ignore[no-untyped-def]
    """`table` holds where four bytes of a slot stood last, modulo 2**32; what stands there tells whether they
    are the same, and that it lies in this document and near enough, so the table is never cleared."""
    low = 0xFFFFFFFF
    for document in range(len(starts)):
        begin, end = starts[document], ends[document]
        cost = 0
        at = begin
        misses = 0
        while at + 4 <= end:
            window = four_bytes(data, at)
            slot = (window * 2654435761 & low) >> 20
            distance = (at - np.int64(table[slot])) & low
            before = at - distance
            table[slot] = np.uint32(at & low)
            near = (distance > 0) & (distance < 65536) & (before >= begin)
            if near & (four_bytes(data, at - distance * near) == window):
                length = 4
                while length < end - at:
                    differs = eight_bytes(data, before + length) ^ eight_bytes(data, at + length)
                    if differs != np.uint64(0):
                        length += lowest_bit(differs) >> 3
                        break
                    length += 8
                cost += 3
                at += min(length, end - at)
                misses = 0
            else:
                misses += 1
                step = min(1 + (misses >> 5), end - at)
                cost += step
                at += step
        result[document] = cost + end - at
