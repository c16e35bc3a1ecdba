"""Heads of close pairs: features of windows counted by bucket, and windows judged by weights of buckets."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from corpus.kernels.lid import hashes

__all__ = ["BUCKETS", "SHIFT", "count", "duel"]

#: Buckets of features. With a quarter of them, collisions cost one window in a hundred its language.
BUCKETS = 1 << 20
SHIFT = np.uint64(64 - 20)


@njit(nogil=True, cache=True)
def count(
    data: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64], fold: NDArray[np.uint16]
) -> NDArray[np.float32]:
    """How often the features of the windows fall in each bucket: float32 [BUCKETS]."""
    result = np.zeros(BUCKETS, np.float32)
    longest = 0
    for w in range(starts.size):
        longest = max(longest, ends[w] - starts[w])
    scratch = np.empty(longest * 7 + 64, np.uint64)
    for w in range(starts.size):
        total = hashes(data, starts[w], ends[w], fold, scratch)
        for k in range(total):
            result[scratch[k] >> SHIFT] += 1
    return result


@njit(nogil=True, cache=True)
def duel(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    fold: NDArray[np.uint16],
    weights: NDArray[np.int8],
    head: NDArray[np.int64],
) -> NDArray[np.int64]:
    """For each window: the weights (int8 [heads, BUCKETS]) of head[w] of its different features, added up.

    A feature counts once in a window: what is repeated is a topic.
    """
    sums = np.zeros(starts.size, np.int64)
    longest = 0
    for w in range(starts.size):
        longest = max(longest, ends[w] - starts[w])
    scratch = np.empty(longest * 7 + 64, np.uint64)
    # the buckets that counted, by their lowest bits, with the window they counted in
    size = 64
    while size < 2 * scratch.size:
        size *= 2
    counted = np.full(size, -1, np.int64)
    for w in range(starts.size):
        line = weights[head[w]]
        total = hashes(data, starts[w], ends[w], fold, scratch)
        for k in range(total):
            bucket = np.int64(scratch[k] >> SHIFT)
            weight = np.int64(line[bucket])
            if weight == 0:
                continue
            entry = w * BUCKETS + bucket
            slot = bucket & (size - 1)
            while counted[slot] // BUCKETS == w and counted[slot] != entry:
                slot = (slot + 1) & (size - 1)
            if counted[slot] != entry:
                counted[slot] = entry
                sums[w] += weight
    return sums
