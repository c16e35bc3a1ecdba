"""What windows of text hold, for language identification: letters by script, and words languages are made of.

Letters say what script a window is in. Two corrections make that the script of its language: a Han character
stands for more text than a Latin letter (`worth`), and the letters of commands, paths and options say nothing
(`ls -l /usr/bin`, `file.txt`, `$HOME`), nor do those of web addresses. Signs of program code are counted too:
where they are many, there is no language at all.

Common words are looked up in one table, a bit for each language that has the word among its commonest.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from corpus.kernels.lid import _K1, _K3, _WORD, after_address, decode
from corpus.kernels.wide import bit_count, lowest_bit

__all__ = ["BITS", "add_up", "survey", "weighted_mean", "words"]

#: Languages the table of common words can hold: bits of a word.
BITS = 64
_ONE = np.uint64(1)


@njit(nogil=True, cache=True, inline="always")
def _is_code(b: Any) -> Any:
    """Digits and the signs that stand at words of commands, paths, variables and markup."""
    return (
        (b >= 48 and b <= 57)
        or b == 47
        or b == 92
        or b == 95
        or (b >= 35 and b <= 38)
        or b == 64
        or (b >= 60 and b <= 62)
        or (b >= 123 and b <= 126)
        or b == 42
        or b == 43
        or b == 96
        or b == 94
    )


@njit(nogil=True, cache=True, inline="always")
def _is_letter(b: Any) -> Any:
    return (b | 32) >= 97 and (b | 32) <= 122


@njit(nogil=True, cache=True, inline="always")
def _is_name(b: Any) -> Any:
    return _is_letter(b) or (b >= 48 and b <= 57) or b == 95


@njit(nogil=True, cache=True, inline="always")
def _is_sign(data: NDArray[np.uint8], i: int, begin: int, end: int) -> Any:
    """Whether byte i is a sign of program code: `{ } ; =`, a bracket at a name (`f(x)`), `_` in one, `|x|`.

    A sign beside itself is markup: `{{name}}`, `== Heading ==`; so is `_` at a word.
    """
    b = data[i]
    before = data[i - 1] if i > begin else np.uint8(32)
    after = data[i + 1] if i + 1 < end else np.uint8(32)
    if b == 40 or b == 91:
        return _is_name(before)
    if b == 124:
        return (_is_name(before) or before >= 128) != (_is_name(after) or after >= 128)
    if b == 95:
        return _is_name(before) and _is_name(after)
    return (b == 59 or b == 61 or b == 123 or b == 125) and before != b and after != b


@njit(nogil=True, cache=True)
def words(
    data: NDArray[np.uint8], start: int, end: int, fold: NDArray[np.uint16], out: NDArray[np.uint64]
) -> int:
    """Hashes of the words of data[start:end] into `out` (uint64); returns how many were written."""
    n = 0
    length = 0
    word = np.uint64(0)
    i = start
    while i <= end and n < out.size:
        c = np.int64(0)
        if i < end:
            if length == 0:
                i = after_address(data, i, end)
                if i >= end:
                    continue
            cp, step = decode(data, i, end)
            i += step
            c = np.int64(fold[cp]) if cp < 65536 else np.int64(0)
        else:
            i += 1
        if c:
            word = (word + np.uint64(c)) * _K3
            length += 1
        elif length:
            out[n] = (word ^ _WORD) * _K1
            n += 1
            word = np.uint64(0)
            length = 0
    return n


@njit(nogil=True, cache=True)
def survey(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    scripts: NDArray[np.uint8],
    worth: NDArray[np.uint8],
    latin: int,
    fold: NDArray[np.uint16],
    han: NDArray[np.int8],
    keys: NDArray[np.uint64],
    holders: NDArray[np.uint64],
    own: NDArray[np.int64],
    english: int,
) -> tuple[NDArray[Any], ...]:
    """For each of n windows: (letters, weight, balance, variety, words, hits, foreign, signs).

    letters  int64 [n], all letters
    weight   int32 [n, kinds], letters by script times `worth`, those of commands and paths left out
    balance  int64 [n], sum of `han` (int8 by code point)
    variety  int64 [n], how many different letters there are, modulo 64 of their code points
    words    int32 [n], words that are no command or path
    hits     int32 [n, 64], how many of them are common in the language of a bit
    foreign  int32 [n], how many are common in the language `english` but not in that of bit own[n]
    signs    int32 [n], signs of program code

    `keys` and `holders` are the table of common words: hashes in order of their place (linear probing, a
    power of two of them), and the bits of the languages.
    """
    n = starts.size
    kinds = worth.size
    letters = np.zeros(n, np.int64)
    weight = np.zeros((n, kinds), np.int32)
    balance = np.zeros(n, np.int64)
    variety = np.zeros(n, np.int64)
    count = np.zeros(n, np.int32)
    hits = np.zeros((n, BITS), np.int32)
    foreign = np.zeros(n, np.int32)
    signs = np.zeros(n, np.int32)
    mask = np.int64(keys.size - 1)
    for w in range(n):
        seen = np.uint64(0)
        i = starts[w]
        end = ends[w]
        line = weight[w]
        common = hits[w]
        not_ours = _ONE << np.uint64(own[w]) if own[w] >= 0 else np.uint64(0)
        word = np.uint64(0)
        length = 0
        run = 0  # Latin letters of the word so far
        before = np.int64(32)
        begin = i
        while i <= end:
            s = np.int64(0)
            c = np.int64(0)
            at = i
            if i < end:
                if length == 0:
                    i = after_address(data, i, end)
                    if i >= end:
                        continue
                    at = i
                cp, step = decode(data, i, end)
                i += step
                if cp < 65536:
                    c = np.int64(fold[cp])
                    s = np.int64(scripts[cp])
                    if s:
                        letters[w] += 1
                        balance[w] += han[cp]
                        seen |= _ONE << np.uint64(cp & 63)
                if c == 0 and _is_sign(data, at, starts[w], end):
                    signs[w] += 1
            else:
                i += 1
            if c:
                if length == 0:
                    begin = at
                    before = np.int64(data[at - 1]) if at > starts[w] else np.int64(32)
                    if before == 45 and at - 1 > starts[w] and not _is_letter(data[at - 2]):
                        before = np.int64(47)  # an option: -l, --prefix
                word = (word + np.uint64(c)) * _K3
                length += 1
                if s == latin:
                    run += 1
                elif s:
                    line[s] += worth[s]
            elif length:
                after = np.int64(data[at]) if at < end else np.int64(32)
                if after == 46 and at + 1 < end and _is_letter(data[at + 1]):
                    after = np.int64(47)  # a file or host name
                if (after == 40 or after == 91) and at + 1 < end and data[at + 1] > 32:
                    after = np.int64(47)  # a call, an index or a manual page: print(x), a[i], ls(1)
                if before == 46 and begin - 2 >= starts[w] and data[begin - 2] > 32:
                    before = np.int64(47)
                if not (_is_code(before) or _is_code(after)):
                    line[latin] += run * worth[latin]
                    count[w] += 1
                    key = (word ^ _WORD) * _K1
                    place = np.int64(key >> np.uint64(40)) & mask
                    while keys[place] != 0:
                        if keys[place] == key:
                            bits = holders[place]
                            if bits & (_ONE << np.uint64(english)) and not (bits & not_ours):
                                foreign[w] += 1
                            while bits:
                                common[lowest_bit(bits)] += 1
                                bits &= bits - _ONE
                            break
                        place = (place + 1) & mask
                word = np.uint64(0)
                length = 0
                run = 0
        variety[w] = bit_count(seen)
    return letters, weight, balance, variety, count, hits, foreign, signs


@njit(nogil=True, cache=True)
def add_up(rows: NDArray[np.int32], document: NDArray[np.int64], documents: int) -> NDArray[np.float32]:
    """Sums of the rows of each document: float32 [documents, columns]."""
    total = np.zeros((documents, rows.shape[1]), np.float32)
    for w in range(rows.shape[0]):
        d = document[w]
        for k in range(rows.shape[1]):
            total[d, k] += rows[w, k]
    return total


@njit(nogil=True, cache=True)
def weighted_mean(
    probability: NDArray[np.float32], weight: NDArray[np.float32], document: NDArray[np.int64], documents: int
) -> NDArray[np.float32]:
    """Weighted mean of the rows of each document: float32 [documents, L]."""
    total = np.zeros((documents, probability.shape[1]), np.float32)
    mass = np.zeros(documents, np.float32)
    for w in range(probability.shape[0]):
        mass[document[w]] += weight[w]
    for w in range(probability.shape[0]):
        if weight[w] > 0:
            d = document[w]
            share = weight[w] / mass[d]
            for k in range(probability.shape[1]):
                total[d, k] += share * probability[w, k]
    return total
