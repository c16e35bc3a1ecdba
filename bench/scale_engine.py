"""What the engine costs as a corpus grows: memory by shards, CPU by size, workers busy with one huge file.

    python bench/scale_engine.py memory [--real 1000 10000] [--planned 1000 10000 100000] [--json FILE]
    python bench/scale_engine.py growth [--megabytes 6] [--json FILE]
    python bench/scale_engine.py huge [--megabytes 2000] [--workers 2] [--json FILE]

memory: a project of one small document a file and a shard. `--real` builds it on Ray as anyone would, with
the report, and again when there is nothing to do. `--planned` is the driver alone, in steps from `documents`
to `text`: plan, checks, exchanges, sums and sweeps are what they always are, but no task runs; a stand-in
writes its manifest. Memory is the peak of the driver, and of the largest worker.

growth: `--megabytes` of distinct text (lines of the real input, drawn anew for every document), then 2, 4 and
8 times as much, each a build of its own in one process that has loaded and compiled everything before. Of the
CPU seconds of all that grows with the text, a straight line through the four builds gives what a build costs
before the first byte; the rest is held against the size. Training, once a build, is shown apart.

huge: one JSONL.zst of 2 GB of text, built with two workers by a pipeline without models (languages, text
signals, exact duplicates, 16,000 entries); how much of their time they were in a task, step by step: the
seconds of all tasks over the seconds of the step, times the workers. It takes about 6 GB of disk.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
if TYPE_CHECKING:
    from corpus.manifest import Manifest
    from corpus.task import Job, Outcome, Task

INPUT = ROOT.parent / "shared" / "real_input"
#: Sources of edited prose that lines are drawn from.
PROSE = ("bible_chapters", "debian_handbook", "libreoffice_help", "masakhanews", "tico19", "pratham_books")
DRIVER_BYTES, FLAT = 500e6, 0.15
#: Trained or solved once a build, on a sample or on counts: not a cost by megabyte.
TRAINING = {"language_models", "adult_urls", "adult_model", "tokenizer", "tokenizer_card", "mixture"}
#: The last step of a planned run: those that follow have a task a bucket, however many shards there are.
LAST = "text"

_SOURCES = """\
name: scale
pipeline: scale
sources:
  text:
    licence: CC0-1.0
    reader: {{type: jsonl, path: text}}
    languages: {languages}
{more}"""
_PIPELINE = """\
seed: 7
shard_bytes: {shard_bytes}
buckets: {buckets}
signals: {{language: {{}}, text: {{}}{signals}}}
filters: [length]
dedup: {{exact: {{}}{dedup}, partitions: 8}}
tokenizer: small
mixture: everything
pack: {{length: 2048, shards: {shards}}}
"""


def write_recipes(
    folder: Path,
    languages: dict[str, list[str]],
    shard_bytes: str,
    trains: bool = False,
    vocabulary: int = 600,
    **pipeline: object,
) -> Path:
    """The recipes of a project whose text lies in `folder`/text; gives its sources.yaml."""
    for name in ("pipelines", "filters", "tokenizer"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    more = "    reference: true\n" if trains else ""
    (folder / "sources.yaml").write_text(_SOURCES.format(languages=json.dumps(languages), more=more))
    asked: dict[str, object] = {
        "signals": ", pii: {}, perplexity: {}" if trains else "",
        "dedup": ", minhash: {}",
        "buckets": 8,
        "shards": 4,
    }
    text = _PIPELINE.format(shard_bytes=shard_bytes, **(asked | pipeline))
    (folder / "pipelines/scale.yaml").write_text(text)
    (folder / "filters/length.yaml").write_text(
        "filters:\n  characters: {signal: character_count, min: 100}\n"
    )
    (folder / "tokenizer/small.yaml").write_text(f"vocabulary: {vocabulary}\n")
    (folder / "tokenizer/everything.yaml").write_text("target_tokens: null\n")
    return folder / "sources.yaml"


# ---------------------------------------------------------------------- memory


def write_shards(folder: Path, shards: int) -> Path:
    """A project of as many files of one document each; a document is a shard."""
    rng = random.Random(shards)
    words = [
        f"{a}{b}{c}" for a in ("ba", "lo", "mi", "ne", "tu") for b in ("ra", "so", "vi") for c in "klnst"
    ]
    for number in range(shards):
        path = folder / "text" / f"{number // 1000:04d}" / f"{number:07d}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        text = " ".join(rng.choice(words) for _ in range(60))
        path.write_text(json.dumps({"id": str(number), "text": f"{text} {number}"}) + "\n")
    return write_recipes(folder, {"en": ["*/*.jsonl"]}, "300B")


class StandIn:
    """Runs no task: writes the manifest each would have left, with made-up digests, as workers would."""

    def run(self, jobs: Iterable[Job], root: str) -> Generator[list[Outcome], None, None]:
        from corpus.manifest import RunFolder
        from corpus.task import Outcome, fingerprint

        for job in jobs:
            folder = RunFolder(root)
            for task in job:
                found = fingerprint(task, folder)
                if found is None:
                    raise SystemExit(f"{task.step}/{task.key}: an input is not there")
                folder.store(made(task, *found))
                if task.step == "duplicates":
                    folder.place.write("duplicates/clusters.json", b"[]")
            yield [Outcome(task.step, task.key, ran=True) for task in job]

    def close(self) -> None:
        pass


def made(task: Task, fingerprint: str, reasons: dict[str, str]) -> Manifest:
    """The manifest of a task of the project of `write_shards`, by the outputs, parts and counts it has."""
    from corpus.manifest import Manifest, Output
    from corpus.task import Files

    step, key = task.step, task.key
    counts = {"documents_in/text/en": 1, "kept/text/en": 1}
    kind = step.removeprefix("dedup/")
    names, parts = [f"{key}.parquet"], {}
    if step == "documents":
        names, counts = [f"{key}-000.parquet"], {"documents_in/text/en": 1, "bytes_in/text/en": 400}
    elif step.startswith("dedup/") and kind != "components":
        names = [f"{key}/{kind}.parquet"]
        shared = range(8) if kind in ("bands", "members") else ()
        parts = {f"{names[0]}#{part}": f"{part:032x}" for part in shared}
    elif step in ("dedup/components", "duplicates"):  # one task with a file for every shard
        (bands,) = task.inputs["bands"]
        listed = bands.names.splitlines() if isinstance(bands, Files) else []
        names = [f"{name.rpartition('/')[0]}.parquet" for name in listed]
        names += ["clusters.json", "overlap.json"] if step == "duplicates" else []
    elif step == "scatter":
        parts = {f"{names[0]}#{sum(key.encode()) % 8:05d}": "0" * 32}
    outputs = tuple(Output(name, 2, f"{number:032x}") for number, name in enumerate(names))
    return Manifest(step, key, fingerprint, outputs, counts, reasons, parts)


def drive(sources: Path, output: Path, kind: str, workers: int) -> dict[str, Any]:
    """One build in this process, which is the driver; what it and its workers took."""
    import corpus
    from corpus import api, run, steps

    started = time.monotonic()
    if kind == "real":
        done = corpus.build(sources, output=output, executor="ray", workers=workers).steps
    else:
        every = steps.steps

        def until_last(build: steps.Build) -> tuple[steps.Step, ...]:
            names = [step.name for step in every(build)]
            return every(build)[: names.index(LAST) + 1]

        run.steps = until_last  # type: ignore[assignment]
        project = api.load(sources)
        folder = run.RunFolder(output / project.name)
        with folder.place.lock():
            build = api.prepare(project, folder, 0, False, None)
            done, _ = run.run_steps(build, StandIn(), Progress())
    status = Path("/proc/self/status").read_text()
    return {
        "tasks": sum(step.tasks for step in done),
        "ran": sum(step.ran for step in done),
        "seconds": time.monotonic() - started,
        "driver": int(re.search(r"VmHWM:\s+(\d+)", status)[1]) * 1024,  # type: ignore[index]
        "driver_cpu": time.process_time(),
        "worker": max((step.peak_rss_bytes for step in done), default=0),
    }


class Progress:
    """Names the steps on stderr, with the memory of this process after each."""

    def step_started(self, step: Any, tasks: int, done: int) -> None:
        pass

    def task_ended(self, step: Any, outcome: Any) -> None:
        pass

    def step_ended(self, step: Any, result: Any) -> None:
        now = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
        print(f"{step.name}: {result.ran} of {result.tasks}, {result.seconds:.0f} s, "
              f"{int(now[1]) / 1000 if now else 0:.0f} MB", file=sys.stderr)  # fmt: skip


def drive_apart(sources: Path, output: Path, kind: str, workers: int) -> dict[str, Any]:
    """`drive` in a process of its own."""
    command = [sys.executable, __file__, "drive", str(sources), str(output), kind, str(workers)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def memory(folder: Path, real: list[int], plans: list[int], workers: int) -> dict[str, Any]:
    print("| shards | tasks are | tasks | seconds | driver CPU s | driver MB | largest worker MB | "
          "again: seconds | driver MB |\n|---|---|---|---|---|---|---|---|---|")  # fmt: skip
    goals = {}
    for kind, shards in [*(("real", n) for n in real), *(("planned", n) for n in plans)]:
        place = folder / f"{kind}-{shards}"
        sources = write_shards(place, shards)
        first = drive_apart(sources, place / "build", kind, workers)
        again = first
        if kind == "real":
            again = drive_apart(sources, place / "build", kind, workers)
            if again["ran"]:
                raise SystemExit(f"{again['ran']} tasks ran again")
        worker = f"{first['worker'] / 1e6:.0f}" if kind == "real" else ""
        second = f"{again['seconds']:.0f} | {again['driver'] / 1e6:.0f}" if kind == "real" else "|"
        print(f"| {shards:,} | {kind} | {first['tasks']:,} | {first['seconds']:.0f} | "
              f"{first['driver_cpu']:.0f} | {first['driver'] / 1e6:.0f} | {worker} | {second} |",
              flush=True)  # fmt: skip
        peak = max(first["driver"], again["driver"])
        goals[f"driver bytes, {shards} shards, {kind}"] = goal(peak, DRIVER_BYTES, peak < DRIVER_BYTES)
        shutil.rmtree(place)
    return goals


def goal(value: float, limit: float, met: bool) -> dict[str, Any]:
    return {"value": value, "goal": limit, "met": met}


# ------------------------------------------------------------------ text, made


def lines_of(languages: int) -> dict[str, list[str]]:
    """Lines of the real input of 40 characters and more, of the languages that have most of them."""
    import zstandard

    found: dict[str, set[str]] = {}
    for path in sorted(path for source in PROSE for path in (INPUT / source).glob("*.jsonl.zst")):
        language = path.name.removesuffix(".jsonl.zst")
        if language.startswith("x-"):
            continue
        with zstandard.open(path, "rt", encoding="utf-8") as file:
            for row in file:
                lines = json.loads(row)["text"].splitlines()
                found.setdefault(language, set()).update(line for line in lines if 40 <= len(line) <= 1000)
    if not found:
        raise SystemExit(f"needs the real input in {INPUT}")
    largest = sorted(found, key=lambda name: -sum(map(len, found[name])))[:languages]
    return {name: sorted(found[name]) for name in largest}


def documents(lines: dict[str, list[str]], seed: int) -> Iterator[tuple[str, dict[str, str]]]:
    """(language, document) without end: 10 to 60 lines of one language each, drawn at random."""
    rng = random.Random(seed)
    for number in itertools.count():
        language = rng.choice(sorted(lines))
        text = "\n".join(rng.choices(lines[language], k=rng.randint(10, 60)))
        yield language, {"id": f"{seed}-{number}", "text": text}


def write_text(folder: Path, lines: dict[str, list[str]], size: float, files: int) -> float:
    """`size` MB of documents in `files` files for each language; gives the MB of their text."""
    (folder / "text").mkdir(parents=True)
    written = 0
    handles = {
        (name, n): (folder / "text" / f"{name}.{n}.jsonl").open("w") for name in lines for n in range(files)
    }
    for number, (language, row) in enumerate(documents(lines, 1)):
        handles[language, number % files].write(json.dumps(row, ensure_ascii=False) + "\n")
        written += len(row["text"].encode())
        if written >= size * 1e6:
            break
    for handle in handles.values():
        handle.close()
    return written / 1e6


def timings(root: Path) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = json.loads((root / "timings.json").read_text())
    return found


# ---------------------------------------------------------------------- growth


def growth(folder: Path, megabytes: float) -> dict[str, Any]:
    import numpy as np

    import corpus

    lines = lines_of(8)
    sizes: list[float] = []
    cpu: list[dict[str, float]] = []
    for factor in (0.05, 1, 2, 4, 8):  # the first one loads and compiles
        place = folder / f"{factor}x"
        size = write_text(place, lines, megabytes * factor, 1)
        languages = {name: [f"{name}.*.jsonl"] for name in lines}
        sources = write_recipes(place, languages, "1MB", trains=True, vocabulary=16_000)
        started = time.process_time()
        corpus.build(sources, output=place / "build", executor="local")
        whole = time.process_time() - started
        used = {name: step["cpu_seconds"] for name, step in timings(place / "build/scale").items()}
        used["driver, report"] = whole - sum(used.values())
        if factor < 1:
            print(f"start, once a process: {whole:.1f} CPU seconds ({size:.2f} MB)\n")
        else:
            sizes.append(size)
            cpu.append(used)
        shutil.rmtree(place)
    print(f"| CPU seconds per MB | {' | '.join(f'{size:.1f} MB' for size in sizes)} |\n|---|---|---|---|---|")
    rows = [name for name in cpu[-1] if name not in TRAINING]
    for name in rows:
        print(
            f"| {name} | " + " | ".join(f"{c[name] / s:.4f}" for c, s in zip(cpu, sizes, strict=True)) + " |"
        )
    grown = [sum(c[name] for name in rows) for c in cpu]
    each = [value / size for value, size in zip(grown, sizes, strict=True)]
    print("| **all of these** | " + " | ".join(f"**{value:.3f}**" for value in each) + " |")
    slope, fixed = np.polyfit(sizes, grown, 1, w=1 / np.array(sizes))
    rest = [(value - fixed) / size for value, size in zip(grown, sizes, strict=True)]
    print(f"| less {fixed:.1f} s a build | " + " | ".join(f"{value:.3f}" for value in rest) + " |")
    training = [sum(value for name, value in c.items() if name in TRAINING) for c in cpu]
    print("| training, CPU seconds | " + " | ".join(f"{value:.1f}" for value in training) + " |")
    worst = max(abs(value / slope - 1) for value in rest)
    print(f"\n{slope:.3f} CPU seconds a MB; farthest from it: {worst:.1%}")
    return {"CPU a MB, 1x to 8x, farthest from flat": goal(float(worst), FLAT, bool(worst <= FLAT))}


# ------------------------------------------------------------------------ huge


def huge(folder: Path, megabytes: float, workers: int) -> dict[str, Any]:
    import zstandard

    lines = lines_of(8)
    written = 0
    (folder / "text").mkdir(parents=True)
    with zstandard.open(folder / "text" / "all.jsonl.zst", "wt", encoding="utf-8") as file:
        for _, row in documents(lines, 2):
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
            written += len(row["text"].encode())
            if written >= megabytes * 1e6:
                break
    size = (folder / "text" / "all.jsonl.zst").stat().st_size
    print(f"one file of {written / 1e6:.0f} MB of text, {size / 1e6:.0f} MB compressed", flush=True)
    sources = write_recipes(
        folder,
        {"und": ["all.jsonl.zst"]},
        f"{max(4, round(megabytes / 125))}MB",
        vocabulary=16_000,
        dedup="",
        buckets=32,
        shards=16,
    )
    command = [sys.executable, "-m", "corpus", "build", str(sources), "--output", str(folder / "build"),
               "--workers", str(workers)]  # fmt: skip
    started = time.monotonic()
    subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    whole = time.monotonic() - started
    found = timings(folder / "build/scale")
    disk = sum(path.stat().st_size for path in (folder / "build").rglob("*") if path.is_file())
    print(f"{workers} workers, {whole:.0f} s; the build takes {disk / 1e9:.1f} GB of disk\n")
    print("| step | tasks | seconds | workers busy | CPU seconds | largest worker, MB |")
    print("|---|---|---|---|---|---|")
    for name, step in sorted(found.items(), key=lambda item: -item[1]["seconds"]):
        print(f"| {name} | {step['tasks']} | {step['seconds']:.1f} | "
              f"{_busy([step], workers):.0%} | {step['cpu_seconds']:.1f} | "
              f"{step['peak_rss_bytes'] / 1e6:.0f} |")  # fmt: skip
    after = [step for name, step in found.items() if name != "documents"]
    shared = _busy([step for step in after if step["tasks"] >= workers], workers)
    print(
        f"\nafter reading: {_busy(after, workers):.0%} of all workers; in steps of several tasks {shared:.0%}"
    )
    return {
        "tasks a file is read by": goal(found["documents"]["tasks"], 1, found["documents"]["tasks"] == 1),
        "workers busy in steps of several tasks": goal(shared, 0.8, shared >= 0.8),
    }


def _busy(steps: list[dict[str, float]], workers: int) -> float:
    """The share of the workers' time that was in a task."""
    return sum(step["task_seconds"] for step in steps) / (workers * sum(step["seconds"] for step in steps))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("memory", "growth", "huge"):
        command = commands.add_parser(name)
        command.add_argument("--json", type=Path)
        command.add_argument("--workers", type=int, default=2)
        if name == "memory":
            command.add_argument("--real", type=int, nargs="*", default=[1000, 10_000])
            command.add_argument("--planned", type=int, nargs="*", default=[1000, 10_000, 100_000])
        else:
            command.add_argument("--megabytes", type=float, default=6 if name == "growth" else 2000)
    driven = commands.add_parser("drive")
    for name in ("sources", "output", "kind", "workers"):
        driven.add_argument(name)
    arguments = parser.parse_args()
    if arguments.command == "drive":
        place = Path(arguments.sources), Path(arguments.output)
        print(json.dumps(drive(*place, arguments.kind, int(arguments.workers))))
        return
    folder = Path(tempfile.mkdtemp(prefix="scale"))
    try:
        if arguments.command == "memory":
            goals = memory(folder, arguments.real, arguments.planned, arguments.workers)
        elif arguments.command == "growth":
            goals = growth(folder, arguments.megabytes)
        else:
            goals = huge(folder, arguments.megabytes, arguments.workers)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if arguments.json:
        arguments.json.write_text(json.dumps({"goals": goals}, indent=1))


if __name__ == "__main__":
    main()
