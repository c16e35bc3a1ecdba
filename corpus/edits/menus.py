"""Edit `menus`: lines that are navigation, not text."""

from __future__ import annotations

import re

from corpus.signal import edit

__all__ = ["menus"]

#: Parts of a line that bars, dots or arrows separate: "Home | News | About", "A » B » C".
_PARTS = re.compile(r" ?(?:[|•·»›>→/]|::) | [|•·»›→] ?")
_SENTENCE_END = re.compile(r"[.!?。！？।॥؟…:;]$")
_ONLY_MARKS = re.compile(r"^[\W_]+$")
_ARROWS = re.compile(r"^(?:[<>«»‹›←→↑↓ ]+|(?:\[?\d{1,3}\]? ){2,}\[?\d{1,3}\]?)$")


def _is_menu(line: str) -> bool:
    line = " ".join(line.split())
    if _ARROWS.match(line):
        return True
    parts = [part for part in _PARTS.split(line) if part and not _ONLY_MARKS.match(part)]
    short = all(len(part.split()) <= 4 for part in parts)
    return len(parts) >= 3 and short and not _SENTENCE_END.search(line)


@edit(version=1)
def menus(text: str) -> str:
    """Without lines of three or more short parts between bars or arrows, and lines of page numbers."""
    return "\n".join(line for line in text.split("\n") if not line.strip() or not _is_menu(line))
