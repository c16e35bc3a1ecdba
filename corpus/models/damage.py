"""Passages of held-out text, and damaged copies of them: letters exchanged, words shuffled.

All of it is keyed hashing of positions: the same text gives the same damage.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from corpus.batch import TextBuffer, Words
from corpus.kernels import lm
from corpus.kernels.unicode import CATEGORIES, tables
from corpus.models.language_model import LanguageModel, Tokens

__all__ = ["exchange_letters", "passages", "shuffle_units", "shuffle_words"]

#: Documents are cut at line ends into passages of about this many words.
_PASSAGE_WORDS = 100
#: What stands between words that are written as one.
_JOINERS = np.frombuffer(b"-'./:@_", np.uint8)
#: One letter in so many is exchanged.
_EVERY = 5


def passages(text: TextBuffer, words: Words) -> TextBuffer:
    """The documents cut after every hundred words or a little later, at a line end where one comes soon."""
    lines = np.flatnonzero(text.data == 10) + 1
    cuts = [0]
    for document in range(len(text.offsets) - 1):
        end = int(text.offsets[document + 1])
        word, last = int(words.offsets[document]) + _PASSAGE_WORDS, int(words.offsets[document + 1])
        while word + _PASSAGE_WORDS // 2 < last:
            line = int(np.searchsorted(lines, words.starts[word]))
            after = lines[line] if line < len(lines) else end
            latest = words.starts[min(word + _PASSAGE_WORDS // 2, last - 1)]
            cuts.append(int(after if after <= latest else words.starts[word]))
            word = int(np.searchsorted(words.starts, cuts[-1])) + _PASSAGE_WORDS
        if end > cuts[-1]:
            cuts.append(end)
    return TextBuffer(text.data, np.array(cuts, np.int64))


def exchange_letters(text: TextBuffer) -> TextBuffer:
    """One letter in five is replaced by a letter from elsewhere in the same document."""
    whole = text.data[: text.offsets[-1]].tobytes().decode("utf-8", "replace")
    codes = np.frombuffer(whole.encode("utf-32-le", "replace"), np.int32).copy()
    starts = np.searchsorted(_bounds(codes), text.offsets)
    category = tables().category[codes]
    letters = np.flatnonzero((category >= CATEGORIES.index("Lu")) & (category <= CATEGORIES.index("Lo")))
    first = np.searchsorted(letters, starts)
    counts = np.diff(first)
    # Every document draws from the beginning of the same dice, so its damage does not depend on the others.
    dice = _dice(int(counts.max(initial=0)))[np.arange(len(letters)) - np.repeat(first[:-1], counts)]
    hit = dice % np.uint64(_EVERY) == 0
    chosen = (dice >> np.uint64(16)) % np.repeat(counts, counts).astype(np.uint64)
    donors = letters[np.repeat(first[:-1], counts) + chosen.astype(np.int64)]
    exchanged = codes.copy()
    exchanged[letters[hit]] = codes[donors[hit]]
    data = exchanged.tobytes().decode("utf-32-le").encode()
    return TextBuffer(np.frombuffer(data, np.uint8), _bounds(exchanged)[starts])


def shuffle_words(model: LanguageModel, tokens: Tokens) -> Tokens:
    """Each document as one line with its words in another order."""
    ids, offsets = [], [0]
    for first, last in zip(tokens.offsets[:-1], tokens.offsets[1:], strict=True):
        own = tokens.ids[first:last]
        own = own[(own != lm.BEGIN) & (own != lm.END)]
        begins = model.initial[own]
        if len(own):
            begins[0] = True
        word = np.cumsum(begins) - 1
        order = np.argsort(_dice(int(word[-1]) + 1 if len(word) else 0), kind="stable")
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        mixed = own[np.argsort(place[word], kind="stable")]
        if len(mixed):
            ids.append(np.concatenate([[lm.BEGIN], mixed, [lm.END]]).astype(np.int32))
        offsets.append(offsets[-1] + (len(mixed) + 2 if len(mixed) else 0))
    return Tokens(np.concatenate([np.zeros(0, np.int32), *ids]), np.array(offsets, np.int64))


def shuffle_units(
    model: LanguageModel, text: TextBuffer, words: Words, documents: NDArray[np.int64], orders: int
) -> Iterator[Tokens]:
    """Each of these documents in so many other orders, with as many words in each of its lines. What is
    written together is left together: words joined by a hyphen, apostrophe, dot or slash go with each other
    wherever they stand."""
    after = text.data[np.minimum(words.ends[:-1], len(text.data) - 1)]
    alone = np.ones(len(words.starts) + 1, bool)
    alone[1:-1] = (words.starts[1:] != words.ends[:-1] + 1) | ~np.isin(after, _JOINERS)
    alone[words.offsets] = True
    cuts = np.flatnonzero(alone)
    first, last = (np.searchsorted(cuts, words.offsets[documents + side]) for side in (0, 1))
    chosen = np.concatenate([np.zeros(0, np.int64), *map(np.arange, first, last)])
    units = model.encode(text, Words(words.hashes, words.starts, words.ends, cuts), chosen)
    inner = (units.ids != lm.BEGIN) & (units.ids != lm.END)
    pieces = units.ids[inner]
    bounds = np.concatenate([np.zeros(1, np.int64), np.cumsum(inner)])[units.offsets]
    numbers, sizes = last - first, np.diff(bounds)
    within = np.concatenate([np.zeros(0, np.int64), *map(np.arange, numbers)])
    document = np.repeat(np.arange(len(numbers)), numbers)
    rows = np.searchsorted(np.flatnonzero(text.data == 10), words.starts[cuts[chosen]])
    begins = (within == 0) | (np.diff(rows, prepend=-1) != 0)
    line = np.cumsum(begins) - 1
    lines = np.bincount(document, begins, len(numbers)).astype(np.int64)
    length = np.bincount(document, sizes, len(numbers)).astype(np.int64)
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(length + 2 * lines)])
    firsts = np.flatnonzero(begins)
    for turn in range(orders):
        order = np.lexsort((_dice(int(numbers.max(initial=0)), turn)[within], document))
        own = sizes[order]
        starts = np.cumsum(own) - own
        mixed = np.full(offsets[-1], lm.END, np.int32)
        mixed[starts[firsts] + 2 * line[firsts]] = lm.BEGIN
        source = np.repeat(bounds[order] - starts, own) + np.arange(len(pieces))
        mixed[np.repeat(2 * line + 1, own) + np.arange(len(pieces))] = pieces[source]
        yield Tokens(mixed, offsets)


def _dice(count: int, turn: int = 0) -> NDArray[np.uint64]:
    # splitmix64 of 0, 1, 2 ..., from elsewhere in its sequence each turn
    state = (np.arange(1, count + 1, dtype=np.uint64) + np.uint64(turn << 32)) * np.uint64(0x9E3779B97F4A7C15)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


def _bounds(codes: NDArray[np.int32]) -> NDArray[np.int64]:
    # Where each character begins in UTF-8, and where the last one ends.
    sizes = 1 + (codes > 0x7F).astype(np.int64) + (codes > 0x7FF) + (codes > 0xFFFF)
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
