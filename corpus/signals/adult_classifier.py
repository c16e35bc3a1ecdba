"""A small classifier of adult text, trained in the build on weak labels with the labelling words left out.

File (.npz): weights float32, masked bool (65,536), languages, slopes, shifts, cuts float64: for each language
with enough labelled documents the calibration 1 / (1 + exp(-(slope * score + shift))) (Platt 1999) and the
score that SUSPICIOUS of its clean documents reach, both from models that did not see the document. Other
languages get null. Speed: one pass over the shared word hashes and the bytes of the words.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.batch import Batch
from corpus.kernels import flagged_model

__all__ = ["LEAST_POSITIVES", "SUSPICIOUS", "AdultClassifier", "Calibration", "Labelled", "fit", "platt"]

#: With fewer positives the word and address lists stand alone.
LEAST_POSITIVES = 50
_FOLDS = 4
#: Share of the clean documents of a language that may look suspicious; few of them pass the rules of
#: `corpus.signals.adult`. At 0.05 a kind of text that the classifier never saw is quarantined above 2 %.
SUSPICIOUS = 0.04
_EPOCHS = 12
_RATE = 0.02  # smaller steps rank better where positives are few: 0.1 finds 2 % less
_DECAY = 1e-6
#: Self-training: doubtful documents at least this probable become positives, negatives this probable are out.
_JOINS, _LEAVES = 0.9, 0.5


class Labelled(NamedTuple):
    """Documents as features with weak labels (1, 0, NaN for doubtful) and the language of each."""

    slots: NDArray[np.uint32]
    offsets: NDArray[np.int64]
    labels: NDArray[np.float64]
    languages: tuple[str, ...]


class Calibration(NamedTuple):
    """Of a language: the curve of the probability, and the score from which on a document is suspicious."""

    slope: float
    shift: float
    cut: float


class AdultClassifier:
    """Calibrated probability that a document is adult, and whether a person should look, by language."""

    def __init__(
        self,
        weights: NDArray[np.float32],
        masked: NDArray[np.bool_],
        calibration: dict[str, Calibration],
    ) -> None:
        self.weights, self.masked, self.calibration = weights, masked, calibration

    @classmethod
    def load(cls, path: Path) -> AdultClassifier | None:
        """The model; None where the build had too few positives to train one (an empty file says so)."""
        with np.load(path) as data:
            if not data["languages"].size:
                return None
            rows = zip(data["slopes"].tolist(), data["shifts"].tolist(), data["cuts"].tolist(), strict=True)
            calibration = dict(zip(data["languages"].tolist(), map(Calibration._make, rows), strict=True))
            return cls(data["weights"], data["masked"], calibration)

    def measure(
        self, batch: Batch, languages: Sequence[str | None]
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """(probability 0..1, NaN where the language has no calibration; whether it is suspicious)."""
        words, data = batch.words, batch.text.data
        raw = flagged_model.scores(
            words.hashes, words.starts, words.ends, data, words.offsets, self.masked, self.weights
        )
        none = Calibration(np.nan, np.nan, np.inf)
        rows = [self.calibration.get(name or "", none) for name in languages]
        slope, shift, cut = np.array(rows, np.float64).reshape(-1, 3).T
        return 1 / (1 + np.exp(-np.clip(slope * raw + shift, -30, 30))), raw >= cut


def platt(scores: NDArray[np.float64], labels: NDArray[np.float64]) -> tuple[float, float]:
    """Slope and shift of the logistic curve through scores and 0/1 labels, by Newton's method.

    Targets are smoothed as Platt gives them, so that separable labels have a finite answer.
    """
    positives, negatives = float(labels.sum()), float((1 - labels).sum())
    targets = np.where(labels > 0, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    slope, shift = 1.0, float(np.log((positives + 1) / (negatives + 1)))
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(slope * scores + shift, -30, 30)))
        spread = np.maximum(p * (1 - p), 1e-9)
        error = p - targets
        g0, g1 = float(error @ scores) + 1e-6 * slope, float(error.sum())
        h00 = float(spread @ scores**2) + 1e-6
        h01, h11 = float(spread @ scores), float(spread.sum()) + 1e-9
        determinant = h00 * h11 - h01 * h01
        if determinant <= 1e-12:
            break
        d0, d1 = (h11 * g0 - h01 * g1) / determinant, (h00 * g1 - h01 * g0) / determinant
        slope, shift = slope - float(np.clip(d0, -2, 2)), shift - float(np.clip(d1, -2, 2))
        if abs(d0) + abs(d1) < 1e-8:
            break
    return slope, shift


def fit(
    data: Labelled, masked: NDArray[np.bool_], seed: int, negatives_ratio: float = 1.0
) -> AdultClassifier | None:
    """A classifier and its calibration; None with fewer than LEAST_POSITIVES positives or negatives.

    Trained twice: after the first time the doubtful documents that it finds probable join the positives, and
    negatives that it finds probable are left out. A language is calibrated where it has LEAST_POSITIVES of
    both; `negatives_ratio` is the share of its negatives that are here, which the probabilities allow for.
    What is suspicious is measured on all its negatives, also on those that were left out.
    """
    labels = data.labels.copy()
    random = np.random.Generator(np.random.PCG64(seed))
    fold = random.permutation(len(labels)) % _FOLDS
    for _ in range(2):
        if min(np.sum(labels == 1), np.sum(labels == 0)) < LEAST_POSITIVES:
            return None
        unseen = np.empty(len(labels))
        for k in range(_FOLDS):
            weights = _train(data, labels, np.flatnonzero(fold != k), random)
            unseen[fold == k] = flagged_model.raw(data.slots, data.offsets, weights)[fold == k]
        calibration = _calibrate(data, labels, unseen, negatives_ratio)
        slope, shift = platt(unseen[~np.isnan(labels)], labels[~np.isnan(labels)])
        probability = 1 / (1 + np.exp(-np.clip(slope * unseen + shift, -30, 30)))
        labels[np.isnan(data.labels) & (probability >= _JOINS)] = 1
        labels[(data.labels == 0) & (probability >= _LEAVES)] = np.nan
    weights = _train(data, labels, np.arange(len(labels)), random)
    return AdultClassifier(weights, masked, calibration) if calibration else None


def _train(
    data: Labelled, labels: NDArray[np.float64], rows: NDArray[np.int64], random: np.random.Generator
) -> NDArray[np.float32]:
    rows = rows[~np.isnan(labels[rows])]
    order = np.concatenate([random.permutation(rows) for _ in range(_EPOCHS)])
    share = labels[rows].mean()
    importance = np.where(labels == 1, 0.5 / share, 0.5 / (1 - share))
    weights = flagged_model.train(data.slots, data.offsets, labels, importance, order, _RATE, _DECAY)
    return np.asarray(weights)


def _calibrate(
    data: Labelled, labels: NDArray[np.float64], unseen: NDArray[np.float64], negatives_ratio: float
) -> dict[str, Calibration]:
    names = np.array(data.languages, object)
    found = {}
    for name in sorted(set(data.languages)):
        rows = (names == name) & ~np.isnan(labels)
        if min(labels[rows].sum(), (1 - labels[rows]).sum()) >= LEAST_POSITIVES:
            slope, shift = platt(unseen[rows], labels[rows])
            cut = np.quantile(unseen[(names == name) & (data.labels == 0)], 1 - SUSPICIOUS)
            found[name] = Calibration(slope, shift + float(np.log(negatives_ratio)), float(cut))
    return found
