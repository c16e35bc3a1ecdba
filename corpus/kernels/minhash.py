"""MinHash signatures and band keys (Broder 1997; Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, 3).

A signature holds, for each of n linear permutations x -> a*x + b mod 2^32 of the shingle hashes, 16 mixed
bits of the smallest value. 16 bits are enough (two different minima agree with a probability of 1.5e-5; the
standard error of 128 permutations is 0.04) and halve the signature: 256 bytes for 128 permutations.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from corpus.kernels.unicode import readonly

__all__ = ["agreement", "band_keys", "permutations", "signatures", "splitmix"]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


def splitmix(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The splitmix64 finaliser (Steele, Lea, Flood 2014) of every value: a bijection of 64-bit numbers."""
    with np.errstate(over="ignore"):
        values = values + _GOLDEN
        values = (values ^ (values >> np.uint64(30))) * _MIX_1
        values = (values ^ (values >> np.uint64(27))) * _MIX_2
        return values ^ (values >> np.uint64(31))


def permutations(count: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Odd multipliers and offsets of the first permutations; the first k are the same for any count."""
    drawn = splitmix(np.arange(count, dtype=np.uint64))
    return (drawn >> np.uint64(32)).astype(np.uint32) | np.uint32(1), drawn.astype(np.uint32)


def signatures(values: NDArray[np.uint32], offsets: NDArray[np.int64], count: int) -> NDArray[np.uint16]:
    """Signatures uint16 [documents, count] of shingles (sets or lists alike); 65535s where there are none."""
    multipliers, increments = permutations(count)
    out = np.empty((len(offsets) - 1, count), np.uint16)
    with np.errstate(over="ignore"):
        _signatures(readonly(values), readonly(offsets), multipliers, increments, out)
    return out


@njit(nogil=True, cache=True)
def _signatures(values, offsets, multipliers, increments, out):  # type: ignore[no-untyped-def]
    count = len(multipliers)
    minima = np.empty(count, np.uint32)
    for document in range(len(offsets) - 1):
        minima[:] = np.uint32(0xFFFFFFFF)
        last = offsets[document + 1] - 1
        for i in range(offsets[document], last + 1, 4):
            # At the end the last one is taken again: it changes nothing.
            second, third, fourth = min(i + 1, last), min(i + 2, last), min(i + 3, last)
            _lower(values[i], values[second], values[third], values[fourth], multipliers, increments, minima)
        for j in range(count):
            out[document, j] = _fold(minima[j])


# Its own function: LLVM vectorises a loop only when it stands alone. Four shingles at a time: the minima are
# loaded and stored a fourth as often (1.7 M shingles x 128: 7 ms, one at a time 24).
@njit(nogil=True, cache=True)
def _lower(a, b, c, d, multipliers, increments, minima):  # type: ignore[no-untyped-def]
    for j in range(len(minima)):
        multiplier, increment = multipliers[j], increments[j]
        left = min(np.uint32(a * multiplier + increment), np.uint32(b * multiplier + increment))
        right = min(np.uint32(c * multiplier + increment), np.uint32(d * multiplier + increment))
        minima[j] = min(minima[j], min(left, right))


@njit(nogil=True, cache=True, inline="always")
def _fold(value):  # type: ignore[no-untyped-def]
    mixed = np.uint64(value) * _GOLDEN
    return np.uint16(mixed >> np.uint64(48))


def band_keys(sketches: NDArray[np.uint16], bands: int, rows: int) -> NDArray[np.uint64]:
    """Keys uint64 [documents, bands]: equal where all `rows` minima of the band are equal."""
    keys = np.empty((len(sketches), bands), np.uint64)
    with np.errstate(over="ignore"):
        _band_keys(sketches, rows, keys)
    return keys


@njit(nogil=True, cache=True)
def _band_keys(sketches, rows, keys):  # type: ignore[no-untyped-def]
    for document in range(keys.shape[0]):
        for band in range(keys.shape[1]):
            key = np.uint64(band + 1) * _MIX_2
            for row in range(band * rows, (band + 1) * rows):
                key = np.uint64((key ^ np.uint64(sketches[document, row])) * _MIX_1)
                key = key ^ (key >> np.uint64(29))
            keys[document, band] = np.uint64(key * _GOLDEN) ^ (key >> np.uint64(32))


@njit(nogil=True, cache=True)
def agreement(left, right):  # type: ignore[no-untyped-def]
    """Share of equal minima of two signatures: an unbiased estimate of the Jaccard index."""
    equal = 0
    for j in range(len(left)):
        equal += left[j] == right[j]
    return equal / len(left)
