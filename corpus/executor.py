"""Executors: run jobs on this process or on Ray, the same bytes from both. The only import of ray."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol

from corpus.errors import CorpusError, TaskError
from corpus.isolate import close_all
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

    def run(self, jobs: Iterable[Job], root: str | Path) -> Generator[list[Outcome], None, None]: ...

    def close(self) -> None: ...


class LocalExecutor:
    """In this process, one job after the other."""

    def run(self, jobs: Iterable[Job], root: str | Path) -> Generator[list[Outcome], None, None]:
        for job in jobs:
            yield run_job(job, str(root))

    def close(self) -> None:
        close_all()


class RayExecutor:
    """Ray Core tasks, one per job; a bounded number in flight; started on first use.

    Uses the Ray this process is connected to, else joins the cluster of RAY_ADDRESS, else starts a local Ray
    with `workers` CPUs and stops it on `close`.
    """

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers
        self._ray: Any = None
        self._is_ours = True

    def _start(self) -> Any:
        if self._ray is not None:
            return self._ray
        os.environ.update(_ONE_THREAD)
        # Both warn about things a user cannot act on.
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        os.environ.setdefault("RAY_DEDUP_LOGS", "0")
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        import ray

        if ray.is_initialized():
            self._is_ours = False
        else:
            self._connect(ray)
        self._ray = ray
        return ray

    def _connect(self, ray: Any) -> None:
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
            with _own_sigterm():
                ray.init(address=address or "local", log_to_driver=False, logging_level="ERROR", **local)
        except Exception as error:
            where = f"the cluster at RAY_ADDRESS={address}" if address else "a local Ray"
            raise CorpusError(
                f"cannot start {where}: {error}; or use --executor local, which needs no Ray"
            ) from error

    def _in_flight(self, ray: Any) -> int:
        """Tasks handed to Ray at once: `workers` of them, or enough that no CPU waits for the next."""
        cpus = max(1, int(ray.cluster_resources().get("CPU", 1)))
        return 2 * cpus if self.workers is None or self.workers == cpus else self.workers

    def run(self, jobs: Iterable[Job], root: str | Path) -> Generator[list[Outcome], None, None]:
        ray = self._start()
        remote = ray.remote(max_retries=_RETRIES, num_cpus=1)(run_job)
        waiting: dict[Any, Job] = {}
        isolating: set[Any] = set()
        queue = iter(jobs)
        limit = self._in_flight(ray)
        try:
            while True:
                while len(waiting) < limit and (job := next(queue, None)) is not None:
                    waiting[remote.remote(job, str(root))] = job
                if not waiting:
                    return
                (done, *_), _ = ray.wait(list(waiting), num_returns=1)
                job = waiting.pop(done)
                try:
                    yield self._result(ray, done)
                except ray.exceptions.WorkerCrashedError as error:
                    if done in isolating:
                        raise _died(job, error) from error
                    again = remote.options(max_retries=0).remote(job, str(root), isolate=True)
                    waiting[again] = job
                    isolating.add(again)
                except ray.exceptions.RayError as error:
                    raise _died(job, error) from error
        finally:
            for reference in waiting:
                with contextlib.suppress(ray.exceptions.RayError, ValueError):  # it, or Ray, has ended
                    ray.cancel(reference, force=True)

    def _result(self, ray: Any, reference: Any) -> list[Outcome]:
        try:
            outcomes: list[Outcome] = ray.get(reference)
        except ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, CorpusError):
                raise error.cause from None
            raise
        return outcomes

    def close(self) -> None:
        if self._ray is not None and self._is_ours:
            self._ray.shutdown()
        self._ray = None


@contextlib.contextmanager
def _own_sigterm() -> Iterator[None]:
    """Keep what this process does on SIGTERM: `ray.init` sets a handler that exits with code 15."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handler = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, handler)


def _died(job: Job, error: Exception) -> TaskError:
    return TaskError(
        job[0].step,
        job[0].key,
        f"its worker died again and again (out of memory, a crash in native code, or Ray itself ended): "
        f"{type(error).__name__}; run the same command again, it continues",
    )


def make_executor(kind: str, workers: int | None) -> Executor:
    """The executor of this name, "ray" or "local"."""
    if kind == "local":
        os.environ.update(_ONE_THREAD)
        return LocalExecutor()
    return RayExecutor(workers)
