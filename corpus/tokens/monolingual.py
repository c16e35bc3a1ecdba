"""A tokenizer of each language's own, to hold the multilingual one against.

It is trained on the same counts of that language alone, with as many tokens as the multilingual vocabulary
spends on it: those its training text uses twice or more. BLOOM's makers asked for at most ten points more
tokens than that (Le Scao et al. 2022, arXiv 2211.05100).
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.tokens import encoder
from corpus.tokens.train import learn, symbols_of, weighted, write_tokenizer

__all__ = ["monolingual_tokens"]

#: Pieces encoded at a time.
_AT_ONCE = 1 << 16


def monolingual_tokens(
    paths: Sequence[Path], language: str, texts: Sequence[str], encoders: encoder.Encoders, pattern: str
) -> tuple[int, int]:
    """(vocabulary, tokens): size of the language's own tokenizer, and what `texts` come to with it."""
    table = weighted(paths, {language: 1})
    used = np.zeros(encoders.vocabulary + 1, np.int64)
    starts, sizes, counts = table.starts, table.sizes, table.counts
    method = encoders.fast or encoders.reference
    for first in range(0, len(starts), _AT_ONCE):
        rows = range(first, min(first + _AT_ONCE, len(starts)))
        pieces = [table.arena[starts[row] : starts[row] + sizes[row]].tobytes().decode() for row in rows]
        ids, offsets = method(pieces)
        used += _sums(ids, np.repeat(counts[first : first + len(rows)], np.diff(offsets)), len(used))
    vocabulary = max(257, int(np.count_nonzero(used >= 2)))
    left, right, arena, ends = learn(symbols_of(table, 1), vocabulary, 0, 0, ())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tokenizer.json"
        write_tokenizer(path, arena, ends, left, right, (), pattern)
        own = encoder.load(path)
    return len(ends) - 1, len((own.fast or own.reference)(list(texts))[0])


def _sums(ids: NDArray[np.uint32], amounts: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    sums = np.zeros(size, np.int64)
    np.add.at(sums, ids, amounts)
    return sums
