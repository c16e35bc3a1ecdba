"""Text signals against other tools: CPU seconds on the same text, and numbers equal to datatrove's.

Ours runs from Parquet to Parquet with every column of the group `text`. datatrove runs Gopher repetition,
Gopher quality, C4 and FineWeb with thresholds opened so that every document passes all four, once with its
own English word tokeniser (spaCy) and once with a plain split in its place; only the filter calls are timed.
The others (bench/signal_peers.py) run from Parquet to Parquet too. Start-up, imports and the loading of
compiled kernels count for nobody; the least of several runs counts. Beside data-juicer, whose filters are
chosen one by one, ours runs twice: every column, and those alone that its nine filters measure (the option
`columns` of the group), each on whole documents as they do.
Parity: datatrove's own functions on our words give our numbers.

    python bench/signals.py [--mb N] [--peer-mb N] [--peers datatrove,dolma,nemo,data-juicer] [--json FILE]

Each peer is installed into bench/.env-<peer> on the first run; `--peers ""` runs ours alone.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

import numpy as np
import pyarrow as pa
import signal_peers
from fit_filters import documents

from corpus.batch import Batch
from corpus.footprint import keep_freed_memory
from corpus.recipe import TextOptions
from corpus.signals.text import TextStatistics
from corpus.stages.annotate import read_batches
from corpus.storage import write_parquet

HERE = Path(__file__).parent
ENVIRONMENT = HERE / ".env-datatrove"
PEER = HERE / "peer_datatrove.py"
#: What data-juicer's nine filters measure, on all of a document as they do.
SAME_AS_DATA_JUICER = TextOptions(
    columns=(
        "letter_ratio", "mark_ratio", "digit_ratio", "special_ratio", "mean_line_length",
        "longest_line_length", "character_count", "word_count", "stop_word_ratio",
        "character_repetition_ratio", "word_repetition_ratio",
    ),
    repetition_characters=None,
)  # fmt: skip
#: English prose and handbooks for the race; every language for our own figure.
ENGLISH = ("us_speeches", "masakhanews", "debian_handbook", "libreoffice_help", "tico19")
MIXED = (*ENGLISH, "bible_chapters", "pratham_books", "za_sona_speeches")


def texts(
    sources: tuple[str, ...], size: int, languages: tuple[str, ...] = ()
) -> tuple[list[str], list[str]]:
    """Documents in turn from each source, `size` bytes in all."""
    found, labels, room = [], [], size
    for source in sources:
        part = size // len(sources)
        for _, language, text in documents(source, languages):
            length = len(text.encode())
            if length < 200:
                continue
            part -= length
            room -= length
            found.append(text)
            labels.append(language)
            if part < 0 or room < 0:
                break
    return found, labels


def ours(path: Path, options: TextOptions | None = None) -> tuple[float, float]:
    """(CPU seconds, MB) from Parquet to Parquet, as a worker of a build does it; the least of five runs."""
    keep_freed_memory()
    statistics = TextStatistics(options or TextOptions())
    times = []
    size = 0
    for _ in range(5):
        start = time.process_time()
        batches = list(read_batches(path))
        measured = pa.Table.from_batches([statistics(batch) for batch in batches])
        write_parquet(measured, path.with_suffix(".signals"))
        times.append(time.process_time() - start)
        size = sum(len(batch.text.data) for batch in batches)
    return min(times), size / 1e6


def write(path: Path, found: list[str], labels: list[str]) -> None:
    """As ingest writes documents; the peers read the same file."""
    table = pa.table({"text": pa.array(found, pa.large_string()), "language_assigned": pa.array(labels)})
    write_parquet(table, path)


def peer(python: Path, path: Path, mode: str) -> dict[str, object]:
    done = subprocess.run([python, PEER, path, mode], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"datatrove ({mode}) failed:\n{done.stderr[-2000:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def parity(path: Path, found: list[str], python: Path) -> dict[str, float]:
    """Largest difference between datatrove's numbers on our words and ours, by column."""
    record = pa.record_batch(
        {"text": pa.array(found, pa.large_string()), "language_assigned": pa.array(["en"] * len(found))}
    )
    batch = Batch(record)
    result = TextStatistics(TextOptions())(batch)
    data, words = batch.text.data.tobytes(), batch.words
    with path.open("w", encoding="utf-8") as out:
        for row, text in enumerate(found):
            span = range(words.offsets[row], words.offsets[row + 1])
            tokens = [data[words.starts[i] : words.ends[i]].decode().casefold() for i in span]
            out.write(json.dumps({"text": text, "words": tokens}) + "\n")
    theirs = peer(python, path, "parity")
    differences = {}
    for name, values in theirs.items():
        own = np.array(result.column(name).to_pylist(), float)
        differences[name] = float(np.nanmax(np.abs(own - np.array(values, float))))
    return differences


def datatrove(folder: Path, english: list[str]) -> tuple[dict[str, float], dict[str, float]]:
    """(MB per CPU second by word split, largest differences by column)"""
    python = ENVIRONMENT / "bin" / "python"
    if not python.exists():
        venv.create(ENVIRONMENT, with_pip=True)
        subprocess.run(
            [python, "-m", "pip", "install", "-q", "datatrove[processing]", "spacy", "xxhash<4"], check=True
        )
    lines = folder / "text.jsonl"
    lines.write_text("".join(json.dumps({"text": text}) + "\n" for text in english), encoding="utf-8")
    rates = {}
    for mode in ("spacy", "plain"):
        rates[mode] = float(peer(python, lines, mode)["mb_per_second"])  # type: ignore[arg-type]
    return rates, parity(folder / "parity.jsonl", english[:300], python)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mb", type=float, default=40, help="text of every language (default 40)")
    parser.add_argument("--peer-mb", type=float, default=24, help="English text; there are 8 MB (default 24)")
    parser.add_argument("--peers", default="datatrove,dolma,nemo,data-juicer")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    peers = [name for name in arguments.peers.split(",") if name]
    goals: dict[str, dict[str, object]] = {}
    differences: dict[str, float] = {}

    def goal(name: str, label: str, value: float, bound: float, rate: float | None = None) -> None:
        met = bool(value >= bound)
        goals[name] = {"value": value, "goal": bound, "met": met}
        shown = "" if rate is None else f"{rate:8.2f} MB/s, ratio"
        print(f"{label:44}{shown:>22}{value:8.1f}  goal {bound:5}  {'met' if met else 'NOT MET'}")

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "text.parquet"
        write(path, *texts(MIXED, int(arguments.mb * 1e6)))
        seconds, size = ours(path)
        goal("mb_per_cpu_second", "ours, every text signal, 20 languages, MB/s", size / seconds, 60)
        english, labels = texts(ENGLISH, int(arguments.peer_mb * 1e6), ("en",))
        write(path, english, labels)
        seconds, size = ours(path)
        rates = {}
        if "datatrove" in peers:
            found, differences = datatrove(folder, english)
            rates["datatrove"], rates["datatrove, plain split"] = found["spacy"], found["plain"]
        for one in peers:
            if one != "datatrove":
                rates[one] = size / min(signal_peers.seconds(one, path) for _ in range(2))
        again, _ = ours(path)
        speed = size / min(seconds, again)
        print(f"{f'ours, English, {size:.1f} MB as for the others':44}{speed:16.2f} MB/s")
        for one, rate in rates.items():
            bound = {"datatrove": 100, "datatrove, plain split": 15}.get(one) or signal_peers.PEERS[one].times
            goal(f"ratio {one}", one, speed / rate, bound, rate)
            if one == "data-juicer":
                alone, _ = ours(path, SAME_AS_DATA_JUICER)
                label = "data-juicer, the same nine quantities alone"
                goal(f"ratio {one}, same quantities", label, size / alone / rate, bound, rate)
    if differences:
        worst = max(differences.values())
        goals["largest_difference"] = {"value": worst, "goal": 1e-6, "met": bool(worst <= 1e-6)}
        print(f"parity with datatrove on {len(differences)} columns: largest difference {worst:.2e}")
    if arguments.json:
        arguments.json.write_text(
            json.dumps({"goals": goals, "parity": differences}, indent=1), encoding="utf-8"
        )


if __name__ == "__main__":
    main()
