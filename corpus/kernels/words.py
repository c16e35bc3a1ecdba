"""Words of UTF-8 text, segmented by script, as hashes and byte positions.

Scripts written with spaces: a run of letters, marks and digits, with apostrophes and joiners inside. Han and
kana: each character. Thai, Lao, Khmer, Myanmar and their relatives: each cluster of a letter and its marks
(with the vowel before it and the consonant stacked below it). Everything else separates.

The hash is over case-folded code points without format characters (joiners, soft hyphens), so it does not
depend on capitals or on invisible characters. Words whose folded characters are all ASCII are hashed eight
bytes at a time, others by code point. One segmentation is shared by signals, MinHash, language identification
and perplexity. Unicode version: `unicode_data.UNICODE_VERSION`.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from corpus.kernels.unicode import GLYPH_SHIFT, Glyph, readonly, tables
from corpus.kernels.wide import BLOCK, classes_of_64, eight_bytes, four_bytes, keep_branch, lowest_bit

__all__ = ["FIRST_BYTES", "SECOND_BYTES", "character", "decode", "hash_of", "split"]

_WORD, _MARK, _FORMAT, _INNER, _STACKER, _NONE, _SINGLE, _CLUSTER, _LEADING = map(int, Glyph)
_CODE = np.uint32((1 << GLYPH_SHIFT) - 1)
_SHIFT = np.uint32(GLYPH_SHIFT)
_INSIDE = np.uint32((_MARK + 1) << GLYPH_SHIFT)  # letters and marks lie below: a word goes on with them

_SEED = np.uint64(0x9E3779B97F4A7C15)
_PRIME = np.uint64(0x100000001B3)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)

# A word of ASCII is hashed as two blocks of eight bytes or more, little-endian, zeros behind its end. By its
# length, up to BLOCK: the bytes of the first and of the second block that are its own.
_BLOCK = 8
_LEAST = 2 * _BLOCK
_OWN = [[(1 << 8 * min(max(n - skip, 0), _BLOCK)) - 1 for n in range(BLOCK + 1)] for skip in (0, _BLOCK)]
FIRST_BYTES, SECOND_BYTES = (readonly(np.array(row, np.uint64)) for row in _OWN)
_LOWER = np.uint64(0x2020202020202020)  # makes small letters of capitals, leaves digits and apostrophes
_0, _1, _32, _63 = (np.uint64(n) for n in (0, 1, 32, 63))
_ALL = ~_0


def split(
    data: NDArray[np.uint8], offsets: NDArray[np.int64]
) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Words of documents data[offsets[i]:offsets[i+1]].

    Gives (hashes uint64, starts int64, ends int64, doc_offsets int64): word w is data[starts[w]:ends[w]], and
    document i owns words doc_offsets[i]:doc_offsets[i+1]. Bytes that are not UTF-8 separate words.
    """
    table = tables()
    documents = len(offsets) - 1
    # A word needs a byte, and two words of one byte each a separator between them.
    capacity = int(offsets[-1] - offsets[0]) // 2 + documents + 1
    hashes = np.empty(capacity, np.uint64)
    starts = np.empty(capacity, np.int64)
    ends = np.empty(capacity, np.int64)
    owners = np.zeros(documents + 1, np.int64)
    with np.errstate(over="ignore"):  # hashes wrap; NumPy warns of it where kernels are not compiled
        count = _split(
            readonly(data),
            readonly(offsets),
            table.glyphs,
            hashes,
            starts,
            ends,
            owners,
        )
    # Views: what lies behind `count` was never written to, so it takes no memory.
    return hashes[:count], starts[:count], ends[:count], owners


def hash_of(word: str) -> int:
    """The hash `split` gives the first word of a text; 0 where it holds none."""
    data = np.frombuffer(word.encode("utf-8", "replace"), np.uint8)
    hashes = split(data, np.array([0, len(data)], np.int64))[0]
    return int(hashes[0]) if len(hashes) else 0


@njit(nogil=True, cache=True)
def decode(data, at, end):  # type: ignore[no-untyped-def]
    """(code point, byte length) of the character at data[at]; an invalid byte is (U+FFFD, 1)."""
    four = four_bytes(data, at)
    if at + 4 > end:
        four &= (1 << 8 * (end - at)) - 1
    return character(four)


@njit(nogil=True, cache=True)
def character(four):  # type: ignore[no-untyped-def]
    """(code point, byte length) of the character whose bytes, and what follows them, are four_bytes."""
    # Branches, which are guessed: computed without, the length of each character would wait for that of the
    # last one to be known (Devanagari: 2.4 ns a character, without branches 5.9).
    if four & 0xC0C0F0 == 0x8080E0:
        keep_branch()
        code = (four & 0x0F) << 12 | (four >> 2 & 0xFC0) | (four >> 16 & 0x3F)
        if code >= 0x800 and code & 0xF800 != 0xD800:
            keep_branch()
            return code, 3
        return 0xFFFD, 1
    if four & 0x80 == 0:
        keep_branch()
        return four & 0x7F, 1
    if four & 0xC0E0 == 0x80C0:
        keep_branch()
        code = (four & 0x1F) << 6 | (four >> 8 & 0x3F)
        if code >= 0x80:
            keep_branch()
            return code, 2
        return 0xFFFD, 1
    if four & 0xC0C0C0F8 == 0x808080F0:
        code = (four & 0x07) << 18 | (four << 4 & 0x3F000) | (four >> 10 & 0xFC0) | (four >> 24 & 0x3F)
        if 0x10000 <= code < 0x110000:
            return code, 4
    return 0xFFFD, 1


@njit(nogil=True, cache=True)
def _finish(state):  # type: ignore[no-untyped-def]
    state = (state ^ (state >> np.uint64(30))) * _MIX_1
    state = (state ^ (state >> np.uint64(27))) * _MIX_2
    return state ^ (state >> np.uint64(31))


@njit(nogil=True, cache=True)
def _mix(state, block):  # type: ignore[no-untyped-def]
    state = (state ^ block) * _MIX_1
    return state ^ (state >> _32)


@njit(nogil=True, cache=True)
def _ascii_hash(data, at, end, glyphs):  # type: ignore[no-untyped-def]
    """The hash of a word whose folded characters are all ASCII: as if its bytes were."""
    state = _SEED
    block = _0
    filled = 0
    while at < end:
        code, size = decode(data, at, end)
        at += size
        kind = glyphs[code] >> _SHIFT
        if kind == _WORD:
            code = np.int64(glyphs[code] & _CODE)
        elif kind == _INNER:
            code = 0x27
        else:
            continue
        block |= np.uint64(code) << np.uint64(8 * (filled & 7))
        filled += 1
        if filled & 7 == 0:
            state = _mix(state, block)
            block = _0
    while filled & 7 or filled < _LEAST:
        filled = (filled | 7) + 1
        state = _mix(state, block)
        block = _0
    return _finish(state)


@njit(nogil=True, cache=True)
def _split(data, offsets, glyphs, hashes, starts, ends, owners):  # type: ignore[no-untyped-def]
    count = 0
    for document in range(len(offsets) - 1):
        at, end = offsets[document], offsets[document + 1]
        owners[document] = count
        # `open_kind` is the class of the word being read, _NONE outside words; `last` the byte after its
        # last character; `joined` is set while the last character asks for the next one; `union` joins the
        # bits of its folded characters.
        open_kind = _NONE
        start = last = at
        joined = False
        state = _SEED
        union = np.uint32(0)
        while at < end:
            if open_kind == _NONE and data[at] < 0x80:
                word, quote, wide = classes_of_64(data, at)
                if end - at < BLOCK:
                    inside = (_1 << np.uint64(end - at)) - _1
                    word, quote, wide = word & inside, quote & inside, wide & inside
                # An apostrophe between two letters is part of the word; before what is not ASCII, or cut from
                # what follows by the end of the block, it is not known whether it is.
                after = quote & (word << _1)
                word |= after & (word >> _1)
                stop = lowest_bit(wide | after & (wide >> _1 | _1 << _63))
                known = _ALL
                if stop < BLOCK:
                    known = (_1 << np.uint64(stop)) - _1
                    word &= known
                begins = word & ~(word << _1)
                finishes = ~word & (word << _1) & known
                while finishes != _0:
                    first, behind = lowest_bit(begins), lowest_bit(finishes)
                    begins &= begins - _1
                    finishes &= finishes - _1
                    start, size = at + first, behind - first
                    state = _mix(_SEED, (eight_bytes(data, start) | _LOWER) & FIRST_BYTES[size])
                    state = _mix(state, (eight_bytes(data, start + _BLOCK) | _LOWER) & SECOND_BYTES[size])
                    for skip in range(_LEAST, size, _BLOCK):
                        block = (eight_bytes(data, start + skip) | _LOWER) & FIRST_BYTES[
                            min(size - skip, _BLOCK)
                        ]
                        state = _mix(state, block)
                    hashes[count], starts[count], ends[count] = _finish(state), start, at + behind
                    count += 1
                if begins == _0:
                    at += stop
                    if stop == BLOCK:
                        continue
                else:
                    first = lowest_bit(begins)
                    at += first
                    if stop == BLOCK and first > 0:
                        continue
                state, union = _SEED, np.uint32(0)
            code, size = character(four_bytes(data, at))
            glyph = glyphs[code]
            if open_kind == _WORD and not joined and glyph < _INSIDE:
                while True:
                    state = (state ^ np.uint64(glyph & _CODE)) * _PRIME
                    union |= glyph
                    at += size
                    if at >= end:
                        break
                    code, size = character(four_bytes(data, at))
                    glyph = glyphs[code]
                    if glyph >= _INSIDE:
                        break
                last = at
                if at >= end:
                    break
                if glyph >> _SHIFT == _NONE:  # the most frequent end of a word
                    value = _finish(state) if union >= 0x80 else _ascii_hash(data, start, last, glyphs)
                    hashes[count], starts[count], ends[count] = value, start, last
                    count += 1
                    open_kind = _NONE
                    at += size
                    continue
            kind = int(glyph >> _SHIFT)
            if kind == _WORD:
                if open_kind == _WORD:
                    # An apostrophe between two letters: part of the word and of its hash, whatever its form.
                    state = (state ^ np.uint64(0x27)) * _PRIME
                else:
                    if open_kind != _NONE:
                        value = _finish(state) if union >= 0x80 else _ascii_hash(data, start, last, glyphs)
                        hashes[count], starts[count], ends[count] = value, start, last
                        count += 1
                    open_kind, start, state, union = _WORD, at, _SEED, np.uint32(0)
                joined = False
                state = (state ^ np.uint64(glyph & _CODE)) * _PRIME
                union |= glyph & _CODE
                last = at + size
            elif kind == _MARK:
                if open_kind != _NONE and open_kind != _WORD:
                    state = (state ^ np.uint64(glyph & _CODE)) * _PRIME
                    union |= glyph & _CODE
                    last = at + size
            elif kind == _FORMAT:
                pass
            elif kind == _INNER and open_kind == _WORD and not joined:
                joined = True
            elif kind == _STACKER:
                if open_kind != _NONE:
                    state = (state ^ np.uint64(glyph & _CODE)) * _PRIME
                    union |= glyph & _CODE
                    last = at + size
                    joined = True
            else:
                continues = kind == _CLUSTER and joined and open_kind >= _CLUSTER
                if open_kind != _NONE and not continues:
                    value = _finish(state) if union >= 0x80 else _ascii_hash(data, start, last, glyphs)
                    hashes[count], starts[count], ends[count] = value, start, last
                    count += 1
                    open_kind = _NONE
                if kind == _SINGLE:
                    # Each character is a word, unless a mark or a joiner follows the last of them.
                    while True:
                        start, state, union = at, (_SEED ^ np.uint64(glyph & _CODE)) * _PRIME, glyph
                        last = at + size
                        if last == end:
                            break
                        code, following = character(four_bytes(data, last))
                        glyph = glyphs[code]
                        if glyph >> _SHIFT != _SINGLE:
                            break
                        hashes[count], starts[count], ends[count] = _finish(state), start, last
                        count += 1
                        at, size = last, following
                    open_kind = kind
                elif kind > _SINGLE:
                    if not continues:
                        start, state, union = at, _SEED, np.uint32(0)
                    state = (state ^ np.uint64(glyph & _CODE)) * _PRIME
                    union |= glyph & _CODE
                    last = at + size
                    open_kind = kind
                joined = kind == _LEADING
            at += size
        if open_kind != _NONE:
            value = _finish(state) if union >= 0x80 else _ascii_hash(data, start, last, glyphs)
            hashes[count], starts[count], ends[count] = value, start, last
            count += 1
    owners[len(offsets) - 1] = count
    return count
