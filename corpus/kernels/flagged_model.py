"""A linear model over hashed word uni- and bigrams: training and scoring over shared word hashes.

Words that start an entry of a flagged list are left out (`masked`), so a model trained on labels that those
words gave learns the context and not the words. Weights: float32, 2**BITS of them, the last is the bias. A
document's score is the mean weight of its features times sqrt(their number), plus the bias: long documents
are not pushed to 0 or 1 by length alone.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["BITS", "scores", "train"]

BITS = 20
_LEFT, _RIGHT = np.uint64(17), np.uint64(47)
_SHIFT = np.uint64(64 - BITS)


@njit(nogil=True, cache=True)
def _features(
    hashes: NDArray[np.uint64], start: int, end: int, masked: NDArray[np.bool_], slots: NDArray[np.int64]
) -> int:
    """Slots of the features of words start:end; a masked word also cuts the bigram over it."""
    count = 0
    previous = np.uint64(0)
    for w in range(start, end):
        value = hashes[w]
        if masked[np.int64(value >> np.uint64(48))]:
            previous = np.uint64(0)
            continue
        slots[count] = np.int64(value >> _SHIFT)
        count += 1
        if previous != 0:
            slots[count] = np.int64((((previous << _LEFT) | (previous >> _RIGHT)) ^ value) >> _SHIFT)
            count += 1
        previous = value
    return count


@njit(nogil=True, cache=True)
def _longest(offsets: NDArray[np.int64]) -> int:
    longest = 1
    for i in range(offsets.size - 1):
        longest = max(longest, offsets[i + 1] - offsets[i])
    return longest


@njit(nogil=True, cache=True)
def scores(
    hashes: NDArray[np.uint64],
    offsets: NDArray[np.int64],
    masked: NDArray[np.bool_],
    weights: NDArray[np.float32],
) -> NDArray[np.float64]:
    """The raw score (logit) of every document; 0 features give the bias."""
    documents = offsets.size - 1
    result = np.empty(documents, np.float64)
    slots = np.empty(2 * _longest(offsets), np.int64)
    bias = weights.size - 1
    for i in range(documents):
        count = _features(hashes, offsets[i], offsets[i + 1], masked, slots)
        total = 0.0
        for k in range(count):
            total += weights[slots[k]]
        result[i] = total / math.sqrt(max(count, 1)) + weights[bias]
    return result


@njit(nogil=True, cache=True)
def train(
    hashes: NDArray[np.uint64],
    offsets: NDArray[np.int64],
    labels: NDArray[np.float64],
    importance: NDArray[np.float64],
    masked: NDArray[np.bool_],
    order: NDArray[np.int64],
    rate: float,
    decay: float,
) -> NDArray[np.float32]:
    """Weights after one AdaGrad step for each document of `order`, logistic loss with L2 `decay`."""
    size = (1 << BITS) + 1
    weights = np.zeros(size, np.float32)
    squares = np.full(size, 1e-4, np.float32)
    slots = np.empty(2 * _longest(offsets), np.int64)
    bias = size - 1
    for i in order:
        count = _features(hashes, offsets[i], offsets[i + 1], masked, slots)
        scale = 1.0 / math.sqrt(max(count, 1))
        total = 0.0
        for k in range(count):
            total += weights[slots[k]]
        logit = total * scale + weights[bias]
        error = (1.0 / (1.0 + math.exp(-min(max(logit, -30.0), 30.0))) - labels[i]) * importance[i]
        for k in range(count):
            slot = slots[k]
            gradient = error * scale + decay * weights[slot]
            squares[slot] += gradient * gradient
            weights[slot] -= rate * gradient / math.sqrt(squares[slot])
        squares[bias] += error * error
        weights[bias] -= rate * error / math.sqrt(squares[bias])
    return weights
