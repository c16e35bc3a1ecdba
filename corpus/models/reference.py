"""Where a text stands among texts of its language that the model has not seen, whole and damaged.

A rank among reference text alone says little about text of another kind: of news under a model of speeches
and stories, 11 to 65 % lies beyond every held-out passage. So the held-out passages are scored three times:
as they are, with letters exchanged and words shuffled, and with words shuffled only. How far a text is from
its language then has a scale of the language's own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corpus.models.language_model import Scores

__all__ = ["LEVELS", "Reference", "cohesion"]

#: Quantiles that are stored: every half per cent.
LEVELS = 201

_GRID = np.linspace(0, 1, LEVELS)


@dataclass(frozen=True)
class Reference:
    """LEVELS quantiles each, over held-out passages.

    plain    cost per character, passages as they are
    noisy    cost per character, one letter in five exchanged and the words shuffled: with letters alone,
             text of another kind is beyond the damage wherever the reference is of one kind only
    mixed    cost saved by the words before, per word, with the words shuffled
    ordered  the same, passages as they are
    chance   standard deviation of what a word saves, with the words shuffled: how much the model knows of
             which words stand together, for where it knows nothing, no order saves more than another
    """

    plain: NDArray[np.float64]
    noisy: NDArray[np.float64]
    mixed: NDArray[np.float64]
    ordered: NDArray[np.float64]
    chance: NDArray[np.float64]

    @classmethod
    def measure(
        cls, plain: Scores, noisy: Scores, mixed: Scores, chance: NDArray[np.float64]
    ) -> Reference | None:
        """The quantiles of these scores, and of chance by passage; None where no passage holds a word."""
        if not ((plain.words > 0).any() and (noisy.words > 0).any() and (mixed.words > 0).any()):
            return None
        return cls(
            np.quantile(strangeness(plain)[plain.words > 0], _GRID),
            np.quantile(strangeness(noisy)[noisy.words > 0], _GRID),
            np.quantile(cohesion(mixed)[mixed.words > 0], _GRID),
            np.quantile(cohesion(plain)[plain.words > 0], _GRID),
            np.quantile(chance[mixed.words > 0], _GRID),
        )

    def rank(self, scores: Scores) -> NDArray[np.float64]:
        """Share of reference text that is less strange."""
        return np.interp(strangeness(scores), self.plain, _GRID)

    def noise_rank(self, scores: Scores) -> NDArray[np.float64]:
        """Share of the reference text with exchanged letters and shuffled words that is less strange."""
        return np.interp(strangeness(scores), self.noisy, _GRID)

    def order_rank(self, scores: Scores) -> NDArray[np.float64]:
        """Share of the shuffled reference text whose words fit together less well."""
        return np.interp(cohesion(scores), self.mixed, _GRID)

    def noise_level(self, scores: Scores) -> NDArray[np.float64]:
        """Strangeness on a scale where the median passage is 0 and, damaged, is 1. A rank ends where its
        passages end and needs many of them; two medians need few, and text of another kind has its place."""
        return _level(strangeness(scores), self.plain, self.noisy)

    def order_level(self, scores: Scores) -> NDArray[np.float64]:
        """Cohesion on a scale where the median passage, its words shuffled, is 0 and as it is, is 1."""
        return _level(cohesion(scores), self.mixed, self.ordered)

    def order_excess(self, scores: Scores) -> NDArray[np.float64]:
        """How much more than in the median shuffled passage the words before save, log10 a word."""
        excess: NDArray[np.float64] = cohesion(scores) - self.mixed[LEVELS // 2]
        return excess

    def evidence(self, chance: NDArray[np.float64]) -> NDArray[np.float64]:
        """How many standard deviations a word of documents with this chance saves if it stands in order: as
        many as in the median passage, less what the model does not know, for the variance by chance goes with
        the share of words it knows together."""
        gain, usual = (self.ordered - self.mixed)[LEVELS // 2], self.chance[LEVELS // 2]
        return gain / usual * np.square(chance / usual) if usual > 0 else np.zeros(len(chance))


def _level(
    values: NDArray[np.float64], zero: NDArray[np.float64], one: NDArray[np.float64]
) -> NDArray[np.float64]:
    """NaN where damage does not move the reference."""
    low, high = zero[LEVELS // 2], one[LEVELS // 2]
    return (values - low) / (high - low) if high != low else np.full(len(values), np.nan)


def strangeness(scores: Scores) -> NDArray[np.float64]:
    """-log10 P per character, a word's end being one. Per piece, text of another language that falls apart
    into short frequent pieces looks ordinary; per character it does not."""
    rate: NDArray[np.float64] = scores.cost / np.maximum(scores.characters + scores.words, 1)
    return rate


def cohesion(scores: Scores) -> NDArray[np.float64]:
    """log10 of how much likelier a word is after the words before it than alone, on average."""
    return (scores.cost_alone - scores.cost) / np.maximum(scores.words, 1)
