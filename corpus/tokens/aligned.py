"""Step `aligned`: text of a language beside English text that says the same, for the tokenizer's parity.

Parity is the tokens of a language over those of English for the same content (Petrov et al. 2023, arXiv
2305.15425): the price a speaker pays. Text that is not aligned cannot tell it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pyarrow as pa

from corpus.compressed import plain_name
from corpus.edits import BUILTIN
from corpus.errors import ConfigError, Problem
from corpus.languages import is_known
from corpus.readers import Record, Unit, Unreadable, read_unit
from corpus.readers.catalogue import read_pairs, says_something
from corpus.readers.folder import content
from corpus.readers.package import member
from corpus.recipe import PackageReader, ParsedReader, SourceRecipe
from corpus.tokens.by_language import LanguageWriter
from corpus.work import Counts, Work

__all__ = ["ALIGNED", "ENGLISH", "aligned", "parallel"]

ENGLISH = "en"

#: aligned.parquet, by language: `text` and the English that says the same.
ALIGNED = pa.schema(
    [
        pa.field("language", pa.string(), nullable=False),
        pa.field("text", pa.large_string(), nullable=False),
        pa.field("english", pa.large_string(), nullable=False),
    ]
)


def aligned(work: Work) -> Counts:
    """Writes aligned.parquet from the units of a source whose recipe says `aligned: true`.

    Of message catalogues (parser `catalogue`) each message beside its English key. Of other sources the n-th
    file of a language beside the n-th English one, files in order of their names; a language with more or
    fewer files is left out. Input: root. Options: source, recipe (JSON of SourceRecipe), units ([name,
    language, bytes]), sample_bytes (English text kept for each language). Edits that are plug-ins are left
    out.
    """
    recipe = SourceRecipe.model_validate(work.options["recipe"])
    units: dict[str, list[Unit]] = {}
    for name, language, size in sorted(work.options["units"]):
        units.setdefault(language, []).append(Unit(name, language, size))
    reader = recipe.reader
    catalogue = isinstance(reader, ParsedReader) and reader.parser == "catalogue"
    find = _messages if catalogue else _documents
    return _write(work, {name: find(work, recipe, units, name) for name in sorted(units) if name != ENGLISH})


def parallel(work: Work) -> Counts:
    """Writes aligned.parquet from the input `text`, JSON Lines of objects that map languages to what says the
    same in each: {"en": "…", "yo": "…"}. Option: sample_bytes. Raises ConfigError naming the line."""
    path = work.input("text")
    found: dict[str, list[tuple[str, str]]] = {}
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                for language, pair in _line(path, number, line):
                    found.setdefault(language, []).append(pair)
    return _write(work, {name: iter(pairs) for name, pairs in sorted(found.items())})


def _line(path: Path, number: int, line: bytes) -> Iterator[tuple[str, tuple[str, str]]]:
    try:
        entry = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise ConfigError([Problem(path.name, number, 0, f"is not JSON: {error}")]) from error
    if not isinstance(entry, dict) or not all(isinstance(text, str) for text in entry.values()):
        raise ConfigError([Problem(path.name, number, 0, "is no object of languages and their texts")])
    if unknown := sorted(name for name in entry if not is_known(name)):
        raise ConfigError([Problem(path.name, number, 0, f"unknown language '{unknown[0]}'")])
    english = entry.pop(ENGLISH, "")
    yield from ((name, (text, english)) for name, text in entry.items() if text and english)


def _write(work: Work, found: dict[str, Iterator[tuple[str, str]]]) -> Counts:
    writer = LanguageWriter(work, "aligned.parquet", ALIGNED)
    counts: Counts = {}
    for language, pairs in found.items():
        room, kept = int(work.options["sample_bytes"]), []
        for pair in pairs:
            if room <= 0:
                break
            room -= len(pair[1].encode())
            kept.append(pair)
        if kept:
            writer.add(language, [pa.array(texts, pa.large_string()) for texts in zip(*kept, strict=True)])
            counts[f"pairs/{language}"] = len(kept)
    writer.close()
    return counts


def _cleaner(recipe: SourceRecipe) -> Callable[[str], str]:
    edits = [BUILTIN[name].target for name in recipe.clean if name in BUILTIN]

    def clean(text: str) -> str:
        for edit in edits:
            text = edit(text)
        return text.strip()

    return clean


def _messages(
    work: Work, recipe: SourceRecipe, units: dict[str, list[Unit]], language: str
) -> Iterator[tuple[str, str]]:
    clean = _cleaner(recipe)
    for unit in units[language]:
        data = _bytes(work, recipe, unit)
        try:
            pairs = read_pairs(plain_name(unit.name), data) if isinstance(data, bytes) else []
        except ValueError:
            pairs = []  # step `documents` quarantines it and says so
        once: dict[str, str] = {}
        for english, text in pairs:
            once.setdefault(english, text)  # of plural forms the first, which says what the key says
        for english, text in once.items():
            if text != english and says_something(english):
                pair = clean(text), clean(english)
                if all(pair):
                    yield pair


def _bytes(work: Work, recipe: SourceRecipe, unit: Unit) -> bytes | Unreadable:
    root = work.folder_with("root", unit.name)
    if isinstance(recipe.reader, PackageReader):
        return member(str(work.options["source"]), recipe, root, unit)
    return content(root, unit)[0]


def _documents(
    work: Work, recipe: SourceRecipe, units: dict[str, list[Unit]], language: str
) -> Iterator[tuple[str, str]]:
    clean = _cleaner(recipe)
    english = units.get(ENGLISH, [])
    if len(units[language]) != len(english):
        return
    for pair in zip(units[language], english, strict=True):
        texts = []
        for unit in pair:
            root = work.folder_with("root", unit.name)
            records = read_unit(str(work.options["source"]), recipe, root, unit)
            texts.append("\n\n".join(clean(item.text) for item in records if isinstance(item, Record)))
        if all(texts):
            yield texts[0], texts[1]
