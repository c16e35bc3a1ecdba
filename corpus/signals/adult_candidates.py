"""Words a speaker may add to the list of a language that has none: ranked, never listed by themselves.

Documents with signs of adult content (a listed address, a reviewer's verdict, English words of the lists, the
classifier) are set against the others of the same language; a word's rank is its log-odds ratio with an
informative Dirichlet prior, in standard deviations (Monroe, Colaresi and Quinn 2008). A reviewer accepts
words one by one in the dashboard; `corpus.reviews` keeps them.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.batch import Batch

__all__ = ["Candidate", "WordCounts", "candidates", "count_words"]

_PRIOR = 500.0


class Candidate(NamedTuple):
    """A word, its documents among marked and other ones, and its rank in standard deviations."""

    word: str
    marked: int
    others: int
    rank: float


class WordCounts(NamedTuple):
    """Documents by word, among marked ones and among others; each document counts once for a word."""

    marked: Counter[str]
    others: Counter[str]


def count_words(batches: Iterable[tuple[Batch, NDArray[np.bool_]]]) -> WordCounts:
    """Count over documents of one language and, for each, whether it is marked."""
    counts = WordCounts(Counter(), Counter())
    for batch, marked in batches:
        data, words = batch.text.data, batch.words
        for i in range(len(batch)):
            first, last = int(words.offsets[i]), int(words.offsets[i + 1])
            _, unique = np.unique(words.hashes[first:last], return_index=True)
            target = counts.marked if marked[i] else counts.others
            target.update(
                data[words.starts[first + k] : words.ends[first + k]].tobytes().decode().lower()
                for k in unique.tolist()
            )
    return counts


def candidates(counts: WordCounts, most: int = 200, least_documents: int = 3) -> list[Candidate]:
    """The `most` words that speak most for a marked document, best first, ties in the order of the words."""
    marked_total, others_total = sum(counts.marked.values()), sum(counts.others.values())
    total = marked_total + others_total
    found = []
    for word, marked in counts.marked.items():
        others = counts.others[word]
        if marked < least_documents:
            continue
        prior = _PRIOR * (marked + others) / total
        in_marked = math.log((marked + prior) / (marked_total + _PRIOR - marked - prior))
        in_others = math.log((others + prior) / (others_total + _PRIOR - others - prior))
        spread = math.sqrt(1 / (marked + prior) + 1 / (others + prior))
        found.append(Candidate(word, marked, others, (in_marked - in_others) / spread))
    return sorted(found, key=lambda c: (-c.rank, c.word))[:most]
