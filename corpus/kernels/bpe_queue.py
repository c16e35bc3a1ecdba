"""What the trainer of byte-pair merges keeps of pairs: their counts, and the queue.

Counts are a hash table of (key, count) in one cache line; a key is left << 32 | right. Queue entries are
(count, key, place); a place is start << 32 | n: n words at positions[start:start + n].
"""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["free_slots", "longer", "mixed", "pop", "push", "slot"]

_KEY = 0
_COUNT, _PAIR, _PLACE = 0, 1, 2


@njit(nogil=True, cache=True)
def longer(array, rows):  # type: ignore[no-untyped-def]
    """The same array with room for more rows."""
    grown = np.empty((rows, *array.shape[1:]), array.dtype)
    grown[: len(array)] = array
    return grown


# ---------------------------------------------------------------------- counts


@njit(nogil=True, cache=True)
def free_slots(size, columns):  # type: ignore[no-untyped-def]
    """An empty table of this size; free slots have the key -1."""
    table = np.zeros((size, columns), np.int64)
    table[:, _KEY] = -1
    return table


@njit(nogil=True, cache=True)
def mixed(key):  # type: ignore[no-untyped-def]
    """32 bits of the key's hash."""
    value = np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)
    value = (value ^ (value >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    return value >> np.uint64(32)


@njit(nogil=True, cache=True)
def slot(table, key):  # type: ignore[no-untyped-def]
    """Where the key is, or the free slot where it belongs."""
    # Of any size, so that it can grow by less than double: a multiplication in place of a mask.
    place = np.int64((mixed(key) * np.uint64(len(table))) >> np.uint64(32))
    while table[place, _KEY] != key and table[place, _KEY] >= 0:
        place += 1
        if place == len(table):
            place = np.int64(0)
    return place


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
