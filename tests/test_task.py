from __future__ import annotations

from pathlib import Path

import pytest

from corpus.errors import StorageError, TaskError
from corpus.manifest import RunFolder, root_digest
from corpus.storage import digest_file
from corpus.task import External, Ref, Task, fingerprint, is_done, run_job
from corpus.work import Counts, Work

HERE = "tests.test_task"


def copy_upper(work: Work) -> Counts:
    text = work.input("text").read_text()
    work.output("out.txt").write_text(text.upper())
    work.part("out.txt", "head", text[:1])
    return {"characters": len(text)}


def fail_half_way(work: Work) -> Counts:
    work.output("out.txt").write_text("half")
    raise ValueError("no more")


def full_disk(work: Work) -> Counts:
    raise OSError(28, "No space left on device", "out.txt")


def lose_the_lock(work: Work) -> Counts:
    work.output("out.txt").write_text("of an earlier build")
    (work.folder.parents[1] / ".lock").write_text("another owner")
    return {}


def write_named(work: Work) -> Counts:
    for name in work.options["names"]:
        work.output(name).write_text(name)
    return {}


def task(source: Path, function: str = "copy_upper", **options: object) -> Task:
    return Task(
        "upper",
        "a/0",
        f"{HERE}:{function}",
        1,
        {"text": (External(str(source), digest_file(source)),)},
        options,
        folder="a",
    )


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in.txt"
    path.write_text("abc")
    return path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "run"


def test_runs_once_then_is_proven(source: Path, root: Path) -> None:
    assert run_job((task(source),), str(root))[0].ran
    assert not run_job((task(source),), str(root))[0].ran
    assert (root / "upper" / "a" / "out.txt").read_text() == "ABC"
    manifest = RunFolder(root).manifest("upper", "a/0")
    assert manifest is not None
    assert manifest.counts == {"characters": 3}
    assert manifest.parts == {"a/out.txt#head": "a"}


@pytest.mark.parametrize("change", ["input", "option", "missing", "truncated", "damaged manifest"])
def test_runs_again_when_anything_changed(source: Path, root: Path, change: str) -> None:
    run_job((task(source),), str(root))
    output = root / "upper" / "a" / "out.txt"
    again = task(source)
    if change == "input":
        source.write_text("abcd")
        again = task(source)
    elif change == "option":
        again = task(source, more=True)
    elif change == "missing":
        output.unlink()
    elif change == "truncated":
        output.write_text("AB")
    else:
        (root / "manifests" / "upper" / "a" / "0.json").write_text("{")
    assert run_job((again,), str(root))[0].ran
    assert output.read_text() == source.read_text().upper()


def test_the_path_of_an_input_is_not_part_of_the_fingerprint(
    source: Path, root: Path, tmp_path: Path
) -> None:
    run_job((task(source),), str(root))
    moved = tmp_path / "elsewhere.txt"
    moved.write_text("abc")
    assert is_done(task(moved), RunFolder(root))


def test_a_failure_names_step_and_shard_and_leaves_nothing(source: Path, root: Path) -> None:
    with pytest.raises(TaskError, match=r"step 'upper', shard 'a/0': ValueError: no more"):
        run_job((task(source, "fail_half_way"),), str(root))
    assert [path for path in root.rglob("*") if path.is_file()] == []


def test_a_failure_keeps_the_output_that_was_there(source: Path, root: Path) -> None:
    run_job((task(source),), str(root))
    with pytest.raises(TaskError):
        run_job((task(source, "fail_half_way"),), str(root))
    assert is_done(task(source), RunFolder(root))


def test_a_full_disk_is_said_plainly(source: Path, root: Path) -> None:
    with pytest.raises(TaskError, match="No space left on device"):
        run_job((task(source, "full_disk"),), str(root))


def test_an_unwritable_place_is_a_storage_error(source: Path, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "upper").write_text("a file where a folder must be")
    with pytest.raises(StorageError, match="cannot be published"):
        run_job((task(source),), str(tmp_path / "run"))


def test_a_worker_that_outlives_its_build_publishes_nothing(source: Path, root: Path) -> None:
    run_job((task(source),), str(root))
    with pytest.raises(TaskError, match="another build has taken the run folder over"):
        run_job((task(source, "lose_the_lock"),), str(root))
    assert (root / "upper" / "a" / "out.txt").read_text() == "ABC"


def test_outputs_no_longer_made_are_deleted(source: Path, root: Path) -> None:
    run_job((task(source, "write_named", names=["x", "y"]),), str(root))
    run_job((task(source, "write_named", names=["y"]),), str(root))
    assert sorted(path.name for path in (root / "upper" / "a").iterdir()) == ["y"]


def test_a_part_that_did_not_change_does_not_change_its_reader(source: Path, root: Path) -> None:
    whole = Task("next", "0", f"{HERE}:copy_upper", 1, {"text": (Ref("upper", "a/0", "a/out.txt"),)})
    head = Task("next", "1", f"{HERE}:copy_upper", 1, {"text": (Ref("upper", "a/0", "a/out.txt", "head"),)})
    run_job((task(source), whole, head), str(root))
    source.write_text("axx")
    run_job((task(source),), str(root))
    folder = RunFolder(root)
    assert not is_done(whole, folder)
    assert is_done(head, folder)


def test_a_missing_input_gives_no_fingerprint(root: Path) -> None:
    lost = Task("next", "0", f"{HERE}:copy_upper", 1, {"text": (Ref("upper", "a/0", "a/out.txt"),)})
    assert fingerprint(lost, RunFolder(root)) is None


def test_root_digest_depends_on_content_and_not_on_order(source: Path, root: Path) -> None:
    run_job((task(source, "write_named", names=["x", "y"]),), str(root))
    first = RunFolder(root).manifest("upper", "a/0")
    source.write_text("abcd")
    run_job((task(source),), str(root))
    second = RunFolder(root).manifest("upper", "a/0")
    assert first is not None
    assert second is not None
    assert root_digest([first, second]) == root_digest([second, first])
    assert root_digest([first]) != root_digest([second])
