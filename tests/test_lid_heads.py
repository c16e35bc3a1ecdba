"""Heads of close pairs: what they learn, and what they leave alone."""

from __future__ import annotations

import numpy as np

from corpus import lid
from corpus.lid.heads import LeftOut, contrast, offset
from corpus.lid.model import load
from corpus.lid.score import score


def _counts(**at: int) -> np.ndarray:
    found = np.full(40, 100, np.float32)
    for name, value in at.items():
        found[int(name[1:])] = value
    return found


def test_what_differs_within_a_source_counts_and_what_differs_between_sources_does_not() -> None:
    # feature 0 is the language, feature 1 the topic of the source `news`
    first = {"stories": _counts(f0=400), "news": _counts(f0=400, f1=900)}
    second = {"stories": _counts(f0=5), "bible": _counts(f0=5)}
    weights = contrast(first, second)
    assert weights[0] > 1
    assert 0 <= weights[1] < weights[0] / 2
    assert abs(weights[2]) < 0.3


def test_the_contrast_turns_round_with_the_pair() -> None:
    first, second = {"a": _counts(f0=300)}, {"a": _counts(f0=20, f3=200)}
    assert np.allclose(contrast(first, second), -contrast(second, first), atol=1e-5)


def test_a_language_without_text_has_weights_of_nothing() -> None:
    assert not contrast({}, {"a": _counts()}).any()
    assert not contrast({"a": np.ones(40, np.float32)}, {"a": _counts()}).any()


def test_the_offset_helps_the_language_that_loses() -> None:
    sizes = np.full(10, 500, np.int64)
    loses = LeftOut(1, np.full(10, -5, np.float32), sizes, 1.0)
    wins = LeftOut(-1, np.full(10, -60, np.float32), sizes, 1.0)
    assert offset([loses, loses, wins, wins]) > 0.02
    assert offset([loses, wins, wins]) == 0
    assert offset([]) == 0


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


def test_plain_xhosa_and_zulu_are_told_apart() -> None:
    assert (
        lid.identify("Ndiyabulela kakhulu ngoncedo lwakho, ndiza kubuya ngomso kwakusasa.").language == "xh"
    )
    assert lid.identify("Ngiyabonga kakhulu ngosizo lwakho, ngizobuya kusasa ekuseni.").language == "zu"
