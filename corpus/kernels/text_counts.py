"""The columns `text.measure` fills."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["Count"]


class Count(IntEnum):
    """Columns of the matrix. Characters are code points; lines are non-blank lines between "\\n"."""

    CHARACTERS = 0
    LOWER = 1  # Ll
    UPPER = 2  # Lu, Lt
    OTHER_LETTERS = 3  # Lo, Lm, Nl
    MARKS = 4  # M*
    DIGITS = 5  # Nd, No
    PUNCTUATION = 6  # P*
    SYMBOLS = 7  # S*
    SPACES = 8  # Z* and the control characters tab, newline, return
    OTHER = 9  # format, other control, private, unassigned, replacement character
    SCRIPT_LETTERS = 10  # letters and marks of the script asked for
    SCRIPTED_LETTERS = 11  # letters and marks of any script that is not Common
    NEWLINES = 12
    HASHES = 13  # "#"
    ELLIPSES = 14  # "..." counted without overlap, and U+2026
    CURLY = 15  # "{" and "}"
    MOJIBAKE = 16  # characters of UTF-8 read as Windows-1252, and U+FFFD
    SENTENCES = 17  # sentence terminals that a space, a closer or the end follows
    WORDS = 18
    WORD_CHARACTERS = 19
    LONGEST_WORD = 20
    LETTER_WORDS = 21  # with at least one letter
    CAPITAL_WORDS = 22  # two or more characters, capitals only
    MIXED_WORDS = 23  # letters and digits
    SINGLE_WORDS = 24  # one letter of a script written with spaces
    LINES = 25
    BULLET_LINES = 26  # begin with a bullet or dash
    NUMBERED_LINES = 27  # begin with a number and a stop or bracket
    ELLIPSIS_LINES = 28
    TERMINAL_LINES = 29  # end with a sentence terminal, closing quotes and brackets aside
    SHORT_LINES = 30  # 30 characters or fewer
    PROSE_LINES = 31  # five words or more, and a terminal at the end
    LONGEST_LINE = 32
    ENDS_TERMINAL = 33  # 1 where the last line ends with a terminal
    LIST_WORDS = 34  # words in short lines of three words or fewer (or eight characters) without a terminal
    LOWER_STARTS = 35  # words after a sentence terminal that begin with a small letter
    CASED_STARTS = 36  # words after a sentence terminal that begin with a small letter or capital
    PLACEHOLDERS = 37  # words right behind one of $ % & { < ~ \ or an underscore that begins a word
    BROKEN_WORDS = 38  # a digit between two letters
