"""Decide: hold the signals of a shard against the bounds; every reason is recorded, not only the first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from corpus.filter import Filter, Range, reasons
from corpus.stages.annotate import ERROR
from corpus.storage import write_parquet
from corpus.work import Counts, Work

__all__ = ["DECISIONS", "VERDICTS", "VERSION", "decide", "filter_from_json", "filter_to_json"]

VERSION = 2
VERDICTS = ("kept", "dropped", "quarantined")
_AGREES, _PREDICTED = "language_agrees", "language_predicted"

#: decisions/: row-aligned with the documents. `language` is what the document counts as from here on; bit i
#: of `reasons` stands for filter i, in the order of the file's metadata key "filters"; `error` says which
#: signal could not be measured.
DECISIONS = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("language", pa.string(), nullable=False),
        pa.field("verdict", pa.string(), nullable=False),
        pa.field("reasons", pa.uint64(), nullable=False),
        pa.field("size_bytes", pa.int64(), nullable=False),
        pa.field("error", pa.string()),
    ]
)


def filter_to_json(item: Filter) -> dict[str, Any]:
    """What decides, and nothing else: descriptions and provenance change no verdict."""
    return {
        "name": item.name,
        "signal": item.signal,
        "bounds": [item.default.min, item.default.max],
        "equals": item.equals,
        "applies_to": item.applies_to,
        "sources": item.sources,
        "except_sources": list(item.except_sources),
        "action": item.action,
        "languages": {
            language: None if bounds is None else [bounds.min, bounds.max]
            for language, bounds in sorted(item.languages.items())
        },
    }


def filter_from_json(data: Mapping[str, Any]) -> Filter:
    """The inverse of `filter_to_json`."""
    return Filter(
        name=data["name"],
        signal=data["signal"],
        default=Range(*data["bounds"]),
        equals=data["equals"],
        applies_to=data["applies_to"],
        sources=data["sources"],
        except_sources=tuple(data["except_sources"]),
        action=data["action"],
        languages={
            language: None if bounds is None else Range(*bounds)
            for language, bounds in data["languages"].items()
        },
    )


def decide(work: Work) -> Counts:
    """Write `<key>.parquet` (DECISIONS) and count, per source and assigned language, what became of each.

    inputs   documents; group/<name> for every group measured
    options  source, crawl (whether the source is a web crawl), filters (JSON of each)
    counts   documents_in, bytes_in, kept, dropped, quarantined, bytes_kept as "<name>/<source>/<language>";
             outside/<filter>/…, outside_only/<filter>/…, bytes_outside/<filter>/…;
             moved/<declared>/<language> where the language was found to be another than declared;
             disagrees/<declared>/<predicted> where a filter takes it for not agreeing with the declared one
    """
    documents = pq.read_table(work.input("documents"), columns=["id", "language", "text"])
    columns, errors = _signals(work)
    declared = documents.column("language").combine_chunks()
    language = columns.get("language_assigned", declared).cast(pa.string())
    size = pc.binary_length(documents.column("text").combine_chunks().cast(pa.large_binary()))
    filters = [filter_from_json(data) for data in work.options["filters"]]
    mask = reasons(filters, columns, language, work.options["source"], work.options["crawl"])
    failed = np.asarray(pc.is_valid(errors).to_numpy(zero_copy_only=False), bool)
    verdict = _verdicts(filters, mask, failed)
    table = pa.Table.from_arrays(
        [
            documents.column("id").combine_chunks(),
            language,
            pa.array(np.array(VERDICTS)[verdict], pa.string()),
            pa.array(mask),
            size.cast(pa.int64()),
            errors,
        ],
        schema=DECISIONS.with_metadata({"filters": "\n".join(item.name for item in filters)}),
    )
    write_parquet(table, work.output(f"{work.key}.parquet"))
    counts = _counts(work.options["source"], filters, language, size, mask, verdict, failed)
    takes = sum(1 << bit for bit, item in enumerate(filters) if item.signal == _AGREES)
    disagrees = ((mask & np.uint64(takes)) != 0) & ~failed
    return counts | _confused(declared, language, columns.get(_PREDICTED), disagrees)


def _signals(work: Work) -> tuple[dict[str, pa.Array], pa.Array]:
    columns: dict[str, pa.Array] = {}
    errors: pa.Array | None = None
    for role in sorted(work.inputs):
        if not role.startswith("group/"):
            continue
        for name, values in zip(*_columns(work, role), strict=True):
            if name.endswith(ERROR):
                errors = values if errors is None else pc.coalesce(errors, values)
            else:
                columns[name] = values
    if errors is None:
        rows = pq.read_metadata(work.input("documents")).num_rows
        errors = pa.nulls(rows, pa.string())
    return columns, errors


def _columns(work: Work, role: str) -> tuple[list[str], list[pa.Array]]:
    wanted = {data["signal"] for data in work.options["filters"]} | {"language_assigned", _PREDICTED}
    path = work.input(role)
    names = [name for name in pq.read_schema(path).names if name in wanted or name.endswith(ERROR)]
    table = pq.read_table(path, columns=names)
    return names, [table.column(name).combine_chunks() for name in names]


def _verdicts(
    filters: Sequence[Filter], mask: NDArray[np.uint64], failed: NDArray[np.bool_]
) -> NDArray[np.int64]:
    drops = sum(1 << bit for bit, item in enumerate(filters) if item.action == "drop")
    verdict = np.zeros(len(mask), np.int64)
    verdict[(mask != 0) | failed] = VERDICTS.index("quarantined")
    verdict[((mask & np.uint64(drops)) != 0) & ~failed] = VERDICTS.index("dropped")
    return verdict


def _counts(
    source: str,
    filters: Sequence[Filter],
    language: pa.Array,
    size: pa.Array,
    mask: NDArray[np.uint64],
    verdict: NDArray[np.int64],
    failed: NDArray[np.bool_],
) -> Counts:
    counts: Counts = {}
    sizes = np.asarray(size.to_numpy(zero_copy_only=False), np.int64)
    names = np.asarray(language.to_pylist(), object)
    for code in sorted(set(names)):
        here, where = names == code, f"{source}/{code}"
        counts[f"documents_in/{where}"] = int(here.sum())
        counts[f"bytes_in/{where}"] = int(sizes[here].sum())
        counts[f"bytes_kept/{where}"] = int(sizes[here & (verdict == 0)].sum())
        counts[f"failed/{where}"] = int((here & failed).sum())
        for index, name in enumerate(VERDICTS):
            counts[f"{name}/{where}"] = int((here & (verdict == index)).sum())
        for bit, item in enumerate(filters):
            hit = here & ((mask >> np.uint64(bit)) & np.uint64(1)).astype(bool)
            if hit.any():
                counts[f"outside/{item.name}/{where}"] = int(hit.sum())
                counts[f"bytes_outside/{item.name}/{where}"] = int(sizes[hit].sum())
                alone = hit & (mask == np.uint64(1 << bit))
                counts[f"outside_only/{item.name}/{where}"] = int(alone.sum())
    return {name: value for name, value in counts.items() if value}


def _confused(
    declared: pa.Array, language: pa.Array, predicted: pa.Array | None, disagrees: NDArray[np.bool_]
) -> Counts:
    """Documents by declared and found language, of those that moved and those that disagree."""
    counts: Counts = {}
    found = language if predicted is None else predicted
    columns = (declared.to_pylist(), language.to_pylist(), found.to_pylist(), disagrees.tolist())
    for before, after, likeliest, is_taken in zip(*columns, strict=True):
        if before != after:
            key = f"moved/{before}/{after}"
        elif is_taken:
            key = f"disagrees/{before}/{likeliest}"
        else:
            continue
        counts[key] = counts.get(key, 0) + 1
    return counts
