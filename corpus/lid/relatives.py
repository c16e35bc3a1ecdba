"""Which languages are read for one another, and what such a confusion should cost.

Two kinds: close groups, whose members share most of their words, and languages of one genus that share a
script and much of their vocabulary. Used to weigh a disagreement, never to decide what a text is.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from corpus.languages import LANGUAGES, is_code
from corpus.lid.labels import canonical

__all__ = ["CLOSE", "kinship"]

#: Close groups, languages of `corpus` and their neighbours.
CLOSE: tuple[tuple[str, ...], ...] = (
    ("zu", "xh", "nr", "ss", "nd"),
    ("rw", "rn"),
    ("nso", "st", "tn", "loz"),
    ("id", "ms", "jv", "su", "min"),
    ("hi", "mr", "ne", "mai", "bho", "mag", "sa", "kok"),
    ("es", "ca", "pt", "gl", "ast", "oc", "lad", "an"),
    ("fr", "oc", "wa", "pcd", "frp"),
    ("en", "pcm", "sco"),
    ("bm", "dyu", "emk"),
    ("fon", "ajg", "gun"),
    ("lg", "xog", "nyn", "koo"),
    ("as", "bn"),
    ("ar", "arz", "ary", "apc"),
    ("ur", "pnb", "skr"),
    ("ts", "tsc"),
    ("ny", "nym", "tum"),
    ("sn", "ndc"),
    ("ak", "fat"),
    ("ln", "ktu", "kg"),
    ("sw", "swb", "zdj"),
)
_CLOSE_WEIGHT = 0.6
_GENUS_WEIGHT = 0.15


def kinship(labels: Sequence[str]) -> NDArray[np.float32]:
    """float32 [L, L]: 1 on the diagonal, 0.6 in a close group, 0.15 in a genus, else 0."""
    number = {label: index for index, label in enumerate(labels)}
    result = np.zeros((len(labels), len(labels)), np.float32)
    genera: dict[str, list[int]] = {}
    for code, language in LANGUAGES.items():
        if not is_code(code) and canonical(code) in number:
            genera.setdefault(language.genus, []).append(number[canonical(code)])
    for members in genera.values():
        result[np.ix_(members, members)] = _GENUS_WEIGHT
    for group in CLOSE:
        close = [number[label] for label in group if label in number]
        result[np.ix_(close, close)] = _CLOSE_WEIGHT
    np.fill_diagonal(result, 1.0)
    return result
