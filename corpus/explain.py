"""Explain and trace: everything a run knows about one document, and which document a token belongs to."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import xxhash
from numpy.typing import NDArray

from corpus.errors import StorageError
from corpus.mixed import language_spans
from corpus.opened import Run, row_of
from corpus.pii.redact import redact
from corpus.schema import SPANS
from corpus.stages.dedup_cut import cut_text, emptied

__all__ = ["Side", "difference", "explain", "fate", "trace"]

_ID_DIGITS = 32
#: Of a diff: characters of each text that are compared (sequence matching is quadratic), lines, their length.
_COMPARED = 50_000
_LINES = 40
_LINE = 300
#: What may be cut out of documents, and the key of `dedup` that asks for it.
_RECIPES = {"substring": "substring", "template": "templates"}
#: Sentences and lines, so that a diff of texts of one line shows the sentence that differs.
_SENTENCE = re.compile(r"\n+|(?<=[.!?።။।])\s+|(?<=[。！？])")


def explain(run: Run, document: str, spans: bool = False) -> dict[str, Any]:
    """Where the document came from, every signal, every filter with its bounds and verdict, its cluster,
    its redactions (kinds, never values) and its tokens; works for dropped documents too. "outcome" is kept,
    dropped, quarantined or duplicate, "removed_by" the kind of duplicate. For a duplicate
    also a unified diff from its survivor, personal data masked; under "cuts", the stretches that another
    document keeps (bytes of the text as read) and template lines. With `spans`, under "languages", which
    stretches of a mixed document are in which language (`corpus.mixed`); the model takes half a second to
    load.

    `document` is an id or its beginning. Raises StorageError where no document, or more than one, has it.
    """
    shard, row = _find(run, document)
    found = row_of(run.file(f"documents/{shard}"), row)
    text = found.pop("text")
    result: dict[str, Any] = {
        "document": found | {"size_bytes": len(text.encode()), "characters": len(text)},
        "source": _catalogue(run, found["source"]),
    }
    signals: dict[str, Any] = {}
    for group in sorted(run.manifest["recipe"]["signals"]):
        path = run.file(f"signals/{group}/{shard}")
        if path.is_file():
            signals |= row_of(path, row)
    redacted = signals.pop("pii_spans", None)
    decision = row_of(run.file(f"decisions/{shard}"), row)
    result["decision"] = {
        "language": decision["language"],
        "verdict": decision["verdict"],
        "error": decision["error"],
    }
    result["filters"] = list(_verdicts(run, signals, decision))
    result["signals"] = {name: _shown(value) for name, value in signals.items()}
    side = Side(text, found["language"], redacted)
    result |= fate(run, shard, row, found["id"], side, decision["verdict"])
    result["redactions"] = [
        {"kind": span["kind"], "start": span["start"], "end": span["end"], "validator": span["validator"]}
        for span in redacted or ()
    ]
    if spans:
        result["languages"] = language_spans(run.manifest["recipe"], signals, text)
    result["tokens"] = _tokens(run, found["id"])
    return result


def trace(run: Run, file: str | Path, offset: int) -> dict[str, Any]:
    """The document that token `offset` of a .bin file under tokens/ or packed/ belongs to, explained.

    Raises StorageError where the file has no sidecar or the offset lies past its end.
    """
    name = str(Path(os.path.relpath(file, run.url)).with_suffix(".parquet"))
    sidecar = run.file(name)
    if not sidecar.is_file():
        raise StorageError(
            f"{run.url}/{name}: no such file; give a .bin file under tokens/ or packed/ of the run"
        )
    table = pq.ParquetFile(sidecar).read()
    if "document_offset" in table.column_names:
        length = int(run.manifest["recipe"]["pipeline"]["pack"]["length"])
        starts = _numbers(table["row"]) * length + _numbers(table["start"])
    else:
        starts = _numbers(table["offset"])
    ends = starts + _numbers(table["tokens"])
    hit = np.flatnonzero((starts <= offset) & (offset < ends))
    if not len(hit):
        where = "padding" if len(ends) and offset < ends.max() else "past the end of the file"
        raise StorageError(f"{file}:{offset}: no document has this token; it is {where}")
    row = int(hit[0])
    entry = {name: _shown(table[name][row].as_py()) for name in table.column_names}
    return {"token": {"file": str(file), "offset": offset, **entry}, **explain(run, entry["id"])}


def _numbers(column: pa.ChunkedArray) -> NDArray[np.int64]:
    """Integers without nulls. `to_numpy` imports pandas, half a second."""
    return np.from_dlpack(column.combine_chunks()).astype(np.int64)


def _find(run: Run, document: str) -> tuple[str, int]:
    if not document or len(document) > _ID_DIGITS or set(document) - set("0123456789abcdef"):
        raise StorageError(f"'{document}' is no document id: ids are {_ID_DIGITS} hexadecimal digits")
    hits: list[tuple[str, int]] = []
    for shard, path in run.each("decisions"):
        ids = pq.ParquetFile(path).read(columns=["id"])["id"]
        for row in pc.indices_nonzero(_has(ids, document)).to_pylist():
            hits.append((shard, int(row)))
        if hits and len(document) == _ID_DIGITS:
            break
    if not hits:
        raise StorageError(f"{run.url}: has no document {document}")
    if len(hits) > 1:
        raise StorageError(f"{run.url}: {len(hits)} documents begin with {document}; give more digits")
    return hits[0]


def _catalogue(run: Run, source: str) -> dict[str, Any]:
    recipe = run.manifest["recipe"]["sources"][source]
    keys = ("licence", "custodian", "homepage", "contact", "description", "priority", "reference", "crawl")
    return {"name": source, **{key: recipe[key] for key in keys}}


def _verdicts(run: Run, signals: dict[str, Any], decision: dict[str, Any]) -> Iterator[dict[str, Any]]:
    language = decision["language"]
    for bit, item in enumerate(run.manifest["recipe"]["filters"]):
        bounds = item["languages"].get(language, item["default"])
        yield {
            "filter": item["name"],
            "signal": item["signal"],
            "value": _shown(signals.get(item["signal"])),
            "min": bounds and bounds["min"],
            "max": bounds and bounds["max"],
            "equals": item["equals"],
            "set_by": bounds and bounds["set_by"],
            "outside": bool(decision["reasons"] >> bit & 1),
        }


class Side(NamedTuple):
    """One of two texts that are compared; `spans` of personal data as measured, None where it was not."""

    text: str
    language: str
    spans: list[dict[str, Any]] | None = None


def fate(run: Run, shard: str, row: int, document: str, side: Side, verdict: str) -> dict[str, Any]:
    """What became of a document after its verdict: "outcome", "removed_by", "duplicate" and "cuts"."""
    cluster = _cluster(run, shard, document, side)
    cuts = dict(_cuts(run, shard, row))
    kind = None
    if verdict == "kept":
        is_copy = cluster is not None and cluster["kind"] != "survivor"
        kind = cluster["kind"] if cluster and is_copy else _emptied(run, side, cuts)
    return {
        "outcome": "duplicate" if kind else verdict,
        "removed_by": kind,
        "duplicate": cluster,
        "cuts": cuts,
    }


def _emptied(run: Run, side: Side, cuts: Mapping[str, list[dict[str, Any]]]) -> str | None:
    """The kind of cuts that left nothing of a document; None where something is left."""
    pipeline = run.manifest["recipe"]["pipeline"]
    actions = {kind: pipeline["dedup"][name] for kind, name in _RECIPES.items()}
    spans = {
        kind: [(span["start"], span["end"]) for span in found]
        for kind, found in cuts.items()
        if found and actions[kind]["action"] == "remove"
    }
    if not spans:
        return None
    personal = side.spans if pipeline["redact"] and side.spans else ()
    rest = cut_text(side.text.encode(), spans, personal)
    return emptied(rest.text.decode(), rest.removed)


def _cluster(run: Run, shard: str, document: str, side: Side) -> dict[str, Any] | None:
    path = run.file(f"duplicates/{shard}")
    if not path.is_file():
        return None
    table = pq.ParquetFile(path).read()
    table = table.filter(_has(table["id"], document))
    if not len(table):
        return None
    found = {name: _shown(value) for name, value in table.to_pylist()[0].items()}
    if found["kind"] == "survivor":
        return found
    try:
        where, row = _find(run, found["survivor"])
    except StorageError:
        return found | {"survivor_in": "an earlier build"}
    if found["survivor"] == document:  # the same document, as the earlier build read it
        return found | {"survivor_in": "an earlier build"}
    survivor = row_of(run.file(f"documents/{where}"), row)
    before = Side(survivor["text"], survivor["language"])
    if _is_measured(run):
        before = before._replace(spans=row_of(run.file(f"signals/pii/{where}"), row)["pii_spans"])
    else:
        side = side._replace(spans=None)
    return found | {
        "survivor_in": survivor["source"],
        "diff": difference(before, side),
    }


def _is_measured(run: Run) -> bool:
    """Whether the run looked for personal data of every kind, however weak."""
    options = run.manifest["recipe"]["pipeline"]["signals"].get("pii")
    return options is not None and not options["kinds"] and not options["min_score"]


def _masked(side: Side) -> str:
    """The beginning that is compared, personal data replaced."""
    head = side.text[:_COMPARED]
    if side.spans is None:
        from corpus.report.mask import masked  # the detector of personal data: a second

        return masked([head], [side.language])[0]
    size = len(head.encode())
    spans = [{**span, "end": min(span["end"], size)} for span in side.spans if span["start"] < size]
    return str(redact(pa.array([head]), pa.array([spans], SPANS), pa.array([""]), "tag")[0])


def difference(before: Side, after: Side) -> list[str]:
    """A unified diff of the beginnings of two texts, sentence by sentence, personal data replaced in both.

    Without its two lines of file names; empty where nothing that is shown differs.
    """
    sides = (before, after)
    pieces = [[piece.strip() for piece in _SENTENCE.split(_masked(side)) if piece.strip()] for side in sides]
    for side, sentences in zip(sides, pieces, strict=True):
        if len(side.text) > _COMPARED:
            del sentences[-1:]  # cut off, and with it perhaps a value that is then not recognised
    lines = list(difflib.unified_diff(pieces[0], pieces[1], n=1, lineterm=""))[2:]
    shown = [line if len(line) <= _LINE else line[:_LINE] + " …" for line in lines[:_LINES]]
    if len(lines) > _LINES:
        shown.append(f"… {len(lines) - _LINES} more lines")
    return shown


def _cuts(run: Run, shard: str, row: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Spans by kind, where the run looked for any; whether they were cut or marked, the pipeline says."""
    key = shard.removesuffix(".parquet")
    for kind in _RECIPES:
        path = run.file(f"{kind}s/spans/{key}/spans.parquet")
        if path.is_file():
            table = pq.ParquetFile(path).read()
            rows = np.flatnonzero(table["row"].to_numpy() == row)
            yield kind, table["spans"][int(rows[0])].as_py() if len(rows) else []


def _tokens(run: Run, document: str) -> list[dict[str, Any]]:
    found = []
    for sidecar, path in _sidecars(run, document):
        file = pq.ParquetFile(path)
        names = file.schema_arrow.names
        if "id" not in names:
            continue
        is_here = _has(file.read(columns=["id"])["id"], document)
        if not pc.any(is_here).as_py():
            continue
        keep = ["row", "start", "offset", "tokens", "epoch", "document_offset"]
        places = file.read(columns=[name for name in keep if name in names]).filter(is_here).to_pylist()
        name = str(Path(sidecar).with_suffix(".bin"))
        found += [{"file": name, **place} for place in places]
    return found


def _has(ids: pa.ChunkedArray, document: str) -> pa.ChunkedArray:
    """Where the id begins so. Arrow imports pandas, half a second, to compare with a Python value."""
    return pc.starts_with(ids, document)


def _sidecars(run: Run, document: str) -> Iterator[tuple[str, Path]]:
    """What says where tokens come from: of the document's own bucket, and of every packed shard."""
    pipeline = run.manifest["recipe"]["pipeline"]
    bucket = xxhash.xxh3_64_intdigest(document.encode(), pipeline["seed"]) % pipeline["buckets"]
    for folder in (f"tokens/{bucket:05d}", "packed"):
        yield from ((f"{folder}/{name}", path) for name, path in run.each(folder))


def _shown(value: Any) -> Any:
    """A value as JSON can hold it: bytes as hexadecimal digits, floats of 32 bits without noise."""
    if isinstance(value, bytes):
        return (
            value.hex() if len(value) <= _ID_DIGITS else f"{value[:_ID_DIGITS].hex()}… ({len(value)} bytes)"
        )
    if isinstance(value, float):
        return float(f"{value:.6g}")
    return value
