"""Text to ids: fastokens, and Hugging Face tokenizers as the reference it is audited against; a
SentencePiece .model by its own library."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.storage import file_state

_BYTE = re.compile("<0x[0-9A-F]{2}>")

__all__ = ["Encode", "Encoders", "load", "load_reference", "load_slow"]

#: Texts to their ids, back to back, and offsets of length len(texts) + 1. Special tokens are never recognised
#: in the text and never added.
Encode = Callable[[list[str]], tuple[NDArray[np.uint32], NDArray[np.int64]]]


class Encoders(NamedTuple):
    """`fast` is None where fastokens cannot load this tokenizer. `normaliser`: name of the rules that change
    text before it is encoded, "" where there are none."""

    fast: Encode | None
    reference: Encode
    vocabulary: int
    token_id: Callable[[str], int | None]
    decode: Callable[[list[int]], str]
    find_single_bytes: Callable[[], NDArray[np.bool_]]
    special: tuple[str, ...]
    normaliser: str

    @property
    def single_bytes(self) -> NDArray[np.bool_]:
        """Which ids stand for one byte that is no character of its own. Found when asked for, once: it takes
        0.4 CPU seconds for 250,000 entries, and only the card needs it."""
        return self.find_single_bytes()


def load(path: Path) -> Encoders:
    """The encoders of a tokenizer.json or a SentencePiece .model; kept for the life of the process."""
    found = load_slow(path)
    return found if path.suffix == ".model" else found._replace(fast=_fast(str(path), *file_state(path)))


def load_slow(path: Path) -> Encoders:
    """The same without fastokens, which takes 3.5 CPU seconds to load 250,000 entries."""
    return _load(str(path), *file_state(path))


@lru_cache(maxsize=2)
def _load(path: str, _size: int, _changed: int) -> Encoders:
    # One process per core: threads inside the libraries would only take cores from other tasks.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("RAYON_NUM_THREADS", "1")
    if path.endswith(".model"):
        return _pieces(Path(path))
    reference = _tokenizer(path)
    return Encoders(
        fast=None,
        reference=_reference(reference),
        vocabulary=reference.get_vocab_size(),
        token_id=reference.token_to_id,
        decode=reference.decode,
        find_single_bytes=cache(lambda: _single_bytes(reference)),
        special=tuple(
            token.content
            for _, token in sorted(reference.get_added_tokens_decoder().items())
            if token.special
        ),
        normaliser="" if reference.normalizer is None else type(reference.normalizer).__name__,
    )


def load_reference(path: Path) -> Encode:
    """Hugging Face tokenizers alone: less than a megabyte is encoded sooner than fastokens is loaded."""
    return _reference(_tokenizer(str(path)))


def _tokenizer(path: str) -> Any:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(path)
    tokenizer.encode_special_tokens = True
    return tokenizer


def _single_bytes(tokenizer: Any) -> NDArray[np.bool_]:
    """By names: of one character above 0x7F in a byte-level vocabulary, <0xNN> in one with byte fallback."""
    from tokenizers import decoders

    from corpus.tokens.train import byte_characters

    byte_of = {character: byte for byte, character in enumerate(byte_characters())}
    vocabulary = tokenizer.get_vocab()
    found = np.zeros(1 + max(vocabulary.values(), default=0), np.bool_)
    whole = not isinstance(tokenizer.decoder, decoders.ByteLevel)
    for name, index in vocabulary.items():
        found[index] = bool(_BYTE.fullmatch(name)) if whole else byte_of.get(name, 0) >= 0x80
    return found


def _pieces(path: Path) -> Encoders:
    from corpus.tokens.pieces import load_model, normaliser

    model = load_model(path)
    rules = normaliser(path)
    size = model.get_piece_size()

    def encode(texts: list[str]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        lists = model.encode(texts, out_type=int, num_threads=1)
        ids = np.fromiter((i for item in lists for i in item), np.uint32, sum(map(len, lists)))
        return ids, np.cumsum([0, *map(len, lists)]).astype(np.int64)

    def token_id(text: str) -> int | None:
        index = int(model.piece_to_id(text))
        return index if model.id_to_piece(index) == text else None

    return Encoders(
        fast=None,
        reference=encode,
        vocabulary=size,
        token_id=token_id,
        decode=model.decode,
        find_single_bytes=cache(lambda: np.fromiter((model.is_byte(i) for i in range(size)), np.bool_, size)),
        special=tuple(model.id_to_piece(i) for i in range(size) if model.is_control(i)),
        normaliser="" if rules == "identity" else rules,
    )


def _reference(tokenizer: Any) -> Encode:
    def encode(texts: list[str]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        lists = [item.ids for item in tokenizer.encode_batch_fast(texts, add_special_tokens=False)]
        ids = np.fromiter((i for item in lists for i in item), np.uint32, sum(map(len, lists)))
        return ids, np.cumsum([0, *map(len, lists)]).astype(np.int64)

    return encode


@lru_cache(maxsize=2)
def _fast(path: str, _size: int, _changed: int) -> Encode | None:
    import fastokens

    try:
        tokenizer = fastokens.Tokenizer.from_file(path)
    except ValueError:
        return None

    def encode(texts: list[str]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        ids, offsets = tokenizer.encode_batch_flat(texts, add_special_tokens=False, split_special_tokens=True)
        return np.frombuffer(ids, np.uint32), np.frombuffer(offsets, np.uint64).astype(np.int64)

    return encode
