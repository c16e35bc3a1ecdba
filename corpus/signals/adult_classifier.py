"""A small classifier of adult text, trained in the build on weak labels with the labelling words left out.

File (.npz): weights float32, masked bool (65,536), languages, slopes, shifts float64: for each language with
enough labelled documents the calibration 1 / (1 + exp(-(slope * score + shift))) (Platt 1999), fitted on
scores of models that did not see the document. Other languages get null. Speed: one pass over the shared word
hashes and the bytes of the words.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.batch import Batch
from corpus.kernels import flagged_model

__all__ = ["LEAST_POSITIVES", "AdultClassifier", "Labelled", "fit", "platt"]

#: With fewer positives the word and address lists stand alone.
LEAST_POSITIVES = 50
_FOLDS = 4
_EPOCHS = 6
_RATE = 0.1
_DECAY = 1e-6
#: Self-training: doubtful documents at least this probable become positives, negatives this probable are out.
_JOINS, _LEAVES = 0.9, 0.5


class Labelled(NamedTuple):
    """Documents as features with weak labels (1, 0, NaN for doubtful) and the language of each."""

    slots: NDArray[np.uint32]
    offsets: NDArray[np.int64]
    labels: NDArray[np.float64]
    languages: tuple[str, ...]


class AdultClassifier:
    """Calibrated probability that a document is adult, by language."""

    def __init__(
        self,
        weights: NDArray[np.float32],
        masked: NDArray[np.bool_],
        calibration: dict[str, tuple[float, float]],
    ) -> None:
        self.weights, self.masked, self.calibration = weights, masked, calibration

    @classmethod
    def load(cls, path: Path) -> AdultClassifier | None:
        """The model; None where the build had too few positives to train one (an empty file says so)."""
        with np.load(path) as data:
            if not data["languages"].size:
                return None
            rows = zip(
                data["languages"].tolist(), data["slopes"].tolist(), data["shifts"].tolist(), strict=True
            )
            return cls(data["weights"], data["masked"], {name: (slope, shift) for name, slope, shift in rows})

    def probability(self, batch: Batch, languages: Sequence[str | None]) -> NDArray[np.float64]:
        """0..1 for each document; NaN where the language has no calibration."""
        words, data = batch.words, batch.text.data
        raw = flagged_model.scores(
            words.hashes, words.starts, words.ends, data, words.offsets, self.masked, self.weights
        )
        slopes = np.array([self.calibration.get(name or "", (np.nan, np.nan)) for name in languages])
        if not len(slopes):
            return np.zeros(0)
        return np.asarray(1 / (1 + np.exp(-np.clip(slopes[:, 0] * raw + slopes[:, 1], -30, 30))))


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
) -> dict[str, tuple[float, float]]:
    names = np.array(data.languages, object)
    found = {}
    for name in sorted(set(data.languages)):
        rows = (names == name) & ~np.isnan(labels)
        if min(labels[rows].sum(), (1 - labels[rows]).sum()) >= LEAST_POSITIVES:
            slope, shift = platt(unseen[rows], labels[rows])
            found[name] = (slope, shift + float(np.log(negatives_ratio)))
    return found
