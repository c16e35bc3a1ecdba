"""The verbs: load, plan, build, verify, … The command line calls these and nothing else."""

from __future__ import annotations

import contextlib
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from corpus import pins, reviews, tombstones
from corpus.config import Project
from corpus.config import load as load_project
from corpus.errors import ConfigError, Problem
from corpus.executor import make_executor
from corpus.inputs import Notify, resolve
from corpus.manifest import RunFolder
from corpus.opened import Run
from corpus.run import Listener, Result, Silent, run
from corpus.run import verify as verify_run
from corpus.steps import Build, Step, steps
from corpus.task import Task, fingerprint, is_done

if TYPE_CHECKING:
    from corpus.distribution import Preview
    from corpus.filter import Range

__all__ = ["PlannedStep", "build", "load", "plan", "preview", "verify"]


def load(path: str | Path = "sources.yaml") -> Project:
    """The project of a sources.yaml; raises ConfigError with every problem of every file it names."""
    path = Path(path)
    if path.is_dir():
        path = path / "sources.yaml"
    if not path.is_file():
        problem = Problem(str(path), 0, 0, "no such file; `corpus init DIR` makes a new project")
        raise ConfigError([problem])
    return reviews.applied(load_project(path))


def build(
    project: Project | str | Path = "sources.yaml",
    *,
    output: str | Path = "build",
    executor: str = "ray",
    workers: int | None = None,
    limit: int = 0,
    skip_unavailable: bool = False,
    retrain: bool = False,
    listener: Listener | None = None,
    notify: Notify | None = None,
) -> Result:
    """Build the corpus into `output`/<name>; safe to repeat: it continues where it stopped.

    executor  "ray" (a local Ray, or the cluster of RAY_ADDRESS) or "local" (in this process)
    workers   tasks at once on Ray; None for one a core
    limit     documents read per source, 0 for all
    retrain   end the pins that a removal left: train tokenizer and models anew where their inputs changed
    Raises CorpusError: ConfigError, SourceError, TaskError, StorageError, GateError.
    """
    resolved = project if isinstance(project, Project) else load(project)
    folder = _run_folder(output, resolved.name)
    with contextlib.closing(folder.place), folder.place.lock():
        if retrain:
            pins.drop(folder)
        made = prepare(resolved, folder, limit, skip_unavailable, notify)
        runner = make_executor(executor, workers)
        try:
            result = run(made, runner, listener or Silent())
        finally:
            runner.close()
        from corpus.report.data import write_report

        write_report(folder, resolved)
        folder.place.sweep()
    return result


@dataclass
class PlannedStep:
    """What a build would do in a step: tasks in all, tasks to run, and why, by reason; how many are pinned.

    `is_known` is false where the tasks follow from a step that has not run yet.
    """

    step: Step
    tasks: int = 0
    pending: int = 0
    is_known: bool = True
    pinned: int = 0
    input_bytes: int = 0
    why: Mapping[str, int] = field(default_factory=dict)


def plan(
    project: Project | str | Path = "sources.yaml",
    *,
    output: str | Path = "build",
    limit: int = 0,
    skip_unavailable: bool = False,
    notify: Notify | None = None,
) -> list[PlannedStep]:
    """What `build` would run now, and why. Packages are fetched, nothing else is written to the run."""
    resolved = project if isinstance(project, Project) else load(project)
    folder = _run_folder(output, resolved.name)
    with contextlib.closing(folder.place), folder.place.foreseen():
        made = prepare(resolved, folder, limit, skip_unavailable, notify)
        return list(_planned(made, folder))


def _planned(made: Build, folder: RunFolder) -> Iterator[PlannedStep]:
    is_known = True
    for step in steps(made):
        entry = PlannedStep(step, is_known=is_known)
        why: Counter[str] = Counter()
        for job in step.jobs(made) if is_known else ():
            for task in job:
                entry.tasks += 1
                entry.pinned += pins.is_pinned(task)
                if not is_done(task, folder):
                    entry.pending += 1
                    why[_why(task, folder)] += 1
        entry.why = dict(why)
        if step.name == "documents":
            entry.input_bytes = sum(u.size_bytes for s in made.inputs.sources for u in s.units)
        yield entry
        is_known = is_known and not entry.pending


def _why(task: Task, folder: RunFolder) -> str:
    manifest = folder.manifest(task.step, task.key)
    if pins.is_pinned(task):
        return "pinned: put in place as it was"
    if manifest is None:
        return "not there yet"
    found = fingerprint(task, folder)
    if found is None:
        return "an input is not there yet"
    changed = sorted(
        name for name in {*found[1], *manifest.reasons} if found[1].get(name) != manifest.reasons.get(name)
    )
    return "changed: " + ", ".join(changed) if changed else "an output is missing"


def preview(
    project: Project | str | Path,
    signal: str,
    *,
    sample: int = 100,
    min: float | None = None,
    max: float | None = None,
    skip_unavailable: bool = False,
    notify: Notify | None = None,
    output: str | Path = "build",
) -> Preview:
    """How a signal is distributed over a sample: up to `sample` documents of each source, measured now, or
    taken from the build below `output` where the signal needs models that a build trains.

    Where no bound is given those of the project's filters on the signal are shown, for each language its own.
    Raises SignalError where no signal has that name, or where it needs a build and there is none.
    """
    from corpus.distribution import preview as distribution
    from corpus.sample import built, measured, needs_build

    resolved = project if isinstance(project, Project) else load(project)
    if needs_build(resolved, signal):
        made = Run(f"{output}/{resolved.name}")
        with contextlib.closing(made.folder.place):
            table = built(resolved, made, signal, sample)
    else:
        with tempfile.TemporaryDirectory(prefix="corpus-preview-") as folder:
            inputs = resolve(resolved, Path(folder) / "inputs.json", skip_unavailable, notify or _quiet)
        table = measured(resolved, inputs, signal, sample)
    if min is not None or max is not None:
        return distribution(table, signal, min, max)
    filters = [item for item in resolved.filters if item.signal == signal]
    own = {name: _both([item.range_of(name) for item in filters]) for name in table["language"].to_pylist()}
    return distribution(table, signal, *_both([item.default for item in filters]), languages=own)


def _both(ranges: list[Range | None]) -> tuple[float | None, float | None]:
    """The first lower and the first upper bound."""
    given = [item for item in ranges if item is not None]
    lower = next((item.min for item in given if item.min is not None), None)
    return lower, next((item.max for item in given if item.max is not None), None)


def _run_folder(output: str | Path, name: str) -> RunFolder:
    return RunFolder(f"{output}/{name}")


def verify(run_folder: str | Path) -> str:
    """The root digest of build/<name>, every file digested again; raises ManifestError naming the file."""
    return verify_run(run_folder)


def prepare(
    project: Project, folder: RunFolder, limit: int, skip_unavailable: bool, notify: Notify | None
) -> Build:
    """What a plan is made for: the project with its inputs, tombstones and pins."""

    inputs = resolve(project, folder.place.memory(), skip_unavailable, notify or _quiet)
    return Build(
        project,
        inputs,
        folder,
        limit,
        tombstones=tombstones.load(project.path.parent),
        pins=pins.load(folder),
    )


def _quiet(what: str, name: str) -> None:
    """A Notify that says nothing."""
