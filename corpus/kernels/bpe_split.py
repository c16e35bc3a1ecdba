"""Pre-tokenisers as scanners over UTF-8: where the pieces end that byte-level BPE never merges across.

Each scanner gives exactly the pieces of its regular expression, backtracking included, in the Oniguruma
dialect of Hugging Face tokenizers (tested against it on real and random text of 20 scripts):

    O200K   letters with their marks, a capital begins a new piece, contractions, digits in threes
    GPT4    letters without marks, contractions of any case, digits in threes
    GPT2    letters without marks, lower-case contractions, digits
    BLOOM   one space and anything that is neither space nor one of ( ) | . , ! ? … 。 ， 、 । ۔ ،
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from corpus.kernels.bpe_classes import LETTER, LOWER, MARK, NEWLINE, NUMBER, OTHER, SPACE, UPPER

__all__ = ["BLOOM", "GPT2", "GPT4", "O200K", "next_piece", "split"]

O200K, GPT4, GPT2, BLOOM = range(4)

_SPACE, _QUOTE, _SLASH = 0x20, 0x27, 0x2F


@njit(nogil=True, cache=True, inline="always")
def _char(data, i, n):  # type: ignore[no-untyped-def]
    """Code point at i and its length in bytes; a byte that is not UTF-8 counts as U+FFFD."""
    first = np.int64(data[i])
    if first < 0x80:
        return first, 1
    if 0xC2 <= first < 0xE0 and i + 1 < n:
        return (first & 0x1F) << 6 | (np.int64(data[i + 1]) & 0x3F), 2
    if 0xE0 <= first < 0xF0 and i + 2 < n:
        return (first & 0x0F) << 12 | (np.int64(data[i + 1]) & 0x3F) << 6 | (np.int64(data[i + 2]) & 0x3F), 3
    if (0xF0 <= first < 0xF4 and i + 3 < n) or (first == 0xF4 and i + 3 < n and 0x80 <= data[i + 1] < 0x90):
        high = (first & 0x07) << 18 | (np.int64(data[i + 1]) & 0x3F) << 12
        return high | (np.int64(data[i + 2]) & 0x3F) << 6 | (np.int64(data[i + 3]) & 0x3F), 4
    return 0xFFFD, 1


@njit(nogil=True, cache=True)
def _contraction(data, i, n, any_case):  # type: ignore[no-untyped-def]
    """End of 's 't 're 've 'm 'll 'd at i, or i; U+017F folds to s where case does not count."""
    if i + 1 >= n or data[i] != _QUOTE:
        return i
    first = data[i + 1]
    if any_case:
        if first == 0xC5 and i + 2 < n and data[i + 2] == 0xBF:
            return i + 3
        if 0x41 <= first <= 0x5A:
            first |= 0x20
    if first == 0x73 or first == 0x74 or first == 0x6D or first == 0x64:  # s t m d
        return i + 2
    if i + 2 < n:
        second = data[i + 2]
        if any_case and 0x41 <= second <= 0x5A:
            second |= 0x20
        if ((first == 0x72 or first == 0x76) and second == 0x65) or (first == 0x6C and second == 0x6C):
            return i + 3
    return i


@njit(nogil=True, cache=True)
def _white(data, i, n, classes, newlines):  # type: ignore[no-untyped-def]
    """End of the piece of white space that begins at i: up to its last line end where `newlines` count
    apart, else all of it but the last character, which goes with what follows."""
    end, before, line = i, i, i
    while end < n:
        code, size = _char(data, end, n)
        kind = classes[code]
        if kind != SPACE and kind != NEWLINE:
            break
        before = end
        end += size
        if kind == NEWLINE:
            line = end
    if newlines and line > i:
        return line
    if end == n or before == i:
        return end
    return before


@njit(nogil=True, cache=True)
def _cased_word(data, i, n, classes):  # type: ignore[no-untyped-def]
    """(end, upper): end of [capitals]*[small]+ at i or i where there is none, and end of the capitals."""
    end, last = i, i
    while end < n:
        code, size = _char(data, end, n)
        kind = classes[code]
        if kind in (LETTER, MARK):
            last = end + size
        elif kind != UPPER:
            break
        end += size
    upper = end
    if end < n and classes[_char(data, end, n)[0]] == LOWER:
        while end < n:
            code, size = _char(data, end, n)
            kind = classes[code]
            if kind != LOWER and kind != LETTER and kind != MARK:
                break
            end += size
        return end, upper
    return last, upper


@njit(nogil=True, cache=True)
def _run(data, i, n, classes, first, second, third):  # type: ignore[no-untyped-def]
    """End of the run of these three classes at i."""
    while i < n:
        code, size = _char(data, i, n)
        kind = classes[code]
        if kind != first and kind != second and kind != third:
            break
        i += size
    return i


@njit(nogil=True, cache=True)
def _digits(data, i, n, classes, most):  # type: ignore[no-untyped-def]
    count = 0
    while i < n and count < most:
        code, size = _char(data, i, n)
        if classes[code] != NUMBER:
            break
        i += size
        count += 1
    return i


@njit(nogil=True, cache=True)
def _o200k(data, i, n, classes):  # type: ignore[no-untyped-def]
    code, size = _char(data, i, n)
    kind = classes[code]
    if kind in (UPPER, LOWER, LETTER):
        end, upper = _cased_word(data, i, n, classes)
        return _contraction(data, end if end > i else upper, n, True)
    if kind == NUMBER:
        return _digits(data, i, n, classes, 3)
    if kind != NEWLINE:
        end, upper = _cased_word(data, i + size, n, classes)
        if end > i + size:
            return _contraction(data, end, n, True)
        if kind == MARK:
            return _contraction(data, _cased_word(data, i, n, classes)[0], n, True)
        if upper > i + size:
            return _contraction(data, upper, n, True)
    start = i + 1 if code == _SPACE else i
    end = _run(data, start, n, classes, OTHER, MARK, OTHER)
    if end > start:
        while end < n and (data[end] == 10 or data[end] == 13 or data[end] == _SLASH):
            end += 1
        return end
    return _white(data, i, n, classes, True)


@njit(nogil=True, cache=True)
def _gpt4(data, i, n, classes):  # type: ignore[no-untyped-def]
    end = _contraction(data, i, n, True)
    if end > i:
        return end
    code, size = _char(data, i, n)
    kind = classes[code]
    if kind == NUMBER:
        return _digits(data, i, n, classes, 3)
    if kind != NEWLINE:
        letters = kind in (UPPER, LOWER, LETTER)
        start = i if letters else i + size
        end = _run(data, start, n, classes, UPPER, LOWER, LETTER)
        if end > start:
            return end
    start = i + 1 if code == _SPACE else i
    end = _run(data, start, n, classes, OTHER, MARK, OTHER)
    if end > start:
        while end < n and (data[end] == 10 or data[end] == 13):
            end += 1
        return end
    return _white(data, i, n, classes, True)


@njit(nogil=True, cache=True)
def _gpt2(data, i, n, classes):  # type: ignore[no-untyped-def]
    end = _contraction(data, i, n, False)
    if end > i:
        return end
    start = i + 1 if data[i] == _SPACE else i
    if start < n:
        kind = classes[_char(data, start, n)[0]]
        if kind in (UPPER, LOWER, LETTER):
            return _run(data, start, n, classes, UPPER, LOWER, LETTER)
        if kind == NUMBER:
            return _run(data, start, n, classes, NUMBER, NUMBER, NUMBER)
        if kind in (OTHER, MARK):
            return _run(data, start, n, classes, OTHER, MARK, OTHER)
    return _white(data, i, n, classes, False)


@njit(nogil=True, cache=True)
def _bloom_word(code, kind):  # type: ignore[no-untyped-def]
    if kind in (SPACE, NEWLINE):
        return False
    if code < 0x80:
        return code not in (0x28, 0x29, 0x7C, 0x2E, 0x2C, 0x21, 0x3F)
    return code not in (0x2026, 0x3002, 0xFF0C, 0x3001, 0x0964, 0x06D4, 0x060C)


@njit(nogil=True, cache=True)
def _bloom(data, i, n, classes):  # type: ignore[no-untyped-def]
    gap = i
    while gap < n:
        code, size = _char(data, gap, n)
        start = gap
        if code == _SPACE and gap + 1 < n:
            start = gap + 1
            code, size = _char(data, start, n)
        if _bloom_word(code, classes[code]):
            if gap > i:
                return gap
            end = start
            while end < n:
                code, size = _char(data, end, n)
                if not _bloom_word(code, classes[code]):
                    break
                end += size
            return end
        gap += _char(data, gap, n)[1]
    return n


@njit(nogil=True, cache=True)
def next_piece(data, i, n, classes, pattern):  # type: ignore[no-untyped-def]
    """Where the piece that begins at byte i of data[:n] ends; i < n."""
    if pattern == O200K:
        return _o200k(data, i, n, classes)
    if pattern == GPT4:
        return _gpt4(data, i, n, classes)
    if pattern == GPT2:
        return _gpt2(data, i, n, classes)
    return _bloom(data, i, n, classes)


@njit(nogil=True, cache=True)
def split(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], classes: NDArray[np.uint8], pattern: int
) -> NDArray[np.int64]:
    """Ends (byte positions in data) of all pieces of all documents, in order."""
    size = 1024
    ends = np.empty(size, np.int64)
    used = 0
    for document in range(len(offsets) - 1):
        i, n = offsets[document], offsets[document + 1]
        while i < n:
            i = next_piece(data, i, n, classes, pattern)
            if used == size:
                size *= 2
                grown = np.empty(size, np.int64)
                grown[:used] = ends
                ends = grown
            ends[used] = i
            used += 1
    return ends[:used]
