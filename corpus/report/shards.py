"""The row-aligned files of a run by document shard, and the documents that are looked at for the report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from corpus.place import Place

__all__ = ["MOST_SHARDS", "Shard", "by_source", "shards", "spread"]

#: Shards of a source whose signals and texts are looked at: half a gigabyte of text at the default shard
#: size, so that the report of a corpus of any size is made in bounded time and memory.
MOST_SHARDS = 32


@dataclass(frozen=True, order=True)
class Shard:
    """A document shard of the run at `place`; `key` is "<source>/<nnnnn>-<nnn>", `signals` are groups."""

    source: str
    key: str
    place: Place = field(compare=False)
    signals: tuple[str, ...] = field(compare=False)

    def path(self, step: str) -> Path:
        """Its file in the folder of a step; it may not be there."""
        return self.place.path(f"{step}/{self.key}.parquet")

    def read(self, step: str, columns: list[str] | None = None) -> pa.Table:
        """Its table in the folder of a step."""
        with pq.ParquetFile(self.path(step)) as file:  # pq.read_table takes three times as long to begin
            return file.read(columns=columns, use_threads=False).combine_chunks()

    def groups(self) -> Iterator[str]:
        """The signal groups measured on it, in order of name."""
        return (name for name in self.signals if self.path(f"signals/{name}").is_file())


def shards(place: Place, signals: Iterable[str]) -> list[Shard]:
    """All shards that were decided on, in order of their keys; `signals` are the groups of the run."""
    names = sorted(place.names("decisions"))
    keys = (name.removeprefix("decisions/").removesuffix(".parquet") for name in names)
    return [Shard(key.rpartition("/")[0], key, place, tuple(sorted(signals))) for key in keys]


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
