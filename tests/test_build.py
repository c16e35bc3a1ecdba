"""The whole path on a small project: same bytes whatever happens, nothing lost, nothing left over."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow.compute as pc
import pytest
from tokenizers import Tokenizer

import corpus
from corpus.errors import CorpusError, ManifestError, StorageError
from corpus.run import Result
from corpus.tokens.megatron import read as read_megatron
from tests.small import write_project


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def built(project: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    output = tmp_path_factory.mktemp("built")
    return output / "small", corpus.build(project, output=output, executor="local")


@pytest.fixture
def copy(built: tuple[Path, Result], tmp_path: Path) -> Iterator[Path]:
    """A copy of the finished build, free to be damaged."""
    shutil.copytree(built[0], tmp_path / "small", symlinks=True)
    yield tmp_path / "small"
    shutil.rmtree(tmp_path / "small")


def files(root: Path) -> dict[str, bytes]:
    skipped = {"timings.json", "inputs.json", ".lock"}
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.name not in skipped and "report" not in path.relative_to(root).parts
    }


def test_a_second_build_does_nothing(project: Path, built: tuple[Path, Result]) -> None:
    again = corpus.build(project, output=built[0].parent, executor="local")
    assert again.ran == 0
    assert again.root_digest == built[1].root_digest


def test_another_build_gives_the_same_bytes(
    project: Path, built: tuple[Path, Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = tmp_path / "elsewhere"
    shutil.copytree(project.parent, moved)
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    corpus.build(moved / "sources.yaml", output=tmp_path, executor="local")
    assert files(tmp_path / "small") == files(built[0])


def test_ray_gives_the_same_bytes_as_this_process(
    project: Path, built: tuple[Path, Result], tmp_path: Path
) -> None:
    command = [
        sys.executable,
        "-m",
        "corpus",
        "build",
        str(project),
        "--output",
        str(tmp_path),
        "--workers",
        "2",
    ]
    environment = {**os.environ, "PYTHONHASHSEED": "12345", "LC_ALL": "C"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    assert built[1].root_digest in done.stdout
    assert files(tmp_path / "small") == files(built[0])


def test_a_killed_build_continues_to_the_same_bytes(
    project: Path, built: tuple[Path, Result], tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "corpus", "build", str(project), "--output", str(tmp_path)]
    process = subprocess.Popen([*command, "--executor", "local"], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not list((tmp_path / "small" / "decisions").rglob("*.parquet")):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    with pytest.raises(StorageError, match="holds no finished build"):
        corpus.verify(tmp_path / "small")
    result = corpus.build(project, output=tmp_path, executor="local")
    assert 0 < result.ran < built[1].ran
    assert files(tmp_path / "small") == files(built[0])


def test_every_flipped_byte_is_found_and_its_file_named(copy: Path) -> None:
    corpus.verify(copy)
    steps = [path for path in sorted(copy.rglob("*")) if path.is_file() and "manifests" not in path.parts]
    outputs = [
        path
        for path in steps
        if path.relative_to(copy).parts[0]
        not in ("report", "manifest.json", "timings.json", "inputs.json", ".lock")
    ]
    assert len(outputs) > 50
    for path in outputs[:: len(outputs) // 25]:
        data = bytearray(path.read_bytes())
        if not data:
            continue
        data[len(data) // 2] ^= 1
        original = path.read_bytes()
        path.write_bytes(data)
        with pytest.raises(ManifestError, match=str(path)):
            corpus.verify(copy)
        path.write_bytes(original)
    corpus.verify(copy)


def test_a_file_that_belongs_to_nothing_is_found_and_removed(project: Path, copy: Path) -> None:
    stray = copy / "text" / "stray.parquet"
    stray.write_bytes(b"x")
    with pytest.raises(ManifestError, match="belongs to no manifest"):
        corpus.verify(copy)
    corpus.build(project, output=copy.parent, executor="local")
    assert not stray.exists()


def test_nothing_is_lost_in_silence(built: tuple[Path, Result]) -> None:
    run = corpus.open(built[0])
    decisions = run.table("decisions")
    verdicts = dict(zip(*(c.to_pylist() for c in decisions["verdict"].value_counts().flatten()), strict=True))
    duplicates = run.table("duplicates")
    removed = pc.sum(pc.not_equal(duplicates["id"], duplicates["survivor"])).as_py()
    assert verdicts == {"kept": 40 + 20 + 6 + 2, "dropped": 1}
    assert removed >= 1
    assert run.table("text").num_rows == verdicts["kept"] - removed
    assert run.table("documents").num_rows == decisions.num_rows
    totals = run.report["totals"]
    assert totals["documents_in"] == decisions.num_rows + 1  # the line that is no JSON
    assert totals["quarantined"] == 1
    for part in (totals, *run.report["languages"].values(), *run.report["sources"].values()):
        ends = part["kept"] + part["dropped"] + part["duplicates"] + part["quarantined"]
        assert part["documents_in"] == ends


def test_personal_data_is_redacted_and_tokens_give_back_the_text(built: tuple[Path, Result]) -> None:
    run = corpus.open(built[0])
    texts = {row["id"]: row["text"] for row in run.table("text").to_pylist()}
    assert not any("mill-river" in text for text in texts.values())
    assert any("<EMAIL>" in text for text in texts.values())
    tokenizer = Tokenizer.from_file(str(built[0] / "tokenizer" / "tokenizer.json"))
    end = tokenizer.token_to_id("</s>")
    decoded = []
    for index in sorted((built[0] / "tokens").rglob("*.idx")):
        opened = read_megatron(index)
        for start, length in zip(opened.starts, opened.lengths, strict=True):
            sequence = opened.tokens[start : start + length]
            assert sequence[-1] == end
            decoded.append(tokenizer.decode(sequence[:-1].tolist(), skip_special_tokens=False))
    assert sorted(decoded) == sorted(texts.values())


def test_a_moved_threshold_decides_again_and_measures_nothing(
    project: Path, copy: Path, tmp_path: Path
) -> None:
    changed = tmp_path / "changed"
    shutil.copytree(project.parent, changed)
    (changed / "filters" / "length.yaml").write_text(
        "filters: {characters: {signal: character_count, min: 700}}\n"
    )
    result = corpus.build(changed / "sources.yaml", output=copy.parent, executor="local")
    ran = {step.name: step.ran for step in result.steps}
    assert ran["documents"] == ran["signals"] == 0
    assert ran["decisions"] > 0
    fresh = corpus.build(changed / "sources.yaml", output=tmp_path / "fresh", executor="local")
    assert fresh.root_digest == result.root_digest


def test_too_much_that_cannot_be_read_stops_the_build(tmp_path: Path) -> None:
    sources = write_project(tmp_path, documents=2)
    (tmp_path / "stories" / "en.jsonl").write_text('{"broken\n' * 5)
    with pytest.raises(CorpusError, match=r"max_quarantine_ratio 5\.00%") as failure:
        corpus.build(sources, output=tmp_path / "build", executor="local")
    message = str(failure.value)
    assert "\n  en.jsonl, row 0: " in message
    assert message.endswith("or raise max_quarantine_ratio in pipelines/small.yaml")


def test_two_builds_at_once_in_one_folder_are_refused(project: Path, tmp_path: Path) -> None:
    from corpus.place import FolderPlace

    with (
        FolderPlace(tmp_path / "small").lock(),
        pytest.raises(StorageError, match="another build is working here"),
    ):
        corpus.build(project, output=tmp_path, executor="local")


def test_a_limit_is_documents_per_source(project: Path, tmp_path: Path) -> None:
    corpus.build(project, output=tmp_path, executor="local", limit=30)
    sources = corpus.open(tmp_path / "small").report["sources"]
    assert sources["stories"]["documents_in"] == 30
    assert sources["programs"]["documents_in"] == 6
    languages = corpus.open(tmp_path / "small").report["languages"]
    assert languages["en"]["documents_in"] == languages["fr"]["documents_in"] == 15
