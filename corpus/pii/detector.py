"""Personal data in a document: a gate reads every byte, validators only what the gate lets through.

Two gates. A kernel (`corpus.kernels.digits`) marks `@` signs, runs of digits and hexadecimal groups; one
`re2.Set` of the remaining shapes (keys, accounts, wallets, identity numbers with letters) says which of
them a document has at all, and only those are then searched for. Both are linear in the text. RE2 has no
look-around and its word boundary is ASCII, so what may stand next to a match is checked by the validators:
only ASCII letters and digits block one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import re2
from numpy.typing import NDArray

from corpus.kernels import digits as gate
from corpus.pii import cards, contact, identity, network, numbers, secrets
from corpus.pii.cues import IDENTITY_CUE
from corpus.pii.kinds import Span, resolve
from corpus.pii.numbers import Place, place_of

__all__ = ["Detector", "Place"]


class _Shape(NamedTuple):
    """A class of the set: `gate` in the set, `pattern` searched where the gate hits, `judge` decides."""

    gate: str
    pattern: str
    judge: Callable[[bytes, int, int, Any, Place], Span | None]


def _blocked(data: bytes, start: int, end: int) -> bool:
    """Whether an ASCII letter, digit or underscore touches data[start:end]."""
    return (start > 0 and _is_word(data[start - 1])) or (end < len(data) and _is_word(data[end]))


def _is_word(byte: int) -> bool:
    return 48 <= byte <= 57 or 65 <= byte <= 90 or 97 <= byte <= 122 or byte == 95


def _before(data: bytes, start: int, reach: int = 60) -> str:
    return data[max(0, start - reach) : start].decode("utf-8", "ignore").lower()


def _obfuscated(data: bytes, start: int, end: int, match: Any, place: Place) -> Span | None:
    return None if place.in_code else contact.obfuscated(data, start, end)


def _mac(data: bytes, start: int, end: int, match: Any, place: Place) -> Span | None:
    if _blocked(data, start, end) or not network.is_mac(data[start:end].decode("ascii")):
        return None
    return Span(start, end, "mac", 0.9, "mac")


def _iban(data: bytes, start: int, end: int, match: Any, place: Place) -> Span | None:
    text = data[start:end].decode("ascii")
    # The shape is greedy: words after the account are given back, group by group.
    while len(text) >= 15:
        if cards.is_iban(text) and not _blocked(data, start, start + len(text)):
            return Span(start, start + len(text), "iban", 1.0, "iban")
        cut = text.rfind(" ")
        if cut < 0:
            return None
        text = text[:cut]
    return None


def _bitcoin(data: bytes, start: int, end: int, match: Any, place: Place) -> Span | None:
    text = data[start:end].decode("ascii")
    if _blocked(data, start, end) or not cards.is_bitcoin(text):
        return None
    return Span(start, end, "wallet", 1.0, "bitcoin")


def _ethereum(data: bytes, start: int, end: int, match: Any, place: Place) -> Span | None:
    score = 0.0 if _blocked(data, start, end) else cards.ethereum(data[start:end].decode("ascii"))
    return Span(start, end, "wallet", score, "ethereum") if score else None


def _assigned(score_of: Callable[[str], float]) -> Callable[[bytes, int, int, Any, Place], Span | None]:
    def judge(data: bytes, start: int, end: int, match: Any, place: Place) -> Span | None:
        score = score_of(match.group(1).decode("utf-8", "replace")) if place.in_code else 0.0
        return Span(match.start(1), match.end(1), "secret", score, "assignment") if score else None

    return judge


def _secret(secret: secrets.Secret) -> Callable[[bytes, int, int, Any, Place], Span | None]:
    def judge(data: bytes, start: int, end: int, match: Any, place: Place) -> Span | None:
        text = data[start:end].decode("latin-1")
        if _blocked(data, start, end) or not secrets.gibberish(text):
            return None
        if secret.prefix and not secrets.is_random(text, secret.prefix):
            return None
        return Span(start, end, "secret", 0.95, secret.name)

    return judge


def _lettered(index: int) -> Callable[[bytes, int, int, Any, Place], Span | None]:
    def judge(data: bytes, start: int, end: int, match: Any, place: Place) -> Span | None:
        if place.in_code or _blocked(data, start, end):
            return None
        cue = IDENTITY_CUE.search(_before(data, start)) is not None
        found = identity.lettered(index, data[start:end].decode("ascii"), cue, place.regions)
        return Span(start, end, "national_id", found[1], found[0]) if found else None

    return judge


def _shapes() -> tuple[_Shape, ...]:
    shapes = [
        _Shape(contact.OBFUSCATED_GATE, contact.OBFUSCATED, _obfuscated),
        _Shape(
            r"[0-9A-Fa-f]{2}-[0-9A-Fa-f]{2}-[0-9A-Fa-f]{2}-[0-9A-Fa-f]{2}-",
            r"(?:[0-9A-Fa-f]{2}-){5}[0-9A-Fa-f]{2}",
            _mac,
        ),
        _Shape(
            r"[A-Z]{2}[0-9]{2} ?[A-Z0-9]{4} ?[0-9]{4}",
            r"[A-Z]{2}[0-9]{2}(?:[A-Z0-9]{11,30}|(?: [A-Z0-9]{4}){2,7}(?: [A-Z0-9]{1,4})?)",
            _iban,
        ),
        _Shape(r"[13][1-9A-HJ-NP-Za-km-z]{25}", r"[13][1-9A-HJ-NP-Za-km-z]{25,34}", _bitcoin),
        _Shape(r"bc1[0-9a-z]{8}", r"bc1[0-9a-z]{11,71}", _bitcoin),
        _Shape(r"0x[0-9a-fA-F]{40}", r"0x[0-9a-fA-F]{40}", _ethereum),
        _Shape(secrets.ASSIGNMENT_GATE, secrets.ASSIGNMENT, _assigned(secrets.assigned)),
        _Shape(secrets.ASSIGNMENT_GATE, secrets.UNQUOTED, _assigned(secrets.unquoted)),
    ]
    shapes += [_Shape(secret.gate, secret.pattern, _secret(secret)) for secret in secrets.SECRETS]
    for index, (_, pattern) in enumerate(identity.LETTERED):
        shapes.append(_Shape(f"(?i){pattern}", f"(?i){pattern}", _lettered(index)))
    return tuple(shapes)


class Detector:
    """Finds spans; built once, then called for each document of a batch. `extra` finds more of them in a text
    and its language."""

    def __init__(
        self,
        kinds: frozenset[str] | None = None,
        least_score: float = 0.0,
        extra: Callable[[str, str], list[Span]] | None = None,
    ) -> None:
        self.kinds = kinds
        self.extra = extra
        self.least_score = least_score
        self._shapes = _shapes()
        options = re2.Options()
        options.encoding = re2.Options.Encoding.LATIN1
        options.max_mem = 256 << 20
        self._set = re2.Set.SearchSet(options)
        for shape in self._shapes:
            self._set.Add(shape.gate.encode("ascii"))
        self._set.Compile()
        self._searches = [re2.compile(shape.pattern.encode("ascii"), options) for shape in self._shapes]

    def batch(
        self, data: NDArray[np.uint8], offsets: NDArray[np.int64], languages: list[str]
    ) -> list[list[Span]]:
        """Spans of every document, byte offsets relative to the document, in order and without overlaps."""
        documents, starts, ends, whats, flags = gate.find(data, offsets)
        first = np.searchsorted(documents, np.arange(offsets.size), side="left").tolist()
        begins = offsets.tolist()
        rows = list(zip(starts.tolist(), ends.tolist(), whats.tolist(), flags.tolist(), strict=True))
        result = []
        for number, language in enumerate(languages):
            begin = begins[number]
            document = data[begin : begins[number + 1]].tobytes()
            here = rows[first[number] : first[number + 1]]
            result.append(self._document(document, begin, here, language))
        return result

    def document(self, text: str, language: str) -> list[Span]:
        """Spans of one text."""
        data = np.frombuffer(text.encode(), np.uint8)
        return self.batch(data, np.array([0, data.size], np.int64), [language])[0]

    def _document(
        self, data: bytes, begin: int, rows: list[tuple[int, int, int, int]], language: str
    ) -> list[Span]:
        place = place_of(language)
        spans: list[Span] = []
        for start, end, what, flag in rows:
            start -= begin
            end -= begin
            if what == gate.AT:
                found = contact.at_sign(data, start, end, place.in_code)
                if found is not None:
                    spans.append(found)
            elif what == gate.DIGITS:
                spans += numbers.number(data, start, end, flag, place)
            elif what == gate.IPV4:
                spans += numbers.ipv4(data, start, end, flag, place)
            else:
                spans += numbers.hexadecimal(data, start, end)
        for index in sorted(self._set.Match(data) or ()):
            judge = self._shapes[index].judge
            for match in self._searches[index].finditer(data):
                found = judge(data, match.start(), match.end(), match, place)
                if found is not None:
                    spans.append(found)
        if self.extra is not None:
            spans += self.extra(data.decode(), language)
        if self.kinds is not None:
            spans = [span for span in spans if span.kind in self.kinds]
        return resolve([span for span in spans if span.score >= self.least_score])
