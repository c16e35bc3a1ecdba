"""The same bytes for any number of workers, any order, another shard size, place, locale and day."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path

import pytest
import ray

import corpus
from corpus import api
from corpus.errors import TaskError
from corpus.executor import LocalExecutor, RayExecutor
from corpus.run import Result
from corpus.task import Job, Outcome, Task
from corpus.work import Counts, Work
from tests.small import write_project
from tests.test_build import files
from tests.test_poison import outcome, write_poisoned

DAY = 86_400


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def built(project: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], Result]:
    output = tmp_path_factory.mktemp("built")
    result = corpus.build(project, output=output, executor="local")
    return files(output / "small"), result


@pytest.fixture(scope="module")
def seven_workers() -> Iterator[None]:
    """One Ray for all tests; a build with fewer workers has fewer tasks in flight."""
    ray.init(
        "local", num_cpus=7, object_store_memory=80_000_000, include_dashboard=False, log_to_driver=False
    )
    yield
    ray.shutdown()


@pytest.mark.filterwarnings("ignore")  # of Ray, about files it leaves to the system to close
@pytest.mark.parametrize("workers", [1, 3, 7])
def test_any_number_of_workers(
    project: Path, built: tuple[dict[str, bytes], Result], tmp_path: Path, seven_workers: None, workers: int
) -> None:
    result = corpus.build(project, output=tmp_path, executor="ray", workers=workers)
    assert result.ran == built[1].ran
    assert files(tmp_path / "small") == built[0]
    assert ray.is_initialized()  # a Ray that was there before the build is there after it


@pytest.mark.filterwarnings("ignore")
def test_poison_costs_the_same_document_on_ray(tmp_path: Path, seven_workers: None) -> None:
    sources = write_poisoned(tmp_path / "project", ("crash", "raise"), documents=40)
    for executor in ("local", "ray"):
        corpus.build(sources, output=tmp_path / executor, executor=executor)
    assert files(tmp_path / "ray" / "small") == files(tmp_path / "local" / "small")
    assert sorted(outcome(tmp_path / "ray" / "small")) == ["poison-crash", "poison-raise"]


def die_unless_isolated(work: Work) -> Counts:
    if not work.isolate:
        os.abort()
    work.output("out.txt").write_text("alive")
    return {}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("function", ["die_unless_isolated", "die"])
def test_a_task_whose_worker_dies_runs_again_with_signals_apart(
    tmp_path: Path, seven_workers: None, function: str
) -> None:
    job = (Task("step", "shard", f"tests.test_determinism:{function}", 1, {}),)
    executor = RayExecutor(1)
    if function == "die":
        with pytest.raises(TaskError, match="step 'step', shard 'shard': its worker died again and again"):
            list(executor.run([job], tmp_path))
        return
    ((outcome,),) = executor.run([job], tmp_path)
    assert outcome.ran
    assert (tmp_path / "step" / "out.txt").read_text() == "alive"


def die(work: Work) -> Counts:
    os.abort()


class Shuffled(LocalExecutor):
    """Runs the jobs of every step in an order of its own."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)

    def run(self, jobs: Iterable[Job], root: Path) -> Generator[list[Outcome], None, None]:
        shuffled = list(jobs)
        self.rng.shuffle(shuffled)
        return super().run(shuffled, root)


@pytest.mark.parametrize("seed", [1, 2])
def test_any_order_of_tasks(
    project: Path,
    built: tuple[dict[str, bytes], Result],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    seed: int,
) -> None:
    monkeypatch.setattr(api, "make_executor", lambda kind, workers: Shuffled(seed))
    corpus.build(project, output=tmp_path)
    assert files(tmp_path / "small") == built[0]


@pytest.mark.parametrize("size", ["7KB", "1MB"])
def test_another_shard_size_gives_the_same_result(
    built: tuple[dict[str, bytes], Result], tmp_path: Path, size: str
) -> None:
    sources = write_project(tmp_path / "project")
    pipeline = tmp_path / "project" / "pipelines" / "small.yaml"
    pipeline.write_text(pipeline.read_text().replace("20KB", size))
    result = corpus.build(sources, output=tmp_path, executor="local")
    assert result.root_digest == built[1].root_digest
    documents = [name for name in built[0] if name.startswith("documents/")]
    assert len(documents) != len(list((tmp_path / "small" / "documents").rglob("*.parquet")))


def test_another_place_locale_hash_seed_time_zone_and_umask(
    project: Path, built: tuple[dict[str, bytes], Result], tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "corpus", "build", str(project), "--output", str(tmp_path)]
    environment = {
        **os.environ,
        "PYTHONHASHSEED": "99",
        "LC_ALL": "C",
        "LANG": "C",
        "TZ": "Pacific/Chatham",
        "HOME": str(tmp_path),
    }
    done = subprocess.run(
        [*command, "--executor", "local"],
        env=environment,
        cwd=tmp_path,
        umask=0o077,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert files(tmp_path / "small") == built[0]


def test_another_day_and_nothing_reads_the_clock(
    project: Path,
    built: tuple[dict[str, bytes], Result],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    readers = set()
    real_time, real_time_ns = time.time, time.time_ns

    def note() -> None:
        caller = sys._getframe(2).f_globals.get("__name__", "")
        if caller.startswith("corpus.") and not caller.startswith("corpus.report"):
            readers.add(caller)

    def later() -> float:
        note()
        return real_time() + 400 * DAY

    def later_ns() -> int:
        note()
        return real_time_ns() + 400 * DAY * 10**9

    monkeypatch.setattr(time, "time", later)
    monkeypatch.setattr(time, "time_ns", later_ns)
    corpus.build(project, output=tmp_path, executor="local")
    assert readers == set()
    assert files(tmp_path / "small") == built[0]
