"""Presidio's recognizers, and any of the user's, as one more source of spans.

Needs the package `presidio-analyzer` (extra `presidio`). Recognizers run without a language model; person
names and street addresses need one: `corpus.pii.names`.

Presidio's own speed is 0.2 to 3 MB/s, a hundred times slower than `corpus.pii.detector`. So one `re2.Set` of
their patterns, loosened, goes before the recognizers that search by pattern: one with no hit in a document is
not asked. A recognizer without patterns (phone numbers, a model) is always asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import re2

from corpus.errors import SignalError
from corpus.pii.kinds import Span
from corpus.pii.loosen import loosened

__all__ = ["ENTITY_KINDS", "PresidioRecognizers", "kind_of", "spans_in_bytes"]

#: Presidio entity -> kind; entities of no kind here count as "national_id" when their name says a country's
#: number, else as "other".
ENTITY_KINDS = {
    "CREDIT_CARD": "card",
    "CRYPTO": "wallet",
    "EMAIL_ADDRESS": "email",
    "IBAN_CODE": "iban",
    "IP_ADDRESS": "ip",
    "LOCATION": "address",
    "MAC_ADDRESS": "mac",
    "PERSON": "person",
    "PHONE_NUMBER": "phone",
    "STREET_ADDRESS": "address",
}
_COUNTRIES = frozenset("US UK AU CA DE IN IT ES SE FI PL KR NG PH SG TH TR ZA".split())


def kind_of(entity: str) -> str:
    """The kind for a Presidio entity name."""
    if entity in ENTITY_KINDS:
        return ENTITY_KINDS[entity]
    return "national_id" if entity.split("_")[0] in _COUNTRIES else "other"


class PresidioRecognizers:
    """Spans of Presidio recognizers; built once per worker, called for each document.

    recognizers  objects with `analyze(text, entities, nlp_artifacts)` and `supported_entities`; none given:
                 Presidio's own for `language`, those of `entities` only where some are named
    """

    def __init__(
        self,
        entities: Sequence[str] = (),
        language: str = "en",
        recognizers: Sequence[Any] | None = None,
        least_score: float = 0.4,
    ) -> None:
        self.entities = frozenset(entities)
        self.least_score = least_score
        self.recognizers = list(recognizers) if recognizers is not None else _own(language)
        self._gate = _Gate(self.recognizers)

    def document(self, text: str) -> list[Span]:
        """Spans in byte offsets; they may overlap, `corpus.pii.kinds.resolve` settles that."""
        found: list[tuple[int, int, str, float]] = []
        asked = self._gate.asked(text)
        for number, recognizer in enumerate(self.recognizers):
            wanted = [e for e in recognizer.supported_entities if not self.entities or e in self.entities]
            if wanted and number in asked:
                found += [
                    (r.start, r.end, r.entity_type, float(r.score))
                    for r in recognizer.analyze(text, wanted, None) or ()
                    if r.score >= self.least_score and r.start < r.end
                ]
        return spans_in_bytes(text, found)


class _Gate:
    """Which recognizers may find something in a text."""

    def __init__(self, recognizers: Sequence[Any]) -> None:
        options = re2.Options()
        options.max_mem = 256 << 20
        options.log_errors = False
        self._set = re2.Set.SearchSet(options)
        self._owners: list[int] = []
        self._always: set[int] = set()
        for number, recognizer in enumerate(recognizers):
            shapes = [
                # the flags Presidio compiles with
                f"(?ims){loose}" if (loose := loosened(pattern.regex)) is not None else None
                for pattern in getattr(recognizer, "patterns", None) or ()
            ]
            if not shapes or getattr(recognizer, "deny_list", None) or not all(map(_compiles, shapes)):
                self._always.add(number)
                continue
            for shape in shapes:
                self._set.Add(shape)
                self._owners.append(number)
        if self._owners:
            self._set.Compile()

    def asked(self, text: str) -> set[int]:
        hits = self._set.Match(text) if self._owners else ()
        return self._always | {self._owners[index] for index in hits or ()}


def _compiles(shape: str | None) -> bool:
    if shape is None:
        return False
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(shape, options)
    except re2.error:
        return False
    return True


def spans_in_bytes(text: str, found: list[tuple[int, int, str, float]]) -> list[Span]:
    """Results (start, end in characters, entity, score) as spans."""
    wanted = sorted({position for row in found for position in row[:2]})
    bytes_at: dict[int, int] = {}
    last = size = 0
    for position in wanted:
        size += len(text[last:position].encode())
        bytes_at[position], last = size, position
    return [
        Span(bytes_at[start], bytes_at[end], kind_of(entity), score, f"presidio.{entity.lower()}")
        for start, end, entity, score in found
    ]


def _own(language: str) -> list[Any]:
    try:
        from presidio_analyzer import RecognizerRegistry
    except ImportError as error:
        raise SignalError(
            "Presidio is not installed; add it with: pip install 'corpus-works[presidio]'"
        ) from error
    registry = RecognizerRegistry(supported_languages=[language])
    registry.load_predefined_recognizers(languages=[language])
    found = registry.get_recognizers(language=language, all_fields=True)
    return [recognizer for recognizer in found if type(recognizer).__name__ != "SpacyRecognizer"]
