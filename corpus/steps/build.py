"""What a plan is made for, and what it is made of: builds, steps, shards."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from corpus.config import Project
from corpus.inputs import Inputs
from corpus.manifest import RunFolder
from corpus.pins import Pins
from corpus.signal import Signal
from corpus.task import Job, Ref
from corpus.tombstones import Tombstones

__all__ = ["Build", "Shard", "Step"]


@dataclass(frozen=True)
class Build:
    """What a plan is made for. `limit` is documents per source, 0 for all; `groups` are the signal groups
    measured, none named for all the project has; `tombstones` keep documents out, `pins` keep artefacts;
    `read` are the document shards, once all are there, so that no step looks for them again."""

    project: Project
    inputs: Inputs
    folder: RunFolder
    limit: int = 0
    groups: tuple[str, ...] = ()
    tombstones: Tombstones = field(default_factory=Tombstones)
    pins: Pins = field(default_factory=Pins)
    read: Sequence[Shard] | None = None

    @property
    def signals(self) -> tuple[Signal, ...]:
        """The groups measured, in order."""
        found = self.project.signals
        return tuple(item for item in found if item.name in self.groups) if self.groups else found


@dataclass(frozen=True)
class Step:
    """Tasks between two exchanges. `names` are the folders they write; `jobs` makes them."""

    name: str
    title: str
    names: tuple[str, ...]
    jobs: Callable[[Build], Iterator[Job]]


class Shard(NamedTuple):
    """A shard of documents: `key` is "<source>/<nnnnn>-<nnn>", that of its task and the number of a part."""

    source: str
    key: str

    @property
    def documents(self) -> Ref:
        return Ref("documents", self.key.rpartition("-")[0], f"{self.key}.parquet")
