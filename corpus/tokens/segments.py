"""Documents cut at the placeholders redaction put there, which stay whole tokens.

The rule: in a document with at least one redaction, every occurrence of a placeholder is that placeholder;
in a document without, the same characters are plain text. So a page that writes about `<EMAIL>` is encoded
as what it says, and text can never smuggle a special token in.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

__all__ = ["Segments", "cut", "redacted"]


class Segments(NamedTuple):
    """Stretches of plain text in order. After each stretch comes one special token: `tails` holds its index
    in the placeholders, or -1 at the end of the document. `documents` is the document each belongs to."""

    texts: list[str]
    tails: list[int]
    documents: list[int]


def redacted(batch: pa.RecordBatch) -> NDArray[np.bool_]:
    """Which documents of clean text hold redactions."""
    return np.diff(np.asarray(batch["redactions"].offsets)) > 0


@lru_cache(maxsize=8)
def _finder(placeholders: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(placeholders, key=lambda text: (-len(text), text))
    return re.compile("(" + "|".join(map(re.escape, longest_first)) + ")")


def cut(texts: Sequence[str], has_redactions: Sequence[bool], placeholders: Sequence[str]) -> Segments:
    """Segments of these documents, of which `has_redactions` tells what `redacted` does."""
    numbers = {text: index for index, text in enumerate(placeholders)}
    stretches: list[str] = []
    tails: list[int] = []
    documents: list[int] = []
    for document, (text, has) in enumerate(zip(texts, has_redactions, strict=True)):
        parts = _finder(tuple(placeholders)).split(text) if has and placeholders else [text]
        stretches += parts[::2]
        tails += [numbers[part] for part in parts[1::2]]
        tails.append(-1)
        documents += [document] * (len(parts) // 2 + 1)
    return Segments(stretches, tails, documents)
