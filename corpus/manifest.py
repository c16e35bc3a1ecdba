"""Manifests: the proof that a task was done. Written last, read first, and summed to the root digest."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from corpus.errors import ManifestError, StorageError
from corpus.place import Place, place_of
from corpus.storage import encode_json
from corpus.work import Counts

__all__ = ["FORMAT", "MANIFEST", "Manifest", "Output", "RunFolder", "root_digest"]

#: Raised when the layout of manifests changes.
FORMAT = 1
#: The summary of a finished build, in its folder; written last.
MANIFEST = "manifest.json"
#: Manifests remembered, the latest used: 20 MB, whatever the number of shards.
_REMEMBERED = 4096


@dataclass(frozen=True, order=True, slots=True)
class Output:
    """A file of a step; `name` is relative to the step's folder, `digest` is xxh3-128."""

    name: str
    size_bytes: int
    digest: str


@dataclass(frozen=True)
class Manifest:
    """What one task made, and from what.

    reasons   what went into the fingerprint, one digest for each part, so that a changed part can be named
    parts     digests of parts of an output ("<output>#<part>"), for tasks that read only one part
    """

    step: str
    key: str
    fingerprint: str
    outputs: tuple[Output, ...]
    counts: Counts = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    parts: Mapping[str, str] = field(default_factory=dict)

    def output(self, name: str) -> Output:
        """The output of this name; raises KeyError."""
        return self._by_name[name]

    @functools.cached_property
    def _by_name(self) -> dict[str, Output]:
        return {output.name: output for output in self.outputs}


class RunFolder:
    """The run build/<name>, a folder or an s3:// address, and the manifests in it."""

    def __init__(self, root: str | Path) -> None:
        self.place: Place = place_of(root)
        self._known: dict[tuple[str, str], Manifest | None] = {}

    @property
    def root(self) -> Path:
        """The folder; raises StorageError where the run is no folder."""
        return self.place.folder

    def path(self, step: str, output: str) -> Path:
        """A local path of an output, for reading."""
        return self.place.path(f"{step}/{output}")

    def address(self, step: str, key: str) -> str:
        """Where the manifest of a task is, for messages."""
        return f"{self.place.url}/{_name(step, key)}"

    def json(self, name: str) -> Any:
        """A JSON file of the run; None where it is not there, StorageError where it is damaged."""
        data = self.place.read(name)
        try:
            return None if data is None else orjson.loads(data)
        except orjson.JSONDecodeError as error:
            raise StorageError(
                f"{self.place.url}/{name}: is damaged ({error}); delete it and build again"
            ) from error

    def manifest(self, step: str, key: str) -> Manifest | None:
        """The manifest on disk, or None; the latest asked for are remembered until `store` or `forget`."""
        found = self._known.pop((step, key)) if (step, key) in self._known else self._read(step, key)
        return self._remember(step, key, found)

    def _remember(self, step: str, key: str, manifest: Manifest | None) -> Manifest | None:
        self._known[step, key] = manifest  # at the end: a dictionary keeps the order of insertion
        if len(self._known) > _REMEMBERED:
            del self._known[next(iter(self._known))]
        return manifest

    def _read(self, step: str, key: str) -> Manifest | None:
        data = self.place.read(_name(step, key), f"manifests/{step}")
        if data is None:
            return None
        try:
            found = orjson.loads(data)
            if found.pop("format") != FORMAT:
                return None
            found["outputs"] = tuple(Output(**output) for output in found["outputs"])
            return Manifest(**found)
        except (orjson.JSONDecodeError, KeyError, TypeError):
            return None  # a damaged manifest proves nothing: the task runs again

    def store(self, manifest: Manifest) -> None:
        """Write the manifest; from here on the task counts as done."""
        self.place.write(_name(manifest.step, manifest.key), encode_json(encode(manifest)))
        self._known.pop((manifest.step, manifest.key), None)
        self._remember(manifest.step, manifest.key, manifest)

    def forget(self, step: str, key: str) -> None:
        """Delete the manifest, before its outputs are replaced."""
        self.place.delete([_name(step, key)])
        self._known.pop((step, key), None)

    def reload(self, step: str, key: str) -> Manifest | None:
        """Read the manifest again, after another process may have written it."""
        self._known.pop((step, key), None)
        self.place.changed([_name(step, key)])
        found = self.manifest(step, key)
        self.place.changed(f"{step}/{output.name}" for output in (found.outputs if found else ()))
        return found

    def is_complete(self, manifest: Manifest) -> bool:
        """Whether every output is there with the right size; content is `verify`'s business."""
        step = manifest.step
        return all(
            self.place.size(f"{step}/{output.name}", step) == output.size_bytes for output in manifest.outputs
        )

    def check(self, manifest: Manifest) -> None:
        """Raise ManifestError naming the first output whose bytes are not what the manifest says."""
        for output in manifest.outputs:
            name = f"{manifest.step}/{output.name}"
            found = self.place.digest(name)
            if found is None:
                raise ManifestError(f"{self.place.url}/{name}: is missing")
            if found != output.digest:
                raise ManifestError(
                    f"{self.place.url}/{name}: digest is {found}, its manifest says {output.digest}"
                )


def _name(step: str, key: str) -> str:
    return f"manifests/{step}/{key}.json"


def encode(manifest: Manifest) -> dict[str, Any]:
    """The manifest as JSON-able data."""
    return {
        "format": FORMAT,
        "step": manifest.step,
        "key": manifest.key,
        "fingerprint": manifest.fingerprint,
        "outputs": [
            {"name": output.name, "size_bytes": output.size_bytes, "digest": output.digest}
            for output in manifest.outputs
        ],
        "counts": manifest.counts,
        "reasons": dict(manifest.reasons),
        "parts": dict(manifest.parts),
    }


def root_digest(manifests: Iterable[Manifest]) -> str:
    """SHA-256 over (step, output, digest) of all outputs, in order of name."""
    lines = sorted(
        f"{manifest.step}/{output.name} {output.digest}\n"
        for manifest in manifests
        for output in manifest.outputs
    )
    return hashlib.sha256("".join(lines).encode()).hexdigest()
