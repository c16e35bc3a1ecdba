"""The distinct words of a text with their counts, gathered batch by batch in bounded memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from corpus.batch import TextBuffer, Words
from corpus.kernels import lm
from corpus.kernels.unicode import readonly, tables

__all__ = ["Vocabulary"]


class Vocabulary:
    """Distinct words by hash (`words.split`), as folded code points.

    Above `limit` words, those met once so far are forgotten: memory stays bounded, and only words too rare
    to matter for the pieces are lost. The result depends on the order of the batches only then.
    """

    def __init__(self, limit: int = 1 << 21) -> None:
        self._limit = limit
        self.hashes = np.zeros(0, np.uint64)
        self.counts = np.zeros(0, np.int64)
        self.codes = np.zeros(0, np.int32)
        self.offsets = np.zeros(1, np.int64)

    def add(self, text: TextBuffer, words: Words) -> None:
        """Counts the words of a batch."""
        hashes, first, counts = np.unique(words.hashes, return_index=True, return_counts=True)
        at = np.searchsorted(self.hashes, hashes)
        at[at == len(self.hashes)] = 0
        old = self.hashes[at] == hashes if len(self.hashes) else np.zeros(len(hashes), bool)
        self.counts[at[old]] += counts[old]
        fresh = first[~old]
        table = tables()
        codes, offsets = lm.fold_words(
            readonly(text.data),
            words.starts[fresh],
            words.ends[fresh],
            table.category,
            table.segment,
            table.fold,
        )
        self._rebuild(
            np.concatenate([self.hashes, hashes[~old]]),
            np.concatenate([self.counts, counts[~old]]),
            np.concatenate([self.codes, codes]),
            np.concatenate([self.offsets, self.offsets[-1] + offsets[1:]]),
        )

    def frequent(self, least: int, most: int) -> NDArray[np.int64]:
        """Indices of at most `most` words met `least` times or more, ascending."""
        order = np.argsort(-self.counts, kind="stable")[:most]
        return np.sort(order[self.counts[order] >= least])

    def take(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """The folded code points of these words, and where each begins."""
        return _take(self.codes, self.offsets, rows)

    def _rebuild(
        self,
        hashes: NDArray[np.uint64],
        counts: NDArray[np.int64],
        codes: NDArray[np.int32],
        offsets: NDArray[np.int64],
    ) -> None:
        order = np.argsort(hashes, kind="stable")
        if len(order) > self._limit:
            order = order[counts[order] > 1]
        self.hashes, self.counts = hashes[order], counts[order]
        self.codes, self.offsets = _take(codes, offsets, order)


def _take(
    codes: NDArray[np.int32], offsets: NDArray[np.int64], rows: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    sizes = offsets[rows + 1] - offsets[rows]
    bounds = np.concatenate([[0], np.cumsum(sizes)])
    source = np.arange(bounds[-1]) + np.repeat(offsets[rows] - bounds[:-1], sizes)
    return codes[source], bounds
