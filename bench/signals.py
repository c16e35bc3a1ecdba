"""Text signals against datatrove's four quality filters: CPU seconds on the same text, and equal numbers.

Ours runs from Parquet to Parquet with every column of the group `text`. datatrove runs Gopher repetition,
Gopher quality, C4 and FineWeb with thresholds opened so that every document passes all four, once with its
own English word tokeniser (spaCy) and once with a plain split in its place; only the filter calls are timed.
Parity: datatrove's own functions on our words give our numbers.

    python bench/signals.py [--mb N] [--peer-mb N] [--json FILE]

datatrove is installed into bench/.env-datatrove on the first run.
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
import pyarrow.parquet as pq
from fit_filters import documents

from corpus.batch import Batch
from corpus.recipe import TextOptions
from corpus.signals.text import TextStatistics

HERE = Path(__file__).parent
ENVIRONMENT = HERE / ".env-datatrove"
PEER = HERE / "peer_datatrove.py"
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


def ours(path: Path) -> tuple[float, float]:
    """(CPU seconds, MB) from Parquet to Parquet, kernels compiled before."""
    statistics = TextStatistics(TextOptions())
    for attempt in range(2):
        start = time.process_time()
        size = 0
        table = pq.ParquetFile(path)
        with pq.ParquetWriter(path.with_suffix(".signals"), statistics_schema(statistics), compression="zstd",
                              compression_level=1) as out:  # fmt: skip
            for record in table.iter_batches(batch_size=2000):
                batch = Batch(record)
                out.write_batch(statistics(batch))
                size += len(batch.text.data)
        if attempt:
            return time.process_time() - start, size / 1e6
    raise AssertionError


def statistics_schema(statistics: TextStatistics) -> pa.Schema:
    empty = pa.record_batch(
        {"text": pa.array([], pa.large_string()), "language_assigned": pa.array([], pa.string())}
    )
    return statistics(Batch(empty)).schema


def write(path: Path, found: list[str], labels: list[str]) -> None:
    pq.write_table(
        pa.table({"text": pa.array(found, pa.large_string()), "language_assigned": labels}),
        path,
        compression="zstd",
    )


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mb", type=float, default=40)
    parser.add_argument("--peer-mb", type=float, default=2)
    parser.add_argument("--env", type=Path, default=ENVIRONMENT)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    python = arguments.env / "bin" / "python"
    if not python.exists():
        venv.create(arguments.env, with_pip=True)
        subprocess.run(
            [python, "-m", "pip", "install", "-q", "datatrove[processing]", "spacy", "xxhash<4"], check=True
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "text.parquet"
        write(path, *texts(MIXED, int(arguments.mb * 1e6)))
        seconds, size = ours(path)
        mixed = size / seconds
        english, labels = texts(ENGLISH, int(arguments.mb * 1e6), ("en",))
        write(path, english, labels)
        seconds, size = ours(path)
        speed = size / seconds
        small, _ = texts(ENGLISH, int(arguments.peer_mb * 1e6), ("en",))
        lines = Path(folder) / "text.jsonl"
        lines.write_text("".join(json.dumps({"text": text}) + "\n" for text in small), encoding="utf-8")
        rates = {mode: float(peer(python, lines, mode)["mb_per_second"]) for mode in ("spacy", "plain")}  # type: ignore[arg-type]
        differences = parity(Path(folder) / "parity.jsonl", small[:300], python)
    print(f"{'ours, 20 languages':34}{mixed:10.1f} MB per CPU second, Parquet to Parquet, every text signal")
    print(f"{'ours, English':34}{speed:10.1f}")
    print(f"{'datatrove, four filters':34}{rates['spacy']:10.2f}   ratio {speed / rates['spacy']:8.0f}")
    print(f"{'datatrove, plain word split':34}{rates['plain']:10.2f}   ratio {speed / rates['plain']:8.1f}")
    worst = max(differences.values())
    print(f"parity with datatrove on {len(differences)} columns: largest difference {worst:.2e}")
    for name, value in sorted(differences.items()):
        print(f"  {name:40}{value:.2e}")
    goals = {
        "mb_per_cpu_second": {"value": mixed, "goal": 60, "met": mixed >= 60},
        "ratio_datatrove": {"value": speed / rates["spacy"], "goal": 100,
        "met": speed / rates["spacy"] >= 100},
        "ratio_datatrove_plain_split": {
            "value": speed / rates["plain"], "goal": 15, "met": speed / rates["plain"] >= 15
        },
        "largest_difference": {"value": worst, "goal": 1e-6, "met": worst <= 1e-6},
    }  # fmt: skip
    if arguments.json:
        arguments.json.write_text(
            json.dumps({"goals": goals, "parity": differences}, indent=1), encoding="utf-8"
        )


if __name__ == "__main__":
    main()
