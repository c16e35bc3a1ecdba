"""A language model: pieces, an n-gram table, and the perplexities of text it has not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.batch import TextBuffer, Words
from corpus.kernels import lm
from corpus.kernels.unicode import readonly, tables
from corpus.models.kneser_ney import Level
from corpus.models.pieces import MARK, trie

__all__ = ["LanguageModel", "Scores", "Tokens", "pack"]

_LOAD = 0.75  # share of the table's slots that are used


class Tokens(NamedTuple):
    """Pieces of documents, each line as `<s>` pieces `</s>`; document i owns ids[offsets[i]:offsets[i+1]]."""

    ids: NDArray[np.int32]
    offsets: NDArray[np.int64]


class Scores(NamedTuple):
    """Per document: negated log10 of its probability, with all context in its line and with the context
    inside each word only; pieces scored (`</s>` of each line too), words, and characters of words."""

    cost: NDArray[np.float64]
    cost_alone: NDArray[np.float64]
    pieces: NDArray[np.int64]
    words: NDArray[np.int64]
    characters: NDArray[np.int64]


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

    @cached_property
    def initial(self) -> NDArray[np.bool_]:
        """By identifier: whether it begins a word (or ends a line)."""
        begins = np.array([piece.startswith(MARK) for piece in self.pieces], bool)
        head = np.zeros(lm.FIRST_PIECE, bool)
        head[lm.END] = True
        return np.concatenate([head, begins])

    @cached_property
    def _characters(self) -> NDArray[np.int64]:
        head = np.zeros(lm.FIRST_PIECE, np.int64)
        head[lm.UNKNOWN] = 1
        return np.concatenate([head, [len(piece.removeprefix(MARK)) for piece in self.pieces]]).astype(
            np.int64
        )

    def score_tokens(self, ids: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Negated log10 of each piece's probability in lm.LOG_UNIT: after its line, and inside its word."""
        full, inside = lm.score(
            readonly(ids),
            readonly(self.initial),
            readonly(self.unigrams),
            readonly(self.unigram_backoffs),
            readonly(self.keys),
            readonly(self.logs),
            readonly(self.backoffs),
            self.base,
            self.order,
        )
        return full, inside

    def score(self, text: TextBuffer, words: Words, documents: NDArray[np.int64]) -> Scores:
        """Scores of these documents; a document without words has 0 pieces."""
        tokens = self.encode(text, words, documents)
        return self.sum_up(tokens, words.offsets[documents + 1] - words.offsets[documents])

    def sum_up(self, tokens: Tokens, words: NDArray[np.int64]) -> Scores:
        """Scores of documents given as pieces, which hold so many words."""
        full, inside = self.score_tokens(tokens.ids)
        cost, alone, pieces, characters = (
            _sums(column, tokens.offsets)
            for column in (full, inside, tokens.ids != lm.BEGIN, self._characters[tokens.ids])
        )
        unit = np.float64(lm.LOG_UNIT)
        return Scores(np.multiply(cost, unit), np.multiply(alone, unit), pieces, words, characters)


def _sums(values: NDArray[Any], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    running = np.zeros(len(values) + 1, np.int64)
    np.cumsum(values, out=running[1:])
    return running[offsets[1:]] - running[offsets[:-1]]


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
