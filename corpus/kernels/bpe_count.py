"""Counts of pieces, by group, in a hash table."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from corpus.kernels.bpe_split import next_piece

__all__ = ["Table", "add_pieces", "count_pieces", "larger", "new_table"]

#: Columns of `entries`.
_START, _SIZE_GROUP, _COUNT = 0, 1, 2

#: The low bits of a slot are the entry number + 1, the others the beginning of its hash.
_NUMBER = np.int64((1 << 32) - 1)

_FIRST_SLOTS = 1 << 12


class Table(NamedTuple):
    """Open addressing. Entry e is arena[start:start + size] in group g, seen `count` times, in a row of 24
    bytes: start, size << 16 | g, count; so a look-up touches a slot, a row and the bytes, three cache lines.
    state = [entries, bytes used in the arena]."""

    slots: NDArray[np.int64]
    entries: NDArray[np.int64]
    arena: NDArray[np.uint8]
    state: NDArray[np.int64]

    @property
    def starts(self) -> NDArray[np.int64]:
        return self.entries[: self.state[0], _START]

    @property
    def sizes(self) -> NDArray[np.int64]:
        return self.entries[: self.state[0], _SIZE_GROUP] >> 16

    @property
    def groups(self) -> NDArray[np.int64]:
        return self.entries[: self.state[0], _SIZE_GROUP] & 0xFFFF

    @property
    def counts(self) -> NDArray[np.int64]:
        return self.entries[: self.state[0], _COUNT]


def new_table(entries: int, arena_bytes: int) -> Table:
    """An empty table for this many entries and bytes; untouched pages cost no memory, so ask for plenty."""
    return Table(
        np.zeros(_FIRST_SLOTS, np.int64),
        np.empty((entries, 3), np.int64),
        np.empty(arena_bytes, np.uint8),
        np.zeros(2, np.int64),
    )


def larger(table: Table, most_entries: int, most_bytes: int) -> Table | None:
    """The same entries with twice the room for what is full, within these bounds; None at the bounds."""
    slots, entries, arena, state = table
    if _crowded(state[0], slots):
        grown = np.zeros(2 * len(slots), np.int64)
        _rehash(slots, grown, entries, arena)
        return table._replace(slots=grown)
    rows, size = len(entries), len(arena)
    if state[0] == rows:
        rows = min(2 * rows, most_entries)
    else:
        size = min(2 * size, most_bytes)
    if rows == len(entries) and size == len(arena):
        return None
    if rows > len(entries):
        longer = np.empty((rows, 3), np.int64)
        longer[: state[0]] = entries[: state[0]]
        return table._replace(entries=longer)
    wider = np.empty(size, np.uint8)
    wider[: state[1]] = arena[: state[1]]
    return table._replace(arena=wider)


@njit(nogil=True, cache=True)
def _crowded(entries, slots):  # type: ignore[no-untyped-def]
    return 8 * entries >= 5 * len(slots)


@njit(nogil=True, cache=True)
def _hash(data, start, end, seed):  # type: ignore[no-untyped-def]
    value = np.uint64(0xCBF29CE484222325) ^ (np.uint64(seed) * np.uint64(0x9E3779B97F4A7C15))
    for i in range(start, end):
        value = (value ^ np.uint64(data[i])) * np.uint64(0x100000001B3)
    value ^= value >> np.uint64(32)
    value *= np.uint64(0xD6E8FEB86659FD93)
    return value ^ (value >> np.uint64(32))


@njit(nogil=True, cache=True)
def _rehash(old, slots, entries, arena):  # type: ignore[no-untyped-def]
    mask = len(slots) - 1
    for i in range(len(old)):
        if old[i] != 0:
            row = entries[(old[i] & _NUMBER) - 1]
            size = row[_SIZE_GROUP] >> 16
            key = _hash(arena, row[_START], row[_START] + size, row[_SIZE_GROUP] & 0xFFFF)
            slot = np.int64(key & np.uint64(mask))
            while slots[slot] != 0:
                slot = (slot + 1) & mask
            slots[slot] = old[i]


@njit(nogil=True, cache=True)
def _add(data, start, end, group, amount, slots, entries, arena, state):  # type: ignore[no-untyped-def]
    """Adds to the entry of data[start:end]; False where the table has no room for a new entry."""
    key = _hash(data, start, end, group)
    mask = len(slots) - 1
    slot = np.int64(key & np.uint64(mask))
    mark = np.int64(key) & ~_NUMBER
    size = end - start
    while slots[slot] != 0:
        if slots[slot] & ~_NUMBER == mark:
            entry = (slots[slot] & _NUMBER) - 1
            if entries[entry, _SIZE_GROUP] == (size << 16 | group):
                first = entries[entry, _START]
                same = True
                for i in range(size):
                    if arena[first + i] != data[start + i]:
                        same = False
                        break
                if same:
                    entries[entry, _COUNT] += amount
                    return True
        slot = (slot + 1) & mask
    entry = state[0]
    if entry == len(entries) or _crowded(entry, slots) or state[1] + size > len(arena):
        return False
    slots[slot] = mark | (entry + 1)
    entries[entry, _START] = state[1]
    entries[entry, _SIZE_GROUP] = size << 16 | group
    entries[entry, _COUNT] = amount
    for i in range(size):
        arena[state[1] + i] = data[start + i]
    state[0] += 1
    state[1] += size
    return True


@njit(nogil=True, cache=True)
def count_pieces(  # type: ignore[no-untyped-def]
    data, offsets, languages, classes, pattern, most_bytes, document, position,
    slots, entries, arena, state, totals,
):  # fmt: skip
    """Counts pieces from byte `position` of `document` on; gives where it stopped: past the last document,
    or where the table was full. Pieces of more than most_bytes bytes are not counted.

    totals int64[3] += pieces counted, pieces too long, bytes of those.
    """
    while document < len(offsets) - 1:
        i, n = max(position, offsets[document]), offsets[document + 1]
        group = np.int64(languages[document])
        while i < n:
            end = next_piece(data, i, n, classes, pattern)
            if end - i > most_bytes:
                totals[1] += 1
                totals[2] += end - i
            else:
                if not _add(data, i, end, group, 1, slots, entries, arena, state):
                    return document, i
                totals[0] += 1
            i = end
        document += 1
        position = np.int64(0)
    return document, np.int64(0)


@njit(nogil=True, cache=True)
def add_pieces(data, offsets, amounts, row, slots, entries, arena, state):  # type: ignore[no-untyped-def]
    """Adds amounts[row:] to the entries of the pieces in data, those that are not 0; gives the row where the
    table was full."""
    while row < len(offsets) - 1:
        if amounts[row] != 0 and not _add(
            data, offsets[row], offsets[row + 1], np.int64(0), amounts[row], slots, entries, arena, state
        ):
            return row
        row += 1
    return row
