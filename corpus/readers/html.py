"""HTML pages: the main text, without scripts, navigation, menus, page headers and footers.

Trees dropped follow what ROOTS dropped from its crawled pages (script, style, header, iframe, footer, form)
and what HTML 5 names as not main content (nav, aside, menu); lists of links are found by the share of their
text inside links.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

from lxml import etree, html

from corpus.readers.record import Record, Unreadable
from corpus.readers.text import codec, marked
from corpus.readers.tree import Rules, join_lines, render, tags
from corpus.recipe import ParsedReader

__all__ = ["extract", "parse"]

_FURNITURE = re.compile(
    r"(?:^|[\s_-])(?:nav(?:bar|igation|header|footer|links)?|docnav|menu(?:bar)?|side-?bar|toc"
    r"|table-of-contents|bread-?crumbs?|footer|pagination|pager|cookies?|skip-?(?:link|to-content)|search(?:box|form)?|banner"
    r"|copyright|legalnotice|headerlink)(?:$|[\s_-])",
    re.IGNORECASE,
)
_ROLES = tags("contentinfo navigation menubar search menu banner complementary")
_DECLARED = re.compile(
    rb"<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE
)
_PROLOG = re.compile(r"\A\s*<\?xml[^>]*\?>")
_LISTS = tags("ul dl div table ol section p")


class _Size(NamedTuple):
    """What an element holds: characters of text, links, and characters of these."""

    text: int
    links: int
    linked: int


def _sizes(root: Any) -> dict[Any, _Size]:
    """The size of every element, each looked at once: tags that are never closed nest by the hundred."""
    found: dict[Any, _Size] = {}
    for element in reversed([*root.iter()]):  # children before what holds them
        text, links, linked = _letters(element.text), 0, 0
        for child in element:
            size = found[child]
            is_link = child.tag == "a"
            text += size.text + _letters(child.tail)
            links += size.links + is_link
            linked += size.linked + is_link * size.text
        found[element] = _Size(text, links, linked)
    return found


def _letters(text: str | None) -> int:
    return len(text.replace("\n", "").replace(" ", "")) if text else 0


def _refuse(sizes: Mapping[Any, _Size], element: Any) -> bool:
    if element.get("role") in _ROLES or element.get("hidden") is not None:
        return True
    if element.tag in ("html", "body", "main", "article"):
        return False
    if any(_FURNITURE.search(element.get(name) or "") for name in ("class", "id")):
        return True
    if element.tag == "header":
        return not any(up.tag in ("main", "article") for up in element.iterancestors())
    if element.tag not in _LISTS:
        return False
    size = sizes[element]
    return size.links >= 4 and size.linked > 0.8 * size.text


RULES = Rules(
    drop=tags(
        "head script style noscript template iframe footer nav form button select option textarea "
        "input label canvas object embed audio video svg math map menu aside applet frameset dialog"
    ),
    block=tags("p div section article main blockquote figure figcaption table ul ol dl hr address"),
    line=tags("li tr dt dd caption summary details"),
    pre=tags("pre listing xmp"),
    heading=tags("h3 h6 h4 h2 h1 h5"),
    cell=tags("td th"),
    breaks=tags("br"),
)


def _markup(data: bytes, charset: str, encoding: str) -> str:
    """The page as text: by its byte order mark, else as its server said, else as it says itself."""
    data, named = marked(data)
    declared = _DECLARED.search(data[:4096])
    if not named and not charset and declared:
        charset = codec(declared[1].decode())
        if charset.startswith(("utf-16", "utf-32")):  # it could not have been read then
            charset = "utf-8"
    if named or charset:
        return data.decode(named or charset, "replace")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        message = (
            f"the page declares no encoding and is not {error.encoding}: {error.reason} at byte {error.start}"
        )
        raise ValueError(message) from error


def extract(data: bytes, charset: str = "", encoding: str = "utf-8") -> tuple[str, list[str]]:
    """(title, sections) of a page.

    charset    what its server declared, as a codec of Python; else counts what the page declares
    encoding   of a page that declares none

    Where a page marks its main content (`main`, `role=main`, one `article`), only that is read. Raises
    ValueError where there is no page, or where it is not in `encoding` and declares none.
    """
    markup = _PROLOG.sub("", _markup(data, charset, encoding), count=1)
    # "Huge" is 2,048 elements deep; else what stands deeper than 254 is left out, and not a word said.
    parser = html.HTMLParser(
        encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=True
    )
    try:
        page = html.document_fromstring(markup.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError) as error:
        raise ValueError(f"not an HTML page: {error}") from error
    for found in parser.error_log:
        if found.type_name == "ERR_RESOURCE_LIMIT":
            raise ValueError(f"an HTML page nested too deeply to be read whole, line {found.line}")
    title = join_lines(page.findtext(".//head/title") or "").strip()
    mains = page.xpath("//main | //*[@role='main']") or page.xpath("//article")
    root = mains[0] if len(mains) == 1 else page.find("body")
    if root is None:
        return title, []
    return title, render(root, replace(RULES, refuse=partial(_refuse, _sizes(root))))


def parse(name: str, data: bytes, reader: ParsedReader) -> Iterator[Record | Unreadable]:
    """One document a page, or one for each heading with `split: section`."""
    try:
        title, sections = extract(data, encoding=reader.encoding)
    except ValueError as error:
        yield Unreadable(0, 0, str(error))
        return
    meta = {"title": title} if title else {}
    texts = sections if reader.split == "section" else ["\n\n".join(sections)]
    for row, text in enumerate(text for text in texts if text.strip()):
        yield Record(text, row=row, meta=meta)
