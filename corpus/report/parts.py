"""What the report says of each source, made by tasks of the run: what did not change is not read again.

report/counts/<source>/<nnnnn>    of MOST_SHARDS neighbouring shards: what filters took
report/sources/<source>           distributions and samples of at most MOST_SHARDS shards, evenly spread
report/survivors/<source>         texts of survivors that samples of any source name
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from corpus.filter import Filter, Range
from corpus.manifest import Manifest, RunFolder
from corpus.place import FolderPlace
from corpus.report.adult import Entries, adult_counts
from corpus.report.distribution import distributions
from corpus.report.mask import excerpts
from corpus.report.reasons import Tally, tally
from corpus.report.samples import EDITS, PICKS, SAMPLES, edit_samples, picks, places_of, unreadable
from corpus.report.shards import MOST_SHARDS, Shard, by_source, shards, spread
from corpus.run import proven, sweep
from corpus.storage import canonical_json, read_json, write_parquet
from corpus.task import Input, Ref, Task, run_task
from corpus.totals import Totals
from corpus.work import Counts, Work

__all__ = ["VERSION", "Looked", "counts", "filters_of", "look", "sources", "survivors"]

#: Raised when the report of the same run would come out different.
VERSION = 5

_COUNTS, _SOURCES, _SURVIVORS = "report/counts", "report/sources", "report/survivors"


class Looked(NamedTuple):
    """All that is known of the documents of a run.

    tally          see `corpus.report.reasons`
    adult          see `corpus.report.adult`; None without adult signals
    distributions  rows of signals.parquet
    measured       documents with and without a value, by (signal, language)
    unreadable     by source the first records that could not be read
    samples        rows of samples.parquet
    edits          edits.parquet
    """

    tally: Tally
    adult: dict[str, Any] | None
    distributions: list[dict[str, Any]]
    measured: dict[tuple[str, str], list[int]]
    unreadable: dict[str, Any]
    samples: pa.Table
    edits: pa.Table


def filters_of(recipe: Mapping[str, Any]) -> list[Filter]:
    """The filters of the recipe in a manifest."""
    return [_filter(item) for item in recipe["filters"]]


def _filter(data: Mapping[str, Any]) -> Filter:
    languages = {code: Range(**bounds) if bounds else None for code, bounds in data["languages"].items()}
    return Filter(**{**data, "default": Range(**data["default"]), "languages": languages})


def look(folder: RunFolder, recipe: Mapping[str, Any]) -> Looked:
    """Run the tasks that are not done, and put together what they found."""
    by_name = by_source(shards(folder.place, recipe["signals"]))
    made = _Made(folder)
    total: Counter[tuple[str, str, str, int]] = Counter()
    sizes: Counter[tuple[str, str, str, int]] = Counter()
    adult = Entries()
    for manifest in made.all(_COUNTS, _count_tasks(folder, by_name, recipe)):
        found = made.json(manifest, "counts.json")
        source = manifest.key.rpartition("/")[0]
        for language, verdict, mask, documents, size in found["tally"]:
            total[source, language, verdict, mask] += documents
            sizes[source, language, verdict, mask] += size
        adult.merge(source, found["adult"])
    rows: list[dict[str, Any]] = []
    measured: dict[tuple[str, str], list[int]] = {}
    broken: dict[str, Any] = {}
    tables, edits = [], []
    for manifest in made.all(_SOURCES, _source_tasks(folder, by_name, recipe)):
        found = made.json(manifest, "source.json")
        rows += found["distributions"]
        broken |= found["unreadable"]
        for signal, language, *both in found["measured"]:
            entry = measured.setdefault((signal, language), [0, 0])
            entry[:] = [a + b for a, b in zip(entry, both, strict=True)]
        tables.append(made.table(manifest, "samples.parquet"))
        edits.append(made.table(manifest, "edits.parquet"))
    samples = pa.concat_tables([PICKS.empty_table(), *tables]).combine_chunks()
    texts = _survivor_texts(made, by_name, samples["survivor"])
    column = pa.array([texts.get(name) for name in samples["survivor"].to_pylist()], pa.large_string())
    samples = samples.append_column("survivor_text", column).select(SAMPLES.names).cast(SAMPLES)
    return Looked(
        {key: (total[key], sizes[key]) for key in sorted(total)},
        adult.shown(),
        rows,
        measured,
        broken,
        samples,
        pa.concat_tables([EDITS.empty_table(), *edits]).combine_chunks(),
    )


class _Made:
    """Runs tasks in this process, where they are not done, and reads what they made."""

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder

    def all(self, step: str, tasks: Iterable[Task]) -> Iterator[Manifest]:
        """The manifests of these tasks of a step, one after the other; those of others are deleted."""
        totals = Totals(step)
        for task in tasks:
            run_task(task, self.folder)
            manifest = proven(self.folder, task.step, task.key)
            totals.add(manifest)
            yield manifest
        sweep(self.folder, totals)

    def json(self, manifest: Manifest, name: str) -> Any:
        return read_json(self._path(manifest, name))

    def table(self, manifest: Manifest, name: str) -> pa.Table:
        with pq.ParquetFile(self._path(manifest, name)) as file:
            return file.read(use_threads=False)

    def _path(self, manifest: Manifest, name: str) -> Path:
        output = manifest.output(f"{manifest.key}/{name}")
        return self.folder.place.path(f"{manifest.step}/{output.name}", output.digest)


def _task(step: str, key: str, inputs: Mapping[str, Sequence[Input]], options: Mapping[str, Any]) -> Task:
    return Task(
        step=step,
        key=key,
        function=f"corpus.report.parts:{step.removeprefix('report/')}",
        version=VERSION,
        inputs={role: tuple(refs) for role, refs in inputs.items()},
        options=options,
        folder=key,
    )


def _refs(step: str, found: Iterable[Shard], folder: RunFolder) -> list[Ref]:
    """The files of these shards in the folder of a step, where it has them."""
    refs = []
    for shard in found:
        key = {"documents": shard.key.rpartition("-")[0], "duplicates": "all"}.get(step, shard.key)
        refs.append(Ref(step, key, f"{shard.key}.parquet"))
    return [ref for ref in refs if folder.manifest(ref.step, ref.key) is not None]


# ----------------------------------------------------------------------- counts


def _count_tasks(
    folder: RunFolder, by_name: Mapping[str, Sequence[Shard]], recipe: Mapping[str, Any]
) -> Iterator[Task]:
    for name, found in by_name.items():
        for number, start in enumerate(range(0, len(found), MOST_SHARDS)):
            group = found[start : start + MOST_SHARDS]
            inputs = {step: _refs(step, group, folder) for step in ("decisions", "signals/adult")}
            options = _options(name, group, recipe)
            yield _task(_COUNTS, f"{name}/{number:05d}", inputs, options)


def counts(work: Work) -> Counts:
    """counts.json: tally ([language, verdict, reasons, documents, bytes]) and adult (`adult_counts`)."""
    found = _found(work, "decisions")
    rows = [[*key[1:], *both] for key, both in tally(found).items()]
    adult = adult_counts(found, filters_of(work.options))
    work.output("counts.json").write_bytes(canonical_json({"tally": rows, "adult": adult}))
    return {}


def _options(name: str, found: Sequence[Shard], recipe: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "source": name,
        "shards": [shard.key for shard in found],
        "groups": sorted(recipe["signals"]),
        "filters": recipe["filters"],
    }


def _found(work: Work, step: str) -> list[Shard]:
    """The shards of a task, whose files lie below one folder, in the places they have in the run."""
    options = work.options
    paths = dict(zip(options["shards"], work.each(step), strict=True))
    return [
        Shard(
            options["source"],
            key,
            FolderPlace(path.parents[key.count("/") + step.count("/") + 1]),
            tuple(options.get("groups", ())),
        )
        for key, path in paths.items()
    ]


# ---------------------------------------------------------------------- sources


def _source_tasks(
    folder: RunFolder, by_name: Mapping[str, Sequence[Shard]], recipe: Mapping[str, Any]
) -> Iterator[Task]:
    beside: dict[str, dict[str, list[Ref]]] = {}
    for name in sorted(folder.place.names("documents")):
        output = name.removeprefix("documents/")
        key, _, kind = output.removesuffix(".parquet").rpartition(".")
        if kind in ("quarantine", "edits"):
            own = beside.setdefault(key.rpartition("/")[0], {})
            own.setdefault(kind, []).append(Ref("documents", key, output))
    for name in sorted({*by_name, *beside}, key=lambda name: f"{name}/"):
        found = spread(list(by_name.get(name, ())))
        steps = ("documents", "decisions", "duplicates", *(f"signals/{item}" for item in recipe["signals"]))
        inputs = {step: _refs(step, found, folder) for step in steps} | beside.get(name, {})
        options = {**_options(name, found, recipe), "seed": recipe["pipeline"]["seed"]}
        yield _task(_SOURCES, name, inputs, options)


def sources(work: Work) -> Counts:
    """source.json: distributions, measured ([signal, language, with a value, without]), unreadable;
    samples.parquet: PICKS; edits.parquet: EDITS."""
    found, rules = _found(work, "decisions"), filters_of(work.options)
    measured: dict[tuple[str, str], list[int]] = {}
    data = {
        "distributions": list(distributions(work.options["source"], found, rules, measured)),
        "measured": [[*key, *both] for key, both in measured.items()],
        "unreadable": unreadable(work.each("quarantine")),
    }
    work.output("source.json").write_bytes(canonical_json(data))
    write_parquet(picks(found, rules, work.options["seed"]), work.output("samples.parquet"))
    write_parquet(edit_samples(work.each("edits")), work.output("edits.parquet"))
    return {}


# -------------------------------------------------------------------- survivors


def _survivor_texts(
    made: _Made, by_name: Mapping[str, Sequence[Shard]], named: pa.ChunkedArray
) -> dict[str, str]:
    """The beginnings of the survivors that are named, by id."""
    wanted = {name for name in named.to_pylist() if name}
    places = places_of((shard for found in by_name.values() for shard in found), wanted)
    rows: dict[str, dict[Shard, list[tuple[int, str]]]] = {}
    for name, (shard, row) in places.items():
        rows.setdefault(shard.source, {}).setdefault(shard, []).append((row, name))
    tasks = (
        _task(
            _SURVIVORS,
            name,
            {"documents": _refs("documents", sorted(rows[name]), made.folder)},
            {
                "source": name,
                "shards": [shard.key for shard in sorted(rows[name])],
                "rows": [sorted(rows[name][shard]) for shard in sorted(rows[name])],
            },
        )
        for name in sorted(rows)
    )
    tables = [made.table(manifest, "survivors.parquet") for manifest in made.all(_SURVIVORS, tasks)]
    return {row["id"]: row["text"] for table in tables for row in table.to_pylist()}


def survivors(work: Work) -> Counts:
    """survivors.parquet: id and the masked beginning of the text. Options: rows ([row, id] of each shard)."""
    ids: list[str] = []
    texts: list[str] = []
    languages: list[str] = []
    for shard, rows in zip(_found(work, "documents"), work.options["rows"], strict=True):
        table = shard.read("documents", ["language", "text"]).take(pa.array([row for row, _ in rows]))
        ids += [name for _, name in rows]
        texts += table["text"].to_pylist()
        languages += table["language"].to_pylist()
    table = pa.table({"id": ids, "text": pa.array(excerpts(texts, languages), pa.large_string())})
    write_parquet(table, work.output("survivors.parquet"))
    return {}
