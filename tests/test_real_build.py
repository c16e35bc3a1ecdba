"""The whole path on a sample of the real input: every source and language, nothing lost."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import corpus
from corpus.lookup import RECIPES

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "bench"))
from real_input import write_sources  # noqa: E402

PIPELINE = """\
seed: 3
buckets: 2
max_quarantine_ratio: 0.01
signals: {language: {}, text: {}, code: {}, pii: {}}
filters: [language, text, code, pii]
dedup: {exact: {}, url: {}, minhash: {threshold: 0.7}, max_loss_ratio: 1, partitions: 2}
tokenizer: bpe-32k
mixture: mixture
pack: {length: 512, shards: 2}
"""


@pytest.mark.real
def test_real_text_builds_and_every_document_is_accounted_for(real_input: Path, tmp_path: Path) -> None:
    write_sources(real_input, tmp_path / "sources.yaml", pipeline="sample")
    (tmp_path / "pipelines").mkdir()
    (tmp_path / "pipelines" / "sample.yaml").write_text(PIPELINE)
    corpus.build(tmp_path / "sources.yaml", output=tmp_path, executor="local", limit=12)
    (folder,) = (path.parent for path in tmp_path.glob("*/manifest.json"))
    report = corpus.open(folder).report
    assert len(report["sources"]) >= 25
    for part in (report["totals"], *report["sources"].values(), *report["languages"].values()):
        ends = part["kept"] + part["dropped"] + part["duplicates"] + part["quarantined"]
        assert part["documents_in"] == ends
    assert report["totals"]["kept"] > 0.5 * report["totals"]["documents_in"]
    assert report["totals"]["tokens"] > 10_000
    corpus.verify(folder)


def test_the_packaged_recipes_are_those_of_the_checkout() -> None:
    assert (RECIPES / "sources.yaml").read_bytes() == (ROOT / "sources.yaml").read_bytes()
