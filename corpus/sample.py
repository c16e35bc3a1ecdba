"""A sample of documents with one signal measured on them, for previews."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from corpus.config import Project
from corpus.errors import SignalError
from corpus.executor import LocalExecutor
from corpus.inputs import Inputs
from corpus.manifest import RunFolder
from corpus.run import Silent, run_steps
from corpus.signal import Signal
from corpus.steps import Build, shards

__all__ = ["measured"]


def measured(project: Project, inputs: Inputs, column: str, documents: int) -> pa.Table:
    """Columns id, source, language, text and the signal's, for up to `documents` of each source.

    Documents are read and measured in a temporary folder, with the code a build runs. Raises SignalError
    where no signal has that name, or where it needs models that only a build trains.
    """
    wanted = _needed(project, column)
    if "perplexity" in {item.name for item in wanted}:
        raise SignalError(
            f"'{column}' needs language models, which a build trains; build first, then look at the report"
        )
    with tempfile.TemporaryDirectory(prefix="corpus-preview-") as folder:
        small = Build(project, inputs, RunFolder(Path(folder)), documents, tuple(i.name for i in wanted))
        run_steps(small, LocalExecutor(), Silent(), ("documents", "signals"))
        tables = []
        for shard in shards(small):
            table = pq.read_table(small.folder.path("documents", shard.documents.output))
            table = table.select(["id", "source", "language", "text"])
            for item in wanted:
                found = pq.read_table(small.folder.path(f"signals/{item.name}", f"{shard.key}.parquet"))
                if "language_assigned" in found.column_names:
                    place = table.column_names.index("language")
                    table = table.set_column(place, "language", found["language_assigned"])
                if column in found.column_names:
                    table = table.append_column(column, found[column])
            tables.append(table)
        return pa.concat_tables(tables).combine_chunks()


def _needed(project: Project, column: str) -> list[Signal]:
    """The group that has the column, after the groups it reads."""
    owners = {name: item for item in project.signals for name in item.columns}
    if column not in owners:
        raise SignalError(f"no signal '{column}'; there are {', '.join(sorted(owners))}")
    chosen: list[Signal] = []

    def add(item: Signal) -> None:
        for name in item.reads:
            if name in owners and owners[name] is not item:
                add(owners[name])
        if item not in chosen:
            chosen.append(item)

    add(owners[column])
    return chosen
