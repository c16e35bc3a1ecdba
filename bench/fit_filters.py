"""Refits the shipped bounds and stop words: filters/text.yaml, filters/code.yaml, filters/parse.yaml,
corpus/signals/stop_words.py.

Reads the permitted sources of the folder `shared` beside the repository, and code of the packages that
sources.yaml names. Only human-written text under CC0,
CC-BY, CC-BY-SA, MPL, MIT, BSD, PSF, Apache or in the public domain is used; no machine translation, no
user-interface strings. Of the sources that `bench/quality.py` measures on, half the documents (by hash of
the id) are left out.

    python bench/fit_filters.py [--write]
"""

from __future__ import annotations

import argparse
import csv
import functools
import gzip
import io
import json
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import xxhash
import zstandard
from ruamel.yaml import YAML

from corpus import fit
from corpus.fitting import read_reference
from corpus.languages import LANGUAGES
from corpus.recipe import FilterFile, FilterRecipe, ParseOptions, TextOptions

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"
#: Sources of prose, by what their licence is; each is named in the header of what is fitted.
SOURCES = {
    "african_storybook": "CC-BY", "pratham_books": "CC-BY, public domain", "tico19": "CC0-1.0",
    "za_sona_speeches": "CC-BY-4.0", "bible_chapters": "CC0-1.0, public domain", "udhr": "free to reproduce",
    "udhr_extra": "free to reproduce", "ud_wolof": "CC-BY-SA-4.0", "gnome_help": "CC-BY-SA-3.0",
    "debian_handbook": "CC-BY-SA-3.0", "us_speeches": "public domain", "libreoffice_help": "MPL-2.0",
}  # fmt: skip
CODE = ("code_go_std", "code_python_stdlib", "code_rust_crates", "code_three_js")
#: Sentences for languages with little else; `domain` of train.tsv.gz that are running text.
SENTENCE_DOMAINS_EXCLUDED = ("ui", "ocr")
#: Filters whose published bound is narrowed where the language's own text allows it.
TIGHTEN = ("word_length", "stop_words")
#: Of these the bound is set nearer to the text (share of the distance from quantile to median).
NEAR = ("stop_words",)
#: Filters whose bound holds for every language as it is: what lies beyond is not running text in any.
FIXED = ("too_few_words", "too_many_words", "mojibake", "compressible", "script", "mixed_words", "symbols",
         "broken_words", "urls", "ellipses",
         "placeholders", "lists", "small_starts", "lorem_ipsum", "policies",
         "code_empty")  # fmt: skip
MIN_WORDS = 20
#: The good text of bench/quality.py: half of it is kept from fitting.
MEASURED = ("za_sona_speeches", "tico19", "pratham_books", "debian_handbook")
#: Read for stop words only: a list of questions is not running text.
QUESTIONS = "afriqa_questions"
#: Manuals whose pages are shipped before they are translated in full.
TRANSLATED = ("debian_handbook", "gnome_help", "libreoffice_help")
#: A page of which more than this is still English is not read at all.
MOST_ENGLISH = 0.3
#: What follows on every page of libreoffice_help is about the file.
FOOTER = "Help content debug info"


def held_out(identifier: str) -> bool:
    """Whether a document is kept from fitting, to be measured on."""
    return bool(xxhash.xxh3_64_intdigest(identifier.encode()) & 1)


def documents(source: str, languages: tuple[str, ...] = ()) -> Iterator[tuple[str, str, str]]:
    """(id, declared language, text) of one source of real_input."""
    for path in sorted((SHARED / "real_input" / source).glob("*.jsonl.zst")):
        language = path.name.removesuffix(".jsonl.zst")
        if language not in LANGUAGES or (languages and language not in languages):
            continue
        with path.open("rb") as raw:
            for line in io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(raw), encoding="utf-8"):
                record = json.loads(line)
                yield record["id"], language, record["text"]


@functools.cache
def english_lines(source: str) -> frozenset[str]:
    """Lines of six words and more of a manual's English edition."""
    lines = (line.strip() for _, _, text in documents(source, ("en",)) for line in text.splitlines())
    return frozenset(line for line in lines if len(line.split()) >= 6)


def translated(source: str, language: str, text: str) -> tuple[str, float]:
    """A page without the lines that are still those of the English edition, and their share of it."""
    if source not in TRANSLATED:
        return text, 0.0
    text = text.partition(FOOTER)[0]
    if language == "en":
        return text, 0.0
    lines = text.splitlines()
    kept = [line for line in lines if line.strip() not in english_lines(source)]
    size = sum(len(line.strip()) for line in lines)
    return "\n".join(kept), 1 - sum(len(line.strip()) for line in kept) / max(size, 1)


def sentences() -> Iterator[tuple[str, str, str]]:
    """Passages of 25 sentences of the language-identification training text, for the 46 languages."""
    waiting: dict[tuple[str, str], list[str]] = {}
    with gzip.open(SHARED / "lid" / "train.tsv.gz", "rt", encoding="utf-8") as lines:
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            language, domain = row["lang"], row["domain"]
            if language not in LANGUAGES or domain.startswith(SENTENCE_DOMAINS_EXCLUDED):
                continue
            held = waiting.setdefault((language, row["source"]), [])
            held.append(row["text"])
            if len(held) == 25:
                yield f"lid/{row['source']}", language, "\n".join(held)
                held.clear()


@functools.cache
def packages() -> tuple[pa.RecordBatch, list[str]]:
    """Code of the packages of sources.yaml as `corpus fit` reads it, and what they are."""
    yaml = YAML()
    project = yaml.load((ROOT / "sources.yaml").read_text(encoding="utf-8"))
    project["sources"] = {
        name: source
        for name, source in project["sources"].items()
        if all(language.startswith("code-") for language in source["languages"])
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sources.yaml"
        with path.open("w", encoding="utf-8") as file:
            yaml.dump(project, file)
        found = read_reference(path)
    origins = [
        f"{name} {source['reader']['version']} ({source['licence']})"
        for name, source in project["sources"].items()
    ]
    return found, origins


def reference(code: bool = False) -> pa.RecordBatch:
    """Documents to fit on: text, language, source."""
    rows: list[tuple[str, str, str]] = []
    if code:
        rows += zip(*(column.to_pylist() for column in packages()[0].columns), strict=True)
    for source in CODE if code else SOURCES:
        for identifier, language, text in documents(source):
            text, english = translated(source, language, text)
            if (
                english > MOST_ENGLISH
                or (source in MEASURED and held_out(identifier))
                or not (code or len(text) >= 5 * MIN_WORDS)
            ):
                continue
            rows.append((text, language, source))
    if not code:
        rows += [(text, language, source) for source, language, text in sentences()]
    text, language, source = (pa.array(column) for column in zip(*rows, strict=True))
    return pa.record_batch({"text": text.cast(pa.large_string()), "language": language, "source": source})


def _header(what: str) -> str:
    used = ", ".join(f"{name} ({licence})" for name, licence in SOURCES.items())
    return f"{what}\nReference text: {used}; language identification training sentences of the same licences."


def comment(text: str) -> str:
    """Lines of a YAML comment."""
    lines, line = [], "#"
    for word in text.split():
        if len(line) + len(word) > 108:
            lines.append(line)
            line = "#"
        line += f" {word}"
    return "\n".join([*lines, line]) + "\n"


def load_filters(name: str) -> dict[str, FilterRecipe]:
    raw = YAML(typ="safe").load((ROOT / "filters" / f"{name}.yaml").read_text(encoding="utf-8"))
    return dict(FilterFile.model_validate(raw).filters)


def persons() -> dict[tuple[str, str, str], float]:
    """Bounds of native speakers (filters/roots.yaml) on signals that mean the same in filters/text.yaml."""
    found = {}
    for recipe in load_filters("roots").values():
        if recipe.signal not in ("character_repetition_ratio", "word_repetition_ratio"):
            continue
        for language, bounds in recipe.languages.items():
            if bounds != "off" and bounds.max is not None and bounds.max < 0.9:
                found[recipe.signal, language, "max"] = bounds.max
    return found


def published(name: str) -> dict[str, FilterRecipe]:
    """Filters of bench/published_<name>.yaml: the bounds of the papers, before any fit."""
    raw = YAML(typ="safe").load(
        (Path(__file__).parent / f"published_{name}.yaml").read_text(encoding="utf-8")
    )
    return dict(FilterFile.model_validate(raw).filters)


def fit_file(
    name: str, batch: pa.RecordBatch, words: TextOptions, tighten: tuple[str, ...], head: str
) -> str:
    recipes = published(name)
    table = fit.measure(batch, words, ParseOptions() if name == "parse" else None)
    fitted = {key: recipe for key, recipe in recipes.items() if key not in FIXED}
    genera = {code: language.genus for code, language in LANGUAGES.items()}
    # The code reference is whole packages, generated tables included: a bound may drop one file in a hundred.
    near = fit.FitOptions(narrow_margin=0.4, thin_margin=5)
    # Macros and templates make code that no grammar parses: of files that do not parse, one in twenty.
    tail = 0.05 if name == "parse" else 0.01
    far = fit.FitOptions() if name == "text" else fit.FitOptions(tail=tail, margin=0.05, confirm=True)
    people = persons() if name == "text" else None
    proposals = []
    for options, chosen in ((near, NEAR), (far, tuple(key for key in fitted if key not in NEAR))):
        part = fit.defaults(table, {key: fitted[key] for key in chosen if key in fitted}, tighten, options)
        recipes |= part
        proposals += fit.propose(table, part, tighten, people, genera, options=options)
    given = {item.filter for item in proposals}
    # A ratio bounded by 0 or 1 drops nothing: the published bound did not survive the reference text.
    recipes = {
        key: recipe
        for key, recipe in recipes.items()
        if key in given or not (recipe.signal.endswith("_ratio") and (recipe.min == 0 or recipe.max == 1))
    }
    body = "".join(fit.to_yaml(key, recipe, proposals) for key, recipe in recipes.items())
    return comment(head) + "filters:\n" + body


def _width(text: str) -> int:
    """Columns a line takes: Han characters take two."""
    return sum(1 + (ord(character) > 0x2E80) for character in text)


def stop_word_module(found: dict[str, list[str]]) -> str:
    lines = [
        '"""The most frequent words of each language, most frequent first; written by bench/fit_filters.py.',
        "",
        "Words that stand in at least a tenth of the passages of a language's reference text; see",
        "`corpus.fit.stop_words`.",
        *textwrap.wrap("Sources: " + ", ".join([*SOURCES, QUESTIONS]) + ";", 105),
        "sentences of the language-identification training text. Licences: CC0, CC-BY, CC-BY-SA, MPL, MIT,",
        "Apache, public domain; no machine translation.",
        '"""',
        "",
        "from __future__ import annotations",
        "",
        '__all__ = ["STOP_WORDS"]',
        "",
        "STOP_WORDS: dict[str, str] = {",
    ]
    for language, words in sorted(found.items()):
        lines.append(f'    "{language}": """')
        line = ""
        for word in words:
            if _width(line) + _width(word) > 100:
                lines.append(line.strip())
                line = ""
            line += f"{word} "
        lines += [line.strip(), '""",']
    return "\n".join([*lines, "}", ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="replace the shipped files")
    arguments = parser.parse_args()
    batch = reference()
    asked = [(text, language) for _, language, text in documents(QUESTIONS)]
    columns = {
        "text": pa.array(
            [*batch.column("text").to_pylist(), *(text for text, _ in asked)], pa.large_string()
        ),
        "language": [*batch.column("language").to_pylist(), *(language for _, language in asked)],
    }
    words = fit.stop_words(pa.record_batch(columns))
    for language in LANGUAGES:
        if language not in words and not language.startswith("code-"):
            print(f"{language}: too little text for stop words", file=sys.stderr)
    # Akan is Twi and Fante; Twi text serves it where it has too little of its own.
    if "ak" not in words and "tw" in words:
        words["ak"] = words["tw"]
    options = TextOptions(stop_words={language: tuple(found) for language, found in words.items()})
    results = {
        ROOT / "corpus" / "signals" / "stop_words.py": stop_word_module(words),
        ROOT / "filters" / "text.yaml": fit_file(
            "text", batch, options, TIGHTEN,
            _header("Filters on text statistics. Published bounds are the filter's own; bounds per "
                    "language are fitted to reference text by bench/fit_filters.py (widest 99.9 % quantile "
                    "over sources, "
                    "15 % margin) or were set by native speakers for ROOTS."),
        ),
    }  # fmt: skip
    code = reference(code=True)
    origin = (
        "Bounds per language are fitted to the Go standard library (BSD-3-Clause), the Python standard "
        "library (PSF-2.0), Rust crates (MIT or Apache-2.0), three.js (MIT) and packages of sources.yaml: "
        f"{', '.join(packages()[1])}."
    )
    for name, what in (
        ("code", "Filters on source code."),
        (
            "parse",
            "Source code that its grammar cannot make sense of; needs the extra `code`, docs/signals.md.",
        ),
    ):
        results[ROOT / "filters" / f"{name}.yaml"] = fit_file(name, code, options, (), f"{what} {origin}")
    for path, text in results.items():
        if arguments.write:
            path.write_text(text, encoding="utf-8")
        print(f"{path.relative_to(ROOT)}: {len(text)} bytes{'' if arguments.write else ' (not written)'}")


if __name__ == "__main__":
    main()
