"""The built-in signal groups, in the order they are measured."""

from __future__ import annotations

import importlib
from dataclasses import replace

from pydantic import BaseModel

from corpus.recipe import (
    AdultOptions,
    CodeOptions,
    ContaminationOptions,
    FingerprintOptions,
    GenreOptions,
    LanguageOptions,
    ParseOptions,
    PerplexityOptions,
    PiiOptions,
    PipelineFile,
    TextOptions,
)
from corpus.signal import Signal, declared

__all__ = ["GROUPS", "OPTIONS", "group", "options_of"]

#: Group name to "module:class". `language` is first: other groups read the language a document counts as.
GROUPS = {
    "language": "corpus.signals.language:LanguageSignals",
    "text": "corpus.signals.text:TextStatistics",
    "genre": "corpus.signals.genre:Genre",
    "code": "corpus.signals.code:CodeStatistics",
    "parse": "corpus.signals.parse:Parse",
    "perplexity": "corpus.signals.perplexity:Perplexity",
    "adult": "corpus.signals.adult:AdultContent",
    "pii": "corpus.signals.pii:PersonalData",
    "contamination": "corpus.signals.contamination:Contamination",
    "fingerprint": "corpus.signals.fingerprint:Fingerprint",
}
OPTIONS: dict[str, type[BaseModel]] = {
    "language": LanguageOptions,
    "text": TextOptions,
    "genre": GenreOptions,
    "code": CodeOptions,
    "parse": ParseOptions,
    "perplexity": PerplexityOptions,
    "adult": AdultOptions,
    "pii": PiiOptions,
    "contamination": ContaminationOptions,
    "fingerprint": FingerprintOptions,
}


def options_of(pipeline: PipelineFile, name: str) -> BaseModel | None:
    """The options of a built-in group; None where the pipeline leaves it off.

    What the fingerprints are made of follows from the kinds of duplicates looked for; benchmarks are named
    under `decontaminate`.
    """
    if name == "contamination":
        return pipeline.decontaminate
    if name == "fingerprint":
        return pipeline.dedup.fingerprint
    found: BaseModel | None = getattr(pipeline.signals, name)
    return found


def group(name: str, options: BaseModel | None = None) -> Signal:
    """The built-in group of this name, with the columns its options ask for."""
    module, _, attribute = GROUPS[name].partition(":")
    found = declared(getattr(importlib.import_module(module), attribute))
    if not isinstance(found, Signal):
        raise TypeError(f"{GROUPS[name]} is not declared with @signal")
    if isinstance(options, TextOptions) and options.columns is not None:
        asked = {column: kind for column, kind in found.columns.items() if column in options.columns}
        return replace(found, columns=asked)
    if isinstance(options, AdultOptions) and options.language_models is None:
        asked = {
            column: kind for column, kind in found.columns.items() if column != "adult_language_model_ratio"
        }
        return replace(found, columns=asked)
    return found
