"""Text of languages that do not exist: what an unknown relative of a known language looks like.

A few letters of real text are exchanged for others of the same kind throughout a chunk, as sounds shift
between sister languages (l for r, o for u). Trained on as `und`, it teaches the model that half of the words
of a language are not the language. Measured on languages left out of training; see the data card.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

__all__ = ["shifted"]

_VOWELS = "aeiouɛɔāēīōūàáèéìíòóùúẹọ"
_CONSONANTS = "bcdfghjklmnpqrstvwxyzñŋɗɓ"
_DEVANAGARI = "कखगघचछजझटठडढणतथदधनपफबभमयरलवशषसह"
_DEVANAGARI_SIGNS = "ािीुूेैोौ"
_ARABIC = "بتثجحخدذرزسشصضطظعغفقكلمنهوي"
_KINDS = (_VOWELS, _CONSONANTS, _DEVANAGARI, _DEVANAGARI_SIGNS, _ARABIC)
#: Letters exchanged in a chunk: at least, at most. Fewer than three leaves too much of the language.
_FEWEST, _MOST = 3, 9


def shifted(chunks: Iterable[bytes], seed: int) -> Iterator[bytes]:
    """Each chunk with its own exchange of letters; chunks with none of the letters are left out."""
    generator = np.random.Generator(np.random.PCG64(seed))
    for chunk in chunks:
        text = chunk.decode("utf-8", "ignore").lower()
        used = [[letter for letter in kind if letter in text] for kind in _KINDS]
        letters = [letter for kind in used for letter in kind]
        if len(letters) < 12:
            continue
        wanted = int(generator.integers(_FEWEST, _MOST + 1))
        # the letters of real languages differ in the common ones too: draw by how often they stand
        weight = np.sqrt(np.array([text.count(letter) for letter in letters], np.float64))
        chosen = {
            letters[k] for k in generator.choice(len(letters), wanted, replace=False, p=weight / weight.sum())
        }
        table: dict[int, str] = {}
        for kind in used:
            for letter in kind:
                if letter in chosen and len(kind) > 1:
                    others = [other for other in kind if other != letter]
                    table[ord(letter)] = others[int(generator.integers(len(others)))]
        yield text.translate(table).encode()
