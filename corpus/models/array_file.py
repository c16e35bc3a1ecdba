"""One file that holds a JSON header and NumPy arrays, to be mapped into memory.

Layout: 8 bytes of magic, header length as little-endian uint64, header as UTF-8 JSON, then each array,
little-endian, at the 64-byte-aligned offset the header gives. Equal content gives equal bytes.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.errors import StorageError

__all__ = ["read", "read_header", "write"]

_MAGIC = b"CORPUS\x01\n"
_ALIGN = 64


def write(path: Path, header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Writes the header (JSON values; the key "arrays" is taken) and the arrays in the given order."""
    places: dict[str, dict[str, Any]] = {}
    at = 0
    for name, array in arrays.items():
        at = -(-at // _ALIGN) * _ALIGN
        places[name] = {"dtype": array.dtype.newbyteorder("<").str, "shape": list(array.shape), "offset": at}
        at += array.nbytes
    text = json.dumps({**header, "arrays": places}, ensure_ascii=False, sort_keys=True).encode()
    text += b" " * (-(len(_MAGIC) + 8 + len(text)) % _ALIGN)
    with path.open("wb") as file:
        file.write(_MAGIC + len(text).to_bytes(8, "little") + text)
        base = file.tell()
        for name, array in arrays.items():
            file.write(b"\0" * (base + places[name]["offset"] - file.tell()))
            file.write(np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes())


def read_header(path: Path) -> tuple[dict[str, Any], int]:
    """The header, and where the arrays begin; raises StorageError where the file is of another kind."""
    try:
        with path.open("rb") as file:
            if file.read(len(_MAGIC)) != _MAGIC:
                raise StorageError(f"{path}: not a language model of corpus (wrong first bytes)")
            size = int.from_bytes(file.read(8), "little")
            return json.loads(file.read(size)), len(_MAGIC) + 8 + size
    except (OSError, ValueError) as error:
        raise StorageError(f"{path}: cannot be read as a language model: {error}") from error


def read(path: Path) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """The header, and the arrays as read-only views of the mapped file."""
    header, base = read_header(path)
    mapped = np.memmap(path, np.uint8, "r")
    arrays = {}
    for name, place in header.pop("arrays").items():
        dtype = np.dtype(place["dtype"])
        if sys.byteorder == "big":
            raise StorageError(f"{path}: language models need a little-endian machine")
        start = base + place["offset"]
        size = dtype.itemsize * int(np.prod(place["shape"], dtype=np.int64))
        if start + size > len(mapped):
            raise StorageError(f"{path}: shorter than its header says; build the language model again")
        view = np.asarray(mapped)[start : start + size].view(dtype).reshape(place["shape"])
        arrays[name] = view
    return header, arrays
