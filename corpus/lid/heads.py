"""Heads for close pairs: which of two languages a window is in, where nothing but the pair is in question.

The classifier of all languages learns what a source is about with the language, and reads a story in
isiXhosa as isiZulu where its stories were isiZulu. A head contrasts two languages source by source. The
weight of a feature is the mean of its log odds over pairs of sources, each with the inverse of its variance
(a random-effects mean, DerSimonian and Laird 1986), shrunk to 0 by a prior of variance 1, less a bound.

That last step is what makes it the language and not the topic: a word of a topic is a few times as common in
one source as in another, while what only one of the languages spells so (Kirundi `vy`, Kinyarwanda `by`) is a
hundred times as common, in every source. A few hundred to some thousand features are left.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["BOUND", "EVEN_BOUND", "PAIRS", "STRENGTH", "aligned", "contrast"]

#: Pairs with a head, as labels of the model: languages of `corpus`, and those with close relatives.
PAIRS: tuple[tuple[str, str], ...] = (
    ("rn", "rw"), ("xh", "zu"), ("nr", "zu"), ("nso", "st"), ("nso", "tn"), ("st", "tn"), ("bho", "hi"),
    ("ast", "es"), ("en", "sco"),
)  # fmt: skip
#: Variance of a feature's log odds between pairs of sources; and the bound, the log odds that a topic reaches
#: too, for a language of one source: it falls with the root of their number. Chosen on training sources left
#: out in turn (the six African pairs): 97.1 % of windows of 200 bytes right and 99.6 % of 900 bytes; with a
#: bound of 0.4 for all 96.5 and 98.9 %.
_BETWEEN, BOUND = 2.0, 1.2
#: The bound where text of each language also stands in the spelling of the other (`corpus.lid.respell`), so
#: that both have all topics: 93.2 % of windows of 120 to 260 characters of left-out sources right; with the
#: other bound 92.6, without respelled text 88.8.
EVEN_BOUND = 0.8
#: Log odds of aligned text that are left out as nothing.
_CHANCE = 0.1
#: Fewer features than this make no source.
_LEAST_FEATURES = 1000
#: Log odds for each log odds of a feature, since n-grams overlap; least loss on sources left out in turn.
STRENGTH = 0.3


def contrast(
    first: Mapping[str, NDArray[np.float32]],
    second: Mapping[str, NDArray[np.float32]],
    bound: float = BOUND,
) -> NDArray[np.float32]:
    """Weights of features, positive for the first language: from counts by source, each float32 [buckets].

    Weights are 0 where a language is left without a source.
    """
    left = {source: count for source, count in sorted(first.items()) if count.sum() >= _LEAST_FEATURES}
    right = {source: count for source, count in sorted(second.items()) if count.sum() >= _LEAST_FEATURES}
    size = max(count.size for count in (*first.values(), *second.values()))
    total = np.zeros(size, np.float32)
    weight = np.ones(size, np.float32)
    across = len(left) * len(right) - len(left.keys() & right.keys())
    for one, a in left.items():
        for other, b in right.items():
            odds = _log_odds(a, b)
            certain = 1 / (1 / (a + 0.5) + 1 / (b + 0.5) + _BETWEEN)
            if one != other:
                # pairs across sources share their sources: together they count as their root
                certain /= np.float32(np.sqrt(across))
            total += certain * odds
            weight += certain
    if not left or not right:
        return np.zeros(size, np.float32)
    mean = total / weight
    least = bound / np.sqrt(min(_sources(left), _sources(right)))
    return _beyond(mean, least)


def aligned(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float32]:
    """Weights of features, positive for the first language: from counts of text that says the same in both.

    What differs there is no topic, so the log odds are only shrunk by a prior of variance 1.
    """
    mean = _log_odds(first, second) / (1 + 1 / (first + 0.5) + 1 / (second + 0.5))
    return _beyond(mean, _CHANCE)


def _log_odds(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much commoner each feature is in the first counts, against what the two share."""
    share = (a / a.sum() + b / b.sum()) / 2
    found = np.log((a + 0.5) / (a.sum() * share + 0.5)) - np.log((b + 0.5) / (b.sum() * share + 0.5))
    return np.asarray(found, np.float32)


def _beyond(odds: NDArray[np.floating[Any]], bound: float) -> NDArray[np.float32]:
    """What of the log odds goes beyond the bound, on either side of 0."""
    return np.asarray(np.sign(odds) * np.maximum(np.abs(odds) - bound, 0), np.float32)


def _sources(counts: Mapping[str, NDArray[np.float32]]) -> float:
    """How many sources those are worth: the number of equal ones, by the roots of their sizes."""
    roots = np.sqrt(np.array([count.sum() for count in counts.values()], np.float64))
    return float(roots.sum() ** 2 / (roots**2).sum())
