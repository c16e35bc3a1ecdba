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
    ("to_torch_iterable", "torch"),
)
#: What says how to train, and who is asked whether it can be read.
RECIPES = (
    ("tokenizer.json", "transformers", "transformers"),
    ("megatron.txt", "megatron-core", "megatron"),
    ("olmo-core.yaml", "ai2-olmo-core", "olmo"),
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
    parser.add_argument("--recipe", help=argparse.SUPPRESS)
    parser.add_argument("--exported", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.recipe:
        judge = globals()[f"recipe_{options.recipe}"]
        equal = judge(options.run, options.exported, options.length, options.bytes)
        print(json.dumps({"equal": bool(equal), "version": importlib.metadata.version(options.read)}))
        return
    if options.read:
        read = globals()["read_" + options.format + ("_numpy" if options.read == "numpy" else "")]
        digest = Digest()
        read(options.run, options.length, options.bytes, digest)
        print(json.dumps({**digest.result(), "version": importlib.metadata.version(options.read)}))
        return
    python = environment()
    goals: dict[str, dict[str, object]] = {}
    print(
        f"{'format':17} {'what':9} {'ids':6} {'reader':20} {'version':12} {'read':>9}  equal to the build's"
    )
    with tempfile.TemporaryDirectory() as name:
        other = Path(name) / "other"
        other_width(options.run, other)
        for run in (options.run, other):
            check(python, run, Path(name) / f"exported-{run == other}", goals)
        check_recipes(python, options.run, Path(name) / "exported-False", goals)
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
            ours = format.startswith("to_torch")
            if (format == "metaseq" and (packed or not (run / "text").exists())) or (
                ours and not (packed and (run / "manifest.json").exists())
            ):
                continue
            what = "rows" if packed else "text" if format == "metaseq" else "documents"
            place = run if ours else folder
            if format != "megatron" and not ours:
                place = out / f"{format}-{what}"
                if not place.exists():
                    export(run, format, place, packed)
            expected = Digest()
            globals()[f"expect_{format}"](run, pairs, length, expected)
            command = ["--read", reader, "--format", format, "--run", str(place)]
            command += ["--length", str(length), "--bytes", str(item_bytes)]
            found, why = ask(python, command, out)
            equal = {key: found.get(key) for key in ("sequences", "digest")} == expected.result()
            print(
                f"{format:17} {what:9} {item_bytes * 8:<6} {reader:20} {found.get('version', '?'):12} "
                f"{found.get('sequences', 0):9,d}  {'yes' if equal else 'NO'} {why}",
                flush=True,
            )
            goals[f"{format}, {what}, {item_bytes * 8} bits, read by {reader}"] = {
                "value": equal, "goal": True, "met": equal,
                "sequences": found.get("sequences", 0), "version": found.get("version"), "error": why,
            }  # fmt: skip


def check_recipes(python: Path, run: Path, out: Path, goals: dict) -> None:
    from corpus.tokens.megatron import read

    width = read(next(iter(sorted((run / "packed").rglob("*.idx"))))).tokens.dtype.itemsize
    for name, reader, recipe in RECIPES:
        command = ["--read", reader, "--recipe", recipe, "--run", str(run), "--bytes", str(width)]
        command += ["--exported", str(out / "npy-documents"), "--length", str(row_length(run))]
        found, why = ask(python, command, out)
        equal = found.get("equal", False)
        print(f"{name:28} {reader:20} {found.get('version', '?'):22}  {'yes' if equal else 'NO'} {why}")
        goals[f"{name}, read by {reader}"] = {
            "value": equal, "goal": True, "met": equal, "version": found.get("version"), "error": why,
        }  # fmt: skip


def ask(python: Path, arguments: list[str], out: Path) -> tuple[dict, str]:
    """What the reader found, and why it did not."""
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1", "PYTHONWARNINGS": "ignore"}
    variables["HF_DATASETS_CACHE"] = str(out / "cache")
    command = [str(python), __file__, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=variables, check=False)
    if done.returncode:
        return {}, (done.stderr.strip().splitlines() or ["ended without a word"])[-1][:300]
    return json.loads(done.stdout.splitlines()[-1]), ""


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


expect_to_torch_iterable = expect_to_torch


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


def read_to_torch_iterable(folder: Path, length: int, item_bytes: int, digest: Digest) -> None:
    """The same as an IterableDataset; batches of one row come from the two processes in turns."""
    from torch.utils.data import DataLoader

    from corpus.tokens.dataset import Tokens

    for batch in DataLoader(Tokens(folder / "packed").to_torch(iterable=True), batch_size=1, num_workers=2):
        digest.add(batch[0])


# ------------------------------------------- tokenizer and blends, in an environment of their own


def recipe_transformers(run: Path, exported: Path, length: int, item_bytes: int) -> bool:
    """tokenizer.json as a fast tokenizer of transformers gives the ids of Hugging Face tokenizers."""
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerFast

    path = str(run / "tokenizer" / "tokenizer.json")
    theirs, reference = PreTrainedTokenizerFast(tokenizer_file=path), Tokenizer.from_file(path)
    texts = ["Ilé ọba tó jó, ẹwà ló bù sí i.\n\tx = 10", "हिन्दी 中文 😀 </s>", ""]
    same = all(theirs(text)["input_ids"] == reference.encode(text).ids for text in texts)
    return same and len(theirs) == reference.get_vocab_size()


def recipe_megatron(run: Path, exported: Path, length: int, item_bytes: int) -> bool:
    """The blend as Megatron parses `--data-path`: each prefix is a dataset it opens, the weights sum to 1."""
    from megatron.core.datasets.indexed_dataset import IndexedDataset
    from megatron.core.datasets.utils import get_blend_from_list

    prefixes, weights = get_blend_from_list((run / "mixture" / "megatron.txt").read_text().split())
    opened = [len(IndexedDataset(str(run / "tokens" / prefix))) for prefix in prefixes]
    return all(opened) and abs(sum(weights) - 1) < 1e-6


def recipe_olmo(run: Path, exported: Path, length: int, item_bytes: int) -> bool:
    """The mixture as OLMo-core builds it from the exported .npy: of each language it takes the tokens that
    are planned, up to a row for each of its files."""
    from olmo_core.data.source_mixture import SourceMixtureDatasetConfig, SourceMixtureList

    planned = json.loads((run / "mixture" / "mixture.json").read_text())
    found = json.loads((run / "mixture" / "olmo-core.yaml").read_text())
    for source in found["sources"]:
        source["paths"] = [str(exported / path) for path in source["paths"]]
    config = SourceMixtureDatasetConfig(
        source_list=SourceMixtureList.from_dict(found), requested_tokens=planned["planned_tokens"],
        global_batch_size=length, render_tables=False, quiet=True,
    )  # fmt: skip
    built = config.build(npdtype=np.uint16 if item_bytes == 2 else np.uint32, sequence_length=length)
    wanted = {name: entry["planned_tokens"] for name, entry in planned["languages"].items()}
    return {source.name for source in built.sources} == {name for name in wanted if wanted[name]} and all(
        abs(sum(path.tokens for path in source.path_tokens) - wanted[source.name])
        <= length * (1 + len(source.path_tokens))
        for source in built.sources
    )


if __name__ == "__main__":
    main()
