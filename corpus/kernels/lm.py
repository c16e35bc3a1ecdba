"""Kernels of the language models: words to pieces, and the back-off score of a piece sequence.

Identifiers: 0 nothing, 1 `<unk>`, 2 `<s>`, 3 `</s>`, pieces from 4. An n-gram w1..wn is the integer
w1*B**(n-1) + ... + wn in base B (identifiers below B, none of them 0), so keys of every length differ and
look-ups are exact. Tables are open addressing with linear probing; key 0 marks an empty slot.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from corpus.kernels.wide import prefetch
from corpus.kernels.words import decode

__all__ = [
    "BEGIN",
    "END",
    "FIRST_PIECE",
    "LOG_UNIT",
    "UNKNOWN",
    "WORD_BEGIN",
    "build_trie",
    "encode",
    "fill_table",
    "fold_words",
    "score",
    "slot_of",
    "spell",
]

UNKNOWN, BEGIN, END, FIRST_PIECE = 1, 2, 3, 4

#: Stands before the code points of a piece that begins a word; not a code point.
WORD_BEGIN = 0x110000

#: Logarithms (base 10, negated) are stored as multiples of this in 16 bits: 0 to 7.9999, error at most 6e-5.
LOG_UNIT = 1.0 / 8192.0

U8 = NDArray[np.uint8]
U64 = NDArray[np.uint64]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]

_MIX = np.uint64(0x9E3779B97F4A7C15)
_32 = np.uint64(32)
_16 = np.uint64(16)
_LOW = np.uint64(0xFFFF)
_NONE = np.uint64(0)
_AHEAD = 8  # tokens or words
_RECENT = 4095  # spelled words that are remembered, less one
_DIGIT, _FORMAT = 9, 27  # general categories Nd and Cf in unicode.CATEGORIES
_INNER = 3  # unicode.Segment.INNER


@njit(nogil=True, cache=True, inline="always")
def slot_of(key: np.uint64, size: np.uint64) -> np.int64:
    """The home slot of a key in a table of `size` < 2**32 slots: the high half of a mixed product."""
    mixed = (key ^ (key >> np.uint64(29))) * _MIX
    return np.int64(((mixed >> _32) * size) >> _32)


@njit(nogil=True, cache=True)
def fill_table(keys: U64, values: U64, size: int) -> U64:
    """A table of `size` slots over distinct non-zero keys: key and value of slot i at 2i and 2i + 1.

    Side by side, so that a key that is found has its value in the same cache line.
    """
    table = np.zeros(2 * size, np.uint64)
    for row in range(len(keys)):
        at = _place(table, keys[row])
        table[at] = keys[row]
        table[at + 1] = values[row]
    return table


@njit(nogil=True, cache=True)
def _place(table, key):  # type: ignore[no-untyped-def]
    # Where the key is, or the empty slot where it would be.
    size = len(table)
    at = 2 * slot_of(key, np.uint64(size >> 1))
    while table[at] != key and table[at] != _NONE:
        at += 2
        if at == size:
            at = 0
    return at


@njit(nogil=True, cache=True)
def _find(table, key):  # type: ignore[no-untyped-def]
    # Where the key's value is, or 0: a value is never in the first place.
    at = _place(table, key)
    return at + 1 if table[at] == key else 0


@njit(nogil=True, cache=True)
def build_trie(codes: I32, offsets: I64, size: int) -> tuple[U64, I32]:
    """The pieces as a trie: a table from edge to the state it leads to, and the piece that ends in a state.

    Piece i (identifier FIRST_PIECE + i) is the code points codes[offsets[i]:offsets[i+1]]; the first of
    them is WORD_BEGIN where the piece begins a word. An edge is (state << 21 | code) + 1 in a table of
    `size` slots.
    """
    edges = np.zeros(2 * size, np.uint64)
    ends = np.zeros(offsets[-1] + 1, np.int32)
    states = 1
    for piece in range(len(offsets) - 1):
        state = np.int64(0)
        for at in range(offsets[piece], offsets[piece + 1]):
            key = _edge(state, np.int64(codes[at]))
            place = _place(edges, key)
            if edges[place] == _NONE:
                edges[place] = key
                edges[place + 1] = np.uint64(states)
                states += 1
            state = np.int64(edges[place + 1])
        ends[state] = FIRST_PIECE + piece
    return edges, ends[:states].copy()


@njit(nogil=True, cache=True, inline="always")
def _edge(state, code):  # type: ignore[no-untyped-def]
    return np.uint64((state << 21 | code) + 1)


@njit(nogil=True, cache=True)
def fold_words(
    data: U8, starts: I64, ends: I64, category: NDArray[np.uint8], segment: NDArray[np.uint8], fold: I32
) -> tuple[I32, I64]:
    """Words data[starts[i]:ends[i]] as the models see them: code points, and where each word begins.

    Case-folded, without format characters, every decimal digit as 0 and every inner apostrophe as U+0027:
    words of one hash (`words.split`) are equal here.
    """
    room = 0
    for word in range(len(starts)):
        room += ends[word] - starts[word]
    codes = np.empty(room, np.int32)
    offsets = np.zeros(len(starts) + 1, np.int64)
    filled = 0
    for word in range(len(starts)):
        filled = _fold(data, starts[word], ends[word], category, segment, fold, codes, filled)
        offsets[word + 1] = filled
    return codes[:filled].copy(), offsets


@njit(nogil=True, cache=True)
def _fold(data, start, end, category, segment, fold, codes, filled):  # type: ignore[no-untyped-def]
    at = start
    while at < end:
        code, size = decode(data, at, end)
        kind = category[code]
        if kind == _DIGIT:
            codes[filled] = 48
            filled += 1
        elif segment[code] == _INNER:
            codes[filled] = 39
            filled += 1
        elif kind != _FORMAT:
            codes[filled] = code + fold[code]
            filled += 1
        at += size
    return filled


@njit(nogil=True, cache=True)
def _spell(codes, count, edges, ends, out, filled):  # type: ignore[no-untyped-def]
    # The longest piece that matches, again and again from the left. At the beginning of a word pieces that
    # begin a word are tried first, then the others. A character no piece begins with is <unk>; a run of them
    # in a word is one, so that a foreign name costs about what a rare word does.
    at = 0
    beginning = True
    unknown = False
    while at < count:
        best, best_end, cursor = np.int32(0), at, at
        state = np.int64(0)
        if beginning:
            place = _find(edges, _edge(np.int64(0), np.int64(WORD_BEGIN)))
            state = np.int64(edges[place]) if place > 0 else np.int64(-1)
        while state >= 0 and cursor < count:
            place = _find(edges, _edge(state, np.int64(codes[cursor])))
            if place == 0:
                break
            state = np.int64(edges[place])
            cursor += 1
            if ends[state] != 0:
                best, best_end = ends[state], cursor
        if best == 0:
            if beginning:
                beginning = False
                continue
            best, best_end = np.int32(UNKNOWN), at + 1
        if best != UNKNOWN or not unknown:
            out[filled] = best
            filled += 1
        unknown = best == UNKNOWN
        at = best_end
        beginning = False
    return filled


@njit(nogil=True, cache=True)
def spell(codes: I32, offsets: I64, edges: U64, ends: I32) -> tuple[I32, I64]:
    """The pieces of folded words, and where each word's pieces begin."""
    out = np.empty(len(codes), np.int32)
    bounds = np.zeros(len(offsets), np.int64)
    filled = 0
    for word in range(len(offsets) - 1):
        first, last = offsets[word], offsets[word + 1]
        filled = _spell(codes[first:last], last - first, edges, ends, out, filled)
        bounds[word + 1] = filled
    return out[:filled].copy(), bounds


@njit(nogil=True, cache=True)
def encode(
    data: U8,
    documents: I64,
    word_hashes: U64,
    word_starts: I64,
    word_ends: I64,
    word_offsets: I64,
    known: U64,
    edges: U64,
    ends: I32,
    category: NDArray[np.uint8],
    segment: NDArray[np.uint8],
    fold: I32,
) -> tuple[I32, I64]:
    """The pieces of the given documents, each line as `<s>` pieces `</s>`, and where each document begins.

    A line break between two words ends a line; lines without words give nothing. `known` maps the
    hash of a word to its pieces, at most four, 16 bits each; other words are spelled with the trie.
    """
    room = 0
    longest = 0
    for document in documents:
        for word in range(word_offsets[document], word_offsets[document + 1]):
            size = word_ends[word] - word_starts[word]
            room += size + 2
            longest = max(longest, size)
    codes = np.empty(longest, np.int32)
    out = np.empty(room, np.int32)
    recent = np.zeros(_RECENT + 1, np.uint64)
    spelled = np.zeros((len(recent), 2), np.int64)
    offsets = np.zeros(len(documents) + 1, np.int64)
    filled = 0
    for row in range(len(documents)):
        document = documents[row]
        first, last = word_offsets[document], word_offsets[document + 1]
        for word in range(first, last):
            if word + _AHEAD < last:
                prefetch(known, 2 * slot_of(word_hashes[word + _AHEAD], np.uint64(len(known) >> 1)))
            fresh = word == first
            if not fresh:
                for at in range(word_ends[word - 1], word_starts[word]):
                    if data[at] == 10:
                        fresh = True
                        out[filled] = END
                        filled += 1
                        break
            if fresh:
                out[filled] = BEGIN
                filled += 1
            place = _find(known, word_hashes[word])
            if place > 0:
                packed = known[place]
                while packed != _NONE:
                    out[filled] = np.int32(packed & _LOW)
                    filled += 1
                    packed >>= _16
                continue
            # Spelling takes ten times as long as a look-up, so a word spelled lately is copied.
            slot = np.int64(word_hashes[word] & np.uint64(_RECENT))
            begun = filled
            if recent[slot] == word_hashes[word] and spelled[slot, 1] > 0:
                for at in range(spelled[slot, 0], spelled[slot, 1]):
                    out[filled] = out[at]
                    filled += 1
            else:
                count = _fold(data, word_starts[word], word_ends[word], category, segment, fold, codes, 0)
                filled = _spell(codes, count, edges, ends, out, filled)
                recent[slot] = word_hashes[word]
            spelled[slot, 0], spelled[slot, 1] = begun, filled
        if last > first:
            out[filled] = END
            filled += 1
        offsets[row + 1] = filled
    return out[:filled].copy(), offsets


@njit(nogil=True, cache=True)
def score(
    tokens: I32,
    initial: NDArray[np.bool_],
    unigrams: U64,
    grams: U64,
    base: int,
    order: int,
) -> tuple[I32, I32]:
    """Negated log10 of the probability of each token, in LOG_UNIT; 0 for `<s>`.

    First after all that stands before it in its line: the longest match, then the back-off weights of the
    contexts it left out, as KenLM computes it. Second after the pieces of its own word only, which costs
    nothing more: the look-ups on the way to the longest match hold it. `initial` says by identifier what
    begins a word. Values of `unigrams` (by identifier) and `grams` (a table): the negated logarithm of the
    probability in the low 16 bits, that of the back-off weight in the next 16.
    """
    full = np.zeros(len(tokens), np.int32)
    inside = np.zeros(len(tokens), np.int32)
    ready = np.zeros(order + 1, np.int64)
    fresh = np.zeros(order + 1, np.int64)
    found = np.zeros(order + 1, np.int64)
    radix = np.uint64(base)
    held = 0
    own = 0
    slots = np.uint64(len(grams) >> 1)
    for at in range(len(tokens)):
        # The table does not fit into the caches: fetch what the tokens ahead look up first.
        if _AHEAD + 2 < at + _AHEAD < len(tokens):
            key = np.uint64(tokens[at + _AHEAD]) + np.uint64(tokens[at + _AHEAD - 1]) * radix
            prefetch(grams, 2 * slot_of(key, slots))
            key += np.uint64(tokens[at + _AHEAD - 2]) * radix * radix
            prefetch(grams, 2 * slot_of(key, slots))
        token = tokens[at]
        if token == BEGIN:
            ready[1] = unigrams[token] >> _16
            held = 1
            own = -1
            continue
        own = 0 if initial[token] or own < 0 else own + 1
        found[1] = unigrams[token] & _LOW
        fresh[1] = unigrams[token] >> _16
        matched = 1
        key = np.uint64(token)
        power = radix
        while matched <= held:
            key += np.uint64(tokens[at - matched]) * power
            place = _find(grams, key)
            if place == 0:
                break
            matched += 1
            power *= radix
            found[matched] = grams[place] & _LOW
            fresh[matched] = grams[place] >> _16
        total = found[matched]
        for length in range(matched, held + 1):
            total += ready[length]
        full[at] = total
        near = min(matched, own + 1)
        total = found[near]
        for length in range(near, min(held, own) + 1):
            total += ready[length]
        inside[at] = total
        held = min(matched, order - 1)
        for length in range(1, held + 1):
            ready[length] = fresh[length]
    return full, inside
