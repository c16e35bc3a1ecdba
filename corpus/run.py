"""Run: executes a plan step by step; skips what is proven, checks the gates, sums up."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol

from corpus.errors import CorpusError, ManifestError, StorageError
from corpus.executor import Executor
from corpus.manifest import LOCK, MANIFEST, Manifest, RunFolder, add_counts, root_digest
from corpus.stages.dedup_duplicates import check_losses, losses
from corpus.steps import RESULTS, Build, Step, steps
from corpus.storage import read_json, remove_tree, write_json
from corpus.task import Job, Outcome, is_done
from corpus.work import Counts

__all__ = ["Listener", "Result", "Silent", "StepResult", "lock", "run", "run_steps", "verify"]

TIMINGS = "timings.json"
#: Seconds to wait for the lock of a run folder.
_PATIENCE = 0.5


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
    """What a step took when it last ran: wall seconds, CPU seconds of its tasks, bytes, largest worker."""

    name: str
    tasks: int = 0
    ran: int = 0
    seconds: float = 0.0
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


@contextlib.contextmanager
def lock(root: Path) -> Iterator[None]:
    """Hold the run folder; raises StorageError where another build does. The lock dies with the process."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        handle = os.open(root / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise StorageError(f"{root}: cannot be written: {error.strerror}; choose another --output") from error
    try:
        _take(handle, root)
        os.truncate(handle, 0)
        os.pwrite(handle, uuid.uuid4().hex.encode(), 0)  # who owns the folder: `RunFolder.owner`
        yield
    finally:
        os.close(handle)


def _take(handle: int, root: Path) -> None:
    """A build that was just killed may hold the lock until the system has ended its processes."""
    patience = time.monotonic() + _PATIENCE
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > patience:
                message = f"{root}: another build is working here; wait for it or stop it"
                raise StorageError(message) from error
            time.sleep(0.05)
        else:
            return


def run(build: Build, executor: Executor, listener: Listener) -> Result:
    """Execute every step; the folder then holds exactly what the plan says and the manifest is written.

    Raises TaskError where a task fails and GateError where a gate is not met; what was finished stays, and
    the next run continues from it.
    """
    results, manifests = run_steps(build, executor, listener)
    digest = root_digest(manifest for manifest in manifests if manifest.step in RESULTS)
    _write_manifest(build, manifests, digest)
    return Result(digest, results)


def run_steps(
    build: Build, executor: Executor, listener: Listener, only: tuple[str, ...] = ()
) -> tuple[list[StepResult], list[Manifest]]:
    """Execute the steps named, all where none is; gives what ran and every manifest of the plan."""
    folder = build.folder
    _sweep_scratch(folder.root)
    timings = _load_timings(folder.root)
    results, manifests = [], []
    for step in steps(build):
        if only and step.name not in only:
            continue
        jobs = list(step.jobs(build))
        result = _run_step(step, jobs, build, executor, listener)
        results.append(result)
        tasks = [task for job in jobs for task in job]
        done = [_proven(folder, task.step, task.key) for task in tasks]
        manifests += done
        _sweep(folder, step.names, done)
        if result.ran:
            timings[step.name] = {**asdict(result), "tasks": len(tasks)}
            write_json(folder.root / TIMINGS, timings)
        listener.step_ended(step, result)
        _check_gates(step.name, build, add_counts(done))
    _sweep_scratch(folder.root)
    return results, manifests


def _sweep_scratch(root: Path) -> None:
    """Delete what processes that were killed left behind."""
    remove_tree(root / ".scratch")
    for path in root.glob(".*.json.*"):
        path.unlink(missing_ok=True)


def _run_step(
    step: Step, jobs: list[Job], build: Build, executor: Executor, listener: Listener
) -> StepResult:
    folder = build.folder
    pending = [job for job in jobs if not all(is_done(task, folder) for task in job)]
    tasks = sum(len(job) for job in jobs)
    result = StepResult(step.name, tasks=tasks)
    listener.step_started(step, tasks, tasks - sum(len(job) for job in pending))
    if not pending:
        return result
    started = time.monotonic()
    (folder.root / MANIFEST).unlink(missing_ok=True)  # from here on the folder is not what it said
    for outcomes in executor.run(pending, folder.root):
        for outcome in outcomes:
            folder.reload(outcome.step, outcome.key)
            result.ran += outcome.ran
            result.cpu_seconds += outcome.cpu_seconds
            result.input_bytes += outcome.input_bytes
            result.output_bytes += outcome.output_bytes
            result.peak_rss_bytes = max(result.peak_rss_bytes, outcome.peak_rss_bytes)
            listener.task_ended(step, outcome)
    result.seconds = time.monotonic() - started
    return result


def _proven(folder: RunFolder, step: str, key: str) -> Manifest:
    manifest = folder.manifest(step, key)
    if manifest is None:
        raise ManifestError(f"{folder.manifest_path(step, key)}: is missing after its task ended")
    return manifest


def _sweep(folder: RunFolder, names: Iterable[str], manifests: list[Manifest]) -> None:
    """Delete what earlier plans left in a step's folders: outputs and manifests no task of this plan has."""
    for name in names:
        mine = [manifest for manifest in manifests if manifest.step == name]
        outputs = {folder.path(name, output.name) for manifest in mine for output in manifest.outputs}
        proofs = {folder.manifest_path(name, manifest.key) for manifest in mine}
        for root, known in ((folder.step_folder(name), outputs), (folder.root / "manifests" / name, proofs)):
            for path in _files(root):
                if path not in known:
                    path.unlink(missing_ok=True)


def _files(root: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(root):
        for name in names:
            yield Path(parent) / name


def _check_gates(step: str, build: Build, counts: Counts) -> None:
    if step == "documents":
        _check_quarantine(counts, "quarantined/", build)
    if step == "decisions":
        _check_quarantine(counts, "failed/", build)
    if step == "duplicates":
        clusters = build.folder.path("duplicates", "clusters.json")
        dedup = build.project.pipeline.dedup
        check_losses(counts, dedup.max_loss_ratio, dedup.max_loss_documents, read_json(clusters))
    if step == "scatter":  # again, with the documents of which cutting left nothing
        dedup = build.project.pipeline.dedup
        check_losses(losses(counts), dedup.max_loss_ratio, dedup.max_loss_documents)


def _sum(counts: Counts, prefix: str) -> int:
    return sum(value for name, value in counts.items() if name.startswith(prefix))


def _check_quarantine(counts: Counts, prefix: str, build: Build) -> None:
    """Documents lost to errors, not to filters, above the limit: the input or a plug-in is broken."""
    lost, total = _sum(counts, prefix), _sum(counts, "documents_in/")
    limit = build.project.pipeline.max_quarantine_ratio
    if total and lost / total > limit:
        worst = max((name for name in counts if name.startswith(prefix)), key=lambda name: counts[name])
        raise CorpusError(
            f"{lost} of {total} documents could not be read or measured, {lost / total:.2%}, "
            f"more than max_quarantine_ratio {limit:.2%} allows; most in '{worst.removeprefix(prefix)}'. "
            f"See {build.folder.root} (*.quarantine.parquet in documents/, 'error' in decisions/)"
        )


def _load_timings(root: Path) -> dict[str, object]:
    path = root / TIMINGS
    found: dict[str, object] = read_json(path) if path.is_file() else {}
    return found


def _write_manifest(build: Build, manifests: list[Manifest], digest: str) -> None:
    from corpus import __version__

    by_step: dict[str, list[Manifest]] = {}
    for manifest in manifests:
        by_step.setdefault(manifest.step, []).append(manifest)
    write_json(
        build.folder.root / MANIFEST,
        {
            "format": 1,
            "corpus_version": __version__,
            "name": build.project.name,
            "pipeline": build.project.pipeline_name,
            "root_digest": digest,
            "unavailable": dict(build.inputs.unavailable),
            "limit": build.limit,
            "recipe": build.project.describe(),
            "steps": [
                {
                    "name": name,
                    "tasks": len(found),
                    "files": sum(len(manifest.outputs) for manifest in found),
                    "size_bytes": sum(o.size_bytes for manifest in found for o in manifest.outputs),
                    "digest": root_digest(found),
                    "counts": add_counts(found),
                }
                for name, found in by_step.items()
            ],
        },
    )


def verify(root: Path) -> str:
    """Recompute every digest of a run and give its root digest.

    Raises ManifestError naming the first file that is missing, changed or unknown, and StorageError where
    the run is unfinished.
    """
    if not (root / MANIFEST).is_file():
        raise StorageError(f"{root}: holds no finished build (no {MANIFEST}); run `corpus build` first")
    summary = read_json(root / MANIFEST)
    folder = RunFolder(root)
    results = []
    for entry in summary["steps"]:
        name = entry["name"]
        base = root / "manifests" / name
        found = []
        for path in sorted(_files(base)):
            key = str(path.relative_to(base)).removesuffix(".json")
            manifest = folder.manifest(name, key)
            if manifest is None:
                raise ManifestError(f"{path}: is damaged; delete it and build again")
            folder.check(manifest)
            found.append(manifest)
        known = {folder.path(name, output.name) for manifest in found for output in manifest.outputs}
        for path in _files(folder.step_folder(name)):
            if path not in known:
                raise ManifestError(f"{path}: belongs to no manifest of the run")
        if root_digest(found) != entry["digest"]:
            raise ManifestError(f"{base}: the manifests of step '{name}' are not those of {MANIFEST}")
        if name in RESULTS:
            results += found
    digest = root_digest(results)
    if digest != summary["root_digest"]:
        raise ManifestError(f"{root / MANIFEST}: root digest is {digest}, it says {summary['root_digest']}")
    return digest
