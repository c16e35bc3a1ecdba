"""Tombstones: documents that stay out of every build of a project. Hashes only; no text, name or address."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import xxhash

from corpus.errors import StorageError
from corpus.storage import read_json, write_json

__all__ = ["FILE", "Tombstone", "Tombstones", "load", "save", "unit_digest"]

#: Beside sources.yaml, so that it is reviewed and kept with the recipes.
FILE = "tombstones.json"


class Tombstone(NamedTuple):
    """A removed document: its id, and the digest of the source and file it was read from."""

    id: str
    unit: str


@dataclass(frozen=True)
class Tombstones:
    """The ids that are kept out, by `unit_digest`."""

    by_unit: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def of(self, source: str, units: Iterable[str]) -> list[str]:
        """The ids kept out of these files, sorted; a task names no others, so others change no task."""
        found = (self.by_unit.get(unit_digest(source, unit), ()) for unit in units) if self.by_unit else ()
        return sorted(name for names in found for name in names)

    def __len__(self) -> int:
        return sum(len(names) for names in self.by_unit.values())

    def __iter__(self) -> Iterator[Tombstone]:
        return (Tombstone(name, unit) for unit, names in sorted(self.by_unit.items()) for name in names)

    def adding(self, more: Iterable[Tombstone]) -> Tombstones:
        """These and more; one that is there already counts once."""
        sets = {unit: set(names) for unit, names in self.by_unit.items()}
        for item in more:
            sets.setdefault(item.unit, set()).add(item.id)
        return Tombstones({unit: tuple(sorted(names)) for unit, names in sorted(sets.items())})


def unit_digest(source: str, unit: str) -> str:
    """xxh3-128 of the source and the name of one of its files: the name itself may say who wrote it."""
    return xxhash.xxh3_128_hexdigest(f"{source}\0{unit}".encode("utf-8", "surrogatepass"))


def load(folder: Path) -> Tombstones:
    """The tombstones of the project in `folder`; none where it has no such file."""
    path = folder / FILE
    if not path.is_file():
        return Tombstones()
    found = read_json(path)
    try:
        if found["format"] != 1:
            raise StorageError(f"{path}: format {found['format']} is of a later version of corpus; update it")
        return Tombstones().adding(Tombstone(str(name), str(unit)) for name, unit in found["documents"])
    except (KeyError, TypeError, ValueError) as error:
        raise StorageError(f"{path}: is damaged; take it from version control again") from error


def save(folder: Path, tombstones: Tombstones) -> None:
    """Write the file, whole or not at all."""
    rows = sorted([name, unit] for unit, names in tombstones.by_unit.items() for name in names)
    write_json(folder / FILE, {"format": 1, "documents": rows})
