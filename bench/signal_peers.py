"""Peers of bench/signals.py, each in an environment of its own (bench/.env-<peer>, made here with pip).

dolma         its tagger gopher_v2
nemo          the filters of NeMo Curator's own English heuristic pipeline, scores and verdicts
data-juicer   its filters on text that we have a counterpart of and that need no downloaded model, as its
              recipes for web text use them: alphanumeric, special characters, average and longest line, text
              length, words, stop words (of our English list, its own is a download), character and word
              repetition; statistics and verdicts, each filter by itself, as its default configuration does

Each reads the texts of a Parquet file, measures every document and writes what it measured to a Parquet file;
prints the CPU seconds of that, without start-up and imports.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import venv
from dataclasses import dataclass
from pathlib import Path

from corpus.signals.stop_words import STOP_WORDS

__all__ = ["PEERS", "Peer", "seconds"]

_HERE = Path(__file__).parent

_READ = """
import sys, time
import pyarrow as pa, pyarrow.parquet as pq
source, target = sys.argv[1:]
def read():
    return pq.read_table(source, columns=["text"])["text"].to_pylist()
def write(columns):
    pq.write_table(pa.table(columns), target, compression="zstd", compression_level=1)
"""

_DOLMA = """
import nltk
nltk.download = lambda *given, **named: True  # it asks the network for data this tagger does not use
from dolma.core.data_types import Document
from dolma.taggers.gopher import GopherTaggerV2
tagger = GopherTaggerV2()
tagger.predict(Document(source="s", id="0", text="Some words to warm it up. And more of them."))
begun = time.process_time()
columns = {}
for number, text in enumerate(read()):
    for span in tagger.predict(Document(source="s", id=str(number), text=text)).spans:
        columns.setdefault(span.type, []).append(span.score)
write(columns)
"""

_NEMO = """
import importlib, pathlib, yaml
import nemo_curator
path = pathlib.Path(nemo_curator.__file__).parent / "config/text/heuristic_filter_english_pipeline.yaml"
filters = []
for stage in yaml.safe_load(path.read_text())["stages"]:
    given = dict(stage.get("filter_obj") or {})
    if given:
        module, name = given.pop("_target_").rsplit(".", 1)
        filters.append(getattr(importlib.import_module(module), name)(**given))
assert len(filters) > 20, len(filters)
begun = time.process_time()
texts = read()
columns = {}
for number, one in enumerate(filters):
    scores = [one.score_document(text) for text in texts]
    columns[f"score_{number}"] = scores
    columns[f"keep_{number}"] = [bool(one.keep_document(score)) for score in scores]
write(columns)
"""

_DATA_JUICER = """
from data_juicer.ops.filter.alphanumeric_filter import AlphanumericFilter
from data_juicer.ops.filter.average_line_length_filter import AverageLineLengthFilter
from data_juicer.ops.filter.character_repetition_filter import CharacterRepetitionFilter
from data_juicer.ops.filter.maximum_line_length_filter import MaximumLineLengthFilter
from data_juicer.ops.filter.special_characters_filter import SpecialCharactersFilter
from data_juicer.ops.filter.stopwords_filter import StopWordsFilter
from data_juicer.ops.filter.text_length_filter import TextLengthFilter
from data_juicer.ops.filter.word_repetition_filter import WordRepetitionFilter
from data_juicer.ops.filter.words_num_filter import WordsNumFilter
from data_juicer.utils.constant import Fields
filters = [AlphanumericFilter(), AverageLineLengthFilter(), CharacterRepetitionFilter(),
           MaximumLineLengthFilter(), SpecialCharactersFilter(), TextLengthFilter(), WordRepetitionFilter(),
           WordsNumFilter(), StopWordsFilter(stopwords_dir=".")]
begun = time.process_time()
samples = {"text": read()}
samples[Fields.stats] = [{} for _ in samples["text"]]
columns = {}
for number, one in enumerate(filters):
    samples = one.compute_stats_batched(samples)
    columns[f"keep_{number}"] = [bool(kept) for kept in one.process_batched(samples)]
for name in samples[Fields.stats][0]:
    columns[name] = [row[name] for row in samples[Fields.stats]]
write(columns)
"""


@dataclass(frozen=True)
class Peer:
    """requirements: what pip installs, call by call · times: how many times faster we mean to be"""

    requirements: tuple[tuple[str, ...], ...]
    script: str
    times: float


PEERS = {
    # The boto3 its s3fs agrees with: without it pip searches for many minutes.
    "dolma": Peer((("dolma==1.2.1", "boto3==1.28.17", "pyarrow<20"),), _DOLMA, 40),
    # Without its dependencies, most of them for other parts (torch, CUDA, 6 GB), but for those it imports.
    "nemo": Peer(
        (
            ("--no-deps", "nemo-curator==1.4.0", "cosmos-xenna==0.2.0"),
            ("pandas", "pyarrow", "loguru", "regex", "pyyaml", "ray", "attrs", "jinja2", "fsspec"),
        ),
        _NEMO,
        40,
    ),
    "data-juicer": Peer((("py-data-juicer==1.6.1", "aiohttp", "ray", "torch", "pyarrow"),), _DATA_JUICER, 50),
}


def seconds(name: str, path: Path) -> float:
    """CPU seconds of the peer on the texts of a Parquet file; exits where it fails."""
    peer = PEERS[name]
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "peer.py"
        words = json.dumps({"en": STOP_WORDS["en"].split()})
        (Path(folder) / "stopwords.json").write_text(words, encoding="utf-8")
        end = "\nprint(time.process_time() - begun)\n"
        script.write_text(_READ + peer.script + end, encoding="utf-8")
        command = [_python(name, peer), script, path, Path(folder) / "out.parquet"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    if done.returncode:
        sys.exit(f"{name} failed:\n{done.stderr[-2000:]}")
    return float(done.stdout.split()[-1])


def _python(name: str, peer: Peer) -> Path:
    environment = _HERE / f".env-{name}"
    python = environment / "bin" / "python"
    ready = environment / "ready"
    if not ready.exists():
        venv.create(environment, with_pip=True)
        for packages in peer.requirements:
            subprocess.run([python, "-m", "pip", "install", "-q", *packages], check=True)
        ready.touch()
    return python
