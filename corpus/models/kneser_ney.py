"""Modified Kneser-Ney: from n-gram counts to interpolated, pruned probabilities and back-off weights.

Sources: Chen and Goodman 1998 (TR-10-98); Heafield et al. 2013 for interpolation in closed form, for pruning
(what is pruned stays in the denominator and goes to the back-off weight) and for counts at `<s>`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corpus.kernels import lm

__all__ = ["Grams", "Level", "estimate"]


@dataclass(frozen=True)
class Grams:
    """Distinct n-grams of one length: keys ascending (kernels.lm), and how often each was met."""

    keys: NDArray[np.uint64]
    counts: NDArray[np.int64]


@dataclass(frozen=True)
class Level:
    """Kept n-grams of one length: keys ascending, probability, and back-off weight as a context (1: none)."""

    keys: NDArray[np.uint64]
    probabilities: NDArray[np.float64]
    backoffs: NDArray[np.float64]


def estimate(grams: Sequence[Grams], base: int, pruning: Sequence[int]) -> tuple[Level, ...]:
    """Levels 1..N from raw counts of lengths 1..N.

    base      identifiers are 1..base-1; every one of them but `<s>` gets a unigram probability
    pruning   for each length, n-grams met at most this often are left out; must not fall, and 0 for length 1
    """
    if pruning[0] != 0 or list(pruning) != sorted(pruning):
        raise ValueError(f"pruning {list(pruning)}: begins with 0 and never falls")
    order = len(grams)
    adjusted = [_adjusted(grams, length, base) for length in range(1, order + 1)]
    levels = [_unigrams(grams[0], adjusted[0], base)]
    radix = np.uint64(base)
    for length in range(2, order + 1):
        keys, counts = grams[length - 1].keys, adjusted[length - 1]
        kept = grams[length - 1].counts > pruning[length - 1]
        contexts, group = _groups(keys // radix)
        discount = _discounts(counts)[np.minimum(counts, 3)]
        total = np.bincount(group, counts, len(contexts))
        lost = np.bincount(group, np.where(kept, discount, counts), len(contexts))
        share = lost / total
        keys, group = keys[kept], group[kept]
        power = radix ** np.uint64(length - 1)
        below = levels[-1]
        lower = below.probabilities[np.searchsorted(below.keys, keys % power)]
        own = (counts[kept] - discount[kept]) / total[group]
        place = np.searchsorted(contexts, below.keys)
        as_context = place < len(contexts)
        as_context[as_context] = contexts[place[as_context]] == below.keys[as_context]
        below.backoffs[as_context] = share[place[as_context]]
        levels.append(Level(keys, own + share[group] * lower, np.ones(len(keys))))
    return tuple(levels)


def _adjusted(grams: Sequence[Grams], length: int, base: int) -> NDArray[np.int64]:
    # How many different words stand before the n-gram; for the longest and for those at <s>, how often it is
    # met. Behind <unk> only, an n-gram has no left neighbour that counts: it was seen, so it counts once.
    own = grams[length - 1]
    if length == len(grams):
        return own.counts
    power = np.uint64(base) ** np.uint64(length)
    suffixes = np.searchsorted(own.keys, grams[length].keys % power)
    left = np.bincount(suffixes, minlength=len(own.keys)).astype(np.int64)
    at_begin = own.keys // (power // np.uint64(base)) == np.uint64(lm.BEGIN)
    return np.where(at_begin, own.counts, np.maximum(left, 1))


def _discounts(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """What is taken off counts 0, 1, 2 and 3 or more; 0.5, 1, 1.5 where the counts of counts do not say."""
    met = np.bincount(np.minimum(counts, 5), minlength=6)[1:5].astype(np.float64)
    if (met > 0).all():
        y = met[0] / (met[0] + 2 * met[1])
        found = np.array([0.0, *(k - (k + 1) * y * met[k] / met[k - 1] for k in (1, 2, 3))])
        if all(0 < found[k] < k for k in (1, 2, 3)):
            return found
    return np.array([0.0, 0.5, 1.0, 1.5])


def _groups(contexts: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    first = np.ones(len(contexts), bool)
    first[1:] = contexts[1:] != contexts[:-1]
    return contexts[first], np.cumsum(first) - 1


def _unigrams(grams: Grams, counts: NDArray[np.int64], base: int) -> Level:
    counts = np.where(grams.keys == np.uint64(lm.BEGIN), 0, counts)
    dense = np.zeros(base, np.int64)
    dense[grams.keys.astype(np.int64)] = counts
    discount = _discounts(counts[counts > 0])[np.minimum(dense, 3)]
    total = max(int(dense.sum()), 1)
    share = float(discount.sum()) / total if dense.any() else 1.0
    probabilities = (dense - discount) / total + share / (base - 2)  # without 0 and <s>
    probabilities[lm.BEGIN] = 1.0
    return Level(np.arange(1, base, dtype=np.uint64), probabilities[1:].copy(), np.ones(base - 1))
