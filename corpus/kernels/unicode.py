"""Unicode property tables for the kernels, the same for every interpreter.

Tables are flat arrays over all 0x110000 code points, built once per process from the run-length text of
`unicode_data.py` (about 10 ms); a kernel touches only the cache lines of the scripts it meets. Flat and not
two-stage: one load a character, and the 1.1 MB that never gets touched never gets paged in.
"""

from __future__ import annotations

from enum import IntEnum
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["CATEGORIES", "GLYPH_SHIFT", "Glyph", "Segment", "Tables", "readonly", "tables"]

#: General categories; the position is the category's number. "Cn" is first so that unassigned is 0.
CATEGORIES = (
    "Cn", "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Pc", "Pd", "Ps", "Pe", "Pi",
    "Pf", "Po", "Sm", "Sc", "Sk", "So", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co",
)  # fmt: skip


class Segment(IntEnum):
    """What a character does to words; our reduction of UAX #29 that also cuts unspaced scripts.

    NONE      separates words
    WORD      letter or digit of a script written with spaces: a run of these is one word
    EXTEND    mark or format character: continues what it stands after, begins nothing
    INNER     apostrophe, middle dot: continues a word between two of its letters
    SINGLE    Han, kana, Yi, Tangut, Nushu, Khitan: each character is a word
    CLUSTER   Thai, Lao, Khmer, Myanmar, Tai, Javanese, Balinese letter: with its marks it is a word
    LEADING   vowel written before its consonant: begins the cluster of the next CLUSTER character
    STACKER   hangs the next CLUSTER character below this one, in the same word
    """

    NONE = 0
    WORD = 1
    EXTEND = 2
    INNER = 3
    SINGLE = 4
    CLUSTER = 5
    LEADING = 6
    STACKER = 7


class Glyph(IntEnum):
    """Segment as the word splitter asks for it: what goes on with a word first, then what may end one.

    EXTEND is split in two: marks are part of a word and its hash, format characters of neither.
    """

    WORD = 0
    MARK = 1
    FORMAT = 2
    INNER = 3
    STACKER = 4
    NONE = 5
    SINGLE = 6
    CLUSTER = 7
    LEADING = 8


#: Bits of the folded code point in `Tables.glyphs`; the Glyph stands above them.
GLYPH_SHIFT = 24


class Tables(NamedTuple):
    """Per code point: `category` (index into CATEGORIES), `segment` (Segment), `script` (1 + index into
    unicode_data.SCRIPTS, 0 for the rest), `fold` (int32 difference to the case-folded code point).
    `properties` joins what one pass needs in one load: category + 32 * Sentence_Terminal + 256 * script, and
    `glyphs` what the word splitter does: folded code point + Glyph << GLYPH_SHIFT."""

    category: NDArray[np.uint8]
    segment: NDArray[np.uint8]
    script: NDArray[np.uint8]
    fold: NDArray[np.int32]
    properties: NDArray[np.uint16]
    glyphs: NDArray[np.uint32]


@cache
def tables() -> Tables:
    """The tables, built on first use."""
    from corpus.kernels import unicode_data as data

    fold = _expand(data.FOLD, np.int32)
    fold[fold > 0x88000] -= 0x110000
    category, segment, script, terminal = (
        _expand(runs, np.uint8) for runs in (data.CATEGORY, data.SEGMENT, data.SCRIPT, data.TERMINAL)
    )
    properties = category.astype(np.uint16) | terminal.astype(np.uint16) << 5 | script.astype(np.uint16) << 8
    kinds = np.array([Glyph[kind.name if kind != Segment.EXTEND else "MARK"] for kind in Segment], np.uint32)
    glyphs = kinds[segment]
    glyphs[(segment == Segment.EXTEND) & (category == CATEGORIES.index("Cf"))] = Glyph.FORMAT
    glyphs = glyphs << np.uint32(GLYPH_SHIFT) | (np.arange(0x110000, dtype=np.int32) + fold).astype(np.uint32)
    return Tables(*map(readonly, (category, segment, script, fold, properties, glyphs)))


def readonly(array: NDArray[Any]) -> NDArray[Any]:
    """A read-only view: Arrow buffers are read-only and Numba compiles once for each kind of array."""
    view = array.view()
    view.flags.writeable = False
    return view


def _expand(runs: str, kind: type[np.generic]) -> NDArray[Any]:
    table = np.zeros(0x110000, kind)
    for run in runs.split():
        where, value = run.split("=")
        first, _, count = where.partition("+")
        start = int(first, 16)
        table[start : start + int(count or "1", 16)] = int(value, 16)
    return table
