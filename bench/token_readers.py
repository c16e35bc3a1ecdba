"""The token files of a build, read by the trainers' own readers.

    python bench/token_readers.py --run BUILD [--json FILE]

BUILD is a finished build with packed rows. Every format is written by `corpus export` (Megatron's is the
build's own) with the build's ids and once more with ids of the other width, two bytes or four, documents and
packed rows, and read by a library that is not ours. What it gives is compared, sequence by sequence, with the
build's own files. The readers, PyTorch among them (6 GB), are installed into bench/.env-token-readers.
"""

# mypy: ignore-errors

from __future__ import annotations

import argparse
import hashlib
import importlib.metadata
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
ROOT = HERE.parent
#: With all they name as dependencies these cannot be in one environment; they get what reading takes.
READER_PACKAGES = ("megatron-core==0.16.1", "datatrove", "mosaicml-streaming", "ai2-olmo-core")
DEPENDENCIES = (
    "torch", "numpy", "packaging", "loguru", "fsspec", "huggingface-hub", "humanize", "datasets", "pyarrow",
    "tqdm", "requests", "zstd", "zstandard", "python-snappy", "Brotli", "boto3", "xxhash", "pydantic",
    "cached_path", "rich", "bettermap", "omegaconf", "pyyaml", "dill", "orjson", "dataclass-extensions",
    "importlib_resources", "safetensors", "catalogue", "transformers",
    "pillow", "torchvision",
)  # fmt: skip
#: Format, reader; a reader of windows sees documents as one stream of rows of this many tokens.
READERS = (
    ("megatron", "megatron-core"),
    ("ds", "datatrove"),
    ("npy", "ai2-olmo-core"),
    ("npy", "numpy"),
    ("mds", "mosaicml-streaming"),
    ("parquet", "datasets"),
    ("metaseq", "datasets"),
    ("to_torch", "torch"),
)


class Digest:
    """SHA-256 over sequences: how many tokens, and the tokens as int64."""

    def __init__(self) -> None:
        self.hash, self.sequences = hashlib.sha256(), 0

    def add(self, tokens) -> None:
        ids = np.asarray(tokens).astype(np.int64).ravel()
        self.hash.update(np.int64(len(ids)).tobytes() + ids.tobytes())
        self.sequences += 1

    def result(self) -> dict:
        return {"sequences": self.sequences, "digest": self.hash.hexdigest()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, help="folder of a finished build")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--read", help=argparse.SUPPRESS)
    parser.add_argument("--format", help=argparse.SUPPRESS)
    parser.add_argument("--length", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--bytes", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.read:
        read = globals()["read_" + options.format + ("_numpy" if options.read == "numpy" else "")]
        digest = Digest()
        read(options.run, options.length, options.bytes, digest)
        print(json.dumps({**digest.result(), "version": importlib.metadata.version(options.read)}))
        return
    python = environment()
    goals: dict[str, dict[str, object]] = {}
    print(
        f"{'format':10} {'what':10} {'ids':6} {'reader':20} {'version':12} {'read':>9}  equal to the build's"
    )
    with tempfile.TemporaryDirectory() as name:
        other = Path(name) / "other"
        other_width(options.run, other)
        for run in (options.run, other):
            check(python, run, Path(name) / f"exported-{run == other}", goals)
    met = sum(bool(entry["met"]) for entry in goals.values())
    print(f"{met} of {len(goals)} equal")
    if options.json:
        options.json.write_text(json.dumps({"goals": goals}, indent=1))


def check(python: Path, run: Path, out: Path, goals: dict) -> None:
    from corpus.tokens.export import export
    from corpus.tokens.megatron import read

    for packed in (False, True):
        folder = run / ("packed" if packed else "tokens")
        pairs = sorted(folder.rglob("*.idx"))
        item_bytes = read(pairs[0]).tokens.dtype.itemsize
        length = row_length(run)
        for format, reader in READERS:
            if (format == "metaseq" and (packed or not (run / "text").exists())) or (
                format == "to_torch" and not (packed and (run / "manifest.json").exists())
            ):
                continue
            what = "rows" if packed else "text" if format == "metaseq" else "documents"
            place = run if format == "to_torch" else folder
            if format not in ("megatron", "to_torch"):
                place = out / f"{format}-{what}"
                if not place.exists():
                    export(run, format, place, packed)
            expected = Digest()
            globals()[f"expect_{format}"](run, pairs, length, expected)
            command = [str(python), __file__, "--read", reader, "--format", format, "--run", str(place)]
            command += ["--length", str(length), "--bytes", str(item_bytes)]
            variables = {
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "HF_HUB_OFFLINE": "1",
                "PYTHONWARNINGS": "ignore",
            }
            variables["HF_DATASETS_CACHE"] = str(out / "cache")
            done = subprocess.run(command, capture_output=True, text=True, env=variables, check=False)
            if done.returncode:
                found, why = {}, (done.stderr.strip().splitlines() or ["ended without a word"])[-1][:300]
            else:
                found, why = json.loads(done.stdout.splitlines()[-1]), ""
            equal = {key: found.get(key) for key in ("sequences", "digest")} == expected.result()
            print(
                f"{format:10} {what:10} {item_bytes * 8:<6} {reader:20} {found.get('version', '?'):12} "
                f"{found.get('sequences', 0):9,d}  {'yes' if equal else 'NO'} {why}",
                flush=True,
            )
            goals[f"{format}, {what}, {item_bytes * 8} bits, read by {reader}"] = {
                "value": equal, "goal": True, "met": equal,
                "sequences": found.get("sequences", 0), "version": found.get("version"), "error": why,
            }  # fmt: skip


def row_length(run: Path) -> int:
    from corpus.tokens.megatron import read

    return next(int(read(path).lengths[0]) for path in sorted((run / "packed").rglob("*.idx")))


def other_width(run: Path, target: Path) -> None:
    """The same datasets with ids of two bytes where they have four, above 16 bits where they have two."""
    from corpus.tokens.megatron import read, write_index

    for path in sorted([*(run / "tokens").rglob("*.idx"), *(run / "packed").rglob("*.idx")]):
        pair, copy = read(path), target / path.relative_to(run)
        copy.parent.mkdir(parents=True, exist_ok=True)
        narrow = pair.tokens.dtype.itemsize == 4
        ids = (pair.tokens % 65_000).astype("<u2") if narrow else pair.tokens.astype("<i4") + 70_000
        ids.tofile(copy.with_suffix(".bin"))
        write_index(copy, pair.lengths, ids.dtype)


def environment() -> Path:
    folder = HERE / ".env-token-readers"
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        install = [str(python), "-m", "pip", "install", "-q"]
        subprocess.run([*install, *DEPENDENCIES], check=True)
        subprocess.run([*install, "--no-deps", *READER_PACKAGES], check=True)
        (folder / "ready").touch()
    return python


# ---------------------------------------------------------------- what is to come back


def expect_megatron(run: Path, pairs: list[Path], length: int, digest: Digest) -> None:
    from corpus.tokens.megatron import read

    for path in pairs:
        pair = read(path)
        for start, size in zip(pair.starts.tolist(), pair.lengths.tolist(), strict=True):
            digest.add(pair.tokens[start : start + size])


expect_mds = expect_parquet = expect_megatron


def expect_npy(run: Path, pairs: list[Path], length: int, digest: Digest) -> None:
    """Every file as rows of `length` tokens; these readers leave out what is left over."""
    from corpus.tokens.megatron import read

    for path in pairs:
        tokens = read(path).tokens
        for start in range(0, len(tokens) // length * length, length):
            digest.add(tokens[start : start + length])


def expect_ds(run: Path, pairs: list[Path], length: int, digest: Digest) -> None:
    """The same rows, each followed by the place of every token in its document, counted from the row's
    beginning."""
    from corpus.tokens.megatron import read

    for path in pairs:
        pair = read(path)
        begins = np.repeat(pair.starts, pair.lengths)
        for start in range(0, len(pair.tokens) // length * length, length):
            digest.add(pair.tokens[start : start + length])
            digest.add(np.arange(start, start + length) - np.maximum(begins[start : start + length], start))


def expect_metaseq(run: Path, pairs: list[Path], length: int, digest: Digest) -> None:
    import pyarrow.parquet as pq

    for path in sorted((run / "text").rglob("*.parquet")):
        table = pq.read_table(path, columns=["id", "text"])
        for column in zip(table["id"].to_pylist(), table["text"].to_pylist(), strict=True):
            digest.add(np.frombuffer("\0".join(column).encode(), np.uint8))


def expect_to_torch(run: Path, pairs: list[Path], length: int, digest: Digest) -> None:
    expect_megatron(run, [path for path in pairs if path.stem != "validation"], length, digest)


# ------------------------------------------------- the readers, in an environment of their own


def read_megatron(folder: Path, length: int, item_bytes: int, digest: Digest) -> None:
    from megatron.core.datasets.indexed_dataset import IndexedDataset

    for path in sorted(folder.rglob("*.idx")):
        dataset = IndexedDataset(str(path.with_suffix("")))
        for index in range(len(dataset)):
            digest.add(dataset[index])


def read_ds(folder: Path, length: int, item_bytes: int, digest: Digest) -> None:
    from datatrove.utils.dataset import DatatroveFolderDataset

    dataset = DatatroveFolderDataset(
        str(folder), length - 1, "**/*.ds", token_size=item_bytes, return_positions=True
    )
    for index in range(len(dataset)):
        item = dataset[index]
        digest.add(item["input_ids"])
        digest.add(item["positions"])


def read_npy(folder: Path, length: int, item_bytes: int, digest: Digest) -> None:
    from olmo_core.data import NumpyFSLDataset

    paths = [str(path) for path in sorted(folder.rglob("*.npy"))]
    dtype = np.uint16 if item_bytes == 2 else np.uint32
    dataset = NumpyFSLDataset(
        *paths, sequence_length=length, pad_token_id=0, eos_token_id=0, vocab_size=1 << 20, dtype=dtype
    )
    for index in range(len(dataset)):
        digest.add(dataset[index]["input_ids"])


def read_npy_numpy(folder: Path, length: int, item_bytes: int, digest: Digest) -> None:
    for path in sorted(folder.rglob("*.npy")):
        if path.stat().st_size:
            tokens = np.memmap(path, "<u2" if item_bytes == 2 else "<u4", "r")
            for row in tokens[: len(tokens) // length * length].reshape(-1, length):
                digest.add(row)


def read_mds(folder: Path, length: int, item_bytes: int, digest: Digest) -> None:
    from streaming import LocalDataset

    for path in sorted(folder.rglob("index.json")):
        dataset = LocalDataset(str(path.parent))
        for index in range(len(dataset)):
            digest.add(np.frombuffer(dataset[index]["tokens"], "<u2" if item_bytes == 2 else "<i4"))


def read_parquet(folder: Path, length: int, item_bytes: int, digest: Digest) -> None:
    from datasets import load_dataset

    files = [str(path) for path in sorted(folder.rglob("*.parquet"))]
    for row in load_dataset("parquet", data_files=files, split="train").with_format("numpy"):
        digest.add(row["input_ids"])


def read_metaseq(folder: Path, length: int, item_bytes: int, digest: Digest) -> None:
    from datasets import load_dataset

    files = [str(path) for path in sorted(folder.rglob("*.jsonl"))]
    for row in load_dataset("json", data_files=files, split="train"):
        digest.add(np.frombuffer("\0".join((row["meta"]["id"], row["text"])).encode(), np.uint8))


def read_to_torch(folder: Path, length: int, item_bytes: int, digest: Digest) -> None:
    """`Tokens.to_torch` through a DataLoader of two processes."""
    from torch.utils.data import DataLoader

    from corpus.tokens.dataset import Tokens

    for batch in DataLoader(Tokens(folder / "packed").to_torch(), batch_size=8, num_workers=2):
        for row in batch:
            digest.add(row)


if __name__ == "__main__":
    main()
