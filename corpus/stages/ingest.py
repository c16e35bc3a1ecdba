"""Ingest: read the units of a source, clean their text, give ids, write document shards."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson
import pyarrow as pa
import xxhash

from corpus.edits import BUILTIN
from corpus.isolate import Limits, isolated
from corpus.readers import Record, Unit, Unreadable, read_unit
from corpus.recipe import SourceRecipe
from corpus.schema import DOCUMENTS
from corpus.storage import write_parquet
from corpus.work import Counts, Work

__all__ = ["EDITS", "QUARANTINE", "VERSION", "document_id", "ingest"]

VERSION = 4
#: Changed texts kept for reviewers, per task: those with the smallest hash of their id.
_EDIT_SAMPLES = 20
#: Longest text shown in a sample, characters.
_SAMPLE_CHARACTERS = 4_000

#: Texts a plug-in's edit is given at once, and their characters: see `corpus.isolate`.
_PLUGIN_TEXTS = 128
_PLUGIN_CHARACTERS = 1_000_000

#: What was read, with its id; then also with its text as cleaned, empty where the item could not be read.
Keyed = tuple[Record | Unreadable, str]
Cleaned = tuple[Record | Unreadable, str, str]

QUARANTINE = pa.schema(
    [
        pa.field("source", pa.string()),
        pa.field("language", pa.string()),
        pa.field("file", pa.string()),
        pa.field("row", pa.int64()),
        pa.field("offset", pa.int64()),
        pa.field("error", pa.string()),
    ]
)
EDITS = pa.schema([(name, pa.string()) for name in ("id", "source", "language", "before", "after")])


def document_id(source: str, file: str, native_id: str, row: int | None) -> str:
    """xxh3-128 of source, file and native id as 32 hexadecimal digits; `row` joins where the id is no key."""
    key = "\0".join((source, file, native_id, "" if row is None else str(row)))
    return xxhash.xxh3_128_hexdigest(key.encode("utf-8", "surrogatepass"))


def ingest(work: Work) -> Counts:
    """Write `<key>-<part>.parquet` (schema.DOCUMENTS), parts of about `shard_bytes` of text.

    input    root: the folder, file or package the reader opens
    options  source, recipe (JSON of SourceRecipe), units ([name, language, bytes]), shard_bytes,
             limit (documents, shared by the languages; 0 for all), edits (digest of each plug-in edit),
             tombstones (ids of documents that are kept out; absent where there are none)
    outputs  the parts; `<key>.quarantine.parquet` where something was unreadable; `<key>.edits.parquet`
    counts   documents_in, bytes_in, quarantined, empty, removed, each "/<source>/<language>"
    """
    source = work.options["source"]
    recipe = SourceRecipe.model_validate(work.options["recipe"])
    shards = _Shards(work)
    counts = _Tally()
    unreadable: list[dict[str, Any]] = []
    samples = _Samples()
    cleaned = _isolated(recipe, work) if work.callables else _direct(recipe)
    limit = work.options["limit"] or float("inf")
    share = limit / len({language for _, language, _ in work.options["units"]})
    removed = frozenset(work.options.get("tombstones", ()))

    def full(where: str) -> bool:
        return bool(counts.total >= limit or counts.counts.get(f"documents_in/{where}", 0) >= share)

    for name, language, size in work.options["units"]:
        where = f"{source}/{language}"
        if full(where):
            continue  # a sample opens no file that it takes nothing from
        unit = Unit(name, language, size)
        read = _keyed(source, unit, read_unit(source, recipe, work.folder_with("root", name), unit))
        for item, key, text in cleaned(read):
            if full(where):
                break
            if isinstance(item, Unreadable):
                counts.add("documents_in", where)
                counts.add("quarantined", where)
                unreadable.append(
                    {"source": source, "language": language, "file": name, "row": item.row,
                     "offset": item.offset, "error": item.error}
                )  # fmt: skip
                continue
            if not text:
                counts.add("empty", where)
                continue
            size_bytes = len(text.encode())
            if key in removed:
                counts.add("removed", where)
                shards.skip(size_bytes)
                continue
            counts.add("documents_in", where)
            counts.add("bytes_in", where, size_bytes)
            if text != item.text:
                samples.offer((key, source, language, item.text, text))
            shards.add((key, source, language, text, item.url, recipe.licence, name, item.row,
                        item.native_id or "", orjson.dumps(item.meta).decode()), size_bytes)  # fmt: skip
    shards.close()
    if unreadable:
        write_parquet(
            pa.Table.from_pylist(unreadable, QUARANTINE), work.output(f"{work.key}.quarantine.parquet")
        )
    if samples.kept:
        write_parquet(samples.table(), work.output(f"{work.key}.edits.parquet"))
    return counts.counts


def _cleaner(recipe: SourceRecipe, callables: Mapping[str, Any]) -> Callable[[str], str]:
    edits = [(callables.get(name) or BUILTIN[name]).target for name in recipe.clean]

    def clean(text: str) -> str:
        for edit in edits:
            text = edit(text)
        return text if text.strip() else ""

    return clean


def _direct(recipe: SourceRecipe) -> Callable[[Iterator[Keyed]], Iterator[Cleaned]]:
    """Cleans in this process: built-in edits."""
    clean = _cleaner(recipe, {})

    def cleaned(items: Iterator[Keyed]) -> Iterator[Cleaned]:
        for item, key in items:
            yield item, key, "" if isinstance(item, Unreadable) else clean(item.text)

    return cleaned


def _isolated(recipe: SourceRecipe, work: Work) -> Callable[[Iterator[Keyed]], Iterator[Cleaned]]:
    """Cleans in a process of its own, where an edit is a plug-in's; what it fails on becomes Unreadable."""

    def make() -> Callable[[list[str]], list[tuple[str, str]]]:
        clean = _cleaner(recipe, work.callables)
        return lambda texts: [_try(clean, text) for text in texts]

    name = " → ".join(recipe.clean)
    process = isolated(repr(work.options["edits"]), name, make, Limits(*work.options["limits"]))

    def flush(held: list[Keyed]) -> Iterator[Cleaned]:
        texts = [item.text for item, _ in held if isinstance(item, Record)]
        parts = process.parts(texts, ([text] for text in texts), lambda reason: [("", reason)])
        results = iter([result for part in parts for result in part])
        for item, key in held:
            if isinstance(item, Unreadable):
                yield item, key, ""
                continue
            text, reason = next(results)
            yield Unreadable(item.row, -1, reason) if reason else item, key, text

    def cleaned(items: Iterator[Keyed]) -> Iterator[Cleaned]:
        held: list[Keyed] = []
        size = 0
        for item, key in items:
            held.append((item, key))
            size += len(item.text) if isinstance(item, Record) else 0
            if len(held) >= _PLUGIN_TEXTS or size >= _PLUGIN_CHARACTERS:
                yield from flush(held)
                held, size = [], 0
        if held:
            yield from flush(held)

    return cleaned


def _try(clean: Callable[[str], str], text: str) -> tuple[str, str]:
    try:
        return clean(text), ""
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001  the document is quarantined with this reason
        return "", f"{type(error).__name__}: {error}"


def _keyed(source: str, unit: Unit, items: Iterator[Record | Unreadable]) -> Iterator[Keyed]:
    """Records with their ids. A native id counts once in a file; missing and repeated ones join the row."""
    seen: set[int] = set()
    for item in items:
        if isinstance(item, Unreadable):
            yield item, ""
            continue
        native = item.native_id or ""
        mark = xxhash.xxh3_64_intdigest(native.encode("utf-8", "surrogatepass"))
        repeated = not native or mark in seen
        seen.add(mark)
        yield item, document_id(source, unit.name, native, item.row if repeated else None)


class _Tally:
    def __init__(self) -> None:
        self.counts: Counts = {}
        self.total = 0

    def add(self, name: str, where: str, value: int = 1) -> None:
        key = f"{name}/{where}"
        self.counts[key] = self.counts.get(key, 0) + value
        if name in ("documents_in", "removed"):
            self.total += 1


class _Shards:
    """Collects rows and writes a part whenever `shard_bytes` of text have come together.

    Removed documents count: the others stay in the parts they were in. A part that loses all is not written.
    """

    def __init__(self, work: Work) -> None:
        self.work = work
        self.limit = work.options["shard_bytes"]
        self.rows: list[tuple[Any, ...]] = []
        self.size = self.part = 0

    def add(self, row: tuple[Any, ...], size: int) -> None:
        self.skip(size)
        self.rows.append(row)

    def skip(self, size: int) -> None:
        """Count a document that is not there any more."""
        if self.size and self.size + size > self.limit:
            self._flush()
        self.size += size

    def _flush(self) -> None:
        if self.rows:
            self._write()
        self.rows, self.size, self.part = [], 0, self.part + 1

    def _write(self) -> None:
        columns = [
            pa.array(values, kind.type)
            for values, kind in zip(zip(*self.rows, strict=True), DOCUMENTS, strict=True)
        ]
        table = pa.Table.from_arrays(columns, schema=DOCUMENTS)
        write_parquet(table, self.work.output(f"{self.work.key}-{self.part:03d}.parquet"))

    def close(self) -> None:
        if self.rows:
            self._flush()


class _Samples:
    """The texts with the smallest hashes of their ids: a sample that does not depend on order."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, tuple[str, ...]]] = []

    def offer(self, row: tuple[str, ...]) -> None:
        item = (-xxhash.xxh3_64_intdigest(row[0].encode()), row)
        if len(self._heap) < _EDIT_SAMPLES:
            heapq.heappush(self._heap, item)
        elif item > self._heap[0]:
            heapq.heapreplace(self._heap, item)

    @property
    def kept(self) -> list[tuple[str, ...]]:
        return [row for _, row in sorted(self._heap, reverse=True)]

    def table(self) -> pa.Table:
        shown = [(*row[:3], *(text[:_SAMPLE_CHARACTERS] for text in row[3:])) for row in self.kept]
        columns = [pa.array(values, pa.string()) for values in zip(*shown, strict=True)]
        return pa.Table.from_arrays(columns, schema=EDITS)
