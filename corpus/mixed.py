"""The spans of languages of a document of a run, where it is mixed; for people who look at the document."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["MOST_CHARACTERS", "language_spans"]

#: Characters of a document that are looked at.
MOST_CHARACTERS = 1_000_000


def language_spans(
    recipe: Mapping[str, Any], signals: Mapping[str, Any], text: str
) -> list[dict[str, Any]] | None:
    """{start, end, language, score} of each span, in characters of the text as read; they cover the beginning
    that is looked at. Empty where all of the document is in one language, None where that is not known.

    A document is mixed where its signals say that a part of it is in another language than its own
    (`foreign_ratio`) and the spans are of more than one. `recipe` is that of the manifest. They are
    not known where languages were not measured, or by a model that is no longer where it was.
    """
    options = recipe["pipeline"]["signals"].get("language")
    if options is None or signals.get("foreign_ratio") is None:
        return None
    if signals["foreign_ratio"] <= 0:
        return []
    from corpus.lid.identify import spans  # the kernels: half a second
    from corpus.lid.model import SHIPPED

    model = Path(options["model"]) if options["model"] else SHIPPED
    if not model.is_file():
        return None
    found = spans(text[:MOST_CHARACTERS], model)
    if len(found) < 2:
        return []
    return [span._asdict() | {"score": float(f"{span.score:.4f}")} for span in found]
