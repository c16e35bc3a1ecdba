"""Exchanges: what all tasks of a step give to tasks of a later one, read once and named by one string.

Tasks that list every shard, one for each partition, would hold S x P references; an exchange holds one
list of names that all of them share, and one digest for each part.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import xxhash

from corpus.manifest import RunFolder
from corpus.parquet_parts import FOOTER
from corpus.storage import digest_bytes
from corpus.task import Files, digest_of

__all__ = ["Exchange", "exchange"]

_NOTHING = digest_bytes(b"")


@dataclass(frozen=True)
class Exchange:
    """The outputs of a step, whole and by part; digests are empty while one of its tasks is not done."""

    step: str
    names: str
    whole: str
    parts: Mapping[str, str]

    def all(self) -> Files:
        """The outputs as they are."""
        return Files(self.step, self.names, self.whole)

    def footers(self) -> Files:
        """The outputs as they are, of which no more than the footers is read."""
        return Files(self.step, self.names, self.whole, FOOTER)

    def part(self, name: str) -> Files:
        """One part of each output; those that have no such part give nothing to it."""
        return Files(self.step, self.names, self.whole and self.parts.get(name, _NOTHING), name)


def exchange(folder: RunFolder, step: str, keys: Iterable[str], ending: str) -> Exchange:
    """The outputs `<key><ending>` of these tasks of a step, in this order."""
    names = []
    whole = xxhash.xxh3_128()
    parts: dict[str, xxhash.xxh3_128] = {}
    is_whole = True
    for key in keys:
        name = f"{key}{ending}"
        names.append(name)
        manifest = folder.manifest(step, key)
        if manifest is None:
            is_whole = False
            continue
        whole.update(digest_of(manifest, name).encode())
        for label, digest in manifest.parts.items():
            output, _, part = label.rpartition("#")
            if output == name:
                parts.setdefault(part, xxhash.xxh3_128()).update(digest.encode())
    digests = {part: state.hexdigest() for part, state in parts.items()}
    return Exchange(step, "\n".join(names), whole.hexdigest() if is_whole else "", digests)
