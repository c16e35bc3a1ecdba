"""What the trainer of byte-pair merges keeps of pairs: their counts, the queue, and where they occur.

Counts are a hash table of (key, count) in one cache line; a key is left << 32 | right. Queue entries are
(count, key, place); a place is start << 32 | n: n words at positions[start:start + n], or the word `start`
itself where n is 1. Most entries have a low count and wait long, so only those at or above a threshold are in
a heap; the rest lie unordered until the heap is empty and the threshold is halved.
"""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["compact", "count_of", "longer", "new_counts", "pop", "push", "refill", "slot", "with_room"]

_KEY, _TOTAL = 0, 1
_COUNT, _PAIR, _PLACE = 0, 1, 2


@njit(nogil=True, cache=True)
def longer(array, rows):  # type: ignore[no-untyped-def]
    """The same array with room for more rows."""
    grown = np.empty((rows, *array.shape[1:]), array.dtype)
    grown[: len(array)] = array
    return grown


# ---------------------------------------------------------------------- counts


@njit(nogil=True, cache=True)
def new_counts(size):  # type: ignore[no-untyped-def]
    """An empty table of this size; free slots have the key -1."""
    table = np.empty((size, 2), np.int64)
    table[:, _KEY] = -1
    return table


@njit(nogil=True, cache=True)
def slot(table, key):  # type: ignore[no-untyped-def]
    """Where the key is, or the free slot where it belongs."""
    mixed = np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    # Of any size, so that it can grow by less than double: a multiplication in place of a mask.
    place = np.int64(((mixed >> np.uint64(32)) * np.uint64(len(table))) >> np.uint64(32))
    while table[place, _KEY] != key and table[place, _KEY] >= 0:
        place += 1
        if place == len(table):
            place = np.int64(0)
    return place


@njit(nogil=True, cache=True)
def count_of(table, key):  # type: ignore[no-untyped-def]
    place = slot(table, key)
    return table[place, _TOTAL] if table[place, _KEY] == key else np.int64(0)


@njit(nogil=True, cache=True)
def with_room(table, used, extra):  # type: ignore[no-untyped-def]
    """The table with room for `extra` more keys, and how many it holds; a pair that no longer occurs is
    forgotten when the table is made anew."""
    if 5 * (used + extra) <= 4 * len(table):
        return table, used
    alive = 0
    for i in range(len(table)):
        alive += table[i, _KEY] >= 0 and table[i, _TOTAL] != 0
    fresh = new_counts(max(len(table), (alive + extra) + 5 * (alive + extra) // 8))
    for i in range(len(table)):
        if table[i, _KEY] >= 0 and table[i, _TOTAL] != 0:
            place = slot(fresh, table[i, _KEY])
            fresh[place, _KEY] = table[i, _KEY]
            fresh[place, _TOTAL] = table[i, _TOTAL]
    return fresh, alive


# ----------------------------------------------------------------------- queue


@njit(nogil=True, cache=True)
def push(heap, used, count, key, place):  # type: ignore[no-untyped-def]
    """Adds an entry to the heap of `used` entries: highest count first, then lowest key."""
    i = used
    while i > 0:
        up = (i - 1) >> 1
        if heap[up, _COUNT] > count or (heap[up, _COUNT] == count and heap[up, _PAIR] <= key):
            break
        heap[i, 0], heap[i, 1], heap[i, 2] = heap[up, 0], heap[up, 1], heap[up, 2]
        i = up
    heap[i, _COUNT], heap[i, _PAIR], heap[i, _PLACE] = count, key, place


@njit(nogil=True, cache=True)
def pop(heap, used):  # type: ignore[no-untyped-def]
    """Takes the first of `used` entries off the heap."""
    size = used - 1
    count, key, place = heap[size, _COUNT], heap[size, _PAIR], heap[size, _PLACE]
    i = 0
    while True:
        child = 2 * i + 1
        if child >= size:
            break
        other = child + 1
        if other < size and (
            heap[other, _COUNT] > heap[child, _COUNT]
            or (heap[other, _COUNT] == heap[child, _COUNT] and heap[other, _PAIR] < heap[child, _PAIR])
        ):
            child = other
        if count > heap[child, _COUNT] or (count == heap[child, _COUNT] and key <= heap[child, _PAIR]):
            break
        heap[i, 0], heap[i, 1], heap[i, 2] = heap[child, 0], heap[child, 1], heap[child, 2]
        i = child
    heap[i, _COUNT], heap[i, _PAIR], heap[i, _PLACE] = count, key, place


@njit(nogil=True, cache=True)
def refill(near, far, waiting):  # type: ignore[no-untyped-def]
    """Moves the upper half, by count, of the `waiting` entries of `far` to the empty heap `near`.

    Gives the heap, entries in it, entries left waiting, and the lowest count the heap now stands for.
    """
    most = np.int64(0)
    for i in range(waiting):
        most = max(most, far[i, _COUNT])
    least = most // 2 + 1
    moved = 0
    for i in range(waiting):
        moved += far[i, _COUNT] >= least
    if moved > len(near):
        near = np.empty((moved + moved // 8, 3), np.int64)
    used, left = 0, 0
    for i in range(waiting):
        if far[i, _COUNT] >= least:
            push(near, used, far[i, _COUNT], far[i, _PAIR], far[i, _PLACE])
            used += 1
        else:
            far[left, 0], far[left, 1], far[left, 2] = far[i, 0], far[i, 1], far[i, 2]
            left += 1
    return near, used, left, least


@njit(nogil=True, cache=True)
def compact(positions, near, used, far, waiting):  # type: ignore[no-untyped-def]
    """Moves what the entries still point at to the front of `positions`; gives how many that are."""
    begins = np.empty(used + waiting, np.int32)
    listed = 0
    for i in range(used + waiting):
        place = near[i, _PLACE] if i < used else far[i - used, _PLACE]
        # An entry of one word points at nothing here.
        begins[i] = place >> 32 if place & 0xFFFFFFFF > 1 else -1
        listed += begins[i] >= 0
    order = np.argsort(begins)[used + waiting - listed :]
    end = np.int64(0)
    for i in order:
        place = near[i, _PLACE] if i < used else far[i - used, _PLACE]
        start, size = place >> 32, place & 0xFFFFFFFF
        for k in range(size):
            positions[end + k] = positions[start + k]
        if i < used:
            near[i, _PLACE] = end << 32 | size
        else:
            far[i - used, _PLACE] = end << 32 | size
        end += size
    return end
