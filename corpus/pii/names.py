"""Person names and street addresses: spaCy models of the user's choice, through Presidio. Off by default.

Needs `presidio-analyzer` (extra `presidio`) and the model's own package. A small English model reads 0.03 MB
a second, a thousandth of the speed of `corpus.pii.detector`, and each model knows one language only: so a
pipeline names the languages it wants this for (`pii: {names: {en: en_core_web_sm}}`), and the report says in
which languages nobody looked.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from corpus.errors import SignalError
from corpus.pii.kinds import Span
from corpus.pii.presidio import spans_in_bytes

__all__ = ["Names"]

_ENTITIES = ["PERSON", "LOCATION"]
#: Labels of spaCy's models. Streets and buildings are FAC; a city or country is nobody's address.
_LABELS = {"PER": "PERSON", "PERSON": "PERSON", "FAC": "LOCATION"}
#: The house number before a street, or nothing.
_HOUSE = re.compile(r"(?:(?<![0-9A-Za-z])[0-9]{1,5}[A-Za-z]?,? )?$")
#: Characters a model is given at once: its memory grows with them.
_PIECE = 20_000

#: Text to results with entity_type, start, end and score.
Recognize = Callable[[str], list[Any]]


class Names:
    """Spans of names and places in documents of the languages that have a model; built once per worker."""

    def __init__(
        self, models: Mapping[str, str], load: Callable[[str, str], Recognize] | None = None
    ) -> None:
        self.recognizers = {
            language: (load or _spacy)(language, model) for language, model in sorted(models.items())
        }

    def document(self, text: str, language: str) -> list[Span]:
        """Spans in byte offsets, kinds "person" and "address"; they may overlap what others find."""
        recognize = self.recognizers.get(language)
        if recognize is None:
            return []
        found = []
        for begin, end in _pieces(text):
            for result in recognize(text[begin:end]):
                if result.entity_type in _ENTITIES and result.start < result.end:
                    start = begin + result.start
                    if result.entity_type == "LOCATION":
                        house = _HOUSE.search(text, max(0, start - 8), start)
                        start = house.start() if house else start
                    found.append((start, begin + result.end, result.entity_type, float(result.score)))
        return spans_in_bytes(text, found)


def _pieces(text: str) -> list[tuple[int, int]]:
    """Pieces of at most _PIECE characters, cut at a line's end or a space where there is one."""
    pieces, begin = [], 0
    while len(text) - begin > _PIECE:
        end = begin + _PIECE
        cut = max(text.rfind("\n", begin, end), text.rfind(" ", begin, end)) + 1
        pieces.append((begin, cut or end))
        begin = cut or end
    return [*pieces, (begin, len(text))]


def _spacy(language: str, model: str) -> Recognize:
    """Loads the model. Raises SignalError where Presidio or the model is not installed."""
    try:
        from presidio_analyzer.nlp_engine import NerModelConfiguration, SpacyNlpEngine
        from presidio_analyzer.predefined_recognizers import SpacyRecognizer
    except ImportError as error:
        raise SignalError(
            "Presidio is not installed; add it with: pip install 'corpus-works[presidio]'"
        ) from error
    # Presidio would download a model that is missing.
    if not Path(model).is_dir() and importlib.util.find_spec(model) is None:
        raise SignalError(f"spaCy model '{model}' for {language} is not installed; add its package")
    base = language.split("-")[0]
    labels = NerModelConfiguration(model_to_presidio_entity_mapping=_LABELS)
    engine = SpacyNlpEngine([{"lang_code": base, "model_name": model}], labels)
    engine.load()
    recognizer = SpacyRecognizer(supported_language=base, supported_entities=_ENTITIES)
    return lambda text: list(recognizer.analyze(text, _ENTITIES, engine.process_text(text, base)))
