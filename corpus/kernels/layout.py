"""How words lie in lines: one pass over what stands between the words of each document.

`measure` gives a float64 matrix, one row per document, columns numbered by `Layout`; ratios are formed by
the caller. Lines are stretches between newlines that hold a word. A line is closed where a sentence terminal
stands at its end, closing quotes, brackets and spaces aside.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numba import njit
from numpy.typing import NDArray

from corpus.kernels.unicode import CATEGORIES, readonly, tables
from corpus.kernels.words import decode

__all__ = ["Layout", "measure"]


class Layout(IntEnum):
    """Columns of the matrix."""

    LINES = 0  # that hold a word
    WORDS = 1
    SQUARES = 2  # sum over lines of words squared
    OPEN = 3  # words in lines that are not closed
    LOOSE = 4  # words in lines that are not closed and that the next line does not go on with
    PARAGRAPH = 5  # words in lines of two sentence ends and more
    COMMAS = 6
    QUOTES = 7
    BRACKETS = 8
    EXCLAMATIONS = 9


_LOWER = CATEGORIES.index("Ll")
_OPENING, _CLOSING = CATEGORIES.index("Ps"), CATEGORIES.index("Pe")
_QUOTES = (CATEGORIES.index("Pi"), CATEGORIES.index("Pf"))
_TERMINAL = 32  # of Tables.properties


def measure(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    word_starts: NDArray[np.int64],
    word_ends: NDArray[np.int64],
    word_offsets: NDArray[np.int64],
) -> NDArray[np.float64]:
    """float64 [documents, len(Layout)]; words as `words.split` gives them."""
    found = np.zeros((len(offsets) - 1, len(Layout)), np.float64)
    arrays = [readonly(array) for array in (data, offsets, word_starts, word_ends, word_offsets)]
    _measure(*arrays, tables().properties, found)
    return found


@njit(nogil=True, cache=True)
def _measure(data, offsets, starts, ends, owners, properties, found):  # type: ignore[no-untyped-def]
    for document in range(len(offsets) - 1):
        row = found[document]
        at, end = offsets[document], offsets[document + 1]
        word, last_word = owners[document], owners[document + 1]
        words = sentences = waiting = 0
        closed = False
        pending = False  # a terminal that a space, a closer or the end of the line makes a sentence end
        while True:
            stop = starts[word] if word < last_word else end
            while at < stop:
                code, size = decode(data, at, end)
                at += size
                prop = np.int64(properties[code])
                kind = prop & 31
                if code == 0x0A:
                    if words > 0:
                        sentences += pending
                        waiting = _line(row, words, sentences, closed, waiting)
                    words = sentences = 0
                    closed = pending = False
                    continue
                if code == 0x20 or code == 0x09 or code == 0x0D or 23 <= kind <= 25:
                    sentences += pending
                    pending = False
                    continue
                if code == 0x22 or kind == _QUOTES[0] or kind == _QUOTES[1] or code == 0x27:
                    # U+2019 and ' are apostrophes more often than quotes
                    row[Layout.QUOTES] += code != 0x27 and code != 0x2019
                    continue
                if kind in (_CLOSING, _OPENING):
                    row[Layout.BRACKETS] += 1
                    closed &= kind == _CLOSING
                    continue
                if prop & _TERMINAL:
                    pending = closed = True
                    row[Layout.EXCLAMATIONS] += code == 0x21 or code == 0xFF01
                    if code > 0x2000:  # ideographic text goes on without a space
                        sentences += 1
                        pending = False
                    continue
                closed = pending = False
                row[Layout.COMMAS] += (
                    code == 0x2C or code == 0x3B or code == 0x60C or code == 0x61B
                    or code == 0x3001 or code == 0xFF0C
                )  # fmt: skip
            if word >= last_word:
                break
            if words == 0 and waiting > 0:
                code, size = decode(data, starts[word], end)
                row[Layout.LOOSE] += waiting * ((properties[code] & 31) != _LOWER)
                waiting = 0
            closed = pending = False
            words += 1
            at = ends[word]
            word += 1
        if words > 0:
            waiting = _line(row, words, sentences + pending, closed, waiting)
        row[Layout.LOOSE] += waiting


@njit(nogil=True, cache=True, inline="always")
def _line(row, words, sentences, closed, waiting):  # type: ignore[no-untyped-def]
    """Adds a line to the row; gives the words whose line waits for the next one's first letter."""
    row[Layout.LINES] += 1
    row[Layout.WORDS] += words
    row[Layout.SQUARES] += words * words
    if sentences >= 2:
        row[Layout.PARAGRAPH] += words
    if closed:
        return 0
    row[Layout.OPEN] += words
    return words
