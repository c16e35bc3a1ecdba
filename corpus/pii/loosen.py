"""A Python regular expression as an RE2 one that matches wherever the first does, and in some more places.

RE2 has no look-around, and its classes are ASCII. Boundaries and look-arounds are left out, classes widened
to Unicode; so a text in which the looser pattern matches nowhere need not be searched with the slow one.
"""

from __future__ import annotations

__all__ = ["loosened"]

_WORD = r"\p{L}\p{M}\p{N}_"
_SPACE = r"\s\p{Z}\x{1c}-\x{1f}\x{85}"
_ANY = r"\x{0}-\x{10FFFF}"
_WIDER = {"d": r"\p{Nd}", "w": _WORD, "s": _SPACE, "D": _ANY, "W": _ANY, "S": _ANY}
_AROUND = ("(?=", "(?!", "(?<=", "(?<!")


def loosened(pattern: str) -> str | None:
    """The pattern for RE2, or None where this cannot be said of it (a negated class of word characters)."""
    found: list[str] = []
    at = 0
    while at < len(pattern):
        if pattern.startswith(_AROUND, at):
            at = _group_end(pattern, at)
        elif pattern[at] == "[":
            end = _class_end(pattern, at)
            inside = _class(pattern[at:end])
            if inside is None:
                return None
            found.append(inside)
            at = end
        elif pattern[at] == "\\" and at + 1 < len(pattern):
            letter = pattern[at + 1]
            if letter not in "bBAZ":
                found.append(f"[{_WIDER[letter]}]" if letter in _WIDER else pattern[at : at + 2])
            at += 2
        else:
            found.append(pattern[at])
            at += 1
    return "".join(found)


def _class(text: str) -> str | None:
    """A bracketed class with its shorthands widened; a negated one must not grow smaller."""
    negated = text.startswith("[^")
    found: list[str] = []
    at = 0
    while at < len(text):
        if text[at] == "\\" and at + 1 < len(text):
            letter = text[at + 1]
            if negated and letter in "wDWS":
                return None
            keep = letter not in _WIDER or (negated and letter == "s")
            found.append(text[at : at + 2] if keep else _WIDER[letter])
            at += 2
        else:
            found.append("\\[" if text[at] == "[" and at > 0 else text[at])
            at += 1
    return "".join(found)


def _class_end(pattern: str, at: int) -> int:
    at += 2 if pattern.startswith("[^", at) else 1
    first = True
    while at < len(pattern) and (pattern[at] != "]" or first):
        at += 2 if pattern[at] == "\\" else 1
        first = False
    return at + 1


def _group_end(pattern: str, at: int) -> int:
    depth = 0
    while at < len(pattern):
        if pattern[at] == "\\":
            at += 2
            continue
        if pattern[at] == "[":
            at = _class_end(pattern, at)
            continue
        depth += {"(": 1, ")": -1}.get(pattern[at], 0)
        at += 1
        if depth == 0:
            break
    return at
