"""National identity and personal tax numbers: python-stdnum checks them, regions come from the language.

A number is taken without a cue only where chance is small: a date and a checksum inside, two check digits, or
the grouping in which that country prints it. Anything else needs a cue within a few words before it, and so
do numbers with letters that are written small.
"""

from __future__ import annotations

import functools
import importlib
import re
from collections.abc import Callable
from typing import NamedTuple

from stdnum.exceptions import ValidationError

__all__ = ["LETTERED", "NUMERIC", "Identity", "country", "lettered", "numeric"]


class Identity(NamedTuple):
    """One kind of number: `groups` are printed groupings that count as a sign; `strong` needs no sign."""

    name: str
    regions: tuple[str, ...]
    lengths: tuple[int, ...]
    groups: tuple[tuple[int, ...], ...] = ()
    strong: bool = False


#: Numbers of digits alone. Names are modules of python-stdnum.
NUMERIC: tuple[Identity, ...] = (
    Identity("us.ssn", ("US",), (9,), ((3, 2, 4),)),
    Identity("us.itin", ("US",), (9,), ((3, 2, 4),)),
    Identity("gb.nhs", ("GB",), (10,), ((3, 3, 4),)),
    Identity("ca.sin", ("CA",), (9,), ((3, 3, 3),)),
    Identity("au.tfn", ("AU",), (9,)),
    Identity("in_.aadhaar", ("IN",), (12,), ((4, 4, 4),)),
    Identity("in_.vid", ("IN",), (16,)),
    Identity("za.idnr", ("ZA",), (13,), ((6, 4, 3), (6, 4, 2, 1)), strong=True),
    Identity("cn.ric", ("CN",), (18,), strong=True),
    Identity("fr.nir", ("FR",), (15,), ((1, 2, 2, 2, 3, 3, 2),), strong=True),
    Identity("fr.nif", ("FR",), (13,)),
    Identity("be.nn", ("BE",), (11,), ((2, 2, 2, 3, 2),)),
    Identity("ch.ssn", ("CH",), (13,), ((3, 4, 4, 2),), strong=True),
    Identity("co.nit", ("CO",), (9, 10), ((3, 3, 3, 1),)),
    Identity("ar.cuit", ("AR",), (11,), ((2, 8, 1),)),
    Identity("cl.rut", ("CL",), (8, 9), ((2, 3, 3, 1), (1, 3, 3, 1), (8, 1))),
    Identity("pe.cui", ("PE",), (9,)),
    Identity("ec.ci", ("EC",), (10,), ((9, 1),)),
    Identity("br.cpf", ("BR",), (11,), ((3, 3, 3, 2), (9, 2)), strong=True),
    Identity("pt.nif", ("PT",), (9,)),
    Identity("eg.tn", ("EG",), (9,)),
    Identity("dz.nif", ("DZ",), (15, 20)),
    Identity("vn.mst", ("VN",), (10, 13)),
    Identity("id.nik", ("ID",), (16,), strong=True),
    Identity("id.npwp", ("ID",), (15, 16), ((2, 3, 3, 1, 3, 3),)),
    Identity("pk.cnic", ("PK",), (13,), ((5, 7, 1),)),
    Identity("my.nric", ("MY",), (12,), ((6, 2, 4),)),
)

#: Numbers with letters, and the shape in which they are looked for (ASCII, in either case).
LETTERED: tuple[tuple[Identity, str], ...] = (
    (Identity("in_.pan", ("IN",), ()), r"[A-Z]{3}[ABCFGHLJPTK][A-Z][0-9]{4}[A-Z]"),
    (Identity("in_.epic", ("IN",), ()), r"[A-Z]{3}[0-9]{7}"),
    (Identity("es.dni", ("ES",), (), strong=True), r"[0-9]{8}[- ]?[A-Z]"),
    (Identity("es.nie", ("ES",), (), strong=True), r"[XYZ]-?[0-9]{7}-?[A-Z]"),
    (Identity("mx.curp", ("MX",), (), strong=True), r"[A-Z]{4}[0-9]{6}[HM][A-Z]{5}[0-9A-Z][0-9]"),
    (Identity("fr.nir", ("FR",), (), strong=True), r"[12][0-9]{4}2[AB][0-9]{8}"),
    (Identity("gh.tin", ("GH",), ()), r"[PC][0-9]{9}[0-9X]"),
    (Identity("ke.pin", ("KE",), (), strong=True), r"[AP][0-9]{9}[A-Z]"),
    (Identity("ve.rif", ("VE",), ()), r"[VEJPG]-?[0-9]{8}-?[0-9]"),
    (Identity("pt.cc", ("PT",), (), strong=True), r"[0-9]{8} ?[0-9] ?[A-Z0-9]{2}[0-9]"),
    (Identity("tw.id", ("TW",), (), strong=True), r"[A-Z][12][0-9]{8}"),
    (Identity("hk.id", ("HK",), (), strong=True), r"[A-Z][0-9]{6}\([0-9A]\)"),
    (
        Identity("gb.nino", ("GB",), ()),
        r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D]",
    ),
    (Identity("cn.ric", ("CN",), (), strong=True), r"[1-9][0-9]{16}[Xx]"),
)

_TW_LETTERS = "ABCDEFGHJKLMNPQRSTUVXYWZIO"


def _tw_id(text: str) -> bool:
    """Taiwan: the letter counts as 10..35, weights 1,9,8..1,1, the sum is a multiple of ten."""
    code = _TW_LETTERS.index(text[0]) + 10
    digits = [code // 10, code % 10, *map(int, text[1:])]
    weights = (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1)
    return sum(a * b for a, b in zip(digits, weights, strict=True)) % 10 == 0


def _hk_id(text: str) -> bool:
    """Hong Kong: letter counts as 10..35 with weight 8, a blank before it as 36 with weight 9; modulo 11."""
    body = text.replace("(", "").replace(")", "")
    values = [36, ord(body[0]) - 55, *map(int, body[1:7]), 10 if body[7] == "A" else int(body[7])]
    return sum(a * b for a, b in zip(values, (9, 8, 7, 6, 5, 4, 3, 2, 1), strict=True)) % 11 == 0


def _gb_nino(text: str) -> bool:
    return text.replace(" ", "")[:2] not in ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ")


def _cn_ric(text: str) -> bool:
    """China (GB 11643): a date of birth inside, ISO 7064 MOD 11-2 at the end.

    The county code is not looked up: python-stdnum's table lacks counties that no longer exist.
    """
    if text[0] == "0" or not re.fullmatch(r"[0-9]{17}[0-9Xx]", text):
        return False
    year, month, day = int(text[6:10]), int(text[10:12]), int(text[12:14])
    if not (1900 <= year <= 2100 and 1 <= month <= 12 and 1 <= day <= 31):
        return False
    total = sum(int(c) * pow(2, 17 - i, 11) for i, c in enumerate(text[:17]))
    return "10X98765432"[total % 11] == text[17].upper()


_OWN: dict[str, Callable[[str], bool]] = {
    "cn.ric": _cn_ric,
    "tw.id": _tw_id,
    "hk.id": _hk_id,
    "gb.nino": _gb_nino,
}


@functools.cache
def _validator(name: str) -> Callable[[str], bool]:
    if name in _OWN:
        return _OWN[name]
    validate = importlib.import_module(f"stdnum.{name}").validate

    def valid(text: str) -> bool:
        try:
            validate(text)
        except ValidationError:
            return False
        return True

    return valid


@functools.cache
def _by_length(regions: tuple[str, ...]) -> dict[int, tuple[Identity, ...]]:
    table: dict[int, list[Identity]] = {}
    for identity in NUMERIC:
        if set(identity.regions) & set(regions):
            for length in identity.lengths:
                table.setdefault(length, []).append(identity)
    return {length: tuple(identities) for length, identities in table.items()}


def numeric(
    digits: str, groups: tuple[int, ...], cue: bool, regions: tuple[str, ...]
) -> tuple[str, float] | None:
    """(validator, score) of the first identity number of these regions that the digits are."""
    for identity in _by_length(regions).get(len(digits), ()):
        sign = groups in identity.groups
        if (cue or sign or identity.strong) and len(set(digits)) > 2 and _validator(identity.name)(digits):
            return identity.name, 1.0 if cue or (sign and identity.strong) else 0.8
    return None


def lettered(index: int, text: str, cue: bool, regions: tuple[str, ...]) -> tuple[str, float] | None:
    """(validator, score) where the text, found by pattern `index` of LETTERED, is such a number."""
    identity, _ = LETTERED[index]
    at_home = bool(set(identity.regions) & set(regions))
    if not cue and not (at_home and identity.strong and text == text.upper()):
        return None
    plain = text.upper() if identity.name == "hk.id" else re.sub(r"[ -]", "", text.upper())
    if plain.isdigit() or not _validator(identity.name)(plain):
        return None
    return identity.name, 1.0 if cue and at_home else 0.8


def country(validator: str) -> str:
    """The two letters of the country that may stand before its numbers."""
    return validator[:2].upper()
