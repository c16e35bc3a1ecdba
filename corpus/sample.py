"""A sample of documents with one signal measured on them, or taken from a build, for previews."""

from __future__ import annotations

import difflib
import tempfile
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from corpus.config import Project
from corpus.errors import SignalError
from corpus.executor import LocalExecutor
from corpus.inputs import Inputs
from corpus.manifest import RunFolder
from corpus.opened import Run
from corpus.run import Silent, run_steps
from corpus.signal import Signal
from corpus.steps import Build, shards

__all__ = ["built", "measured", "needs_build"]

#: Groups that need models a build trains.
_TRAINED = ("adult", "perplexity")


def measured(project: Project, inputs: Inputs, column: str, documents: int) -> pa.Table:
    """Columns id, source, language, text and the signal's, for up to `documents` of each source.

    Documents are read and measured in a temporary folder, with the code a build runs.
    """
    wanted = _needed(project, column)
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


def needs_build(project: Project, column: str) -> bool:
    """Whether the signal needs models that a build trains; raises SignalError where it is unknown."""
    return any(item.name in _TRAINED for item in _needed(project, column))


def built(project: Project, run: Run, column: str, documents: int) -> pa.Table:
    """The columns of `measured`, for up to `documents` of each source, as a build measured them.

    Raises SignalError where the build has no such signal.
    """
    group = _needed(project, column)[-1].name
    taken: Counter[str] = Counter()
    tables = []
    for name, path in run.each(f"signals/{group}"):
        source = name.partition("/")[0]
        if taken[source] >= documents or column not in pq.read_schema(path).names:
            continue
        table = pq.read_table(run.file(f"documents/{name}"), columns=["id", "source", "text"])
        assigned = pq.read_table(run.file(f"signals/language/{name}"), columns=["language_assigned"])
        table = table.add_column(2, "language", assigned["language_assigned"])
        table = table.append_column(column, pq.read_table(path, columns=[column])[column])
        tables.append(table.slice(0, documents - taken[source]))
        taken[source] += tables[-1].num_rows
    if not tables:
        raise SignalError(
            f"'{column}' needs models that a build trains, and {run.url} holds none of its values; run "
            "`corpus build` first, or name the folder of builds with --output"
        )
    return pa.concat_tables(tables).combine_chunks()


def _needed(project: Project, column: str) -> list[Signal]:
    """The group that has the column, after the groups it reads."""
    owners = {name: item for item in project.signals for name in item.columns}
    if column not in owners:
        close = difflib.get_close_matches(column, sorted(owners), n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(close)}?" if close else f"there are {', '.join(sorted(owners))}"
        raise SignalError(f"no signal '{column}' in this pipeline; {hint}")
    chosen: list[Signal] = []

    def add(item: Signal) -> None:
        for name in item.reads:
            if name in owners and owners[name] is not item:
                add(owners[name])
        if item not in chosen:
            chosen.append(item)

    add(owners[column])
    return chosen
