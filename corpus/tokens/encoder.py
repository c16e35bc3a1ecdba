"""Text to ids: fastokens, and Hugging Face tokenizers as the reference it is audited against."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Encode", "Encoders", "load"]

#: Texts to their ids, back to back, and offsets of length len(texts) + 1. Special tokens are never recognised
#: in the text and never added.
Encode = Callable[[list[str]], tuple[NDArray[np.uint32], NDArray[np.int64]]]


class Encoders(NamedTuple):
    """`fast` is None where fastokens cannot load this tokenizer."""

    fast: Encode | None
    reference: Encode
    vocabulary: int
    token_id: Callable[[str], int | None]
    decode: Callable[[list[int]], str]


def load(path: Path) -> Encoders:
    """The encoders of a tokenizer.json; kept for the life of the process."""
    stat = path.stat()
    return _load(str(path), stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=2)
def _load(path: str, _changed: int, _size: int) -> Encoders:
    # One process per core: threads inside the libraries would only take cores from other tasks.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("RAYON_NUM_THREADS", "1")
    from tokenizers import Tokenizer

    reference = Tokenizer.from_file(path)
    reference.encode_special_tokens = True
    return Encoders(
        fast=_fast(path),
        reference=_reference(reference),
        vocabulary=reference.get_vocab_size(),
        token_id=reference.token_to_id,
        decode=reference.decode,
    )


def _reference(tokenizer: Any) -> Encode:
    def encode(texts: list[str]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        lists = [item.ids for item in tokenizer.encode_batch_fast(texts, add_special_tokens=False)]
        ids = np.fromiter((i for item in lists for i in item), np.uint32, sum(map(len, lists)))
        return ids, np.cumsum([0, *map(len, lists)]).astype(np.int64)

    return encode


def _fast(path: str) -> Encode | None:
    import fastokens

    try:
        tokenizer = fastokens.Tokenizer.from_file(path)
    except ValueError:
        return None

    def encode(texts: list[str]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        ids, offsets = tokenizer.encode_batch_flat(texts, add_special_tokens=False, split_special_tokens=True)
        return np.frombuffer(ids, np.uint32), np.frombuffer(offsets, np.uint64).astype(np.int64)

    return encode
