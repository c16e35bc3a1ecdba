"""Bounds and stop words are fitted to reference text, with where they come from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from ruamel.yaml import YAML

from corpus.distribution import preview
from corpus.fit import FitOptions, defaults, loss, measure, propose, stop_words, to_yaml
from corpus.recipe import Bounds, FilterFile, FilterRecipe


def table(values: dict[tuple[str, str], list[float]]) -> pa.Table:
    """A measured table with one signal, by (language, source)."""
    rows = [(language, source, value) for (language, source), found in values.items() for value in found]
    language, source, value = zip(*rows, strict=True)
    return pa.table(
        {
            "language": language,
            "source": source,
            "length": pa.array(value, pa.float64()),
            "text_bytes": [100] * len(rows),
        }
    )


def spread(low: float, high: float, number: int = 1000) -> list[float]:
    return np.linspace(low, high, number).tolist()


OPTIONS = FitOptions(tail=0.01, margin=0.0, narrow_margin=0.0, broad_sources=1)


def test_a_published_bound_that_keeps_the_text_stays() -> None:
    reference = table({("en", "a"): spread(0, 5)})
    assert propose(reference, {"f": FilterRecipe(signal="length", max=10)}, options=OPTIONS) == []


def test_a_published_bound_is_confirmed_where_asked() -> None:
    reference = table({("en", "a"): spread(0, 5)})
    recipes = {"f": FilterRecipe(signal="length", max=10)}
    (found,) = propose(reference, recipes, options=replace(OPTIONS, confirm=True))
    assert (found.value, found.set_by, found.bytes) == (10, "fitted", 100_000)


def test_a_bound_is_widened_to_the_widest_source() -> None:
    reference = table({("en", "a"): spread(0, 5), ("en", "b"): spread(0, 20)})
    (found,) = propose(reference, {"f": FilterRecipe(signal="length", max=10)}, options=OPTIONS)
    assert found.value == pytest.approx(19.9, abs=0.1)
    assert found.low < 19.8 < found.high
    assert (found.set_by, found.documents, found.bytes) == ("fitted", 2000, 200_000)
    assert found.reference_drop <= 0.01


def test_a_bound_is_narrowed_only_where_asked() -> None:
    reference = table({("en", "a"): spread(3, 5)})
    recipe = {"f": FilterRecipe(signal="length", min=0, max=10)}
    sides = {item.side: item.value for item in propose(reference, recipe, tighten=("f",), options=OPTIONS)}
    assert sides["max"] == pytest.approx(5, abs=0.05)
    assert sides["min"] == pytest.approx(3, abs=0.05)


def test_a_small_language_inherits_from_its_family() -> None:
    reference = table({("zu", "a"): spread(0, 30), ("xh", "a"): spread(0, 8, 5), ("en", "a"): spread(0, 90)})
    found = propose(
        reference,
        {"f": FilterRecipe(signal="length", max=10)},
        groups={"zu": "x", "xh": "x"},
        options=OPTIONS,
    )
    by_language = {item.language: item for item in found}
    assert by_language["xh"].set_by == "inherited"
    assert by_language["xh"].value == pytest.approx(by_language["zu"].value, rel=0.02)
    assert by_language["zu"].set_by == "fitted"


def test_what_native_speakers_set_is_taken_unless_it_drops_good_text() -> None:
    reference = table({("en", "a"): spread(0, 5), ("fr", "a"): spread(0, 5)})
    persons = {("length", "en", "max"): 6.0, ("length", "fr", "max"): 3.0}
    found = propose(reference, {"f": FilterRecipe(signal="length", max=4)}, persons=persons, options=OPTIONS)
    english, french = found
    assert (english.value, english.set_by) == (6.0, "person")
    assert french.set_by == "fitted"
    assert french.value > 4.9
    assert "native speakers set 3" in french.note


def test_crawl_text_shows_what_a_bound_would_drop() -> None:
    reference, crawl = table({("en", "a"): spread(0, 20)}), table({("en", "web"): spread(0, 40)})
    (found,) = propose(reference, {"f": FilterRecipe(signal="length", max=10)}, crawl=crawl, options=OPTIONS)
    assert found.crawl_drop == pytest.approx(0.5, abs=0.02)


def test_defaults_are_what_most_languages_need() -> None:
    reference = table(
        {(name, "a"): spread(0, high) for name, high in zip("abcd", (12, 14, 16, 90), strict=True)}
    )
    found = defaults(reference, {"f": FilterRecipe(signal="length", max=10)}, options=OPTIONS)
    assert found["f"].max == pytest.approx(16, abs=0.2)


def test_the_yaml_written_is_the_filter_read() -> None:
    recipe = FilterRecipe(
        signal="length", min=1, max=10, description='says "so"',
        languages={"ur": Bounds(max=7, set_by="person"), "en": Bounds(max=99, set_by="fitted"), "vi": "off"},
    )  # fmt: skip
    reference = table({("en", "a"): spread(0, 20)})
    proposals = propose(reference, {"f": recipe}, options=OPTIONS)
    text = "filters:\n" + to_yaml("f", recipe, proposals)
    read = FilterFile.model_validate(YAML(typ="safe").load(text)).filters["f"]
    assert (read.signal, read.min, read.max, read.description) == ("length", 1, 10, 'says "so"')
    assert read.languages["ur"] == Bounds(max=7, set_by="person")
    assert read.languages["vi"] == "off"
    english = read.languages["en"]
    assert isinstance(english, Bounds)
    assert (english.set_by, english.fitted_on_bytes) == ("fitted", 100_000)
    assert english.max == pytest.approx(19.9, abs=0.1)
    assert english.min == pytest.approx(0.2, abs=0.1)  # the other side had to be widened as well


def test_loss_names_the_documents_each_filter_drops() -> None:
    found = loss(
        table({("en", "a"): [1.0, 5.0, 9.0], ("fr", "a"): [9.0]}),
        {
            "f": FilterRecipe(signal="length", max=8, languages={"fr": "off"}),
            "g": FilterRecipe(signal="length", min=2),
        },
    )
    assert found["f"].tolist() == [False, False, True, False]
    assert found["g"].tolist() == [True, False, False, False]


def test_stop_words_are_frequent_words_in_the_script_of_the_language() -> None:
    subjects = ["rivers", "Stones", "clouds", "children", "Letters", "songs", "fires", "windows"]
    text = " ".join(
        f"The {a} of the {b} are in Paris and {a} go to Paris with {c}."
        for a in subjects for b in subjects for c in subjects
    )  # fmt: skip
    record = pa.record_batch(
        {"text": pa.array([text, "क ख the " * 900], pa.large_string()), "language": ["en", "hi"]}
    )
    found = stop_words(record)
    assert {"and", "are", "in", "of", "the", "to", "with"} <= set(found["en"])
    assert "paris" not in found["en"]
    assert found["hi"] == ["क", "ख"]


def test_measure_gives_text_and_code_columns() -> None:
    record = pa.record_batch(
        {"text": pa.array(["One two.", "x = 1\n"], pa.large_string()), "language": ["en", "code-python"]}
    )
    found = measure(record)
    assert found.column("word_count").to_pylist() == [2, 2]
    assert found.column("code_line_count").to_pylist() == [None, 1]
    assert "text" not in found.schema.names


def test_a_preview_shows_ends_bounds_and_percentiles() -> None:
    number = 200
    documents = pa.table(
        {
            "id": [f"{i:03}" for i in range(number)],
            "language": ["en" if i % 2 else "fr" for i in range(number)],
            "text": [f"document  {i}\nmore" for i in range(number)],
            "score": pa.array([None if i == 7 else i / number for i in range(number)], pa.float32()),
        }
    )
    found = preview(documents, "score", max=0.9, examples=2)
    assert sum(found.counts) == number - 1
    assert len(found.edges) == len(found.counts) + 1
    everything, english, french = found.languages
    assert (everything.language, everything.documents, everything.missing) == ("all", 200, 1)
    assert (english.missing, french.missing) == (1, 0)
    assert everything.above == pytest.approx(19 / 200)
    assert everything.percentiles[0] == 0
    places = [(item.where, item.id) for item in found.examples]
    assert places == [
        ("lowest", "000"), ("lowest", "001"), ("highest", "199"), ("highest", "198"),
        ("below max", "179"), ("below max", "180"), ("above max", "181"), ("above max", "182"),
    ]  # fmt: skip
    assert found.examples[0].excerpt == "document 0 more"
    assert sum(found.outside) == 19
    assert found.outside[0] == 0
    shuffled = documents.take(pa.array(np.random.default_rng(3).permutation(number)))
    assert preview(shuffled, "score", max=0.9, examples=2) == found


def test_a_preview_of_an_unknown_signal_names_the_known_ones() -> None:
    from corpus.errors import SignalError

    documents = pa.table({"id": ["a"], "language": ["en"], "text": ["x"], "score": [1.0], "label": ["x"]})
    with pytest.raises(SignalError, match="measured are score, label"):
        preview(documents, "scores")
    with pytest.raises(SignalError, match="only numbers"):
        preview(documents, "label")
