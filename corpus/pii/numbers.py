"""Runs of digits and hexadecimal groups: address, card, identity number, phone number, or none of them.

A run is judged whole, then piece by piece. Dates, years, grouped thousands, decimals, prices, ISBN and
numbers after words such as "version" or "page" are vetoed unless a word says what kind of number follows.
"""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

from corpus.kernels import digits as gate
from corpus.languages import LANGUAGES, is_code
from corpus.pii import cards, identity, network, phones
from corpus.pii.cues import (
    CARD_CUE,
    DATE_CUE,
    IDENTITY_CUE,
    IP_CUE,
    NUMBER_CUE,
    PHONE_AFTER,
    PHONE_CUE,
    PHONE_LABEL,
)
from corpus.pii.kinds import Span
from corpus.pii.window import Window, open_window

__all__ = ["Place", "hexadecimal", "ipv4", "number", "place_of"]


class Place(NamedTuple):
    """What the language of a document decides: its regions, and whether it is source code."""

    regions: tuple[str, ...]
    phones: tuple[phones.PhoneRegion, ...]
    in_code: bool


@functools.cache
def place_of(language: str) -> Place:
    """The place of a language; a language that is not known has no regions."""
    known = LANGUAGES.get(language)
    regions = known.regions if known is not None else ()
    return Place(regions, phones.regions(regions), is_code(language))


_GROUP = re.compile(r"[0-9]+")
_DATES = re.compile(
    r"(?:1[4-9]|20|21)[0-9]{2}([-./ ])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12][0-9]|3[01])(?:[ -]{1,3}[0-9]{1,2})?"
    r"|(?:0?[1-9]|[12][0-9]|3[01])([-./ ])(?:0?[1-9]|[12][0-9]|3[01])\2(?:1[4-9]|20|21)[0-9]{2}(?:["
    r" -]{1,3}[0-9]{1,2})?"
    r"|(?:0?[1-9]|[12][0-9]|3[01])([-./])(?:0?[1-9]|[12][0-9]|3[01])\3[0-9]{2}(?:[ -]{1,3}[0-9]{1,2})?"
    r"|(?:1[0-9]|20|21)[0-9]{2}(?: ?[-/.] ?| )(?:(?:1[0-9]|20|21)[0-9]{2}|[0-9]{2})"
    r"(?:(?: ?[-/.] ?| )(?:1[0-9]|20|21)?[0-9]{2})*"
    r"|(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
    r"(?:[- ]?(?:[01][0-9]|2[0-3])[0-5][0-9](?:[0-5][0-9](?:\.?[0-9]{1,6})?)?)?"
)
_THOUSANDS = re.compile(r"[0-9]{1,3}(?:([ .'])[0-9]{3})(?:\1[0-9]{3})*(?:\.[0-9]+)?")
_DECIMALS = re.compile(r"(?:[0-9]*\.[0-9]+[ -]+)+[0-9]*\.?[0-9]+|[0-9]+\.[0-9]{4,}[^.]*")
_ADDRESS = re.compile(r"(?<![0-9.])[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?!\.?[0-9])")
_SPLIT = re.compile(r" ?/ ?| - |  +|\)? ?\.{2,} ?| (?=\()")
_EXTENSION = re.compile(r" ?(?:x|ext\.? ?)[0-9]{1,6}(?![0-9A-Za-z])")
_MONEY = re.compile(r"[$€£¥₹₦₽₫₩฿]\s?$|(?:usd|eur|rs\.?|inr|ngn|r\$|kes|tzs|ugx|rwf|zar|us\$)\s?$")
_MONEY_AFTER = re.compile(
    r"\s?(?:[$€£¥₹₦₽₫₩฿%°]|usd|eur|euros?|dollars|million|billion|people|km|kg|元|円|%)"
)


def hexadecimal(data: bytes, start: int, end: int) -> list[Span]:
    text = data[start:end].decode("ascii").rstrip(".")
    stripped = text.lstrip(":") if text.startswith(":") and not text.startswith("::") else text
    if stripped.endswith(":") and not stripped.endswith("::"):
        stripped = stripped.rstrip(":")
    start += text.index(stripped)
    end = start + len(stripped)
    if network.is_mac(stripped):
        return [Span(start, end, "mac", 1.0, "mac")]
    if network.public_ipv6(stripped):
        return [Span(start, end, "ip", 1.0, "ipv6")]
    return []


def ipv4(data: bytes, start: int, end: int, flag: int, place: Place) -> list[Span]:
    window = open_window(data, start, end, 60, 8)
    low, high = window.index(start), window.index(end)
    text = window.text[low:high]
    if network.public_ipv4(text):
        before = window.text[:low].lower()
        cue = IP_CUE.search(before) is not None
        if NUMBER_CUE.search(before) and not cue:
            return []
        if flag and not cue and not before.endswith(("/", "=", "-")):
            return []
        # Section numbers and versions count from one: four small numbers need a word that speaks of a
        # network.
        if not cue and max(map(int, text.split("."))) < 32:
            return []
        if before[-1:] == "v" or (before[-1:] == "." and before[-2:-1].isdigit()):
            return []
        return [Span(start, end, "ip", 0.9, "ipv4")]
    return []


def number(data: bytes, start: int, end: int, flag: int, place: Place) -> list[Span]:
    """Card, identity number or phone in a run of digits; a run that is none is tried piece by piece."""
    if flag & gate.JOINED_LEFT:  # the end of a longer name or path
        return []
    window = open_window(data, start, end, 64, 12)
    low, high = window.index(start), window.index(end)
    found = _judge(window, low, high, flag, place)
    if found is not None:
        return [found]
    body = window.text[low:high]
    spans: list[Span] = []
    if body.count(".") >= 3:
        for match in _ADDRESS.finditer(body):
            if len(match.group()) < len(body):
                first, last = low + match.start(), low + match.end()
                spans += ipv4(window.source, window.byte(first), window.end_byte(last), flag, place)
        if spans:
            return spans
    matches = list(_GROUP.finditer(body))
    at = 0
    for count in cards.cards_in_a_row(tuple(match.group() for match in matches)) if len(body) > 25 else ():
        begin = window.byte(low + matches[at].start())
        stop = window.end_byte(low + matches[at + count - 1].end())
        spans.append(Span(begin, stop, "card", 0.9, "luhn"))
        at += count
    if spans:
        return spans
    if len(body) > 9 and _SPLIT.search(body):
        at = low
        cuts = [(m.start(), m.end()) for m in _SPLIT.finditer(body)]
        for cut, after in [*cuts, (len(body), len(body))]:
            stop = low + cut
            while stop > at and not window.text[stop - 1].isdigit():
                stop -= 1
            begin = at
            while begin < stop and not window.text[begin].isdigit():
                begin += 1
            if sum(c.isdigit() for c in window.text[begin:stop]) >= 7:
                found = _judge(window, begin, stop, flag, place)
                if found is not None:
                    spans.append(found)
            at = low + after
    return spans


def _judge(window: Window, low: int, high: int, flag: int, place: Place) -> Span | None:
    body = window.text[low:high]
    groups_text = _GROUP.findall(body)
    digits = "".join(groups_text)
    count = len(digits)
    if not 7 <= count <= 20 or len(set(digits)) < 2:
        return None
    if _ADDRESS.fullmatch(body):  # a private address before its mask
        return None
    groups = tuple(map(len, groups_text))
    lead = window.text[:low]
    plus = lead.rstrip(" (")[-1:] == "+" or digits.startswith("00")
    if digits[-1] == "X":
        groups_text = []
    before = lead[-64:].lower()
    if plus:
        signed = lead.rstrip(" (")[-1:] == "+"
        plain = digits if not digits.startswith("00") else digits[2:]
        label = PHONE_CUE.search(before) is not None
        score = 1.0 if phones.international(plain) else 0.0
        if not score and (signed or label) and len(plain) >= 10 and (len(groups) > 1 or label):
            score = 0.6 if phones.possible(plain, None) else 0.0
        if score and (signed or label or len(groups) > 1):
            begin = low
            while begin > 0 and window.text[begin - 1] in " (+" and "+" in lead[-4:]:
                begin -= 1
                if window.text[begin] == "+":
                    return _phone(window, begin, high, score, "international")
            return _phone(window, low, high, min(score, 0.9), "international")
    after = window.text[high : high + 12].lower()
    labelled_after = PHONE_AFTER.match(after) is not None
    if flag and not labelled_after:
        return None
    if place.in_code and len(groups) == 1:
        return None
    if len(groups) > 6 and not 13 <= count <= 19:
        return None
    numbered = NUMBER_CUE.search(before) is not None
    if len(groups) > 1 and (_DECIMALS.fullmatch(body)):
        return None
    if count >= 12:
        score = cards.card(digits, groups, CARD_CUE.search(before) is not None)
        if score and not (score < 0.9 and (place.in_code or numbered)):
            return Span(window.byte(low), window.end_byte(high), "card", score, "luhn")
    cue = PHONE_CUE.search(before) is not None or labelled_after
    if not place.in_code and not cue and "(" not in body and ")" not in body:
        identity_cue = IDENTITY_CUE.search(before) is not None
        found = identity.numeric(digits, groups, identity_cue, place.regions)
        looks_other = _isbn(digits, body) or (not identity_cue and _THOUSANDS.fullmatch(body))
        if found is not None and not looks_other and not (numbered and found[1] < 1):
            begin = low - 3 if lead[-4:].lstrip(" :") == identity.country(found[0]) + " " else low
            return Span(window.byte(begin), window.end_byte(high), "national_id", found[1], found[0])
    if count > 15 or place.in_code:
        return None
    if len(set(digits)) < 3:
        return None
    if not cue:
        if (
            numbered
            or _DATES.fullmatch(body)
            or DATE_CUE.search(before)
            or _MONEY.search(before)
            or _MONEY_AFTER.match(after)
        ):
            return None
        if _THOUSANDS.fullmatch(body) or _isbn(digits, body) or before.endswith(tuple("#$=_*^~\\")):
            return None
        if before[-1:] in ".,:" and before[-2:-1].isdigit():
            return None
        if after[:1] in ",.:" and after[1:2].isdigit():
            return None
    elif _DATES.fullmatch(body) and len(groups) == 3:
        return None
    answer = phones.national(digits, groups, cue, place.phones)
    if answer is None and 8 <= count <= 13 and PHONE_LABEL.search(before):
        fits = [region.code for region in place.phones if phones.possible(digits, region.code)]
        answer = (fits[0], 0.6) if fits else None
    if answer is None and cue and len(groups) > 1 and 7 <= count <= 13 and min(groups) > 1:
        answer = ("label", 0.5)  # grouped as a number of some other country
    if answer is None:
        return None
    begin = low
    if lead.endswith("(") and ")" in body:
        begin -= 1
    return _phone(window, begin, high, answer[1], answer[0])


def _phone(window: Window, begin: int, high: int, score: float, validator: str) -> Span:
    """The span of a phone number, with the extension behind it."""
    extension = _EXTENSION.match(window.text, high)
    return Span(
        window.byte(begin), window.end_byte(extension.end() if extension else high), "phone", score, validator
    )


def _isbn(digits: str, body: str) -> bool:
    if len(digits) == 13 and digits.startswith(("978", "979")):
        return True
    return len(digits) == 10 and body.count("-") == 3
