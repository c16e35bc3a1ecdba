"""The pairs that occur often: those worth counting, with the words that hold them.

Most pairs of a text are rare and never merged; to count each would take more memory than the text. A survey
of all words finds a floor and counts every pair at or above it, no other: sums of pairs by hash bound each
pair from above, so two more passes count and list only what may reach the floor. The floor is chosen so that
the lists fit; when no pair above it is left, the next survey goes lower. Memory: 16 bytes for each bucket of
the sums, 16 to 32 for each pair above the floor, 4 for each word listed.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from corpus.kernels.bpe_queue import free_slots, mixed, push, slot

__all__ = ["HEADER", "amount_of", "survey"]

#: Before the symbols of a word come how many there are now, and how often it occurs, in two halves.
HEADER = 3

_KEY, _TOTAL, _LIST = 0, 1, 2
#: Steps of the scale of totals, which have 62 bits.
_STEPS = 512

#: Pairs that may come to be between two surveys, besides half as many as there are.
_ROOM = 1 << 16


@njit(nogil=True, cache=True)
def amount_of(symbols, word):  # type: ignore[no-untyped-def]
    """How often the word occurs."""
    return np.int64(symbols[word + 2]) << 31 | np.int64(symbols[word + 1])


@njit(nogil=True, cache=True)
def _squeeze(symbols, used):  # type: ignore[no-untyped-def]
    """Closes the gaps that merges left and drops words of one symbol; gives the length in use."""
    word, out = np.int64(0), np.int64(0)
    while word < used:
        size = np.int64(symbols[word])
        if size > 1:
            for i in range(HEADER + size):
                symbols[out + i] = symbols[word + i]
            out += HEADER + size
        word += HEADER + size
        # What a merge freed begins with its length, below zero.
        while word < used and symbols[word] < 0:
            word -= np.int64(symbols[word])
    return out


@njit(nogil=True, cache=True)
def _bucket(buckets, a, b):  # type: ignore[no-untyped-def]
    return np.int64(mixed(np.int64(a) << 32 | b) & np.uint64(buckets - 1))


@njit(nogil=True, cache=True)
def _step(total):  # type: ignore[no-untyped-def]
    """Number of a step of a logarithmic scale, eight to the octave."""
    shift = 0
    while total >> shift >= 16:
        shift += 1
    return (shift << 3) + (total >> shift)


@njit(nogil=True, cache=True)
def _lowest(step):  # type: ignore[no-untyped-def]
    """The lowest total of a step."""
    shift = max((step >> 3) - 1, 0)
    return np.int64(step - (shift << 3)) << shift


@njit(nogil=True, cache=True)
def _sums(symbols, used, tokens, ends, longest, revived):  # type: ignore[no-untyped-def]
    """Bounds, by bucket, on what its pairs add up to and on the words to list."""
    buckets = 1 << 10
    while buckets < min(used >> 5, tokens * tokens):
        buckets *= 2
    sums = np.zeros((buckets, 2), np.int64)
    word = np.int64(0)
    while word < used:
        begin, amount = word + HEADER, amount_of(symbols, word)
        for i in range(begin, begin + symbols[word] - 1):
            a, b = symbols[i], symbols[i + 1]
            if longest == 0 or ends[a + 1] - ends[a] + ends[b + 1] - ends[b] < longest:
                place = _bucket(buckets, a, b)
                sums[place, 0] += amount
                sums[place, 1] += 1
        word = begin + symbols[word]
    for i in range(len(revived)):
        key = revived[i, 0]
        sums[_bucket(buckets, key >> 32, key & 0xFFFFFFFF), 0] += revived[i, 1]
    return sums


@njit(nogil=True, cache=True)
def _floor(sums, least, most_words, most_pairs):  # type: ignore[no-untyped-def]
    """The floor, and how many buckets are at or above it."""
    buckets, listed = np.zeros(_STEPS, np.int64), np.zeros(_STEPS, np.int64)
    for i in range(len(sums)):
        if sums[i, 0] >= least:
            step = _step(sums[i, 0])
            buckets[step] += 1
            listed[step] += sums[i, 1]
    pairs, total = np.int64(0), np.int64(0)
    floor = np.int64(0)
    for step in range(_STEPS - 1, -1, -1):
        if buckets[step] == 0:
            continue
        if pairs and (pairs + buckets[step] > most_pairs or total + listed[step] > most_words):
            return floor, pairs
        pairs += buckets[step]
        total += listed[step]
        floor = max(least, _lowest(step))
    return least, pairs


@njit(nogil=True, cache=True)
def _marks(sums, floor):  # type: ignore[no-untyped-def]
    """One bit for each bucket, whether it is at the floor or above: they fit a cache, the sums do not."""
    marks = np.zeros(len(sums) >> 6, np.uint64)
    for i in range(len(sums)):
        if sums[i, 0] >= floor:
            marks[i >> 6] |= np.uint64(1) << np.uint64(i & 63)
    return marks


@njit(nogil=True, cache=True)
def _marked(marks, a, b):  # type: ignore[no-untyped-def]
    place = _bucket(len(marks) << 6, a, b)
    return marks[place >> 6] >> np.uint64(place & 63) & np.uint64(1) != 0


@njit(nogil=True, cache=True)
def _totals(symbols, used, ends, longest, marks, pairs):  # type: ignore[no-untyped-def]
    """Every pair whose bucket is at the floor or above: key, total, words to list."""
    table = free_slots(pairs + (pairs >> 1) + 16, 3)
    held, word = np.int64(0), np.int64(0)
    while word < used:
        begin, amount = word + HEADER, amount_of(symbols, word)
        for i in range(begin, begin + symbols[word] - 1):
            a, b = symbols[i], symbols[i + 1]
            if not _marked(marks, a, b):
                continue
            if longest and ends[a + 1] - ends[a] + ends[b + 1] - ends[b] >= longest:
                continue
            key = np.int64(a) << 32 | b
            place = slot(table, key)
            if table[place, _KEY] < 0:
                if 4 * held > 3 * len(table):
                    fresh = free_slots(len(table) + (len(table) >> 1), 3)
                    for k in range(len(table)):
                        if table[k, _KEY] >= 0:
                            fresh[slot(fresh, table[k, _KEY])] = table[k]
                    table = fresh
                    place = slot(table, key)
                table[place, _KEY] = key
                held += 1
            table[place, _TOTAL] += amount
            table[place, _LIST] += 1
        word = begin + symbols[word]
    return table


@njit(nogil=True, cache=True)
def _list(symbols, used, marks, floor, table, positions):  # type: ignore[no-untyped-def]
    """Writes the words of each pair at the place its row of the table names."""
    word = np.int64(0)
    while word < used:
        begin = word + HEADER
        for i in range(begin, begin + symbols[word] - 1):
            a, b = symbols[i], symbols[i + 1]
            if not _marked(marks, a, b):
                continue
            place = slot(table, np.int64(a) << 32 | b)
            if table[place, _KEY] >= 0 and table[place, _TOTAL] >= floor:
                positions[table[place, _LIST]] = word
                table[place, _LIST] += 1
        word = begin + symbols[word]


@njit(nogil=True, cache=True)
def survey(symbols, used, tokens, ends, longest, least, most_words, most_pairs, revived, barred):  # type: ignore[no-untyped-def]
    """Counts and lists the pairs from a floor on.

    symbols[:used] are words, see HEADER, of `tokens` symbols; token i is as long as ends[i + 1] - ends[i].
    least: the floor is not below it. most_words, most_pairs: what may be listed, unless the highest pairs
    are more. revived: (key, count) to add to what the words say of a pair. barred: keys never counted. Gives
    the length in use, the floor, a table of (key, total) and how many it holds, the queue and how many it
    holds, the lists of words and how much of them is used; all with room to grow.
    """
    used = _squeeze(symbols, used)
    sums = _sums(symbols, used, tokens, ends, longest, revived)
    floor, pairs = _floor(sums, least, most_words, most_pairs)
    while True:
        marks = _marks(sums, floor)
        found = _totals(symbols, used, ends, longest, marks, pairs)
        for i in range(len(revived)):
            place = slot(found, revived[i, 0])
            if found[place, _KEY] >= 0:
                found[place, _TOTAL] += revived[i, 1]
        for i in range(len(barred)):
            place = slot(found, barred[i])
            if found[place, _KEY] >= 0:
                found[place, _TOTAL] = 0
        held, listed = np.int64(0), np.int64(0)
        for i in range(len(found)):
            if found[i, _KEY] >= 0 and found[i, _TOTAL] >= floor:
                held += 1
                listed += found[i, _LIST]
        # A bucket may be high and each of its pairs low.
        if held > 0 or floor == least:
            break
        floor = max(least, floor >> 1)
    sums = sums[:0].copy()
    positions = np.empty(listed + (listed >> 1) + 1024, np.uint32)
    room = min(used, (held >> 1) + _ROOM)
    queue = np.empty((held + room, 3), np.int64)
    held, listed = np.int64(0), np.int64(0)
    for i in range(len(found)):
        if found[i, _KEY] >= 0 and found[i, _TOTAL] >= floor:
            size = found[i, _LIST]
            push(queue, held, found[i, _TOTAL], found[i, _KEY], listed << 32 | size)
            found[i, _LIST] = listed
            listed += size
            held += 1
    _list(symbols, used, marks, floor, found, positions)
    table = free_slots((held + room) * 3 // 2 + 16, 2)
    for i in range(len(found)):
        if found[i, _KEY] >= 0 and found[i, _TOTAL] >= floor:
            place = slot(table, found[i, _KEY])
            table[place, _KEY], table[place, _TOTAL] = found[i, _KEY], found[i, _TOTAL]
    return used, floor, table, held, queue, held, positions, listed
