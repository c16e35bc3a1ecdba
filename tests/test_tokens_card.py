"""The tokenizer's card: what is held out, what each language costs, and against what."""

from __future__ import annotations

import io
import json
import struct
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sentencepiece
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

from corpus.errors import ConfigError, GateError
from corpus.recipe import SourceRecipe
from corpus.schema import TEXT
from corpus.tokens import by_language, options
from corpus.tokens.aligned import ALIGNED, aligned, parallel
from corpus.tokens.by_language import read_language
from corpus.tokens.card import card_page, gate
from corpus.tokens.counts import COUNTS, HELD_OUT, count, held_out
from corpus.tokens.train import adopt
from corpus.work import Work
from tests.test_tokens_train import recipe
from tests.tokens_world import PLACEHOLDERS, SYLLABLES, World, rows


def card_of(world: World) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((world.folder / "card" / "all" / "card.json").read_text())
    return found


# ------------------------------------------------------------------- held-out text


def test_the_card_measures_text_the_tokenizer_was_not_trained_on(tmp_path: Path) -> None:
    world = World(tmp_path, recipe(vocabulary=600, held_out_ratio=0.3))
    world.train(world.buckets(rows(120)))
    content = card_of(world)
    assert set(content["languages"]) == set(SYLLABLES)
    assert content["padded_vocabulary"] == 640
    held = sum(entry["documents"] for entry in content["languages"].values())
    counted = sum(counts["documents"] for key, counts in world.counts.items() if key.startswith("count/"))
    redacted = sum(bool(row["redactions"]) for row in rows(120))
    assert held + counted <= 120 <= held + counted + redacted
    for entry in content["languages"].values():
        assert entry["round_trip_losses"] == 0
        assert 1 < entry["bytes_per_token"] < 20
        assert entry["fertility"] > 0.3


def test_all_together_is_the_sum_of_the_languages(tmp_path: Path) -> None:
    world = World(tmp_path, recipe(vocabulary=600, held_out_ratio=0.3))
    world.train(world.buckets(rows(120)))
    content = card_of(world)
    for key in ("documents", "bytes", "tokens", "words"):
        assert content["all"][key] == sum(entry[key] for entry in content["languages"].values())
    most = max(entry["distinct_tokens"] for entry in content["languages"].values())
    assert most <= content["all"]["distinct_tokens"] <= 600


def test_a_language_with_few_documents_is_judged_too() -> None:
    ids = [f"{number:032x}" for number in range(1000)]
    names = ["en"] * 980 + ["yo"] * 11 + ["ki"] * 9
    chosen = held_out(1, ids, names, 0.001)
    assert chosen[980:991].sum() == 1  # of eleven documents one
    assert not chosen[991:].any()  # of nine none: it would be more than a tenth
    assert not held_out(1, ids, names, 0.0).any()


# ----------------------------------------------------------------- its own tokenizer


def test_the_card_holds_each_language_against_a_tokenizer_of_its_own(tmp_path: Path) -> None:
    world = World(tmp_path, recipe(vocabulary=600, held_out_ratio=0.3))
    world.train(world.buckets(rows(120)))
    content = card_of(world)
    assert content["languages"]["en"]["fertility_to_english"] == 1
    for entry in content["languages"].values():
        assert 257 <= entry["monolingual_vocabulary"] <= 600
        assert -1 < entry["monolingual_gap"] < 1
    assert content["adversarial"] == {"documents": 1000, "round_trip_losses": 0}
    page = (tmp_path / "card" / "all" / "card.md").read_text()
    assert page.count("\n| ") == len(SYLLABLES) + 2
    assert "| zh-Hans |" in page
    assert "no parity with English" in page


def test_a_language_far_behind_its_own_tokenizer_stops_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("corpus.tokens.card.GATE_BYTES", 100)
    weights = {"mode": "explicit", "shares": {"en": 1.0}}
    settings = {"vocabulary": 600, "held_out_ratio": 0.3, "weights": weights, "max_monolingual_gap": 0.1}
    world = World(tmp_path, recipe(**settings))
    with pytest.raises(GateError, match=r"'hi' needs .* more tokens"):
        world.train(world.buckets(rows(120)))
    content = card_of(world)
    with pytest.raises(GateError) as caught:
        gate(content["languages"], 0.1)
    assert "'en'" not in str(caught.value)
    gate(content["languages"], None)


# --------------------------------------------------------------------------- parity


def test_parity_is_tokens_for_the_same_content(tmp_path: Path) -> None:
    world = World(tmp_path, recipe(vocabulary=600, held_out_ratio=0.3))
    texts = world.buckets(rows(120))
    tokenizer = world.train(texts)
    lines = [
        {"en": "the old ship", "hi": "नदी का में", "yo": "ilé kò fẹ́"},
        {"en": "red sea", "hi": "है और", "unaligned": ""},
        {"hi": "नदी"},
    ]
    del lines[1]["unaligned"]
    (tmp_path / "flores.jsonl").write_text("\n\n".join(json.dumps(line) for line in lines))
    pairs = world.run(parallel, "p", {"text": [tmp_path / "flores.jsonl"]}, options.aligned_options())
    counted = [
        [tmp_path / "count" / path.stem / f"{name}.parquet" for name in ("counts", "held_out")]
        for path in texts
    ]
    judged = World(tmp_path / "again", world.tokenizer)
    content = judged.judge(tokenizer, counted, pairs)
    reference = Tokenizer.from_file(str(tokenizer))

    def tokens(*texts: str) -> int:
        return sum(len(reference.encode(text).ids) for text in texts)

    expected = tokens("नदी का में", "है और") / tokens("the old ship", "red sea")
    assert content["languages"]["hi"]["parity"] == round(expected, 4)
    assert content["languages"]["hi"]["aligned_pairs"] == 2
    assert content["languages"]["yo"]["aligned_pairs"] == 1
    assert not {"parity", "aligned_pairs"} & set(content["languages"]["ar"])
    assert "2 of the languages have such text" in card_page(content)


@pytest.mark.parametrize(
    ("line", "problem"),
    [("{", "is not JSON"), ('["a"]', "is no object"), ('{"en": "a", "klingon": "b"}', "unknown language")],
)
def test_parallel_text_that_cannot_be_read_names_its_line(line: str, problem: str, tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text('{"en": "a", "fr": "b"}\n' + line)
    with pytest.raises(ConfigError, match=rf"p\.jsonl:2.*{problem}"):
        World(tmp_path).run(parallel, "p", {"text": [tmp_path / "p.jsonl"]}, options.aligned_options())


def pairs_of(
    folder: Path, recipe: dict[str, Any], root: Path, units: list[list[Any]], language: str
) -> list[tuple[str, str]]:
    SourceRecipe.model_validate(recipe)
    settings = {"source": "s", "recipe": recipe, "units": units, "sample_bytes": 1000}
    (path,) = World(folder).run(aligned, "s", {"root": [root]}, settings)
    table = read_language(path, ALIGNED, language)
    return list(zip(table["text"].to_pylist(), table["english"].to_pylist(), strict=True))


def test_files_are_aligned_by_their_order_and_only_where_each_has_its_other(tmp_path: Path) -> None:
    names = ["en/1", "en/2", "fr/1", "fr/2", "yo/1"]
    for name in names:
        path = tmp_path / "text" / f"{name}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"text of {name}\n")
    reader = {"type": "text", "path": "."}
    patterns = {name: [f"{name}/*"] for name in ("en", "fr", "yo")}
    source = {"licence": "CC0-1.0", "reader": reader, "languages": patterns}
    units = [[f"{name}.txt", name[:2], 10] for name in reversed(names)]
    found = pairs_of(tmp_path / "a", source, tmp_path / "text", units, "fr")
    assert found == [("text of fr/1", "text of en/1"), ("text of fr/2", "text of en/2")]
    assert not pairs_of(tmp_path / "b", source, tmp_path / "text", units, "yo")


def test_messages_are_aligned_with_their_keys(tmp_path: Path) -> None:
    messages = {
        "Draw a line with the mouse": "Fa ila pẹlu asin",
        "Save the picture first": "Save the picture first",
        "Quit": "Jade kuro nibi bayi",
        "One file was found here\0%d files were found here": "Faili kan ni a ri\0Awọn faili %d ni a ri",
    }
    data = b""
    tables: list[list[bytes]] = [[], []]
    at = 28 + 16 * len(messages)
    for side, texts in enumerate((messages, messages.values())):
        for text in texts:
            raw = text.encode()
            tables[side].append(struct.pack("<2I", len(raw), at + len(data)))
            data += raw + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, len(messages), 28, 28 + 8 * len(messages), 0, 0)
    catalogue = head + b"".join(tables[0] + tables[1]) + data
    package = tmp_path / "p.tgz"
    with tarfile.open(package, "w:gz") as archive:
        info = tarfile.TarInfo("locale/yo/app.mo")
        info.size = len(catalogue)
        archive.addfile(info, io.BytesIO(catalogue))
    reader = {"type": "package", "registry": "npm", "package": "p", "version": "1", "sha256": "0" * 64}
    source = {"licence": "MIT", "reader": {**reader, "parser": "catalogue"}, "languages": {"yo": ["*/yo/*"]}}
    units = [["locale/yo/app.mo", "yo", len(catalogue)]]
    # What is not translated, or too short to compare, is left out; of plural forms the first counts.
    expected = [
        ("Fa ila pẹlu asin", "Draw a line with the mouse"),
        ("Faili kan ni a ri", "One file was found here"),
    ]
    assert pairs_of(tmp_path / "a", source, package, units, "yo") == expected
    local = tmp_path / "files" / "locale" / "yo" / "app.mo"
    local.parent.mkdir(parents=True)
    local.write_bytes(catalogue)
    source["reader"] = {"type": "text", "path": "files", "parser": "catalogue"}
    assert pairs_of(tmp_path / "b", source, tmp_path / "files", units, "yo") == expected


# -------------------------------------------------------------- tokenizers of others


def counted_by(world: World) -> list[list[Path]]:
    settings = options.count_options(world.tokenizer, PLACEHOLDERS, 1)
    return [world.run(count, path.stem, {"text": [path]}, settings) for path in world.buckets(rows(120))]


def test_a_tokenizer_of_others_gets_the_same_card(tmp_path: Path) -> None:
    texts = [row["text"] for row in rows(60, seed=3)]
    theirs = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>"))
    theirs.normalizer = normalizers.Lowercase()
    theirs.pre_tokenizer = pre_tokenizers.Whitespace()
    theirs.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=900,
            show_progress=False,
            special_tokens=["<unk>", "<e>", *(f"<0x{byte:02X}>" for byte in range(256))],
        ),
    )
    theirs.save(str(tmp_path / "theirs.json"))
    world = World(tmp_path, recipe(held_out_ratio=0.3))
    (taken,) = world.run(adopt, "it", {"model": [tmp_path / "theirs.json"]}, {"required": ["<e>"]})
    content = world.judge(taken, counted_by(world))
    assert content["normaliser"] == "Lowercase"
    assert "normalised (Lowercase)" in (tmp_path / "card" / "all" / "card.md").read_text()
    assert set(content["languages"]) == set(SYLLABLES)
    # White space is lost, and the card says so.
    assert content["all"]["round_trip_losses"] == content["all"]["documents"] > 0
    for entry in content["languages"].values():
        assert entry["bytes_per_token"] > 1
        assert entry["monolingual_vocabulary"] >= 257
        assert "monolingual_gap" in entry


def test_a_sentencepiece_model_of_others_gets_the_same_card(tmp_path: Path) -> None:
    lines = [line for row in rows(60, seed=3) for line in row["text"].split("\n") if line.strip()]
    (tmp_path / "text.txt").write_text("\n".join(lines))
    sentencepiece.SentencePieceTrainer.train(
        input=str(tmp_path / "text.txt"), model_prefix=str(tmp_path / "their"), vocab_size=500,
        model_type="bpe", byte_fallback=True, character_coverage=0.98, minloglevel=2,
    )  # fmt: skip
    world = World(tmp_path, recipe(held_out_ratio=0.3))
    (taken,) = world.run(adopt, "it", {"model": [tmp_path / "their.model"]}, {"required": ["</s>"]})
    content = world.judge(taken, counted_by(world))
    assert content["vocabulary"] == 500
    assert content["normaliser"] == "nmt_nfkc"
    assert content["all"]["byte_ratio"] > 0  # characters that were not covered
    assert all("monolingual_gap" in entry for entry in content["languages"].values())


# ------------------------------------------------------------------ tables by language


def parts_of(folder: Path, documents: list[dict[str, Any]]) -> dict[str, str]:
    folder.mkdir()
    pq.write_table(pa.Table.from_pylist(documents, schema=TEXT), folder / "text.parquet")
    settings = options.count_options(recipe("gpt2", 600, held_out_ratio=0.3), PLACEHOLDERS, 1)
    work = Work("count", "0", {"text": (folder / "text.parquet",)}, settings, folder)
    count(work)
    return work.parts


def test_a_document_more_changes_what_is_told_of_its_language_only(tmp_path: Path) -> None:
    documents = rows(120)
    before = parts_of(tmp_path / "a", documents)
    assert set(before) == {f"{name}.parquet#{of}" for name in ("counts", "held_out") for of in SYLLABLES}
    more = next(row for row in rows(6, seed=9) if row["language"] == "hi")
    after = parts_of(tmp_path / "b", [*documents[:50], more, *documents[50:]])
    changed = {name for name in before if before[name] != after[name]}
    assert {name.partition("#")[2] for name in changed} == {"hi"}


def test_a_language_is_read_from_its_own_row_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_language, "_ROWS", 7)
    parts_of(tmp_path / "a", rows(120))
    for name, schema in (("counts", COUNTS), ("held_out", HELD_OUT)):
        path = tmp_path / "a" / f"{name}.parquet"
        whole = pq.read_table(path)
        for language in SYLLABLES:
            mask = np.array([found == language for found in whole["language"].to_pylist()])
            expected = whole.filter(pa.array(mask)).drop(["language"])
            assert read_language(path, schema, language).equals(expected)
            assert expected.num_rows
