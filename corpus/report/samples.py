"""Samples of a run for reading: kept, dropped, quarantined, nearest to each bound, duplicates, edits.

Which documents are taken depends on the keyed hash of their ids alone, so the same run gives the same
samples. Texts are shortened, and personal data in them is masked whatever the run redacts.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from corpus.filter import Filter
from corpus.report.mask import excerpts, masked
from corpus.report.reasons import reason_names
from corpus.report.shards import Shard, spread
from corpus.tokens.keys import keys

__all__ = ["EDITS", "PICKS", "SAMPLES", "edit_samples", "picks", "places_of", "unreadable"]

#: Of each language of a source: documents kept, dropped, quarantined, removed as duplicates.
_RANDOM = {"kept": 4, "dropped": 4, "quarantined": 2, "duplicate": 4}
#: On each side of each bound, in each source.
_NEAR = 3
#: Longest error shown, characters: a plug-in may put a whole document into it.
_ERROR = 300
#: Records that could not be read, in each source.
_UNREADABLE = 20

#: samples.parquet. `sample` is kept, dropped, quarantined, duplicate (chosen at random), inside or outside
#: (nearest to a bound of `filter`, on that side of it). `verdict` is kept, dropped, quarantined or duplicate.
SAMPLES = pa.schema(
    [
        pa.field("sample", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("language", pa.string(), nullable=False),
        pa.field("declared", pa.string(), nullable=False),
        pa.field("id", pa.string(), nullable=False),
        pa.field("shard", pa.string(), nullable=False),
        pa.field("row", pa.int64(), nullable=False),
        pa.field("verdict", pa.string(), nullable=False),
        pa.field("reasons", pa.list_(pa.string()), nullable=False),
        pa.field("error", pa.string()),
        pa.field("filter", pa.string()),
        pa.field("value", pa.float64()),
        pa.field("bound", pa.float64()),
        pa.field("survivor", pa.string()),
        pa.field("similarity", pa.float32()),
        pa.field("kind", pa.string()),
        pa.field("text", pa.large_string(), nullable=False),
        pa.field("survivor_text", pa.large_string()),
        pa.field("size_bytes", pa.int64(), nullable=False),
        pa.field("url", pa.string(), nullable=False),
        pa.field("file", pa.string(), nullable=False),
        pa.field("licence", pa.string(), nullable=False),
    ]
)

#: Those of one source, before the texts of survivors are added.
PICKS = pa.schema([field for field in SAMPLES if field.name != "survivor_text"])

#: edits.parquet: documents before and after the cleaning of their source.
EDITS = pa.schema([(name, pa.string()) for name in ("id", "source", "language", "before", "after")])


@dataclass(frozen=True)
class _Pick:
    """A document that is taken; the smallest `rank` of a stratum are, ranks being (distance, keyed hash)."""

    stratum: tuple[str, str, str]
    rank: tuple[float, int]
    shard: Shard
    row: int
    facts: Mapping[str, Any]


def picks(found: Sequence[Shard], filters: Sequence[Filter], seed: int) -> pa.Table:
    """The samples of a source (PICKS), of at most MOST_SHARDS of its shards."""
    best: dict[tuple[str, str, str], list[_Pick]] = {}
    for shard in spread(list(found)):
        for pick in _candidates(shard, filters, seed):
            best.setdefault(pick.stratum, []).append(pick)
        for stratum, taken in best.items():
            best[stratum] = sorted(taken, key=lambda pick: pick.rank)[: _RANDOM.get(stratum[0], _NEAR)]
    return pa.Table.from_pylist(
        list(_rows([pick for stratum in sorted(best) for pick in best[stratum]])), PICKS
    )


def _candidates(shard: Shard, filters: Sequence[Filter], seed: int) -> Iterator[_Pick]:
    table = shard.read("decisions", ["id", "language", "verdict", "reasons", "error"])
    ids = table.column("id").to_pylist()
    languages = np.array(table.column("language").to_pylist(), object)
    verdicts = np.array(table.column("verdict").to_pylist(), object)
    hashes = keys(seed, "report-sample", ids)
    copies = _copies(shard)
    for row in [row for row, name in enumerate(ids) if name in copies and verdicts[row] == "kept"]:
        verdicts[row] = "duplicate"

    def pick(sample: str, row: int, name: str, distance: float = 0.0, **more: Any) -> _Pick:
        facts = {
            "id": ids[row],
            "language": languages[row],
            "verdict": verdicts[row],
            "reasons": reason_names(filters, table.column("reasons")[row].as_py()),
            "error": table.column("error")[row].as_py(),
            **dict.fromkeys(("filter", "value", "bound", "survivor", "similarity", "kind")),
            **(copies[ids[row]] if sample == "duplicate" else {}),
            **more,
        }
        return _Pick((sample, shard.source, name), (distance, int(hashes[row])), shard, row, facts)

    for language in sorted(set(languages)):
        for verdict, most in _RANDOM.items():
            rows = np.flatnonzero((languages == language) & (verdicts == verdict))
            for row in rows[np.argsort(hashes[rows], kind="stable")][:most]:
                yield pick(verdict, int(row), language)
    values = _values(shard, filters)
    for item in filters:
        if item.signal not in values:
            continue
        for row, value, bound, is_outside in _nearest(values[item.signal], item, languages, hashes):
            sample = "outside" if is_outside else "inside"
            yield pick(sample, row, item.name, abs(value - bound), filter=item.name, value=value, bound=bound)


def _copies(shard: Shard) -> dict[str, dict[str, Any]]:
    if not shard.path("duplicates").is_file():
        return {}
    table = shard.read("duplicates", ["id", "survivor", "similarity", "kind"])
    table = table.filter(pc.not_equal(table["kind"], "survivor"))
    return {row.pop("id"): row for row in table.to_pylist()}


def _values(shard: Shard, filters: Sequence[Filter]) -> dict[str, NDArray[np.float64]]:
    """The values of the signals that have bounds; NaN for none."""
    wanted = {item.signal for item in filters if item.equals is None}
    found = {}
    for group in shard.groups():
        step = f"signals/{group}"
        names = [name for name in pq.read_schema(shard.path(step)).names if name in wanted]
        if names:
            for name, column in zip(names, shard.read(step, names).columns, strict=True):
                found[name] = np.asarray(pc.cast(column, pa.float64()).to_numpy(), np.float64)
    return found


def _nearest(
    values: NDArray[np.float64], item: Filter, languages: NDArray[np.object_], hashes: NDArray[np.uint64]
) -> Iterator[tuple[int, float, float, bool]]:
    """(row, value, bound, outside) of the documents nearest to the filter's bounds, on either side."""
    low, high = np.full(len(values), np.nan), np.full(len(values), np.nan)
    for language in sorted(set(languages)):
        bounds = item.range_of(language)
        here = languages == language
        if bounds is not None and bounds.min is not None:
            low[here] = bounds.min
        if bounds is not None and bounds.max is not None:
            high[here] = bounds.max
    for bound, outside in ((low, values < low), (high, values > high)):
        distance = np.abs(values - bound)
        for side in (outside, ~outside):
            rows = np.flatnonzero(side & np.isfinite(distance))
            rows = rows[np.lexsort((hashes[rows], distance[rows]))][:_NEAR]
            for row in rows:
                yield int(row), float(values[row]), float(bound[row]), bool(outside[row])


def places_of(found: Iterable[Shard], wanted: set[str]) -> dict[str, tuple[Shard, int]]:
    """Where the survivors are: every shard's duplicates file names those that lie in it."""
    places: dict[str, tuple[Shard, int]] = {}
    if not wanted:
        return places
    values = pa.array(sorted(wanted), pa.string())
    for shard in found:
        if not shard.path("duplicates").is_file():
            continue
        table = shard.read("duplicates", ["id", "kind"])
        hit = pc.and_(pc.equal(table["kind"], "survivor"), pc.is_in(table["id"], values))
        here = table.filter(hit).column("id")
        if len(here):
            ids = shard.read("decisions", ["id"]).column("id").combine_chunks()
            for name, row in zip(here.to_pylist(), pc.index_in(here, ids).to_pylist(), strict=True):
                places[name] = (shard, row)
    return places


def _rows(taken: Sequence[_Pick]) -> Iterator[dict[str, Any]]:
    places = sorted({(pick.shard, pick.row) for pick in taken})
    shown = dict(zip(places, _documents(places), strict=True)) if places else {}
    for pick in taken:
        error = pick.facts["error"]
        yield {
            "sample": pick.stratum[0],
            "source": pick.shard.source,
            "shard": pick.shard.key,
            "row": pick.row,
            **pick.facts,
            **shown[pick.shard, pick.row],
            "error": excerpts([error], [pick.facts["language"]], _ERROR)[0] if error else None,
        }


def _documents(places: Sequence[tuple[Shard, int]]) -> list[dict[str, Any]]:
    """What is shown of the documents, masked all at once: each call of the detector costs milliseconds."""
    columns = ["language", "text", "url", "file", "licence"]
    tables = [
        shard.read("documents", columns).take(pa.array([row for _, row in mine]))
        for shard, mine in itertools.groupby(places, key=lambda place: place[0])
    ]
    table = pa.concat_tables(tables)
    languages = table.column("language").to_pylist()
    sizes = pc.binary_length(table.column("text")).to_pylist()
    texts = excerpts(table.column("text").to_pylist(), languages)
    urls = masked(table.column("url").to_pylist(), languages)
    files = masked(table.column("file").to_pylist(), languages)
    licences = table.column("licence").to_pylist()
    return [
        {"declared": language, "size_bytes": size, "text": text, "url": url, "file": file, "licence": licence}
        for language, size, text, url, file, licence in zip(
            languages, sizes, texts, urls, files, licences, strict=True
        )
    ]


def edit_samples(paths: Iterable[Path]) -> pa.Table:
    """The samples that ingest took of what cleaning changed, masked."""
    tables = [pq.read_table(path) for path in paths]
    if not tables:
        return EDITS.empty_table()
    table = pa.concat_tables(tables).combine_chunks()
    languages = table.column("language").to_pylist()
    for name in ("before", "after"):
        shown = excerpts(table.column(name).to_pylist(), languages)
        table = table.set_column(table.schema.get_field_index(name), name, pa.array(shown, pa.string()))
    return table.select(EDITS.names).cast(EDITS)


def unreadable(paths: Iterable[Path]) -> dict[str, list[dict[str, Any]]]:
    """Of each source the first records that could not be read: file, row, offset and the masked error."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path in paths:
        for row in pq.read_table(path).slice(0, _UNREADABLE).to_pylist():
            rows = found.setdefault(row["source"], [])
            if len(rows) < _UNREADABLE:
                error, file = excerpts([row["error"], row["file"]], [row["language"]] * 2, _ERROR)
                rows.append({**row, "error": error, "file": file})
    return found
