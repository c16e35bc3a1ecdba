"""Presidio's recognizers, and any of the user's, as one more source of spans.

Needs the package `presidio-analyzer` (extra `presidio`). Recognizers run without a language model ("no_op"
engine) unless the caller brings an engine, so person names and street addresses need a spaCy model of the
user's choice; they are off by default, and the datasheet says so. Speed is Presidio's own (0.2 to 3 MB/s
measured), about a hundred times slower than `corpus.pii.detector`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from corpus.errors import SignalError
from corpus.pii.kinds import Span

__all__ = ["ENTITY_KINDS", "PresidioRecognizers"]

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

    def document(self, text: str) -> list[Span]:
        """Spans in byte offsets; they may overlap, `corpus.pii.kinds.resolve` settles that."""
        found: list[tuple[int, int, str, float]] = []
        for recognizer in self.recognizers:
            wanted = [e for e in recognizer.supported_entities if not self.entities or e in self.entities]
            if wanted:
                found += [
                    (r.start, r.end, r.entity_type, float(r.score))
                    for r in recognizer.analyze(text, wanted, None) or ()
                    if r.score >= self.least_score and r.start < r.end
                ]
        return _in_bytes(text, found)


def _in_bytes(text: str, found: list[tuple[int, int, str, float]]) -> list[Span]:
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
