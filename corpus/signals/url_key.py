"""The key under which two URLs count as one page: normalised (RFC 3986 section 6), less what only tracks."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from corpus.recipe import UrlOptions

__all__ = ["UrlKeys"]

_PORTS = {"http": "80", "https": "443", "ftp": "21"}
_TRACKING = frozenset(
    {"fbclid", "gclid", "dclid", "gbraid", "wbraid", "msclkid", "yclid", "twclid", "ttclid", "igshid"}
    | {"mc_cid", "mc_eid", "_ga", "_gl"}
)
_INDEX = ("index.html", "index.htm", "index.php")


@dataclass(frozen=True)
class UrlKeys:
    """Normalises URLs by the rule of their source, or the general one."""

    options: UrlOptions

    def key(self, url: str, source: str = "") -> str:
        """The key of a URL; empty where it names no page of a host.

        Scheme, user, "www.", default port, fragment, tracking parameters, index page and final slash do not
        count, nor do the order of parameters and the way characters are escaped.
        """
        rule = self.options.sources.get(source, self.options)
        try:
            parts = urlsplit(url.strip())
            host, port = parts.hostname or "", parts.port
        except ValueError:  # a malformed port or address: no page that could be compared
            return ""
        if parts.scheme not in _PORTS or not host:
            return ""
        host = host.removeprefix("www.").rstrip(".")
        if port is not None and str(port) != _PORTS[parts.scheme]:
            host += f":{port}"
        path = unquote(parts.path)
        for page in _INDEX:
            path = path.removesuffix("/" + page)
        path = path.rstrip("/")
        for ending in rule.cut:
            path = path.removesuffix(ending).rstrip("/")
        query = "" if rule.query == "drop" else _query(parts.query)
        return f"{host}{path}?{query}" if query else f"{host}{path}"


def _query(query: str) -> str:
    kept = [
        unquote(part)
        for part in query.split("&")
        if part and not part.startswith("utm_") and part.partition("=")[0] not in _TRACKING
    ]
    return "&".join(sorted(kept))
