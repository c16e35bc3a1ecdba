"""Tasks: what is run, on which inputs; and how one is run, skipped or proven.

A task runs if and only if no manifest with its fingerprint, and whole outputs, lies in the run folder.
"""

from __future__ import annotations

import contextlib
import importlib
import resource
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from corpus.errors import CorpusError, ManifestError, TaskError
from corpus.footprint import keep_freed_memory, without_pandas
from corpus.manifest import Manifest, Output, RunFolder
from corpus.object_place import ObjectPlace
from corpus.objects import is_object_url
from corpus.signal import Edit, Signal
from corpus.storage import canonical_json, digest_bytes, digest_file
from corpus.work import Counts, Fetcher, Former, Work

__all__ = [
    "External",
    "Files",
    "Input",
    "Job",
    "Outcome",
    "Ref",
    "Task",
    "digest_of",
    "fingerprint",
    "is_done",
    "located",
    "run_job",
    "run_task",
]


@dataclass(frozen=True, slots=True)
class Ref:
    """An output of another task; `part` names the part of it that is read, empty for all of it.

    `digest` is that of what is read, where it is known: then no manifest is asked for it (`located`).
    """

    step: str
    key: str
    output: str
    part: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class External:
    """A file or folder outside the run. `digest` stands for its content, the path for nothing.

    `tags` are the files of an s3:// folder that may be read, and what stands for the content of each there.
    """

    path: str
    digest: str
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Files:
    """Outputs of many tasks of a step, or one part of each, as one input: see `corpus.steps.exchange`.

    names    their names in the folder of the step, one a line
    digest   stands for what is read of them; empty while one of the tasks is not done
    part     the part of each that is read, empty for all of it
    """

    step: str
    names: str
    digest: str
    part: str = ""


Input = Ref | External | Files


@dataclass(frozen=True)
class Task:
    """One unit of work and retry: data only, so it can be printed, compared and sent to a worker.

    `function` is "module:name" of a function Work -> Counts; `callables` are the plug-in signals and edits
    it needs, which travel by value and whose digests stand in `options`; `folder` is where its outputs go,
    inside the folder of the step. `varies` is the role of an input of which the function can use what it made
    before from other content (`Work.former`), empty for none.
    """

    step: str
    key: str
    function: str
    version: int
    inputs: Mapping[str, tuple[Input, ...]]
    options: Mapping[str, Any] = field(default_factory=dict)
    callables: tuple[Signal | Edit, ...] = ()
    folder: str = ""
    varies: str = ""

    def place(self, output: str) -> str:
        """The name of an output inside the folder of the step."""
        return f"{self.folder}/{output}" if self.folder else output


#: Tasks run one after the other in one process; later ones may read what earlier ones wrote.
Job = tuple[Task, ...]


@dataclass(frozen=True)
class Outcome:
    """What became of a task: whether it ran, wall and CPU seconds, bytes read and written, peak memory."""

    step: str
    key: str
    ran: bool
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    input_bytes: int = 0
    output_bytes: int = 0
    peak_rss_bytes: int = 0


def fingerprint(task: Task, folder: RunFolder) -> tuple[str, dict[str, str]] | None:
    """The task's fingerprint and the digests it is made of; None while an input is not there yet."""
    reasons = {
        "code": f"{task.function}@{task.version}",
        "options": digest_bytes(canonical_json(task.options)),
    }
    for role in sorted(task.inputs):
        digests = [_digest(ref, folder) for ref in task.inputs[role]]
        if None in digests:
            return None
        reasons[f"input {role}"] = digest_bytes("\n".join(cast(list[str], digests)).encode())
    return digest_bytes(canonical_json([task.step, task.key, reasons])), reasons


def _digest(ref: Input, folder: RunFolder) -> str | None:
    if ref.digest or not isinstance(ref, Ref):
        return ref.digest or None
    manifest = folder.manifest(ref.step, ref.key)
    if manifest is None:
        return None
    if ref.part:
        return manifest.parts.get(f"{ref.output}#{ref.part}", "")
    return digest_of(manifest, ref.output)


def digest_of(manifest: Manifest, output: str) -> str:
    """The digest of an output of a task; raises ManifestError where it has none of that name."""
    try:
        return manifest.output(output).digest
    except KeyError as error:
        raise ManifestError(f"{manifest.step}/{manifest.key}: has no output '{output}'") from error


def is_done(task: Task, folder: RunFolder) -> bool:
    """Whether a manifest proves the task for its present inputs and options."""
    manifest = folder.manifest(task.step, task.key)
    if manifest is None or not folder.is_complete(manifest):
        return False
    found = fingerprint(task, folder)
    return found is not None and found[0] == manifest.fingerprint


def located(job: Job, folder: RunFolder) -> Job:
    """The job as a worker needs it: with the digests of its inputs, so that it reads the manifests of its own
    tasks only, and with inputs from outside where the worker finds them.
    """
    own = {(task.step, task.key) for task in job}

    def known(ref: Input) -> Input:
        if isinstance(ref, External):
            return replace(ref, path=folder.place.shared(ref.path))
        if not isinstance(ref, Ref) or (ref.step, ref.key) in own:
            return ref
        return replace(ref, digest=_digest(ref, folder) or "")

    return tuple(
        replace(task, inputs={role: tuple(map(known, refs)) for role, refs in task.inputs.items()})
        for task in job
    )


def run_job(job: Job, root: str, isolate: bool = False) -> list[Outcome]:
    """Run the tasks of a job that are not done.

    `isolate` is set when a worker died of this job: signals then run in a process of their own.
    """
    keep_freed_memory()
    without_pandas()
    folder = RunFolder(root)
    with contextlib.closing(folder.place):
        return [run_task(task, folder, isolate) for task in job]


def run_task(task: Task, folder: RunFolder, isolate: bool = False) -> Outcome:
    """Run a task if it is not done. The one place where any exception becomes a TaskError."""
    if is_done(task, folder):
        return Outcome(task.step, task.key, ran=False)
    try:
        return _run(task, folder, isolate)
    except CorpusError:
        raise
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise TaskError(task.step, task.key, f"{error.strerror or error}{where}") from error
    except Exception as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(frame.filename).name}:{frame.lineno}"
        raise TaskError(task.step, task.key, f"{type(error).__name__}: {error} ({place})") from error


def _run(task: Task, folder: RunFolder, isolate: bool) -> Outcome:
    started, cpu_started = time.monotonic(), time.process_time()
    place, owner = folder.place, folder.place.owner()
    found = fingerprint(task, folder)
    if found is None:
        raise TaskError(task.step, task.key, "an input is missing; run the same command again")
    name = f"{task.step}-{task.key}".replace("/", "~")
    scratch = place.scratch(name)
    with contextlib.ExitStack() as opened:
        opened.callback(place.release, scratch)
        remote: dict[str, Fetcher] = {}
        work = Work(
            step=task.step,
            key=task.key,
            inputs={
                role: tuple(_paths(role, refs, folder, remote, opened)) for role, refs in task.inputs.items()
            },
            options=task.options,
            folder=scratch,
            callables={item.name: item for item in task.callables},
            isolate=isolate,
            remote=remote,
            former=_former(task, found[1], folder),
        )
        counts = _resolve(task.function)(work)
        outputs = tuple(
            Output(task.place(output), (scratch / output).stat().st_size, digest_file(scratch / output))
            for output in sorted(set(work.outputs))
        )
        if place.owner() != owner:  # the driver was killed, and another build holds the folder now
            raise TaskError(task.step, task.key, "another build has taken the run folder over")
        replaced = folder.manifest(task.step, task.key)
        if replaced:
            folder.forget(task.step, task.key)
        made = {output.name: output.digest for output in outputs}
        files = sorted((task.place(name), scratch / name) for name in set(work.outputs))
        place.publish((path, f"{task.step}/{name}", made[name]) for name, path in files)
        old = (output.name for output in replaced.outputs) if replaced else ()
        place.delete(f"{task.step}/{name}" for name in old if name not in made)
        parts = {task.place(name): digest for name, digest in work.parts.items()}
        folder.store(Manifest(task.step, task.key, found[0], outputs, dict(counts), found[1], parts))
        input_bytes = sum(_size(path) for paths in work.inputs.values() for path in paths)
    return Outcome(
        task.step,
        task.key,
        ran=True,
        seconds=time.monotonic() - started,
        cpu_seconds=time.process_time() - cpu_started,
        input_bytes=input_bytes,
        output_bytes=sum(output.size_bytes for output in outputs),
        peak_rss_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    )


def _former(task: Task, reasons: Mapping[str, str], folder: RunFolder) -> Former | None:
    """What the task made before, where nothing but the input it `varies` with differs; None where there is
    nothing, or not what the manifest says."""
    manifest = folder.manifest(task.step, task.key) if task.varies else None
    role = f"input {task.varies}"
    if manifest is None or {**manifest.reasons, role: ""} != {**reasons, role: ""}:
        return None
    outputs = {}
    for output in manifest.outputs:
        path = folder.place.path(f"{task.step}/{output.name}", output.digest)
        if not path.is_file() or digest_file(path) != output.digest:
            return None
        outputs[output.name.removeprefix(f"{task.folder}/")] = path
    return Former(outputs, manifest.counts)


def _paths(
    role: str,
    refs: Iterable[Input],
    folder: RunFolder,
    remote: dict[str, Fetcher],
    opened: contextlib.ExitStack,
) -> Iterator[Path]:
    """Local paths of the inputs of a role; what was fetched from elsewhere goes when `opened` is closed."""
    for ref in refs:
        if isinstance(ref, Ref):
            yield folder.place.path(f"{ref.step}/{ref.output}", "" if ref.part else ref.digest)
        elif isinstance(ref, Files):
            names = [f"{ref.step}/{name}" for name in ref.names.splitlines()]
            root = folder.place.bring(names, ref.part)
            yield from (root / name for name in names)
        elif not is_object_url(ref.path):
            yield Path(ref.path)
        elif ref.tags:
            place = ObjectPlace(ref.path, ref.tags)
            opened.callback(place.close)
            remote[role] = place
            yield place.bring(())
        else:
            url, _, name = ref.path.rpartition("/")
            place = ObjectPlace(url)
            opened.callback(place.close)
            yield place.path(name, ref.digest)


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _resolve(reference: str) -> Callable[[Work], Counts]:
    module, _, name = reference.partition(":")
    return cast(Callable[[Work], Counts], getattr(importlib.import_module(module), name))
