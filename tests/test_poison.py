"""A document that ends the process of a plug-in costs that document, and nothing else."""

from __future__ import annotations

import contextlib
import json
import os
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import corpus
from corpus.errors import CorpusError, SignalError
from corpus.isolate import Isolated, Limits, close_all
from corpus.recipe import Model
from corpus.signal import Signal, declared
from corpus.stages import annotate
from corpus.storage import write_parquet
from corpus.work import Work
from tests.small import write_project

PLUGIN = '''
import ctypes, os, sys
import pyarrow as pa
import corpus

@corpus.signal
def fragile(text: str) -> int:
    """Length of the text, of those that do not bite."""
    if "poison:raise" in text:
        raise ValueError("bitter")
    if "poison:crash" in text:
        ctypes.string_at(0)
    if "poison:loop" in text:
        while True:
            pass
    if "poison:grow" in text:
        kept = []
        while True:
            kept.append(bytes(50_000_000))
    if "poison:exit" in text:
        sys.exit(3)
    return len(text)

@corpus.edit
def careful(text: str) -> str:
    if "poison:edit" in text:
        ctypes.string_at(0)
    if "poison:refuse" in text:
        raise ValueError("no")
    return text.replace("poison", "poison!") if "antidote" in text else text
'''
REASONS = {
    "raise": "ValueError: bitter",
    "crash": "killed its process (SIGSEGV)",
    "loop": "took more than 1 s",
    "grow": "needed more than 400 MB of memory",
    "exit": "ended its process (exit code 1)",
}


def write_poisoned(folder: Path, kinds: tuple[str, ...], ratio: float = 0.2, documents: int = 300) -> Path:
    """The small project with a plug-in that fails on some documents, `kinds` of them."""
    sources = write_project(folder, documents)
    (folder / "filters" / "fragile.py").write_text(PLUGIN)
    (folder / "filters" / "fragile.yaml").write_text(
        "plugins: [fragile.py]\nfilters: {fragile: {signal: fragile, min: 1}}\n"
    )
    pipeline = folder / "pipelines" / "small.yaml"
    text = pipeline.read_text().replace("ratio: 0.05", f"ratio: {ratio}")
    text = text.replace("filters: [", "filters: [fragile, ").replace("20KB", "1MB")
    pipeline.write_text(text + "max_document_seconds: 1\nmax_document_memory_bytes: 400MB\n")
    sources.write_text(sources.read_text().replace("priority: 2\n", "priority: 2\n    clean: [careful]\n"))
    stories = folder / "stories" / "en.jsonl"
    lines = stories.read_text().splitlines(keepends=True)
    for index, kind in enumerate(kinds):
        row = {"id": f"poison-{kind}", "text": f"poison:{kind} " + "and what the children saw there " * 9}
        lines.insert(11 + 37 * index, json.dumps(row) + "\n")
    stories.write_text("".join(lines))
    return sources


def outcome(run: Path) -> dict[str, str]:
    """Native id to error, of all quarantined documents."""
    opened = corpus.open(run)
    decisions = {row["id"]: row for row in opened.table("decisions").to_pylist()}
    return {
        row["native_id"]: decisions[row["id"]]["error"]
        for row in opened.table("documents").to_pylist()
        if decisions[row["id"]]["verdict"] == "quarantined"
    }


def test_each_kind_of_poison_costs_one_document_and_says_why(tmp_path: Path) -> None:
    sources = write_poisoned(tmp_path, tuple(REASONS))
    corpus.build(sources, output=tmp_path / "build", executor="local")
    run = tmp_path / "build" / "small"
    assert outcome(run) == {f"poison-{kind}": f"fragile: {reason}" for kind, reason in REASONS.items()}
    decisions = corpus.open(run).table("decisions")
    assert decisions.num_rows == 300 + 3 + 150 + 6 + len(REASONS)
    corpus.verify(run)


def children() -> set[str]:
    """The processes this one has started and not waited for."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if path.read_text().rpartition(")")[2].split()[1] == str(os.getpid()):
                found.add(path.parent.name)
    return found


def test_no_process_is_left_after_a_build(tmp_path: Path) -> None:
    before = children()
    corpus.build(write_poisoned(tmp_path, ("crash",)), output=tmp_path / "build", executor="local")
    assert children() <= before  # other tests of this process may have left some of their own


def test_an_edit_that_crashes_costs_the_document(tmp_path: Path) -> None:
    sources = write_poisoned(tmp_path, ("edit", "refuse", "antidote"))
    corpus.build(sources, output=tmp_path / "build", executor="local")
    opened = corpus.open(tmp_path / "build" / "small")
    rows = pq.read_table(opened.root / "documents" / "stories" / "00000.quarantine.parquet").to_pylist()
    assert sorted((row["row"], row["error"]) for row in rows if "Expecting" not in row["error"]) == [
        (11, "careful: killed its process (SIGSEGV)"),
        (48, "ValueError: no"),
    ]
    texts = opened.table("documents")["text"].to_pylist()
    assert sum(text.startswith("poison!:antidote") for text in texts) == 1


def test_too_much_poison_stops_the_build(tmp_path: Path) -> None:
    sources = write_poisoned(tmp_path, ("crash", "exit"), ratio=0.003)
    with pytest.raises(CorpusError, match=r"2 of \d+ documents .* max_quarantine_ratio 0\.30%") as raised:
        corpus.build(sources, output=tmp_path / "build", executor="local")
    assert raised.value.exit_code == 1


def test_a_raised_limit_measures_again_and_only_plug_ins(tmp_path: Path) -> None:
    sources = write_poisoned(tmp_path, (), documents=20)
    corpus.build(sources, output=tmp_path / "build", executor="local")
    pipeline = tmp_path / "pipelines" / "small.yaml"
    pipeline.write_text(pipeline.read_text().replace("seconds: 1", "seconds: 2"))
    planned = {step.step.name: step.why for step in corpus.plan(sources, output=tmp_path / "build")}
    assert planned["documents"] == {"changed: options": 1}
    result = corpus.build(sources, output=tmp_path / "build", executor="local")
    signals = next(step for step in result.steps if step.name == "signals")
    assert signals.ran == signals.tasks // 5  # five groups, one of them the plug-in's


def test_a_built_in_signal_that_crashes_costs_the_document_once_a_worker_died(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @corpus.signal(name="brittle")
    def brittle(text: str) -> int:
        if text == "b":
            os.abort()
        return len(text)

    found = declared(brittle)
    assert isinstance(found, Signal)
    monkeypatch.setattr(annotate, "group", lambda name, options: found)
    monkeypatch.setitem(annotate.OPTIONS, "brittle", Model)
    documents = tmp_path / "documents.parquet"
    write_parquet(pa.table({"text": pa.array(["a", "b", "c"], pa.large_string())}), documents)
    options = {"group": "brittle", "settings": {}, "reads": [], "plugin": ""}
    work = Work("signals", "shard", {"documents": (documents,)}, options, tmp_path, isolate=True)
    assert annotate.annotate(work) == {"measured": 2, "failed": 1}
    close_all()
    table = pq.read_table(tmp_path / "shard.parquet")
    assert table["brittle"].to_pylist() == [1, None, 1]
    assert table["brittle_error"].to_pylist() == [None, "brittle: killed its process (SIGABRT)", None]


def make_nothing():  # type: ignore[no-untyped-def]
    raise OSError("no model")


def make_crash():  # type: ignore[no-untyped-def]
    os.abort()


def test_a_process_is_kept_from_call_to_call() -> None:
    process = Isolated("pid", lambda: lambda _: os.getpid(), Limits(5, 10**9))
    first, second = process.call(0).value, process.call(0).value
    process.close()
    assert first == second != os.getpid()


def test_what_cannot_be_made_is_an_error_and_no_quarantine() -> None:
    for make, message in ((make_nothing, "OSError: no model"), (make_crash, "SIGABRT")):
        process = Isolated("model", make, Limits(5, 10**9))
        with pytest.raises(SignalError, match=rf"'model': cannot be made: .*{message}"):
            process.call(1)


def test_what_waits_is_not_waited_for_for_ever() -> None:
    process = Isolated("sleeper", lambda: lambda _: time.sleep(60), Limits(0.1, 10**9))
    answer = process.call(1)
    assert answer.is_slow
    assert "gave no answer in 1 s" in answer.reason


def test_one_that_fails_only_after_others_is_tried_in_a_fresh_process() -> None:
    """A process that leaks, or was damaged before, must not cost a document that did no harm."""

    def make():  # type: ignore[no-untyped-def]
        seen: list[int] = []

        def second_kills(values: list[int]) -> list[int]:
            seen.extend(values)
            if len(seen) > 1:
                os.abort()
            return values

        return second_kills

    process = Isolated("leaky", make, Limits(5, 10**9))
    parts = process.parts([1, 2, 3], ([value] for value in (1, 2, 3)), lambda reason: [reason])
    process.close()
    assert parts == [[1], [2], [3]]
