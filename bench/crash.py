"""Kills at random moments: does a build that is run again end with the same bytes, and what does it cost?

    python bench/crash.py [--kills 100] [--seed 1] [--workers 2] [--documents 60] [--poison] [--json FILE]

Builds a small project on Ray (real input where it is there, else generated text), with a plug-in signal that
segfaults on one document, again and again; kills -9, at moments and of kinds drawn from the seed, a worker, a
plug-in's process, the driver, the raylet, or every process at once; runs the same command until it ends well.
A build is left alone after twelve kills. Every finished build must hold the same files with the same bytes as
one that nobody disturbed, and no more. Work repeated counts tasks: those cut off by a kill, and those that
ran again although they were done, over the tasks of the plans.
Linux only: processes are found by a mark in their environment, and only those are ever killed.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
from tests.small import write_project  # noqa: E402

INPUT = ROOT.parent / "shared" / "real_input"
KINDS = ("worker", "plugin", "driver", "raylet", "all")
#: Kills of single processes, which a build survives, are drawn more often: the others cost a start of Ray.
WEIGHTS = {"worker": 3, "plugin": 3, "driver": 1, "raylet": 1, "all": 1}
#: Kills of one build: then it may end, however slow the machine is, so that 100 kills fall on nine builds.
MOST = 12
#: Share of kills drawn over the whole run, the start of Ray included.
STARTING = 0.1
MARK = "CORPUS_CRASH_RUN"
#: Not outputs: times, what was listed, and the report, which shows times.
APART = {"timings.json", "inputs.json", ".lock"}
#: Seconds after which a driver that should have ended is called hung, and processes are called left over; two
#: helpers of Ray, which touch no file of a build, take a minute to see that the rest of it is dead.
HUNG, LEFT = 240.0, 90.0
HELPERS = ("ray::DashboardAgent", "ray::RuntimeEnvAgent")

PLUGIN = """
import ctypes
import corpus

@corpus.signal
def fragile(text: str) -> int:
    if "the ninth gate" in text:
        ctypes.string_at(0)
    return sum(map(ord, text)) % 1000
"""


@dataclass
class Tally:
    kills: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    builds: int = 0
    planned: int = 0
    completed: int = 0
    cut_off: int = 0
    most_cut_off: int = 0
    unlike: list[str] = field(default_factory=list)
    files_left: int = 0
    processes_left: int = 0
    hung: int = 0
    marks: list[str] = field(default_factory=list)

    def cut(self, tasks: set[str]) -> None:
        """Count tasks that one kill cut off."""
        self.cut_off += len(tasks)
        self.most_cut_off = max(self.most_cut_off, len(tasks))


def real_rows(language: str, most: int) -> Iterator[str]:
    """Lines of the real input in a language, by file."""
    import zstandard

    paths = sorted(INPUT.glob(f"*/{language}.jsonl.zst"))
    each = -(-most // max(len(paths), 1))
    for path in paths:
        with zstandard.open(path, "rt", encoding="utf-8") as file:
            yield from itertools.islice(file, each)


def make_project(folder: Path, documents: int) -> Path:
    sources = write_project(folder, documents)
    for language in ("en", "fr") if INPUT.is_dir() else ():
        stories = folder / "stories" / f"{language}.jsonl"
        made = stories.read_text().splitlines(keepends=True)[
            -20:
        ]  # a duplicate, a mail address, a short text
        rows = real_rows(language, documents if language == "en" else documents // 2)
        stories.write_text("".join([*rows, *made]))
    (folder / "filters" / "fragile.py").write_text(PLUGIN)
    (folder / "filters" / "fragile.yaml").write_text(
        "plugins: [fragile.py]\nfilters: {fragile: {signal: fragile, min: 0}}\n"
    )
    pipeline = folder / "pipelines" / "small.yaml"
    pipeline.write_text(pipeline.read_text().replace("filters: [", "filters: [fragile, "))
    row = {"id": "ninth", "text": "They stood before the ninth gate and waited for the light. " * 4}
    with (folder / "stories" / "en.jsonl").open("a") as file:
        file.write(json.dumps(row) + "\n")
    return sources


# ------------------------------------------------------------------- processes


def marked(mark: str) -> dict[int, str]:
    """Process id to command line, of every process that carries the mark."""
    wanted, found = f"{MARK}={mark}".encode(), {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            if wanted in (entry / "environ").read_bytes().split(b"\0"):
                found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    return found


def parent_of(pid: int) -> int:
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return 0


def victims(kind: str, driver: int, mark: str) -> list[int]:
    """The processes of a kind that are there now."""
    found = marked(mark)
    workers = [pid for pid, line in found.items() if line.startswith(("ray::IDLE", "ray::run_job"))]
    if kind == "driver":
        return [driver]
    if kind == "raylet":
        return [pid for pid, line in found.items() if "/raylet/raylet" in line.split(" ")[0]]
    if kind == "all":
        return list(found)
    own = [pid for pid in workers if parent_of(pid) in workers]
    return own if kind == "plugin" else [pid for pid in workers if pid not in own]


def kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


# ----------------------------------------------------------------------- files


def contents(root: Path) -> dict[str, str]:
    """Digest of every output."""
    return {
        name: hashlib.sha256((root / name).read_bytes()).hexdigest()
        for name in names(root)
        if not name.startswith("report/") and name not in APART
    }


def names(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def proofs(root: Path) -> dict[str, tuple[int, int]]:
    """Every manifest, told apart from one written later."""
    found = {}
    for path in (root / "manifests").rglob("*.json"):
        with contextlib.suppress(FileNotFoundError):
            found[str(path)] = (path.stat().st_ino, path.stat().st_mtime_ns)
    return found


def under_way(root: Path) -> set[str]:
    """Scratch folders: one for each task under way, or cut off; a name ends in the id of its process. Those
    named "free-…" wait for the next task."""
    try:
        found = [path.name for path in (root / ".scratch").iterdir()]
    except FileNotFoundError:  # a build sweeps it away as it begins
        return set()
    return {name for name in found if not name.startswith("free-")}


# -------------------------------------------------------------------- attempts


def attempt(
    command: list[str], root: Path, rng: random.Random, seconds: float, kills: int, tally: Tally
) -> tuple[int, str]:
    """Run the command, killing at most `kills` times, until it ends; gives its exit code and messages."""
    mark, before, old = uuid.uuid4().hex, proofs(root), under_way(root)
    counted: set[str] = set()
    environment = {**os.environ, MARK: mark}
    with tempfile.TemporaryFile() as messages:
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=messages, start_new_session=True
        )
        while kills and process.poll() is None:
            wait(process, lambda: bool(under_way(root) - old) or proofs(root) != before, rng, seconds)
            offered = {kind: found for kind in KINDS if (found := victims(kind, process.pid, mark))}
            if process.poll() is not None:
                break
            kind = rng.choices(list(offered), [WEIGHTS[kind] for kind in offered])[0]
            chosen = offered[kind]
            if kind in ("worker", "plugin"):
                chosen = [rng.choice(sorted(chosen))]
            if kind == "worker":
                cut = {name for name in under_way(root) if name.endswith(f".{chosen[0]}")} - counted
                counted |= cut
                tally.cut(cut)
            for pid in chosen:
                kill(pid)
            tally.kills[kind] += 1
            kills -= 1
            print(f"{sum(tally.kills.values())}: {kind}", file=sys.stderr)
            if kind in ("driver", "raylet", "all"):
                break
        code = end(process, mark, tally)
        messages.seek(0)
        text = messages.read().decode(errors="replace")
    if code:
        tally.cut(under_way(root) - counted)
    after = proofs(root)
    tally.completed += sum(before.get(path) != stamp for path, stamp in after.items())
    return code, text


def wait(
    process: subprocess.Popen[bytes], has_begun: Callable[[], bool], rng: random.Random, seconds: float
) -> None:
    """Until a random moment, mostly of the time when tasks run, sometimes of Ray's start, too."""
    if rng.random() > STARTING:
        while process.poll() is None and not has_begun():
            time.sleep(0.02)
    moment = time.monotonic() + rng.uniform(0, seconds)
    while time.monotonic() < moment and process.poll() is None:
        time.sleep(0.01)


def end(process: subprocess.Popen[bytes], mark: str, tally: Tally) -> int:
    """Wait for the driver, then for what it started; whatever stays is counted and killed."""
    try:
        process.wait(HUNG)
    except subprocess.TimeoutExpired:
        tally.hung += 1
        process.kill()
        process.wait()
    tally.marks.append(mark)
    left_over([mark], HUNG, HELPERS, tally)
    return process.returncode


def left_over(marks: list[str], seconds: float, apart: tuple[str, ...], tally: Tally) -> None:
    """Wait until no process carries one of the marks, but for those apart; count and kill what stays."""

    def found() -> dict[int, str]:
        every = {pid: line for mark in marks for pid, line in marked(mark).items()}
        return {pid: line for pid, line in every.items() if not line.startswith(apart)}

    deadline = time.monotonic() + seconds
    while (left := found()) and time.monotonic() < deadline:
        time.sleep(0.05)
    tally.processes_left += len(left)
    for pid, line in left.items():
        print(f"left over: {pid} {line[:100]}", file=sys.stderr)
        kill(pid)


def stress(folder: Path, kills: int, seed: int, workers: int, documents: int) -> Tally:
    tally, rng = Tally(), random.Random(seed)
    sources = make_project(folder / "project", documents)

    def command(output: Path) -> list[str]:
        return [sys.executable, "-m", "corpus", "build", str(sources), "--output", str(output),
                "--workers", str(workers)]  # fmt: skip

    for name in ("first", "quiet"):  # the first one may have kernels to compile
        quiet = Tally()
        code, text = attempt(command(folder / name), folder / name / "small", rng, 0, 0, quiet)
        if code:
            raise SystemExit(text)
    timings = json.loads((folder / "quiet" / "small" / "timings.json").read_text())
    whole = sum(step["seconds"] for name, step in timings.items() if name != "documents")
    seconds = whole / 6  # several kills a build, and a start of Ray for a third of them
    expected, known = contents(folder / "quiet" / "small"), names(folder / "quiet" / "small")
    print(f"undisturbed: {quiet.completed} tasks in {whole:.1f} s, the start of Ray apart", file=sys.stderr)
    while sum(tally.kills.values()) < kills:
        output = folder / f"build-{tally.builds}"
        root = output / "small"
        code, tries, before = -1, 0, sum(tally.kills.values())
        while code:
            tries += 1
            left = min(kills, before + MOST) - sum(tally.kills.values())
            code, text = attempt(command(output), root, rng, seconds, left, tally)
            tally.codes[str(code)] += 1
            if code > 0 or tries > 3 * kills:
                print(f"exit code {code}: {' '.join(text.split())[-200:]}", file=sys.stderr)
        tally.builds += 1
        tally.planned += quiet.completed
        found = contents(root)
        different = sorted(name for name in {*found, *expected} if found.get(name) != expected.get(name))
        tally.unlike += [name for name in different if name in expected]
        tally.files_left += len(names(root) - known)
        for name in sorted(names(root) - known):
            print(f"left over: {name}", file=sys.stderr)
        shutil.rmtree(output)
        print(f"{sum(tally.kills.values())} kills, {tally.builds} builds", file=sys.stderr)
    left_over(tally.marks[-20:], LEFT, (), tally)
    return tally


def poison(folder: Path, documents: int) -> dict[str, float]:
    """Documents quarantined, and seconds of the signals step with the poison and without it."""
    import pyarrow.parquet as pq

    import corpus

    found: dict[str, float] = {}
    for name in ("without", "with"):
        sources = make_project(folder / name, documents)
        pipeline = folder / name / "pipelines" / "small.yaml"
        pipeline.write_text(pipeline.read_text().replace("20KB", "2MB").replace("0.05", "0.0005"))
        if name == "without":
            stories = folder / name / "stories" / "en.jsonl"
            stories.write_text(stories.read_text().replace("the ninth gate", "the tenth gate"))
        result = corpus.build(sources, output=folder / name, executor="local")
        found[f"seconds {name}"] = next(step.seconds for step in result.steps if step.name == "signals")
        decisions = (folder / name / "small" / "decisions").rglob("*.parquet")
        errors = [e for path in decisions for e in pq.read_table(path)["error"].to_pylist() if e]
        found[f"quarantined {name}"] = len(errors)
    print("; ".join(errors), file=sys.stderr)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--documents", type=int, default=60)
    parser.add_argument("--poison", action="store_true", help="only: one segfault in 10,000 documents")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="crash"))
    os.environ["RAY_TMPDIR"] = str(folder)
    try:
        if arguments.poison:
            print(poison(folder, 10_000))
            return
        tally = stress(folder, arguments.kills, arguments.seed, arguments.workers, arguments.documents)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    repeated = tally.cut_off + tally.completed - tally.planned
    goals = {
        "builds with equal bytes": (tally.builds if not tally.unlike else 0, tally.builds),
        "files left over": (tally.files_left, 0),
        "processes left over": (tally.processes_left, 0),
        "drivers that hung": (tally.hung, 0),
        "most tasks cut off by one kill": (tally.most_cut_off, arguments.workers),
        "done tasks that ran again": (tally.completed - tally.planned, 0),
    }
    print("| what | value | goal |\n|---|---|---|")
    print(f"| kills | {sum(tally.kills.values())} | {arguments.kills} |")
    for kind in KINDS:
        print(f"| … of {kind} | {tally.kills[kind]} | |")
    print(f"| tasks in all plans | {tally.planned} | |")
    print(f"| work repeated | {repeated / max(tally.planned, 1):.1%} | |")
    for name, (value, goal) in goals.items():
        print(f"| {name} | {value} | {goal} |")
    print(f"| exit codes | {dict(sorted(tally.codes.items()))} | |")
    if arguments.json:
        met = {
            name: {"value": value, "goal": goal, "met": value <= goal if name != "builds with equal bytes"
                   else value == goal} for name, (value, goal) in goals.items()
        }  # fmt: skip
        arguments.json.write_text(json.dumps({"goals": met, "kills": tally.kills}, indent=1))


if __name__ == "__main__":
    main()
