"""Words looked up in per-language lists, and a few marker phrases, over the shared word hashes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum
from functools import cache
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from corpus.kernels.unicode import readonly
from corpus.kernels.words import hash_of

__all__ = ["Found", "WordLists", "find", "word_lists"]


class Found(IntEnum):
    """Columns of `find`."""

    LISTED = 0  # words on the list of the document's language
    DISTINCT = 1  # distinct ones
    URLS = 2  # words http, https, www
    LOREM_IPSUM = 3
    JAVASCRIPT = 4
    POLICY = 5  # C4's policy phrases: cookies and terms of use


class WordLists(NamedTuple):
    """An open hash table of words for each language: `languages` gives the number of a language, counted from
    1; the table of language n is slots bounds[n-1]:bounds[n], small enough to stay in the nearest cache."""

    languages: Mapping[str, int]
    keys: NDArray[np.uint64]
    numbers: NDArray[np.int32]
    bounds: NDArray[np.int64]


_MULTIPLY = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(32)

# The phrases of the C4 paper (Raffel et al. 2020, section 2.2), as (first word, second word); "" is any.
_MARKERS = (
    ("http", "", Found.URLS), ("https", "", Found.URLS), ("www", "", Found.URLS),
    ("lorem", "ipsum", Found.LOREM_IPSUM), ("javascript", "", Found.JAVASCRIPT),
    ("terms", "of", Found.POLICY), ("privacy", "policy", Found.POLICY), ("cookie", "policy", Found.POLICY),
    ("uses", "cookies", Found.POLICY), ("use", "cookies", Found.POLICY), ("of", "cookies", Found.POLICY),
)  # fmt: skip
_TERMS = 5  # position of "terms of", the only phrase with a third word
_USE = "use"


def word_lists(lists: Mapping[str, Sequence[str]]) -> WordLists:
    """The table of these lists; a word that splits into several is left out."""
    numbers = {language: number for number, language in enumerate(sorted(lists), start=1)}
    tables = [np.zeros(1 << max(4, (8 * len(lists[name])).bit_length()), np.uint64) for name in sorted(lists)]
    indexes = [np.zeros(len(table), np.int32) for table in tables]
    with np.errstate(over="ignore"):
        for language, number in numbers.items():
            keys, mask = tables[number - 1], len(tables[number - 1]) - 1
            for index, word in enumerate(dict.fromkeys(map(hash_of, lists[language]))):
                key = np.uint64(word) | np.uint64(1)
                slot = int((key * _MULTIPLY) >> _SHIFT) & mask
                while keys[slot] != 0:
                    slot = (slot + 1) & mask
                keys[slot] = key
                indexes[number - 1][slot] = index
    bounds = np.cumsum([0, *map(len, tables)], dtype=np.int64)
    empty: list[NDArray[np.uint64]] = [np.zeros(0, np.uint64)]
    return WordLists(
        numbers,
        readonly(np.concatenate(empty + tables)),
        readonly(np.concatenate([np.zeros(0, np.int32), *indexes])),
        readonly(bounds),
    )


@cache
def _markers() -> tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.int64], NDArray[np.bool_]]:
    first = np.array([hash_of(a) for a, _, _ in _MARKERS], np.uint64)
    second = np.array([hash_of(b) for _, b, _ in _MARKERS], np.uint64)
    column = np.array([c for _, _, c in _MARKERS], np.int64)
    sieve = np.zeros(4096, np.bool_)
    sieve[first & np.uint64(4095)] = True
    return readonly(first), readonly(second), readonly(column), readonly(sieve)


def find(
    hashes: NDArray[np.uint64], offsets: NDArray[np.int64], lists: WordLists, languages: NDArray[np.int64]
) -> NDArray[np.int64]:
    """int64 [documents, len(Found)]; languages are the numbers of WordLists, 0 where there is no list."""
    result = np.zeros((len(offsets) - 1, len(Found)), np.int64)
    first, second, column, sieve = _markers()
    longest = int(lists.numbers.max(initial=0)) + 2
    use = np.uint64(hash_of(_USE))
    _find(
        readonly(hashes), readonly(offsets), lists.keys, lists.numbers, lists.bounds, readonly(languages),
        first, second, column, sieve, use, np.full(longest, -1, np.int64), result,
    )  # fmt: skip
    return result


@njit(nogil=True, cache=True)
def _find(  # type: ignore[no-untyped-def]
    hashes, offsets, keys, numbers, bounds, languages, first, second, column, sieve, use, seen, result
):
    none, one, low = np.uint64(0), np.uint64(1), np.uint64(4095)
    spare = len(seen) - 1
    for document in range(len(offsets) - 1):
        language = languages[document]
        base = mask = 0
        if language > 0:
            base = bounds[language - 1]
            mask = bounds[language] - base - 1
        row = result[document]
        listed = distinct = 0
        begin, end = offsets[document], offsets[document + 1]
        for word in range(begin, end):
            value = hashes[word]
            if sieve[value & low]:  # one word in hundreds
                for marker in range(len(first)):
                    if first[marker] == value:
                        following = hashes[word + 1] if word + 1 < end else np.uint64(0)
                        if second[marker] == 0 or second[marker] == following:
                            where = column[marker]
                            if (
                                where != Found.POLICY
                                or marker != _TERMS
                                or (word + 2 < end and hashes[word + 2] == use)
                            ):
                                row[where] += 1
            if language > 0:
                key = value | one
                slot = np.int64((key * _MULTIPLY) >> _SHIFT) & mask
                held = keys[base + slot]
                # Whether a word is listed is as good as a coin: nothing here branches on it.
                while min(held, held ^ key) != none:
                    slot = (slot + 1) & mask
                    held = keys[base + slot]
                found = held == key
                listed += found
                number = spare + (numbers[base + slot] - spare) * found
                distinct += found & (seen[number] != document)
                seen[number] = document
        row[Found.LISTED] = listed
        row[Found.DISTINCT] = distinct
