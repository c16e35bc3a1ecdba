"""Flat token arrays: `.ds` of datatrove and Nanotron, and the header-less `.npy` of OLMo-core.

.ds holds little-endian ids back to back, uint16 for vocabularies of at most 65,536 entries, else uint32;
.ds.index holds where each document ends, uint64, in tokens. OLMo-core's files hold the ids and nothing else:
it finds documents by their end-of-document token. Sources: datatrove 0.10 tokenizer module, OLMo-core 3.0
numpy data sets.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from corpus.tokens.megatron import read

__all__ = ["write_ds", "write_npy"]

#: Ids converted at a time.
_STEP = 1 << 22


def _write_ids(source: Path, target: Path) -> None:
    """The same ids, as uint16 where they were, else as uint32."""
    tokens = read(source).tokens
    with target.open("wb") as file:
        for start in range(0, len(tokens), _STEP):
            part = np.asarray(tokens[start : start + _STEP])
            file.write((part if part.dtype == np.uint16 else part.astype("<u4")).tobytes())


def write_ds(source: Path, folder: Path) -> list[Path]:
    """<stem>.ds and <stem>.ds.index from a .bin/.idx pair."""
    target, index = folder / f"{source.stem}.ds", folder / f"{source.stem}.ds.index"
    _write_ids(source, target)
    index.write_bytes(np.cumsum(read(source).lengths, dtype=np.uint64).tobytes())
    return [target, index]


def write_npy(source: Path, folder: Path) -> list[Path]:
    """<stem>.npy without a NumPy header, as OLMo-core maps it."""
    target = folder / f"{source.stem}.npy"
    _write_ids(source, target)
    return [target]
