"""Blocks of ASCII: what `text.measure` counts, for 64 bytes at a time instead of character by character.

Prose is mostly such blocks. What a block cannot settle (other characters, control characters, letters outside
words) is left to the caller, who reads that one word by word.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from corpus.kernels.text_counts import Count
from corpus.kernels.wide import BLOCK, bit_count, highest_bit, lowest_bit, shapes_of_64, signs_of_64

__all__ = ["LEAST", "block", "broken"]


#: A block that reaches less far than this is not worth its masks.
LEAST = 16

_0, _1, _2, _7 = (np.uint64(n) for n in (0, 1, 2, 7))
_ALL = ~_0


@njit(nogil=True, cache=True, inline="always")
def block(data, at, end, adjoins, least, ended, row):  # type: ignore[no-untyped-def]
    """(where it ends, words in it, ended): what stands from `at` on, up to a space or the end of the
    document, is added to `row`; (at, 0, ended) where that would be fewer than `least` bytes.

    `at` is the beginning of the document, or a place behind a word (`adjoins`) or a space; `ended` is set
    where a sentence has ended and no word has begun since.
    """
    shapes = shapes_of_64(data, at)
    lower, upper, digit, space, newline, white, quote, dot, terminal, closer, sign, odd = shapes
    stop = min(lowest_bit(odd), end - at)
    whole = stop == end - at and stop < BLOCK  # so that a word has a bit behind it
    inside = _ALL
    if stop < BLOCK:
        inside = (_1 << np.uint64(stop)) - _1
    blank = (space | newline | white) & inside
    size = stop if whole else highest_bit(blank) + 1
    if size < least:
        return at, 0, ended
    if size < BLOCK:
        inside = (_1 << np.uint64(size)) - _1
    lower, upper, digit = lower & inside, upper & inside, digit & inside
    letters = lower | upper
    words = letters | digit
    words |= quote & (words << _1) & (words >> _1)  # as `words.split` has it
    begins = words & ~(words << _1)

    # Added to the bits of a word that are not of some kind, its first bit is carried behind it where none is.
    without_letters = ((words & ~letters) + begins) & ~words
    row[Count.LETTER_WORDS] += bit_count(begins) - bit_count(without_letters)
    row[Count.SINGLE_WORDS] += bit_count(begins & letters & ~(words >> _1))
    capital = ((words & ~lower & ~digit) + begins) & ~words
    while capital != _0:
        behind = _1 << np.uint64(lowest_bit(capital))
        first = _1 << np.uint64(highest_bit(begins & (behind - _1)))
        row[Count.CAPITAL_WORDS] += bit_count(upper & (behind - first)) > 1
        capital &= capital - _1
    left = digit
    while left != _0:
        place = np.uint64(lowest_bit(left))
        before = (_1 << place) - _1
        first = highest_bit(begins & (before << _1 | _1))
        behind = lowest_bit(~words & ~before)
        own = (_1 << np.uint64(behind)) - (_1 << np.uint64(first))
        if own & letters != _0:
            row[Count.MIXED_WORDS] += 1
            row[Count.BROKEN_WORDS] += broken(data, at + first, at + behind)
        left &= ~own

    row[Count.LOWER] += bit_count(lower)
    row[Count.UPPER] += bit_count(upper)
    row[Count.DIGITS] += bit_count(digit)
    row[Count.SPACES] += bit_count(blank)
    row[Count.NEWLINES] += bit_count(newline & inside)
    marks = bit_count(inside & ~letters & ~digit & ~blank)

    if sign & inside != _0:
        hashes, curly, underscore, symbol, before = signs_of_64(data, at)
        row[Count.HASHES] += bit_count(hashes & inside)
        row[Count.CURLY] += bit_count(curly & inside)
        row[Count.SYMBOLS] += bit_count(symbol & inside)
        marks -= bit_count(symbol & inside)
        # An underscore counts only where no word stands before it.
        before |= underscore & ~(words << _1 | np.uint64(adjoins))
        row[Count.PLACEHOLDERS] += bit_count((before & inside) << _1 & begins)
    row[Count.PUNCTUATION] += marks

    dot &= inside
    three = dot & dot >> _1 & dot >> _2
    while three != _0:
        row[Count.ELLIPSES] += 1
        dot &= ~(_7 << np.uint64(lowest_bit(three)))
        three = dot & dot >> _1 & dot >> _2

    ending = closer >> _1
    if whole:  # the end of the document ends a sentence too
        ending |= _1 << np.uint64(size - 1)
    ending &= terminal & inside
    row[Count.SENTENCES] += bit_count(ending)
    # The next word behind an end of a sentence, of this block or an earlier one.
    if ended and begins != _0:
        start = np.uint64(lowest_bit(begins))
        row[Count.LOWER_STARTS] += lower >> start & _1
        row[Count.CASED_STARTS] += letters >> start & _1
        ended = False
        ending &= ~((_1 << start) - _1)
    count = bit_count(begins)
    while ending != _0:
        begins &= ~((_1 << np.uint64(lowest_bit(ending))) - _1)
        if begins == _0:
            ended = True
            break
        start = np.uint64(lowest_bit(begins))
        row[Count.LOWER_STARTS] += lower >> start & _1
        row[Count.CASED_STARTS] += letters >> start & _1
        ending &= ~((_1 << start) - _1)
    return at + size, count, ended


@njit(nogil=True, cache=True)
def broken(data, at, stop):  # type: ignore[no-untyped-def]
    """Whether a decimal digit stands between two letters, as in text read from paper."""
    letter = waiting = False
    while at < stop:
        byte = data[at]
        if 0x30 <= byte <= 0x39:
            waiting = letter
        else:
            if waiting:
                return True
            letter = True
        at += 1
    return False
