"""XML parsed as hostile: no network, no files, no entity but short texts the document declares."""

from __future__ import annotations

import re
from typing import Any
from xml.parsers import expat

from lxml import etree

__all__ = ["parse_xml"]

#: A declared entity stands for a product name or a link; 2,000 characters and 500 entities cover the
#: manuals seen.
_ENTITY_SIZE = 2000
_ENTITIES = 500
_HARMLESS = re.compile(r"&(?!#\d+;|#x[0-9a-fA-F]+;|(?:lt|gt|amp|apos|quot);)")


class _PrologEnd(Exception):
    """The document element begins: every declaration has been seen."""


def _check_prolog(data: bytes) -> None:
    count = 0

    def declared(
        name: str, is_parameter: bool, value: str | None, base: Any, system: Any, public: Any, notation: Any
    ) -> None:
        nonlocal count
        count += 1
        if is_parameter or value is None:
            raise ValueError(f"declares entity '{name}' from outside the document; refused")
        if _HARMLESS.search(value):
            raise ValueError(f"declares entity '{name}' by other entities (entity expansion); refused")
        if len(value) > _ENTITY_SIZE or count > _ENTITIES:
            raise ValueError(f"declares entities too many or too long ('{name}'); refused")

    def begin(name: str, attributes: Any) -> None:
        raise _PrologEnd

    parser = expat.ParserCreate()
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    parser.EntityDeclHandler = declared
    parser.StartElementHandler = begin
    try:
        parser.Parse(data, True)
    except _PrologEnd:
        return
    except expat.ExpatError as error:
        raise ValueError(f"not well-formed XML: {error}") from error


def parse_xml(data: bytes) -> Any:
    """The document element.

    Raises ValueError for XML that is not well-formed, that declares entities which expand further, are
    external or long, or that nests deeper than 256 elements. References to entities nobody declared stay in
    the tree as nodes without text.
    """
    _check_prolog(data)
    parser = etree.XMLParser(
        resolve_entities="internal", no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(f"not well-formed XML: {error}") from error
