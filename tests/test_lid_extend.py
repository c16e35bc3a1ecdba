"""Adding languages to a model of which only the file is there."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest

from corpus import lid
from corpus.errors import SourceError
from corpus.lid.extend import extend
from corpus.lid.model import SHIPPED, load
from corpus.lid.train import TrainOptions, train
from tests.sentences import SENTENCES

_STARTS = ("tsu", "ve", "kla", "ni", "shö", "ro", "mbi", "wa", "ge", "lu", "pre", "zhi")
_ENDS = ("tak", "nil", "vor", "sha", "mu", "ðe", "len", "gis", "o", "an", "ulk", "et")
_SMALL = TrainOptions(slot_bits=12, steps=15_000, wanted_features=500, other_features=500, rate=1.0)


def _invented(words: int, seed: int, shift: int = 0) -> str:
    """Sentences of an invented language: roots with endings, a few words much commoner than the others."""
    chance = random.Random(seed)
    roots = [a + b for k, a in enumerate(_STARTS) for b in _ENDS[(k + shift) % 3 :: 2]]
    lexicon = sorted(roots, key=lambda word: (len(word), word[::-1]))
    weights = [1 / (rank + 3) for rank in range(len(lexicon))]
    chosen = chance.choices(lexicon, weights, k=words)
    return " ".join(
        word.capitalize() if place % 9 == 0 else word + "." * (place % 9 == 8)
        for place, word in enumerate(chosen)
    )


def _write(path: Path, **texts: str) -> Path:
    rows = [
        {"language": language, "source": "own", "licence": "CC0-1.0", "text": text[start : start + 1000]}
        for language, text in texts.items()
        for start in range(0, len(text), 1000)
    ]
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("extend")
    found = extend([_write(folder / "own.jsonl", qax=_invented(3000, 1))], folder / "more.lid")
    assert found.found["qax"] > 0.9
    return found.path


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of three languages, two of them of the invented kind."""
    folder = tmp_path_factory.mktemp("small")
    english = " ".join(SENTENCES[name] for name in ("en", "fr", "es")) * 30
    text = _write(folder / "base.jsonl", qaa=_invented(3000, 2)[::-1], qab=english, qac=english[::-1])
    train([text], folder / "base.lid", _SMALL)
    return folder / "base.lid"


def test_an_added_language_is_found_in_text_it_has_not_seen(extended: Path) -> None:
    for seed in (11, 12, 13):
        text = _invented(40, seed)
        assert lid.identify(text).language != "qax"
        guess = lid.identify(text, extended)
        assert guess.language == "qax"
        assert guess.score > 0.5


def test_the_other_languages_stay_as_they_were(extended: Path) -> None:
    for language, text in SENTENCES.items():
        before, after = lid.identify(text), lid.identify(text, extended)
        assert after.language == before.language == language
        assert after.score == pytest.approx(before.score, abs=0.01)


def test_an_added_language_shows_in_spans_of_a_mixed_text(extended: Path) -> None:
    text = "\n".join([SENTENCES["en"]] * 3 + [_invented(60, 14)])
    assert [span.language for span in lid.spans(text, extended)] == ["en", "qax"]


def test_the_model_says_what_was_added_and_keeps_the_rest(extended: Path) -> None:
    before, after = load(SHIPPED), load(extended)
    assert after.labels == (*before.labels, "qax")
    assert after.calibration == before.calibration
    np.testing.assert_array_equal(after.output[:-1], before.output)
    np.testing.assert_array_equal(after.table, before.table)
    (added,) = after.about["added"]
    assert added["languages"] == ["qax"]
    assert added["sources"]["own"]["licence"] == "CC0-1.0"
    assert after.lexicon.languages == (*before.lexicon.languages, "qax")
    assert after.lexicon.expected[len(before.lexicon.languages)] > 0.05
    common = before.lexicon.keys > 0
    assert set(before.lexicon.keys[common].tolist()) <= set(after.lexicon.keys.tolist())


def test_the_same_text_gives_the_same_bytes_and_an_extended_model_can_be_extended(
    small: Path, tmp_path: Path
) -> None:
    own = _write(tmp_path / "own.jsonl", qax=_invented(3000, 1))
    for name in ("one", "two"):
        extend([own], tmp_path / f"{name}.lid", small)
    assert (tmp_path / "one.lid").read_bytes() == (tmp_path / "two.lid").read_bytes()
    last = _write(tmp_path / "last.jsonl", qay=SENTENCES["id"] * 60)
    extend([last], tmp_path / "three.lid", tmp_path / "one.lid")
    model = load(tmp_path / "three.lid")
    assert model.labels[-2:] == ("qax", "qay")
    assert [entry["languages"] for entry in model.about["added"]] == [["qax"], ["qay"]]


def test_text_of_a_known_language_is_what_a_new_one_is_not(small: Path, tmp_path: Path) -> None:
    """A new language that differs in its words alone from one the model has."""
    near, known = _invented(3000, 4, shift=1), _invented(3000, 2)[::-1]
    both = _write(tmp_path / "both.jsonl", qax=near[::-1], qaa=known)
    extend([both], tmp_path / "both.lid", small)
    for seed in (21, 22, 23):
        assert lid.identify(_invented(60, seed)[::-1], tmp_path / "both.lid").language == "qaa"


def test_text_that_adds_nothing_or_is_too_short_is_refused(small: Path, tmp_path: Path) -> None:
    known = _write(tmp_path / "known.jsonl", qaa=_invented(3000, 2))
    with pytest.raises(SourceError, match="nothing to add"):
        extend([known], tmp_path / "x.lid", small)
    short = _write(tmp_path / "short.jsonl", qax=_invented(100, 1))
    with pytest.raises(SourceError, match="of 'qax'; a new language needs"):
        extend([short], tmp_path / "x.lid", small)
    with pytest.raises(SourceError, match="nothing to add"):
        extend([short], tmp_path / "x.lid", small, exclude_sources=["own"])
    english = _write(tmp_path / "english.jsonl", eng=SENTENCES["en"] * 60)
    with pytest.raises(SourceError, match="'eng', which is 'en'"):
        extend([english], tmp_path / "x.lid", small)
    strange = _write(tmp_path / "strange.jsonl", qax=SENTENCES["ta"] * 40)
    with pytest.raises(SourceError, match="does not know the script of 'qax'"):
        extend([strange], tmp_path / "x.lid", small)
    assert not (tmp_path / "x.lid").exists()
