"""Listed words in disguise, and listed parts of the hosts a text links to: one pass over the bytes.

A disguised word has digits or signs for letters (`p0rn`, `$lut`), stars for vowels (`p*rn`), letters with one
and the same separator between them (`x x x`, `s.e.x`), a letter three times and more (`seeexy`), letters of
another script that look the same, or a comment inside (`po<!-- -->rn`). What is written plainly is counted by
`corpus.kernels.flagged`. Letters are packed five bits each, so what matches is equal and no
hash; words of more than 12 letters are not looked up. i, l, 1, ! and | are one letter.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from corpus.kernels.unicode import readonly
from corpus.kernels.words import decode

__all__ = ["LONGEST", "SpellingTable", "count", "table"]

LONGEST = 12
_SHORTEST_PART = 3
_STAR = 27
_VOWELS = "aeiou"
_WWW = 0x5EF7
_FOREIGN = 99
#: How a character takes part: not at all; as a letter; in disguise; in disguise if a letter follows.
_NONE, _PLAIN, _DISGUISE, _INNER = range(4)
_SIGNS = {
    "0": "o",
    "1": "i",
    "3": "e",
    "4": "a",
    "5": "s",
    "7": "t",
    "9": "g",
    "@": "a",
    "$": "s",
    "!": "i",
    "|": "i",
}
_INNER_SIGNS = "!|*"
#: Letters of other scripts that look like a Latin one.
_ALIKE = dict(zip("аеорсухіѕԁһαοενιρτυχκ", "aeopcyxisdhaoevnptuxk", strict=True))
#: Code points up to here are looked up; fullwidth forms are mapped down by the kernel.
_SIZE = 0x530


class SpellingTable(NamedTuple):
    """Packed words, sorted: looked up when disguised; the same with repeated letters once; parts of hosts."""

    words: NDArray[np.int64]
    single: NDArray[np.int64]
    parts: NDArray[np.int64]
    first: NDArray[np.bool_]


def _pack(word: str) -> int:
    letters, _ = _characters()
    value = 0
    for character in word:
        value = value << 5 | int(letters[ord(character)])
    return value


def table(words: Iterable[str], parts: Iterable[str]) -> SpellingTable:
    """Compile words of 3 to LONGEST letters a to z (others are left out) and parts of hosts."""
    fit = sorted({w for w in words if w.isascii() and w.isalpha() and 3 <= len(w) <= LONGEST})
    starred = {_starred(w, which) for w in fit if len(w) > 3 for which in range(-1, len(w))}
    once = {"".join(c for at, c in enumerate(w) if at == 0 or w[at - 1] != c) for w in fit}
    hosts = sorted({_pack(part) for part in parts if _SHORTEST_PART <= len(part) <= LONGEST})
    first = np.zeros(1 << 15, np.bool_)
    for part in parts:
        first[_pack(part[:_SHORTEST_PART])] = True
    return SpellingTable(
        np.array(sorted({_pack(w) for w in {*fit, *starred}}), np.int64),
        np.array(sorted({_pack(w) for w in once if len(w) >= 3}), np.int64),
        np.array(hosts, np.int64),
        first,
    )


def _starred(word: str, which: int) -> str:
    """A star for the vowel at `which`, -1 for all, the first and last letter left alone."""
    return "".join(
        "*" if 0 < at < len(word) - 1 and letter in _VOWELS and which in (at, -1) else letter
        for at, letter in enumerate(word)
    )


@functools.cache
def _characters() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """By code point: the letter 1 to 27, 0 for none; and how it takes part."""
    letters, part = np.zeros(_SIZE, np.uint8), np.zeros(_SIZE, np.uint8)
    for code in range(_SIZE):
        character = chr(code)
        plain = _SIGNS.get(character) or _ALIKE.get(character.lower())
        sort = _INNER if character in _INNER_SIGNS else _DISGUISE
        if plain is None:
            plain = unicodedata.normalize("NFKD", character)[0].lower()
            sort = _PLAIN
        if "a" <= plain <= "z" and len(plain) == 1:
            letters[code] = "abcdefghijklmnopqrstuvwxyz".index("i" if plain == "l" else plain) + 1
            part[code] = sort
    letters[ord("*")], part[ord("*")] = _STAR, _INNER
    return letters, part


@njit(nogil=True, cache=True)
def _has(keys: NDArray[np.int64], key: int) -> bool:
    at = np.searchsorted(keys, key)
    return bool(at < keys.size and keys[at] == key)


@njit(nogil=True, cache=True)
def _comment(data: NDArray[np.uint8], at: int, end: int) -> int:
    """Where a comment that begins at `at` ends; `at` where none does, or none that is short."""
    if at + 4 <= end and data[at] == 0x3C and data[at + 1] == 0x21 and data[at + 2] == 0x2D:
        for k in range(at + 4, min(end, at + 64)):
            if data[k] == 0x3E:
                return k + 1
    return at


@njit(nogil=True, cache=True)
def _host(
    data: NDArray[np.uint8],
    at: int,
    end: int,
    parts: NDArray[np.int64],
    first: NDArray[np.bool_],
    letters: NDArray[np.uint8],
) -> tuple[int, bool]:
    """Where the host that begins at `at` ends, and whether it holds a listed part."""
    stop = at
    while stop < end and stop < at + 253:
        c = data[stop]
        if c <= 0x20 or c == 0x2F or c == 0x22 or c == 0x27 or c == 0x3C or c == 0x3E or c == 0x3F:
            break
        stop += 1
    for begin in range(at, stop):
        value = 0
        for k in range(begin, min(stop, begin + LONGEST)):
            letter = int(letters[data[k]]) if data[k] < 0x80 else 0
            if letter == 0:
                break
            value = value << 5 | letter
            if k - begin == _SHORTEST_PART - 1 and not first[value]:
                break
            if k - begin >= _SHORTEST_PART - 1 and _has(parts, value):
                return stop, True
    return stop, False


@njit(nogil=True, cache=True)
def _count(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    documents: NDArray[np.int64],
    words: NDArray[np.int64],
    single: NDArray[np.int64],
    parts: NDArray[np.int64],
    first: NDArray[np.bool_],
    letters: NDArray[np.uint8],
    part: NDArray[np.uint8],
    result: NDArray[np.int64],
) -> None:
    for row in range(documents.size):
        at, end = offsets[documents[row]], offsets[documents[row] + 1]
        value = once = 0  # the word being read, and the same without repeated letters
        begun = length = plain = disguised = run = longest = 0
        last = 0
        alone = count = stood = 0  # letters that stand alone: packed, how many, where the last one ended
        separator = np.uint8(0)
        while at <= end:
            size, letter, sort, wide = 1, 0, _NONE, False
            if at < end:
                code = int(data[at])
                if code >= 0x80:
                    code, size = decode(data, at, end)
                if 0xFF01 <= code <= 0xFF5E:
                    code -= 0xFEE0
                if code < letters.size and letters[code]:
                    letter = int(letters[code])
                    sort = int(part[code])
                    wide = size == 3
                elif code > 0x2FFF or (code >= 0x180 and code < 0x2000):
                    length = _FOREIGN  # a letter of another script: no Latin word
                if sort == _INNER:
                    follows = part[data[at + 1]] if at + 1 < end and data[at + 1] < 0x80 else np.uint8(_NONE)
                    if length == 0 or follows in (_NONE, _INNER):
                        sort = _NONE
                elif sort == _NONE and length and data[at] == 0x3C:
                    behind = _comment(data, at, end)
                    if behind > at:
                        at = behind
                        disguised += 1
                        continue
            if sort != _NONE:
                if length == 0:
                    begun = at
                plain += sort == _PLAIN
                disguised += sort != _PLAIN or (wide and disguised == 0)
                length += 1
                if length <= LONGEST:
                    value = value << 5 | letter
                    once = once if letter == last else once << 5 | letter
                run = run + 1 if letter == last else 1
                longest = max(longest, run)
                last = letter
                at += size
                continue
            if length:
                if length == 1 and plain:
                    follows_on = count and begun == stood + 1 and data[stood] > 0x1F
                    if not (follows_on and (count == 1 or data[stood] == separator)):
                        result[row, 0] += 3 <= count <= LONGEST and _has(words, alone)
                        alone = count = 0
                    else:
                        separator = data[stood]
                    count += 1
                    stood = at
                    if count <= LONGEST:
                        alone = alone << 5 | value
                else:
                    result[row, 0] += 3 <= count <= LONGEST and _has(words, alone)
                    alone = count = 0
                    if 3 < length <= LONGEST and plain:
                        if 0 < disguised <= length // 2:
                            result[row, 0] += _has(words, value)
                        elif disguised == 0 and longest >= 3:
                            result[row, 0] += _has(single, once)
                    elif length == 3 and value == _WWW and at < end and data[at] == 0x2E:
                        size = -1
                if at + 2 < end and data[at] == 0x3A and data[at + 1] == 0x2F and data[at + 2] == 0x2F:
                    size = -3
                value = once = 0
                length = plain = disguised = run = longest = 0
                last = 0
            if size < 0:
                at, found = _host(data, at - size, end, parts, first, letters)
                result[row, 1] += found
            else:
                at += size
        result[row, 0] += 3 <= count <= LONGEST and _has(words, alone)


def count(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], documents: NDArray[np.int64], spelling: SpellingTable
) -> NDArray[np.int64]:
    """A row for each of `documents`: disguised words, and links to a host with a listed part."""
    result = np.zeros((documents.size, 2), np.int64)
    letters, part = _characters()
    _count(readonly(data), readonly(offsets), documents, *spelling, letters, part, result)
    return result
