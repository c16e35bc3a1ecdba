"""The Presidio adapter, with recognizers of the user's own shape; the package itself is optional."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import re2

from corpus.errors import SignalError
from corpus.pii.detector import Detector
from corpus.pii.loosen import loosened
from corpus.pii.names import Names
from corpus.pii.presidio import PresidioRecognizers, kind_of
from corpus.recipe import PiiOptions
from corpus.signals.pii import PersonalData


@dataclass
class Result:
    entity_type: str
    start: int
    end: int
    score: float


class BadgeRecognizer:
    supported_entities = ("BADGE", "PERSON")

    def analyze(self, text: str, entities: list[str], nlp_artifacts: object) -> list[Result]:
        found = [Result("BADGE", m.start(), m.end(), 0.9) for m in re.finditer(r"B-\d+", text)]
        found += [Result("PERSON", m.start(), m.end(), 0.2) for m in re.finditer("Ann", text)]
        return [result for result in found if result.entity_type in entities]


def test_character_results_become_byte_spans_above_the_score() -> None:
    recognizers = PresidioRecognizers(recognizers=[BadgeRecognizer()])
    text = "é Ann has B-12, é B-7"
    spans = recognizers.document(text)
    assert [text.encode()[s.start : s.end].decode() for s in spans] == ["B-12", "B-7"]
    assert {(s.kind, s.validator) for s in spans} == {("other", "presidio.badge")}


def test_entities_that_are_named_are_the_only_ones_asked_for() -> None:
    recognizers = PresidioRecognizers(["PERSON"], recognizers=[BadgeRecognizer()], least_score=0.1)
    assert [span.kind for span in recognizers.document("Ann has B-12")] == ["person"]


def test_country_numbers_are_identity_numbers() -> None:
    assert [kind_of(e) for e in ("US_SSN", "IN_AADHAAR", "CREDIT_CARD", "URL")] == [
        "national_id", "national_id", "card", "other",
    ]  # fmt: skip


@pytest.mark.skipif(importlib.util.find_spec("presidio_analyzer") is not None, reason="Presidio is installed")
def test_without_the_package_the_message_says_what_to_install() -> None:
    with pytest.raises(SignalError, match=r"corpus-works\[presidio\]"):
        PresidioRecognizers()


@dataclass
class Shape:
    regex: str


class SlowRecognizer:
    """Counts how often it is asked."""

    supported_entities = ("BADGE",)
    patterns = (Shape(r"(?<!\w)badge-\d{2,}\b"),)

    def __init__(self) -> None:
        self.asked = 0

    def analyze(self, text: str, entities: list[str], nlp_artifacts: object) -> list[Result]:
        self.asked += 1
        expression = re.compile(self.patterns[0].regex, re.IGNORECASE | re.MULTILINE | re.DOTALL)
        return [Result("BADGE", m.start(), m.end(), 0.9) for m in expression.finditer(text)]


def test_a_recognizer_whose_patterns_hit_nothing_is_not_asked() -> None:
    slow = SlowRecognizer()
    recognizers = PresidioRecognizers(recognizers=[slow])
    assert recognizers.document("no number here, only badge-holders") == []
    assert slow.asked == 0
    assert len(recognizers.document("Badge-12 and é Badge-٣٤ and xbadge-56")) == 2
    assert slow.asked == 1


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"\b\w+-\d+\b", "été-٣"),
        (r"(?<![\d-])\d{3}\s\d{4}(?!\d)", "٠١٢\u00a0٣٤٥٦"),
        (r"[\w.]+@[^\s@]+", "अजय@डाटा"),
        (r"[]a]\d(?=x)", "]1x"),
        (r"[\D]\d\W", "é1-"),
    ],
)
def test_a_loosened_pattern_matches_wherever_the_first_does(pattern: str, text: str) -> None:
    loose = loosened(pattern)
    assert loose is not None
    assert re.search(pattern, text)
    assert re2.search(loose, text)


def test_a_negated_class_of_word_characters_cannot_be_loosened() -> None:
    assert loosened(r"[^\W\d_]+") is None


def test_names_are_looked_for_in_languages_with_a_model_only_and_piece_by_piece() -> None:
    asked: list[int] = []

    def load(language: str, model: str) -> Callable[[str], list[Any]]:
        assert (language, model) == ("en", "some_model")

        def recognize(text: str) -> list[Any]:
            asked.append(len(text))
            found = [Result("PERSON", m.start(), m.end(), 0.85) for m in re.finditer("Ann Lee", text)]
            found += [Result("LOCATION", m.start(), m.end(), 0.85) for m in re.finditer("Oak Lane", text)]
            return [*found, *(Result("NRP", m.start(), m.end(), 0.85) for m in re.finditer("Greek", text))]

        return recognize

    names = Names({"en": "some_model"}, load)
    text = "é Ann Lee is Greek. " * 3000
    spans = names.document(text, "en")
    assert {text.encode()[s.start : s.end].decode() for s in spans} == {"Ann Lee"}
    assert (len(spans), spans[0].kind, spans[0].validator) == (3000, "person", "presidio.person")
    assert sum(asked) == len(text)
    assert max(asked) <= 20_000
    assert names.document(text, "fr") == []
    (street,) = names.document("é at 45b Oak Lane", "en")
    assert (street.start, street.end, street.kind) == (6, 18, "address")
    assert [s.kind for s in Detector(extra=names.document).document("Ann Lee: ann@posta.org", "en")] == [
        "person",
        "email",
    ]


def test_names_are_off_by_default() -> None:
    assert PiiOptions().names == {}
    assert PersonalData().detector.extra is None


@pytest.mark.skipif(importlib.util.find_spec("presidio_analyzer") is not None, reason="Presidio is installed")
def test_a_pipeline_that_asks_for_names_without_presidio_is_told_what_to_install() -> None:
    with pytest.raises(SignalError, match=r"corpus-works\[presidio\]"):
        PersonalData(PiiOptions(names={"en": "en_core_web_sm"}))
