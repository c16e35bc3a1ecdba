"""HTML pages: the main text, without scripts, navigation, menus, page headers and footers.

Trees dropped follow what ROOTS dropped from its crawled pages (script, style, header, iframe, footer, form)
and what HTML 5 names as not main content (nav, aside, menu); lists of links are found by the share of their
text inside links.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree, html

from corpus.readers.record import Record, Unreadable
from corpus.readers.tree import Rules, join_lines, render, tags
from corpus.recipe import PackageReader

__all__ = ["extract", "parse"]

_FURNITURE = re.compile(
    r"(?:^|[\s_-])(?:nav(?:bar|igation|header|footer|links)?|docnav|menu(?:bar)?|side-?bar|toc"
    r"|table-of-contents|bread-?crumbs?|footer|pagination|pager|cookies?|skip-?(?:link|to-content)|search(?:box|form)?|banner"
    r"|copyright|legalnotice|headerlink)(?:$|[\s_-])",
    re.IGNORECASE,
)
_ROLES = tags("contentinfo navigation menubar search menu banner complementary")
_LISTS = tags("ul dl div table ol section p")


def _text_size(element: Any) -> int:
    return len("".join(element.itertext()).replace("\n", "").replace(" ", ""))


def _refuse(element: Any) -> bool:
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
    links = element.findall(".//a")
    if len(links) < 4:
        return False
    return sum(map(_text_size, links)) > 0.8 * _text_size(element)


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
    refuse=_refuse,
)


def extract(data: bytes) -> tuple[str, list[str]]:
    """(title, sections) of a page. The encoding is the one the page declares, else UTF-8.

    Where a page marks its main content (`main`, `role=main`, one `article`), only that is read. Raises
    ValueError where there is no page.
    """
    declared = re.search(rb"<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=", data[:4096], re.IGNORECASE)
    parser = html.HTMLParser(
        encoding=None if declared else "utf-8", no_network=True, remove_comments=True, remove_pis=True
    )
    if data.startswith(b"<?xml"):
        data = re.sub(rb"^<\?xml[^>]*\?>", b"", data, count=1)
        parser = html.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
    try:
        page = html.document_fromstring(data, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError) as error:
        raise ValueError(f"not an HTML page: {error}") from error
    title = join_lines(page.findtext(".//head/title") or "").strip()
    mains = page.xpath("//main | //*[@role='main']") or page.xpath("//article")
    root = mains[0] if len(mains) == 1 else page.find("body")
    return title, [] if root is None else render(root, RULES)


def parse(name: str, data: bytes, reader: PackageReader) -> Iterator[Record | Unreadable]:
    """One document a page, or one for each heading with `split: section`."""
    try:
        title, sections = extract(data)
    except ValueError as error:
        yield Unreadable(0, 0, str(error))
        return
    meta = {"title": title} if title else {}
    texts = sections if reader.split == "section" else ["\n\n".join(sections)]
    for row, text in enumerate(text for text in texts if text.strip()):
        yield Record(text, row=row, meta=meta)
