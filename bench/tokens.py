"""Measures the token steps against Hugging Face tokenizers, datatrove and NVIDIA's own reader.

    python bench/tokens.py --text DIR [--megabytes 72] [--json FILE]

DIR holds JSON Lines (.jsonl or .jsonl.zst) with a `text` field. CPU seconds are of whole processes, one after
the other, on the same text. datatrove is installed into bench/.env-datatrove; the megatron-core wheel, of
which one file is loaded without torch, into bench/.env-megatron.
"""

# mypy: ignore-errors

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import resource
import subprocess
import sys
import tempfile
import time
import types
import zipfile
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
PATTERNS = ("o200k", "bloom", "gpt2", "gpt4")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--text", type=Path, required=True)
    parser.add_argument("--megabytes", type=float, default=72)
    parser.add_argument("--vocabulary", type=int, default=250_680)
    parser.add_argument("--patterns", default="o200k")
    parser.add_argument(
        "--skip", default="", help="parts to leave out, of train,growth,encode,datatrove,pack,megatron"
    )
    parser.add_argument("--growth", type=float, default=200, help="megabytes to count pieces of")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--part", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        result = globals()[f"part_{options.part}"](options)
        usage = resource.getrusage(resource.RUSAGE_SELF)
        cpu = usage.ru_utime + usage.ru_stime
        print(json.dumps({**result, "cpu": round(cpu, 2), "mb": round(peak_mb())}))
        return
    goals: dict[str, dict[str, object]] = {}
    with tempfile.TemporaryDirectory() as name:
        options.folder = Path(name)
        size = write_text(options)
        print(f"{size / 1e6:.1f} MB of text")
        skipped = options.skip.split(",")
        if "train" not in skipped:
            for pattern in options.patterns.split(","):
                train_goals(options, pattern, goals)
        for part in ("growth", "encode", "datatrove", "pack", "megatron"):
            if part not in skipped:
                globals()[f"{part}_goals"](options, goals)
    for goal, entry in goals.items():
        print(f"{'met   ' if entry['met'] else 'MISSED'}  {goal}: {entry['value']} (goal {entry['goal']})")
    if options.json:
        result = {"megabytes": round(size / 1e6, 1), "vocabulary": options.vocabulary, "goals": goals}
        options.json.write_text(json.dumps(result, indent=1))


# ------------------------------------------------------------------------ text


def documents(folder: Path, limit: float):
    """Documents of every file in turns, so that a small sample holds every language."""
    import zstandard

    files = []
    for path in sorted([*folder.rglob("*.jsonl"), *folder.rglob("*.jsonl.zst")]):
        opened = zstandard.open(path, "rt", encoding="utf-8") if path.suffix == ".zst" else path.open()
        files.append(opened)
    size = 0
    while files and size < limit:
        for file in list(files):
            line = file.readline()
            if not line:
                file.close()
                files.remove(file)
                continue
            text = json.loads(line).get("text") or ""
            text = text.encode("utf-8", "replace").decode().replace("\0", "")
            if text and size < limit:
                size += len(text.encode())
                yield text


def write_text(options) -> int:
    """text.parquet (schema.TEXT) and text.jsonl; the language is not looked at."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from corpus.schema import TEXT

    rows = [
        {
            "id": hashlib.md5(str(index).encode(), usedforsecurity=False).hexdigest(),
            "source": "s", "language": "und", "text": text, "url": "", "licence": "",
            "cluster_size": 1, "redactions": [],
        }
        for index, text in enumerate(documents(options.text, options.megabytes * 1e6))
    ]  # fmt: skip
    pq.write_table(
        pa.Table.from_pylist(rows, schema=TEXT), options.folder / "text.parquet", row_group_size=1000
    )
    with (options.folder / "text.jsonl").open("w") as file:
        for row in rows:
            file.write(json.dumps({"id": row["id"], "text": row["text"]}) + "\n")
    return sum(len(row["text"].encode()) for row in rows)


def child(options, part: str, *more: str, python: str = sys.executable) -> dict:
    command = [python, __file__, "--text", str(options.text), "--part", part, "--folder", str(options.folder)]
    command += ["--vocabulary", str(options.vocabulary), *more]
    environment = {
        "PYTHONPATH": str(ROOT),
        "NUMBA_CACHE_DIR": str(options.folder / "kernels"),
        "PATH": "/usr/bin:/bin",
        "RAYON_NUM_THREADS": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "HF_HUB_OFFLINE": "1",
    }
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        sys.exit(f"{part} failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def texts(options):
    """Documents one by one, so that neither side is charged for holding them all."""
    with (options.folder / "text.jsonl").open() as file:
        for line in file:
            yield json.loads(line)["text"]


def work(options, name: str, inputs: dict, settings: dict):
    from corpus.work import Work

    folder = options.folder / name
    folder.mkdir(exist_ok=True)
    paths = {role: (options.folder / path,) for role, path in inputs.items()}
    return Work(name, "0", paths, settings, folder)


# -------------------------------------------------------------------- training


def part_train_ours(options) -> dict:
    import corpus.kernels.bpe_train  # noqa: F401
    from corpus.footprint import keep_freed_memory, without_pandas
    from corpus.tokens.counts import count
    from corpus.tokens.train import train

    keep_freed_memory()  # both as a worker of a build does
    without_pandas()
    before = peak_mb()
    settings = {"pattern": options.patterns, "max_piece_bytes": 1 << 20, "held_out_ratio": 0.0,
                "sample_bytes": 0, "seed": 0, "placeholders": []}  # fmt: skip
    counted = count(work(options, "counts", {"text": "text.parquet"}, settings))
    settings = {"vocabulary": options.vocabulary, "pattern": options.patterns, "special": ["</s>"],
                "min_frequency": 0}  # fmt: skip
    made = train(work(options, "ours", {"counts": "counts/counts.parquet"}, settings))
    return {"pieces": counted["pieces"], "distinct": made["pieces"], "vocabulary": made["vocabulary"],
            "before": round(before)}  # fmt: skip


def part_train_reference(options) -> dict:
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

    from corpus.tokens.patterns import PATTERNS as KNOWN

    tokenizer = Tokenizer(models.BPE())
    splitter = pre_tokenizers.Split(Regex(KNOWN[options.patterns].regex), "isolated")
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([splitter, byte_level])
    trainer = trainers.BpeTrainer(
        vocab_size=options.vocabulary, special_tokens=["</s>"], show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )  # fmt: skip
    tokenizer.train_from_iterator(texts(options), trainer)
    tokenizer.save(str(options.folder / "reference.json"))
    return {"vocabulary": tokenizer.get_vocab_size()}


def train_goals(options, pattern: str, goals: dict) -> None:
    first = child(options, "train_ours", "--patterns", pattern)  # compiles the kernels, once for a machine
    ours = child(options, "train_ours", "--patterns", pattern)
    print(
        f"train {pattern}: {first['cpu'] - ours['cpu']:.1f} CPU s more where kernels must be compiled first"
    )
    theirs = child(options, "train_reference", "--patterns", pattern)
    print(f"train {pattern}: corpus {ours}\ntrain {pattern}: tokenizers {theirs}")
    mine = json.loads((options.folder / "ours" / "tokenizer.json").read_text())["model"]["merges"]
    reference = json.loads((options.folder / "reference.json").read_text())["model"]["merges"]
    goal(
        goals,
        f"merges equal to Hugging Face tokenizers, {pattern}",
        mine == reference,
        True,
        mine == reference,
    )
    share = ours["cpu"] / theirs["cpu"]
    goal(goals, f"training CPU against tokenizers, {pattern}", round(share, 3), "<= 0.25", share <= 0.25)
    share = ours["mb"] / theirs["mb"]
    goal(goals, f"training memory against tokenizers, {pattern}", round(share, 3), "<= 0.333", share <= 1 / 3)


def peak_mb() -> float:
    """Peak resident memory of this program; ru_maxrss would begin at what the parent had when it forked."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def goal(goals: dict, name: str, value: object, wanted: object, met: bool) -> None:
    goals[name] = {"value": value, "goal": wanted, "met": bool(met)}


# ---------------------------------------------------------------------- growth


def part_growth(options) -> dict:
    """Distinct pieces and their bytes as text grows; counted as the step does, languages taken together."""
    import numpy as np

    from corpus.kernels.bpe_classes import classes
    from corpus.kernels.bpe_count import count_pieces, larger, new_table

    table, totals, read, points = new_table(1 << 22, 1 << 27), np.zeros(3, np.int64), 0, []
    marks = [options.megabytes * 1e6 / 2**k for k in range(4, -1, -1)]
    number = np.zeros(1, np.int16)
    for text in documents(options.text, options.megabytes * 1e6):
        data = np.frombuffer(text.encode(), np.uint8)
        offsets, document, position = np.array([0, len(data)]), 0, 0
        while document < 1:
            document, position = count_pieces(
                data, offsets, number, classes(), 0, 4096, document, position, *table, totals
            )
            if document < 1:
                table = larger(table, 1 << 32, 1 << 62)
        read += len(data)
        if read >= marks[0]:
            counts = table.counts
            points.append((read, len(counts), int(table.state[1]), int(table.sizes[counts > 1].sum())))
            write_counts(table, options.folder / f"growth-{len(points)}.parquet")
            marks = marks[1:] or [float("inf")]
    return {"points": points}


def write_counts(table, path: Path) -> None:
    """The table as the step `count` would write it."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    from corpus.tokens.counts import COUNTS

    offsets = np.append(table.starts, table.state[1])
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(table.arena[: table.state[1]])]
    pieces = pa.Array.from_buffers(pa.large_binary(), len(offsets) - 1, buffers)
    columns = [pa.array(["und"] * len(pieces)), pieces, pa.array(table.counts.copy())]
    pq.write_table(pa.table(columns, schema=COUNTS), path)


def part_train_growth(options) -> dict:
    from corpus.tokens.train import train

    settings = {"vocabulary": options.vocabulary, "pattern": "o200k", "special": ["</s>"], "min_frequency": 0}
    name = f"growth-{options.patterns}"
    return train(work(options, name, {"counts": f"{name}.parquet"}, settings))


def growth_goals(options, goals: dict) -> None:
    """Heaps' law from the last points, and what it says of 100 GB."""
    import math

    points = child(options, "growth", "--megabytes", str(options.growth))["points"]
    print("text MB, distinct pieces, their MB, MB of those seen twice or more")
    for read, pieces, size, twice in points:
        print(f"{read / 1e6:8.1f} {pieces:12,d} {size / 1e6:8.2f} {twice / 1e6:8.2f}")
    # Memory of the training step at two sizes; what it takes for each further byte of distinct piece.
    child(options, "train_growth", "--patterns", "1")
    small, large = (
        child(options, "train_growth", "--patterns", str(k))["mb"] for k in (len(points) - 2, len(points))
    )
    each = (large - small) * 1e6 / (points[-1][2] - points[-3][2])
    print(f"memory of the step {small} MB and {large} MB")
    for column, name in ((2, "all pieces"), (3, "min_piece_count 2")):
        (x0, y0), (x1, y1) = ((p[0], p[column]) for p in (points[-3], points[-1]))
        power = math.log(y1 / y0) / math.log(x1 / x0)
        size = y1 * (1e11 / x1) ** power / 1e9
        print(
            f"{name}: bytes ~ text^{power:.2f}, {size:.2f} GB at 100 GB, {each:.0f} bytes of memory for each"
        )
        need = each * size
        goal(goals, f"GB to train on 100 GB, extrapolated, {name}", round(need, 1), "<= 24", need <= 24)


# -------------------------------------------------------------------- encoding


def ensure_tokenizer(options) -> None:
    if not (options.folder / "ours" / "tokenizer.json").exists():
        child(options, "train_ours", "--patterns", options.patterns.split(",")[0])


def part_encode(options) -> dict:
    from corpus.tokens import encoder
    from corpus.tokens.encode import encode

    settings = {
        "end_of_document": "</s>",
        "padding": "</s>",
        "placeholders": [],
        "seed": 0,
        "audit_every": 2000,
    }
    inputs = {"text": "text.parquet", "tokenizer": "ours/tokenizer.json"}
    encoder.load(options.folder / "ours" / "tokenizer.json")  # neither side's start-up is counted
    start = time.process_time()
    counts = encode(work(options, "encoded", inputs, settings))
    return {**counts, "seconds": round(time.process_time() - start, 2)}


def encode_goals(options, goals: dict) -> None:
    """Real and adversarial text through both encoders, for every pattern asked for."""
    import random

    from corpus.tokens import encoder

    for pattern in options.patterns.split(","):
        child(options, "train_ours", "--patterns", pattern)
        encoders = encoder.load(options.folder / "ours" / "tokenizer.json")
        rng = random.Random(1)
        found = list(texts(options))
        sample = rng.sample(found, min(2000, len(found)))
        starts = (0x20, 0x300, 0x370, 0x5D0, 0x620, 0x900, 0x980, 0xA00, 0xB80, 0xE00, 0x1000, 0x1200, 0x1780,
                  0x2000, 0x3040, 0x4E00, 0xAC00, 0xFE00, 0x10D40, 0x1F600)  # fmt: skip
        for _ in range(4000):
            points = [chr(rng.choice(starts) + rng.randrange(96)) for _ in range(rng.randint(1, 40))]
            odd = ["</s>", "'S", "ſ", "\u200d", "\r\n", "   ", "\u3000", "x" * 200, "�"]
            sample.append("".join(rng.choice([*points, rng.choice(odd)]) for _ in range(rng.randint(1, 40))))
        differing = 0
        for text in sample:
            mine, theirs = encoders.fast([text])[0], encoders.reference([text])[0]
            differing += mine.tolist() != theirs.tolist()
        goal(
            goals,
            f"documents encoded unlike the reference, {pattern}, of {len(sample)}",
            differing,
            0,
            not differing,
        )


def environment(name: str, *packages: str) -> Path:
    folder = HERE / f".env-{name}"
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", *packages], check=True)
        (folder / "ready").touch()
    return python


DATATROVE = """
import sys, json, resource
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.tokens.megatron_tokenizer import MegatronDocumentTokenizer
folder, = sys.argv[1:]
reader = JsonlReader(folder, glob_pattern="text.jsonl")
step = MegatronDocumentTokenizer(output_folder=folder + "/datatrove", eos_token="</s>",
    tokenizer_name_or_path=folder + "/ours/tokenizer.json")
step.tokenizer
before = resource.getrusage(resource.RUSAGE_SELF)
for _ in step(reader(None, 0, 1), 0, 1) or (): pass
after = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({"seconds": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime}))
"""


def datatrove_goals(options, goals: dict) -> None:
    python = environment("datatrove", "datatrove[io]", "tokenizers", "orjson")
    ensure_tokenizer(options)
    child(options, "encode")
    ours = child(options, "encode")
    command = [str(python), "-c", DATATROVE, str(options.folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"datatrove failed:\n{done.stderr[-3000:]}")
    theirs = json.loads(done.stdout.splitlines()[-1])
    print(f"encode: corpus {ours}\nencode: datatrove {theirs}")
    ratio = theirs["seconds"] / ours["seconds"]
    goal(goals, "text to .bin/.idx against datatrove, times faster", round(ratio, 1), ">= 12", ratio >= 12)
    for suffix in (".bin", ".idx"):
        mine = (options.folder / "encoded" / f"und{suffix}").read_bytes()
        peer = next((options.folder / "datatrove").rglob(f"*{suffix}")).read_bytes()
        goal(goals, f"{suffix} equal to datatrove's", mine == peer, True, mine == peer)


# --------------------------------------------------------------------- packing


def pack_goals(options, goals: dict) -> None:
    import numpy as np

    from corpus.tokens.pack import fit_layout

    ensure_tokenizer(options)
    if not (options.folder / "encoded" / "und.parquet").exists():
        child(options, "encode")
    import pyarrow.parquet as pq

    sizes = pq.read_table(options.folder / "encoded" / "und.parquet")["tokens"].to_numpy().astype(np.int64)
    sizes = np.random.default_rng(1).choice(sizes, 1_000_000)
    fit_layout(sizes[:1000], 2048, 0.005)
    start = time.process_time()
    layout = fit_layout(sizes, 2048, 0.005)
    seconds = time.process_time() - start
    padding = 1 - sizes.sum() / (layout.row_count * 2048)
    needless = int((np.bincount(layout.documents)[sizes <= 2048] > 1).sum())
    goal(goals, "packing plan, seconds for a million documents", round(seconds, 2), "<= 1", seconds <= 1)
    goal(goals, "padding", round(float(padding), 5), "<= 0.005", padding <= 0.005)
    goal(goals, "documents cut that would have fit", needless, 0, needless == 0)


def megatron_goals(options, goals: dict) -> None:
    """Our files through NVIDIA's indexed_dataset.py, with the few names it takes from torch filled in."""
    import numpy as np

    folder = HERE / ".env-megatron"
    if not list(folder.glob("*.whl")):
        folder.mkdir(exist_ok=True)
        subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(folder),
                        "megatron-core==0.16.1"], check=True)  # fmt: skip
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        source = wheel.read("megatron/core/datasets/indexed_dataset.py")
    path = options.folder / "indexed_dataset.py"
    path.write_bytes(source)
    stub(["torch.utils.data", *imported(source.decode())])
    spec = importlib.util.spec_from_file_location("indexed_dataset", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["indexed_dataset"] = module
    spec.loader.exec_module(module)

    from corpus.tokens.megatron import read

    ensure_tokenizer(options)
    if not (options.folder / "encoded" / "und.bin").exists():
        child(options, "encode")
    theirs = module.IndexedDataset(str(options.folder / "encoded" / "und"))
    mine = read(options.folder / "encoded" / "und")
    equal = len(theirs) == len(mine.lengths)
    for index in range(0, len(mine.lengths), max(1, len(mine.lengths) // 2000)):
        piece = mine.tokens[mine.starts[index] : mine.starts[index] + mine.lengths[index]]
        equal = equal and np.array_equal(theirs[index], piece)
    goal(goals, "read by megatron-core's own reader", equal, True, equal)


def imported(source: str) -> list[str]:
    """Modules of torch and megatron the file imports."""
    lines = (line.split() for line in source.splitlines())
    return [
        words[1]
        for words in lines
        if len(words) > 1
        and words[0] in ("import", "from")
        and words[1].split(".")[0] in ("torch", "megatron")
    ]


def stub(names: list[str]) -> None:
    """Empty modules of these names, whose every attribute is a class that does nothing."""

    class Anything:
        def __init__(self, *_: object, **__: object) -> None: ...

        @staticmethod
        def is_enabled() -> bool:
            """Of the storage client the reader asks for first."""
            return False

    for name in names:
        parts = name.split(".")
        for depth in range(1, len(parts) + 1):
            path = ".".join(parts[:depth])
            if path not in sys.modules:
                module = types.ModuleType(path)
                module.__path__ = []
                module.__getattr__ = lambda attribute: Anything
                sys.modules[path] = module
                if depth > 1:
                    setattr(sys.modules[".".join(parts[: depth - 1])], parts[depth - 1], module)


if __name__ == "__main__":
    main()
