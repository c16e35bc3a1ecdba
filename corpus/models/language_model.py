"""A language model: pieces, an n-gram table, and the perplexities of text it has not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.batch import TextBuffer, Words
from corpus.kernels import lm
from corpus.kernels.unicode import readonly, tables
from corpus.models.kneser_ney import Level
from corpus.models.pieces import trie

__all__ = ["LanguageModel", "Scores", "Tokens", "pack"]

_LOAD = 0.75  # share of the table's slots that are used


class Tokens(NamedTuple):
    """Pieces of documents, each line as `<s>` pieces `</s>`; document i owns ids[offsets[i]:offsets[i+1]]."""

    ids: NDArray[np.int32]
    offsets: NDArray[np.int64]


class Scores(NamedTuple):
    """Per document: log10 of its probability, pieces scored (with `</s>` of each line), and words."""

    logs: NDArray[np.float64]
    pieces: NDArray[np.int64]
    words: NDArray[np.int64]


@dataclass(frozen=True)
class LanguageModel:
    """A back-off model over pieces; arrays may be views of a mapped file.

    unigrams, unigram_backoffs   by identifier; keys, logs, backoffs: slot by slot of the table of longer
                                 n-grams. Negated base-10 logarithms in lm.LOG_UNIT.
    known, known_offsets, known_pieces   hashes of frequent words, and their pieces
    """

    language: str
    order: int
    pieces: tuple[str, ...]
    unigrams: NDArray[np.uint16]
    unigram_backoffs: NDArray[np.uint16]
    keys: NDArray[np.uint64]
    logs: NDArray[np.uint16]
    backoffs: NDArray[np.uint16]
    known: NDArray[np.uint64]
    known_rows: NDArray[np.int32]
    known_offsets: NDArray[np.int64]
    known_pieces: NDArray[np.int32]

    @property
    def base(self) -> int:
        """Identifiers are 1..base-1 (see kernels.lm)."""
        return lm.FIRST_PIECE + len(self.pieces)

    @cached_property
    def _trie(self) -> tuple[NDArray[np.uint64], NDArray[np.int32], NDArray[np.int32]]:
        return trie(self.pieces)

    def encode(self, text: TextBuffer, words: Words, documents: NDArray[np.int64]) -> Tokens:
        """The pieces of these documents (indices into the batch)."""
        table = tables()
        return Tokens(
            *lm.encode(
                readonly(text.data),
                readonly(documents),
                readonly(words.hashes),
                readonly(words.starts),
                readonly(words.ends),
                readonly(words.offsets),
                readonly(self.known),
                readonly(self.known_rows),
                readonly(self.known_offsets),
                readonly(self.known_pieces),
                *(readonly(array) for array in self._trie),
                table.category,
                table.segment,
                table.fold,
            )
        )

    def score_tokens(self, ids: NDArray[np.int32]) -> NDArray[np.float64]:
        """log10 of each piece's probability after the pieces before it in its line; 0 for `<s>`."""
        logs: NDArray[np.float64] = lm.score(
            readonly(ids),
            readonly(self.unigrams),
            readonly(self.unigram_backoffs),
            readonly(self.keys),
            readonly(self.logs),
            readonly(self.backoffs),
            self.base,
            self.order,
        )
        return logs

    def score(self, text: TextBuffer, words: Words, documents: NDArray[np.int64]) -> Scores:
        """Scores of these documents; a document without words has 0 pieces."""
        tokens = self.encode(text, words, documents)
        logs = np.concatenate([[0.0], np.cumsum(self.score_tokens(tokens.ids))])
        begins = np.concatenate([[0], np.cumsum(tokens.ids == lm.BEGIN)])
        first, last = tokens.offsets[:-1], tokens.offsets[1:]
        return Scores(
            logs[last] - logs[first],
            (last - first) - (begins[last] - begins[first]),
            words.offsets[documents + 1] - words.offsets[documents],
        )


def pack(
    language: str,
    pieces: tuple[str, ...],
    levels: Sequence[Level],
    known: NDArray[np.uint64],
    known_offsets: NDArray[np.int64],
    known_pieces: NDArray[np.int32],
) -> LanguageModel:
    """The model as it is stored: logarithms quantised, longer n-grams in one table."""
    longer = levels[1:]
    keys = np.concatenate([level.keys for level in longer])
    table, rows = lm.fill_table(keys, _slots(len(keys)))
    logs, backoffs = (
        np.where(rows >= 0, np.append(values, np.uint16(0))[rows], np.uint16(0)).astype(np.uint16)
        for values in (
            np.concatenate([_quantised(level.probabilities) for level in longer]),
            np.concatenate([_quantised(level.backoffs) for level in longer]),
        )
    )
    known_table, known_rows = lm.fill_table(known, _slots(len(known)))
    zero = np.zeros(1, np.uint16)
    return LanguageModel(
        language=language,
        order=len(levels),
        pieces=pieces,
        unigrams=np.concatenate([zero, _quantised(levels[0].probabilities)]),
        unigram_backoffs=np.concatenate([zero, _quantised(levels[0].backoffs)]),
        keys=table,
        logs=logs,
        backoffs=backoffs,
        known=known_table,
        known_rows=known_rows,
        known_offsets=known_offsets,
        known_pieces=known_pieces,
    )


def _slots(rows: int) -> int:
    return int(rows / _LOAD) + 2


def _quantised(values: NDArray[np.float64]) -> NDArray[np.uint16]:
    units = -np.log10(values) / lm.LOG_UNIT
    return np.clip(np.rint(units), 0, 65535).astype(np.uint16)
