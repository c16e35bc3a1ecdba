"""Internet and hardware addresses; private, reserved and documentation addresses are nobody's."""

from __future__ import annotations

import ipaddress
import re

__all__ = ["is_mac", "public_ipv4", "public_ipv6"]

#: Well-known public resolvers: they name a service, not a person.
_RESOLVERS = frozenset(
    [
        "8.8.8.8",
        "8.8.4.4",
        "1.1.1.1",
        "1.0.0.1",
        "9.9.9.9",
        "149.112.112.112",
        "208.67.222.222",
        "208.67.220.220",
        "2001:4860:4860::8888",
        "2001:4860:4860::8844",
        "2606:4700:4700::1111",
        "2606:4700:4700::1001",
        "2620:fe::fe",
        "2620:fe::9",
    ]
)
#: All global unicast addresses handed out so far (RFC 4291, IANA).
_GLOBAL = ipaddress.IPv6Network("2000::/3")
_MAC = re.compile(r"[0-9A-Fa-f]{2}(?:([:-])[0-9A-Fa-f]{2})(?:\1[0-9A-Fa-f]{2}){4}")


def public_ipv4(text: str) -> bool:
    """Whether the text is a dotted address of the public internet."""
    try:
        address = ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return address.is_global and not address.is_multicast and text not in _RESOLVERS


def public_ipv6(text: str) -> bool:
    """Whether the text is a global unicast IPv6 address."""
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        return False
    if address not in _GLOBAL or not address.is_global or text.count(":") < 3:
        return False
    return address.compressed not in _RESOLVERS


def is_mac(text: str) -> bool:
    """Whether the text is a hardware address; broadcast, all-zero and documentation (RFC 7042) are not."""
    if not _MAC.fullmatch(text):
        return False
    digits = re.sub(r"[:-]", "", text).lower()
    return len(set(digits)) > 2 and not digits.startswith(("00005e0053", "01005e", "010203040506"))
