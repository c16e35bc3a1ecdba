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

    A feature counts once in a window: what is repeated is a topic. Few have a weight, so those that counted
    are looked through one by one.
    """
    sums = np.zeros(starts.size, np.int64)
    longest = 0
    for w in range(starts.size):
        longest = max(longest, ends[w] - starts[w])
    scratch = np.empty(longest * 7 + 64, np.uint64)
    for w in range(starts.size):
        line = weights[head[w]]
        total = hashes(data, starts[w], ends[w], fold, scratch)
        seen = 0
        for k in range(total):
            bucket = scratch[k] >> SHIFT
            weight = np.int64(line[bucket])
            if weight == 0:
                continue
            again = False
            for j in range(seen):
                if scratch[j] == bucket:
                    again = True
                    break
            if not again:
                scratch[seen] = bucket
                seen += 1
                sums[w] += weight
    return sums
