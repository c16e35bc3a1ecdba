"""Kernels of the language models: words to pieces, and the back-off score of a piece sequence.

Identifiers: 0 nothing, 1 `<unk>`, 2 `<s>`, 3 `</s>`, pieces from 4. An n-gram w1..wn is the integer
w1*B**(n-1) + ... + wn in base B (identifiers below B, none of them 0), so keys of every length differ and
look-ups are exact. Tables are open addressing with linear probing; key 0 marks an empty slot.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

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
U16 = NDArray[np.uint16]
U64 = NDArray[np.uint64]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
F64 = NDArray[np.float64]

_MIX = np.uint64(0x9E3779B97F4A7C15)
_32 = np.uint64(32)
_NONE = np.uint64(0)
_DIGIT, _FORMAT = 9, 27  # general categories Nd and Cf in unicode.CATEGORIES
_INNER = 3  # unicode.Segment.INNER


@njit(nogil=True, cache=True, inline="always")
def slot_of(key: np.uint64, size: np.uint64) -> np.int64:
    """The home slot of a key in a table of `size` < 2**32 slots: the high half of a mixed product."""
    mixed = (key ^ (key >> np.uint64(29))) * _MIX
    return np.int64(((mixed >> _32) * size) >> _32)


@njit(nogil=True, cache=True)
def fill_table(keys: U64, size: int) -> tuple[U64, I32]:
    """A table of `size` slots over distinct non-zero keys: the key in each slot, and its index in `keys`."""
    table = np.zeros(size, np.uint64)
    rows = np.full(size, -1, np.int32)
    for row in range(len(keys)):
        slot = slot_of(keys[row], np.uint64(size))
        while table[slot] != _NONE:
            slot += 1
            if slot == size:
                slot = 0
        table[slot] = keys[row]
        rows[slot] = row
    return table, rows


@njit(nogil=True, cache=True)
def _find(table, key):  # type: ignore[no-untyped-def]
    size = len(table)
    slot = slot_of(key, np.uint64(size))
    while True:
        found = table[slot]
        if found == key:
            return slot
        if found == _NONE:
            return -1
        slot += 1
        if slot == size:
            slot = 0


@njit(nogil=True, cache=True)
def build_trie(codes: I32, offsets: I64, size: int) -> tuple[U64, I32, I32]:
    """The pieces as a trie: edge keys, the state each edge leads to, and the piece that ends in each state.

    Piece i (identifier FIRST_PIECE + i) is the code points codes[offsets[i]:offsets[i+1]]; the first of
    them is WORD_BEGIN where the piece begins a word. An edge is (state << 21 | code) + 1 in a table of
    `size` slots.
    """
    edges = np.zeros(size, np.uint64)
    targets = np.zeros(size, np.int32)
    ends = np.zeros(offsets[-1] + 1, np.int32)
    states = 1
    for piece in range(len(offsets) - 1):
        state = np.int64(0)
        for at in range(offsets[piece], offsets[piece + 1]):
            key = _edge(state, np.int64(codes[at]))
            slot = slot_of(key, np.uint64(size))
            while edges[slot] != _NONE and edges[slot] != key:
                slot += 1
                if slot == size:
                    slot = 0
            if edges[slot] == _NONE:
                edges[slot] = key
                targets[slot] = states
                states += 1
            state = np.int64(targets[slot])
        ends[state] = FIRST_PIECE + piece
    return edges, targets, ends[:states].copy()


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
def _spell(codes, count, edges, targets, ends, out, filled):  # type: ignore[no-untyped-def]
    # The longest piece that matches, again and again from the left. A character no piece begins with in the
    # middle of a word is <unk>; at the beginning of a word the pieces for the middle are tried first.
    at = 0
    beginning = True
    while at < count:
        best, best_end, cursor = np.int32(0), at, at
        state = np.int64(0)
        if beginning:
            slot = _find(edges, _edge(np.int64(0), np.int64(WORD_BEGIN)))
            state = np.int64(targets[slot]) if slot >= 0 else np.int64(-1)
        while state >= 0 and cursor < count:
            slot = _find(edges, _edge(state, np.int64(codes[cursor])))
            if slot < 0:
                break
            state = np.int64(targets[slot])
            cursor += 1
            if ends[state] != 0:
                best, best_end = ends[state], cursor
        if best == 0:
            if beginning:
                beginning = False
                continue
            best, best_end = np.int32(UNKNOWN), at + 1
        out[filled] = best
        filled += 1
        at = best_end
        beginning = False
    return filled


@njit(nogil=True, cache=True)
def spell(codes: I32, offsets: I64, edges: U64, targets: I32, ends: I32) -> tuple[I32, I64]:
    """The pieces of folded words, and where each word's pieces begin."""
    out = np.empty(len(codes), np.int32)
    bounds = np.zeros(len(offsets), np.int64)
    filled = 0
    for word in range(len(offsets) - 1):
        first, last = offsets[word], offsets[word + 1]
        filled = _spell(codes[first:last], last - first, edges, targets, ends, out, filled)
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
    known_rows: I32,
    known_offsets: I64,
    known_pieces: I32,
    edges: U64,
    targets: I32,
    ends: I32,
    category: NDArray[np.uint8],
    segment: NDArray[np.uint8],
    fold: I32,
) -> tuple[I32, I64]:
    """The pieces of the given documents, each line as `<s>` pieces `</s>`, and where each document begins.

    A line break between two words ends a line; lines without words give nothing. `known` maps the hash of
    a word met in training to its pieces; other words are spelled with the trie.
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
    offsets = np.zeros(len(documents) + 1, np.int64)
    filled = 0
    for row in range(len(documents)):
        document = documents[row]
        first, last = word_offsets[document], word_offsets[document + 1]
        for word in range(first, last):
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
            slot = _find(known, word_hashes[word])
            if slot >= 0:
                entry = known_rows[slot]
                for at in range(known_offsets[entry], known_offsets[entry + 1]):
                    out[filled] = known_pieces[at]
                    filled += 1
            else:
                count = _fold(data, word_starts[word], word_ends[word], category, segment, fold, codes, 0)
                filled = _spell(codes, count, edges, targets, ends, out, filled)
        if last > first:
            out[filled] = END
            filled += 1
        offsets[row + 1] = filled
    return out[:filled].copy(), offsets


@njit(nogil=True, cache=True)
def score(
    tokens: I32,
    initial: NDArray[np.bool_],
    unigrams: U16,
    unigram_backoffs: U16,
    keys: U64,
    logs: U16,
    backoffs: U16,
    base: int,
    order: int,
) -> tuple[I32, I32]:
    """Negated log10 of the probability of each token, in LOG_UNIT; 0 for `<s>`.

    First after all that stands before it in its line: the longest match, then the back-off weights of the
    contexts it left out, as KenLM computes it. Second after the pieces of its own word only, which costs
    nothing more: the look-ups on the way to the longest match hold it. `initial` says by identifier what
    begins a word. `logs` and `backoffs` go slot by slot with `keys`; the unigrams are dense.
    """
    full = np.zeros(len(tokens), np.int32)
    inside = np.zeros(len(tokens), np.int32)
    ready = np.zeros(order + 1, np.int64)
    fresh = np.zeros(order + 1, np.int64)
    found = np.zeros(order + 1, np.int64)
    radix = np.uint64(base)
    held = 0
    own = 0
    for at in range(len(tokens)):
        token = tokens[at]
        if token == BEGIN:
            ready[1] = unigram_backoffs[token]
            held = 1
            own = -1
            continue
        own = 0 if initial[token] or own < 0 else own + 1
        found[1] = unigrams[token]
        fresh[1] = unigram_backoffs[token]
        matched = 1
        key = np.uint64(token)
        power = radix
        while matched <= held:
            key += np.uint64(tokens[at - matched]) * power
            slot = _find(keys, key)
            if slot < 0:
                break
            matched += 1
            power *= radix
            found[matched] = logs[slot]
            fresh[matched] = backoffs[slot]
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
