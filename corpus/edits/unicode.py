"""Edit `unicode`: text free of what is not text."""

from __future__ import annotations

import re

from corpus.signal import edit

__all__ = ["unicode"]

#: C0 and C1 controls but tab and line feed, U+FEFF inside the text, U+FFFE, U+FFFF and other non-characters
#: of the first plane, the deprecated tag characters and interlinear marks. U+200C and U+200D stay: Indic
#: scripts and Urdu are spelled with them.
_NOISE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u2060\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\U000e0001\U000e0020-\U000e007f]"
)
_LINE_ENDS = re.compile("\r\n|[\r\x85\u2028\u2029]")


@edit(version=1)
def unicode(text: str) -> str:
    """One line end (LF), no control characters, byte order marks, soft hyphens or lone surrogates.

    No normalisation: NFC is left to those who compare texts, because the composed form of some Indic
    letters is excluded from composition (U+0958 to U+095F, U+09DC and others), so NFC would rewrite how
    they are spelled.
    """
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return _NOISE.sub("", _LINE_ENDS.sub("\n", text))
