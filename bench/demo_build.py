"""`make build` as a stranger runs it: time and memory from a clean clone, a second run, a run after a kill.

    python bench/demo_build.py [--cache FOLDER] [--json FILE]

Clones the repository into a temporary folder and runs `make build` there, with an empty cache of packages
unless `--cache` names one. Memory is the sum over all processes of the build (proportional set size, sampled
four times a second), Ray's included. Then a second `make build`, which must do nothing; then a build into
another folder that is killed with SIGKILL half-way, with everything it started, and continued.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
MINUTES, GIGABYTES, SECOND_RUN = 10.0, 4.0, 15.0


def descendants(root: int) -> list[int]:
    """The process and all that descend from it, by /proc: by parent, or by session where the parent died."""
    parents: dict[int, tuple[int, int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(entry.name)] = (int(fields[1]), int(fields[3]))
    found, pending = {root}, [root]
    while pending:
        current = pending.pop()
        for process, (parent, session) in parents.items():
            if process not in found and (parent == current or session == root):
                found.add(process)
                pending.append(process)
    return sorted(found)


def memory(processes: list[int]) -> int:
    """Proportional set size of the processes together, bytes."""
    total = 0
    for process in processes:
        try:
            text = Path(f"/proc/{process}/smaps_rollup").read_text()
        except OSError:
            continue
        total += int(re.search(r"^Pss:\s+(\d+)", text, re.M)[1]) * 1024  # type: ignore[index]
    return total


def watched(command: list[str], folder: Path, environment: dict[str, str]) -> tuple[float, int, str]:
    """Seconds, peak memory in bytes and output of the command; stops where it fails."""
    started = time.monotonic()
    process = subprocess.Popen(
        command, cwd=folder, env=environment, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    peak = 0
    done = threading.Event()

    def sample() -> None:
        nonlocal peak
        while not done.wait(0.25):
            peak = max(peak, memory(descendants(process.pid)))

    thread = threading.Thread(target=sample)
    thread.start()
    output, _ = process.communicate()
    done.set()
    thread.join()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{output[-4000:]}")
    return time.monotonic() - started, peak, output


def digest(output: str) -> str:
    return re.search(r"root digest\s+(\w+)", output)[1]  # type: ignore[index]


def killed(command: list[str], folder: Path, environment: dict[str, str], until: Path) -> None:
    """Start the command and kill it, with everything it started, once `until` is there."""
    process = subprocess.Popen(
        command, cwd=folder, env=environment, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    while not until.exists() and process.poll() is None:
        time.sleep(0.05)
    if process.poll() is not None:
        raise SystemExit(f"the build ended before {until} was there")
    for one in reversed(descendants(process.pid)):
        try:
            os.kill(one, signal.SIGKILL)
        except ProcessLookupError:
            continue
    process.wait()


def goal(value: float | bool, bound: float | bool, met: bool) -> dict[str, Any]:
    return {"value": value, "goal": bound, "met": met}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cache", type=Path, help="folder of packages already downloaded")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        clone = Path(scratch) / "corpus"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        cache = arguments.cache.resolve() if arguments.cache else Path(scratch) / "cache"
        environment = {**os.environ, "CORPUS_CACHE": str(cache)}
        seconds, peak, output = watched(["make", "build"], clone, environment)
        first = digest(output)
        again, _, output = watched(["make", "build"], clone, environment)
        idle = "Nothing to do" in output and digest(output) == first
        command = [str(clone / ".venv" / "bin" / "corpus"), "build", "sources.yaml", "--output", "other"]
        killed(
            command, clone, environment, clone / "other" / "demo" / "manifests" / "duplicates" / "all.json"
        )
        _, _, output = watched(command, clone, environment)
        same = digest(output) == first
        _, _, _ = watched([command[0], "verify", "other/demo"], clone, environment)
        report = json.loads((clone / "build" / "demo" / "report" / "report.json").read_text())
        size = sum(path.stat().st_size for path in (clone / "build").rglob("*") if path.is_file())
    goals = {
        "make build, minutes": goal(seconds / 60, MINUTES, seconds / 60 < MINUTES),
        "make build, peak memory in GB": goal(peak / 1e9, GIGABYTES, peak / 1e9 < GIGABYTES),
        "second run, seconds": goal(again, SECOND_RUN, again < SECOND_RUN),
        "second run does nothing": goal(idle, True, idle),
        "same root digest after a kill": goal(same, True, same),
    }
    totals = report["totals"]
    print(
        f"{totals['documents_in']:,} documents, {totals['bytes_in'] / 1e6:.1f} MB in; "
        f"{totals['kept']:,} kept, {totals['tokens']:,} tokens; {size / 1e6:.0f} MB on disk"
    )
    for name, item in goals.items():
        value = f"{item['value']:.2f}" if isinstance(item["value"], float) else str(item["value"])
        print(f"{name:34} {value:>8}  goal {item['goal']!s:>5}  {'met' if item['met'] else 'MISSED'}")
    if arguments.json:
        result = {"goals": goals, "totals": totals, "steps": report["steps"], "disk_bytes": size}
        arguments.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
