"""A language model: pieces, an n-gram table, and the perplexities of text it has not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
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
_KNOWN_PIECES = 4
#: What a run of unknown characters counts as: they are names and terms in another script, or rare Han.
_UNKNOWN_CHARACTERS = 4


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

    unigrams   by identifier, and grams, a table of longer n-grams by key (kernels.lm): negated base-10
               logarithms in lm.LOG_UNIT, of the probability and of the back-off weight, 16 bits each
    known      a table of frequent words by hash: their pieces
    """

    language: str
    order: int
    pieces: tuple[str, ...]
    unigrams: NDArray[np.uint64]
    grams: NDArray[np.uint64]
    known: NDArray[np.uint64]

    @property
    def base(self) -> int:
        """Identifiers are 1..base-1 (see kernels.lm)."""
        return lm.FIRST_PIECE + len(self.pieces)

    @cached_property
    def _trie(self) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
        return trie(self.pieces)

    def with_levels(self, levels: Sequence[Level]) -> LanguageModel:
        """A model of the same pieces with these n-grams."""
        unigrams, grams = _tables(levels)
        return replace(self, order=len(levels), unigrams=unigrams, grams=grams)

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
        head[lm.UNKNOWN] = _UNKNOWN_CHARACTERS
        return np.concatenate([head, [len(piece.removeprefix(MARK)) for piece in self.pieces]]).astype(
            np.int64
        )

    def score_tokens(self, ids: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Negated log10 of each piece's probability in lm.LOG_UNIT: after its line, and inside its word."""
        full, inside = lm.score(
            readonly(ids),
            readonly(self.initial),
            readonly(self.unigrams),
            readonly(self.grams),
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

    def chance(self, tokens: Tokens, words: NDArray[np.int64]) -> NDArray[np.float64]:
        """Standard deviation of what a word saves behind others, log10, of documents given as pieces: that of
        their reference.cohesion is so much over the root of the words."""
        full, inside = self.score_tokens(tokens.ids)
        saved = np.subtract(inside, full, dtype=np.float64) * np.float64(lm.LOG_UNIT)
        sums, squares = _sums(saved, tokens.offsets), _sums(saved * saved, tokens.offsets)
        spread = squares - sums * sums / np.maximum(np.diff(tokens.offsets), 1)
        deviation: NDArray[np.float64] = np.sqrt(np.maximum(spread, 0) / np.maximum(words, 1))
        return deviation


def _sums(values: NDArray[Any], offsets: NDArray[np.int64]) -> NDArray[Any]:
    running = np.zeros(len(values) + 1, np.result_type(values, np.int64))
    np.cumsum(values, out=running[1:])
    return running[offsets[1:]] - running[offsets[:-1]]


def pack(
    language: str,
    pieces: tuple[str, ...],
    levels: Sequence[Level],
    hashes: NDArray[np.uint64],
    spelled: NDArray[np.int32],
    bounds: NDArray[np.int64],
) -> LanguageModel:
    """The model as it is stored: logarithms quantised, longer n-grams in one table.

    Word i of `hashes` has the pieces spelled[bounds[i]:bounds[i+1]]; those of more than four are left out.
    """
    unigrams, grams = _tables(levels)
    sizes = np.diff(bounds)
    short = (sizes > 0) & (sizes <= _KNOWN_PIECES)
    packed = np.zeros(len(sizes), np.uint64)
    for at in range(_KNOWN_PIECES):
        has = short & (sizes > at)
        packed[has] |= spelled[bounds[:-1][has] + at].astype(np.uint64) << np.uint64(16 * at)
    return LanguageModel(
        language=language,
        order=len(levels),
        pieces=pieces,
        unigrams=unigrams,
        grams=grams,
        known=lm.fill_table(hashes[short], packed[short], _slots(int(short.sum()))),
    )


def _tables(levels: Sequence[Level]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    keys = np.concatenate([level.keys for level in levels[1:]])
    values = np.concatenate([_values(level) for level in levels[1:]])
    unigrams = np.concatenate([np.zeros(1, np.uint64), _values(levels[0])])
    return unigrams, lm.fill_table(keys, values, _slots(len(keys)))


def _slots(rows: int) -> int:
    return int(rows / _LOAD) + 2


def _values(level: Level) -> NDArray[np.uint64]:
    low, high = (
        np.clip(np.rint(-np.log10(values) / lm.LOG_UNIT), 0, 0xFFFF).astype(np.uint64)
        for values in (level.probabilities, level.backoffs)
    )
    return low | high << np.uint64(16)
