"""Manuals in XML: DocBook (docbook.org) and Mallard (projectmallard.org) to running text."""

from __future__ import annotations

from collections.abc import Iterator

from corpus.readers.record import Record, Unreadable
from corpus.readers.tree import Rules, render, tags
from corpus.readers.xml import parse_xml
from corpus.recipe import ParsedReader

__all__ = ["DOCBOOK", "MALLARD", "parse_docbook", "parse_mallard"]

DOCBOOK = Rules(
    drop=tags(
        "info bookinfo articleinfo chapterinfo sectioninfo sect1info sect2info sect3info appendixinfo "
        "prefaceinfo indexterm index toc lot remark imageobject mediaobject inlinemediaobject "
        "screenshot graphic inlinegraphic legalnotice revhistory authorgroup bibliography anchor"
    ),
    block=tags(
        "para simpara formalpara note tip warning caution important table informaltable itemizedlist "
        "orderedlist variablelist procedure substeps blockquote example informalexample figure "
        "abstract sidebar qandaset glosslist chapter section sect1 sect2 sect3 sect4 appendix preface "
        "part"
    ),
    line=tags("listitem term step row member entrytbl glossterm glossdef question answer"),
    pre=tags("programlisting screen literallayout synopsis address"),
    heading=tags("title"),
    cell=tags("entry"),
)

MALLARD = Rules(
    drop=tags("info media links credit license index"),
    block=tags(
        "p note list steps terms tree table section page figure synopsis example quote comment listing"
    ),
    line=tags("item tr desc cite"),
    pre=tags("screen"),
    heading=tags("title"),
    cell=tags("td th"),
)


def _parse(data: bytes, rules: Rules, reader: ParsedReader) -> Iterator[Record | Unreadable]:
    try:
        root = parse_xml(data)
    except ValueError as error:
        yield Unreadable(0, 0, str(error))
        return
    sections = render(root, rules)
    texts = sections if reader.split == "section" else ["\n\n".join(sections)]
    for row, text in enumerate(text for text in texts if text.strip()):
        yield Record(text, row=row)


def parse_docbook(name: str, data: bytes, reader: ParsedReader) -> Iterator[Record | Unreadable]:
    """One document a file, or one for each title with `split: section`."""
    return _parse(data, DOCBOOK, reader)


def parse_mallard(name: str, data: bytes, reader: ParsedReader) -> Iterator[Record | Unreadable]:
    """One document a page, or one for each titled section with `split: section`."""
    return _parse(data, MALLARD, reader)
