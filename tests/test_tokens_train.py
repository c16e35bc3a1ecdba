"""Training: our merges are those of Hugging Face tokenizers, whatever order the counts come in."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

from corpus.errors import ConfigError
from corpus.recipe import CountWeights, TokenizerFile
from corpus.tokens import options
from corpus.tokens.counts import COUNTS, count
from corpus.tokens.patterns import PATTERNS
from corpus.tokens.train import adopt, train
from corpus.tokens.weights import count_weights
from tests.tokens_world import PLACEHOLDERS, SYLLABLES, World, document, rows


def reference_merges(texts: list[str], pattern: str, vocabulary: int, least: int) -> list[list[str]]:
    tokenizer = Tokenizer(models.BPE())
    splitter = pre_tokenizers.Split(Regex(PATTERNS[pattern].regex), "isolated")
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([splitter, byte_level])
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary, initial_alphabet=alphabet, show_progress=False, min_frequency=least
    )
    tokenizer.train_from_iterator(texts, trainer)
    merges: list[list[str]] = json.loads(tokenizer.to_str())["model"]["merges"]
    return merges


def recipe(pattern: str = "o200k", vocabulary: int = 1500, **more: object) -> TokenizerFile:
    settings = {
        "pattern": pattern,
        "vocabulary": vocabulary,
        "held_out_ratio": 0.0,
        "special": ("<e>",),
        **more,
    }
    return TokenizerFile.model_validate(
        {"end_of_document": "<e>", "padding": "<e>", "placeholders": False, **settings}
    )


def trained(folder: Path, texts: list[str], tokenizer: TokenizerFile) -> dict[str, object]:
    world = World(folder, tokenizer)
    documents = [
        {**row, "text": text, "redactions": []} for row, text in zip(rows(len(texts)), texts, strict=True)
    ]
    content: dict[str, object] = json.loads(world.train(world.buckets(documents)).read_text())
    return content


def sample(number: int) -> list[str]:
    """Words, and runs of one character: where a token can be made in more than one way."""
    rng = random.Random(3)
    names = list(SYLLABLES)
    found = [document(names[i % len(names)], rng, 20) for i in range(number)]
    found += ["a" * rng.randint(1, 30) + " " + "-" * rng.randint(1, 70) for _ in range(number)]
    found += ["".join(rng.choices("ab", k=12)) for _ in range(10 * number)]
    return found


@pytest.mark.parametrize("pattern", sorted(PATTERNS))
@pytest.mark.parametrize("least", [0, 2])
def test_merges_are_those_of_the_reference(pattern: str, least: int, tmp_path: Path) -> None:
    texts = sample(60)
    content = trained(tmp_path, texts, recipe(pattern, min_frequency=least))
    expected = reference_merges(texts, pattern, 1499, least)
    assert len(expected) > 1000
    assert content["model"]["merges"] == expected  # type: ignore[index]


def test_tokenizer_json_loads_with_special_tokens_first(tmp_path: Path) -> None:
    world = World(tmp_path)
    path = world.train(world.buckets(rows(60)))
    tokenizer = Tokenizer.from_file(str(path))
    assert tokenizer.get_vocab_size() == 700
    names = [tokenizer.id_to_token(index) for index in range(6)]
    assert names == ["<unk>", "<s>", "</s>", "<pad>", "<EMAIL>", "<PHONE>"]
    text = "WE'LL read हिन्दी\n\n\tand 中文 \u0000\x7f😀 at <EMAIL>"
    assert tokenizer.decode(tokenizer.encode(text).ids, skip_special_tokens=False) == text


def test_counts_above_32_bits_decide_the_merge(tmp_path: Path) -> None:
    pieces = [b"ab", b"cd", b"ef"]
    amounts = [2**31 + 5, 2**33, 2**32 + 1]
    table = pa.table([["en"] * 3, pa.array(pieces, pa.large_binary()), pa.array(amounts)], schema=COUNTS)
    pq.write_table(table, tmp_path / "counts.parquet")
    world = World(tmp_path, recipe(vocabulary=512))
    settings = options.train_options(world.tokenizer, ())
    paths = world.run(train, "all", {"counts": [tmp_path / "counts.parquet"]}, settings)
    assert json.loads(paths[0].read_text())["model"]["merges"] == [["c", "d"], ["e", "f"], ["a", "b"]]
    assert world.counts["train/all"]["missing"] == 512 - 1 - 256 - 3


def test_a_table_that_fills_up_is_spilled_and_counts_stay_exact(tmp_path: Path) -> None:
    world = World(tmp_path)
    text = world.buckets(rows(80), 1)[0]
    settings = options.count_options(world.tokenizer, PLACEHOLDERS, 1)
    whole = world.run(count, "whole", {"text": [text]}, settings)[0]
    spilled = world.run(count, "spilled", {"text": [text]}, {**settings, "most_pieces": 50})[0]
    sums = []
    for path in (whole, spilled):
        table = pq.read_table(path).group_by(["language", "piece"]).aggregate([("count", "sum")])
        sums.append(sorted(map(str, table.to_pylist())))
    assert sums[0] == sums[1]
    assert pq.read_table(spilled).num_rows > len(sums[0])
    joined = [
        options_path.read_bytes()
        for options_path in (
            world.run(train, name, {"counts": [path]}, options.train_options(world.tokenizer, PLACEHOLDERS))[
                0
            ]
            for name, path in (("a", whole), ("b", spilled))
        )
    ]
    assert joined[0] == joined[1]


def test_the_order_of_the_counts_does_not_matter(tmp_path: Path) -> None:
    world = World(tmp_path)
    texts = world.buckets(rows(80), 3)
    settings = options.count_options(world.tokenizer, PLACEHOLDERS, 1)
    counted = [world.run(count, path.stem, {"text": [path]}, settings)[0] for path in texts]
    settings = options.train_options(world.tokenizer, PLACEHOLDERS)
    found = [
        world.run(train, name, {"counts": order}, settings)[0].read_bytes()
        for name, order in (("forwards", counted), ("backwards", counted[::-1]))
    ]
    assert found[0] == found[1]


def test_no_merge_makes_the_text_of_a_special_token(tmp_path: Path) -> None:
    texts = ["a|e|z |e| |e|" for _ in range(50)]
    plain = trained(tmp_path / "plain", texts, recipe("gpt2", 600, special=("<e>",)))
    texts = [text.replace("|e|", "\u00abe\u00bb") for text in texts]
    del plain
    content = trained(
        tmp_path / "held", ["zzz" for _ in range(50)], recipe("gpt2", 600, special=("zz", "<e>"))
    )
    assert content["model"]["merges"] == []  # type: ignore[index]


def test_pieces_longer_than_the_limit_are_left_out_and_counted(tmp_path: Path) -> None:
    world = World(tmp_path, recipe("bloom", 600, max_piece_bytes=16))
    document_rows = [{**row, "text": "short " + "x" * 100, "redactions": []} for row in rows(4)]
    text = world.buckets(document_rows, 1)[0]
    world.run(count, "all", {"text": [text]}, options.count_options(world.tokenizer, (), 1))
    assert world.counts["count/all"]["pieces_too_long"] == 4
    assert world.counts["count/all"]["too_long_bytes"] == 4 * 101
    assert world.counts["count/all"]["pieces"] == 4


def test_power_weights_turn_shares_into_their_power() -> None:
    sizes = {"en": 1_000_000, "yo": 10_000}
    weights, one = count_weights(sizes, {"mode": "power", "alpha": 0.5})
    weighted = {name: sizes[name] * weights[name] for name in sizes}
    assert weighted["en"] / weighted["yo"] == pytest.approx(10, rel=0.001)
    assert weights["en"] == one


def test_explicit_weights_give_the_shares_asked_for() -> None:
    sizes = {"en": 5_000, "fr": 1_000, "de": 10}
    weights, _ = count_weights(sizes, {"mode": "explicit", "shares": {"en": 0.25, "fr": 0.75}})
    assert sizes["fr"] * weights["fr"] / (sizes["en"] * weights["en"]) == pytest.approx(3, rel=0.001)
    assert weights["de"] == 0


def test_caps_bound_large_languages_and_large_factors() -> None:
    sizes = {"en": 1_000_000, "yo": 1_000}
    weights, one = count_weights(sizes, {"mode": "proportional", "cap_bytes": 10_000})
    assert sizes["en"] * weights["en"] == pytest.approx(10 * sizes["yo"] * weights["yo"], rel=0.01)
    weights, one = count_weights(sizes, {"mode": "power", "alpha": 0.0, "max_factor": 20})
    assert weights["yo"] == 20 * one


def test_a_weight_for_a_language_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ConfigError, match="nope"):
        count_weights({"en": 1}, {"mode": "explicit", "shares": {"nope": 1.0}})


def test_weights_are_whole_numbers_so_that_sums_do_not_depend_on_order() -> None:
    weights, _ = count_weights({"en": 12345, "yo": 77}, CountWeights(mode="power", alpha=0.3).model_dump())
    assert all(isinstance(weight, int) for weight in weights.values())
    assert np.int64(max(weights.values())) < 2**31


def test_a_special_token_that_is_the_name_of_a_byte_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="names of bytes"):
        trained(tmp_path, ["abc"], recipe(special=("<e>", "a")))


def test_tokenizer_json_is_what_json_would_write(tmp_path: Path) -> None:
    content = trained(tmp_path, sample(20), recipe("gpt2", 900))
    path = tmp_path / "train" / "all" / "tokenizer.json"
    assert path.read_text() == json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def test_reserved_slots_and_placeholders_take_the_ids_after_the_named_tokens() -> None:
    chosen = TokenizerFile(reserved=2)
    assert options.special_tokens(chosen, PLACEHOLDERS) == [
        *("<unk>", "<s>", "</s>", "<pad>"),
        *PLACEHOLDERS,
        *("<reserved_0>", "<reserved_1>"),
    ]
    assert options.special_tokens(TokenizerFile(placeholders=False), PLACEHOLDERS)[4:] == []


def test_reserved_slots_are_tokens_that_text_never_becomes(tmp_path: Path) -> None:
    trained(tmp_path, sample(20), recipe("o200k", 900, reserved=3))
    tokenizer = Tokenizer.from_file(str(tmp_path / "train" / "all" / "tokenizer.json"))
    assert [tokenizer.token_to_id(f"<reserved_{number}>") for number in range(3)] == [1, 2, 3]
    tokenizer.encode_special_tokens = True
    assert not {0, 1, 2, 3} & set(tokenizer.encode("a <reserved_1> <e> b").ids)


def test_an_existing_tokenizer_is_taken_as_it_is(tmp_path: Path) -> None:
    world = World(tmp_path)
    model = world.train(world.buckets(rows(30)))
    settings = options.adopt_options(world.tokenizer, PLACEHOLDERS)
    assert world.run(adopt, "good", {"model": [model]}, settings)[0].read_bytes() == model.read_bytes()
    with pytest.raises(ConfigError, match="<CARD>"):
        world.run(adopt, "lacking", {"model": [model]}, options.adopt_options(world.tokenizer, ("<CARD>",)))
    (tmp_path / "broken.json").write_text("{}")
    with pytest.raises(ConfigError, match="broken"):
        world.run(adopt, "broken", {"model": [tmp_path / "broken.json"]}, settings)
