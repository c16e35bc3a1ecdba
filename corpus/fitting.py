"""What `corpus fit` does: reads reference text, proposes bounds and stop words, writes them as YAML.

Reference text is a project (its sources marked `reference: true`, or all where none is) or a JSON Lines file
with text, language and, if there is one, source. Nothing is put in place: people review what is proposed.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import xxhash
from rich.console import Group, RenderableType
from rich.table import Table

from corpus import fit
from corpus.compressed import Damage, plain_name
from corpus.errors import ConfigError, Problem
from corpus.fit import FitOptions, Proposal
from corpus.languages import LANGUAGES
from corpus.readers.jsonl import SUFFIXES
from corpus.recipe import FilterRecipe, ParseOptions, TextOptions
from corpus.signals import parse as parsing
from corpus.text_lines import BadLine, text_lines

__all__ = ["Fitted", "fit_filters", "read_reference", "shown"]


@dataclass(frozen=True)
class Fitted:
    """What was proposed.

    proposals    bounds that differ from those given, by filter and language
    stop_words   by language, most frequent first
    provenance   lines on the text it was all fitted to
    """

    recipes: dict[str, FilterRecipe]
    proposals: tuple[Proposal, ...]
    stop_words: dict[str, list[str]]
    provenance: tuple[str, ...]

    def filters_yaml(self) -> str:
        """A filter set with the bounds given and those proposed."""
        body = "".join(fit.to_yaml(name, recipe, self.proposals) for name, recipe in self.recipes.items())
        return self._head() + "filters:\n" + body

    def stop_words_yaml(self) -> str:
        """Options of the signal group `text` for a pipeline."""
        lists = {language: " ".join(words) for language, words in self.stop_words.items()}
        entries = [f"      {language}: [{', '.join(_quoted(words))}]" for language, words in lists.items()]
        return self._head() + "\n".join(["signals:", "  text:", "    stop_words:", *entries]) + "\n"

    def _head(self) -> str:
        return "".join(f"# {line}\n" for line in self.provenance)


def fit_filters(
    reference: pa.RecordBatch,
    filters: dict[str, FilterRecipe],
    *,
    tighten: Sequence[str] = (),
    crawl: pa.RecordBatch | None = None,
    options: FitOptions | None = None,
    day: str = "",
) -> Fitted:
    """Bounds for the languages of `reference` (columns text, language, source), and their stop words.

    filters   bounds to start from, for example those of filters/text.yaml; bounds set by persons stay
    tighten   filters that may be narrowed where the reference text allows it; others are only widened
    crawl     text as found, to show what each bound would drop of it
    day       the date that is written into the files
    """
    words = fit.stop_words(reference)
    signals = TextOptions(stop_words={language: tuple(found) for language, found in words.items()})
    parse = ParseOptions() if any(recipe.signal in parsing.COLUMNS for recipe in filters.values()) else None
    measured = fit.measure(reference, signals, parse)
    unknown = sorted({name for name in tighten if name not in filters})
    if unknown:
        raise _wrong("tighten", 0, f"no filter named {', '.join(unknown)}; there are {', '.join(filters)}")
    usable = {name: recipe for name, recipe in filters.items() if recipe.signal in measured.schema.names}
    proposals = fit.propose(
        measured,
        usable,
        tighten,
        groups={code: language.genus for code, language in LANGUAGES.items()},
        crawl=None if crawl is None else fit.measure(crawl, signals, parse),
        options=options,
    )
    provenance = _provenance(reference, options or FitOptions(), day)
    return Fitted(usable, tuple(proposals), words, tuple(provenance))


def read_reference(path: Path, limit: int = 0) -> pa.RecordBatch:
    """Columns text, language and source of JSON Lines, compressed or not, or of a project's reference text.

    limit   documents of each source, 0 for all. Raises ConfigError where a line lacks text or language.
    """
    is_lines = plain_name(path.name).endswith(SUFFIXES)
    rows = list(_lines(path) if is_lines else _documents(path, limit))
    if not rows:
        raise _wrong(str(path), 0, "holds no reference text")
    text, language, source = (list(column) for column in zip(*rows, strict=True))
    return pa.record_batch(
        {"text": pa.array(text, pa.large_string()), "language": language, "source": source}
    )


def shown(fitted: Fitted) -> RenderableType:
    """The proposals as a table for the terminal."""
    crawl = any(not math.isnan(item.crawl_drop) for item in fitted.proposals)
    table = Table(box=None, pad_edge=False)
    for title in ("filter", "language", "bound", "95 % range", "of", "drops", "set by"):
        table.add_column(title, no_wrap=True)
    if crawl:
        table.add_column("crawl", no_wrap=True)
    for item in fitted.proposals:
        cells = [
            item.filter, item.language, f"{item.side} {item.value:g}", f"{item.low:.2g}–{item.high:.2g}",
            str(item.documents), _share(item.reference_drop), item.set_by,
        ]  # fmt: skip
        table.add_row(*cells, *([_share(item.crawl_drop)] if crawl else []))
    none = "no bound proposed: those given keep this text, or no language and its relatives have enough of it"
    words = ", ".join(f"{language} {len(found)}" for language, found in fitted.stop_words.items())
    bounds = table if fitted.proposals else none
    return Group(*fitted.provenance, bounds, f"stop words: {words or 'too little text'}")


def _share(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.1%}"


def _lines(path: Path) -> Iterator[tuple[str, str, str]]:
    if not path.is_file():
        raise _wrong(str(path), 0, "no such file")
    name = Path(plain_name(path.name)).stem
    try:
        for number, line in text_lines(path):
            if line.strip():
                row = _row(str(path), number, line)
                yield row["text"], row["language"], str(row.get("source") or name)
    except Damage as damage:
        raise _wrong(str(path), 0, str(damage)) from damage
    except BadLine as bad:
        what = f"is not UTF-8 (byte {bad.error.start} of the line)" if bad.error else "is too long"
        raise _wrong(str(path), bad.number, what) from bad


def _row(file: str, number: int, line: str) -> dict[str, Any]:
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise _wrong(file, number, f"is not JSON: {error}") from error
    if not (isinstance(row, dict) and all(isinstance(row.get(key), str) for key in ("text", "language"))):
        raise _wrong(file, number, "needs the fields text and language")
    if row["language"] not in LANGUAGES:
        raise _wrong(file, number, f"unknown language '{row['language']}'")
    return row


def _documents(path: Path, limit: int) -> Iterator[tuple[str, str, str]]:
    from corpus.api import load
    from corpus.executor import LocalExecutor
    from corpus.inputs import resolve
    from corpus.manifest import RunFolder
    from corpus.run import Silent, run_steps
    from corpus.steps import Build, shards

    project = load(path)
    with tempfile.TemporaryDirectory(prefix="corpus-fit-") as folder:
        inputs = resolve(project, Path(folder) / "inputs.json", False, _silent)
        build = Build(project, inputs, RunFolder(Path(folder)), limit)
        run_steps(build, LocalExecutor(), Silent(), ("documents",))
        marked = {item.source.name for item in inputs.sources if item.source.recipe.reference}
        for shard in shards(build):
            if not marked or shard.source in marked:
                table = pq.read_table(build.folder.path("documents", shard.documents.output))
                columns = (table.column(name).to_pylist() for name in ("text", "language"))
                for text, language in zip(*columns, strict=True):
                    yield text, language, shard.source


def _silent(source: str, message: str) -> None:
    """Fetching is not reported: the proposals are all that is printed."""


def _provenance(reference: pa.RecordBatch, options: FitOptions, day: str) -> Iterator[str]:
    sources: dict[str, list[int]] = {}
    digest = xxhash.xxh3_128()
    for text, source in zip(
        reference.column("text").to_pylist(), reference.column("source").to_pylist(), strict=True
    ):
        data = text.encode("utf-8", "surrogatepass")
        digest.update(data)
        found = sources.setdefault(source, [0, 0])
        found[0], found[1] = found[0] + 1, found[1] + len(data)
    when = f" on {day}" if day else ""
    yield f"Proposed by corpus fit{when}: the widest quantile over sources at " + (
        f"{1 - options.tail:.1%}, {options.margin:.0%} margin."
    )
    yield f"Reference text, xxh3-128 {digest.hexdigest()}:"
    for source, (documents, size) in sorted(sources.items()):
        yield f"  {source}: {documents} documents, {size} bytes"


def _wrong(file: str, line: int, message: str) -> ConfigError:
    return ConfigError([Problem(file, line, int(line > 0), message)])


def _quoted(words: str) -> list[str]:
    return ['"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"' for word in words.split()]
