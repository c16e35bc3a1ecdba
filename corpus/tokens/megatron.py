"""Megatron indexed datasets: `.bin` holds token ids back to back, `.idx` says where sequences begin.

Little-endian: "MMIDIDX" and two zero bytes, uint64 version 1, uint8 type code, uint64 sequences, uint64
entries of the document index, int32 tokens of each sequence, int64 byte offset of each, int64 document index
(0, then the number of sequences up to the end of each document). Source: megatron-core, indexed_dataset.py.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.errors import StorageError

__all__ = ["Indexed", "read", "token_type", "write_index"]

_MAGIC = b"MMIDIDX\x00\x00"
_CODES: dict[int, np.dtype[Any]] = {4: np.dtype("<i4"), 8: np.dtype("<u2")}


class Indexed(NamedTuple):
    """`tokens` is mapped, not read; sequence i is tokens[starts[i]:starts[i] + lengths[i]]."""

    tokens: NDArray[Any]
    lengths: NDArray[np.int32]
    starts: NDArray[np.int64]


def token_type(vocabulary: int) -> np.dtype[Any]:
    """uint16 below 65,500 entries, else int32: Megatron's own rule."""
    return _CODES[8] if vocabulary < 65_500 else _CODES[4]


def write_index(path: Path, lengths: NDArray[np.integer[Any]], kind: np.dtype[Any]) -> None:
    """Writes the `.idx` beside a `.bin` that holds one sequence for each document."""
    code = next(code for code, known in _CODES.items() if known == kind)
    sizes = np.ascontiguousarray(lengths, np.int32)
    ends = np.cumsum(sizes, dtype=np.int64) * kind.itemsize
    with path.open("wb") as file:
        file.write(_MAGIC + struct.pack("<QBQQ", 1, code, len(sizes), len(sizes) + 1))
        file.write(sizes.tobytes())
        file.write((ends - sizes.astype(np.int64) * kind.itemsize).tobytes())
        file.write(np.arange(len(sizes) + 1, dtype=np.int64).tobytes())


def read(path: Path) -> Indexed:
    """Opens `path`.idx and `path`.bin (given with or without suffix); raises StorageError where damaged."""
    index = path.with_suffix(".idx")
    try:
        raw = index.read_bytes()
    except OSError as error:
        raise StorageError(f"{index.name}: cannot be read: {error.strerror}") from error
    if raw[:9] != _MAGIC or len(raw) < 34:
        raise StorageError(f"{index.name}: not a Megatron index; build the step again")
    _, code, count, _ = struct.unpack_from("<QBQQ", raw, 9)
    if code not in _CODES or len(raw) < 34 + 12 * count:
        raise StorageError(f"{index.name}: damaged Megatron index; build the step again")
    lengths = np.frombuffer(raw, np.int32, count, 34)
    starts = np.frombuffer(raw, np.int64, count, 34 + 4 * count) // _CODES[code].itemsize
    data = path.with_suffix(".bin")
    empty = not data.stat().st_size
    tokens = np.zeros(0, _CODES[code]) if empty else np.memmap(data, _CODES[code], "r")
    return Indexed(tokens, lengths, starts)
