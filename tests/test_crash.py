"""Builds that are stopped, killed, or met by a system that refuses: nothing half-written, and they continue.

`bench/crash.py` does the killing at random, a hundred times; these are the cases with a message of their own.
"""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import corpus
from bench import crash
from corpus.errors import CorpusError, StorageError
from corpus.manifest import RunFolder
from corpus.place import FolderPlace
from corpus.run import Silent
from corpus.steps import Step
from corpus.storage import publish, write_json
from tests.small import write_project
from tests.test_build import files


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_project(tmp_path_factory.mktemp("project"), documents=80)


@pytest.fixture(scope="module")
def expected(project: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    output = tmp_path_factory.mktemp("built")
    corpus.build(project, output=output, executor="local")
    return files(output / "small")


def check_whole(root: Path, expected: dict[str, bytes]) -> None:
    """Every file under a final name is what its manifest says, or is whole and about to get one."""
    folder, known = RunFolder(root), set()
    for path in (root / "manifests").rglob("*.json"):
        step, key = path.relative_to(root / "manifests").as_posix().removesuffix(".json").split("/", 1)
        if step in ("signals", "dedup"):
            name, key = key.split("/", 1)
            step = f"{step}/{name}"
        manifest = folder.manifest(step, key)
        assert manifest is not None, path
        folder.check(manifest)
        known |= {folder.path(step, output.name) for output in manifest.outputs}
    outputs = {
        path
        for path in root.rglob("*")
        if path.is_file()
        and path.relative_to(root).parts[0] not in ("manifests", ".scratch", "report")
        and path.parent != root
    }
    for path in outputs - known:
        assert path.read_bytes() == expected[path.relative_to(root).as_posix()]


def finish(project: Path, output: Path, expected: dict[str, bytes]) -> None:
    check_whole(output / "small", expected)
    result = corpus.build(project, output=output, executor="local")
    assert result.ran
    assert files(output / "small") == expected


@contextlib.contextmanager
def started(project: Path, output: Path, executor: str, mark: str) -> Iterator[subprocess.Popen[str]]:
    """A build on the command line that has finished its first tasks."""
    command = [sys.executable, "-m", "corpus", "build", str(project), "--output", str(output)]
    process = subprocess.Popen(
        [*command, "--executor", executor, "--workers", "2"],
        env={**os.environ, crash.MARK: mark},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A shell that runs the tests in the background has them, and so the build, ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        deadline = time.monotonic() + 180
        while len(crash.proofs(output / "small")) < 5:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        yield process
    finally:
        for pid in crash.marked(mark):
            crash.kill(pid)


def nothing_runs(mark: str, seconds: float = 60) -> bool:
    """No process of the build; two helpers of Ray, which touch no file of ours, take a minute to end."""
    deadline = time.monotonic() + seconds
    while working(mark) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not working(mark)


def working(mark: str) -> list[str]:
    helpers = ("ray::DashboardAgent", "ray::RuntimeEnvAgent")
    return [line for line in crash.marked(mark).values() if not line.startswith(helpers)]


@pytest.mark.parametrize(
    ("executor", "number", "code", "message"),
    [
        ("ray", signal.SIGTERM, 4, "stopped; run the same command again"),
        ("local", signal.SIGINT, 130, "interrupted; run the same command again"),
        ("ray", signal.SIGKILL, -9, ""),
    ],
)
def test_a_stopped_build_says_so_leaves_no_process_and_continues(
    project: Path,
    expected: dict[str, bytes],
    tmp_path: Path,
    executor: str,
    number: signal.Signals,
    code: int,
    message: str,
) -> None:
    mark = f"{tmp_path.name}-{os.getpid()}"
    with started(project, tmp_path, executor, mark) as process:
        process.send_signal(number)
        _, text = process.communicate(timeout=60)
        assert process.returncode == code
        assert message in text
        assert "Traceback" not in text
        assert nothing_runs(mark)
    finish(project, tmp_path, expected)


def test_a_file_that_cannot_grow_is_an_error_that_names_it(
    project: Path, expected: dict[str, bytes], tmp_path: Path
) -> None:
    """RLIMIT_FSIZE: the system refuses to write on in the middle of a file, as on a full disk."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "corpus",
            "build",
            str(project),
            "--output",
            str(tmp_path),
            "--executor",
            "local",
        ],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr
    finish(project, tmp_path, expected)


def test_a_full_disk_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "value.json"
    write_json(path, {"old": 1})
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    scratch.symlink_to("/dev/full")  # every write to it fails with ENOSPC
    with pytest.raises(StorageError, match=r"value\.json: cannot be written: the disk is full: free some"):
        write_json(path, {"new": 2})
    assert path.read_text() == '{\n  "old": 1\n}\n'
    assert not scratch.is_symlink()


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (errno.EACCES, "permission denied: check the owner and mode"),
        (errno.EROFS, "the file system is read-only: choose another --output"),
        (errno.ENOSPC, "the disk is full"),
    ],
)
def test_what_the_system_refuses_is_said_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, message: str
) -> None:
    """Monkeypatched: the tests may run as root, to whom no permission is denied."""

    def refuse(path: Path, target: Path) -> None:
        raise OSError(number, os.strerror(number), str(path))

    (tmp_path / "scratch").write_text("x")
    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(StorageError, match=f"final: cannot be published: {message}"):
        publish(tmp_path / "scratch", tmp_path / "final")
    assert not (tmp_path / "final").exists()


def test_a_folder_that_may_not_be_written_is_said_before_anything_runs(tmp_path: Path) -> None:
    """As an ordinary user, where the tests run as root."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        with (
            pytest.raises(
                StorageError, match="cannot be written: Permission denied; choose another --output"
            ),
            FolderPlace(closed / "small").lock(),
        ):
            pass
    finally:
        os.seteuid(user)


class During(Silent):
    """Does something when a step begins."""

    def __init__(self, name: str, action: Callable[[], object]) -> None:
        self.name, self.action = name, action

    def step_started(self, step: Step, tasks: int, done: int) -> None:
        if step.name == self.name:
            self.action()


def test_an_input_that_vanishes_is_named_and_can_come_back(
    expected: dict[str, bytes], tmp_path: Path
) -> None:
    sources = write_project(tmp_path / "project", documents=80)
    french = tmp_path / "project" / "stories" / "fr.jsonl"
    text = french.read_bytes()
    with pytest.raises(CorpusError, match=r"fr\.jsonl"):
        corpus.build(sources, output=tmp_path, executor="local", listener=During("documents", french.unlink))
    french.write_bytes(text)
    finish(sources, tmp_path, expected)


def test_an_input_that_changed_between_runs_is_read_again(
    project: Path, tmp_path: Path, expected: dict[str, bytes]
) -> None:
    sources = write_project(tmp_path / "project", documents=80)
    english = tmp_path / "project" / "stories" / "en.jsonl"
    text = english.read_bytes()
    english.write_bytes(text.replace(b'"en-3"', b'"changed"'))
    changed = corpus.build(sources, output=tmp_path, executor="local")
    english.write_bytes(text)
    result = corpus.build(sources, output=tmp_path, executor="local")
    assert result.root_digest != changed.root_digest
    assert files(tmp_path / "small") == expected


def test_an_input_that_changes_while_it_is_read_is_read_again_by_the_next_build(
    tmp_path: Path, expected: dict[str, bytes]
) -> None:
    sources = write_project(tmp_path / "project", documents=80)
    english = tmp_path / "project" / "stories" / "en.jsonl"
    text = english.read_bytes()
    english.write_bytes(text.replace(b'"en-3"', b'"changed"'))
    corpus.build(
        sources,
        output=tmp_path,
        executor="local",
        listener=During("documents", lambda: english.write_bytes(text)),
    )
    corpus.build(sources, output=tmp_path, executor="local")
    assert files(tmp_path / "small") == expected


def test_one_large_file_becomes_many_shards_in_one_sequential_read(tmp_path: Path) -> None:
    import zstandard

    sources = write_project(tmp_path, documents=600)
    (tmp_path / "stories" / "fr.jsonl").unlink()
    plain = tmp_path / "stories" / "en.jsonl"
    (tmp_path / "stories" / "en.jsonl.zst").write_bytes(zstandard.compress(plain.read_bytes()))
    plain.unlink()
    sources.write_text(
        sources.read_text().replace("{en: [en.jsonl], fr: [fr.jsonl]}", "{en: [en.jsonl.zst]}")
    )
    result = corpus.build(sources, output=tmp_path, executor="local")
    steps = {step.name: step for step in result.steps}
    shards = len(list((tmp_path / "small" / "decisions" / "stories").glob("*.parquet")))
    assert steps["documents"].tasks == 2  # one a source: the file is opened once
    assert shards > 20
    assert steps["decisions"].tasks == shards + 1
