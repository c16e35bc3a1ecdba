"""Counts over source code: lines, comments, strings, brackets; one lexing pass per document.

The lexer knows, per programming language, how comments and strings begin and end (`SYNTAXES`). It does not
parse: it tells comment from string from code well enough to measure shares and to see unbalanced brackets.
A string that its language ends at the line's end is closed there, so one stray quote costs one line, not
the file.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from corpus.kernels.unicode import readonly

__all__ = ["SYNTAXES", "Count", "Syntax", "measure"]


class Syntax(NamedTuple):
    """How a language writes comments and strings.

    line      starts of comments that run to the end of the line
    block     (start, end) of comments over lines; `nested` where they nest (Rust, Scala)
    quotes    quotes of strings that end at the line's end
    long      (start, end) of strings over lines
    short     whether ' quotes one character (so that a Rust lifetime or C++ digit separator opens nothing)
    """

    line: tuple[str, ...] = ("//",)
    block: tuple[tuple[str, str], ...] = (("/*", "*/"),)
    quotes: str = "\"'"
    long: tuple[tuple[str, str], ...] = ()
    short: bool = False
    nested: bool = False


_C = Syntax(quotes='"', short=True)
_SCRIPT = Syntax(long=(("`", "`"),))
SYNTAXES: dict[str, Syntax] = {
    "code-c": _C,
    "code-cpp": _C._replace(long=(('R"(', ')"'),)),
    "code-csharp": _C._replace(long=(('"""', '"""'), ('@"', '"'))),
    "code-go": _C._replace(long=(("`", "`"),)),
    "code-java": _C._replace(long=(('"""', '"""'),)),
    "code-javascript": _SCRIPT,
    "code-lua": Syntax(
        line=("--",), block=(("--[[", "]]"), ("--[=[", "]=]")), long=(("[[", "]]"), ("[=[", "]=]"))
    ),
    "code-php": Syntax(line=("//", "#")),
    "code-python": Syntax(line=("#",), block=(), long=(('"""', '"""'), ("'''", "'''"))),
    "code-ruby": Syntax(line=("#",), block=(("\n=begin", "\n=end"),)),
    "code-rust": _C._replace(long=(('r#"', '"#'), ('"', '"')), quotes="", nested=True),
    "code-scala": _C._replace(long=(('"""', '"""'),), nested=True),
    "code-typescript": _SCRIPT,
}


class Count(IntEnum):
    """Columns of `measure`; bytes unless said otherwise."""

    LINES = 0  # all, blank ones included
    BLANK_LINES = 1
    LONGEST_LINE = 2  # characters
    LETTERS_DIGITS = 3  # ASCII letters and digits, and bytes of other scripts
    DIGITS = 4  # ASCII digits
    SPACES = 5
    COMMENTS = 6  # without white space
    STRINGS = 7  # without white space
    CODE_LINES = 8  # lines with something that is neither comment nor white space
    COMMENT_LINES = 9  # lines of comment only
    UNBALANCED = 10  # closers without their opener, and openers never closed
    BRACKETS = 11
    LONGEST_TOKEN = 12  # longest run without white space
    HEX = 13  # digits and a-f in runs of 16 or more letters and digits, at least a fifth of them digits
    NON_ASCII = 14
    CHARACTERS = 15
    NULS = 16  # control characters that text does not hold


_WIDTH = 8  # longest delimiter
_MAX = 4  # delimiters of a kind


def _pack(parts: tuple[str, ...]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    table = np.zeros((_MAX, _WIDTH), np.uint8)
    sizes = np.zeros(_MAX, np.int64)
    for row, part in enumerate(parts):
        table[row, : len(part)] = np.frombuffer(part.encode(), np.uint8)
        sizes[row] = len(part)
    return readonly(table), readonly(sizes)


def measure(data: NDArray[np.uint8], offsets: NDArray[np.int64], syntax: Syntax) -> NDArray[np.int64]:
    """int64 [documents, len(Count)] for documents of one language."""
    counts = np.zeros((len(offsets) - 1, len(Count)), np.int64)
    starts = tuple(start for start, _ in syntax.block)
    longs = tuple(start for start, _ in syntax.long)
    quotes = np.zeros(256, np.bool_)
    quotes[np.frombuffer(syntax.quotes.encode(), np.uint8)] = True
    _measure(
        readonly(data), readonly(offsets), *_pack(syntax.line),
        *_pack(starts), *_pack(tuple(end for _, end in syntax.block)),
        *_pack(longs), *_pack(tuple(end for _, end in syntax.long)),
        readonly(quotes), syntax.short, syntax.nested, counts,
    )  # fmt: skip
    return counts


@njit(nogil=True, cache=True, inline="always")
def _begins(data, at, end, table, sizes):  # type: ignore[no-untyped-def]
    """Row of the delimiter that stands at data[at], the longest first met; -1 for none."""
    for row in range(len(sizes)):
        size = sizes[row]
        if size == 0:
            break
        if data[at] == table[row, 0] and at + size <= end:
            same = True
            for i in range(1, size):
                if data[at + i] != table[row, i]:
                    same = False
                    break
            if same:
                return row
    return -1


@njit(nogil=True, cache=True)
def _until(data, at, end, table, sizes, row):  # type: ignore[no-untyped-def]
    """Position after the next delimiter of that row, or the end."""
    size = sizes[row]
    while at + size <= end:
        same = True
        for i in range(size):
            if data[at + i] != table[row, i]:
                same = False
                break
        if same:
            return at + size
        at += 1
    return end


@njit(nogil=True, cache=True)
def _skip_nested(data, at, end):  # type: ignore[no-untyped-def]
    """Position after a /* comment whose inner /* */ pairs nest; at stands behind the first opener."""
    depth = 1
    while at + 1 < end:
        if data[at] == 0x2F and data[at + 1] == 0x2A:
            depth += 1
            at += 2
        elif data[at] == 0x2A and data[at + 1] == 0x2F:
            depth -= 1
            at += 2
            if depth == 0:
                return at
        else:
            at += 1
    return end


@njit(nogil=True, cache=True)
def _quoted(data, at, end, quote):  # type: ignore[no-untyped-def]
    """Position after a string that ends at its quote or before the newline; at stands behind the opener."""
    while at < end:
        byte = data[at]
        if byte == 0x5C and at + 1 < end:
            at += 2
        elif byte == quote:
            return at + 1
        elif byte == 0x0A:
            return at
        else:
            at += 1
    return end


@njit(nogil=True, cache=True)
def _character(data, at, end):  # type: ignore[no-untyped-def]
    """Position after a one-character literal whose opening ' stands at at; at + 1 where it is none."""
    if at + 2 < end and data[at + 1] == 0x5C:
        for i in range(at + 3, min(at + 13, end)):
            if data[i] == 0x27:
                return i + 1
        return at + 1
    i = at + 2
    while i < end and i < at + 5 and data[i] & 0xC0 == 0x80:
        i += 1
    if i < end and data[i] == 0x27 and data[at + 1] != 0x0A:
        return i + 1
    return at + 1


@njit(nogil=True, cache=True)
def _measure(data, offsets, *lexicon):  # type: ignore[no-untyped-def]
    (line, line_sizes, block, block_sizes, block_end, block_end_sizes, long, long_sizes, long_end,
     long_end_sizes, quotes, short, nested, counts) = lexicon  # fmt: skip
    stack = np.zeros(256, np.uint8)
    special = quotes.copy()
    for table in (line, block, long):
        for row in range(len(line_sizes)):
            special[table[row, 0]] = True
    special[0] = False
    for byte in (0x28, 0x29, 0x5B, 0x5D, 0x7B, 0x7D, 0x27, 0x0A):
        special[byte] = True
    for document in range(len(offsets) - 1):
        at, end = offsets[document], offsets[document + 1]
        row = counts[document]
        _plain(data, at, end, row)
        depth = 0
        has_code = has_comment = False
        while at < end:
            byte = data[at]
            if not special[byte]:
                has_code |= byte > 0x20
                at += 1
                continue
            kind = _begins(data, at, end, block, block_sizes)
            if kind >= 0:
                size = block_sizes[kind]
                after = (
                    _skip_nested(data, at + size, end)
                    if nested
                    else _until(data, at + size, end, block_end, block_end_sizes, kind)
                )
                has_code, has_comment = _take(data, at, after, row, Count.COMMENTS, has_code, has_comment)
                at = after
                continue
            if byte == 0x0A:
                row[Count.CODE_LINES] += has_code
                row[Count.COMMENT_LINES] += has_comment and not has_code
                has_code = has_comment = False
                at += 1
                continue
            kind = _begins(data, at, end, line, line_sizes)
            if kind >= 0:
                after = at
                while after < end and data[after] != 0x0A:
                    after += 1
                has_code, has_comment = _take(data, at, after, row, Count.COMMENTS, has_code, has_comment)
                at = after
                continue
            kind = _begins(data, at, end, long, long_sizes)
            if kind >= 0:
                size = long_sizes[kind]
                if size == 1:
                    after = _escaped(data, at + 1, end, data[at])
                else:
                    after = _until(data, at + size, end, long_end, long_end_sizes, kind)
                has_code, has_comment = _take(data, at, after, row, Count.STRINGS, has_code, has_comment)
                has_code = True
                at = after
                continue
            has_code = True
            if quotes[byte]:
                after = _quoted(data, at + 1, end, byte)
                _take(data, at, after, row, Count.STRINGS, True, False)
                at = after
                continue
            if byte == 0x27:
                at = _character(data, at, end) if short else at + 1
                continue
            if byte == 0x28 or byte == 0x5B or byte == 0x7B:
                row[Count.BRACKETS] += 1
                if depth < len(stack):
                    stack[depth] = byte
                depth += 1
            elif byte == 0x29 or byte == 0x5D or byte == 0x7D:
                row[Count.BRACKETS] += 1
                opener = 0x28 if byte == 0x29 else byte - 2
                if depth > 0 and (depth > len(stack) or stack[depth - 1] == opener):
                    depth -= 1
                else:
                    row[Count.UNBALANCED] += 1
            at += 1
        row[Count.CODE_LINES] += has_code
        row[Count.COMMENT_LINES] += has_comment and not has_code
        row[Count.UNBALANCED] += depth


@njit(nogil=True, cache=True)
def _escaped(data, at, end, quote):  # type: ignore[no-untyped-def]
    """Position after a string over lines that ends at its quote, escapes skipped."""
    while at < end:
        if data[at] == 0x5C and at + 1 < end:
            at += 2
        elif data[at] == quote:
            return at + 1
        else:
            at += 1
    return end


@njit(nogil=True, cache=True)
def _take(data, at, after, row, column, has_code, has_comment):  # type: ignore[no-untyped-def]
    """Count a comment or string; newlines in it close lines. Gives (has_code, has_comment) at its end."""
    comment = column == Count.COMMENTS
    for i in range(at, min(after, len(data))):
        byte = data[i]
        if byte == 0x0A:
            row[Count.CODE_LINES] += has_code
            row[Count.COMMENT_LINES] += has_comment and not has_code
            has_code = has_comment = False
        elif byte > 0x20:
            row[column] += 1
            if comment:
                has_comment = True
            else:
                has_code = True
    return has_code, has_comment


@njit(nogil=True, cache=True)
def _plain(data, at, end, row):  # type: ignore[no-untyped-def]
    """What needs no lexer: lines, characters, digits, long tokens."""
    width = longest = token = longest_token = 0
    letters = digits = spaces = wide = characters = nuls = 0
    run = hexadecimal = run_digits = 0
    blank = True
    for i in range(at, end):
        byte = data[i]
        characters += (byte & 0xC0) != 0x80
        width += (byte & 0xC0) != 0x80
        if byte <= 0x20:
            spaces += 1
            nuls += byte != 0x20 and not 0x09 <= byte <= 0x0D
            longest_token = max(longest_token, token)
            token = 0
        else:
            token += 1
            blank = False
        wide += byte >= 0x80
        digit = 0x30 <= byte <= 0x39
        letter = 0x41 <= byte <= 0x5A or 0x61 <= byte <= 0x7A or byte >= 0x80
        letters += letter or digit
        digits += digit
        if digit or 0x61 <= byte <= 0x66 or 0x41 <= byte <= 0x46:
            run += 1
            run_digits += digit
        else:
            if run >= 16 and run_digits * 5 >= run:
                hexadecimal += run
            run = run_digits = 0
        if byte == 0x0A:
            row[Count.LINES] += 1
            row[Count.BLANK_LINES] += blank
            longest = max(longest, width - 1)
            width = 0
            blank = True
    if width:
        row[Count.LINES] += 1
        row[Count.BLANK_LINES] += blank
    if run >= 16 and run_digits * 5 >= run:
        hexadecimal += run
    row[Count.LONGEST_LINE] = max(longest, width)
    row[Count.LONGEST_TOKEN] = max(longest_token, token)
    row[Count.LETTERS_DIGITS], row[Count.DIGITS], row[Count.SPACES] = letters, digits, spaces
    row[Count.HEX], row[Count.NON_ASCII], row[Count.CHARACTERS], row[Count.NULS] = (
        hexadecimal,
        wide,
        characters,
        nuls,
    )
