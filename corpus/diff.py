"""Diff: which documents are in the result of one build and not of another, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import xxhash
from numpy.typing import NDArray

from corpus.opened import Run, row_of

__all__ = ["diff"]

#: Longest excerpt of a sample, characters.
_EXCERPT = 300
_DIRECTIONS = ("in", "out", "changed")


class _Fate(NamedTuple):
    """What became of a document in a build; `shard` is "" where the build did not read it."""

    causes: tuple[str, ...]
    shard: str = ""
    row: int = -1


@dataclass(frozen=True)
class _Result:
    """The documents of the result in order of their ids; `digest` is xxh3-64 of the text."""

    ids: NDArray[np.bytes_]
    digest: NDArray[np.uint64]
    source: NDArray[np.object_]
    language: NDArray[np.object_]

    def place(self, document: bytes) -> tuple[str, str]:
        at = np.searchsorted(self.ids, document)
        return str(self.source[at]), str(self.language[at])


def diff(a: Run, b: Run, samples: int = 3) -> dict[str, Any]:
    """What went in and out of the result from build `a` to build `b`.

    totals, by_cause, by_source, by_language: documents in (only in b), out (only in a) and changed (the same
    document with another text). A cause is what the other build says of the document: the filters it is
    outside of (each counts), a duplicate and of which kind, quarantined, or not read at all. `samples` of
    each direction and cause are given with place and excerpt, personal data masked.
    """
    first, second = _result(a), _result(b)
    out = np.setdiff1d(first.ids, second.ids, assume_unique=True)
    into = np.setdiff1d(second.ids, first.ids, assume_unique=True)
    common, left, right = np.intersect1d(first.ids, second.ids, assume_unique=True, return_indices=True)
    changed = common[first.digest[left] != second.digest[right]]
    fates = {
        "in": _fates(a, into),
        "out": _fates(b, out),
        "changed": {name: _Fate(("text differs",)) for name in changed.tolist()},
    }
    found: dict[str, Any] = {
        "a": _head(a, first),
        "b": _head(b, second),
        "totals": {
            "in": len(into), "out": len(out), "changed": len(changed), "same": len(common) - len(changed)
        },
    }  # fmt: skip
    tallies: dict[str, dict[str, Counter[str]]] = {"by_cause": {}, "by_source": {}, "by_language": {}}
    for direction in _DIRECTIONS:
        side = first if direction == "out" else second
        for document, fate in fates[direction].items():
            source, language = side.place(document)
            for key, names in (
                ("by_cause", fate.causes), ("by_source", (source,)), ("by_language", (language,))
            ):  # fmt: skip
                for name in names:
                    tallies[key].setdefault(name, Counter())[direction] += 1
    for key, rows in tallies.items():
        found[key] = {
            name: {direction: rows[name][direction] for direction in _DIRECTIONS} for name in sorted(rows)
        }
    found["samples"] = [
        sample
        for direction in _DIRECTIONS
        for sample in _samples(direction, fates[direction], a if direction == "out" else b, samples)
    ]
    return found


def _head(run: Run, result: _Result) -> dict[str, Any]:
    digest = run.manifest["root_digest"]
    return {"run": run.url, "documents": len(result.ids), "root_digest": digest}


def _result(run: Run) -> _Result:
    ids, digests, sources, languages = [], [], [], []
    for _, path in run.each("text"):
        for batch in pq.ParquetFile(path).iter_batches(columns=["id", "source", "language", "text"]):
            ids.append(np.array(batch["id"].to_pylist(), "S32"))
            texts = batch["text"].cast(pa.large_binary()).to_pylist()
            digests.append(np.array([xxhash.xxh3_64_intdigest(text) for text in texts], np.uint64))
            sources.append(_names(batch["source"]))
            languages.append(_names(batch["language"]))
    if not ids:
        return _Result(np.array([], "S32"), np.array([], np.uint64), *(np.array([], object),) * 2)
    names = np.concatenate(ids)
    order = np.argsort(names)
    return _Result(
        names[order],
        np.concatenate(digests)[order],
        np.concatenate(sources)[order],
        np.concatenate(languages)[order],
    )


def _names(column: pa.Array) -> NDArray[np.object_]:
    """Names as shared objects: a few strings, not one for each document."""
    encoded = column.dictionary_encode()
    names: NDArray[np.object_] = np.array(encoded.dictionary.to_pylist(), object)
    shared: NDArray[np.object_] = names[encoded.indices.to_numpy()]
    return shared


def _fates(run: Run, wanted: NDArray[np.bytes_]) -> dict[bytes, _Fate]:
    """What became of these documents in the run; those it did not read are there too."""
    names = pa.array([name.decode() for name in wanted.tolist()], pa.string())
    found: dict[bytes, _Fate] = {}
    for shard, path in run.each("decisions") if len(names) else ():
        table = pq.ParquetFile(path).read(columns=["id", "verdict", "reasons", "error"])
        rows = np.flatnonzero(pc.is_in(table["id"], names).to_numpy())
        if not len(rows):
            continue
        filters = (table.schema.metadata or {}).get(b"filters", b"").decode().split("\n")
        kinds = _duplicates(run, shard)
        for row, entry in zip(rows.tolist(), table.take(rows).to_pylist(), strict=True):
            causes = tuple(_causes(entry, filters, kinds.get(entry["id"])))
            found[entry["id"].encode()] = _Fate(causes, shard, row)
    return {name: found.get(name, _Fate(("not read",))) for name in wanted.tolist()}


def _duplicates(run: Run, shard: str) -> Mapping[str, str]:
    """The kind of duplicate, by id, of those that are not survivors."""
    path = run.file(f"duplicates/{shard}")
    if not path.is_file():
        return {}
    table = pq.ParquetFile(path).read(columns=["id", "survivor", "kind"])
    return {row["id"]: row["kind"] for row in table.to_pylist() if row["id"] != row["survivor"]}


def _causes(entry: Mapping[str, Any], filters: list[str], kind: str | None) -> Iterator[str]:
    outside = [name for bit, name in enumerate(filters) if entry["reasons"] >> bit & 1]
    if entry["verdict"] == "dropped":
        yield from (f"filter {name}" for name in outside)
    elif entry["verdict"] == "quarantined":
        yield "quarantined: " + (entry["error"] or ", ".join(outside)).partition(":")[0]
    elif kind is not None:
        yield f"duplicate, {kind}"
    else:
        yield "kept, but nothing of its text is left"


def _samples(direction: str, fates: Mapping[bytes, _Fate], side: Run, count: int) -> Iterator[dict[str, Any]]:
    """Of each cause those with the smallest hashes of their ids, as the build that has them shows them."""
    from corpus.report.mask import excerpts  # imports the detector of personal data

    chosen: dict[bytes, _Fate] = {}
    by_cause: dict[str, list[bytes]] = {}
    for document in sorted(fates, key=lambda name: (xxhash.xxh3_64_intdigest(name), name)):
        for cause in fates[document].causes:
            listed = by_cause.setdefault(cause, [])
            if len(listed) < count:
                listed.append(document)
                chosen[document] = fates[document]
    if not chosen:
        return
    places = _fates(side, np.array(sorted(chosen), "S32"))
    for document, fate in sorted(chosen.items(), key=lambda item: (item[1].causes, item[0])):
        shard, row = places[document].shard, places[document].row
        if row < 0:
            continue
        columns = ["id", "source", "language", "file", "row", "url", "text"]
        entry = row_of(side.file(f"documents/{shard}"), row, columns)
        text = entry.pop("text")
        yield {
            "direction": direction,
            "causes": list(fate.causes),
            **entry,
            "excerpt": excerpts([text], [entry["language"]], _EXCERPT)[0],
        }
