"""The kinds of personal data, their placeholders, and which span wins where two overlap."""

from __future__ import annotations

import bisect
import unicodedata
from typing import NamedTuple

__all__ = ["KINDS", "PLACEHOLDERS", "Kind", "Span", "masked", "resolve"]


class Kind(NamedTuple):
    """One kind: `tag` under the policy "tag", `roots` under the policy "roots"; the higher rank wins."""

    name: str
    tag: str
    roots: str
    rank: int


#: In order of rank. The `roots` names are those of ROOTS where it had the kind (KEY, EMAIL, USER,
#: IP_ADDRESS).
KINDS: dict[str, Kind] = {
    name: Kind(name, f"<{name.upper()}>", f"PI:{roots}", rank)
    for rank, (name, roots) in enumerate(
        [
            ("address", "ADDRESS"),
            ("person", "PERSON"),
            ("handle", "USER"),
            ("phone", "PHONE"),
            ("ip", "IP_ADDRESS"),
            ("mac", "MAC_ADDRESS"),
            ("national_id", "ID"),
            ("card", "CARD"),
            ("iban", "IBAN"),
            ("email", "EMAIL"),
            ("wallet", "WALLET"),
            ("credentials", "CREDENTIALS"),
            ("secret", "KEY"),
            ("other", "OTHER"),
        ]
    )
}

#: What redaction writes under the policy "tag"; a tokenizer keeps each of them whole.
PLACEHOLDERS: tuple[str, ...] = tuple(kind.tag for kind in KINDS.values())


class Span(NamedTuple):
    """A place in one document's UTF-8 text, half-open; `score` is in 0..1. Never the value."""

    start: int
    end: int
    kind: str
    score: float
    validator: str


def resolve(spans: list[Span]) -> list[Span]:
    """The spans in text order without overlaps: the higher rank wins, then the longer, then the first."""
    spans.sort()
    if all(spans[i - 1].end <= spans[i].start for i in range(1, len(spans))):
        return spans
    taken: list[Span] = []
    for span in sorted(spans, key=lambda s: (-KINDS[s.kind].rank, s.start - s.end, s.start, s.validator)):
        at = bisect.bisect_left(taken, span)
        free_left = at == 0 or taken[at - 1].end <= span.start
        if free_left and (at == len(taken) or taken[at].start >= span.end):
            taken.insert(at, span)
    return taken


def masked(text: bytes, span: Span, around: int = 30) -> str:
    """A sample for a reviewer: the span and `around` bytes on each side, letters as a, digits as 9."""
    before = text[max(0, span.start - around) : span.start].decode("utf-8", "ignore")
    after = text[span.end : span.end + around].decode("utf-8", "ignore")
    value = text[span.start : span.end].decode("utf-8", "replace")
    return f"{_mask(before)}[{span.kind} {_mask(value)}]{_mask(after)}"


def _mask(text: str) -> str:
    return "".join(
        "9" if c.isdecimal() else "a" if c.isalpha() or unicodedata.category(c)[0] == "M" else c for c in text
    )
