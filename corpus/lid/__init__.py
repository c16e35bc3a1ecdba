"""Language identification: `identify` a text, find the `spans` of a mixed one, `train` a model."""

from __future__ import annotations

from corpus.lid.identify import Guess, Span, identify, spans

__all__ = ["Guess", "Span", "identify", "spans"]
