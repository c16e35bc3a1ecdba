"""Executors: run jobs on this process or on Ray, the same bytes from both. The only import of ray."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol

from corpus.errors import CorpusError, TaskError
from corpus.task import Job, Outcome, run_job

__all__ = ["Executor", "LocalExecutor", "RayExecutor", "make_executor"]

#: Libraries with thread pools of their own are held to one thread: a worker is one core.
_ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "RAYON_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
}
#: Tasks move no data through the object store, so it gets little more than Ray's minimum (75 MB).
_OBJECT_STORE_BYTES = 100_000_000
#: Times a job is run again after its worker died.
_RETRIES = 3


class Executor(Protocol):
    """Runs jobs, in any order, and gives their outcomes as they end."""

    def run(self, jobs: Iterable[Job], root: Path) -> Iterator[list[Outcome]]: ...

    def close(self) -> None: ...


class LocalExecutor:
    """In this process, one job after the other."""

    def run(self, jobs: Iterable[Job], root: Path) -> Iterator[list[Outcome]]:
        for job in jobs:
            yield run_job(job, str(root))

    def close(self) -> None:
        pass


class RayExecutor:
    """Ray Core tasks, one per job; a bounded number in flight; started on first use.

    Joins the cluster of RAY_ADDRESS, else starts a local Ray with `workers` CPUs and stops it on `close`.
    """

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers
        self._ray: Any = None

    def _start(self) -> Any:
        if self._ray is not None:
            return self._ray
        os.environ.update(_ONE_THREAD)
        # Both warn about things a user cannot act on.
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        os.environ.setdefault("RAY_DEDUP_LOGS", "0")
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        import ray

        address = os.environ.get("RAY_ADDRESS")
        local = (
            {}
            if address
            else {
                "num_cpus": self.workers or os.cpu_count() or 1,
                "object_store_memory": _OBJECT_STORE_BYTES,
                "include_dashboard": False,
            }
        )
        try:
            ray.init(address=address, log_to_driver=False, logging_level="ERROR", **local)
        except (ConnectionError, RuntimeError, OSError) as error:
            where = f"the cluster at RAY_ADDRESS={address}" if address else "a local Ray"
            raise CorpusError(
                f"cannot start {where}: {error}; or use --executor local, which needs no Ray"
            ) from error
        if self.workers is None:
            self.workers = max(1, int(ray.cluster_resources().get("CPU", 1)))
        self._ray = ray
        return ray

    def run(self, jobs: Iterable[Job], root: Path) -> Iterator[list[Outcome]]:
        ray = self._start()
        remote = ray.remote(max_retries=_RETRIES, num_cpus=1)(run_job)
        waiting: dict[Any, Job] = {}
        queue = iter(jobs)
        limit = 2 * (self.workers or 1)
        try:
            while True:
                while len(waiting) < limit and (job := next(queue, None)) is not None:
                    waiting[remote.remote(job, str(root))] = job
                if not waiting:
                    return
                done, _ = ray.wait(list(waiting), num_returns=1)
                job = waiting.pop(done[0])
                yield self._result(ray, done[0], job)
        finally:
            for reference in waiting:
                ray.cancel(reference, force=True)

    def _result(self, ray: Any, reference: Any, job: Job) -> list[Outcome]:
        try:
            outcomes: list[Outcome] = ray.get(reference)
        except ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, CorpusError):
                raise error.cause from None
            raise
        except ray.exceptions.RayError as error:
            raise TaskError(
                job[0].step,
                job[0].key,
                f"its worker died {_RETRIES + 1} times (out of memory, or a crash in native code): "
                f"{type(error).__name__}",
            ) from error
        return outcomes

    def close(self) -> None:
        if self._ray is not None:
            self._ray.shutdown()
            self._ray = None


def make_executor(kind: str, workers: int | None) -> Executor:
    """The executor of this name, "ray" or "local"."""
    if kind == "local":
        os.environ.update(_ONE_THREAD)
        return LocalExecutor()
    return RayExecutor(workers)
