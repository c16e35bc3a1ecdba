"""What taking one document out of a build costs, beside building it.

    python bench/remove.py [--sources sources.yaml] [--json FILE]

Builds the project (the demonstration corpus, if no other is named) into a temporary folder, then runs `corpus
remove` for three documents, one after the other: one that is in the corpus, one that survived its duplicates,
and one that filters dropped. Both in one process, without Ray; CPU and wall seconds of whole processes,
start-up included.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
SHARE = 0.10


def timed(*words: object) -> tuple[float, float]:
    """Wall and CPU seconds of a command of corpus."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    command = [sys.executable, "-m", "corpus", *map(str, words), "--executor", "local"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
    wall, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def chosen(run: Path) -> dict[str, str]:
    """An id of each kind: the last one in order of ids."""
    import corpus

    opened = corpus.open(run)
    kept = opened.text().to_table(["id"])["id"].to_pylist()
    twins = opened.duplicates().to_table(["id", "kind"]).to_pylist()
    survivors = {row["id"] for row in twins if row["kind"] == "survivor"}
    decided = opened.decisions().to_table(["id", "verdict"]).to_pylist()
    return {
        "in the corpus": max(set(kept) - survivors),
        "survivor of duplicates": max(survivors & set(kept)),
        "dropped by filters": max(row["id"] for row in decided if row["verdict"] == "dropped"),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sources", type=Path, default=ROOT / "sources.yaml")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="remove"))
    try:
        project = folder / "project"  # a copy: removal writes tombstones beside sources.yaml
        project.mkdir()
        for name in ("filters", "pipelines", "tokenizer"):
            shutil.copytree(arguments.sources.parent / name, project / name)
        sources = Path(shutil.copy(arguments.sources, project))
        built = folder / "build"
        wall, cpu = timed("build", sources, "--output", built)
        (run,) = (path.parent for path in built.glob("*/manifest.json"))
        print(
            "| | tasks run | seconds | CPU seconds | share of seconds | of CPU |\n|---|---|---|---|---|---|"
        )
        print(f"| build | | {wall:.1f} | {cpu:.1f} | | |", flush=True)
        worst = 0.0
        for kind, name in chosen(run).items():
            taken, used = timed("remove", sources, "--output", built, "--id", name)
            receipt = json.loads(max((run / "receipts").glob("*.json")).read_text())
            print(f"| remove one {kind} | {sum(receipt['tasks_run'].values())} | {taken:.1f} | {used:.1f} | "
                  f"{taken / wall:.1%} | {used / cpu:.1%} |", flush=True)  # fmt: skip
            worst = max(worst, used / cpu)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if arguments.json:
        goals = {"CPU of a removal, share of a build": {"value": worst, "goal": SHARE, "met": worst < SHARE}}
        arguments.json.write_text(json.dumps({"goals": goals}, indent=1))


if __name__ == "__main__":
    main()
