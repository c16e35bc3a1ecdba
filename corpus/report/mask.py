"""Masking: personal data in every text that is shown becomes its placeholder, whatever the run redacts."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import pyarrow as pa

from corpus.batch import text_buffer
from corpus.pii.detector import Detector
from corpus.pii.redact import redact
from corpus.schema import SPANS
from corpus.signals.pii import spans_array

__all__ = ["EXCERPT", "beginnings", "excerpts", "masked"]

#: Longest text shown of a document, characters.
EXCERPT = 3_000
#: Read beyond it, so that no value is cut in two, and so missed, at the end of what is shown.
_MARGIN = 1_000


@functools.cache
def _detector() -> Detector:
    return Detector(None, 0.0)


def masked(texts: Sequence[str], languages: Sequence[str]) -> list[str]:
    """The texts with every value of every known kind replaced by its placeholder."""
    pairs = list(zip(texts, languages, strict=True))
    different = list(dict.fromkeys(pairs))  # names of files and addresses come again and again
    column = pa.array([text for text, _ in different], pa.large_string())
    data, offsets = text_buffer(column)
    spans = spans_array(_detector().batch(data, offsets, [language for _, language in different]))
    ids = pa.array([str(row) for row in range(len(column))])
    shown = dict(zip(different, redact(column, spans, ids, "tag").to_pylist(), strict=True))
    return [shown[pair] for pair in pairs]


def beginnings(text: str, language: str, places: Sequence[tuple[int, int]]) -> list[str]:
    """The stretches start:end (characters) of a text, masked: a value that a stretch cuts is masked too."""
    last = max((end for _, end in places), default=0) + _MARGIN
    head = pa.array([text[:last]], pa.large_string())
    spans = spans_array(_detector().batch(*text_buffer(head), [language]))[0].as_py()
    cut, inside = [], []
    for start, end in places:
        cut.append(text[start:end])
        first = len(text[:start].encode())
        size = len(cut[-1].encode())
        inside.append(
            [
                {**span, "start": max(span["start"] - first, 0), "end": min(span["end"] - first, size)}
                for span in spans
                if span["start"] - first < size and span["end"] > first
            ]
        )
    ids = pa.array([""] * len(cut), pa.string())
    shown = redact(pa.array(cut, pa.large_string()), pa.array(inside, SPANS), ids, "tag")
    return [str(item) for item in shown.to_pylist()]


def excerpts(texts: Sequence[str], languages: Sequence[str], characters: int = EXCERPT) -> list[str]:
    """The beginnings of the texts, masked, and "…" where there is more."""
    heads = [text[: characters + _MARGIN] for text in texts]
    shown = masked(heads, languages)
    return [
        text if len(text) <= characters and len(head) == len(whole) else text[:characters].rstrip() + " …"
        for text, head, whole in zip(shown, heads, texts, strict=True)
    ]
