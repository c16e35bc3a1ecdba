"""Text statistics: columns, nulls, languages, the shipped filters."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import zstandard

from corpus.batch import Batch
from corpus.fit import loss, measure
from corpus.recipe import FilterFile, TextOptions
from corpus.signal import declared
from corpus.signals import group
from corpus.signals.stop_words import STOP_WORDS
from corpus.signals.text import COLUMNS, TextStatistics

ROOT = Path(__file__).parents[1]
REAL = ROOT.parent / "shared" / "real_input"
PROSE = (
    "The committee met on Tuesday to talk about the new road. It was late, and most of the members had to "
    "go home before the end. They will meet again in the spring, when the plans are ready and the money has "
    "been found.\nNobody was happy with the delay. But the mayor said that it was better to wait than to "
    "build the wrong thing."
)


def columns(
    *documents: tuple[str, str | None], options: TextOptions | None = None
) -> dict[str, list[object]]:
    texts, languages = zip(*documents, strict=True)
    record = pa.record_batch(
        {"text": pa.array(texts, pa.large_string()), "language_assigned": pa.array(languages, pa.string())}
    )
    found = declared(TextStatistics)
    assert found is not None
    result = found.measure(TextStatistics(options or TextOptions()), Batch(record))
    assert result.schema.names == list(COLUMNS)
    return result.to_pydict()


def test_ratios_are_between_zero_and_one_or_null() -> None:
    texts = [PROSE, "", " ", "a", "#", "\n\n", "中文字", "हिन्दी।", "a" * 5000, "a b " * 3000, "\ufffd" * 9]
    found = columns(*((text, "en") for text in texts))
    unbounded = {"newline_ratio", "hash_ratio", "ellipsis_ratio", "top_2_gram_ratio", "top_3_gram_ratio",
                 "top_4_gram_ratio", "mean_word_length", "placeholder_ratio"}  # fmt: skip
    for name, values in found.items():
        if name.endswith("_ratio"):
            limit = np.inf if name in unbounded else 1.0
            assert all(value is None or 0 <= value <= limit for value in values), name


def test_an_empty_document_has_counts_of_zero_and_null_ratios() -> None:
    found = columns(("", "en"))
    assert found["word_count"] == [0]
    assert found["letter_ratio"] == [None]
    assert found["character_repetition_ratio"] == [None]


def test_indic_vowel_signs_are_not_special() -> None:
    found = columns(("हिन्दी में क्षेत्र की किताबें हैं", "hi"))
    assert found["special_ratio"] == [0.0]
    assert found["mark_ratio"][0] > 0.3  # type: ignore[operator]
    assert found["roots_special_ratio"][0] > 0.4  # type: ignore[operator]


def test_a_language_without_a_stop_list_has_null_stop_words() -> None:
    found = columns((PROSE, "en"), (PROSE, None), (PROSE, "x-none"), (PROSE, "sw"))
    assert found["stop_word_ratio"][0] > 0.3  # type: ignore[operator]
    assert found["stop_word_count"][1] is None
    assert found["stop_word_ratio"][2] is None
    assert found["stop_word_ratio"][3] < 0.1  # type: ignore[operator]


def test_a_stop_list_given_in_the_options_replaces_the_shipped_one() -> None:
    found = columns((PROSE, "en"), options=TextOptions(stop_words={"en": ("Mayor", "road", "nowhere")}))
    assert found["stop_word_count"] == [2]
    assert found["stop_word_ratio"][0] == pytest.approx(2 / found["word_count"][0])  # type: ignore[operator]


@pytest.mark.parametrize("name", ["character_repetition_ratio", "compression_ratio"])
def test_repetition_is_measured_on_the_beginning_or_on_all(name: str) -> None:
    text = PROSE + "Again and again. " * 100
    begin = columns((text, "en"), options=TextOptions(repetition_characters=200))[name]
    assert begin == columns((text[:200], "en"))[name]
    whole = columns((text, "en"), options=TextOptions(repetition_characters=None))[name]
    assert whole == columns((text, "en"))[name] != begin


@pytest.mark.parametrize(
    "asked",
    [
        ("word_count", "word_repetition_ratio"),
        ("stop_word_ratio", "compression_ratio", "top_3_gram_ratio"),
        ("duplicate_line_ratio", "character_repetition_ratio"),
        ("paragraph_count", "duplicate_7_gram_ratio", "policy_phrase_count"),
    ],
)
def test_columns_that_are_asked_for_are_those_of_the_whole_group(asked: tuple[str, ...]) -> None:
    texts = [PROSE, f"{PROSE}\n\n{PROSE} Our cookie policy. " * 3, "", "नमस्ते दुनिया।"]
    whole = columns(*((text, "en") for text in texts))
    options = TextOptions(columns=asked)
    part = group("text", options)
    record = pa.record_batch({"text": pa.array(texts, pa.large_string()), "language_assigned": ["en"] * 4})
    found = part.measure(part.build(options), Batch(record)).to_pydict()
    assert found == {name: whole[name] for name in COLUMNS if name in asked}


def test_script_ratio_follows_the_language() -> None:
    found = columns(
        ("नमस्ते hello", "hi"), ("नमस्ते hello", "en"), ("नमस्ते hello", "x-none"), ("中文 ab", "zh-Hans")
    )
    assert found["script_ratio"] == [pytest.approx(6 / 11), pytest.approx(5 / 11), None, 0.5]


def test_documents_measured_together_are_as_if_alone() -> None:
    documents = [
        (PROSE, "en"),
        ("", "en"),
        ("一二三四五六七八九十" * 9, "zh-Hant"),
        ("یہ ہے " * 30, "ur"),
        (PROSE, "fr"),
    ]
    together = columns(*documents)
    for index, document in enumerate(documents):
        alone = columns(document)
        assert {name: values[index] for name, values in together.items()} == {
            name: values[0] for name, values in alone.items()
        }


def test_markers_of_c4_are_counted() -> None:
    text = (
        "Lorem ipsum dolor. Please enable JavaScript. Our privacy policy. Terms of use. Terms of trade. www a"
    )
    found = columns((text, "en"))
    assert found["lorem_ipsum_count"] == [1]
    assert found["javascript_count"] == [1]
    assert found["policy_phrase_count"] == [2]
    assert found["url_word_ratio"][0] > 0  # type: ignore[operator]


def test_stop_lists_are_lower_case_and_free_of_repeats() -> None:
    for language, words in STOP_WORDS.items():
        listed = words.split()
        assert len(set(listed)) == len(listed), language
        assert [word.lower() for word in listed] == listed


def filters(name: str) -> FilterFile:
    from ruamel.yaml import YAML

    raw = YAML(typ="safe").load((ROOT / "filters" / f"{name}.yaml").read_text(encoding="utf-8"))
    return FilterFile.model_validate(raw)


@pytest.mark.parametrize("name", ["text", "gopher", "roots"])
def test_shipped_filters_bound_measured_columns(name: str) -> None:
    recipes = filters(name).filters
    assert recipes
    for key, recipe in recipes.items():
        assert recipe.signal in COLUMNS, key


def test_shipped_filters_keep_prose_and_drop_what_is_none() -> None:
    spoilt = {
        "repetition": "Click here to win a prize today. " * 60,
        "word list": "\n".join(sorted(set(PROSE.lower().replace(".", "").replace(",", "").split()))),
        "mojibake": "La donnée déjà reçue a été protégée à l'été. ".encode().decode("cp1252") * 3,
        "menu": "\n".join(
            ["Home", "About us", "Contact", "Log in", "Help", "Shop now", "News", "Careers"] * 2
        ),
    }
    texts = [PROSE, *spoilt.values()]
    table = measure(
        pa.record_batch({"text": pa.array(texts, pa.large_string()), "language": ["en"] * len(texts)})
    )
    masks = np.array(list(loss(table, dict(filters("text").filters)).values()))
    assert masks.any(axis=0).tolist() == [False, True, True, True, True]


@pytest.mark.real
@pytest.mark.skipif(not REAL.exists(), reason="needs the shared real text")
def test_shipped_filters_lose_little_clean_text() -> None:
    texts, languages = [], []
    for path in sorted((REAL / "tico19").glob("*.jsonl.zst")):
        if path.name.startswith("x-"):
            continue
        with path.open("rb") as raw:
            for line in io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(raw), encoding="utf-8"):
                texts.append(json.loads(line)["text"])
                languages.append(path.name.removesuffix(".jsonl.zst"))
    table = measure(pa.record_batch({"text": pa.array(texts, pa.large_string()), "language": languages}))
    dropped = np.logical_or.reduce(list(loss(table, dict(filters("text").filters)).values()))
    names = np.array(languages)
    assert dropped.mean() < 0.03
    assert max(dropped[names == name].mean() for name in set(languages)) <= 0.05


def test_every_column_is_documented() -> None:
    page = (Path(__file__).parents[1] / "docs" / "signals.md").read_text(encoding="utf-8")
    assert [name for name in COLUMNS if f"`{name}`" not in page] == []
