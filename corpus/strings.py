"""Texts as people hold them, lists of strings or Arrow arrays: as one Arrow array of valid Unicode."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

__all__ = ["Texts", "batches", "clean_surrogates", "strings"]

Texts: TypeAlias = Sequence[str | None] | pa.Array | pa.ChunkedArray


def strings(texts: Texts) -> pa.Array:
    """One array of large_string, half a surrogate pair as U+FFFD. Raises TypeError naming what is no text."""
    if isinstance(texts, str):
        raise TypeError("texts is one string; a list of strings is needed")
    if isinstance(texts, pa.ChunkedArray):
        texts = pa.concat_arrays(texts.chunks) if texts.num_chunks else pa.array([], texts.type)
    if isinstance(texts, pa.Array):
        if not (pa.types.is_string(texts.type) or pa.types.is_large_string(texts.type)):
            raise TypeError(f"texts is an Arrow array of {texts.type}; one of strings is needed")
        return texts.cast(pa.large_string())
    try:
        return pa.array(texts, pa.large_string())
    except UnicodeEncodeError:
        return pa.array([text and clean_surrogates(text) for text in texts], pa.large_string())
    except (pa.ArrowTypeError, pa.ArrowInvalid) as error:
        wrong = next(i for i, text in enumerate(texts) if not isinstance(text, str | None))
        message = f"texts[{wrong}] is a {type(texts[wrong]).__name__}; a string is needed"
        raise TypeError(message) from error


def clean_surrogates(text: str) -> str:
    """The text with U+FFFD for every lone surrogate, which JSON escapes can make and UTF-8 cannot hold.

    A pair written as two escapes becomes the character it stands for.
    """
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def batches(offsets: NDArray[np.int64], size: int, more: int = 0) -> Iterator[tuple[int, int]]:
    """(first, last) of runs of texts that hold about `size` bytes, where each counts as `more` than it has.

    Text i is bytes offsets[i]:offsets[i+1].
    """
    counted = offsets + more * np.arange(len(offsets))
    ends = np.searchsorted(counted, np.arange(0, int(counted[-1]), size)[1:])
    return itertools.pairwise(np.unique(np.concatenate([[0], ends, [len(offsets) - 1]])).tolist())
