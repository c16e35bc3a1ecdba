"""From windows of text to calibrated probabilities of languages.

Everything here works on arrays: `windows` cuts documents, `score` gives one row of probabilities for each
window, `vote` adds the windows of a document up. Nothing makes a Python string of a text.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.kernels import lid as kernel
from corpus.lid.model import Model

__all__ = ["WINDOW", "Scores", "Votes", "score", "vote", "windows"]

#: Bytes in a window; about 80 English words. Longer gives no accuracy, shorter loses it (see the data card).
WINDOW = 480
#: Fewer letters than this say nothing.
LEAST_LETTERS = 6
#: Fewer different letters than this are no words: a line of dashes, laughter, a repeated character.
LEAST_VARIETY = 4


class Scores(NamedTuple):
    """One row for each window.

    probability  float32 [n, L], over the labels of the model; a row of zeros where nothing can be said
    script       int32 [n], number of the dominant script, 0 for none
    share        float32 [n], the dominant script's share of the letters
    han          int64 [n], Simplified (> 0) against Traditional (< 0)
    letters      int32 [n]
    features     int32 [n], all features; known int32 [n], those in the model
    """

    probability: NDArray[np.float32]
    script: NDArray[np.int64]
    share: NDArray[np.float32]
    han: NDArray[np.int64]
    letters: NDArray[np.int64]
    features: NDArray[np.int32]
    known: NDArray[np.int32]


class Votes(NamedTuple):
    """One row for each document: probabilities float32 [n, L], dominant script, Han balance, letters."""

    probability: NDArray[np.float32]
    script: NDArray[np.int64]
    han: NDArray[np.int64]
    letters: NDArray[np.int64]


def windows(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], size: int = WINDOW, most: int = 0
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """(starts, ends, document) of the windows of every document; at most `most` of each, evenly spread."""
    return kernel.cut(data, offsets, size, most)  # type: ignore[no-any-return]


def score(
    model: Model,
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    among: NDArray[np.bool_] | None = None,
) -> Scores:
    """Probabilities for each window; `among` (bool [L]) leaves only those labels in the running."""
    sums, known, features = kernel.embed(
        data, starts, ends, model.fold, model.prints, model.shift, model.table
    )
    counts, han, variety = kernel.histogram(
        data, starts, ends, model.script_of, len(model.scripts), model.han
    )
    counts[:, 0] = 0
    script = counts.argmax(1)
    letters = counts.sum(1).astype(np.int64)
    share = (counts.max(1) / np.maximum(letters, 1)).astype(np.float32)
    first, second = model.calibration
    temperature = (first + second * np.log(np.maximum(features, 1))).astype(np.float32)
    allowed = model.allowed if among is None else model.allowed & among[:, None]
    mute = (letters < LEAST_LETTERS) | (variety < LEAST_VARIETY) | (known == 0)
    probability = kernel.softmax(sums, known, model.output, model.scale, temperature, allowed, script, mute)
    return Scores(probability, script, share, han, letters, features, known)


def vote(scores: Scores, document: NDArray[np.int64], documents: int, model: Model) -> Votes:
    """Mean of the windows of each document, weighted by their letters."""
    weight = np.where(scores.probability.any(1), scores.letters, 0).astype(np.float32)
    probability = kernel.add_up(scores.probability, weight, document, documents)
    letters = np.bincount(document, scores.letters, documents).astype(np.int64)
    by_script = np.zeros((documents, len(model.scripts)), np.int64)
    np.add.at(by_script, (document, scores.script), scores.letters)
    by_script[:, 0] = 0
    han = np.bincount(document, scores.han, documents).astype(np.int64)
    return Votes(probability, by_script.argmax(1), han, letters)
