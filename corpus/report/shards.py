"""The row-aligned files of a run by document shard, and the documents that are looked at for the report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

__all__ = ["MOST_SHARDS", "Shard", "by_source", "row_of", "shards", "spread"]

#: Shards of a source whose signals and texts are looked at: half a gigabyte of text at the default shard
#: size, so that the report of a corpus of any size is made in bounded time and memory.
MOST_SHARDS = 32


@dataclass(frozen=True, order=True)
class Shard:
    """A document shard of the run at `root`; `key` is "<source>/<nnnnn>-<nnn>"."""

    source: str
    key: str
    root: Path

    def path(self, step: str) -> Path:
        """Its file in the folder of a step; it may not be there."""
        return self.root / step / f"{self.key}.parquet"

    def read(self, step: str, columns: list[str] | None = None) -> pa.Table:
        """Its table in the folder of a step."""
        return pq.read_table(self.path(step), columns=columns).combine_chunks()

    def groups(self) -> Iterator[str]:
        """The signal groups measured on it, in order of name."""
        for folder in sorted((self.root / "signals").iterdir()):
            if self.path(f"signals/{folder.name}").is_file():
                yield folder.name


def shards(root: Path) -> list[Shard]:
    """All shards that were decided on, in order of their keys."""
    folder = root / "decisions"
    keys = sorted(
        str(path.relative_to(folder)).removesuffix(".parquet") for path in folder.rglob("*.parquet")
    )
    return [Shard(key.rpartition("/")[0], key, root) for key in keys]


def by_source(found: list[Shard]) -> dict[str, list[Shard]]:
    """The shards of each source."""
    groups: dict[str, list[Shard]] = {}
    for shard in found:
        groups.setdefault(shard.source, []).append(shard)
    return groups


def spread(found: list[Shard], most: int = MOST_SHARDS) -> list[Shard]:
    """At most this many shards, evenly spread: the same ones every time."""
    if len(found) <= most:
        return found
    return [found[index * len(found) // most] for index in range(most)]


def row_of(path: Path, row: int) -> dict[str, Any]:
    """One row of a Parquet file; only its row group is read. Raises IndexError where there is none."""
    with pq.ParquetFile(path) as file:
        before = 0
        for group in range(file.num_row_groups):
            rows = file.metadata.row_group(group).num_rows
            if row < before + rows:
                found: dict[str, Any] = file.read_row_group(group).slice(row - before, 1).to_pylist()[0]
                return found
            before += rows
    raise IndexError(f"{path} has no row {row}")
