"""Kernels that learn: weighted pair counts over word types, many merges at once, keys of n-grams."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from corpus.kernels.lm import BEGIN, UNKNOWN, slot_of

__all__ = ["count_pairs", "gram_keys", "merge_pairs"]


@njit(nogil=True, cache=True)
def count_pairs(
    symbols: NDArray[np.int32],
    starts: NDArray[np.int64],
    lengths: NDArray[np.int32],
    weights: NDArray[np.int64],
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Each pair of neighbours in the words (left << 32 | right) and its weight, in order of first sight."""
    total = 0
    for word in range(len(starts)):
        total += max(lengths[word] - 1, 0)
    size = 16
    while size < total * 2:
        size *= 2
    table = np.full(size, -1, np.int32)
    pairs = np.empty(total, np.uint64)
    counts = np.zeros(total, np.int64)
    found = 0
    for word in range(len(starts)):
        first = starts[word]
        for at in range(first, first + lengths[word] - 1):
            pair = np.uint64(symbols[at]) << np.uint64(32) | np.uint64(symbols[at + 1])
            slot = slot_of(pair, np.uint64(size))
            while table[slot] >= 0 and pairs[table[slot]] != pair:
                slot += 1
                if slot == size:
                    slot = 0
            if table[slot] < 0:
                table[slot] = found
                pairs[found] = pair
                found += 1
            counts[table[slot]] += weights[word]
    return pairs[:found].copy(), counts[:found].copy()


@njit(nogil=True, cache=True)
def merge_pairs(
    symbols: NDArray[np.int32],
    starts: NDArray[np.int64],
    lengths: NDArray[np.int32],
    partners: NDArray[np.int32],
    merged: NDArray[np.int32],
) -> None:
    """Replaces, in place, each symbol followed by its partner (-1: none) by the merged symbol."""
    for word in range(len(starts)):
        first = starts[word]
        last = first + lengths[word]
        put = at = first
        while at < last:
            symbol = symbols[at]
            if at + 1 < last and partners[symbol] == symbols[at + 1]:
                symbols[put] = merged[symbol]
                at += 2
            else:
                symbols[put] = symbol
                at += 1
            put += 1
        lengths[word] = put - first


@njit(nogil=True, cache=True)
def gram_keys(tokens: NDArray[np.int32], length: int, base: int) -> NDArray[np.uint64]:
    """Keys of all n-grams of this length that lie in one line; longer than one, without `<unk>`.

    `<unk>` alone is not counted either: its probability is what the unigrams leave over.
    """
    keys = np.empty(len(tokens), np.uint64)
    filled = 0
    radix = np.uint64(base)
    top = radix ** np.uint64(length - 1)
    key = np.uint64(0)
    run = 0
    for token in tokens:
        if token in (BEGIN, UNKNOWN):
            run = 0
            key = np.uint64(0)
            if token == UNKNOWN:
                continue
        key = (key % top) * radix + np.uint64(token) if length > 1 else np.uint64(token)
        run += 1
        if run >= length:
            keys[filled] = key
            filled += 1
    return keys[:filled].copy()
