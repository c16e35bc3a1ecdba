"""Candidate places of personal data: `@` signs, runs of digits and runs of hexadecimal groups.

`find(data, offsets)` reads the batch's bytes once and returns five columns, one row per candidate, in text
order: document (int64), start, end (int64 byte positions in `data`, half-open), what (uint8: AT, DIGITS,
IPV4, HEX), flags (uint8: JOINED_LEFT, JOINED_RIGHT). A digit is any decimal digit of the scripts below; a
run of digits may hold up to three separators in a row (space, dot, hyphen, brackets, slash, dashes,
zero-width and bidirectional control characters). Only an ASCII letter, digit or underscore next to a run
stops it from being a candidate, so numbers glued to Han or Thai text are found. Linear time: no byte is
read more than a fixed number of times. Source of the digit ranges: Unicode 15.0, general category Nd.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["AT", "DIGITS", "HEX", "IPV4", "JOINED_LEFT", "JOINED_RIGHT", "ZEROS", "find"]

AT = 1
DIGITS = 2
IPV4 = 3
HEX = 4
JOINED_LEFT = 1
JOINED_RIGHT = 2

#: Fewest digits of a run: the shortest national phone numbers and identity numbers have seven.
_LEAST = 7
#: Longer runs are tables of figures.
_MOST = 96
#: Without a separator: identity numbers of Algeria have twenty.
_LONGEST = 20
#: Longest hexadecimal run looked at: an IPv6 address with an embedded IPv4 address has 45 bytes.
_HEX_REACH = 48

_NONE, _DIGIT, _AT_SIGN, _COLON, _LEAD = 0, 1, 2, 3, 4


def _classes() -> NDArray[np.uint8]:
    table = np.zeros(256, np.uint8)
    table[ord("0") : ord("9") + 1] = _DIGIT
    table[ord("@")] = _AT_SIGN
    table[ord(":")] = _COLON
    for lead in (0xD9, 0xDB, 0xDF, 0xE0, 0xE1, 0xEA, 0xEF):
        table[lead] = _LEAD
    return table


#: Code point of the digit zero in every script whose digits count in numbers (Unicode category Nd).
ZEROS = (
    1632, 1776, 1984, 2406, 2534, 2662, 2790, 2918, 3046, 3174, 3302, 3430, 3558, 3664, 3792, 3872,
    4160, 4240, 6112, 6160, 6470, 6608, 6784, 6800, 6992, 7088, 7232, 7248, 42528, 43216, 43264,
    43472, 43504, 43600, 44016, 65296,
)  # fmt: skip


def _three_byte_digits() -> NDArray[np.uint8]:
    """First third byte of the ten digits, by (lead - 0xE0, second byte); 0 where there are none."""
    table = np.zeros((16, 256), np.uint8)
    for zero in (zero for zero in ZEROS if zero >= 0x800):
        lead, second, third = chr(zero).encode()
        table[lead - 0xE0, second] = third
    return table


_CLASS = _classes()
_THREE = _three_byte_digits()


@njit(nogil=True, cache=True)
def _digit(data: NDArray[np.uint8], i: int, end: int) -> int:
    """Bytes of the decimal digit at i, 0 where there is none."""
    byte = data[i]
    if 48 <= byte <= 57:
        return 1
    if byte < 0xD9:
        return 0
    if byte < 0xE0:
        if i + 1 < end:
            second = data[i + 1]
            if byte == 0xD9 and 0xA0 <= second <= 0xA9:
                return 2
            if byte == 0xDB and 0xB0 <= second <= 0xB9:
                return 2
            if byte == 0xDF and 0x80 <= second <= 0x89:
                return 2
        return 0
    if byte < 0xF0 and i + 2 < end:
        zero = _THREE[byte - 0xE0, data[i + 1]]
        if zero != 0 and zero <= data[i + 2] <= zero + 9:
            return 3
    return 0


@njit(nogil=True, cache=True)
def _separator(data: NDArray[np.uint8], i: int, end: int) -> int:
    """Bytes of the separator at i, 0 where there is none; invisible ones are negative."""
    byte = data[i]
    # space ( ) - . /
    if byte == 32 or byte == 40 or byte == 41 or 45 <= byte <= 47:
        return 1
    if byte == 0xC2 and i + 1 < end:
        if data[i + 1] == 0xA0:
            return 2
        if data[i + 1] == 0xAD:
            return -2
        return 0
    if byte < 0xE2 or i + 2 >= end:
        return 0
    second, third = data[i + 1], data[i + 2]
    if byte == 0xE2:
        if second == 0x80:
            if 0x8B <= third <= 0x8F or 0xAA <= third <= 0xAE:  # zero-width, bidirectional embeddings
                return -3
            if third <= 0x8A or 0x90 <= third <= 0x95 or third == 0xAF:  # spaces, hyphens and dashes
                return 3
        elif second == 0x81 and (third == 0xA0 or 0xA6 <= third <= 0xA9):  # word joiner, isolates
            return -3
        elif second == 0x88 and third == 0x92:  # minus
            return 3
        return 0
    if byte == 0xE3 and second == 0x80 and third == 0x80:  # ideographic space
        return 3
    if byte == 0xEF:
        if second == 0xBB and third == 0xBF:
            return -3
        if second == 0xBC and (0x88 <= third <= 0x89 or 0x8D <= third <= 0x8F):  # fullwidth ( ) - . /
            return 3
    return 0


@njit(nogil=True, cache=True)
def _alphanumeric(byte: int) -> bool:
    return 48 <= byte <= 57 or 65 <= byte <= 90 or 97 <= byte <= 122 or byte == 95


@njit(nogil=True, cache=True)
def _hexadecimal(byte: int) -> bool:
    return 48 <= byte <= 57 or 65 <= byte <= 70 or 97 <= byte <= 102


@njit(nogil=True, cache=True)
def _joins(byte: int) -> bool:
    return byte == 45 or byte == 46 or byte == 47 or byte == 61 or byte == 37  # - . / = %


@njit(nogil=True, cache=True)
def _find(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], capacity: int
) -> tuple[
    NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8], NDArray[np.uint8], int
]:
    documents = np.empty(capacity, np.int64)
    starts = np.empty(capacity, np.int64)
    ends = np.empty(capacity, np.int64)
    whats = np.empty(capacity, np.uint8)
    flags = np.empty(capacity, np.uint8)
    count = 0
    for document in range(offsets.size - 1):
        begin, end = offsets[document], offsets[document + 1]
        i = begin
        seen_hex = begin
        while i < end:
            kind = _CLASS[data[i]]
            if kind == _NONE:
                i += 1
                continue
            what = 0
            flag = 0
            start = i
            stop = i + 1
            after = i + 1
            if kind == _AT_SIGN or (
                kind == _LEAD
                and data[i] == 0xEF
                and i + 2 < end
                and data[i + 1] == 0xBC
                and data[i + 2] == 0xA0
            ):
                stop = i + 1 if kind == _AT_SIGN else i + 3
                after = stop
                if stop < end and (_alphanumeric(data[stop]) or data[stop] >= 0xC3):
                    what = AT
            elif kind == _COLON:
                if i >= seen_hex:
                    start = i
                    while (
                        start > begin
                        and i - start < _HEX_REACH
                        and (_hexadecimal(data[start - 1]) or data[start - 1] == 58)
                    ):
                        start -= 1
                    stop = i
                    colons = 0
                    double = False
                    while (
                        stop < end
                        and stop - i < _HEX_REACH
                        and (_hexadecimal(data[stop]) or data[stop] == 58 or data[stop] == 46)
                    ):
                        stop += 1
                    for k in range(start, stop):
                        if data[k] == 58:
                            colons += 1
                            if k + 1 < stop and data[k + 1] == 58:
                                double = True
                    seen_hex = stop
                    clear_left = start == begin or not _alphanumeric(data[start - 1])
                    clear_right = stop == end or not _alphanumeric(data[stop])
                    if (
                        clear_left
                        and clear_right
                        and stop - start >= 5
                        and (colons >= 5 or (double and colons >= 2))
                    ):
                        what = HEX
            else:
                width = _digit(data, i, end)
                if width > 0:
                    digits = 0
                    groups = 0
                    dots = 0
                    in_group = 0
                    widest = 0
                    pending = 0
                    j = i
                    stop = i
                    # what the run is without its last or its first group
                    short_stop, short_dots, short_widest = i, 0, 0
                    second, first_digits, first_dots = i, 0, 0
                    while j < end:
                        step = _digit(data, j, end)
                        if step > 0:
                            digits += 1
                            if pending > 0 or groups == 0:
                                if groups == 1:
                                    second, first_digits, first_dots = j, digits - 1, dots
                                short_stop, short_dots, short_widest = stop, dots, widest
                                groups += 1
                                in_group = 0
                            in_group += 1
                            widest = max(widest, in_group)
                            pending = 0
                            j += step
                            stop = j
                            continue
                        step = _separator(data, j, end)
                        if step == 0 or pending == 3:
                            break
                        if step > 0:
                            if j + 1 < end and data[j] == 46 and _digit(data, j + 1, end) > 0:
                                dots += 1
                            pending += 1
                        j += abs(step)
                    after = stop
                    letter_left = start > begin and _alphanumeric(data[start - 1])
                    letter_right = stop < end and _alphanumeric(data[stop])
                    if letter_right and digits == 17 and (data[stop] | 32) == 120:
                        # the check character X of a Chinese resident number
                        stop += 1
                        after = stop
                        letter_right = stop < end and _alphanumeric(data[stop])
                    if (
                        letter_right
                        and digits >= 10
                        and (data[stop] | 32) == 120
                        and stop + 1 < end
                        and 48 <= data[stop + 1] <= 57
                    ):
                        letter_right = False  # a phone extension: 555-0100x123
                    if letter_right and groups > 1 and data[short_stop] == 32:
                        stop, digits, groups = short_stop, digits - in_group, groups - 1
                        dots, widest, letter_right = short_dots, short_widest, False
                    if letter_left and groups > 1 and data[second - 1] == 32:
                        start, digits, groups = second, digits - first_digits, groups - 1
                        dots, letter_left = dots - first_dots, False
                    if not letter_left and not letter_right and digits <= _MOST:
                        if groups == 4 and dots == 3 and widest <= 3:
                            what = IPV4
                        elif (
                            digits >= _LEAST
                            and not (groups == 2 and dots == 1)  # a decimal fraction
                            and (groups > 1 or digits <= _LONGEST)
                        ):
                            what = DIGITS
                    if what != 0:
                        if start - begin >= 2 and _joins(data[start - 1]) and _alphanumeric(data[start - 2]):
                            flag |= JOINED_LEFT
                        if end - stop >= 2 and _joins(data[stop]) and _alphanumeric(data[stop + 1]):
                            flag |= JOINED_RIGHT
            if what != 0:
                if count < capacity:
                    documents[count] = document
                    starts[count] = start
                    ends[count] = stop
                    whats[count] = what
                    flags[count] = flag
                count += 1
            i = after
    return documents, starts, ends, whats, flags, count


def find(
    data: NDArray[np.uint8], offsets: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8], NDArray[np.uint8]]:
    """Candidates of all documents: (document, start, end, what, flags), in text order."""
    capacity = data.size // 64 + 64
    while True:
        documents, starts, ends, whats, flags, count = _find(data, offsets, capacity)
        if count <= capacity:
            return documents[:count], starts[:count], ends[:count], whats[:count], flags[:count]
        capacity = count
