"""Vocabulary and merges as the text of tokenizer.json, without a Python string for each token."""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["merge_lines", "vocabulary_lines"]

_QUOTE, _COMMA, _COLON, _OPEN, _CLOSE, _ZERO = 0x22, 0x2C, 0x3A, 0x5B, 0x5D, 0x30


@njit(nogil=True, cache=True)
def _name(out, at, arena, ends, token, letters, offsets):  # type: ignore[no-untyped-def]
    """Writes the quoted name of a token: for each byte letters[offsets[byte]:offsets[byte + 1]]."""
    out[at] = _QUOTE
    at += 1
    for i in range(ends[token], ends[token + 1]):
        for k in range(offsets[arena[i]], offsets[arena[i] + 1]):
            out[at] = letters[k]
            at += 1
    out[at] = _QUOTE
    return at + 1


@njit(nogil=True, cache=True)
def _number(out, at, value):  # type: ignore[no-untyped-def]
    size = 1
    rest = value // 10
    while rest:
        size += 1
        rest //= 10
    for k in range(size):
        out[at + size - 1 - k] = _ZERO + value % 10
        value //= 10
    return at + size


@njit(nogil=True, cache=True)
def vocabulary_lines(arena, ends, first, last, base, letters, offsets):  # type: ignore[no-untyped-def]
    """`"name":id,` for tokens first..last-1; the id of token i is base + i; 2 characters a byte at most."""
    out = np.empty(2 * (ends[last] - ends[first]) + 24 * (last - first), np.uint8)
    at = 0
    for token in range(first, last):
        at = _name(out, at, arena, ends, token, letters, offsets)
        out[at] = _COLON
        at = _number(out, at + 1, base + token)
        out[at] = _COMMA
        at += 1
    return out[:at]


@njit(nogil=True, cache=True)
def merge_lines(arena, ends, left, right, first, last, letters, offsets):  # type: ignore[no-untyped-def]
    """`["left","right"],` for merges first..last-1."""
    size = 0
    for k in range(first, last):
        size += ends[left[k] + 1] - ends[left[k]] + ends[right[k] + 1] - ends[right[k]]
    out = np.empty(2 * size + 8 * (last - first), np.uint8)
    at = 0
    for k in range(first, last):
        out[at] = _OPEN
        at = _name(out, at + 1, arena, ends, left[k], letters, offsets)
        out[at] = _COMMA
        at = _name(out, at + 1, arena, ends, right[k], letters, offsets)
        out[at], out[at + 1] = _CLOSE, _COMMA
        at += 2
    return out[:at]
