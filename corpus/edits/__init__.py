"""The built-in edits, by the name that `clean:` of a source gives them."""

from __future__ import annotations

from corpus.edits.accelerators import accelerators
from corpus.edits.markup import markup
from corpus.edits.menus import menus
from corpus.edits.repeats import repeats
from corpus.edits.unicode import unicode
from corpus.edits.whitespace import whitespace
from corpus.signal import Edit, declared

__all__ = ["BUILTIN"]

BUILTIN: dict[str, Edit] = {
    found.name: found
    for found in map(declared, (accelerators, markup, menus, repeats, unicode, whitespace))
    if isinstance(found, Edit)
}
