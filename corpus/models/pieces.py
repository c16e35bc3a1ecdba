"""Pieces of words, learned by byte-pair merging over code points, so that no word is wholly unknown.

A piece is a string of folded code points; one that begins a word is written with a leading U+2581 as in
SentencePiece. Words are spelled by longest match, not by replaying merges, so the merges need not be kept.
Source of the merging: Sennrich et al. 2016, arXiv 1508.07909.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from corpus.kernels import lm, lm_pieces
from corpus.kernels.unicode import tables

__all__ = ["MARK", "learn", "trie"]

#: Written before a piece that begins a word.
MARK = "▁"

#: Share of the pieces that single characters may take (Han needs thousands).
_CHARACTERS = 0.75
#: Share of the letters from which on a script is one of the language's own.
_SCRIPT = 0.1
#: In one round, pairs down to this share of the heaviest pair are merged together, if no symbol is in two
#: of them: 4,000 merges take 60 to 90 passes, not 4,000.
_ROUND = 0.6


def learn(
    codes: NDArray[np.int32], offsets: NDArray[np.int64], counts: NDArray[np.int64], size: int
) -> tuple[str, ...]:
    """At most `size` pieces of the words codes[offsets[i]:offsets[i+1]] met counts[i] times.

    Characters met once, and those of scripts the language is not written in, are left out. The result
    depends on the words and counts, not on their order.
    """
    lengths = np.diff(offsets).astype(np.int32)
    symbols = codes.astype(np.int64)
    symbols[offsets[:-1][lengths > 0]] += lm.WORD_BEGIN
    weights = np.repeat(counts, lengths)
    characters, index = np.unique(symbols, return_inverse=True)
    met = np.zeros(len(characters), np.int64)
    np.add.at(met, index, weights)
    # np.unique sorts, and the sort by weight is stable, so ties go to the smaller code point.
    by_weight = np.argsort(-met, kind="stable")
    usable = (met > 1) & _of_the_language(characters % lm.WORD_BEGIN, met)
    chosen = by_weight[usable[by_weight]][: int(size * _CHARACTERS)]
    names = [_character(int(characters[at])) for at in chosen]

    number = np.full(len(characters), len(names), np.int32)  # the last number: a character left out
    number[chosen] = np.arange(len(chosen), dtype=np.int32)
    rest = len(names)
    sequence = number[index].astype(np.int32)
    order = [*range(len(names))]
    texts = [*names, ""]
    starts = offsets[:-1].copy()
    while len(order) < size:
        pairs, weights = lm_pieces.count_pairs(sequence, starts, lengths, counts)
        left, right = (
            (pairs >> np.uint64(32)).astype(np.int64),
            (pairs & np.uint64(0xFFFFFFFF)).astype(np.int64),
        )
        usable = (left != rest) & (right != rest) & (weights > 1)
        left, right, weights = left[usable], right[usable], weights[usable]
        if not len(left):
            break
        heavy = weights >= weights.max() * _ROUND
        left, right, weights = left[heavy], right[heavy], weights[heavy]
        partners = np.full(len(texts), -1, np.int32)
        merged = np.full(len(texts), -1, np.int32)
        taken: set[int] = set()
        for at in np.lexsort((right, left, -weights)).tolist():
            first, second = int(left[at]), int(right[at])
            if first in taken or second in taken or len(order) == size:
                continue
            taken.update((first, second))
            partners[first], merged[first] = second, len(texts)
            order.append(len(texts))
            texts.append(texts[first] + texts[second])
        lm_pieces.merge_pairs(sequence, starts, lengths, partners, merged)
    return tuple(dict.fromkeys(texts[at] for at in order))


def _of_the_language(codes: NDArray[np.int64], met: NDArray[np.int64]) -> NDArray[np.bool_]:
    # Foreign names and terms are no fault of a text, but spelled letter by letter they cost three times as
    # much as its own words; as <unk> they cost about the same. Script 0 is what belongs to all scripts.
    script = tables().script[codes]
    share = np.bincount(script, met) / max(int(met.sum()), 1)
    return np.asarray((script == 0) | (share[script] >= _SCRIPT))


def trie(pieces: Sequence[str]) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    """The pieces as the kernels match them (`lm.build_trie`)."""
    sizes = [len(piece) for piece in pieces]
    codes = np.frombuffer("".join(pieces).encode("utf-32-le"), np.int32).copy()
    codes[codes == ord(MARK)] = lm.WORD_BEGIN
    offsets = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)]).astype(np.int64)
    edges, ends = lm.build_trie(codes, offsets, len(codes) * 2 + 16)
    return edges, ends


def _character(symbol: int) -> str:
    return MARK + chr(symbol - lm.WORD_BEGIN) if symbol >= lm.WORD_BEGIN else chr(symbol)
