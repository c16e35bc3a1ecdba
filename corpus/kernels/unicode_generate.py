"""Writes unicode_data.py: categories, word classes, scripts and case folding of one pinned Unicode version.

Run by hand when the pinned version moves, in an environment that has `unicodedata2` and `regex`:

    python corpus/kernels/unicode_generate.py > corpus/kernels/unicode_data.py

Both packages must carry the same Unicode version; a disagreement in any general category stops the script.
Source: Unicode Character Database (General_Category, Script, simple Case_Folding); the word classes are our
own reduction of UAX #29, described in `unicode.py`.
"""

# mypy: ignore-errors

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import groupby

from corpus.kernels.unicode import CATEGORIES, Segment

LAST = 0x110000
#: Scripts told apart; the rest of the world's scripts share number 0 with Common and Inherited.
SCRIPTS = (
    "Latin", "Arabic", "Devanagari", "Bengali", "Tamil", "Malayalam", "Telugu", "Kannada", "Gurmukhi",
    "Gujarati", "Oriya", "Han", "Hiragana", "Katakana", "Bopomofo", "Hangul", "Cyrillic", "Greek", "Hebrew",
    "Armenian", "Georgian", "Ethiopic", "Thai", "Lao", "Khmer", "Myanmar", "Sinhala", "Tibetan", "Mongolian",
    "Syriac", "Thaana", "Nko", "Tifinagh", "Vai", "Adlam", "Osmanya", "Cherokee", "Canadian_Aboriginal",
    "Coptic", "Yi", "Javanese", "Balinese", "Sundanese", "Buginese", "Batak", "Rejang", "Tagalog", "Tai_Le",
    "New_Tai_Lue", "Tai_Tham", "Tai_Viet", "Ahom", "Meetei_Mayek", "Ol_Chiki", "Lepcha", "Limbu", "Chakma",
    "Syloti_Nagri", "Saurashtra", "Bamum", "Tangut", "Nushu", "Khitan_Small_Script", "Gothic", "Runic",
)  # fmt: skip
SINGLE_SCRIPTS = ("Han", "Hiragana", "Katakana", "Tangut", "Nushu", "Khitan_Small_Script", "Yi")
CLUSTER_SCRIPTS = (
    "Thai", "Lao", "Khmer", "Myanmar", "Tai_Le", "New_Tai_Lue", "Tai_Tham", "Tai_Viet", "Ahom",
    "Javanese", "Balinese",
)  # fmt: skip
#: Vowels written before the consonant they follow in speech.
LEADING = {*range(0x0E40, 0x0E45), *range(0x0EC0, 0x0EC5), 0xAAB5, 0xAAB6, 0xAAB9, 0xAABB, 0xAABC}
#: Letters (not marks) that only ever follow a base: Thai and Lao vowel signs, kana length marks.
TRAILING = {0x0E30, 0x0E32, 0x0E33, 0x0E45, 0x0E46, 0x0EB0, 0x0EB2, 0x0EB3, 0x0EC6, 0x30FC, 0xFF70}
#: Signs that hang the next consonant below the one before: Khmer coeng, Myanmar and Tai Tham viramas.
STACKERS = {0x17D2, 0x1039, 0x1A60, 0xA9C0, 0x1B44, 0x1193E}
#: Joined to a word only between two of its letters: apostrophes and the Catalan middle dot.
INNER = {0x27, 0x2019, 0x02BC, 0xFF07, 0x00B7, 0x0387, 0x055F, 0x05F3, 0x05F4, 0x2027}
#: Format characters that separate words all the same: zero-width space, line marks, tags.
SEPARATING_FORMATS = {0x200B, 0xFFF9, 0xFFFA, 0xFFFB, *range(0xE0000, 0xE0080)}


def runs(value: Callable[[int], int]) -> str:
    """Run-length text: `first-code-point value` in hexadecimal, runs of value 0 left out by their end."""
    parts = []
    start = 0
    for code, group in groupby(value(c) for c in range(LAST)):
        size = sum(1 for _ in group)
        if code:
            parts.append(f"{start:x}+{size:x}={code:x}" if size > 1 else f"{start:x}={code:x}")
        start += size
    return " ".join(parts)


def wrapped(name: str, text: str) -> str:
    lines, line = [], ""
    for part in text.split(" "):
        if len(line) + len(part) > 104:
            lines.append(line)
            line = ""
        line += f"{part} "
    return f'{name} = """\n' + "\n".join(row.rstrip() for row in [*lines, line]) + '\n"""'


def main() -> None:
    import regex
    import unicodedata2 as ucd
    from regex import _regex

    names = list(CATEGORIES)
    category = [names.index(ucd.category(chr(c))) for c in range(LAST)]
    for name in names:
        members = regex.compile(rf"\p{{gc={name}}}")
        for code in range(LAST):
            if not 0xD800 <= code < 0xE000 and bool(members.match(chr(code))) != (
                names[category[code]] == name
            ):
                sys.exit(f"unicodedata2 and regex disagree at {code:04X}; install matching versions")

    script = [0] * LAST
    for number, name in enumerate(SCRIPTS, start=1):
        members = regex.compile(rf"\p{{Script={name}}}")
        for code in range(LAST):
            if not 0xD800 <= code < 0xE000 and members.match(chr(code)):
                script[code] = number

    single = {SCRIPTS.index(name) + 1 for name in SINGLE_SCRIPTS}
    cluster = {SCRIPTS.index(name) + 1 for name in CLUSTER_SCRIPTS}

    def segment(code: int) -> int:
        kind = names[category[code]]
        if code in STACKERS:
            return Segment.STACKER
        if code in LEADING:
            return Segment.LEADING
        if code in TRAILING:
            return Segment.EXTEND
        if code in INNER:
            return Segment.INNER
        if kind[0] == "M":
            return Segment.EXTEND
        if kind == "Cf":
            return Segment.NONE if code in SEPARATING_FORMATS else Segment.EXTEND
        if kind[0] == "L" or kind in ("Nl", "Nd"):
            if script[code] in single:
                return Segment.SINGLE
            if script[code] in cluster and kind != "Nd":
                return Segment.CLUSTER
            return Segment.WORD
        return Segment.NONE

    terminal = regex.compile(r"\p{Sentence_Terminal=Yes}")

    def ends_sentence(code: int) -> int:
        return int(not 0xD800 <= code < 0xE000 and bool(terminal.match(chr(code))))

    def fold(code: int) -> int:
        if 0xD800 <= code < 0xE000:
            return 0
        if code == 0x49:  # regex keeps I apart for Turkish; the default folding does not
            return 0x20
        folded = _regex.fold_case(regex.IGNORECASE | regex.UNICODE, chr(code))
        return (ord(folded) - code) % 0x110000 if len(folded) == 1 else 0

    print(
        f'"""Unicode {ucd.unidata_version} property runs, written by unicode_generate.py; do not edit."""\n'
    )
    print("from __future__ import annotations\n")
    print('__all__ = ["CATEGORY", "FOLD", "SCRIPT", "SCRIPTS", "SEGMENT", "TERMINAL", "UNICODE_VERSION"]\n')
    print(f'UNICODE_VERSION = "{ucd.unidata_version}"\n')
    print("#: Script numbers start at 1; 0 is a script not listed here, Common or Inherited.")
    print(wrapped("SCRIPTS", " ".join(SCRIPTS)))
    print("\n#: first+count=value, hexadecimal; code points in no run have value 0.")
    print(wrapped("CATEGORY", runs(lambda code: category[code])))
    print()
    print(wrapped("SEGMENT", runs(segment)))
    print()
    print(wrapped("SCRIPT", runs(lambda code: script[code])))
    print("\n#: Sentence_Terminal.")
    print(wrapped("TERMINAL", runs(ends_sentence)))
    print("\n#: Difference to the folded code point, modulo 0x110000.")
    print(wrapped("FOLD", runs(fold)))


if __name__ == "__main__":
    main()
