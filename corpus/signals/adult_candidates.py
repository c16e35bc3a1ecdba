"""Words a speaker may add to the list of a language that has none: ranked, never listed by themselves.

Documents whose address is on the URL list are set against the others of the same language; a word's rank is
its log-odds ratio with an informative Dirichlet prior, in standard deviations (Monroe, Colaresi and Quinn
2008). A reviewer accepts words one by one; what is accepted goes into `<language>.json` as
`{"word": ..., "reviewer": ...}`, which `read_words` reads.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from corpus.batch import Batch
from corpus.signals.adult_lists import UrlList

__all__ = ["Candidate", "WordCounts", "candidates", "count_words"]

_PRIOR = 500.0


class Candidate(NamedTuple):
    """A word, its documents among listed and other addresses, and its rank in standard deviations."""

    word: str
    listed: int
    others: int
    rank: float


class WordCounts(NamedTuple):
    """Documents by word, among listed addresses and among others; each document counts once for a word."""

    listed: Counter[str]
    others: Counter[str]


def count_words(batches: Iterable[Batch], urls: UrlList, language: str) -> WordCounts:
    """Count over the documents of one language (column `language_assigned`) that have an address."""
    counts = WordCounts(Counter(), Counter())
    for batch in batches:
        names = batch.column("language_assigned").to_pylist()
        data, words = batch.text.data, batch.words
        for i, url in enumerate(batch.column("url").to_pylist()):
            if names[i] != language or not url:
                continue
            first, last = int(words.offsets[i]), int(words.offsets[i + 1])
            _, unique = np.unique(words.hashes[first:last], return_index=True)
            target = counts.listed if urls.holds(url) else counts.others
            target.update(
                data[words.starts[first + k] : words.ends[first + k]].tobytes().decode().lower()
                for k in unique.tolist()
            )
    return counts


def candidates(counts: WordCounts, most: int = 200, least_documents: int = 3) -> list[Candidate]:
    """The `most` words that speak most for a listed address, best first, ties in the order of the words."""
    listed_total, others_total = sum(counts.listed.values()), sum(counts.others.values())
    total = listed_total + others_total
    found = []
    for word, listed in counts.listed.items():
        others = counts.others[word]
        if listed < least_documents:
            continue
        prior = _PRIOR * (listed + others) / total
        in_listed = math.log((listed + prior) / (listed_total + _PRIOR - listed - prior))
        in_others = math.log((others + prior) / (others_total + _PRIOR - others - prior))
        spread = math.sqrt(1 / (listed + prior) + 1 / (others + prior))
        found.append(Candidate(word, listed, others, (in_listed - in_others) / spread))
    return sorted(found, key=lambda c: (-c.rank, c.word))[:most]
