"""Inputs: where each source's files are, what they hold, and the digests that stand for their content."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from corpus.cache import cache_folder
from corpus.config import Project
from corpus.earlier import EarlierShard, earlier_shards
from corpus.errors import SourceError, StorageError
from corpus.fetch import UnavailableError, fetch
from corpus.object_inputs import list_objects
from corpus.readers import Unit, list_units
from corpus.readers.match import path_of
from corpus.recipe import HuggingFaceReader, PackageReader
from corpus.source import Source
from corpus.storage import canonical_json, digest_bytes, digest_file, file_state, read_json, write_json
from corpus.task import External

__all__ = ["Inputs", "SourceInput", "resolve"]

#: Downloads under way at once; the registries' clients spend most of their time waiting.
_DOWNLOADS = 4

#: Told what is going on: (what, name of the source or resource).
Notify = Callable[[str, str], None]


@dataclass(frozen=True)
class SourceInput:
    """A source with its units; `digests` has one digest for each unit, and `tags`, where `root` is an s3://
    address, what the service calls its content."""

    source: Source
    root: Path | str
    units: tuple[Unit, ...]
    digests: tuple[str, ...]
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Inputs:
    """All inputs of a build; `unavailable` says for each source that was skipped why.

    signal_files     ready models and benchmarks, by signal group and the name of the artefact
    tokenizer_files  files the tokenizer's recipe names, by the key that does
    earlier          shards of the builds `dedup.against` names
    """

    sources: tuple[SourceInput, ...]
    resources: Mapping[str, External] = field(default_factory=dict)
    unavailable: Mapping[str, str] = field(default_factory=dict)
    signal_files: Mapping[str, Mapping[str, External]] = field(default_factory=dict)
    tokenizer_files: Mapping[str, External] = field(default_factory=dict)
    earlier: tuple[EarlierShard, ...] = ()


def resolve(project: Project, memory: Path, skip_unavailable: bool, notify: Notify) -> Inputs:
    """Fetch packages, list the units of every source and digest their files.

    `memory` is a JSON file that remembers listings and digests; an entry counts while size and time of the
    file are what they were. Raises SourceError naming every package that cannot be had, unless
    `skip_unavailable`; a package that is not what the catalogue says is always an error.
    """
    known = _Memory(memory)
    pipeline = project.pipeline
    jobs: dict[str, PackageReader | Any] = {
        f"source {source.name}": source.recipe.reader
        for source in project.sources
        if isinstance(source.recipe.reader, PackageReader)
    }
    jobs |= {f"resource {name}": resource for name, resource in pipeline.resources.items()}
    fetched, unavailable = _fetch(jobs, skip_unavailable, notify)
    sources = []
    for source in project.sources:
        label = f"source {source.name}"
        if label in unavailable:
            continue
        notify("list", source.name)
        sources.append(_open(source, fetched.get(label), known))
    signal_files = {
        group: {name: External(str(path), known.digest(path)) for name, path in sorted(named.items())}
        for group, named in project.signal_files.items()
    }
    tokenizer_files = {
        key: External(str(path), known.digest(path)) for key, path in sorted(project.tokenizer_files.items())
    }
    known.save()
    resources = {
        name: External(str(fetched[f"resource {name}"]), resource.sha256)
        for name, resource in pipeline.resources.items()
        if f"resource {name}" in fetched
    }
    return Inputs(
        tuple(sources),
        resources,
        {label.split(" ", 1)[1]: why for label, why in sorted(unavailable.items())},
        signal_files,
        tokenizer_files,
        _earlier(project, memory.parent),
    )


def _earlier(project: Project, ours: Path) -> tuple[EarlierShard, ...]:
    """The shards of the earlier builds; raises StorageError where one is the build itself."""
    found: list[EarlierShard] = []
    for number, root in enumerate(project.against):
        if root.resolve() == ours.resolve():
            raise StorageError(f"{ours}: dedup.against names the folder of this build; name an earlier one")
        found += earlier_shards(root, number)
    return tuple(found)


def _fetch(
    jobs: Mapping[str, Any], skip_unavailable: bool, notify: Notify
) -> tuple[dict[str, Path], dict[str, str]]:
    """The packages, below CORPUS_CACHE, else the user's cache folder; and why others cannot be had."""
    cache = Path(os.environ.get("CORPUS_CACHE") or cache_folder())
    fetched: dict[str, Path] = {}
    failures: dict[str, str] = {}

    def one(label: str) -> Path:
        item, name = jobs[label], label.split(" ", 1)[1]
        notify("fetch", name)
        return fetch(item.registry, item.package, item.version, item.sha256, cache, name)

    with ThreadPoolExecutor(_DOWNLOADS) as pool:
        futures = {label: pool.submit(one, label) for label in jobs}
        for label, future in futures.items():
            try:
                fetched[label] = future.result()
            except UnavailableError as error:
                failures[label] = str(error)
    if failures and not skip_unavailable:
        text = "\n".join(failures.values())
        name = next(iter(failures)).split(" ", 1)[1]
        advice = "or build without them: add --skip-unavailable"
        raise SourceError(name, f"{len(failures)} inputs cannot be had:\n{text}\n{advice}")
    return fetched, failures


def _open(source: Source, package: Path | None, known: _Memory) -> SourceInput:
    reader, recipe = source.recipe.reader, source.recipe
    if source.url:
        url, found = list_objects(source)
        digests, tags = (tuple(item.digest for item in found), tuple(item.tag for item in found))
        return SourceInput(source, url, tuple(item.unit for item in found), digests, tags)
    root = package or source.root
    if package is not None or isinstance(reader, HuggingFaceReader):
        settings = [reader.model_dump(mode="json"), sorted(recipe.languages.items()), recipe.exclude]
        key = digest_bytes(canonical_json(settings))
        if package is None and root.exists():
            key += digest_bytes("".join(known.digest(path) for path in _files(root)).encode())
        listed = known.units.get(key)
        if listed is None:
            listed = [[u.name, u.language, u.size_bytes] for u in list_units(source.name, recipe, root)]
            known.units[key] = listed
        known.used.add(key)
        units = tuple(Unit(*values) for values in listed)
        return SourceInput(
            source, root, units, tuple(digest_bytes(f"{key}/{u.name}".encode()) for u in units)
        )
    units = tuple(list_units(source.name, recipe, root))
    digests = tuple(known.digest(path_of(root, unit.name)) for unit in units)
    return SourceInput(source, root, units, digests)


def _files(root: Path) -> list[Path]:
    return [root] if root.is_file() else sorted(path for path in root.rglob("*") if path.is_file())


class _Memory:
    """What was listed and digested before; a file counts as unchanged while its size and time are."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.used: set[str] = set()
        stored = read_json(path) if path.is_file() else {}
        self.files: dict[str, list[Any]] = stored.get("files", {})
        self.units: dict[str, list[list[Any]]] = stored.get("units", {})

    def digest(self, path: Path) -> str:
        name = str(path)
        stamp = [*file_state(path)]
        known = self.files.get(name)
        if known is None or known[:2] != stamp:
            known = [*stamp, digest_file(path)]
            self.files[name] = known
        self.used.add(name)
        return str(known[2])

    def save(self) -> None:
        write_json(
            self.path,
            {
                "files": {key: value for key, value in self.files.items() if key in self.used},
                "units": {key: value for key, value in self.units.items() if key in self.used},
            },
        )
