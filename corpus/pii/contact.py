"""E-mail addresses, plain and obfuscated, credentials in URLs, user handles: what stands around an `@`."""

from __future__ import annotations

import re

from corpus.pii.kinds import Span
from corpus.pii.window import Window, open_window

__all__ = ["OBFUSCATED", "OBFUSCATED_GATE", "at_sign", "obfuscated"]

_LOCAL = re.compile(r"[A-Za-z0-9_%+'#$&*=?^{|}~!`.-]{1,64}$")
#: A character of a word in any script; `\w` of `re` leaves out the vowel signs of Indic scripts.
_ANY = r"(?:[A-Za-z0-9]|[^\x00-\xbf\s\u2000-\u206f\u3000-\u303f\uff00-\uff0f\uff1a-\uff20،؛؟۔।॥])"
_LOCAL_ANY = re.compile(rf"{_ANY}{{1,64}}(?:[._-]{_ANY}{{1,32}}){{0,4}}$")
_LATIN = "A-Za-z0-9\u00c0-\u024f"
_DOMAIN = re.compile(
    rf"(?:[{_LATIN}](?:[{_LATIN}-]{{0,61}}[{_LATIN}])?\.){{1,8}}(?:xn--[a-z0-9-]{{2,59}}|[A-Za-z]{{2,24}})(?![A-Za-z0-9_@])"
)
_DOMAIN_ANY = re.compile(rf"(?:(?:{_ANY}|-){{1,63}}\.){{1,5}}{_ANY}{{2,24}}")
_LITERAL = re.compile(r"\[(?:[0-9]{1,3}\.){3}[0-9]{1,3}\]")
#: Names of files and versions that look like domains: icon@2x.png, pkg@latest.js
_FILES = frozenset(
    """
    png jpg jpeg gif svg webp bmp ico css scss less js mjs cjs ts tsx jsx json yaml yml toml xml html
    htm md rst txt py pyc php rb java class jar cpp hpp cc hh go rs lua scala sql csv tsv pdf doc docx
    zip tar gz bz2 xz whl deb rpm log cfg conf ini lock sock service timer target mount local localhost
    internal lan invalid test example
    """.split()
)
_EXAMPLES = re.compile(
    r"(?:^|\.)(?:example\.(?:com|net|org|edu)|example|test|invalid|localhost|domain\.(?:com|tld))$"
)
_CREDENTIALS = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]{1,20}://([^\s/:@\"'<>{}$]{0,80}):([^\s/@\"'<>{}$]{1,120})$"
)
_HANDLE = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{1,28}[A-Za-z0-9_]|[A-Za-z0-9_]{1,29})(?![A-Za-z0-9_])")
#: Words after an @ that belong to programs, style sheets and typesetting, not to people.
_NO_HANDLE = frozenset(
    """
    param params return returns returned throws throw exception see since version author deprecated link
    code value override overrides property staticmethod classmethod abstractmethod setter getter deleter
    dataclass cached media import charset keyframes fontface font face supports page include mixin
    extend each else function layer test before after beforeeach aftereach beforeall afterall suite
    fixture pytest mock spy inject injectable component directive input output bean autowired service
    repository controller restcontroller configuration entity table column id generatedvalue nullable
    notnull nonnull suppresswarnings safevarargs functionalinterface interface implements implementation
    private public protected internal final static type typedef types template example description
    summary todo fixme note file brief details class constructor const constant default enum event fires
    global ignore inner instance kind lends license licence listens member memberof module name
    namespace package readonly requires async generator yields yield callback access alias augments
    borrows this tutorial variation end begin defun node menu chapter section item itemize title ref
    xref samp var url uref email kbd key dfn cite acronym footnote math image verbatim smallexample lisp
    group flushleft com all everyone here channel team gmail yahoo hotmail outlook sum average count max
    min home latest next beta alpha rc angular babel vue react svelte microsoft aws azure google
    sveltejs vitejs nestjs docs docusaurus master main head propertywrapper objc available escaping
    discardableresult state binding published objects
    """.split()
)
_VERSIONED = re.compile(r"[0-9]+(?:[._][0-9x]+)*$")

_MARKED_AT = r"(?:\[ ?(?:at|arroba|AT|@) ?\]|\( ?(?:at|arroba|AT|@) ?\)|\{ ?(?:at|AT|@) ?\}|< ?(?:at|AT) ?>)"
_DOTS = r"(?:dot|punto|ponto|point|DOT|\.)"
_MARKED_DOT = rf"(?:\[ ?{_DOTS} ?\]|\( ?{_DOTS} ?\)|\{{ ?{_DOTS} ?\}}|< ?{_DOTS} ?>)"
_BARE_DOT = r"(?: (?:dot|DOT|punto|ponto) )"
_NAME = r"[A-Za-z0-9_+-]{1,40}"
#: Marked "at" with any dot, or the bare words "at" and "dot" together.
OBFUSCATED = (
    rf"{_NAME}(?:(?: ?{_MARKED_DOT} ?|\.){_NAME}){{0,3}} ?{_MARKED_AT} ?"
    rf"{_NAME}(?:(?: ?{_MARKED_DOT} ?|{_BARE_DOT}|\.){_NAME}){{1,3}}"
    rf"|{_NAME}(?:(?:{_BARE_DOT}|\.){_NAME}){{0,3}} (?:at|AT|arroba) {_NAME}(?:{_BARE_DOT}{_NAME}){{1,3}}"
)
OBFUSCATED_GATE = (
    r"[\[({<] ?(?:at|arroba|AT|@) ?[\])}>]"
    r"|[A-Za-z0-9] (?:at|AT|arroba) [A-Za-z0-9_+-]{1,40} (?:dot|DOT|punto|ponto) "
)


def at_sign(data: bytes, start: int, end: int, in_code: bool) -> Span | None:
    """The e-mail address, credentials or handle around the @ at data[start:end]; None where there is none."""
    previous = data[start - 1] if start else 32
    word = 48 <= previous <= 57 or 65 <= previous <= 90 or 97 <= previous <= 122
    if in_code and not word and previous < 0x80 and chr(previous) not in "+-_'.%\"":
        return None
    window = open_window(data, start, end, 220, 260)
    at = window.index(start)
    left, right = window.text[:at], window.text[at + 1 :]
    found = _credentials(window, left, right)
    if found is not None:
        return found
    if left and not left[-1].isspace():
        found = _email(window, left, right, at)
        if found is not None:
            return found
    if in_code or (left and (left[-1].isascii() and (left[-1].isalnum() or left[-1] in "@._-+%&#=/:\\"))):
        return None
    return _handle(window, left, right, at)


def _credentials(window: Window, left: str, right: str) -> Span | None:
    match = _CREDENTIALS.search(left) if "://" in left else None
    if match is None or not right or not (right[0].isalnum() or right[0] == "["):
        return None
    user, password = match.groups()
    if password.lower() in ("password", "pass", "pwd", "passwd", "secret", "token", "****", "...", "xxxx"):
        return None
    if user.isdigit() and password.isdigit():
        return None
    return Span(window.byte(match.start(1)), window.end_byte(match.end(2)), "credentials", 1.0, "url")


def _email(window: Window, left: str, right: str, at: int) -> Span | None:
    ascii_local = _LOCAL.search(left)
    local = ascii_local
    if local is None or (left[-1] > "\u007f"):
        local = _LOCAL_ANY.search(left)
    if local is None:
        return None
    domain = _DOMAIN.match(right)
    if domain is None:
        domain = _LITERAL.match(right)
        if domain is None and right[:1] > "\u007f":
            domain = _DOMAIN_ANY.match(right)
        if domain is None:
            return None
    host = domain.group().lower()
    first, _, last = host.rpartition(".")
    if last in _FILES or _EXAMPLES.search(host):
        return None
    begin = local.start()
    text = local.group()
    # Quoting, mark-up and sentence punctuation around an address are not part of it.
    trimmed = text.lstrip(".'`*_~#&=?!{|^$%-+")
    trimmed_all = trimmed.rsplit("=", 1)[-1] if "=" in trimmed and "?" in text else trimmed
    begin += len(text) - len(trimmed_all)
    name = trimmed_all.rstrip("'`*")
    if not name or name.endswith((".", "{", "|")) or name != trimmed_all:
        return None
    if name == "git" or (first.isdigit() and host[0].isdigit()):
        return None
    if name.count("/") or (len(name) == 1 and name in "%$&*"):
        return None
    return Span(window.byte(begin), window.end_byte(at + 1 + domain.end()), "email", 1.0, "email")


def _handle(window: Window, left: str, right: str, at: int) -> Span | None:
    match = _HANDLE.match(right)
    if match is None:
        return None
    name = match.group()
    following = right[match.end() : match.end() + 1]
    if following and (
        following in "@/(=\\{[" or (following == "-" and right[match.end() + 1 : match.end() + 2].isalnum())
    ):
        return None
    lowered = name.lower()
    if (
        lowered in _NO_HANDLE
        or not any(c.isalpha() for c in name)
        or _VERSIONED.fullmatch(name)
        or "." in name[:2]
    ):
        return None
    if re.split("[.-]", lowered)[0] in _NO_HANDLE or len(name) < 3:
        return None
    return Span(window.byte(at), window.end_byte(at + 1 + match.end()), "handle", 0.7, "handle")


_LAST = re.compile(r"[A-Za-z]{2,12}$")
_WORDS = frozenset("the a an this that it them him her us me you all any one".split())


def obfuscated(data: bytes, start: int, end: int) -> Span | None:
    """Whether data[start:end], a match of OBFUSCATED, ends in a plausible domain."""
    text = data[start:end].decode("ascii")
    last = _LAST.search(text)
    if last is None:
        return None
    host = re.split(r"(?i)[\[({<] ?(?:at|arroba|@) ?[\])}>]| (?:at|arroba) ", text)[-1].strip().lower()
    labels = [label for label in re.split(r"[^a-z0-9-]+(?:dot|punto|ponto|point)?[^a-z0-9-]*", host) if label]
    labels = [label for label in labels if label not in ("dot", "punto", "ponto", "point")]
    if len(labels) < 2 or labels[-1] in _FILES or labels[0] in _WORDS or _EXAMPLES.search(".".join(labels)):
        return None
    before = data[start - 1] if start else 32
    if 48 <= before <= 57 or 65 <= before <= 90 or 97 <= before <= 122:
        return None
    return Span(start, end, "email", 0.8, "obfuscated")
