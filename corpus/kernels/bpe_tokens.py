"""Tokens of a byte-level vocabulary while it grows: their bytes, and a table from bytes to id."""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["first_tokens", "join", "new_tokens"]


@njit(nogil=True, cache=True)
def new_tokens(tokens):  # type: ignore[no-untyped-def]
    """Room for this many tokens: bytes back to back, where each begins and ends, and the table."""
    size = 1024
    while size < 2 * tokens:
        size *= 2
    return (
        np.empty(max(1 << 14, 8 * tokens), np.uint8),
        np.zeros(tokens + 2, np.int64),
        np.full(size, -1, np.int32),
    )


@njit(nogil=True, cache=True)
def _place(known, arena, ends, start, end):  # type: ignore[no-untyped-def]
    """Place in the table of the token whose bytes are arena[start:end], or a free one."""
    value = np.uint64(0xCBF29CE484222325)
    for i in range(start, end):
        value = (value ^ np.uint64(arena[i])) * np.uint64(0x100000001B3)
    mask = np.uint64(len(known) - 1)
    place = np.int64((value ^ (value >> np.uint64(31))) & mask)
    while known[place] >= 0:
        first, last = ends[known[place]], ends[known[place] + 1]
        if last - first == end - start:
            same = True
            for i in range(end - start):
                if arena[first + i] != arena[start + i]:
                    same = False
                    break
            if same:
                return place
        place = np.int64(np.uint64(place + 1) & mask)
    return place


@njit(nogil=True, cache=True)
def first_tokens(arena, ends, known, alphabet):  # type: ignore[no-untyped-def]
    """The 256 bytes, in the order of `alphabet`, as tokens 0..255."""
    for i in range(256):
        arena[i] = alphabet[i]
        ends[i + 1] = i + 1
        known[_place(known, arena, ends, i, i + 1)] = i


@njit(nogil=True, cache=True)
def _forbidden(arena, start, end, texts, offsets):  # type: ignore[no-untyped-def]
    for k in range(len(offsets) - 1):
        first = offsets[k]
        if offsets[k + 1] - first == end - start:
            same = True
            for i in range(end - start):
                if texts[first + i] != arena[start + i]:
                    same = False
                    break
            if same:
                return True
    return False


@njit(nogil=True, cache=True)
def join(arena, ends, known, made, a, b, texts, offsets):  # type: ignore[no-untyped-def]
    """Id of the token that spells a and b, `made` where it is new, -1 where the text is forbidden; and the
    bytes of all tokens, which may have moved."""
    start = ends[made]
    middle = start + ends[a + 1] - ends[a]
    end = middle + ends[b + 1] - ends[b]
    if end > len(arena):
        grown = np.empty(len(arena) + len(arena) // 2 + end - start, np.uint8)
        grown[: len(arena)] = arena
        arena = grown
    for i in range(start, middle):
        arena[i] = arena[ends[a] + i - start]
    for i in range(middle, end):
        arena[i] = arena[ends[b] + i - middle]
    if _forbidden(arena, start, end, texts, offsets):
        return arena, np.int32(-1)
    place = _place(known, arena, ends, start, end)
    if known[place] < 0:
        known[place] = made
        ends[made + 1] = end
    return arena, known[place]
