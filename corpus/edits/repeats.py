"""Edit `repeats`: lines a document repeats, such as running page headers and footers."""

from __future__ import annotations

from collections import Counter

from corpus.signal import edit

__all__ = ["repeats"]

#: A line that stands at least this often in one document, and is at least this long, is furniture. Refrains
#: of songs and prayers repeat too, but seldom more than four times; short lines ("Note", "}") repeat in
#: honest text.
_TIMES = 5
_LETTERS = 15


@edit(version=1)
def repeats(text: str) -> str:
    """Keeps only the first of a line that stands five times or more and has at least 15 characters."""
    lines = text.split("\n")
    counts = Counter(line.strip() for line in lines if len(line.strip()) >= _LETTERS)
    often = {line for line, count in counts.items() if count >= _TIMES}
    if not often:
        return text
    kept, seen = [], set()
    for line in lines:
        key = line.strip()
        if key in often and key in seen:
            continue
        seen.add(key)
        kept.append(line)
    return "\n".join(kept)
