"""Edit `markup`: tags, wiki markup and placeholders of messages turned into text."""

from __future__ import annotations

import html
import re

from corpus.signal import edit

__all__ = ["markup"]

_TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9:_-]*(?:\s[^<>]{0,300})?/?>")
_WIKI_LINK = re.compile(r"\[\[(?:[^\[\]|]*\|)?([^\[\]|]*)\]\]")
_WEB_LINK = re.compile(r"\[(?:https?:)?(?://|\$\d)[^\s\[\]]*\s+([^\[\]]+)\]")
#: {{PLURAL:$1|one|many}}, {{GENDER:…}}: the last form reads best where a number is not known.
_CHOICE = re.compile(r"\{\{\s*(?:PLURAL|GENDER|GRAMMAR|plural|gender)\s*:[^{}|]*\|([^{}]*)\}\}")
_MAGIC = re.compile(r"\{\{[^{}]*\}\}")
_BOLD = re.compile(r"'{2,5}")
_HEADING = re.compile(r"^(={2,6})(.*?)\1[ \t]*$", re.MULTILINE)
_LIST = re.compile(r"^[*#:;]+\s*", re.MULTILINE)
_PRINTF = re.compile(
    r"%(?:\(\w+\)|\d+\$)?[-+ 0#]*\d*(?:\.\d+)?(?:l|ll|h)?[sdiuxXfgc]\b|%[A-Z][A-Z0-9_]{2,}%?|(?<![\w%])%\d\b"
)
_NAMED = re.compile(r"\$\{\w+\}|\$\(\w+\)|\$[A-Za-z]\w*\$?|\$\d+\$?")
#: ICU messages (Unicode TR 35, part 2): {name}, {count, number}; {count, plural, one {…} other {…}}.
_ICU_NAME = re.compile(r"\{\s*\w+\s*(?:,\s*(?:number|date|time|integer|percent)[^{}]*)?\}")
_ICU_CHOICE = re.compile(
    r"\{\s*\w+\s*,\s*(?:plural|select|selectordinal)\s*,(?:[^{}]*\{[^{}]*\})*?[^{}]*\{([^{}]*)\}\s*\}"
)
_GAPS = re.compile(r"(?<=\S)[ \t]{2,}(?=\S)")


def _last_form(match: re.Match[str]) -> str:
    forms = [form for form in match.group(1).split("|") if not re.match(r"\s*\d+\s*=", form)]
    return forms[-1] if forms else ""


def _icu_form(match: re.Match[str]) -> str:
    return match.group(1).replace("#", "…")


@edit(version=2)
def markup(text: str) -> str:
    """Without tags and wiki markup, links by their label, entities as characters, placeholders as "…"."""
    text = _CHOICE.sub(_last_form, text)
    text = _MAGIC.sub("…", text)
    text = _ICU_CHOICE.sub(_icu_form, _ICU_NAME.sub("…", text))
    text = _WEB_LINK.sub(r"\1", _WIKI_LINK.sub(r"\1", text))
    text = _HEADING.sub(lambda found: found[2].strip(), _BOLD.sub("", text))
    text = html.unescape(_TAG.sub("", text))
    text = _NAMED.sub("…", _PRINTF.sub("…", text))
    return _GAPS.sub(" ", _LIST.sub("", text))
