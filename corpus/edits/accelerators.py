"""Edit `accelerators`: message catalogues without keyboard marks."""

from __future__ import annotations

import re

from corpus.signal import edit

__all__ = ["accelerators"]

#: "~File", "_File", "&File"; and the form of East Asian catalogues, "檔案(~F)" or "文件(_F)".
_BRACKETED = re.compile(r"\s?[(（][~_&][A-Za-z0-9][)）]")
_MARK = re.compile(
    r"(?<![\w~&/.=?-])~(?=\w)|(?<=\w)~(?=\w)|(?<![\w_/.-])_(?=[^\W\d_])(?!\w*_)|(?<!\S)&(?=[^\W\d_])(?!\w+;)"
)


@edit(version=1)
def accelerators(text: str) -> str:
    """Without the marks that name the key of a menu entry (`~`, `_`, `&` before a letter)."""
    return _MARK.sub("", _BRACKETED.sub("", text))
