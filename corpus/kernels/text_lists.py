"""Words looked up in per-language lists, and a few marker phrases, over the shared word hashes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum
from functools import cache
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from corpus.kernels.ngrams import Repeat, Repeats
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
    bounds: NDArray[np.int64]


_MULTIPLY = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(32)

# The words and phrases of the C4 paper (Raffel et al. 2020, section 2.2), and which of their words is seldom
# met otherwise.
_MARKERS = (
    (("http",), 0, Found.URLS), (("https",), 0, Found.URLS), (("www",), 0, Found.URLS),
    (("javascript",), 0, Found.JAVASCRIPT), (("lorem", "ipsum"), 1, Found.LOREM_IPSUM),
    (("terms", "of", "use"), 0, Found.POLICY), (("privacy", "policy"), 1, Found.POLICY),
    (("cookie", "policy"), 1, Found.POLICY), (("uses", "cookies"), 1, Found.POLICY),
    (("use", "cookies"), 1, Found.POLICY), (("of", "cookies"), 1, Found.POLICY),
)  # fmt: skip
_LONGEST = 3
_SIEVE = np.uint64(4095)


def word_lists(lists: Mapping[str, Sequence[str]]) -> WordLists:
    """The table of these lists; a word that splits into several is left out."""
    numbers = {language: number for number, language in enumerate(sorted(lists), start=1)}
    tables = [np.zeros(1 << max(4, (8 * len(lists[name])).bit_length()), np.uint64) for name in sorted(lists)]
    with np.errstate(over="ignore"):
        for language, number in numbers.items():
            keys, mask = tables[number - 1], len(tables[number - 1]) - 1
            for word in dict.fromkeys(map(hash_of, lists[language])):
                key = np.uint64(word) | np.uint64(1)
                slot = int((key * _MULTIPLY) >> _SHIFT) & mask
                while keys[slot] != 0:
                    slot = (slot + 1) & mask
                keys[slot] = key
    bounds = np.cumsum([0, *map(len, tables)], dtype=np.int64)
    return WordLists(numbers, readonly(np.concatenate([np.zeros(0, np.uint64), *tables])), readonly(bounds))


class _Markers(NamedTuple):
    """Marker m is words[m, :sizes[m]], found by its word number `rare[m]`; the sieve holds those words."""

    words: NDArray[np.uint64]
    sizes: NDArray[np.int64]
    rare: NDArray[np.int64]
    columns: NDArray[np.int64]
    sieve: NDArray[np.bool_]


@cache
def _markers() -> _Markers:
    words = np.zeros((len(_MARKERS), _LONGEST), np.uint64)
    sieve = np.zeros(int(_SIEVE) + 1, np.bool_)
    for number, (phrase, rare, _) in enumerate(_MARKERS):
        words[number, : len(phrase)] = [hash_of(word) for word in phrase]
        sieve[words[number, rare] & _SIEVE] = True
    rows = [(len(phrase), rare, column) for phrase, rare, column in _MARKERS]
    sizes, rares, columns = (readonly(column.copy()) for column in np.array(rows, np.int64).T)
    return _Markers(readonly(words), sizes, rares, columns, readonly(sieve))


def find(
    hashes: NDArray[np.uint64],
    offsets: NDArray[np.int64],
    repeats: Repeats,
    lists: WordLists,
    languages: NDArray[np.int64],
) -> NDArray[np.int64]:
    """int64 [documents, len(Found)]; repeats are those of the same words, languages the numbers of WordLists,
    0 where there is no list."""
    result = np.zeros((len(offsets) - 1, len(Found)), np.int64)
    _find(
        readonly(hashes), readonly(offsets), readonly(repeats.counts), readonly(repeats.firsts),
        readonly(repeats.times), lists.keys, lists.bounds, readonly(languages), _markers(), result,
    )  # fmt: skip
    return result


@njit(nogil=True, cache=True)
def _find(  # type: ignore[no-untyped-def]
    hashes, offsets, counts, firsts, times, keys, bounds, languages, markers, result
):
    none, one = np.uint64(0), np.uint64(1)
    phrases, sizes, rare, columns, sieve = markers
    for document in range(len(offsets) - 1):
        language = languages[document]
        base = mask = 0
        if language > 0:
            base = bounds[language - 1]
            mask = bounds[language] - base - 1
        listed = distinct = 0
        begin, end = offsets[document], offsets[document + 1]
        for number in range(begin, begin + counts[document, Repeat.DISTINCT]):
            value = hashes[firsts[number]]
            if sieve[value & _SIEVE]:  # one word in hundreds
                for marker in range(len(phrases)):
                    if phrases[marker, rare[marker]] == value:
                        result[document, columns[marker]] += _occurrences(
                            hashes, begin, end, firsts[number], times[number],
                            phrases[marker, : sizes[marker]], rare[marker],
                        )  # fmt: skip
            if language > 0:
                key = value | one
                slot = np.int64((key * _MULTIPLY) >> _SHIFT) & mask
                held = keys[base + slot]
                # Whether a word is listed is as good as a coin: nothing here branches on it.
                while min(held, held ^ key) != none:
                    slot = (slot + 1) & mask
                    held = keys[base + slot]
                found = held == key
                listed += times[number] * found
                distinct += found
        result[document, Found.LISTED] = listed
        result[document, Found.DISTINCT] = distinct


@njit(nogil=True, cache=True)
def _occurrences(hashes, begin, end, first, times, phrase, rare):  # type: ignore[no-untyped-def]
    """How often a phrase stands in hashes[begin:end]; its word number `rare` occurs `times` times, from
    `first` on."""
    found = 0
    word = first
    while times > 0:
        if hashes[word] == phrase[rare]:
            times -= 1
            start = word - rare
            same = start >= begin and start + len(phrase) <= end
            if same:
                for further in range(len(phrase)):
                    same &= hashes[start + further] == phrase[further]
            found += same
        word += 1
    return found
