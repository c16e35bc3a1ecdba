"""Text around a candidate, with digits of every script as ASCII and invisible characters left out.

A window keeps the byte position of each of its characters, so that what is found in it maps back to the
document: the map is one to one for digits and fullwidth forms, and zero-width or bidirectional control
characters inside a number belong to the number.
"""

from __future__ import annotations

import bisect

from corpus.kernels.digits import ZEROS

__all__ = ["Window", "open_window"]

_INVISIBLE = [
    173,
    8203,
    8204,
    8205,
    8206,
    8207,
    8288,
    65279,
    *list(range(8234, 8239)),
    *list(range(8294, 8298)),
]
_SPACES = [0xA0, *range(0x2000, 0x200B), 0x202F, 0x3000]
_DASHES = [*range(0x2010, 0x2016), 0x2212]


def _folding() -> dict[int, str]:
    table = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    for zero in ZEROS:
        for value in range(10):
            table[zero + value] = str(value)
    table.update(dict.fromkeys(_SPACES, " "))
    table.update(dict.fromkeys(_DASHES, "-"))
    return table


_FOLD = _folding()
_DROP = frozenset(map(chr, _INVISIBLE))


class Window:
    """Folded `text` of data[start:end]; `byte(i)` is the document's byte position of character i."""

    __slots__ = ("_ends", "_starts", "source", "start", "text")

    def __init__(self, data: bytes, start: int, end: int) -> None:
        # A window may begin or end inside a character.
        while start > 0 and start < len(data) and data[start] & 0xC0 == 0x80:
            start -= 1
        while end < len(data) and data[end] & 0xC0 == 0x80:
            end += 1
        self.source = data
        self.start = start
        raw = data[start:end]
        self._starts: list[int] | None = None
        self._ends: list[int] | None = None
        if raw.isascii():
            self.text = raw.decode("ascii")
            return
        characters: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        at = start
        for character in raw.decode("utf-8"):
            width = _width(character)
            if character not in _DROP:
                characters.append(_FOLD.get(ord(character), character))
                starts.append(at)
                ends.append(at + width)
            at += width
        starts.append(at)
        self.text = "".join(characters)
        self._starts, self._ends = starts, ends

    def byte(self, index: int) -> int:
        """Byte position where character `index` begins."""
        return self.start + index if self._starts is None else self._starts[index]

    def end_byte(self, index: int) -> int:
        """Byte position after the character before `index`; invisible characters behind it stay outside."""
        return self.start + index if self._ends is None or index == 0 else self._ends[index - 1]

    def index(self, byte: int) -> int:
        """The character at or after this byte position."""
        if self._starts is None:
            return byte - self.start
        return bisect.bisect_left(self._starts, byte)


def _width(character: str) -> int:
    code = ord(character)
    return 1 if code < 0x80 else 2 if code < 0x800 else 3 if code < 0x10000 else 4


def open_window(data: bytes, start: int, end: int, before: int = 0, after: int = 0) -> Window:
    """The window of data[start:end] with up to `before` and `after` bytes of context."""
    return Window(data, max(0, start - before), min(len(data), end + after))
