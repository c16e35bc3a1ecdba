"""Counts of characters, word shapes and line shapes: one pass over the bytes of each document.

`measure` gives an int64 matrix, one row per document, columns numbered by `Count`; ratios are formed by the
caller. Words come from `words.split`. ASCII is counted 64 bytes at a time (`text_blocks`); elsewhere the pass
walks from word to word: letters take the short path, punctuation, spaces and newlines the long one.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from corpus.kernels.lines import Lines
from corpus.kernels.text_blocks import LEAST, block, broken
from corpus.kernels.text_counts import Count
from corpus.kernels.unicode import CATEGORIES, Segment, readonly, tables
from corpus.kernels.wide import bit_count, eight_bytes, four_bytes
from corpus.kernels.words import FIRST_BYTES, SECOND_BYTES, character, decode

__all__ = ["Count", "measure"]

_COLUMNS = len(Count)
_WORD = int(Segment.WORD)
_SHORT = 30
_PROSE_WORDS = 5
_LIST_WORDS = 3
_LIST_CHARACTERS = 8
#: Bytes without a try, where tries at blocks fail.
_MOST_PATIENCE = 256

# Packed counters: eight fields of eight bits in one register, emptied every 255 characters. Nine classes of
# category need two registers; the class numbers are the Count columns 1..9.
_CLASS = np.zeros(32, np.int64)
for _number, _name in enumerate(CATEGORIES):
    _CLASS[_number] = {
        "Ll": 1, "Lu": 2, "Lt": 2, "Lo": 3, "Lm": 3, "Nl": 3, "Nd": 5, "No": 5, "Cc": 9, "Cf": 9,
    }.get(_name, {"M": 4, "P": 6, "S": 7, "Z": 8}.get(_name[0], 9))  # fmt: skip
_CLASS = readonly(_CLASS)
_INCREMENT = readonly(np.array([0] + [1 << (8 * i) for i in range(8)] + [0], np.uint64))

# What a word is the placeholder of, right behind it.
_PLACEHOLDER = np.zeros(128, np.bool_)
_PLACEHOLDER[list(b"$%&{<~\\_")] = True
_PLACEHOLDER = readonly(_PLACEHOLDER)

# Punctuation that only counts as such before a space: 1, and 2 where it ends a sentence.
_PLAIN = np.zeros(256, np.uint8)
_PLAIN[list(b"\"'(),-/:;[]")] = 1
_PLAIN[list(b"!.?")] = 2
_PLAIN = readonly(_PLAIN)

_HIGH = np.uint64(0x8080808080808080)
_BIT_6 = np.uint64(0x4040404040404040)
_6 = np.uint64(6)

# Bytes 0x80..0x9F of Windows-1252, as the code points they decode to.
_CP1252 = readonly(
    np.array(
        [0x20AC, 0, 0x201A, 0x192, 0x201E, 0x2026, 0x2020, 0x2021, 0x2C6, 0x2030, 0x160, 0x2039, 0x152, 0,
        0x17D, 0,
         0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x2DC, 0x2122, 0x161, 0x203A, 0x153, 0,
         0x17E, 0x178], np.int64)
)  # fmt: skip

_BULLETS = readonly(np.array(sorted(map(ord, "-–—*+•‣◦▪▫●○■□►▸▶→➤✓✔⁃∙·⚫➢❖★☆")), np.int64))


def measure(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    word_starts: NDArray[np.int64],
    word_ends: NDArray[np.int64],
    word_offsets: NDArray[np.int64],
    script: NDArray[np.uint8],
    lines: Lines,
    least: int = LEAST,
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """(counts int64 [documents, len(Count)], characters of each word int32).

    script    per document, the script number whose letters SCRIPT_LETTERS counts; 0 counts none
    lines     of the same documents
    least     bytes from which a block of ASCII is counted as one
    """
    counts = np.zeros((len(offsets) - 1, _COLUMNS), np.int64)
    lengths = np.subtract(word_ends, word_starts, dtype=np.int32, casting="unsafe")  # of words of ASCII
    arrays = [readonly(a) for a in (data, offsets, word_starts, word_ends, word_offsets, script)]
    table = tables()
    _measure(
        *arrays, table.properties, table.segment, _CLASS, _INCREMENT, _PLACEHOLDER, _PLAIN, least, counts,
        lengths,
    )  # fmt: skip
    _lines(arrays[0], arrays[2], arrays[4], *map(readonly, lines), table.properties, _BULLETS, counts)
    return counts, lengths


@njit(nogil=True, cache=True)
def _flush(counts, document, packed):  # type: ignore[no-untyped-def]
    for field in range(8):
        counts[document, field + 1] += np.int64((packed >> np.uint64(8 * field)) & np.uint64(0xFF))


@njit(nogil=True, cache=True)
def _continues_mojibake(code, pending, suspect):  # type: ignore[no-untyped-def]
    """Whether a code point is what Windows-1252 or Latin-1 makes of a UTF-8 continuation byte, `pending` of
    which are to come behind `suspect` bytes.

    Signs that may follow a letter in correct text are not taken for the last: in a sequence of two É…, É», É’
    and in one of three é», a no-break space between them.
    """
    if 0x80 <= code < 0xC0:
        return code != 0xBB or pending > 1 or suspect > 2
    if code > 0x2122 or code < 0x152:
        return False
    if pending + suspect == 2 and code in (0x2013, 0x2014, 0x2019, 0x201D, 0x2026, 0x203A):
        return False
    found = False
    for known in _CP1252:
        found |= known == code
    return found


@njit(nogil=True, cache=True)
def _measure(  # type: ignore[no-untyped-def]
    data,
    offsets,
    starts,
    ends,
    owners,
    script,
    properties,
    segment,
    classes,
    increments,
    placeholders,
    plain,
    least,
    counts,
    lengths,
):
    none, one, two = np.uint64(0), np.uint64(1), np.uint64(2)
    latin = np.int64(properties[0x41]) >> 8
    for document in range(len(offsets) - 1):
        row = counts[document]
        at, end = offsets[document], offsets[document + 1]
        wanted = np.int64(script[document])
        word, last_word = owners[document], owners[document + 1]
        row[Count.WORDS] = last_word - word
        packed, room, characters = none, 255, 0
        in_script = scripted = np.int64(0)
        ascii_letters = 0
        dots, pending, suspect = 0, 0, 0
        code = np.int64(0)
        ended = False
        spaces = lower_count = upper_count = digit_count = mark_count = 0
        letter_words = capital_words = mixed_words = single_words = 0
        # Where a block is tried next; where little was gained, only after more and more bytes.
        again, patience = at, least
        while at < end:
            if at >= again:
                ascii_letters -= row[Count.LOWER] + row[Count.UPPER]
                adjoins = word > owners[document] and ends[word - 1] == at
                reached, more_words, ended = block(data, at, end, adjoins, least, ended, row)
                ascii_letters += row[Count.LOWER] + row[Count.UPPER]
                characters += reached - at
                word += more_words
                if reached > at:
                    patience = least
                    pending = 0
                else:
                    again = at + patience
                    patience = min(2 * patience, _MOST_PATIENCE)
                at = reached
                if at >= end:
                    break
            stop = starts[word] if word < last_word else end
            if stop == at + 1 and data[at] == 0x20:  # what most words have between them
                at = stop
                characters += 1
                spaces += 1
                dots = pending = 0
                code = np.int64(0x20)
            elif stop == at + 2 and data[at + 1] == 0x20 and plain[data[at]] > 0:  # and most others
                spaces += 1
                mark_count += 1
                if plain[data[at]] > 1:
                    row[Count.SENTENCES] += 1
                    ended = True
                at = stop
                characters += 2
                dots = pending = 0
                code = np.int64(0x20)
            # Between words: spaces, punctuation, symbols, newlines.
            while at < stop:
                code, size = character(four_bytes(data, at))
                at += size
                characters += 1
                prop = np.int64(properties[code])
                kind = classes[prop & 31]
                room -= 1
                packed += increments[kind]
                if room == 0:
                    _flush(counts, document, packed)
                    packed, room = none, 255
                if code == 0x20:
                    pass
                elif code == 0x0A:
                    row[Count.NEWLINES] += 1
                    row[Count.SPACES] += 1
                elif code == 0x09 or code == 0x0D:
                    row[Count.SPACES] += 1
                elif code == 0x23:
                    row[Count.HASHES] += 1
                elif code == 0x7B or code == 0x7D:
                    row[Count.CURLY] += 1
                elif code == 0xFFFD:
                    row[Count.MOJIBAKE] += 1
                elif code == 0x2026:
                    row[Count.ELLIPSES] += 1
                if code == 0x2E:
                    dots += 1
                    if dots == 3:
                        row[Count.ELLIPSES] += 1
                        dots = 0
                else:
                    dots = 0
                if prop & 32 and (at == end or _ends_sentence(data, at, end, properties)):
                    row[Count.SENTENCES] += 1
                    ended = True
                if code >= 0x80:
                    if pending and _continues_mojibake(code, pending, suspect):
                        pending -= 1
                        suspect += 1
                        if pending == 0:
                            row[Count.MOJIBAKE] += suspect
                    else:
                        pending = 0
                    if 1 <= kind <= 4:  # an orphan mark, or a letter outside words
                        scripted += prop > 255
                        in_script += (prop >> 8) == wanted and wanted > 0
                else:
                    pending = 0
            if word >= last_word:
                break
            if code < 0x80 and placeholders[code] and at > offsets[document]:
                inside = code == 0x5F and word > owners[document] and ends[word - 1] == at - 1
                row[Count.PLACEHOLDERS] += not inside
            stop = ends[word]
            length = stop - at
            if length <= 16:
                # A word of ASCII: letters hold bit 6, small ones bit 5 too, digits bit 4 but not bit 6.
                first = eight_bytes(data, at) & FIRST_BYTES[length]
                second = eight_bytes(data, at + 8) & SECOND_BYTES[length]
                if (first | second) & _HIGH == none:
                    lower = (first & (first << one) & _BIT_6) | (second & (second << one) & _BIT_6) >> one
                    letters = (first & _BIT_6) | (second & _BIT_6) >> one
                    small, capital = bit_count(lower), bit_count(letters & ~lower)
                    lower_count += small
                    upper_count += capital
                    digits = 0
                    if small + capital < length:
                        digit = (~first & (first << two) & _BIT_6) | (
                            ~second & (second << two) & _BIT_6
                        ) >> one
                        digits = bit_count(digit)
                        digit_count += digits
                        mark_count += length - small - capital - digits
                    if ended:
                        row[Count.LOWER_STARTS] += lower >> _6 & one
                        row[Count.CASED_STARTS] += letters >> _6 & one
                        ended = False
                    letter_words += small + capital > 0
                    single_words += (length == 1) & (digits == 0)
                    capital_words += (capital > 1) & (small + digits == 0)
                    if digits > 0 and small + capital > 0:
                        mixed_words += 1
                        row[Count.BROKEN_WORDS] += broken(data, at, stop)
                    characters += length
                    dots = pending = 0
                    code = np.int64(0)
                    at = stop
                    word += 1
                    continue
            if ended:
                code, size = character(four_bytes(data, at))
                kind = classes[properties[code] & 31]
                row[Count.LOWER_STARTS] += kind == 1
                row[Count.CASED_STARTS] += kind == 1 or kind == 2
                ended = False
            # Inside a word: letters, marks, digits, now and then an apostrophe or joiner.
            shape = 0
            begun = characters
            if room <= stop - at:
                _flush(counts, document, packed)
                packed, room = none, 255
            while at < stop:
                byte = data[at]
                if byte < 0x80:
                    kind = classes[properties[byte] & 31]
                    at += 1
                    ascii_letters += kind <= 2
                    pending = 0
                else:
                    code, size = character(four_bytes(data, at))
                    at += size
                    prop = np.int64(properties[code])
                    kind = classes[prop & 31]
                    if kind <= 4:
                        same = prop >> 8
                        scripted += same > 0
                        in_script += same == wanted
                    if pending and _continues_mojibake(code, pending, suspect):
                        pending -= 1
                        suspect += 1
                        if pending == 0:
                            row[Count.MOJIBAKE] += suspect
                    elif 0xC2 <= code < 0xF5:
                        pending = 1 if code < 0xE0 else (2 if code < 0xF0 else 3)
                        suspect = 1
                    else:
                        pending = 0
                characters += 1
                shape |= 1 << kind
                packed += increments[kind]
                room -= 1
                if room == 0:  # only in a word of more than 254 bytes
                    _flush(counts, document, packed)
                    packed, room = none, 255
            length = characters - begun
            lengths[word] = length
            dots = 0
            if shape & 0b1110:
                letter_words += 1
                if shape & 0b100000:
                    mixed_words += 1
                    row[Count.BROKEN_WORDS] += broken(data, starts[word], stop)
                elif length == 1 and (data[stop - 1] < 0x80 or segment[code] == _WORD):
                    single_words += 1
                if shape & 0b101110 == 0b100 and length > 1:
                    capital_words += 1
            code = np.int64(0)
            word += 1
        _flush(counts, document, packed)
        row[Count.LOWER] += lower_count
        row[Count.UPPER] += upper_count
        row[Count.DIGITS] += digit_count
        row[Count.PUNCTUATION] += mark_count
        row[Count.SPACES] += spaces
        ascii_letters += lower_count + upper_count
        row[Count.CHARACTERS] = characters
        # The eight packed classes are 1..8; what is left is class 9. Newline, tab and return were counted
        # as spaces by hand and are control characters by category.
        row[Count.OTHER] = characters - row[1:9].sum()
        row[Count.SCRIPTED_LETTERS] = scripted + ascii_letters
        row[Count.SCRIPT_LETTERS] = in_script + (ascii_letters if wanted == latin else 0)
        longest, word_characters = np.int32(0), 0
        for i in range(owners[document], last_word):
            word_characters += lengths[i]
            longest = max(longest, lengths[i])
        row[Count.WORD_CHARACTERS], row[Count.LONGEST_WORD] = word_characters, longest
        row[Count.LETTER_WORDS] += letter_words
        row[Count.CAPITAL_WORDS] += capital_words
        row[Count.MIXED_WORDS] += mixed_words
        row[Count.SINGLE_WORDS] += single_words


@njit(nogil=True, cache=True)
def _ends_sentence(data, at, end, properties):  # type: ignore[no-untyped-def]
    """Whether what follows a terminal ends its sentence: a space, a newline, a closer, or an unspaced
    script."""
    following = data[at]
    if following < 0x80:
        return (
            following <= 0x20
            or following == 0x22
            or following == 0x27
            or following == 0x29
            or following == 0x5D
        )
    # Ideographic text goes on without a space after its full stop; a closing quote may follow everywhere.
    code, _ = decode(data, at, end)
    category = properties[code] & 31
    return category in (5, 15, 16, 17, 23)


@njit(nogil=True, cache=True)
def _lines(  # type: ignore[no-untyped-def]
    data, word_starts, word_owners, starts, ends, sizes, owners, properties, bullets, counts
):
    """Adds the shapes of lines to the rows; a line of white space only adds nothing."""
    for document in range(len(owners) - 1):
        row = counts[document]
        word, last_word = word_owners[document], word_owners[document + 1]
        for line in range(owners[document], owners[document + 1]):
            at, stop, characters = starts[line], ends[line], sizes[line]
            words = -word
            while word < last_word and word_starts[word] < stop:
                word += 1
            words += word
            code = 0x20
            size = 0
            while at < stop:
                code, size = character(four_bytes(data, at))
                if not _is_space(code, properties[code] & 31):
                    break
                at += size
            if at >= stop:
                continue
            row[Count.LINES] += 1
            row[Count.SHORT_LINES] += characters <= _SHORT
            row[Count.LONGEST_LINE] = max(row[Count.LONGEST_LINE], characters)
            if code >= 0x80 or code < 0x30:
                for bullet in bullets:
                    if bullet == code:
                        row[Count.BULLET_LINES] += 1
                        break
            if properties[code] & 31 == 9:
                beyond = at
                while beyond < stop and properties[code] & 31 == 9:
                    beyond += size
                    if beyond < stop:
                        code, size = character(four_bytes(data, beyond))
                if beyond < stop and code in (0x2E, 0x29, 0x5D, 0x3A, 0x3001, 0xFF0E, 0xFF09):
                    row[Count.NUMBERED_LINES] += 1
            # From the end: white space, then closing quotes and brackets, then the terminal.
            closed = False
            terminal = False
            while stop > at:
                back = stop - 1
                while back > at and data[back] & 0xC0 == 0x80:
                    back -= 1
                code, size = character(four_bytes(data, back))
                if size != stop - back:
                    break
                category = properties[code] & 31
                if not closed and _is_space(code, properties[code] & 31):
                    stop = back
                    continue
                if code == 0x2026 or (
                    code == 0x2E and stop - at >= 3 and data[stop - 2] == 0x2E and data[stop - 3] == 0x2E
                ):
                    row[Count.ELLIPSIS_LINES] += not closed
                    break
                if code == 0x22 or code == 0x27 or category in (15, 16, 17):
                    closed = True
                    stop = back
                    continue
                terminal = properties[code] & 32 != 0
                break
            row[Count.ENDS_TERMINAL] = terminal
            few = words <= _LIST_WORDS and characters <= _SHORT
            if not terminal and (few or characters <= _LIST_CHARACTERS):
                row[Count.LIST_WORDS] += words
            if terminal:
                row[Count.TERMINAL_LINES] += 1
                row[Count.PROSE_LINES] += words >= _PROSE_WORDS


@njit(nogil=True, cache=True)
def _is_space(code, category):  # type: ignore[no-untyped-def]
    return code == 0x20 or 0x09 <= code <= 0x0D or category in (23, 24, 25)
