"""Edit `whitespace`: the same space written one way."""

from __future__ import annotations

import re

from corpus.signal import edit

__all__ = ["whitespace"]

# all of Unicode's spaces (Zs) but the ideographic one, which Chinese indents with and is handled at line
# starts
_SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f]")
_ZERO_WIDTH = re.compile("\u200b+")
# not from inside a run: looking from each of its spaces takes quadratic time where the run ends no line
_TRAILING = re.compile("(?<![ \t\u3000\v\f])[ \t\u3000\v\f]+(?=\n|$)")
_BLANK_LINES = re.compile("\n{3,}")


@edit(version=1)
def whitespace(text: str) -> str:
    """Plain spaces, none at line ends, at most one blank line in a row, none at the start and end.

    Indentation stays, for it is part of code and of poems.
    """
    text = _ZERO_WIDTH.sub("", _SPACES.sub(" ", text))
    return _BLANK_LINES.sub("\n\n", _TRAILING.sub("", text)).strip("\n")
