"""Running text out of a markup tree: blocks on lines of their own, furniture left out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

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


class _Opened(NamedTuple):
    """An element that is being read: its children to come, and whether what is around it is preformatted."""

    element: Any
    tag: str
    children: Iterator[Any]
    preformatted: bool


def _walk(root: Any, rules: Rules, page: _Page) -> None:
    """The elements in document order; by a stack of its own, since tags never closed nest by the thousand."""
    stack: list[_Opened] = []
    element, preformatted = root, False
    while True:
        tag = element.tag.rsplit("}", 1)[-1].lower() if isinstance(element.tag, str) else ""
        if tag and tag not in rules.drop and not rules.refuse(element):
            stack.append(_Opened(element, tag, iter(element), preformatted))
            preformatted = _open(stack[-1], rules, page)
        else:
            # Comments, processing instructions and unresolved entities hold no text of their own, but have
            # a tail.
            _text(element.tail, page, preformatted)
        while stack and (child := next(stack[-1].children, None)) is None:
            done = stack.pop()
            _close(done, rules, page)
            preformatted = done.preformatted
            _text(done.element.tail, page, preformatted)
        if not stack:
            return
        element = child


def _open(opened: _Opened, rules: Rules, page: _Page) -> bool:
    """Begin an element; whether what is inside is preformatted."""
    tag = opened.tag
    _apart(tag, rules, page)
    if tag in rules.heading and any(line != "\n" for line in page.sections[-1]):
        page.sections.append([])
    if tag in rules.cell and page.inline:
        page.inline.append(_CELL)
    if tag in rules.breaks:
        page.end("")
    inside = opened.preformatted or tag in rules.pre
    _text(opened.element.text, page, inside)
    return inside


def _close(done: _Opened, rules: Rules, page: _Page) -> None:
    if done.tag in rules.pre and not done.preformatted:
        page.keep()
    _apart(done.tag, rules, page)


def _apart(tag: str, rules: Rules, page: _Page) -> None:
    """Close the running line where the element stands apart, or on a line of its own."""
    apart = tag in rules.block or tag in rules.heading or tag in rules.pre
    if apart or tag in rules.line:
        page.end("\n" if apart else "")


def _text(text: str | None, page: _Page, preformatted: bool) -> None:
    if not text:
        return
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
    _walk(element, rules, page)
    page.end("")
    sections = []
    for lines in page.sections:
        text = "\n".join("" if line == "\n" else line for line in lines)
        text = re.sub(r"\n{3,}", "\n\n", text).strip("\n")
        if text.strip():
            sections.append(text)
    return sections
