"""Other formats: the ids come back through readers that are not ours."""

from __future__ import annotations

import hashlib
import itertools
import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from corpus.errors import StorageError
from corpus.tokens.export import export
from corpus.tokens.formats import (
    TOKEN_WRITERS,
    mds,
    write_ds,
    write_mds,
    write_metaseq,
    write_npy,
    write_parquet,
)
from corpus.tokens.megatron import write_index
from tests.tokens_world import World, rows

SEQUENCES = [[5, 6, 7, 2], [2], list(range(300)), [9, 2]]


@pytest.fixture(params=["<i4", "<u2"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    kind = np.dtype(request.param)
    np.array([token for ids in SEQUENCES for token in ids], kind).tofile(tmp_path / "en.bin")
    write_index(tmp_path / "en.idx", np.array([len(ids) for ids in SEQUENCES]), kind)
    (tmp_path / "out").mkdir()
    return tmp_path / "en"


def flat(pair: Path) -> list[int]:
    assert pair
    return [token for ids in SEQUENCES for token in ids]


def test_ds_and_its_index_are_what_numpy_reads(pair: Path) -> None:
    data, index = write_ds(pair, pair.parent / "out")
    kind = "<u2" if (pair.with_suffix(".bin").stat().st_size == 2 * len(flat(pair))) else "<u4"
    assert np.fromfile(data, kind).tolist() == flat(pair)
    assert np.fromfile(index, "<u8").tolist() == np.cumsum([len(ids) for ids in SEQUENCES]).tolist()


def test_npy_is_a_bare_array(pair: Path) -> None:
    (data,) = write_npy(pair, pair.parent / "out")
    kind = "<u2" if (pair.with_suffix(".bin").stat().st_size == 2 * len(flat(pair))) else "<u4"
    assert np.memmap(data, kind, "r").tolist() == flat(pair)


def test_parquet_is_read_by_datasets(pair: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_DATASETS_CACHE", str(pair.parent / "cache"))
    (data,) = write_parquet(pair, pair.parent / "out")
    from datasets import Dataset

    found = Dataset.from_parquet(str(data), cache_dir=str(pair.parent / "cache"))
    assert found["input_ids"][:] == SEQUENCES


def test_mds_follows_the_layout_and_splits_shards(pair: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mds, "SHARD_BYTES", 200)
    *shards, index = write_mds(pair, pair.parent / "out")
    content = json.loads(index.read_text())
    assert content["version"] == 2
    kind = "<u2" if (pair.with_suffix(".bin").stat().st_size == 2 * len(flat(pair))) else "<i4"
    found = []
    for path, entry in zip(shards, content["shards"], strict=True):
        raw = path.read_bytes()
        assert entry["raw_data"]["hashes"]["sha1"] == hashlib.sha1(raw).hexdigest()
        assert entry["raw_data"]["bytes"] == len(raw)
        count = int(np.frombuffer(raw, "<u4", 1)[0])
        offsets = np.frombuffer(raw, "<u4", count + 1, 4)
        assert entry["samples"] == count
        for start, end in itertools.pairwise(offsets):
            size = int(np.frombuffer(raw, "<u4", 1, start)[0])
            assert start + 4 + size == end
            found.append(np.frombuffer(raw[start + 4 : end], kind).tolist())
    assert found == SEQUENCES
    assert len(shards) > 1


def test_mds_is_read_by_streaming(pair: Path) -> None:
    streaming = pytest.importorskip("streaming", reason="mosaicml-streaming (needs torch) is not installed")
    write_mds(pair, pair.parent / "out")
    kind = "<u2" if (pair.with_suffix(".bin").stat().st_size == 2 * len(flat(pair))) else "<i4"
    found = streaming.LocalDataset(str(pair.parent / "out"))
    assert [np.frombuffer(sample["tokens"], kind).tolist() for sample in found] == SEQUENCES


def test_metaseq_lines_hold_text_and_provenance(tmp_path: Path) -> None:
    (bucket,) = World(tmp_path).buckets(rows(12), 1)
    (data,) = write_metaseq(bucket, tmp_path)
    lines = [json.loads(line) for line in data.read_text().split("\n") if line]
    table = pq.read_table(bucket)
    assert [line["text"] for line in lines] == table["text"].to_pylist()
    assert [line["meta"]["id"] for line in lines] == table["id"].to_pylist()


@pytest.mark.parametrize("name", sorted(TOKEN_WRITERS))
def test_an_empty_pair_gives_readable_files(name: str, tmp_path: Path) -> None:
    (tmp_path / "x.bin").write_bytes(b"")
    write_index(tmp_path / "x.idx", np.zeros(0, np.int64), np.dtype("<i4"))
    (tmp_path / "out").mkdir()
    assert all(path.is_file() for path in TOKEN_WRITERS[name](tmp_path / "x", tmp_path / "out"))


@pytest.mark.parametrize("name", ["ds", "mds"])
def test_export_writes_every_bucket_and_language(name: str, tmp_path: Path) -> None:
    world = World(tmp_path)
    texts = world.buckets(rows(30))
    tokenizer = world.train(texts)
    pairs = [path for text in texts for path in world.encode(text, tokenizer) if path.suffix == ".idx"]
    (tmp_path / "encode").rename(tmp_path / "tokens")
    written = export(tmp_path, name, tmp_path / "out")
    assert len(written) == 2 * len(pairs)
    if name == "ds":
        for path in pairs:
            data = tmp_path / "out" / path.parent.name / f"{path.stem}.ds"
            assert (
                data.read_bytes()
                == (tmp_path / "tokens" / path.parent.name / f"{path.stem}.bin").read_bytes()
            )
    with pytest.raises(StorageError, match="not empty"):
        export(tmp_path, name, tmp_path / "out")
    with pytest.raises(StorageError, match="no format"):
        export(tmp_path, "nope", tmp_path / "other")
    with pytest.raises(StorageError, match="has none"):
        export(tmp_path, name, tmp_path / "other", packed=True)
