"""Pins: trained artefacts that stay what they are although documents they were trained on were removed.

A pin is a copy of a task's outputs in the folder pins/ of a run. While it is there the task gives that copy
instead of training again, so nothing that depends on it changes. Copying pins/ into another run pins the same
artefacts there. A pin ends where the options of its task change, or by `--retrain`.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from corpus.errors import ManifestError, StorageError
from corpus.manifest import Output, RunFolder
from corpus.storage import (
    canonical_json,
    digest_bytes,
    digest_file,
    encode_json,
    read_json,
)
from corpus.task import External, Job, Task
from corpus.work import Counts, Work

__all__ = ["STEPS", "Pin", "Pins", "drop", "is_pinned", "load", "mixture", "pin", "place"]

#: Steps whose outputs are trained on, or solved from, the whole corpus; the card says what was trained.
STEPS = (
    "language_models",
    "adult_model",
    "tokenizer",
    "tokenizer_languages",
    "tokenizer_card",
    "mixture",
)
FOLDER = "pins"
_FILE = f"{FOLDER}/pins.json"
_PLAN = "plan.json"


@dataclass(frozen=True)
class Pin:
    """The outputs of one task as they were; `options` is the digest of the options it was trained with."""

    options: str
    outputs: tuple[Output, ...]
    counts: Counts


@dataclass(frozen=True)
class Pins:
    """Pins by step and key, and the address of the folder their files are in."""

    folder: str = FOLDER
    by_task: Mapping[tuple[str, str], Pin] = field(default_factory=dict)

    def apply(self, jobs: Iterable[Job]) -> Iterator[Job]:
        """The jobs, with pinned tasks in place of those that would train."""
        for job in jobs:
            yield tuple(self._task(task) for task in job)

    def _task(self, task: Task) -> Task:
        found = self.by_task.get((task.step, task.key))
        if found is None or found.options != digest_bytes(canonical_json(task.options)):
            return task
        pinned = {
            output.name: External(f"{self.folder}/{task.step}/{output.name}", output.digest)
            for output in found.outputs
        }
        if task.step == "mixture":
            inputs = {**task.inputs, "pinned": (pinned[task.place(_PLAN)],)}
            return replace(task, function="corpus.pins:mixture", inputs=inputs)
        prefix = task.place("")
        return replace(
            task,
            function="corpus.pins:place",
            version=1,
            inputs={"pinned": tuple(pinned.values())},
            options={
                "names": [[o.name.removeprefix(prefix), o.digest] for o in found.outputs],
                "counts": dict(found.counts),
            },
        )


def is_pinned(task: Task) -> bool:
    """Whether the task gives a pinned artefact."""
    return task.function.startswith(f"{__name__}:")


def load(folder: RunFolder) -> Pins:
    """The pins of the run."""
    url = f"{folder.place.url}/{FOLDER}"
    found = folder.json(_FILE)
    by_task = {}
    try:
        for item in found["pins"] if found else ():
            outputs = tuple(Output(**output) for output in item["outputs"])
            by_task[item["step"], item["key"]] = Pin(item["options"], outputs, item["counts"])
    except (KeyError, TypeError) as error:
        raise StorageError(f"{url}: is damaged; build with --retrain to train anew") from error
    return Pins(url, by_task)


def drop(folder: RunFolder) -> None:
    """End all pins of the run: what follows trains again."""
    folder.place.delete([_FILE])
    folder.place.delete(list(folder.place.names(FOLDER)))


def pin(folder: RunFolder, tasks: Iterable[Task], pins: Pins) -> Pins:
    """Pin the outputs of these tasks as they are now; those that are pinned, or not there, are left alone."""
    by_task = dict(pins.by_task)
    for task in tasks:
        manifest = folder.manifest(task.step, task.key)
        if manifest is None or is_pinned(task):
            continue
        folder.check(manifest)
        for output in manifest.outputs:
            name = f"{task.step}/{output.name}"
            folder.place.write(f"{FOLDER}/{name}", folder.place.path(name).read_bytes())
        by_task[task.step, task.key] = Pin(manifest.reasons["options"], manifest.outputs, manifest.counts)
    found = Pins(pins.folder, dict(sorted(by_task.items())))
    listed = [_entry(*item) for item in found.by_task.items()]
    folder.place.write(_FILE, encode_json({"format": 1, "pins": listed}))
    return found


def _entry(task: tuple[str, str], found: Pin) -> dict[str, Any]:
    outputs = [{"name": o.name, "size_bytes": o.size_bytes, "digest": o.digest} for o in found.outputs]
    return {
        "step": task[0],
        "key": task[1],
        "options": found.options,
        "outputs": outputs,
        "counts": dict(found.counts),
    }


def place(work: Work) -> Counts:
    """Give the pinned files. Options: names ([name, digest]), counts (those of the training)."""
    for path, (name, digest) in zip(work.each("pinned"), work.options["names"], strict=True):
        if digest_file(path) != digest:
            raise ManifestError(f"{path}: is not what was pinned; build with --retrain to train anew")
        shutil.copyfile(path, work.output(name))
    return {**work.options["counts"], "pinned": 1}


def mixture(work: Work) -> Counts:
    """The account of the mixture as it is now, with the epochs of the pinned plan.

    A plan that does not name a language or source that is there now is no longer kept: its documents would
    be left out in silence.
    """
    from corpus.tokens.mixture import mixture as solve

    counts = solve(work)
    solved, old = work.folder / _PLAN, work.input("pinned")
    names = {tuple(entry[:2]) for entry in orjson.loads(solved.read_bytes())["epochs"]}
    if names - {tuple(entry[:2]) for entry in read_json(old)["epochs"]}:
        return counts
    shutil.copyfile(old, solved)
    return {**counts, "pinned": 1}
