"""Heads of close pairs: what they learn, and what they leave alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from corpus import lid
from corpus.kernels.lid_heads import BUCKETS, SHIFT, duel
from corpus.lid.heads import aligned, contrast
from corpus.lid.model import load, save
from corpus.lid.score import score


def _counts(**at: int) -> np.ndarray:
    found = np.full(40, 100, np.float32)
    for name, value in at.items():
        found[int(name[1:])] = value
    return found


def test_what_one_language_never_writes_counts_and_what_a_topic_has_more_of_does_not() -> None:
    # feature 0 is the language; feature 1 the topic of one source, three times as common there
    first = {"stories": _counts(f0=900), "news": _counts(f0=900, f1=300), "help": _counts(f0=800)}
    second = {"stories": _counts(f0=0), "bible": _counts(f0=1), "help": _counts(f0=0)}
    weights = contrast(first, second)
    assert weights[0] > 1
    assert not weights[1:].any()


def test_a_language_of_one_source_needs_plainer_differences() -> None:
    several = contrast({"a": _counts(f0=600), "b": _counts(f0=600)}, {"a": _counts(), "b": _counts()})
    alone = contrast({"a": _counts(f0=600)}, {"a": _counts()})
    assert several[0] > alone[0] == 0


def test_the_contrast_turns_round_with_the_pair() -> None:
    first, second = {"a": _counts(f0=3000)}, {"a": _counts(f0=1, f3=200)}
    assert contrast(first, second)[0] > 0
    assert np.allclose(contrast(first, second), -contrast(second, first), atol=1e-5)


def test_a_language_without_text_has_weights_of_nothing() -> None:
    assert not contrast({}, {"a": _counts()}).any()
    assert not contrast({"a": np.ones(40, np.float32)}, {"a": _counts()}).any()


def test_in_aligned_text_a_difference_counts_by_how_sure_it_is() -> None:
    weights = aligned(_counts(f0=900, f1=9, f3=102), _counts(f1=1, f2=910))
    assert weights[0] > weights[1] > 0 > weights[2]
    assert not weights[3:].any()
    first, second = _counts(f0=3000), _counts(f0=1, f3=200)
    assert np.allclose(aligned(first, second), -aligned(second, first), atol=1e-5)


def test_a_feature_counts_once_in_a_window() -> None:
    model = load()
    once, often = b" vyose ", b" vyose vyose vyose vyose "
    weights = np.ones((1, BUCKETS), np.int8)
    assert 64 - np.log2(BUCKETS) == SHIFT

    def judge(text: bytes) -> int:
        ends = np.array([len(text)], np.int64)
        arguments = (
            np.frombuffer(text, np.uint8), np.zeros(1, np.int64), ends, model.fold, weights,
            np.zeros(1, np.int64),
        )  # fmt: skip
        plain = getattr(duel, "py_func", duel)
        with np.errstate(over="ignore"):
            assert plain(*arguments)[0] == duel(*arguments)[0]
        return int(duel(*arguments)[0])

    # repeated, the word adds only what stands at its border: the pair, and n-grams over the space
    assert judge(often) < 2 * judge(once)
    assert judge(often + often) == judge(often)


def test_a_model_keeps_its_heads_on_the_way_through_a_file(tmp_path: Path) -> None:
    model = load()
    save(model, tmp_path / "again.lid")
    again = load(tmp_path / "again.lid")
    assert again.heads.pairs == model.heads.pairs
    assert (again.heads.weights == model.heads.weights).all()
    assert 0 < np.count_nonzero(model.heads.weights) < model.heads.weights.size / 20


def test_a_model_written_anew_is_read_anew(tmp_path: Path) -> None:
    shipped, path = load(), tmp_path / "own.lid"
    save(shipped, path)
    assert load(path).labels == shipped.labels
    assert load(path) is load(path)
    save(replace(shipped, about={"steps": 1}), path)
    assert load(path).about == {"steps": 1}


def test_heads_share_out_what_a_pair_has_and_nothing_else() -> None:
    model = load()
    assert {tuple(model.labels[k] for k in pair) for pair in model.heads.pairs} >= {
        ("xh", "zu"),
        ("rn", "rw"),
    }
    text = (
        b"Abantwana badlala ibhola phandle, baze bayokuphumla emva kwemini kuba kushushu kakhulu namhlanje."
    )
    ends = np.array([len(text)], np.int64)
    found = score(model, np.frombuffer(text, np.uint8), np.zeros(1, np.int64), ends)
    assert np.isclose(found.probability.sum(), 1, atol=1e-4)
    assert found.probability.min() >= 0


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("xh", "Ndiyabulela kakhulu ngoncedo lwakho, ndiza kubuya ngomso kwakusasa."),
        ("zu", "Ngiyabonga kakhulu ngosizo lwakho, ngizobuya kusasa ekuseni."),
        ("rn", "Ivyo vyose vyabaye mu gihugu cacu, kandi abantu benshi cane barahunze kubera intambara."),
        ("rw", "Ibyo byose byabaye mu gihugu cyacu, kandi abantu benshi cyane barahunze kubera intambara."),
        ("nso", "Re swanetše go šoma mmogo gore bana ba rena ba be le bokamoso bjo bobotse."),
        ("tn", "Re tshwanetse go dira mmogo gore bana ba rona ba nne le isago e e molemo."),
        ("st", "Re lokela ho sebetsa mmoho hore bana ba rona ba be le bokamoso bo botle."),
    ],
)
def test_close_languages_are_told_apart_in_a_plain_sentence(language: str, text: str) -> None:
    assert lid.identify(text).language == language
