"""Remove: take documents out of a build, and keep them out; a receipt says what was removed from where.

A tombstone for each document is written beside sources.yaml, trained artefacts are pinned, and the project is
built again. The engine does the rest: it rewrites what truly changed, the next-best member of a cluster comes
back, and the result is what a build from scratch without the documents gives with the same pins.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from corpus import api, pins, tombstones
from corpus.config import Project
from corpus.errors import CorpusError, StorageError
from corpus.inputs import Notify
from corpus.manifest import MANIFEST, RunFolder
from corpus.opened import Run
from corpus.run import Listener
from corpus.stages.finalize import bucket_name, keyed_hashes
from corpus.steps import steps
from corpus.storage import canonical_json, digest_bytes, encode_json
from corpus.tombstones import Tombstone, unit_digest

__all__ = ["RECEIPTS", "Found", "find", "read_list", "remove"]

RECEIPTS = "receipts"
#: Columns that name documents, in the files of a run.
_NAMING = ("id", "survivor", "cluster")
#: Unknown documents named in an error.
_SHOWN = 5


class Found(NamedTuple):
    """A document of a build: `file` is the raw input it was read from, `shard` the key of its shard."""

    id: str
    source: str
    file: str
    shard: str


def remove(
    project: Project | str | Path = "sources.yaml",
    *,
    ids: Iterable[str] = (),
    urls: Iterable[str] = (),
    output: str | Path = "build",
    retrain: bool = False,
    executor: str = "local",
    workers: int | None = None,
    listener: Listener | None = None,
    notify: Notify | None = None,
) -> dict[str, Any]:
    """Remove the documents with these ids or URLs from `output`/<name>; gives the receipt.

    retrain   train the tokenizer and the models anew; else they stay what they are, by pins
    Files of the user are not rewritten: the receipt names them under "raw". Safe to repeat: a removal that
    was interrupted continues. Raises StorageError where there is no finished build or no such document.
    """
    resolved = project if isinstance(project, Project) else api.load(project)
    run = Run(f"{output}/{resolved.name}")
    folder = run.folder
    asked = digest_bytes(canonical_json([sorted(set(ids)), sorted(set(urls))]))
    pending = _pending(run)
    with folder.place.lock():
        if pending is None:
            pending = _begin(run, sorted(set(ids)), sorted(set(urls)), resolved, asked)
        name, receipt = pending
        _keep_out(resolved, folder, receipt, retrain, notify)
    started = time.monotonic()
    result = api.build(
        resolved,
        output=output,
        executor=executor,
        workers=workers,
        **receipt["build"],
        listener=listener,
        notify=notify,
    )
    _finish(name, receipt, run, {item["id"] for item in receipt["documents"]})
    receipt["root_digest"]["after"] = result.root_digest
    receipt["tasks_run"] = {step.name: step.ran for step in result.steps if step.ran}
    receipt["retrained"] = retrain
    receipt["build_seconds"] = round(time.monotonic() - started, 3)
    receipt["finished"] = _now()
    folder.place.write(name, encode_json(receipt))
    folder.place.delete([_before(name)])
    folder.place.close()
    if receipt["asked"] != asked:  # that was a removal which had been interrupted; now the one asked for
        return remove(
            resolved, ids=ids, urls=urls, output=output, retrain=retrain, executor=executor,
            workers=workers, listener=listener, notify=notify,
        )  # fmt: skip
    return {"receipt": f"{run.url}/{name}", **receipt}


def _keep_out(
    project: Project, folder: RunFolder, receipt: Mapping[str, Any], retrain: bool, notify: Notify | None
) -> None:
    """Pin what was trained, then write the tombstones: from here on any build leaves the documents out."""
    if retrain:
        pins.drop(folder)
    elif folder.place.size(MANIFEST) is not None:
        made = api.prepare(project, folder, notify=notify, **receipt["build"])
        chosen = (step for step in steps(made) if step.name in pins.STEPS)
        pins.pin(folder, (task for step in chosen for job in step.jobs(made) for task in job), made.pins)
    place = project.path.parent
    items = [Tombstone(d["id"], unit_digest(d["source"], d["file"])) for d in receipt["documents"]]
    tombstones.save(place, tombstones.load(place).adding(items))


def read_list(path: Path) -> tuple[list[str], list[str]]:
    """The ids and the URLs of a text file with one a line, without empty lines and comments (#)."""
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(f"{path}: cannot be read as a list of ids and URLs: {error}") from error
    names = [line for line in lines if line and not line.startswith("#")]
    return [name for name in names if _is_id(name)], [name for name in names if not _is_id(name)]


def _is_id(name: str) -> bool:
    return len(name) == 32 and not set(name) - set("0123456789abcdef")


def find(run: Run, ids: Sequence[str], urls: Sequence[str], known: set[str]) -> list[Found]:
    """The documents of the run with these ids or URLs; those removed already (`known`) may be named again.

    Raises StorageError naming what the run does not have, and where nothing is left to remove.
    """
    wanted_ids, wanted_urls = pa.array(ids, pa.string()), pa.array([url for url in urls if url], pa.string())
    found, met = [], set(known)
    for name, path in run.each("documents"):
        shard = name.removesuffix(".parquet")
        if shard.endswith((".quarantine", ".edits")):
            continue
        with pq.ParquetFile(path) as file:
            table = file.read(columns=["id", "url"], use_threads=False)
        hit = pc.or_(pc.is_in(table["id"], wanted_ids), pc.is_in(table["url"], wanted_urls))
        rows = np.flatnonzero(hit.to_numpy())
        if not len(rows):
            continue
        table = pq.read_table(path, columns=["id", "url", "source", "file"]).take(pa.array(rows))
        for row in table.to_pylist():
            found.append(Found(row["id"], row["source"], row["file"], shard))
            met |= {row["id"], row["url"]}
    missing = [name for name in (*ids, *urls) if name not in met]
    if missing:
        more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        shown = ", ".join(missing[:_SHOWN]) + more
        raise StorageError(f"{run.url}: has no document {shown}; nothing was removed")
    if not found:
        asked = (
            "these documents are removed already" if ids or urls else "name documents: --id, --url, --file"
        )
        raise StorageError(f"{run.url}: nothing to remove: {asked}")
    return found


# --------------------------------------------------------------------- receipt


def _pending(run: Run) -> tuple[str, dict[str, Any]] | None:
    """The receipt of a removal that was interrupted."""
    for before in run.files(RECEIPTS, ".before"):
        name = f"{before.removesuffix('.before')}.json"
        if receipt := run.folder.json(name):
            return name, receipt
    return None


def _next_receipt(run: Run) -> str:
    stems = [Path(name).stem for name in run.files(RECEIPTS, ".json")]
    numbers = [int(stem) for stem in stems if stem.isdecimal()]
    return f"{RECEIPTS}/{max(numbers, default=0) + 1:04d}.json"


def _before(receipt: str) -> str:
    return f"{receipt.removesuffix('.json')}.before"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _begin(
    run: Run, ids: Sequence[str], urls: Sequence[str], project: Project, asked: str
) -> tuple[str, dict[str, Any]]:
    """Find the documents; write the receipt as far as it is known, and beside it the state of the run."""
    if run.folder.place.size(MANIFEST) is None:
        raise StorageError(f"{run.url}: holds no finished build; run `corpus build` first")
    known = {item.id for item in tombstones.load(project.path.parent)}
    found = find(run, ids, urls, known)
    name = _next_receipt(run)
    summary = run.manifest
    files = _files(run)
    removed = {item.id for item in found}
    places = _places(found, project)
    likely = [name for name in files if _is_likely(name, places)]
    holders = _holders(run, [*likely, *_report_files(run)], removed)
    run.folder.place.write(_before(name), encode_json({"files": files, "holders": holders}))
    raw = sorted({(item.source, item.file) for item in found})
    receipt = {
        "format": 1,
        "asked": asked,
        "started": _now(),
        "finished": None,
        "documents": [
            {"id": item.id, "source": item.source, "file": item.file, "shard": item.shard} for item in found
        ],
        "raw": [{"source": source, "file": file, "rewritten": False} for source, file in raw],
        "root_digest": {"before": summary["root_digest"], "after": None},
        "build": {"limit": summary["limit"], "skip_unavailable": bool(summary["unavailable"])},
    }
    run.folder.place.write(name, encode_json(receipt))
    return name, receipt


def _finish(name: str, receipt: dict[str, Any], run: Run, removed: set[str]) -> None:
    """Compare the run with what it was; raises CorpusError where a removed document is still named."""
    stored = run.folder.json(_before(name))
    before, holders = stored["files"], stored["holders"]
    after = _files(run)
    changed = [name for name in sorted({*before, *after}) if before.get(name) != after.get(name)]
    searched = sorted({*(name for name in changed if name in after), *holders, *_report_files(run)})
    left = _holders(run, searched, removed)
    if left:
        raise CorpusError(
            f"{run.url}: removed documents are still named in {', '.join(left)}; delete these files and run "
            "`corpus build`, and please report this as a bug of corpus"
        )
    receipt["removed_from"] = dict(holders)
    receipt["rewritten"] = [
        {"file": name, "before": before.get(name), "after": after.get(name)} for name in changed
    ]
    receipt["files"] = {"before": len(before), "after": len(after), "rewritten": len(changed)}
    receipt["searched"] = len(searched)


def _files(run: Run) -> dict[str, str]:
    """Every file a manifest of the run owns, with its digest."""
    found = {}
    for name in run.files("manifests", ".json"):
        data = orjson.loads(run.folder.place.read(name, "manifests") or b"{}")
        for output in data["outputs"]:
            found[f"{data['step']}/{output['name']}"] = output["digest"]
    return found


def _report_files(run: Run) -> list[str]:
    return run.files("report")


def _places(found: Iterable[Found], project: Project) -> set[str]:
    """Names of the shards, ingest tasks and buckets the documents are in."""
    listed = list(found)
    pipeline = project.pipeline
    hashes = keyed_hashes(pa.array([item.id for item in listed]), pipeline.seed)
    buckets = {bucket_name(int(value)) for value in hashes % np.uint64(pipeline.buckets)}
    shards = {item.shard for item in listed}
    return shards | {shard.rpartition("-")[0] for shard in shards} | buckets


def _is_likely(name: str, places: set[str]) -> bool:
    """Whether a file may name the documents: it is of one of their places, or of a step that mixes places."""
    step, _, rest = name.partition("/")
    if step in ("packed", "dedup", "duplicates"):
        return True
    parts = rest.split(".", 1)[0].split("/")
    return any("/".join(parts[:size]) in places for size in range(1, len(parts) + 1))


def _holders(run: Run, names: Iterable[str], removed: set[str]) -> dict[str, int]:
    """Files that name one of the documents, with the number of their rows that do."""
    wanted = pa.array(sorted(removed), pa.string())
    found = {}
    for name in names:
        path = run.file(name)
        rows = sum(_rows(column, wanted) for column in _naming_columns(path)) if path.is_file() else 0
        if rows:
            found[name] = rows
    return found


def _rows(column: pa.ChunkedArray, wanted: pa.Array) -> int:
    return int(pc.sum(pc.is_in(column.cast(pa.string()), wanted)).as_py() or 0)


def _naming_columns(path: Path) -> Iterator[pa.ChunkedArray]:
    """The columns of a Parquet or Arrow file that hold ids."""
    if path.suffix == ".parquet":
        with pq.ParquetFile(path) as file:  # pq.read_table takes three times as long to begin
            columns = [name for name in file.schema_arrow.names if name in _NAMING]
            if columns:
                yield from file.read(columns=columns, use_threads=False).columns
    elif path.suffix == ".arrow":
        with pa.ipc.open_file(pa.memory_map(str(path))) as reader:
            if "id" in reader.schema.names:
                yield reader.read_all()["id"]
