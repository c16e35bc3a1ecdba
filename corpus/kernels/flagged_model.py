"""A linear model over hashed words, pairs of words and stretches of four letters: features, training, score.

Words that lists flag by themselves are left out (`masked`), so a model trained on labels those words gave
learns the context and not the words. Stretches of letters let it know a word it has not seen by its parts, in
any spelling. Weights: float32, 2**BITS of them and the bias. A document's score is the sum of the weights of
its features over sqrt(their number), plus the bias: long documents are not pushed to 0 or 1 by length alone.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from corpus.kernels.unicode import readonly

__all__ = ["BITS", "features", "raw", "scores", "train"]

BITS = 18
_LEFT, _RIGHT = np.uint64(17), np.uint64(47)
_SHIFT = np.uint64(64 - BITS)
_STRETCH = 4
#: Longer words are addresses and encoded data.
_LONGEST_WORD = 40
_MIX = np.uint32(0x9E3779B1)


@njit(nogil=True, cache=True)
def _fill(
    hashes: NDArray[np.uint64],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    data: NDArray[np.uint8],
    first: int,
    last: int,
    masked: NDArray[np.bool_],
    slots: NDArray[np.uint32],
) -> int:
    """Slots of the features of words first:last; a masked word also cuts the pair over it."""
    count = 0
    previous = np.uint64(0)
    for w in range(first, last):
        value = hashes[w]
        if masked[np.int64(value >> np.uint64(48))] or ends[w] - starts[w] > _LONGEST_WORD:
            previous = np.uint64(0)
            continue
        slots[count] = np.uint32(value >> _SHIFT)
        count += 1
        if previous != 0:
            slots[count] = np.uint32((((previous << _LEFT) | (previous >> _RIGHT)) ^ value) >> _SHIFT)
            count += 1
        previous = value
        window = np.uint32(0)
        for k in range(starts[w], ends[w]):
            byte = np.uint32(data[k])
            if 0x41 <= byte <= 0x5A:
                byte |= np.uint32(0x20)
            window = np.uint32((window << np.uint32(8)) | byte)
            if k - starts[w] >= _STRETCH - 1:
                mixed = np.uint32((window ^ (window >> np.uint32(15))) * _MIX)
                slots[count] = np.uint32(mixed >> np.uint32(32 - BITS))
                count += 1
    return count


@njit(nogil=True, cache=True)
def _most(offsets: NDArray[np.int64], starts: NDArray[np.int64], ends: NDArray[np.int64]) -> int:
    """Features of the document that can have most."""
    most = 1
    for i in range(offsets.size - 1):
        total = 2 * (offsets[i + 1] - offsets[i])
        for w in range(offsets[i], offsets[i + 1]):
            total += min(ends[w] - starts[w], _LONGEST_WORD)
        most = max(most, total)
    return most


@njit(nogil=True, cache=True)
def _features(
    hashes: NDArray[np.uint64],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    data: NDArray[np.uint8],
    first: int,
    last: int,
    masked: NDArray[np.bool_],
) -> NDArray[np.uint32]:
    slots = np.empty(_most(np.array([first, last]), starts, ends), np.uint32)
    return slots[: _fill(hashes, starts, ends, data, first, last, masked, slots)].copy()


def features(
    hashes: NDArray[np.uint64],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    data: NDArray[np.uint8],
    first: int,
    last: int,
    masked: NDArray[np.bool_],
) -> NDArray[np.uint32]:
    """The features of words first:last, in order, repeated as often as they occur."""
    with np.errstate(over="ignore"):  # wraps; NumPy warns of it where kernels are not compiled
        return np.asarray(_features(hashes, starts, ends, readonly(data), first, last, masked))


@njit(nogil=True, cache=True)
def _scores(
    hashes: NDArray[np.uint64],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    masked: NDArray[np.bool_],
    weights: NDArray[np.float32],
) -> NDArray[np.float64]:
    documents = offsets.size - 1
    result = np.empty(documents, np.float64)
    slots = np.empty(_most(offsets, starts, ends), np.uint32)
    for i in range(documents):
        count = _fill(hashes, starts, ends, data, offsets[i], offsets[i + 1], masked, slots)
        total = 0.0
        for k in range(count):
            total += weights[slots[k]]
        result[i] = total / math.sqrt(max(count, 1)) + weights[weights.size - 1]
    return result


def scores(
    hashes: NDArray[np.uint64],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    masked: NDArray[np.bool_],
    weights: NDArray[np.float32],
) -> NDArray[np.float64]:
    """The raw score (logit) of every document; a document without features gives the bias."""
    with np.errstate(over="ignore"):
        return np.asarray(_scores(hashes, starts, ends, readonly(data), offsets, masked, weights))


@njit(nogil=True, cache=True)
def train(
    slots: NDArray[np.uint32],
    offsets: NDArray[np.int64],
    labels: NDArray[np.float64],
    importance: NDArray[np.float64],
    order: NDArray[np.int64],
    rate: float,
    decay: float,
) -> NDArray[np.float32]:
    """Weights after one AdaGrad step for each document of `order`, logistic loss with L2 `decay`.

    Document i has the features slots[offsets[i]:offsets[i+1]].
    """
    size = (1 << BITS) + 1
    weights = np.zeros(size, np.float32)
    squares = np.full(size, 1e-4, np.float32)
    bias = size - 1
    for i in order:
        first, last = offsets[i], offsets[i + 1]
        scale = 1.0 / math.sqrt(max(last - first, 1))
        total = 0.0
        for k in range(first, last):
            total += weights[slots[k]]
        logit = total * scale + weights[bias]
        error = (1.0 / (1.0 + math.exp(-min(max(logit, -30.0), 30.0))) - labels[i]) * importance[i]
        for k in range(first, last):
            slot = slots[k]
            gradient = error * scale + decay * weights[slot]
            squares[slot] += gradient * gradient
            weights[slot] -= rate * gradient / math.sqrt(squares[slot])
        squares[bias] += error * error
        weights[bias] -= rate * error / math.sqrt(squares[bias])
    return weights


@njit(nogil=True, cache=True)
def raw(
    slots: NDArray[np.uint32], offsets: NDArray[np.int64], weights: NDArray[np.float32]
) -> NDArray[np.float64]:
    """The raw score of documents given by their features."""
    result = np.empty(offsets.size - 1, np.float64)
    for i in range(offsets.size - 1):
        total = 0.0
        for k in range(offsets[i], offsets[i + 1]):
            total += weights[slots[k]]
        result[i] = total / math.sqrt(max(offsets[i + 1] - offsets[i], 1)) + weights[weights.size - 1]
    return result
