"""Deduplication of millions of documents in bounded memory: time, memory and disk for docs/scale.md.

    python bench/dedup_scale.py --documents 1000000 --json FILE

Documents are synthetic (20 random words each; every tenth is a copy of another with one word changed), but
all steps are the real ones: fingerprints from text, band keys, edges, components, verification on shingles.
Shards of 100,000 documents; one process; the peak is what the kernel counts as resident.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from corpus.batch import Batch
from corpus.recipe import DedupOptions, ExactOptions, MinHashOptions
from corpus.signals.fingerprint import Fingerprint
from corpus.stages.dedup import Shard, deduplicate

_SHARD, _WORDS, _LETTERS = 100_000, 20, 7


def texts(first: int, count: int) -> pa.Array:
    """Documents first, first + 1, ... of 7-letter words; each 10k + 9 is an edited copy of one before."""
    letters = np.full((count, _WORDS, _LETTERS + 1), ord(" "), np.uint8)
    for block in range(0, count, 1000):
        rng = np.random.default_rng(first + block)
        letters[block : block + 1000, :, :_LETTERS] = rng.integers(97, 123, (1000, _WORDS, _LETTERS))
    copies = np.arange(1009, count, 10)
    letters[copies] = letters[copies - 1009]
    letters[copies, 0, 0] = ord("-")
    offsets = np.arange(count + 1, dtype=np.int64) * letters[0].size
    return pa.Array.from_buffers(
        pa.large_string(), count, [None, pa.py_buffer(offsets.tobytes()), pa.py_buffer(letters.tobytes())]
    )


def shard(folder: Path, number: int, options: DedupOptions) -> Shard:
    first = number * _SHARD
    text = texts(first, _SHARD)
    numbers = np.arange(first, first + _SHARD).astype(str)
    ids = pc.binary_join_element_wise("synthetic", pa.array(numbers), "-")
    constant = {
        name: pa.array([name]).take(pa.array(np.zeros(_SHARD, np.int32))) for name in ("bench", "en", "kept")
    }
    documents = pa.table({"id": ids, "source": constant["bench"], "text": text})
    place = folder / f"{number:05d}"
    made = Shard(
        f"bench/{number:05d}",
        *(place.with_suffix(f".{name}") for name in ("documents", "fingerprint", "decisions")),
    )
    pq.write_table(documents, made.documents, compression="zstd", compression_level=1)
    url = pa.array([""]).take(pa.array(np.zeros(_SHARD, np.int32)))
    (record,) = documents.append_column("url", url).to_batches()
    signals = pa.Table.from_batches([Fingerprint(options)(Batch(record))])
    pq.write_table(signals, made.fingerprint, compression="zstd", compression_level=1, use_dictionary=False)
    pq.write_table(pa.table({"language": constant["en"], "verdict": constant["kept"]}), made.decisions)
    return made


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--documents", type=int, default=1_000_000)
    parser.add_argument("--partitions", type=int, default=16)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    options = DedupOptions(
        exact=ExactOptions(), minhash=MinHashOptions(min_shingles=16), partitions=arguments.partitions
    )
    folder = Path(tempfile.mkdtemp(prefix="corpus-scale-"))
    try:
        started = time.process_time()
        shards = [shard(folder, number, options) for number in range(arguments.documents // _SHARD)]
        prepared = time.process_time()
        inputs = sum(path.stat().st_size for path in folder.glob("*.*"))
        counts = deduplicate(shards, options, folder / "out")
        finished = time.process_time()
        exchanged = sum(path.stat().st_size for path in (folder / "out").rglob("*.parquet"))
    finally:
        shutil.rmtree(folder)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    found = {
        "documents": len(shards) * _SHARD,
        "fingerprint_cpu_s": round(prepared - started, 1),
        "dedup_cpu_s": round(finished - prepared, 1),
        "peak_bytes": peak,
        "input_bytes": inputs,
        "exchanged_bytes": exchanged,
        "duplicates": counts["dedup.clusters"]["duplicates"],
    }
    print(found)
    if arguments.json:
        met = {"value": peak / 1e9, "goal": 4.0, "met": peak < 4e9}
        arguments.json.write_text(json.dumps({"goals": {"peak GB": met}, "measured": found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
