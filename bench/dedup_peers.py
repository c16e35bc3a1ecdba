"""Other tools doing MinHash deduplication on the same texts, each in an environment of its own.

The environments lie in bench/.env-dedup-<name> and are made on first use with pip. Every peer gets its
documented recipe with 16 bands of 8 and 5-word shingles, and the same texts. Its CPU time less that of a run
on ten documents is counted, for us too, so start-up and imports are excluded; of several runs the best, for
us too. Libraries that are given texts in memory read all of them in that run as well, so reading is excluded.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

__all__ = ["PEERS", "Runner"]

_READ = """
import json, sys
texts = [json.loads(line)["text"] for line in open(sys.argv[1], encoding="utf-8")]
texts = texts[: int(sys.argv[2])]
"""

_SHINGLES = (
    _READ
    + """
def shingles(text):
    w = text.lower().split()
    return list(map(" ".join, zip(w, w[1:], w[2:], w[3:], w[4:]))) or [" ".join(w)]
"""
)

_RENSA = (
    _SHINGLES
    + """
from rensa import RMinHashDeduplicator
deduplicator = RMinHashDeduplicator(threshold=0.7, num_perm=128, use_lsh=True, num_bands=16)
kept = deduplicator.add_pairs((str(i), shingles(text)) for i, text in enumerate(texts))
print([i for i, keep in enumerate(kept) if not keep])
"""
)

_DATASKETCH = (
    _SHINGLES
    + """
from datasketch import MinHash, MinHashLSH
lsh = MinHashLSH(params=(16, 8), num_perm=128)
removed = []
for i, text in enumerate(texts):
    mh = MinHash(num_perm=128)
    mh.update_batch([s.encode() for s in shingles(text)])
    if lsh.query(mh):
        removed.append(i)
        continue
    lsh.insert(str(i), mh)
print(json.dumps(removed))
"""
)

_DAFT = (
    _READ
    + """
import daft
frame = daft.from_pydict({"text": texts})
from daft import col
try:
    hashes = col("text").minhash(num_hashes=128, ngram_size=5, seed=1)
except AttributeError:
    from daft.functions import minhash
    hashes = minhash(col("text"), num_hashes=128, ngram_size=5, seed=1)
rows = frame.select(hashes.alias("m")).to_pydict()["m"]
print([])
"""
)

_DATATROVE = """
import json, pathlib, sys
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import MinhashDedupBuckets, MinhashDedupCluster
from datatrove.pipeline.dedup import MinhashDedupFilter, MinhashDedupSignature
from datatrove.pipeline.dedup.minhash import MinhashConfig
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers.jsonl import JsonlWriter
from datatrove.utils.hashing import HashConfig
from datatrove.utils.typeshelper import Languages
source = pathlib.Path(sys.argv[1])
work = source.with_suffix(".datatrove")
config = MinhashConfig(hash_config=HashConfig(precision=64), num_buckets=16, hashes_per_bucket=8, n_grams=5)
reader = JsonlReader(str(source.parent), glob_pattern=source.name)
stages = [
    [reader, MinhashDedupSignature(output_folder=f"{work}/sig", config=config, language=Languages.english)],
    [MinhashDedupBuckets(input_folder=f"{work}/sig", output_folder=f"{work}/buckets", config=config)],
    [MinhashDedupCluster(input_folder=f"{work}/buckets", output_folder=f"{work}/remove", config=config)],
    [reader, MinhashDedupFilter(f"{work}/remove"), JsonlWriter(f"{work}/out", compression=None)],
]
for number, stage in enumerate(stages):
    tasks = 16 if number == 1 else 1
    LocalPipelineExecutor(pipeline=stage, tasks=tasks, workers=1, logging_dir=f"{work}/logs/{number}").run()
written = pathlib.Path(f"{work}/out").glob("*.jsonl")
kept = {int(json.loads(line)["id"]) for path in written for line in path.open()}
print([i for i in range(sum(1 for _ in source.open())) if i not in kept])
"""

_TEXT_DEDUP = """
import subprocess, sys
source = sys.argv[1]
out = source + ".out"
command = [sys.executable, "-m", "text_dedup.minhash", "--path", "json", "--data_files", source]
command += ["--split", "train", "--column", "text", "--cache_dir", source + ".cache", "--num_proc", "1"]
command += ["--output", out, "--num_perm", "128", "--b", "16", "--r", "8", "--ngram", "5"]
subprocess.run([*command, "--threshold", "0.7", "--hash_func", "xxh3"], check=True)
from datasets import load_from_disk
kept = {int(i) for i in load_from_disk(out)["id"]}
print([i for i in range(sum(1 for _ in open(source))) if i not in kept])
"""

_DATA_JUICER = """
import json, os, pathlib, subprocess, sys
source = pathlib.Path(sys.argv[1])
work = source.with_suffix(".juicer")
work.mkdir()
config = work / "config.yaml"
config.write_text(f'''
dataset_path: {source}
export_path: {work}/out.jsonl
work_dir: {work}
np: 1
process:
  - document_minhash_deduplicator:
      tokenization: space
      window_size: 5
      lowercase: true
      num_permutations: 128
      jaccard_threshold: 0.7
      num_bands: 16
      num_rows_per_band: 8
''')
os.environ["HF_DATASETS_CACHE"] = f"{work}/cache"
os.environ["DATA_JUICER_CACHE_HOME"] = f"{work}/home"
command = [str(pathlib.Path(sys.executable).parent / "dj-process"), "--config", str(config)]
subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
kept = {int(json.loads(line)["id"]) for line in open(work / "out.jsonl")}
print([i for i in range(sum(1 for _ in source.open())) if i not in kept])
"""

# The operator alone, without a data set of its own on disk: 2.8 s where its `run` takes 3.4 to 6.
_DATA_JUICER_OPERATOR = (
    _READ
    + """
from data_juicer.core.data import NestedDataset
from data_juicer.ops.deduplicator.document_minhash_deduplicator import DocumentMinhashDeduplicator
operator = DocumentMinhashDeduplicator(
    tokenization="space", window_size=5, lowercase=True, num_permutations=128, jaccard_threshold=0.7,
    num_bands=16, num_rows_per_band=8,
)
rows = [operator.compute_hash({"id": i, "text": text}) for i, text in enumerate(texts)]
kept, _ = operator.process(NestedDataset.from_list(rows))
kept = set(kept["id"])
print([i for i in range(len(texts)) if i not in kept])
"""
)

_FEW = 10
# ray and torch: it installs them itself when they are missing, in the run.
_JUICER = ("py-data-juicer==1.6.1", "aiohttp", "ray", "torch")


@dataclass(frozen=True)
class Peer:
    """requirements: what pip installs · script: reads a JSONL file, works on all its texts (`in_memory`: a
    library, on as many as it is told), prints the numbers of those it removes · times: how many times faster
    we mean to be"""

    requirements: tuple[str, ...]
    script: str
    times: float
    in_memory: bool = False


PEERS = {
    "rensa": Peer(("rensa==0.5.0",), _RENSA, 8, in_memory=True),
    "datasketch": Peer(("datasketch==2.0.0",), _DATASKETCH, 20, in_memory=True),
    "daft minhash expression": Peer(("daft==0.7.26",), _DAFT, 2, in_memory=True),
    "text-dedup": Peer(("text-dedup==0.4.0",), _TEXT_DEDUP, 40),
    "data-juicer": Peer(_JUICER, _DATA_JUICER, 50),
    "data-juicer operator": Peer(_JUICER, _DATA_JUICER_OPERATOR, 50, in_memory=True),
    "datatrove": Peer(
        ("datatrove==0.10.1", "xxhash<4", "spacy", "tokenizers", "orjson", "nltk", "regex"),
        _DATATROVE,
        100,
    ),
}


class Runner:
    """A peer, timed on ten of the texts (`start`), and on all."""

    def __init__(self, name: str, texts: list[str], folder: Path) -> None:
        self.peer = PEERS[name]
        self.python = _environment(name.split()[0], self.peer.requirements)
        self.folder = folder
        folder.mkdir(parents=True)
        self.megabytes = sum(len(text.encode()) for text in texts) / 1e6
        few = texts if self.peer.in_memory else texts[:_FEW]
        self.runs = {"start": (_lines(few), _FEW), "all": (_lines(texts), len(texts))}
        self.seconds: dict[str, list[float]] = {"start": [], "all": []}
        self.removed: list[int] = []

    def once(self) -> bool:
        """Run both in a new folder, so that nothing of an earlier run is found; False where it fails."""
        for part, (lines, count) in self.runs.items():
            place = self.folder / f"{part}-{len(self.seconds[part])}"
            place.mkdir()
            path = place / "texts.jsonl"
            path.write_text(lines, encoding="utf-8")
            command = [self.python, "-c", self.peer.script, str(path), str(count)]
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            done = subprocess.run(command, capture_output=True, text=True, cwd=place, check=False)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            if done.returncode:
                print(f"  failed: {done.stderr.strip().splitlines()[-1:]}")
                return False
            self.seconds[part].append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
            self.removed = json.loads(done.stdout.strip().splitlines()[-1])
        return True

    def rate(self) -> float:
        """MB a CPU second, of the best run of each."""
        return self.megabytes / max(min(self.seconds["all"]) - min(self.seconds["start"]), 1e-3)


def _lines(texts: list[str]) -> str:
    return "".join(json.dumps({"id": str(i), "text": text}) + "\n" for i, text in enumerate(texts))


def _environment(name: str, requirements: tuple[str, ...]) -> str:
    place = Path(__file__).parent / f".env-dedup-{name}"
    python = place / "bin" / "python"
    if not python.exists():
        print(f"  making {place.name}", file=sys.stderr)
        venv.create(place, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *requirements], check=True)
    return str(python)
