"""Stand-ins for personal data: values that look like the original and belong to nobody.

The choice is an HMAC-SHA-256 of (document, kind, value) under a key: the same value gets the same stand-in
everywhere in a document, whatever the shard, order or number of workers; different documents cannot be
linked; without the key the original cannot be guessed by trying. Ranges: RFC 2606 domains, RFC 5737 and RFC
3849 addresses, RFC 7042 hardware addresses, +999 and 555-01xx numbers (never assigned), cards and accounts
that fail their checksum.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable

__all__ = ["surrogate"]

_NAMES = """
    alex ana chen eku fatima ines juma kofi lerato linh maya neema omar priya ravi sam tadi wei yao zola
    """.split()
_HEX = "0123456789abcdef"
_DIGITS = "0123456789"


class _Draw:
    """Numbers out of the HMAC, a block at a time."""

    def __init__(self, key: bytes, message: bytes) -> None:
        self.key, self.message, self.block, self.counter = key, message, b"", 0

    def below(self, bound: int) -> int:
        if len(self.block) < 8:
            self.counter += 1
            text = self.message + self.counter.to_bytes(4, "big")
            self.block += hmac.new(self.key, text, hashlib.sha256).digest()
        value = int.from_bytes(self.block[:8], "big")
        self.block = self.block[8:]
        return value % bound

    def text(self, alphabet: str, length: int) -> str:
        return "".join(alphabet[self.below(len(alphabet))] for _ in range(length))


def _email(draw: _Draw, value: str) -> str:
    domain = ("example.com", "example.org", "example.net")[draw.below(3)]
    return f"{_NAMES[draw.below(len(_NAMES))]}{draw.below(1000)}@{domain}"


def _handle(draw: _Draw, value: str) -> str:
    return f"@{_NAMES[draw.below(len(_NAMES))]}_{draw.text(_HEX, 6)}"


def _phone(draw: _Draw, value: str) -> str:
    # Country code 999 is reserved and unassigned (ITU-T E.164 list), 555-01xx is kept for fiction.
    if value.lstrip().startswith(("+", "00")):
        return f"+999 555 01{draw.text(_DIGITS, 2)} {draw.text(_DIGITS, 3)}"
    return f"(999) 555-01{draw.text(_DIGITS, 2)}"


def _ip(draw: _Draw, value: str) -> str:
    if ":" in value:
        return f"2001:db8::{draw.text(_HEX, 4)}:{draw.text(_HEX, 4)}"
    return f"{('192.0.2', '198.51.100', '203.0.113')[draw.below(3)]}.{1 + draw.below(254)}"


def _mac(draw: _Draw, value: str) -> str:
    return f"00:00:5e:00:53:{draw.below(256):02x}"


def _card(draw: _Draw, value: str) -> str:
    from stdnum import luhn

    body = "0000" + draw.text(_DIGITS, 11)
    check = (int(luhn.calc_check_digit(body)) + 1) % 10
    digits = f"{body}{check}"
    return " ".join(digits[i : i + 4] for i in range(0, 16, 4))


def _iban(draw: _Draw, value: str) -> str:
    return f"ZZ00 {draw.text(_DIGITS, 4)} {draw.text(_DIGITS, 4)} {draw.text(_DIGITS, 4)}"


def _number(draw: _Draw, value: str) -> str:
    return f"ID-0000-{draw.text(_DIGITS, 6)}"


def _wallet(draw: _Draw, value: str) -> str:
    return f"0x{'0' * 32}{draw.text(_HEX, 8)}"


def _credentials(draw: _Draw, value: str) -> str:
    return f"user:{draw.text(_HEX, 8)}"


def _secret(draw: _Draw, value: str) -> str:
    return f"REDACTED{draw.text(_HEX, 16)}"


def _person(draw: _Draw, value: str) -> str:
    return _NAMES[draw.below(len(_NAMES))].capitalize()


def _address(draw: _Draw, value: str) -> str:
    return f"{1 + draw.below(99)} Example Street"


_MAKERS: dict[str, Callable[[_Draw, str], str]] = {
    "address": _address,
    "person": _person,
    "handle": _handle,
    "phone": _phone,
    "ip": _ip,
    "mac": _mac,
    "national_id": _number,
    "card": _card,
    "iban": _iban,
    "email": _email,
    "wallet": _wallet,
    "credentials": _credentials,
    "secret": _secret,
    "other": _number,
}


def surrogate(kind: str, value: str, document: str, key: str) -> str:
    """The stand-in for a value of this kind in this document."""
    message = b"\0".join([document.encode(), kind.encode(), value.encode()])
    return _MAKERS[kind](_Draw(key.encode(), message), value)
