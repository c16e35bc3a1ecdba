"""Annotate: measure the signals of one group on the documents of one shard.

The groups of a shard run one after the other in one process, so text is decoded and split into words once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from corpus.batch import Batch
from corpus.errors import SignalError
from corpus.signal import Signal
from corpus.signals import OPTIONS, group
from corpus.storage import write_parquet
from corpus.work import Counts, Work

__all__ = ["ERROR", "VERSION", "annotate", "batches_of"]

VERSION = 1

#: Ending of the column that says why a signal could not be measured on a document; null where it could.
ERROR = "_error"
#: Text of one batch, bytes: large enough for the kernels, small enough for the cache of derived arrays.
_BATCH_BYTES = 8_000_000

_last_shard: tuple[str, list[Batch]] = ("", [])
_built: dict[tuple[str, str], Callable[..., Any]] = {}


def batches_of(path: Path) -> list[Batch]:
    """The documents of a shard in batches; the last shard is remembered, with what was derived from it."""
    global _last_shard
    status = path.stat()
    key = f"{path}@{status.st_ino}@{status.st_mtime_ns}"
    if _last_shard[0] != key:
        table = pq.read_table(path)
        rows = max(1, table.num_rows * _BATCH_BYTES // max(table.nbytes, 1))
        _last_shard = (key, [Batch(record) for record in table.combine_chunks().to_batches(rows)])
    return _last_shard[1]


def annotate(work: Work) -> Counts:
    """Write `<key>.parquet`: the group's columns, row-aligned with the documents, and `<group>_error`.

    inputs   documents; group/<name> for every group this one reads; artefacts by name
    options  group, settings (the group's options), reads (columns of other
             groups), plugin (digest of the plug-in file, empty for built-ins)
    counts   measured, failed
    """
    name = work.options["group"]
    signal = work.callables.get(name) or group(name)
    call = _build(signal, work)
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
        result, errors = _measure(signal, call, seen)
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
    key = (signal.name, repr((work.options["settings"], work.options["plugin"], sorted(artefacts.items()))))
    if key not in _built:
        options = None
        if not work.options["plugin"]:
            options = OPTIONS[signal.name].model_validate(work.options["settings"])
        _built[key] = signal.build(options, artefacts)
    return _built[key]


def _measure(signal: Signal, call: Callable[..., Any], batch: Batch) -> tuple[pa.RecordBatch, pa.Array]:
    """The columns and, for each document, why it could not be measured.

    A signal that raises on a batch is called document by document, so that only those it raises on are lost.
    """
    try:
        return signal.measure(call, batch), pa.nulls(len(batch), pa.string())
    except SignalError:
        raise
    except Exception:  # noqa: BLE001  a signal may raise anything: find the documents it raises on
        parts = [_measure_one(signal, call, Batch(batch.record.slice(row, 1))) for row in range(len(batch))]
    columns = pa.Table.from_batches([columns for columns, _ in parts]).combine_chunks().to_batches()[0]
    return columns, pa.array([error for _, error in parts], pa.string())


def _measure_one(signal: Signal, call: Callable[..., Any], batch: Batch) -> tuple[pa.RecordBatch, str | None]:
    try:
        return signal.measure(call, batch), None
    except SignalError:
        raise
    except Exception as error:  # noqa: BLE001  the document is quarantined with this reason
        nulls: Mapping[str, pa.Array] = {name: pa.nulls(1, kind) for name, kind in signal.columns.items()}
        return pa.record_batch(
            list(nulls.values()), list(nulls)
        ), f"{signal.name}: {type(error).__name__}: {error}"
