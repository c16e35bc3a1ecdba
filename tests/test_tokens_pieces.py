"""SentencePiece: trained from counts, and existing models as tokenizers."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
import sentencepiece

from corpus.errors import ConfigError
from corpus.tokens import encoder, options
from corpus.tokens.counts import count
from corpus.tokens.megatron import read
from corpus.tokens.pieces import normaliser, train_pieces
from corpus.tokens.train import adopt
from tests.test_tokens_train import recipe
from tests.tokens_world import PLACEHOLDERS, World, rows

TRAINERS = ("sentencepiece-unigram", "sentencepiece-bpe")


def trained(folder: Path, trainer: str, reverse: bool = False) -> tuple[World, list[Path], list[list[Path]]]:
    world = World(folder, recipe(vocabulary=700, trainer=trainer, held_out_ratio=0.1))
    texts = world.buckets(rows(120))
    settings = options.count_options(world.tokenizer, PLACEHOLDERS, 1)
    counted = [world.run(count, path.stem, {"text": [path]}, settings) for path in texts]
    inputs = [found[0] for found in counted]
    settings = options.train_options(world.tokenizer, PLACEHOLDERS)
    path = world.run(train_pieces, "all", {"counts": inputs[::-1] if reverse else inputs}, settings)[0]
    return world, [path, *texts], counted


@pytest.mark.parametrize("trainer", TRAINERS)
def test_text_comes_back_and_special_text_stays_text(trainer: str, tmp_path: Path) -> None:
    _, (path, *_), _ = trained(tmp_path, trainer)
    encoders = encoder.load(path)
    assert encoders.token_id("<unk>") == 0
    assert encoders.special == ("<e>",)
    end = encoders.token_id("<e>")
    for text in ("a<e>b", " two  spaces \n\t", "हिन् \0 中文 😀", "\r\n", "x" * 300):
        ids, _ = encoders.reference([text])
        assert encoders.decode(ids.tolist()) == text
        assert end not in ids
    assert encoders.single_bytes.sum() == 256
    assert encoders.normaliser == ""


@pytest.mark.parametrize("trainer", TRAINERS)
def test_the_model_does_not_depend_on_the_order_of_counts(trainer: str, tmp_path: Path) -> None:
    first = trained(tmp_path / "a", trainer)[1][0].read_bytes()
    assert trained(tmp_path / "b", trainer, reverse=True)[1][0].read_bytes() == first


def test_the_model_does_not_hold_where_it_was_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    for name in ("a", "a-longer-path" * 12):
        (tmp_path / name).mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / name))
        made.append(trained(tmp_path / name / "run", TRAINERS[0])[1][0].read_bytes())
    assert made[0] == made[1]
    assert b"pieces-" not in made[0]


def test_documents_and_card_are_made_with_a_model(tmp_path: Path) -> None:
    world, (path, *texts), counted = trained(tmp_path, "sentencepiece-unigram")
    written = world.encode(texts[0], path)
    indexed = read(next(file for file in written if file.name == "en.idx").with_suffix(""))
    reader = sentencepiece.SentencePieceProcessor(model_file=str(path))
    tokens = indexed.tokens[: indexed.lengths[0]].tolist()
    assert tokens[-1] == reader.piece_to_id("<e>")
    assert reader.decode(tokens[:-1])
    content = world.judge(path, counted)
    assert all(entry["round_trip_losses"] == 0 for entry in content["languages"].values())
    assert all(0 <= entry["byte_ratio"] <= 1 for entry in content["languages"].values())
    assert content["normaliser"] == ""


def test_a_model_of_others_is_taken_as_it_is_and_says_that_it_normalises(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("".join(f"word{i % 40} and {i}\n" for i in range(400)))
    sentencepiece.SentencePieceTrainer.train(
        input=str(tmp_path / "text.txt"), model_prefix=str(tmp_path / "their"), vocab_size=80, minloglevel=2
    )
    model = tmp_path / "their.model"
    assert normaliser(model) == "nmt_nfkc"
    world = World(tmp_path, recipe())
    (taken,) = world.run(adopt, "good", {"model": [model]}, {"required": ["</s>"]})
    assert taken.name == "tokenizer.model"
    assert taken.read_bytes() == model.read_bytes()
    assert encoder.load(taken).normaliser == "nmt_nfkc"
    ids, offsets = encoder.load(taken).reference(["word1", ""])
    assert ids.dtype == np.uint32
    assert offsets[1] == offsets[2] == len(ids) > 0
    with pytest.raises(ConfigError, match="lacks special tokens"):
        world.run(adopt, "lacking", {"model": [model]}, {"required": ["<CARD>"]})
    (tmp_path / "broken.model").write_bytes(b"no model")
    with pytest.raises(ConfigError, match="is no SentencePiece model"):
        world.run(adopt, "broken", {"model": [tmp_path / "broken.model"]}, {"required": []})
