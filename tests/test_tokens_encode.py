"""Encoding: Megatron's files, the provenance of every document, special tokens only where they belong."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray
from tokenizers import Tokenizer

from corpus.errors import ConfigError, StorageError
from corpus.recipe import TokenizerFile
from corpus.tokens import encoder, options
from corpus.tokens.encode import encode
from corpus.tokens.megatron import read, token_type, write_index
from corpus.tokens.segments import cut
from corpus.work import Former
from tests.tokens_world import PLACEHOLDERS, World, rows


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World(tmp_path_factory.mktemp("encode"))
    world.train(world.buckets(rows(60), 1))
    return world


def files(world: World) -> tuple[Path, Path]:
    return world.folder / "text" / "00000.parquet", world.folder / "train" / "all" / "tokenizer.json"


@pytest.fixture(scope="module")
def encoded(world: World) -> dict[str, Path]:
    return {path.name: path for path in world.encode(*files(world))}


def test_every_document_decodes_to_its_text(world: World, encoded: dict[str, Path]) -> None:
    tokenizer = Tokenizer.from_file(str(files(world)[1]))
    texts = {row["id"]: row["text"] for row in rows(60)}
    end = tokenizer.token_to_id("</s>")
    seen = 0
    for name, path in encoded.items():
        if not name.endswith(".parquet") or name == "summary.parquet":
            continue
        indexed = read(path)
        for row in pq.read_table(path).to_pylist():
            ids = indexed.tokens[row["offset"] : row["offset"] + row["tokens"]].tolist()
            assert ids[-1] == end
            assert tokenizer.decode(ids[:-1], skip_special_tokens=False) == texts[row["id"]]
            assert row["bytes"] == len(texts[row["id"]].encode())
            seen += 1
    assert seen == 60


def test_placeholders_are_whole_only_where_redaction_put_them(world: World, encoded: dict[str, Path]) -> None:
    tokenizer = Tokenizer.from_file(str(files(world)[1]))
    special = {tokenizer.token_to_id(text) for text in ("<unk>", "<s>", "</s>", "<pad>", *PLACEHOLDERS)}
    redacted = {row["id"]: bool(row["redactions"]) for row in rows(60)}
    for name, path in encoded.items():
        if not name.endswith(".parquet") or name == "summary.parquet":
            continue
        indexed = read(path)
        for row in pq.read_table(path).to_pylist():
            ids = indexed.tokens[row["offset"] : row["offset"] + row["tokens"] - 1].tolist()
            found = [tokenizer.id_to_token(index) for index in ids if index in special]
            assert found == (["<EMAIL>", "<PHONE>"] if redacted[row["id"]] else [])


def test_segments_end_at_placeholders_and_at_the_end() -> None:
    segments = cut(["a<EMAIL><PHONE>b", "c<EMAIL>", ""], [True, False, True], ["<EMAIL>", "<PHONE>"])
    assert segments.texts == ["a", "", "b", "c<EMAIL>", ""]
    assert segments.tails == [0, 1, -1, -1, -1]
    assert segments.documents == [0, 0, 0, 1, 2]


def test_the_index_has_the_bytes_of_the_format(tmp_path: Path) -> None:
    write_index(tmp_path / "x.idx", np.array([3, 0, 2]), np.dtype("<i4"))
    expected = b"MMIDIDX\x00\x00" + struct.pack("<QBQQ", 1, 4, 3, 4)
    expected += struct.pack("<3i", 3, 0, 2) + struct.pack("<3q", 0, 12, 12) + struct.pack("<4q", 0, 1, 2, 3)
    assert (tmp_path / "x.idx").read_bytes() == expected


def test_the_index_of_a_language_covers_its_tokens(encoded: dict[str, Path]) -> None:
    for name, path in encoded.items():
        if name.endswith(".idx"):
            indexed = read(path)
            assert indexed.tokens.dtype == np.uint16
            assert indexed.lengths.sum() == len(indexed.tokens)
            assert path.stat().st_size == 42 + 20 * len(indexed.lengths)


def test_small_vocabularies_take_two_bytes_a_token() -> None:
    assert token_type(65_499).itemsize == 2
    assert token_type(65_500).itemsize == 4


def test_a_damaged_index_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "x.idx").write_bytes(b"nonsense")
    with pytest.raises(StorageError, match=r"x\.idx"):
        read(tmp_path / "x.bin")


def test_a_difference_to_the_reference_switches_the_bucket(
    world: World, encoded: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, tokenizer = files(world)
    honest = encoder.load(tokenizer)
    assert honest.fast is not None
    good = honest.fast

    def wrong(texts: list[str]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        ids, offsets = good(texts)
        return np.where(ids == ids.max(), ids.min(), ids).astype(np.uint32), offsets

    monkeypatch.setattr(encoder, "load", lambda path: honest._replace(fast=wrong))
    other = World(tmp_path, world.tokenizer.model_copy(update={"audit_every": 1}))
    found = {path.name: path for path in other.encode(text, tokenizer)}
    assert other.counts["encode/00000"]["switched"] == 1
    assert world.counts["encode/00000"]["switched"] == 0
    assert world.counts["encode/00000"]["audited"] >= 1
    assert {name: path.read_bytes() for name, path in found.items()} == {
        name: path.read_bytes() for name, path in encoded.items()
    }


def test_an_unknown_end_of_document_is_an_error(world: World, tmp_path: Path) -> None:
    text, tokenizer = files(world)
    settings = options.encode_options(TokenizerFile(), (), 1) | {"end_of_document": "<nope>"}
    with pytest.raises(ConfigError, match="<nope>"):
        World(tmp_path).run(encode, "x", {"text": [text], "tokenizer": [tokenizer]}, settings)


def test_an_empty_bucket_gives_an_empty_summary(world: World, tmp_path: Path) -> None:
    other = World(tmp_path)
    paths = other.encode(other.buckets([], 1)[0], files(world)[1])
    assert [path.name for path in paths] == ["summary.parquet"]
    assert pq.read_table(paths[0]).num_rows == 0


@pytest.mark.parametrize("name", ["</s>", "<EMAIL>", "<pad>", "<|endoftext|>"])
def test_the_fast_encoder_gives_the_ids_of_the_reference(world: World, name: str) -> None:
    encoders = encoder.load(files(world)[1])
    assert encoders.fast is not None
    texts = [
        name,
        f"a{name}b {name}",
        "",
        "\u200d\ufe0f क्षि ſ'ſ 'LL\t\r\n\n  x",
        "ÀB̀c'Re ǅx १२३४ Ⅷ²",
        "\U0001df2a😀",
    ]
    for mine, theirs in zip(encoders.fast(texts), encoders.reference(texts), strict=True):
        assert np.array_equal(mine, theirs)


def test_what_did_not_change_is_taken_over_and_gives_the_bytes_of_encoding_all(
    world: World, encoded: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokenizer = files(world)[1]
    honest, seen = encoder.load_slow(tokenizer), []

    def counting(texts: list[str]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        seen.extend(texts)
        return honest.reference(texts)

    def load(path: Path) -> encoder.Encoders:
        raise AssertionError("a few documents are not worth loading fastokens")

    documents = rows(60)
    documents[7]["text"] += " And one line more."
    documents[9]["redactions"] = [{"kind": "email", "count": 1}]  # the same text, with placeholders in it
    changed = World(tmp_path / "changed", world.tokenizer)
    text = changed.buckets([*documents[:20], *documents[21:], *rows(2, seed=9)], 1)[0]
    again = {path.name: path for path in changed.encode(text, tokenizer)}
    monkeypatch.setattr(encoder, "load", load)
    monkeypatch.setattr(encoder, "load_slow", lambda path: honest._replace(reference=counting))
    renewed = World(tmp_path / "renewed", world.tokenizer)
    former = Former(encoded, world.counts["encode/00000"])
    found = {path.name: path for path in renewed.encode(text, tokenizer, former)}
    assert {name: path.read_bytes() for name, path in found.items()} == {
        name: path.read_bytes() for name, path in again.items()
    }
    assert renewed.counts == changed.counts
    unchanged = {row["text"] for row in documents[10:20]}
    assert documents[7]["text"] in seen
    assert len(unchanged & set(seen)) <= 1  # one, where it is audited now and was not before


def test_a_bucket_without_changes_needs_no_encoder(
    world: World, encoded: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(path: Path) -> encoder.Encoders:
        raise AssertionError("loaded")

    for name in ("load", "load_slow"):
        monkeypatch.setattr(encoder, name, load)
    former = Former(encoded, world.counts["encode/00000"])
    found = World(tmp_path, world.tokenizer).encode(*files(world), former)
    assert {path.name: path.read_bytes() for path in found} == {
        name: path.read_bytes() for name, path in encoded.items()
    }
    with pytest.raises(AssertionError, match="loaded"):  # what the reference encoded proves nothing about it
        World(tmp_path / "other", world.tokenizer).encode(*files(world), Former(encoded, {"switched": 1}))
