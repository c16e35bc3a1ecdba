"""Where a text stands among texts of its language that the model has not seen: its rank, 0 to 1."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corpus.batch import TextBuffer, Words
from corpus.models.language_model import Scores

__all__ = ["LEVELS", "Reference", "passages"]

#: Quantiles that are stored: every half per cent.
LEVELS = 201
#: Held-out documents are cut at line ends into passages of about this many words.
_PASSAGE_WORDS = 100


@dataclass(frozen=True)
class Reference:
    """Quantiles of -log10 probability per piece and per word over held-out passages, LEVELS values each."""

    per_piece: NDArray[np.float64]
    per_word: NDArray[np.float64]

    @classmethod
    def measure(cls, scores: Scores) -> Reference | None:
        """The quantiles of these scores; None where none holds a word."""
        if not (scores.words > 0).any():
            return None
        grid = np.linspace(0, 1, LEVELS)
        piece, word = (rate[scores.words > 0] for rate in _rates(scores))
        return cls(np.quantile(piece, grid), np.quantile(word, grid))

    def rank(self, scores: Scores) -> NDArray[np.float64]:
        """The larger of two ranks: per piece it shows broken word order, per word strange words."""
        grid = np.linspace(0, 1, LEVELS)
        piece, word = _rates(scores)
        return np.maximum(np.interp(piece, self.per_piece, grid), np.interp(word, self.per_word, grid))


def passages(text: TextBuffer, words: Words) -> TextBuffer:
    """The documents cut after the line that reaches another hundred words; a short rest stays whole."""
    lines = np.flatnonzero(text.data == 10)
    cuts = [0]
    for document in range(len(text.offsets) - 1):
        end = int(text.offsets[document + 1])
        last = int(words.offsets[document + 1])
        word = int(words.offsets[document]) + _PASSAGE_WORDS
        while word + _PASSAGE_WORDS // 2 < last:
            line = int(np.searchsorted(lines, words.starts[word]))
            if line == len(lines) or lines[line] + 1 >= end:
                break
            cuts.append(int(lines[line]) + 1)
            word = int(np.searchsorted(words.starts, cuts[-1])) + _PASSAGE_WORDS
        if end > cuts[-1]:
            cuts.append(end)
    return TextBuffer(text.data, np.array(cuts, np.int64))


def _rates(scores: Scores) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return -scores.logs / np.maximum(scores.pieces, 1), -scores.logs / np.maximum(scores.words, 1)
