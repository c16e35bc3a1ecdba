"""Language identification: `identify` a text or `identify_all` of many, find the `spans` of a mixed one."""

from __future__ import annotations

from corpus.lid.identify import Guess, Span, identify, identify_all, spans

__all__ = ["Guess", "Span", "identify", "identify_all", "spans"]
