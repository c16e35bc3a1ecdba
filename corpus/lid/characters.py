"""What every code point of the BMP is to language identification: its folded form and its script.

Made once, when a model is trained, and stored in the model, so that results do not depend on the Unicode
version of the interpreter that reads text. Folded: lower case, letters and marks only, one apostrophe.
"""

from __future__ import annotations

import unicodedata

import numpy as np
from numpy.typing import NDArray

__all__ = ["SCRIPTS", "character_tables"]

_PREFIXES = {
    "LATIN": "Latn", "FEMININE": "Latn", "MASCULINE": "Latn", "FULLWIDTH LATIN": "Latn", "CYRILLIC": "Cyrl",
    "GREEK": "Grek", "ARABIC": "Arab", "HEBREW": "Hebr", "DEVANAGARI": "Deva", "BENGALI": "Beng",
    "GURMUKHI": "Guru", "GUJARATI": "Gujr", "ORIYA": "Orya", "TAMIL": "Taml", "TELUGU": "Telu",
    "KANNADA": "Knda", "MALAYALAM": "Mlym", "SINHALA": "Sinh", "THAI": "Thai", "LAO": "Laoo",
    "TIBETAN": "Tibt", "MYANMAR": "Mymr", "GEORGIAN": "Geor", "HANGUL": "Hang", "ETHIOPIC": "Ethi",
    "CHEROKEE": "Cher", "CANADIAN": "Cans", "KHMER": "Khmr", "MONGOLIAN": "Mong", "HIRAGANA": "Jpan",
    "KATAKANA": "Jpan", "BOPOMOFO": "Bopo", "CJK": "Hani", "YI": "Yiii", "ARMENIAN": "Armn",
    "SYRIAC": "Syrc", "THAANA": "Thaa", "NKO": "Nkoo", "TIFINAGH": "Tfng", "VAI": "Vaii", "BAMUM": "Bamu",
    "JAVANESE": "Java", "BALINESE": "Bali", "COPTIC": "Copt", "TAI": "Tale", "CHAM": "Cham", "OL": "Olck",
    "MEETEI": "Mtei", "LIMBU": "Limb", "LEPCHA": "Lepc", "SUNDANESE": "Sund", "TAGALOG": "Tglg",
}  # fmt: skip

#: ISO 15924 codes; the position is the script's number in the model, 0 is "no script".
SCRIPTS = ("Zyyy", *sorted(set(_PREFIXES.values())))
_APOSTROPHES = "'\u2019\u02bc\u02bb\u2018\ua78c"


def character_tables() -> tuple[NDArray[np.uint16], NDArray[np.uint16], NDArray[np.uint8]]:
    """(fold, fold without diacritics, script) by code point, each of length 65,536."""
    fold, plain = np.zeros(65536, np.uint16), np.zeros(65536, np.uint16)
    script = np.zeros(65536, np.uint8)
    number = {code: index for index, code in enumerate(SCRIPTS)}
    for code in range(65536):
        character = chr(code)
        kind = unicodedata.category(character)
        if kind[0] not in "LM" or kind == "Me":
            continue
        lower = character.lower()
        lower = lower if len(lower) == 1 and ord(lower) < 65536 else character
        fold[code] = ord(lower)
        base = unicodedata.normalize("NFD", lower)[0]
        latin = unicodedata.name(character, "").startswith("LATIN")
        plain[code] = ord(base) if latin and ord(base) < 65536 else ord(lower)
        if 0x300 <= code < 0x370:
            plain[code] = 0x2BC  # a lone combining mark; the Latin text it stands in keeps its letters
        name = unicodedata.name(character, "")
        for prefix in (name.split(" ")[0], " ".join(name.split(" ")[:2])):
            if prefix in _PREFIXES:
                script[code] = number[_PREFIXES[prefix]]
    for character in _APOSTROPHES:
        fold[ord(character)] = plain[ord(character)] = ord("'")
        script[ord(character)] = 0
    return fold, plain, script
