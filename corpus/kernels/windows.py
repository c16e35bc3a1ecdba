"""Windows over words: hashes of every run of n words, and a hash table to look many of them up."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from corpus.kernels.mix import mix
from corpus.kernels.unicode import readonly

__all__ = ["find", "table", "word_windows"]

_STEP = np.uint64(0x9E3779B97F4A7C15)


def word_windows(
    hashes: NDArray[np.uint64], offsets: NDArray[np.int64], size: int
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Hashes of every `size` words in a row; none for a document of fewer words. Window w of a document
    begins at its word w; document i owns values[out[i]:out[i+1]]. 0 is never a hash."""
    counts = np.maximum(np.diff(offsets) - size + 1, 0)
    out = np.zeros(len(offsets), np.int64)
    np.cumsum(counts, out=out[1:])
    values = np.empty(int(out[-1]), np.uint64)
    with np.errstate(over="ignore"):
        _word_windows(readonly(hashes), readonly(offsets), size, out, values)
    return values, out


@njit(nogil=True, cache=True)
def _word_windows(hashes, offsets, size, out, values):  # type: ignore[no-untyped-def]
    last = np.uint64(1)
    for _ in range(size - 1):
        last = np.uint64(last * _STEP)
    for document in range(len(offsets) - 1):
        if out[document + 1] == out[document]:
            continue
        first = offsets[document]
        rolling = np.uint64(0)
        for word in range(first, first + size):
            rolling = np.uint64(rolling * _STEP + hashes[word])
        at = out[document]
        values[at] = max(mix(rolling), np.uint64(1))
        for word in range(first + size, offsets[document + 1]):
            rolling = np.uint64((rolling - hashes[word - size] * last) * _STEP + hashes[word])
            at += 1
            values[at] = max(mix(rolling), np.uint64(1))


def table(keys: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """(keys, values) of an open-addressing table: distinct keys, none of them 0, to their positions."""
    size = 16
    while size < 3 * len(keys):
        size *= 2
    slots, values = np.zeros(size, np.uint64), np.full(size, -1, np.int64)
    _fill(readonly(keys), slots, values)
    return slots, values


@njit(nogil=True, cache=True)
def _fill(keys, slots, values):  # type: ignore[no-untyped-def]
    mask = np.uint64(len(slots) - 1)
    for i in range(len(keys)):
        slot = keys[i] & mask
        while slots[slot] != 0 and slots[slot] != keys[i]:
            slot = (slot + np.uint64(1)) & mask
        if slots[slot] == 0:
            slots[slot] = keys[i]
            values[slot] = i


def find(
    wanted: NDArray[np.uint64], slots: NDArray[np.uint64], values: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The value of every wanted key in a `table`, -1 where it has none."""
    out = np.empty(len(wanted), np.int64)
    _find(readonly(wanted), slots, values, out)
    return out


@njit(nogil=True, cache=True)
def _find(wanted, slots, values, out):  # type: ignore[no-untyped-def]
    mask = np.uint64(len(slots) - 1)
    for i in range(len(wanted)):
        slot = wanted[i] & mask
        while slots[slot] != 0 and slots[slot] != wanted[i]:
            slot = (slot + np.uint64(1)) & mask
        out[i] = values[slot] if slots[slot] != 0 else -1
