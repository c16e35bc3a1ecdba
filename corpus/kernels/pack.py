"""Best-fit packing: every piece goes to the row where the least room is left over."""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["best_fit", "copy_pieces"]


@njit(nogil=True, cache=True)
def best_fit(lengths, row_length):  # type: ignore[no-untyped-def]
    """Row and first position of each piece; pieces are placed longest first, equal ones in the order given.

    lengths int64, each from 1 to row_length. Rows with the same room left form a stack; a bit for each
    possible room says which stacks hold a row, so a piece costs a few words of that bit set and no search
    (Ding et al. 2024, arXiv 2404.10830). Gives rows int64, starts int64, number of rows.
    """
    count = len(lengths)
    by_length = np.zeros(row_length + 2, np.int64)
    for i in range(count):
        by_length[row_length - lengths[i] + 1] += 1
    for i in range(row_length + 1):
        by_length[i + 1] += by_length[i]
    order = np.empty(count, np.int64)
    for i in range(count):
        place = by_length[row_length - lengths[i]]
        order[place] = i
        by_length[row_length - lengths[i]] += 1

    rows = np.empty(count, np.int64)
    starts = np.empty(count, np.int64)
    words = (row_length >> 6) + 1
    bits = np.zeros(words, np.uint64)
    top = np.full(row_length + 1, -1, np.int64)
    below = np.empty(count, np.int64)
    made = 0
    for k in range(count):
        i = order[k]
        length = lengths[i]
        room = -1
        word = length >> 6
        rest = bits[word] & (np.uint64(0xFFFFFFFFFFFFFFFF) << np.uint64(length & 63))
        while True:
            if rest:
                room = word << 6
                while not rest & np.uint64(1):
                    rest >>= np.uint64(1)
                    room += 1
                break
            word += 1
            if word == words:
                break
            rest = bits[word]
        if room < 0:
            row = made
            made += 1
            room = row_length
        else:
            row = top[room]
            top[room] = below[row]
            if top[room] < 0:
                bits[room >> 6] &= ~(np.uint64(1) << np.uint64(room & 63))
        rows[i] = row
        starts[i] = row_length - room
        room -= length
        if room > 0:
            below[row] = top[room]
            top[room] = row
            bits[room >> 6] |= np.uint64(1) << np.uint64(room & 63)
    return rows, starts, made


@njit(nogil=True, cache=True)
def copy_pieces(tokens, sources, sizes, targets, out):  # type: ignore[no-untyped-def]
    """Copies tokens[sources[i]:sources[i] + sizes[i]] to out[targets[i]:], for all i."""
    for i in range(len(sources)):
        source, target = sources[i], targets[i]
        for j in range(sizes[i]):
            out[target + j] = tokens[source + j]
