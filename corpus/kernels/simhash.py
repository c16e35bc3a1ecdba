"""SimHash (Charikar 2002): 64 bits a document, close where many windows of tokens are shared.

Manku, Jain, Das Sarma (2007): of `blocks` blocks of the 64 bits, two hashes that differ in at most `distance`
bits agree in `blocks - distance` of them, so the combinations of that many blocks are keys to candidates.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from corpus.kernels.minhash import splitmix
from corpus.kernels.mix import SECOND, mix
from corpus.kernels.unicode import readonly, tables
from corpus.kernels.words import decode

__all__ = ["block_keys", "characters", "distance", "simhashes"]

_STEP = np.uint64(0x9E3779B97F4A7C15)
_ONE = np.uint64(1)


def characters(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    offsets: NDArray[np.int64],
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Case-folded code points of the words, as tokens uint64; document i owns tokens out[i]:out[i+1]."""
    tokens = np.empty(int((ends - starts).sum()), np.uint64)
    out = np.zeros(len(offsets), np.int64)
    used = _characters(
        readonly(data), readonly(starts), readonly(ends), readonly(offsets), tables().fold, tokens, out
    )
    return splitmix(tokens[:used]), out


@njit(nogil=True, cache=True)
def _characters(data, starts, ends, offsets, fold, tokens, out):  # type: ignore[no-untyped-def]
    used = 0
    for document in range(len(offsets) - 1):
        for word in range(offsets[document], offsets[document + 1]):
            at = starts[word]
            while at < ends[word]:
                code, size = decode(data, at, ends[word])
                tokens[used] = np.uint64(code + fold[code])
                used += 1
                at += size
        out[document + 1] = used
    return used


def simhashes(tokens: NDArray[np.uint64], offsets: NDArray[np.int64], window: int = 6) -> NDArray[np.uint64]:
    """SimHash uint64 of every document from windows of `window` tokens; 0 where it has no token."""
    out = np.zeros(len(offsets) - 1, np.uint64)
    with np.errstate(over="ignore"):
        _simhashes(readonly(tokens), readonly(offsets), window, out)
    return out


@njit(nogil=True, cache=True)
def _simhashes(tokens, offsets, window, out):  # type: ignore[no-untyped-def]
    counts = np.empty(64, np.int32)
    for document in range(len(offsets) - 1):
        first, count = offsets[document], offsets[document + 1] - offsets[document]
        windows = max(count - window + 1, min(count, 1))
        counts[:] = 0
        for at in range(first, first + windows):
            value = np.uint64(0)
            for token in range(at, min(at + window, first + count)):
                value = np.uint64(value * _STEP + tokens[token])
            _count(mix(value), counts)
        for bit in range(64):
            if 2 * counts[bit] > windows:
                out[document] |= _ONE << np.uint64(bit)


@njit(nogil=True, cache=True)
def _count(value, counts):  # type: ignore[no-untyped-def]
    for bit in range(64):
        counts[bit] += np.int32((value >> np.uint64(bit)) & _ONE)


def block_keys(hashes: NDArray[np.uint64], blocks: int = 6, distance: int = 4) -> NDArray[np.uint64]:
    """Keys uint64 [documents, keys]: two hashes at most `distance` bits apart share at least one."""
    edges = np.linspace(0, 64, blocks + 1).astype(np.int64)
    keys = []
    for number, chosen in enumerate(combinations(range(blocks), blocks - distance)):
        mask = sum(((1 << int(edges[b + 1] - edges[b])) - 1) << int(edges[b]) for b in chosen)
        with np.errstate(over="ignore"):
            salted = splitmix(hashes & np.uint64(mask)) + np.uint64(number + 1) * SECOND
        keys.append(splitmix(salted))
    return np.stack(keys, axis=1)


@njit(nogil=True, cache=True)
def distance(left, right):  # type: ignore[no-untyped-def]
    """Bits in which two 64-bit hashes differ."""
    rest = np.uint64(left ^ right)
    bits = 0
    while rest:
        rest &= np.uint64(rest - _ONE)
        bits += 1
    return bits
