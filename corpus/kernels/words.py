"""Words of UTF-8 text, segmented by script, as hashes and byte positions.

Scripts written with spaces: a run of letters, marks and digits, with apostrophes and joiners inside. Han and
kana: each character. Thai, Lao, Khmer, Myanmar and their relatives: each cluster of a letter and its marks
(with the vowel before it and the consonant stacked below it). Everything else separates.

The hash is over case-folded code points without format characters (joiners, soft hyphens), so it does not
depend on capitals or on invisible characters. One segmentation is shared by signals, MinHash, language
identification and perplexity. Unicode version: `unicode_data.UNICODE_VERSION`.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from corpus.kernels.unicode import readonly, tables

__all__ = ["decode", "hash_of", "split"]

_NONE, _WORD, _EXTEND, _INNER, _SINGLE, _CLUSTER, _LEADING, _STACKER = range(8)
_FORMAT = 27  # general category Cf: joins, but is not hashed

_SEED = np.uint64(0x9E3779B97F4A7C15)
_PRIME = np.uint64(0x100000001B3)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


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
            table.segment,
            table.category,
            table.fold,
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


@njit(nogil=True, cache=True, inline="always")
def decode(data, at, end):  # type: ignore[no-untyped-def]
    """(code point, byte length) of the character at data[at]; an invalid byte is (U+FFFD, 1)."""
    lead = np.int64(data[at])
    if lead < 0x80:
        return lead, 1
    if lead < 0xE0:
        if lead >= 0xC2 and at + 1 < end:
            second = np.int64(data[at + 1]) ^ 0x80
            if second < 0x40:
                return (lead & 0x1F) << 6 | second, 2
    elif lead < 0xF0:
        if at + 2 < end:
            second, third = np.int64(data[at + 1]) ^ 0x80, np.int64(data[at + 2]) ^ 0x80
            code = (lead & 0x0F) << 12 | second << 6 | third
            if (second | third) < 0x40 and code >= 0x800 and not 0xD800 <= code < 0xE000:
                return code, 3
    elif lead < 0xF5 and at + 3 < end:
        second, third = np.int64(data[at + 1]) ^ 0x80, np.int64(data[at + 2]) ^ 0x80
        fourth = np.int64(data[at + 3]) ^ 0x80
        code = (lead & 0x07) << 18 | second << 12 | third << 6 | fourth
        if (second | third | fourth) < 0x40 and 0x10000 <= code < 0x110000:
            return code, 4
    return 0xFFFD, 1


@njit(nogil=True, cache=True, inline="always")
def _finish(state):  # type: ignore[no-untyped-def]
    state = (state ^ (state >> np.uint64(30))) * _MIX_1
    state = (state ^ (state >> np.uint64(27))) * _MIX_2
    return state ^ (state >> np.uint64(31))


@njit(nogil=True, cache=True)
def _split(data, offsets, segment, category, fold, hashes, starts, ends, owners):  # type: ignore[no-untyped-def]
    count = 0
    for document in range(len(offsets) - 1):
        at, end = offsets[document], offsets[document + 1]
        owners[document] = count
        # `open_kind` is the segment of the word being read, _NONE outside words; `last` the byte after its
        # last character; `joined` is set while the last character asks for the next one.
        open_kind = _NONE
        start = last = at
        joined = False
        state = _SEED
        while at < end:
            # ASCII letters and digits going on in a word: most of the bytes of most languages.
            if open_kind == _WORD and not joined:
                begun = at
                while at < end and data[at] < 0x80 and segment[data[at]] == _WORD:
                    state = (state ^ np.uint64(data[at] + fold[data[at]])) * _PRIME
                    at += 1
                if at > begun:
                    last = at
                    if at == end:
                        break
            code, size = decode(data, at, end)
            kind = segment[code]
            if kind == _WORD:
                if open_kind != _WORD:
                    if open_kind != _NONE:
                        hashes[count], starts[count], ends[count] = _finish(state), start, last
                        count += 1
                    open_kind, start, state = _WORD, at, _SEED
                elif joined:
                    # An apostrophe between two letters: part of the word and of its hash, whatever its form.
                    state = (state ^ np.uint64(0x27)) * _PRIME
                joined = False
                state = (state ^ np.uint64(code + fold[code])) * _PRIME
                last = at + size
            elif kind == _EXTEND:
                attached = open_kind != _NONE and not (open_kind == _WORD and joined)
                if attached and category[code] != _FORMAT:
                    state = (state ^ np.uint64(code + fold[code])) * _PRIME
                    last = at + size
            elif kind == _INNER and open_kind == _WORD and not joined:
                joined = True
            elif kind == _STACKER:
                if open_kind != _NONE:
                    state = (state ^ np.uint64(code)) * _PRIME
                    last = at + size
                    joined = True
            else:
                continues = kind == _CLUSTER and joined and open_kind in (_CLUSTER, _LEADING)
                if open_kind != _NONE and not continues:
                    hashes[count], starts[count], ends[count] = _finish(state), start, last
                    count += 1
                    open_kind = _NONE
                if kind in (_SINGLE, _CLUSTER, _LEADING):
                    if not continues:
                        start, state = at, _SEED
                    state = (state ^ np.uint64(code + fold[code])) * _PRIME
                    last = at + size
                    open_kind = kind
                joined = kind == _LEADING
            at += size
        if open_kind != _NONE:
            hashes[count], starts[count], ends[count] = _finish(state), start, last
            count += 1
    owners[len(offsets) - 1] = count
    return count
