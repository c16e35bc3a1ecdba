"""Token files in the formats of other trainers, written from the canonical Megatron files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from corpus.tokens.formats.flat import write_ds, write_npy
from corpus.tokens.formats.mds import write_mds
from corpus.tokens.formats.records import write_metaseq, write_parquet

__all__ = [
    "TEXT_WRITERS",
    "TOKEN_WRITERS",
    "write_ds",
    "write_mds",
    "write_metaseq",
    "write_npy",
    "write_parquet",
]

#: By name: functions of (path of a .bin/.idx pair without suffix, folder to write to) that give the paths
#: they wrote. A pair may hold documents or packed rows.
TOKEN_WRITERS: dict[str, Callable[[Path, Path], list[Path]]] = {
    "ds": write_ds,
    "npy": write_npy,
    "mds": write_mds,
    "parquet": write_parquet,
}

#: By name: functions of (text bucket, folder to write to); these trainers tokenise as they load.
TEXT_WRITERS: dict[str, Callable[[Path, Path], list[Path]]] = {"metaseq": write_metaseq}
