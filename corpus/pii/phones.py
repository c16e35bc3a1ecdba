"""Phone numbers: a run of digits that libphonenumber holds for valid where the language is spoken.

A number with an international prefix (+ or 00) is checked on its own. Any other number is tried in the
regions of the document's language (`corpus.languages`), and needs one more sign that it is a phone number:
a cue before it, the grouping in which that region writes its numbers, or a mobile number written with its
trunk prefix. Source: libphonenumber's metadata through the package `phonenumbers`.
"""

from __future__ import annotations

import functools
import re
from typing import Any, NamedTuple

__all__ = ["PhoneRegion", "international", "national", "possible", "regions"]


class PhoneRegion(NamedTuple):
    """What is needed to refuse most runs of digits without parsing them."""

    code: str
    lengths: frozenset[int]
    pattern: re.Pattern[str]
    trunk: re.Pattern[str] | None
    mobile: re.Pattern[str] | None


@functools.cache
def _region(code: str) -> PhoneRegion | None:
    from phonenumbers import PhoneMetadata

    metadata = PhoneMetadata.metadata_for_region(code)
    description = metadata.general_desc if metadata is not None else None
    if metadata is None or description is None or description.national_number_pattern is None:
        return None
    trunk = metadata.national_prefix_for_parsing
    mobile = metadata.mobile.national_number_pattern if metadata.mobile else None
    return PhoneRegion(
        code,
        frozenset(description.possible_length),
        re.compile(description.national_number_pattern),
        re.compile(trunk) if trunk else None,
        re.compile(mobile) if mobile else None,
    )


def regions(codes: tuple[str, ...]) -> tuple[PhoneRegion, ...]:
    """Those of the ISO 3166 codes that have phone metadata, in order."""
    return tuple(region for region in map(_region, codes) if region is not None)


@functools.lru_cache(maxsize=4096)
def _parsed(text: str, region: str | None) -> Any:
    import phonenumbers

    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None


def international(digits: str) -> bool:
    """Whether digits (country code first, no prefix) are a valid number of some country."""
    return 7 <= len(digits) <= 15 and _parsed("+" + digits, None) is not None


def possible(digits: str, region: str | None) -> bool:
    """Whether the length fits a numbering plan; without a region, digits begin with the country code."""
    import phonenumbers

    text = "+" + digits if region is None else digits
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(text, region))
    except phonenumbers.NumberParseException:
        return False


def _groups(text: str) -> tuple[int, ...]:
    return tuple(len(group) for group in re.findall(r"[0-9]+", text))


def national(
    digits: str, groups: tuple[int, ...], cue: bool, places: tuple[PhoneRegion, ...]
) -> tuple[str, float] | None:
    """(region, score) of the first region where the number is valid and looks like one; None otherwise."""
    for place in places:
        significant = digits
        trunk = False
        if place.trunk is not None:
            match = place.trunk.match(digits)
            if match and match.end() and len(digits) - match.end() in place.lengths:
                significant, trunk = digits[match.end() :], True
        fits = len(significant) in place.lengths and place.pattern.fullmatch(significant)
        if not fits and trunk:
            fits = len(digits) in place.lengths and place.pattern.fullmatch(digits)
            trunk = False
        if not fits:
            continue
        number = _parsed(digits, place.code)
        if number is None:
            continue
        if cue:
            return place.code, 0.95
        score = _shape(number, digits, groups, trunk, place)
        if score:
            return place.code, score
    return None


def _shape(number: Any, digits: str, groups: tuple[int, ...], trunk: bool, place: PhoneRegion) -> float:
    """How much the writing alone speaks for a phone number, 0 where it does not."""
    import phonenumbers
    from phonenumbers import PhoneNumberFormat

    mobile = place.mobile is not None and place.mobile.fullmatch(str(number.national_number)) is not None
    if len(groups) > 1:
        written = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
        foreign = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
        if groups == _groups(written) or groups == _groups(foreign)[1:]:
            return 0.8 if len(digits) >= 8 else 0.0
        if (trunk or mobile) and len(digits) >= 9 and min(groups) >= 2:
            return 0.7
        return 0.0
    if place.code in ("US", "CA"):  # every other run of ten digits is valid there
        return 0.0
    if mobile and ((trunk and len(digits) >= 10) or (place.code == "CN" and len(digits) == 11)):
        return 0.7
    if mobile and len(digits) >= 10 and place.code in ("IN", "BR"):
        return 0.6
    return 0.0
