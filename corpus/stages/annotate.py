"""Annotate: measure the signals of one group on the documents of one shard.

The groups of a shard run one after the other in one process, so text is decoded and split into words once;
a plug-in's signal runs in a process of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel

from corpus.batch import Batch
from corpus.errors import SignalError
from corpus.isolate import Limits, isolated
from corpus.signal import Signal
from corpus.signals import OPTIONS, group
from corpus.storage import write_parquet
from corpus.work import Counts, Work

__all__ = ["ERROR", "VERSION", "annotate", "batches_of", "read_batches"]

VERSION = 1

#: Ending of the column that says why a signal could not be measured on a document; null where it could.
ERROR = "_error"
#: Text of one batch, bytes: large enough for the kernels, small enough for the cache of derived arrays.
_BATCH_BYTES = 8_000_000

#: Documents a plug-in is given at once: enough to hide the way to its process, few enough to try one by one.
_PLUGIN_ROWS = 128

#: Processor seconds and bytes for signals that are no plug-ins: what none needs.
_NO_LIMITS = (3600.0, 1 << 42)

#: The columns of some documents and, for each document, why it could not be measured.
Part = tuple[pa.RecordBatch, pa.Array]

_last_shard: tuple[str, list[Batch]] = ("", [])
_built: dict[tuple[str, str], Callable[..., Any]] = {}


def batches_of(path: Path) -> list[Batch]:
    """The documents of a shard in batches; the last shard is remembered, with what was derived from it."""
    global _last_shard
    status = path.stat()
    key = f"{path}@{status.st_ino}@{status.st_mtime_ns}"
    if _last_shard[0] != key:
        _last_shard = (key, list(read_batches(path)))
    return _last_shard[1]


def read_batches(path: Path) -> Iterator[Batch]:
    """A Parquet file in batches of about 8 MB, all of as many documents."""
    with pq.ParquetFile(path) as file:
        size = sum(file.metadata.row_group(group).total_byte_size for group in range(file.num_row_groups))
        batches = max(1, round(size / _BATCH_BYTES))
        for record in file.iter_batches(-(-file.metadata.num_rows // batches) or 1, use_threads=False):
            yield Batch(record)


def annotate(work: Work) -> Counts:
    """Write `<key>.parquet`: the group's columns, row-aligned with the documents, and `<group>_error`.

    inputs   documents; group/<name> for every group this one reads; artefacts by name
    options  group, settings (the group's options), reads (columns of other
             groups), plugin (digest of the plug-in file, empty for built-ins), limits (processor seconds and
             bytes a plug-in may take for a document)
    counts   measured, failed
    """
    name = work.options["group"]
    signal = work.callables.get(name) or group(name, _options(work))
    isolate = work.isolate or bool(work.options["plugin"])
    measure = _isolated(signal, work) if isolate else _direct(signal, work)
    read = [
        pq.read_table(work.input(role)).combine_chunks()
        for role in sorted(work.inputs)
        if role.startswith("group/")
    ]
    tables, failed, row = [], 0, 0
    for batch in batches_of(work.input("documents")):
        seen = batch
        for table in read:
            seen = seen.with_columns(_rows(table, row, len(batch), work.options["reads"]))
        row += len(batch)
        for result, errors in measure(seen):
            failed += len(errors) - errors.null_count
            tables.append(pa.Table.from_batches([result.append_column(signal.name + ERROR, errors)]))
    write_parquet(pa.concat_tables(tables), work.output(f"{work.key}.parquet"))
    return {"measured": row - failed, "failed": failed}


def _rows(table: pa.Table, start: int, count: int, columns: list[str]) -> pa.RecordBatch:
    wanted = [name for name in table.schema.names if name in columns]
    part = table.select(wanted).slice(start, count).combine_chunks()
    return pa.record_batch([part.column(name).combine_chunks() for name in wanted], wanted)


def _build(signal: Signal, work: Work) -> Callable[..., Any]:
    """The callable, built once per process for the same options and artefacts."""
    artefacts = {
        role.removeprefix("artefact/"): work.input(role)
        for role in work.inputs
        if role.startswith("artefact/")
    }
    if not signal.is_class:
        return signal.target
    files = [
        (role, str(path), path.stat().st_mtime_ns, path.stat().st_ino) for role, path in artefacts.items()
    ]
    key = (signal.name, repr((work.options["settings"], work.options["plugin"], sorted(files))))
    if key not in _built:
        _built[key] = signal.build(_options(work), artefacts)
    return _built[key]


def _options(work: Work) -> BaseModel | None:
    if work.options["plugin"]:
        return None
    return OPTIONS[work.options["group"]].model_validate(work.options["settings"])


def _direct(signal: Signal, work: Work) -> Callable[[Batch], Iterator[Part]]:
    """Measures in this process: built-in signals."""
    call = _build(signal, work)

    def measure(batch: Batch) -> Iterator[Part]:
        yield _measure(signal, call, batch)

    return measure


def _isolated(signal: Signal, work: Work) -> Callable[[Batch], Iterator[Part]]:
    """Measures in a process of its own: plug-ins, which may loop, allocate without bound or crash; and every
    signal once a worker has died of the task."""

    def make() -> Callable[[bytes], Part]:
        call = _build(signal, work)
        return lambda data: _measure(signal, call, Batch(_unpacked(data)))

    options = [work.options[name] for name in ("plugin", "settings")]
    inputs = {role: [str(path) for path in paths] for role, paths in work.inputs.items()}
    artefacts = {role: paths for role, paths in inputs.items() if role.startswith("artefact/")}
    key = repr((signal.name, options, sorted(artefacts.items())))
    process = isolated(key, signal.name, make, Limits(*work.options.get("limits", _NO_LIMITS)))

    def measure(batch: Batch) -> Iterator[Part]:
        for start in range(0, len(batch), _PLUGIN_ROWS):
            rows = batch.record.slice(start, _PLUGIN_ROWS)
            singles = (_packed(rows.slice(row, 1)) for row in range(rows.num_rows))
            yield from process.parts(_packed(rows), singles, lambda reason: _failed(signal, reason))

    return measure


def _packed(record: pa.RecordBatch) -> bytes:
    """As an Arrow stream: pickling would send the whole batch that a slice is a part of."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, record.schema) as writer:
        writer.write_batch(record)
    return bytes(sink.getvalue())


def _unpacked(data: bytes) -> pa.RecordBatch:
    with pa.ipc.open_stream(data) as reader:
        return reader.read_next_batch()


def _measure(signal: Signal, call: Callable[..., Any], batch: Batch) -> Part:
    """A signal that raises on a batch is called document by document, so that only those it raises on are
    lost. Memory that has run out is no document's fault here: it ends the task, or the plug-in's process.
    """
    try:
        return signal.measure(call, batch), pa.nulls(len(batch), pa.string())
    except (SignalError, MemoryError):
        raise
    except Exception:  # noqa: BLE001  a signal may raise anything: find the documents it raises on
        parts = [_measure_one(signal, call, Batch(batch.record.slice(row, 1))) for row in range(len(batch))]
    columns = pa.Table.from_batches([columns for columns, _ in parts]).combine_chunks().to_batches()[0]
    return columns, pa.concat_arrays([errors for _, errors in parts])


def _measure_one(signal: Signal, call: Callable[..., Any], batch: Batch) -> Part:
    try:
        return signal.measure(call, batch), pa.nulls(1, pa.string())
    except (SignalError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001  the document is quarantined with this reason
        return _failed(signal, f"{signal.name}: {type(error).__name__}: {error}")


def _failed(signal: Signal, reason: str) -> Part:
    nulls = {name: pa.nulls(1, kind) for name, kind in signal.columns.items()}
    return pa.record_batch(list(nulls.values()), list(nulls)), pa.array([reason], pa.string())
