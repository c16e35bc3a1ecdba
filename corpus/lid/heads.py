"""Heads for close pairs: which of two languages a window is in, where nothing but the pair is in question.

The classifier of all languages learns what a source is about with the language, and reads a story in
isiXhosa as isiZulu where its stories were isiZulu. A head contrasts two languages source by source: what
differs within a source that has both is the language, since topic and style are the same; sources that have
one of them count for little. The weight of a feature is the mean of its log odds over pairs of sources, each
with the inverse of its variance (a random-effects mean, DerSimonian and Laird 1986), shrunk to 0 by a prior
of variance 1. The language with more sources would win text of a new one: an offset per feature, fitted on
sources left out in turn, makes up for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["PAIRS", "STRENGTH", "LeftOut", "contrast", "offset"]

#: Pairs with a head, as labels of the model.
PAIRS: tuple[tuple[str, str], ...] = (
    ("rn", "rw"), ("xh", "zu"), ("nr", "zu"), ("nso", "st"), ("nso", "tn"), ("st", "tn"),
)  # fmt: skip
#: Variance of a feature's log odds between pairs of sources: of one source, and of two. Chosen on training
#: sources left out in turn (xh/zu, rn/rw), from a grid of six.
_WITHIN, _ACROSS = 0.3, 0.9
#: Fewer features than this make no source.
_LEAST = 1000
#: Log odds for each log odds of a feature, since n-grams overlap; least loss on sources left out in turn.
STRENGTH = 0.04
_OFFSETS = np.arange(-0.1, 0.1001, 0.005)


class LeftOut(NamedTuple):
    """Windows of a source judged by a head that never saw it.

    sign    1 where they are in the first language of the pair, -1 in the second
    sums    float32 [n], weights of their features added up
    sizes   int64 [n], how many features those are
    weight  what the source counts
    """

    sign: int
    sums: NDArray[np.float32]
    sizes: NDArray[np.int64]
    weight: float


def offset(found: Sequence[LeftOut]) -> float:
    """What to add for each feature, so that left-out windows of both languages are told apart alike.

    0 where a language has fewer than two sources: leaving out its only one shows what is lost without it.
    """
    if min(sum(source.sign == sign for source in found) for sign in (1, -1)) < 2:
        return 0.0
    losses = []
    for value in _OFFSETS:
        loss = {1: 0.0, -1: 0.0}
        weight = {1: 0.0, -1: 0.0}
        for source in found:
            odds = STRENGTH * source.sign * (source.sums + value * source.sizes)
            loss[source.sign] += source.weight * float(np.logaddexp(0, -odds).mean())
            weight[source.sign] += source.weight
        losses.append(loss[1] / weight[1] + loss[-1] / weight[-1])
    return float(_OFFSETS[int(np.argmin(losses))])


def contrast(
    first: Mapping[str, NDArray[np.float32]], second: Mapping[str, NDArray[np.float32]]
) -> NDArray[np.float32]:
    """Weights of features, positive for the first language: from counts by source, each float32 [buckets].

    Weights are 0 where a language is left without a source.
    """
    left = {source: count for source, count in sorted(first.items()) if count.sum() >= _LEAST}
    right = {source: count for source, count in sorted(second.items()) if count.sum() >= _LEAST}
    size = max(count.size for count in (*first.values(), *second.values()))
    total = np.zeros(size, np.float32)
    weight = np.ones(size, np.float32)
    across = len(left) * len(right) - len(left.keys() & right.keys())
    for one, a in left.items():
        for other, b in right.items():
            same = one == other
            share = (a / a.sum() + b / b.sum()) / 2
            odds = np.log((a + 0.5) / (a.sum() * share + 0.5)) - np.log((b + 0.5) / (b.sum() * share + 0.5))
            certain = 1 / (1 / (a + 0.5) + 1 / (b + 0.5) + (_WITHIN if same else _ACROSS))
            if not same:
                certain /= max(1.0, float(np.sqrt(across)))
            total += certain * odds
            weight += certain
    return np.asarray(total / weight, np.float32)
