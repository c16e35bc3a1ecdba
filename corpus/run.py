"""Run: executes a plan step by step; skips what is proven, checks the gates, sums up."""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Protocol

from corpus import gates
from corpus.errors import ManifestError, StorageError
from corpus.executor import Executor
from corpus.manifest import MANIFEST, Manifest, RunFolder, root_digest
from corpus.place import Place
from corpus.steps import RESULTS, Build, Step, shards, steps
from corpus.storage import encode_json
from corpus.task import Outcome, is_done, located
from corpus.totals import Totals

__all__ = [
    "Listener",
    "Result",
    "Silent",
    "StepResult",
    "proven",
    "run",
    "run_steps",
    "sweep",
    "verify",
]

TIMINGS = "timings.json"


class Listener(Protocol):
    """Told how a build goes, for progress display."""

    def step_started(self, step: Step, tasks: int, done: int) -> None: ...

    def task_ended(self, step: Step, outcome: Outcome) -> None: ...

    def step_ended(self, step: Step, result: StepResult) -> None: ...


class Silent:
    """A listener that says nothing."""

    def step_started(self, step: Step, tasks: int, done: int) -> None:
        pass

    def task_ended(self, step: Step, outcome: Outcome) -> None:
        pass

    def step_ended(self, step: Step, result: StepResult) -> None:
        pass


@dataclass
class StepResult:
    """What a step took when it last ran: wall seconds, wall and CPU seconds of its tasks added up, bytes,
    largest worker."""

    name: str
    tasks: int = 0
    ran: int = 0
    seconds: float = 0.0
    task_seconds: float = 0.0
    cpu_seconds: float = 0.0
    input_bytes: int = 0
    output_bytes: int = 0
    peak_rss_bytes: int = 0


@dataclass
class Result:
    """A finished build: its root digest, and for each step what ran."""

    root_digest: str
    steps: list[StepResult] = field(default_factory=list)

    @property
    def ran(self) -> int:
        return sum(step.ran for step in self.steps)


def run(build: Build, executor: Executor, listener: Listener) -> Result:
    """Execute every step; the folder then holds exactly what the plan says and the manifest is written.

    Raises TaskError where a task fails and GateError where a gate is not met; what was finished stays, and
    the next run continues from it.
    """
    results, totals = run_steps(build, executor, listener)
    digest = root_digest(_results(build))
    _write_manifest(build, totals, digest)
    return Result(digest, results)


def _results(build: Build) -> Iterator[Manifest]:
    """The manifests of what the root digest is made of: few, whatever the number of shards."""
    for step in steps(build):
        for job in step.jobs(build) if step.name in RESULTS else ():
            for task in job:
                yield proven(build.folder, task.step, task.key)


def run_steps(
    build: Build, executor: Executor, listener: Listener, only: tuple[str, ...] = ()
) -> tuple[list[StepResult], dict[str, Totals]]:
    """Execute the steps named, all where none is; gives what ran and what the tasks of each add up to."""
    folder = build.folder
    folder.place.sweep()
    timings = folder.json(TIMINGS) or {}
    results: list[StepResult] = []
    totals: dict[str, Totals] = {}
    for step in steps(build):
        if only and step.name not in only:
            continue
        totals |= {name: Totals(name) for name in step.names}
        result = _run_step(step, build, executor, listener, totals)
        results.append(result)
        for name in step.names:
            sweep(folder, totals[name])
        if result.ran:
            timings[step.name] = asdict(result)
            folder.place.write(TIMINGS, encode_json(timings))
        listener.step_ended(step, result)
        gates.check(step.name, build, totals)
        if step.name == "documents":
            build = replace(build, read=shards(build))
    folder.place.sweep()
    return results, {name: found for name, found in totals.items() if found.tasks}


def _run_step(
    step: Step, build: Build, executor: Executor, listener: Listener, totals: Mapping[str, Totals]
) -> StepResult:
    """Run what is not done. Jobs are made twice, to look and to run, never held: there may be millions."""
    folder = build.folder
    result = StepResult(step.name)
    done = bytearray()
    ended = 0
    for job in step.jobs(build):
        is_ready = all(is_done(task, folder) for task in job)
        done.append(is_ready)
        result.tasks += len(job)
        for task in job if is_ready else ():
            totals[task.step].add(proven(folder, task.step, task.key))
            ended += 1
    listener.step_started(step, result.tasks, ended)
    if all(done):
        return result
    started = time.monotonic()
    folder.place.delete([MANIFEST])  # from here on the folder is not what it said
    pending = (
        located(job, folder) for job, is_ready in zip(step.jobs(build), done, strict=True) if not is_ready
    )
    with contextlib.closing(executor.run(pending, folder.place.url)) as running:
        gates.check_early(step.name, build, totals, ended / result.tasks)
        for outcome in itertools.chain.from_iterable(running):
            folder.reload(outcome.step, outcome.key)
            manifest = proven(folder, outcome.step, outcome.key)
            totals[outcome.step].add(manifest)
            ended += 1
            result.ran += outcome.ran
            result.task_seconds += outcome.seconds
            result.cpu_seconds += outcome.cpu_seconds
            result.input_bytes += outcome.input_bytes
            result.output_bytes += outcome.output_bytes
            result.peak_rss_bytes = max(result.peak_rss_bytes, outcome.peak_rss_bytes)
            listener.task_ended(step, outcome)
            if gates.loses(manifest):
                gates.check_early(step.name, build, totals, ended / result.tasks)
    result.seconds = time.monotonic() - started
    return result


def proven(folder: RunFolder, step: str, key: str) -> Manifest:
    """The manifest of a task that has ended; raises ManifestError where there is none."""
    manifest = folder.manifest(step, key)
    if manifest is None:
        raise ManifestError(f"{folder.address(step, key)}: is missing after its task ended")
    return manifest


def sweep(folder: RunFolder, totals: Totals) -> None:
    """Delete what earlier plans left in a step's folders: outputs and manifests no task of this plan has."""
    knows_task = totals.knows_task()
    proofs = f"manifests/{totals.name}"
    _delete_unless(lambda name: knows_task(name.removesuffix(".json")), folder.place, proofs)
    _delete_unless(totals.knows_output(), folder.place, totals.name)


def _delete_unless(is_known: Callable[[str], bool], place: Place, folder: str) -> None:
    place.delete(name for name in place.names(folder) if not is_known(name.removeprefix(f"{folder}/")))


def _write_manifest(build: Build, totals: Mapping[str, Totals], digest: str) -> None:
    from corpus import __version__

    summary = {
        "format": 1,
        "corpus_version": __version__,
        "name": build.project.name,
        "pipeline": build.project.pipeline_name,
        "root_digest": digest,
        "unavailable": dict(build.inputs.unavailable),
        "limit": build.limit,
        "recipe": build.project.describe(),
        "steps": [found.describe() for found in totals.values()],
    }
    build.folder.place.write(MANIFEST, encode_json(summary))


def verify(root: str | Path) -> str:
    """Recompute every digest of a run and give its root digest.

    Raises ManifestError naming the first file that is missing, changed or unknown, and StorageError where
    the run is unfinished.
    """
    folder = RunFolder(root)
    place = folder.place
    with contextlib.closing(place), place.foreseen():
        summary = folder.json(MANIFEST)
        if summary is None:
            raise StorageError(
                f"{place.url}: holds no finished build (no {MANIFEST}); run `corpus build` first"
            )
        results = []
        for entry in summary["steps"]:
            totals = Totals(entry["name"])
            base = f"manifests/{totals.name}"
            for name in sorted(place.names(base)):
                key = name.removeprefix(f"{base}/").removesuffix(".json")
                manifest = folder.manifest(totals.name, key)
                if manifest is None:
                    raise ManifestError(f"{place.url}/{name}: is damaged; delete it and build again")
                folder.check(manifest)
                totals.add(manifest)
                if totals.name in RESULTS:
                    results.append(manifest)
            knows_output = totals.knows_output()
            for name in place.names(totals.name):
                if not knows_output(name.removeprefix(f"{totals.name}/")):
                    raise ManifestError(f"{place.url}/{name}: belongs to no manifest of the run")
            if totals.digest != entry["digest"]:
                raise ManifestError(
                    f"{place.url}/{base}: the manifests of step '{totals.name}' are not those of {MANIFEST}"
                )
        digest = root_digest(results)
        if digest != summary["root_digest"]:
            raise ManifestError(
                f"{place.url}/{MANIFEST}: root digest is {digest}, it says {summary['root_digest']}"
            )
        return digest
