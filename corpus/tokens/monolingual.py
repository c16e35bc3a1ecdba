"""A tokenizer of a language's own, to hold the multilingual one against.

It is trained on the same counts of that language alone, with as many tokens as the multilingual vocabulary
spends on it: those its training text uses twice or more. BLOOM's makers asked for at most ten points more
tokens than that (Le Scao et al. 2022, arXiv 2211.05100).
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from corpus.tokens import encoder
from corpus.tokens.train import learn, symbols_of, weighted, write_tokenizer

__all__ = ["monolingual_tokens"]

#: Pieces encoded at a time.
_AT_ONCE = 1 << 16


def monolingual_tokens(
    paths: Sequence[Path], language: str, texts: Sequence[str], encoders: encoder.Encoders, pattern: str
) -> tuple[int, int]:
    """(vocabulary, tokens): size of the language's own tokenizer, and what `texts` come to with it."""
    table = weighted(paths, {language: 1}, language)
    entries = int(table.state[0])
    offsets = np.append(table.starts, table.state[1])
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(table.arena)]
    pieces = pa.Array.from_buffers(pa.large_string(), entries, buffers)
    used = np.zeros(encoders.vocabulary + 1, np.int64)
    method = encoders.fast or encoders.reference
    for first in range(0, entries, _AT_ONCE):
        ids, ends = method(pieces.slice(first, _AT_ONCE).to_pylist())
        np.add.at(used, ids, np.repeat(table.counts[first : first + _AT_ONCE], np.diff(ends)))
    vocabulary = max(257, int(np.count_nonzero(used >= 2)))
    left, right, arena, ends = learn(symbols_of(table, 1), vocabulary, 0, 0, ())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tokenizer.json"
        write_tokenizer(path, arena, ends, left, right, (), pattern)
        own = encoder.load_reference(path)
    return len(ends) - 1, len(own(list(texts))[0])
