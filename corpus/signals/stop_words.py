"""The most frequent words of each language, fitted by `corpus.fit`; replaced by its output."""

from __future__ import annotations

__all__ = ["STOP_WORDS"]

STOP_WORDS: dict[str, str] = {}
