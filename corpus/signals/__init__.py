"""The built-in signal groups, in the order they are measured."""

from __future__ import annotations

import importlib
from typing import Any

from corpus.recipe import PipelineFile
from corpus.signal import Signal, declared

__all__ = ["GROUPS", "groups_of", "options_of"]

#: Group name to "module:class". `language` is first: other groups read the language a document counts as.
GROUPS = {
    "language": "corpus.signals.language:LanguageSignals",
    "text": "corpus.signals.text:TextStatistics",
    "code": "corpus.signals.code:CodeStatistics",
    "perplexity": "corpus.signals.perplexity:Perplexity",
    "adult": "corpus.signals.adult:AdultContent",
    "pii": "corpus.signals.pii:PersonalData",
    "fingerprint": "corpus.signals.fingerprint:Fingerprint",
}


def groups_of(pipeline: PipelineFile) -> list[Signal]:
    """The groups a pipeline switches on, in order."""
    return [_load(name) for name in GROUPS if options_of(pipeline, name) is not None]


def options_of(pipeline: PipelineFile, group: str) -> Any:
    """The options of a built-in group; None where the pipeline leaves it off."""
    if group == "fingerprint":
        dedup = pipeline.dedup
        on = dedup.exact is not None or dedup.url is not None or dedup.minhash is not None
        return dedup if on else None
    return getattr(pipeline.signals, group)


def _load(name: str) -> Signal:
    module, _, attribute = GROUPS[name].partition(":")
    found = declared(getattr(importlib.import_module(module), attribute))
    if not isinstance(found, Signal):
        raise TypeError(f"{GROUPS[name]} is not declared with @signal")
    return found
