"""Running text out of a markup tree: blocks on lines of their own, furniture left out."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Rules", "join_lines", "render", "tags"]

#: Stands between two cells of a table: a space that a line break between Han characters cannot swallow.
_CELL = "\x1f"
_SPACE = re.compile(r"[ \t\r\n\f\v\x1f]+")
_CJK = "\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
_CJK_BREAK = re.compile(rf"(?<=[{_CJK}])[ \t]*\n[ \t\n]*(?=[{_CJK}])")


def tags(names: str) -> frozenset[str]:
    """The names of a space-separated list."""
    return frozenset(names.split())


def join_lines(text: str) -> str:
    """Text on one line: space runs become one space, and a line break between Han or kana becomes nothing."""
    return _SPACE.sub(" ", _CJK_BREAK.sub("", text))


@dataclass(frozen=True)
class Rules:
    """How the elements of a vocabulary read.

    drop     left out with all they hold
    block    stand apart, a blank line before and after
    line     start a line of their own (list items, table rows)
    pre      keep their spaces and line breaks
    heading  like block, and begin a section
    cell     are parted from their neighbour by a space
    refuse   left out when it says so of an element (navigation, link lists)
    """

    drop: frozenset[str]
    block: frozenset[str]
    line: frozenset[str]
    pre: frozenset[str] = frozenset()
    heading: frozenset[str] = frozenset()
    cell: frozenset[str] = frozenset()
    breaks: frozenset[str] = frozenset()
    refuse: Callable[[Any], bool] = field(default=lambda element: False)


@dataclass
class _Page:
    sections: list[list[str]] = field(default_factory=lambda: [[]])
    inline: list[str] = field(default_factory=list)

    def end(self, gap: str) -> None:
        """Close the running line; `gap` is what stands before the next one."""
        line = join_lines("".join(self.inline)).strip()
        self.inline.clear()
        lines = self.sections[-1]
        if line:
            lines.append(line)
        if gap and lines and lines[-1] != gap:
            lines.append(gap)

    def keep(self) -> None:
        """Close the running line as it is written."""
        self.sections[-1].append("".join(self.inline).rstrip())
        self.inline.clear()


def _walk(element: Any, rules: Rules, page: _Page, preformatted: bool) -> None:
    tag = element.tag
    if isinstance(tag, str):
        tag = tag.rsplit("}", 1)[-1].lower()
        if tag not in rules.drop and not rules.refuse(element):
            _open(element, tag, rules, page, preformatted)
    # comments, processing instructions and unresolved entities hold no text of their own, but have a tail
    if element.tail:
        _text(element.tail, page, preformatted)


def _open(element: Any, tag: str, rules: Rules, page: _Page, preformatted: bool) -> None:
    apart, lone = tag in rules.block or tag in rules.heading or tag in rules.pre, tag in rules.line
    if apart or lone:
        page.end("\n" if apart else "")
    if tag in rules.heading and any(line != "\n" for line in page.sections[-1]):
        page.sections.append([])
    if tag in rules.cell and page.inline:
        page.inline.append(_CELL)
    if tag in rules.breaks:
        page.end("")
    inside = preformatted or tag in rules.pre
    if element.text:
        _text(element.text, page, inside)
    for child in element:
        _walk(child, rules, page, inside)
    if inside and not preformatted:
        page.keep()
    if apart or lone:
        page.end("\n" if apart else "")


def _text(text: str, page: _Page, preformatted: bool) -> None:
    if not preformatted:
        page.inline.append(text)
        return
    first, *rest = text.split("\n")
    page.inline.append(first)
    for line in rest:
        page.keep()
        page.inline.append(line)


def render(element: Any, rules: Rules) -> list[str]:
    """Text of each section under the element, in order, without empty ones; a section begins at a heading."""
    page = _Page()
    _walk(element, rules, page, False)
    page.end("")
    sections = []
    for lines in page.sections:
        text = "\n".join("" if line == "\n" else line for line in lines)
        text = re.sub(r"\n{3,}", "\n\n", text).strip("\n")
        if text.strip():
            sections.append(text)
    return sections
