"""Counts of pre-tokens in a hash table of fixed size, and of weighted pieces in one that grows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from corpus.kernels.bpe_split import next_piece

__all__ = ["Table", "add_pieces", "count_pieces", "new_table"]


class Table(NamedTuple):
    """Open addressing: slots hold entry number + 1; entry e is arena[starts[e]:starts[e] + lengths[e]] in
    group groups[e], seen counts[e] times. state = [entries, bytes used in the arena]."""

    slots: NDArray[np.int32]
    hashes: NDArray[np.uint64]
    groups: NDArray[np.int16]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int32]
    counts: NDArray[np.int64]
    arena: NDArray[np.uint8]
    state: NDArray[np.int64]


def new_table(entries: int, arena_bytes: int) -> Table:
    """An empty table for this many entries and bytes; untouched pages cost no memory."""
    slots = 1 << max(4, (2 * entries - 1).bit_length())
    return Table(
        np.zeros(slots, np.int32),
        np.empty(entries, np.uint64),
        np.empty(entries, np.int16),
        np.empty(entries, np.int64),
        np.empty(entries, np.int32),
        np.empty(entries, np.int64),
        np.empty(arena_bytes, np.uint8),
        np.zeros(2, np.int64),
    )


@njit(nogil=True, cache=True)
def _hash(data, start, end, seed):  # type: ignore[no-untyped-def]
    value = np.uint64(0xCBF29CE484222325) ^ (np.uint64(seed) * np.uint64(0x9E3779B97F4A7C15))
    for i in range(start, end):
        value = (value ^ np.uint64(data[i])) * np.uint64(0x100000001B3)
    value ^= value >> np.uint64(32)
    value *= np.uint64(0xD6E8FEB86659FD93)
    return value ^ (value >> np.uint64(32))


@njit(nogil=True, cache=True)
def _add(data, start, end, group, amount, slots, hashes, groups, starts, lengths, counts, arena, state):  # type: ignore[no-untyped-def]
    """Adds to the entry of data[start:end]; False where the table has no room for a new entry."""
    key = _hash(data, start, end, group)
    mask = np.uint64(len(slots) - 1)
    slot = np.int64(key & mask)
    size = end - start
    while slots[slot] != 0:
        entry = slots[slot] - 1
        if hashes[entry] == key and lengths[entry] == size and groups[entry] == group:
            first = starts[entry]
            same = True
            for i in range(size):
                if arena[first + i] != data[start + i]:
                    same = False
                    break
            if same:
                counts[entry] += amount
                return True
        slot = np.int64(np.uint64(slot + 1) & mask)
    entry = state[0]
    if entry == len(hashes) or state[1] + size > len(arena):
        return False
    slots[slot] = entry + 1
    hashes[entry] = key
    groups[entry] = group
    starts[entry] = state[1]
    lengths[entry] = size
    counts[entry] = amount
    for i in range(size):
        arena[state[1] + i] = data[start + i]
    state[0] += 1
    state[1] += size
    return True


@njit(nogil=True, cache=True)
def count_pieces(  # type: ignore[no-untyped-def]
    data, offsets, languages, classes, pattern, most_bytes, document, position,
    slots, hashes, groups, starts, lengths, counts, arena, state, totals,
):  # fmt: skip
    """Counts pieces from byte `position` of `document` on; gives where it stopped: past the last document,
    or where the table was full. Pieces of more than most_bytes bytes are not counted.

    totals int64[3] += pieces counted, pieces too long, bytes of those.
    """
    while document < len(offsets) - 1:
        i, n = max(position, offsets[document]), offsets[document + 1]
        while i < n:
            end = next_piece(data, i, n, classes, pattern)
            if end - i > most_bytes:
                totals[1] += 1
                totals[2] += end - i
            else:
                if not _add(data, i, end, languages[document], 1,
                            slots, hashes, groups, starts, lengths, counts, arena, state):  # fmt: skip
                    return document, i
                totals[0] += 1
            i = end
        document += 1
    return document, np.int64(0)


@njit(nogil=True, cache=True)
def add_pieces(  # type: ignore[no-untyped-def]
    data, offsets, amounts, row, slots, hashes, groups, starts, lengths, counts, arena, state
):
    """Adds amounts[row:] to the entries of the pieces in data; gives the row where the table was full."""
    while row < len(offsets) - 1:
        if not _add(data, offsets[row], offsets[row + 1], 0, amounts[row],
                    slots, hashes, groups, starts, lengths, counts, arena, state):  # fmt: skip
            return row
        row += 1
    return row
