"""MosaicML MDS: shards of samples with one column `tokens`, and index.json with the hash of each shard.

A shard is uint32 n, uint32[n + 1] absolute offsets of the samples, the JSON of its configuration, then the
samples: uint32 size of each column of variable size, then the columns in order of name. Offsets of 32 bits
keep a shard below 4 GiB. Source: mosaicml-streaming 0.13, base/format/mds.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.tokens.megatron import read

__all__ = ["write_mds"]

#: Upper bound of a shard file, in bytes, unless one sample is larger.
SHARD_BYTES = 1 << 26


def write_mds(source: Path, folder: Path) -> list[Path]:
    """shard.<nnnnn>.mds and index.json from a .bin/.idx pair; column `tokens` holds the raw ids as bytes:
    read with numpy.frombuffer(sample["tokens"], "<i4"), or "<u2" for vocabularies below 65,500."""
    indexed = read(source)
    sizes = indexed.lengths.astype(np.int64) * indexed.tokens.dtype.itemsize
    shards: list[dict[str, Any]] = []
    paths = []
    first = 0
    while first < len(sizes) or not shards:
        last, used = first, 0
        while last < len(sizes) and (last == first or used + sizes[last] + 8 <= SHARD_BYTES):
            used += int(sizes[last]) + 8
            last += 1
        path = folder / f"shard.{len(shards):05d}.mds"
        samples = [
            indexed.tokens[start : start + length]
            for start, length in zip(indexed.starts[first:last], indexed.lengths[first:last], strict=True)
        ]
        raw = _shard(samples)
        path.write_bytes(raw)
        paths.append(path)
        shards.append(_entry(path.name, raw, last - first))
        first = last
        if first == len(sizes):
            break
    index = folder / "index.json"
    index.write_text(json.dumps({"shards": shards, "version": 2}, sort_keys=True), encoding="utf-8")
    return [*paths, index]


def _config() -> dict[str, Any]:
    return {
        "column_encodings": ["bytes"],
        "column_names": ["tokens"],
        "column_sizes": [None],
        "compression": None,
        "format": "mds",
        "hashes": ["sha1"],
        "size_limit": SHARD_BYTES,
        "version": 2,
    }


def _shard(samples: list[NDArray[Any]]) -> bytes:
    config = json.dumps(_config(), sort_keys=True).encode()
    bodies = [
        np.uint32(sample.nbytes).tobytes() + np.ascontiguousarray(sample).tobytes() for sample in samples
    ]
    begin = 4 + 4 * (len(samples) + 1) + len(config)
    offsets = begin + np.cumsum([0, *map(len, bodies)])
    return b"".join([np.uint32(len(samples)).tobytes(), offsets.astype("<u4").tobytes(), config, *bodies])


def _entry(name: str, raw: bytes, samples: int) -> dict[str, Any]:
    digest = hashlib.sha1(raw, usedforsecurity=False).hexdigest()
    data = {"basename": name, "bytes": len(raw), "hashes": {"sha1": digest}}
    return {**_config(), "raw_data": data, "samples": samples, "zip_data": None}
