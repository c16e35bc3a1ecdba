"""Totals: what the tasks of a step add up to, summed as they come, so that no manifest need be kept.

The names of outputs and tasks are kept as 128-bit hashes: 48 bytes for a task with one output.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np
import xxhash

from corpus.manifest import Manifest
from corpus.work import Counts

__all__ = ["Totals"]

_SIZE = 16


class Totals:
    """Sums over the tasks of the step `name`: tasks, files, bytes, counts, and one digest for all."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.tasks = self.files = self.size_bytes = 0
        self._counts: Counts = {}
        self._keys, self._names, self._outputs = bytearray(), bytearray(), bytearray()

    def add(self, manifest: Manifest) -> None:
        """Count one more task; each only once."""
        self.tasks += 1
        self.files += len(manifest.outputs)
        self._keys += _hash(manifest.key)
        for output in manifest.outputs:
            self.size_bytes += output.size_bytes
            self._names += _hash(output.name)
            self._outputs += _hash(f"{output.name} {output.digest}")
        for name, value in manifest.counts.items():
            self._counts[name] = self._counts.get(name, 0) + value

    def count(self, name: str) -> int:
        """The sum of one count."""
        return self._counts.get(name, 0)

    @property
    def counts(self) -> Counts:
        """The sum of the counts, name by name."""
        return dict(sorted(self._counts.items()))

    @property
    def digest(self) -> str:
        """SHA-256 over the sorted hashes of all outputs: the same in whatever order tasks were counted."""
        hashes = np.frombuffer(bytes(self._outputs), f"S{_SIZE}")
        return hashlib.sha256(np.sort(hashes).tobytes()).hexdigest()

    def knows_task(self) -> Callable[[str], bool]:
        """Whether a key is that of a task that was counted."""
        return _member(self._keys)

    def knows_output(self) -> Callable[[str], bool]:
        """Whether a name, relative to the folder of the step, is that of an output that was counted."""
        return _member(self._names)

    def describe(self) -> dict[str, Any]:
        """As manifest.json has it."""
        return {
            "name": self.name,
            "tasks": self.tasks,
            "files": self.files,
            "size_bytes": self.size_bytes,
            "digest": self.digest,
            "counts": self.counts,
        }


def _hash(text: str) -> bytes:
    return xxhash.xxh3_128_digest(text.encode("utf-8", "surrogatepass"))


def _member(hashes: bytearray) -> Callable[[str], bool]:
    known = {bytes(hashes[start : start + _SIZE]) for start in range(0, len(hashes), _SIZE)}
    return lambda text: _hash(text) in known
