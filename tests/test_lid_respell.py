"""Kinyarwanda and Kirundi in one another's spelling."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from corpus.kernels.lid_heads import duel
from corpus.lid.model import load
from corpus.lid.respell import ALIGNED, respelled
from corpus.lid.train import TrainOptions, train

_RWANDA = "Ibyo byose byabaye mu gihugu cyacu; nzajya mu ishyamba, kandi abantu benshi cyane bafite umwanya."
_RUNDI = "Ivyo vyose vyabaye mu gihugu cacu; nzoja mw'ishamba, kandi abantu benshi cane bafise umwanya."

_ADVICE = " Karaba intoki zawe n'isabune, kandi ugume mu rugo igihe urwaye inkorora. "
_STORY = " Impyisi yabwiye intama iti genda, maze intama iragenda mu mugezi. "


def _cells(**texts: str) -> dict[tuple[str, str], list[bytes]]:
    return {(label, f"of {label}"): [text.encode()] for label, text in texts.items()}


@pytest.mark.parametrize(
    ("rwanda", "rundi"),
    [
        ("ibyo byose", "ivyo vyose"), ("icyo cyane", "ico cane"), ("njya", "nja"), ("ishyamba", "ishamba"),
        ("harimo", "harimwo"), ("azabona", "azobona"), ("bafite", "bafise"), ("kureba", "kuraba"),
        ("umurwa", "umugwa"), ("batangiye", "batanguye"), ("cyangwa", "canke"), ("wanjye", "wanje"),
    ],
)  # fmt: skip
def test_words_follow_the_correspondences_there_and_back(rwanda: str, rundi: str) -> None:
    made = respelled(_cells(rw=rwanda, rn=rundi))
    assert made["rn", "of rw"] == [rundi.encode()]
    assert made["rw", "of rn"] == [rwanda.encode()]


@pytest.mark.parametrize("word", ["umurimo", "imirimo", "bipimo", "abantu", "kuvuga", "baza"])
def test_words_that_both_spell_alike_stay(word: str) -> None:
    assert respelled(_cells(rw=word, rn="x"))["rn", "of rw"] == [word.encode()]


def test_a_letter_for_two_is_settled_by_the_words_of_the_other_language() -> None:
    made = respelled(_cells(rw="guca cyacu", rn="guca cacu icabo"))
    assert made["rw", "of rn"] == [b"guca cyacu icabo"]


def test_older_kinyarwanda_writes_l() -> None:
    assert respelled(_cells(rw="Buri umurimo", rn="x"))["rw", "of rw"] == [b"buli umulimo"]


def test_a_source_of_both_and_a_language_alone_are_left_as_they_are() -> None:
    both = {("rw", "news"): [b"ibyo"], ("rn", "news"): [b"ivyo"]}
    assert respelled(both).keys() == {("rw", "news")}
    assert respelled(_cells(rw=_RWANDA)) == {}


def _head(folder: Path, *texts: tuple[str, str, str]) -> Callable[[str], int]:
    """What the head of the pair says of a text, trained on texts of (label, source): positive for Kirundi."""
    english = ("en", "advice", "Wash your hands with soap and stay at home when you have a cough. ")
    rows = [
        {"language": language, "source": source, "licence": "CC0-1.0", "text": text * 40}
        for language, source, text in (*texts, english)
    ]
    path = folder / "own.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    options = TrainOptions(slot_bits=12, steps=2_000, wanted_features=500, other_features=500, rate=1.0)
    train([path], folder / "own.lid", options)
    model = load(folder / "own.lid")
    (pair,) = model.heads.pairs
    assert tuple(model.labels[label] for label in pair) == ("rn", "rw")

    def odds(text: str) -> int:
        data = np.frombuffer(text.encode(), np.uint8)
        ends = np.array([data.size], np.int64)
        head = np.zeros(1, np.int64)
        return int(duel(data, head, ends, model.fold, model.heads.weights, head)[0])

    return odds


def test_a_head_looks_at_the_spelling_where_each_language_has_a_topic_of_its_own(tmp_path: Path) -> None:
    """Health advice in Kinyarwanda only and stories in Kirundi only."""
    odds = _head(tmp_path, ("rw", "advice", _RWANDA + _ADVICE), ("rn", "stories", _RUNDI + _STORY))
    spelling = odds("ivyo vyose cane bafise"), odds("ibyo byose cyane bafite")
    assert spelling[0] > 0 > spelling[1]
    assert abs(odds(_STORY)) + abs(odds(_ADVICE)) < (spelling[0] - spelling[1]) / 10


def test_words_are_told_by_the_sentences_that_both_have(tmp_path: Path) -> None:
    texts = ("rw", "advice", _RWANDA + _ADVICE), ("rn", "stories", _RUNDI + _STORY)
    without = _head(tmp_path, *texts)
    same = ("rw", ALIGNED, "Nkeneye inshuti. "), ("rn", ALIGNED, "Nkeneye umugenzi. ")
    known = _head(tmp_path, *texts, *same)
    assert known("umugenzi") > 0 > known("inshuti")
    assert abs(known("nkeneye")) < known("umugenzi") / 5
    assert without("umugenzi") == without("inshuti") == 0
