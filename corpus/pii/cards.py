"""Payment cards, bank accounts and wallets: numbers that carry their own checksum.

Sources: ISO/IEC 7812 (Luhn, issuer ranges), ISO 13616 (IBAN, through python-stdnum), Base58Check (Bitcoin,
through python-stdnum), BIP-173 and BIP-350 (Bitcoin), EIP-55 (mixed-case Ethereum addresses).
"""

from __future__ import annotations

from stdnum import bitcoin, iban, luhn
from stdnum.exceptions import ValidationError

__all__ = ["card", "cards_in_a_row", "ethereum", "is_bitcoin", "is_iban"]

_GROUPS = {
    (4, 4, 4, 4),
    (4, 6, 5),
    (4, 6, 4),
    (4, 4, 4, 4, 3),
    (16,),
    (15,),
    (14,),
    (13,),
    (19,),
    (18,),
    (4, 4, 4, 1),
}
_GROUPS |= {(4, 4, 4, 2), (4, 4, 4, 3), (6, 13), (8, 8)}


def _issuer(digits: str) -> bool:
    length, two, four = len(digits), int(digits[:2]), int(digits[:4])
    if digits[0] == "4":
        return length in (13, 16, 19)
    if 51 <= two <= 55 or 2221 <= four <= 2720:
        return length == 16
    if two in (34, 37) or four in (1800, 2131):
        return length == 15
    if four == 6011 or two == 65 or 6440 <= four <= 6499:
        return length in (16, 19)
    if 3528 <= four <= 3589:
        return 16 <= length <= 19
    if two in (36, 38, 39) or 3000 <= four <= 3059:
        return 14 <= length <= 19
    if two == 62 or four in (8171, 8172):
        return 16 <= length <= 19
    if 2200 <= four <= 2204:
        return length == 16
    if two in (50, 56, 57, 58, 60, 63, 67, 81, 82):
        return 13 <= length <= 19
    return False


def card(digits: str, groups: tuple[int, ...], cue: bool) -> float:
    """Score of a payment card number, 0 where it is none."""
    if not 12 <= len(digits) <= 19 or not luhn.is_valid(digits):
        return 0.0
    if cue:  # the label says what it is: ranges that are no longer, or not yet, given out count too
        return 1.0
    if groups not in _GROUPS or not _issuer(digits):
        return 0.0
    # Maestro and RuPay ranges are wide: without a cue one in ten runs of digits there passes Luhn.
    two = digits[:2]
    narrow = two not in ("50", "56", "57", "58", "60", "62", "63", "67", "81", "82") or digits[:4] == "6011"
    if len(groups) > 1:
        return 0.95 if narrow or groups == (4, 4, 4, 4) else 0.0
    return 0.8 if narrow else 0.0


def cards_in_a_row(groups: tuple[str, ...]) -> list[int]:
    """Of groups of digits that are nothing but cards, one behind the other: groups of each card; else none.

    One chance in a thousand or less: each of two or more has a printed grouping, an issuer and passes Luhn.
    """
    counts: list[int] = []
    at = 0
    while at < len(groups):
        sizes = [
            size
            for size in (1, 3, 4, 5)
            if card("".join(groups[at : at + size]), tuple(map(len, groups[at : at + size])), cue=False)
        ]
        if not sizes:
            return []
        counts.append(sizes[0])
        at += sizes[0]
    return counts if len(counts) > 1 else []


def is_iban(text: str) -> bool:
    """Whether the text, spaces and all, is a valid IBAN."""
    return bool(iban.is_valid(text))


_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


def _is_bech32(text: str) -> bool:
    """A witness address: checksum 1 in version 0 (BIP-173), 0x2bc830a3 in the later ones (BIP-350)."""
    if not 14 <= len(text) <= 74 or any(c not in _BECH32 for c in text[3:]):
        return False
    values = [_BECH32.index(c) for c in text[3:]]
    check = 1
    for value in (3, 3, 0, 2, 3, *values):  # "bc", high and low bits
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATOR):
            check ^= generator if top >> bit & 1 else 0
    return values[0] <= 16 and check == (1 if values[0] == 0 else 0x2BC830A3)


def is_bitcoin(text: str) -> bool:
    """Whether the text is a Bitcoin address with a right checksum."""
    if text.startswith("bc1"):
        return _is_bech32(text)
    try:
        bitcoin.validate(text)
    except ValidationError:
        return False
    return True


_ROUNDS = (
    0x0000000000000001, 0x0000000000008082, 0x800000000000808A, 0x8000000080008000, 0x000000000000808B,
    0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008A, 0x0000000000000088,
    0x0000000080008009, 0x000000008000000A, 0x000000008000808B, 0x800000000000008B, 0x8000000000008089,
    0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800A, 0x800000008000000A,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
)  # fmt: skip
_MASK = (1 << 64) - 1


def _rotate(value: int, by: int) -> int:
    return ((value << by) | (value >> (64 - by))) & _MASK if by else value


def _keccak_256(data: bytes) -> bytes:
    """Keccak-256 with the padding of the original submission, for inputs under one block (136 bytes).

    hashlib's sha3_256 has the padding of FIPS 202 and gives other values.
    """
    block = bytearray(data.ljust(136, b"\0"))
    block[len(data)] ^= 0x01
    block[135] ^= 0x80
    lanes = [[0] * 5 for _ in range(5)]
    for i in range(17):
        lanes[i % 5][i // 5] = int.from_bytes(block[8 * i : 8 * i + 8], "little")
    for constant in _ROUNDS:
        columns = [a[0] ^ a[1] ^ a[2] ^ a[3] ^ a[4] for a in lanes]
        for x in range(5):
            parity = columns[x - 1] ^ _rotate(columns[(x + 1) % 5], 1)
            for y in range(5):
                lanes[x][y] ^= parity
        x, y, current = 1, 0, lanes[1][0]
        for t in range(24):
            x, y = y, (2 * x + 3 * y) % 5
            current, lanes[x][y] = lanes[x][y], _rotate(current, (t + 1) * (t + 2) // 2 % 64)
        for y in range(5):
            row = [lanes[x][y] for x in range(5)]
            for x in range(5):
                lanes[x][y] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5] & _MASK)
        lanes[0][0] ^= constant
    return b"".join(lanes[i % 5][i // 5].to_bytes(8, "little") for i in range(4))


def ethereum(text: str) -> float:
    """Score of an address written 0x and 40 hexadecimal digits; mixed case must carry the EIP-55 checksum."""
    body = text[2:]
    if len(set(body.lower())) < 6:
        return 0.0
    if body in (body.lower(), body.upper()):
        return 0.8
    digest = _keccak_256(body.lower().encode()).hex()
    right = all(c.isdigit() or c.isupper() == (int(d, 16) >= 8) for c, d in zip(body, digest, strict=False))
    return 1.0 if right else 0.0
