"""Filter bounds and stop words fitted to reference text of each language, with what each bound would drop.

A bound is a quantile of the signal over documents known to be good, taken for each source by itself and
then the widest of them: text of one kind must not set the bound for another. A small sample gives its own
extreme. The confidence range is distribution-free (binomial order statistics, 95 %). Where a published
bound already keeps the reference text, a filter is tightened only if its recipe lists the signal as one
that differs between languages.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from corpus.batch import Batch
from corpus.filter import Filter, Range, reasons
from corpus.kernels.unicode import tables
from corpus.recipe import Bounds, FilterRecipe, ParseOptions, TextOptions
from corpus.signals.code import CodeStatistics
from corpus.signals.genre import Genre
from corpus.signals.parse import Parse
from corpus.signals.text import TextStatistics, script_numbers

__all__ = ["FitOptions", "Proposal", "defaults", "loss", "measure", "propose", "stop_words", "to_yaml"]


SetBy = Literal["person", "fitted", "inherited"]


@dataclass(frozen=True)
class FitOptions:
    """How bounds are taken.

    tail            share of good documents a single bound may drop
    margin          how far beyond the quantile the bound is set, as a share of its distance to the median
    narrow_margin   the same for filters that may be narrowed
    min_documents   fewer documents than this and the language inherits
    group_documents sources with fewer documents are read as one
    broad_sources   a language whose reference text has fewer sources than this is given no narrower bound
                    than three quarters of the languages that have as many, and where a filter may be
                    narrowed `thin_margin` times the margin: one kind of text says little of others
    person_drop     share of good documents a bound set by a person may drop; beyond it the fitted bound is
                    proposed and its note names the person's
    confirm         a bound that keeps the text of a language as it is, is proposed for it as fitted too
    """

    tail: float = 0.001
    margin: float = 0.15
    narrow_margin: float = 0.8
    min_documents: int = 20
    group_documents: int = 40
    broad_sources: int = 4
    thin_margin: float = 2.5
    person_drop: float = 0.005
    confirm: bool = False


@dataclass(frozen=True)
class Proposal:
    """One bound for one language.

    value             the proposed bound; low, high its 95 % confidence range before the margin
    documents, bytes  reference text it comes from
    reference_drop    share of reference documents it drops; crawl_drop of crawl text, NaN without any
    set_by            fitted, inherited (pooled over related languages) or person
    """

    filter: str
    signal: str
    language: str
    side: str
    value: float
    low: float
    high: float
    documents: int
    bytes: int
    reference_drop: float
    crawl_drop: float
    set_by: SetBy = "fitted"
    note: str = ""


def measure(
    documents: pa.RecordBatch, options: TextOptions | None = None, parse: ParseOptions | None = None
) -> pa.Table:
    """Text, genre and code signals of documents that count as the language they declare; with `parse` also
    whether code parses.

    `documents` has columns text, language and whatever else is to be kept (source, kind); text is left out.
    """
    assigned = documents.append_column("language_assigned", documents.column("language"))
    batch = Batch(assigned)
    columns = {name: documents.column(name) for name in documents.schema.names if name != "text"}
    text = TextStatistics(options or TextOptions())(batch)
    records = [text, Genre()(batch.with_columns(text)), CodeStatistics()(batch)]
    if parse is not None:
        records.append(Parse(parse)(batch))
    for record in records:
        columns.update(zip(record.schema.names, record.columns, strict=True))
    return pa.table(columns)


def propose(
    reference: pa.Table,
    filters: Mapping[str, FilterRecipe],
    tighten: Iterable[str] = (),
    persons: Mapping[tuple[str, str, str], float] | None = None,
    groups: Mapping[str, str] | None = None,
    crawl: pa.Table | None = None,
    options: FitOptions | None = None,
) -> list[Proposal]:
    """Bounds for every language of `reference` (output of `measure`, with a column source).

    tighten   names of filters whose published bound may be narrowed; all others are only widened where the
              published bound would drop reference text
    persons   bounds native speakers set, by (signal, language, side); one that drops no more of the reference
              text than `FitOptions.person_drop` is taken as it is
    groups    language to family: a language with too few documents inherits from its family's pool
    """
    options = options or FitOptions()
    narrow = frozenset(tighten)
    pools = dict(_pools(reference, groups or {}, options))
    found = {
        (language, name, side): bound
        for language, pool in pools.items()
        for name, recipe, side in _sides(filters, reference, language)
        if (bound := _bound(pool, recipe.signal, side, options, name in narrow)) is not None
    }
    proposals = []
    for (language, name, side), bound in found.items():
        recipe, pool = filters[name], pools[language]
        published = float(getattr(recipe, side))
        seen = None if crawl is None else crawl.filter(pc.equal(crawl.column("language"), language))
        value, note = bound[0], ""
        set_by: SetBy = pool.set_by
        if name not in narrow and pool.sources < options.broad_sources:
            peers = [
                found[other, name, side][0]
                for other, broad in pools.items()
                if broad.sources >= options.broad_sources and (other, name, side) in found
            ]
            common = _common(peers, side)
            if common is not None and _wider(common, value, side):
                value, set_by = common, "inherited"
        person = (persons or {}).get((recipe.signal, language, side))
        if person is not None:
            dropped = _drop(pool.own, recipe.signal, side, person)
            if dropped <= options.person_drop:
                value, set_by = person, "person"
            else:
                note = f"native speakers set {person:g}, which drops {dropped:.1%} of the reference text"
        wider = _wider(value, published, side)
        if set_by != "person" and not wider and (name not in narrow or set_by == "inherited"):
            if not (options.confirm and set_by == "fitted"):
                continue
            value = published
        proposals.append(
            Proposal(
                name, recipe.signal, language, side, value, bound[1], bound[2], pool.table.num_rows,
                _bytes(pool.table), _drop(pool.own, recipe.signal, side, value),
                math.nan if seen is None else _drop(seen, recipe.signal, side, value), set_by, note,
            )
        )  # fmt: skip
    return proposals


def defaults(
    reference: pa.Table,
    filters: Mapping[str, FilterRecipe],
    tighten: Iterable[str] = (),
    options: FitOptions | None = None,
) -> dict[str, FilterRecipe]:
    """The filters with bounds for languages that have none of their own: the published ones, widened to what
    three quarters of the languages with broad reference text need."""
    options = options or FitOptions()
    narrow = frozenset(tighten)
    broad = [pool for _, pool in _pools(reference, {}, options) if pool.sources >= options.broad_sources]
    result = {}
    for name, recipe in filters.items():
        update: dict[str, float] = {}
        for _, _, side in _sides({name: recipe}, reference, ""):
            bounds = [_bound(pool, recipe.signal, side, options, name in narrow) for pool in broad]
            common = _common([bound[0] for bound in bounds if bound is not None], side)
            if common is not None and _wider(common, getattr(recipe, side), side):
                update[side] = common
        result[name] = recipe.model_copy(update=dict(update)) if update else recipe
    return result


class _Pool(NamedTuple):
    """Reference text of a language: its own, and what is fitted on (its family's where its own is too
    little)."""

    own: pa.Table
    table: pa.Table
    set_by: SetBy
    sources: int


def _pools(
    reference: pa.Table, families: Mapping[str, str], options: FitOptions
) -> Iterator[tuple[str, _Pool]]:
    languages = sorted(set(reference.column("language").to_pylist()))
    for language in languages:
        own = reference.filter(pc.equal(reference.column("language"), language))
        table = own
        set_by: SetBy = "fitted"
        if own.num_rows < options.min_documents:
            kin = [name for name in languages if families.get(name, name) == families.get(language, language)]
            table = reference.filter(pc.is_in(reference.column("language"), pa.array(kin)))
            set_by = "inherited"
        if table.num_rows >= options.min_documents:
            counts = Counter(table.column("source").to_pylist())
            sources = sum(count >= options.group_documents for count in counts.values())
            yield language, _Pool(own, table, set_by, sources)


def _sides(
    filters: Mapping[str, FilterRecipe], table: pa.Table, language: str
) -> Iterator[tuple[str, FilterRecipe, str]]:
    for name, recipe in filters.items():
        if recipe.signal not in table.schema.names or recipe.languages.get(language) == "off":
            continue
        for side in ("min", "max"):
            if getattr(recipe, side) is not None:
                yield name, recipe, side


def _wider(bound: float, other: float, side: str) -> bool:
    return bound < other if side == "min" else bound > other


def _common(bounds: Sequence[float], side: str) -> float | None:
    """The bound that three quarters of the languages with broad reference text get by with."""
    if not bounds:
        return None
    ordered = sorted(bounds, reverse=side == "min")
    return ordered[min(len(ordered) - 1, math.ceil(0.75 * len(ordered)) - 1)]


def _bound(
    pool: _Pool, signal: str, side: str, options: FitOptions, narrow: bool
) -> tuple[float, float, float] | None:
    """(bound, low, high): the widest bound over sources, and the confidence range of that source's
    quantile."""
    values = _values(pool.table, signal)
    finite = np.isfinite(values)
    if finite.sum() < options.min_documents:
        return None
    sources = np.array(pool.table.column("source").to_pylist(), object)
    margin = options.narrow_margin if narrow else options.margin
    margin *= options.thin_margin if narrow and pool.sources < options.broad_sources else 1
    sign = 1.0 if side == "max" else -1.0
    best: tuple[float, float, float] | None = None
    names, sizes = np.unique(sources[finite].astype(str), return_counts=True)
    small = set(names[sizes < options.group_documents])
    groups = [sources == name for name in names if name not in small]
    groups.append(np.isin(sources.astype(str), sorted(small)))
    for members in groups:
        sample = np.sort(sign * values[members & finite])
        if len(sample) == 0:
            continue
        quantile, low, high = _upper_quantile(sample, 1.0 - options.tail)
        bound = quantile + margin * (quantile - float(np.median(sample)))
        if best is None or bound > best[0]:
            best = (bound, low, high)
    if best is None:
        return None
    bound, low, high = (sign * number for number in best)
    bound = max(0.0, min(bound, 1.0 if signal.endswith("_ratio") and values[finite].max() <= 1 else bound))
    return _round(bound, up=side == "max"), min(low, high), max(low, high)


def _upper_quantile(sample: NDArray[np.float64], share: float) -> tuple[float, float, float]:
    """The order statistic at share, and those that enclose the true quantile with 95 % confidence."""
    n = len(sample)
    spread = 1.96 * math.sqrt(n * share * (1 - share))
    rank = min(n - 1, math.ceil(n * share))
    low = max(0, math.floor(n * share - spread) - 1)
    high = min(n - 1, math.ceil(n * share + spread))
    return float(sample[rank]), float(sample[low]), float(sample[high])


def _round(value: float, up: bool) -> float:
    """Three significant digits, outward: a bound people can read, never tighter than the fit."""
    if value == 0 or not math.isfinite(value):
        return value
    digits = 2 - math.floor(math.log10(abs(value)))
    scale = 10.0**digits
    rounded = (math.ceil if up else math.floor)(value * scale) / scale
    return round(rounded, max(0, digits))


def _values(table: pa.Table, signal: str) -> NDArray[np.float64]:
    column = pc.cast(table.column(signal), pa.float64())
    return np.asarray(pc.fill_null(column, math.nan).to_numpy(), np.float64)


def _drop(table: pa.Table, signal: str, side: str, bound: float) -> float:
    if table.num_rows == 0:
        return math.nan
    values = _values(table, signal)
    with np.errstate(invalid="ignore"):
        return float(np.mean(values < bound if side == "min" else values > bound))


def _bytes(table: pa.Table) -> int:
    return int(pc.sum(table.column("text_bytes")).as_py() or 0)


def loss(table: pa.Table, filters: Mapping[str, FilterRecipe]) -> dict[str, NDArray[np.bool_]]:
    """Which rows of measured documents each filter drops, by filter name."""
    columns = {name: table.column(name).combine_chunks() for name in table.schema.names}
    result = {}
    for name, recipe in filters.items():
        item = Filter(
            name,
            recipe.signal,
            default=Range(recipe.min, recipe.max),
            equals=recipe.equals,
            applies_to=recipe.applies_to,
            languages={
                code: None if bounds == "off" else Range(bounds.min, bounds.max)
                for code, bounds in recipe.languages.items()
            },
        )
        if recipe.signal in columns:
            result[name] = reasons([item], columns, columns["language"]) != 0
    return result


def stop_words(
    documents: pa.RecordBatch, count: int = 60, share: float = 0.1, min_bytes: int = 8_000
) -> dict[str, list[str]]:
    """The words found in most documents of each language, most frequent first, at most `count`.

    Read over passages of 200 to 2,000 bytes (a fiftieth of the text), so that one long document counts as
    many. A word must stand in `share` of them and be in the script of its language; a word written with a
    capital in most places is taken for a name and left out.
    """
    texts: dict[str, list[str]] = {}
    for language, text in zip(
        documents.column("language").to_pylist(), documents.column("text").to_pylist(), strict=True
    ):
        texts.setdefault(language, []).append(text)
    return {
        language: _frequent(found, count, share, language)
        for language, found in sorted(texts.items())
        if sum(len(text.encode()) for text in found) >= min_bytes
    }


def _frequent(texts: Sequence[str], count: int, share: float, language: str) -> list[str]:
    script = script_numbers().get(language, 0)
    passages: Counter[str] = Counter()
    capitals: Counter[str] = Counter()
    total: Counter[str] = Counter()
    number = 0
    batch = Batch(pa.record_batch({"text": pa.array(texts, pa.large_string())}))
    data, _ = batch.text
    passage = min(2000, max(200, len(data) // 50))
    words = batch.words
    for document in range(len(texts)):
        seen: set[str] = set()
        origin = -1
        for index in range(words.offsets[document], words.offsets[document + 1]):
            start = int(words.starts[index])
            if origin < 0 or start - origin > passage:
                number += origin < 0 or bool(seen)
                passages.update(seen)
                seen, origin = set(), start
            written = data[start : int(words.ends[index])].tobytes().decode("utf-8", "replace")
            word = written.lower().replace("’", "'")
            seen.add(word)
            total[word] += 1
            capitals[word] += written != written.lower()
        passages.update(seen)
    ranked = sorted(passages.items(), key=lambda item: (-item[1], item[0]))
    return [
        word
        for word, held in ranked
        if held >= share * number and capitals[word] * 2 <= total[word] and _in_script(word, script)
    ][:count]


def _in_script(word: str, script: int) -> bool:
    """Whether the word's first letter is of that script; any letter does where script is 0."""
    table = tables().script
    letters = [int(table[ord(c)]) for c in word if c.isalpha()]
    return bool(letters) and (script == 0 or letters[0] == script)


def to_yaml(name: str, recipe: FilterRecipe, proposals: Sequence[Proposal]) -> str:
    """The filter as YAML with these proposals beside the bounds persons have set, which stay."""
    lines = [f"  {name}:", f"    signal: {recipe.signal}"]
    for key in ("min", "max", "equals"):
        value = getattr(recipe, key)
        if value is not None:
            lines.append(f"    {key}: {_number(value)}")
    for key, default in (("applies_to", "text"), ("sources", "all"), ("action", "drop")):
        if getattr(recipe, key) != default:
            lines.append(f"    {key}: {getattr(recipe, key)}")
    if recipe.except_sources:
        lines.append(f"    except_sources: [{', '.join(_quoted(name) for name in recipe.except_sources)}]")
    if recipe.description:
        lines.append(f"    description: {_quoted(recipe.description)}")
    entries = {
        language: '"off"' if bounds == "off" else _flow(bounds)
        for language, bounds in recipe.languages.items()
        if bounds == "off" or bounds.set_by == "person"
    }
    found: dict[str, list[Proposal]] = {}
    for proposal in proposals:
        if proposal.filter == name and proposal.language not in entries:
            found.setdefault(proposal.language, []).append(proposal)
    for language, sides in found.items():
        # A language's bounds replace the filter's, so the side that was not fitted is written out too.
        given = {"min": recipe.min, "max": recipe.max, **{item.side: item.value for item in sides}}
        entries[language] = _flow(
            Bounds(
                min=given["min"], max=given["max"], set_by=sides[-1].set_by, fitted_on_bytes=sides[-1].bytes,
                note="; ".join(item.note for item in sides if item.note),
            )
        )  # fmt: skip
    if entries:
        lines.append("    languages:")
        lines += [f"      {language}: {entries[language]}" for language in sorted(entries)]
    return "\n".join(lines) + "\n"


def _flow(bounds: Bounds) -> str:
    parts = [
        f"{side}: {_number(getattr(bounds, side))}"
        for side in ("min", "max")
        if getattr(bounds, side) is not None
    ]
    parts.append(f"set_by: {bounds.set_by}")
    if bounds.fitted_on_bytes:
        parts.append(f"fitted_on_bytes: {bounds.fitted_on_bytes}")
    if bounds.note:
        parts.append(f"note: {_quoted(bounds.note)}")
    return "{" + ", ".join(parts) + "}"


def _number(value: bool | str | float) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _quoted(value)
    return f"{value:g}" if abs(value) < 1e6 and value != int(value) else str(int(value))


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
