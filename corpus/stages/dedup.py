"""The steps of deduplication, in order, as data; and a plain loop that runs them in one process.

    dedup.bands       a shard      documents, fingerprint, decisions      -> bands.parquet (partitions)
    dedup.edges       a partition  all bands                              -> edges.parquet
    dedup.components  single       all bands (footers), all edges         -> <shard key>.parquet
    dedup.members     a shard      the same as bands, and its components  -> members.parquet (partitions)
    dedup.clusters    a partition  all members                            -> clusters.parquet
    dedup.duplicates  single       all bands (footers), all clusters      -> <shard key>.parquet, *.json

All inputs of a role are given in one order of shards (any; the same in every step). The result does not
depend on that order, nor on the number of partitions. Shards of an earlier corpus take part in bands and
members with `against` set (and, in bands, with their own `duplicates`): what they kept always survives and
gets no output.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from corpus.recipe import DedupOptions
from corpus.stages.dedup_bands import bands
from corpus.stages.dedup_clusters import clusters
from corpus.stages.dedup_components import components
from corpus.stages.dedup_duplicates import duplicates
from corpus.stages.dedup_edges import edges
from corpus.stages.dedup_members import members
from corpus.work import Counts, Work

__all__ = ["DedupStep", "Shard", "dedup_steps", "deduplicate", "run_steps"]


@dataclass(frozen=True)
class DedupStep:
    """One step: a task `each` shard or partition, or a single one.

    inputs    role -> (step, how): "shard" (that shard's file), "all" (the step's output of all tasks),
              "footers" (of all tasks, only the footers are read), "part" (of all tasks, only the task's
              partition is read), "of shard" and "of source" (of all tasks, only what is about the shard, or
              its source), "own" (the file named after the shard's key)
    version   of what it writes: it is in the fingerprint of every task, and grows when the output changes
    options   of every task; partition steps add {"partition": number}, and where shards of an earlier corpus
              take part (`earlier`) every task of a shard {"against": bool}
    """

    name: str
    function: Callable[[Work], Counts]
    version: int
    each: Literal["shard", "partition", "single"]
    inputs: Mapping[str, tuple[str, str]]
    options: Mapping[str, Any]
    output: str = ""
    partitions: int = 0
    earlier: bool = False


def dedup_steps(
    options: DedupOptions, priority: Mapping[str, int], preferred: str = ""
) -> tuple[DedupStep, ...]:
    """The steps for these options; `priority` by source, larger survives; `preferred` is the group of
    the signal that `options.prefer` names."""
    near = options.minhash
    kinds = {
        "exact": options.exact is not None,
        "bands": near.shape[0] if near else 0,
        "rows": near.shape[1] if near else 0,
        "min_shingles": near.min_shingles if near else 1,
        "simhash": [options.simhash.blocks, options.simhash.max_distance] if options.simhash else None,
    }
    shard = {"documents": ("documents", "shard"), "fingerprint": ("signals.fingerprint", "shard")}
    shard["decisions"] = ("decisions", "shard")
    cut = {
        "partitions": options.partitions,
        "shingle": near.shingle if near else 5,
        "priority": dict(sorted(priority.items())),
        "prefer": options.prefer.model_dump() if options.prefer else None,
    }
    best = {"preferred": (f"signals.{preferred}", "shard")} if options.prefer else {}
    keys = {
        **kinds,
        "url": options.url is not None,
        "partitions": options.partitions,
        "scope": options.scope,
    }
    verify = {
        **kinds,
        "url": [options.url.min_similarity, options.url.max_documents] if options.url else None,
        "threshold": near.threshold if near else None,
    }
    footers = ("dedup.bands", "footers")
    return (
        DedupStep("dedup.bands", bands, 2, "shard", shard, keys, "bands.parquet", earlier=True),
        DedupStep(
            "dedup.edges", edges, 1, "partition", {"bands": ("dedup.bands", "part")}, {}, "edges.parquet",
            options.partitions,
        ),
        DedupStep(
            "dedup.components", components, 1, "single",
            {"bands": footers, "edges": ("dedup.edges", "all")}, {},
        ),
        DedupStep(
            "dedup.members", members, 3, "shard",
            {**shard, **best, "components": ("dedup.components", "own")}, cut,
            "members.parquet", earlier=True,
        ),
        DedupStep(
            "dedup.clusters", clusters, 4, "partition", {"members": ("dedup.members", "part")}, verify,
            "clusters.parquet", options.partitions,
        ),
        DedupStep(
            "dedup.duplicates", duplicates, 2, "single",
            {"bands": footers, "clusters": ("dedup.clusters", "all")}, {},
        ),
    )  # fmt: skip


@dataclass(frozen=True)
class Shard:
    """The row-aligned files of one document shard."""

    key: str
    documents: Path
    fingerprint: Path
    decisions: Path
    against: bool = False


def deduplicate(
    shards: Sequence[Shard], options: DedupOptions, folder: Path, priority: Mapping[str, int] | None = None
) -> dict[str, Counts]:
    """Run all steps in this process below `folder`; the counts of each step, summed over its tasks.

    Outputs lie in <folder>/<step>/<task>/; the result in <folder>/dedup.duplicates/all/<shard key>.parquet.
    """
    return run_steps(dedup_steps(options, priority or {}), shards, options.partitions, folder)


def run_steps(
    steps: Sequence[DedupStep], shards: Sequence[Shard], partitions: int, folder: Path
) -> dict[str, Counts]:
    """Run steps one task after the other in this process; what they give each other lies in `folder`."""
    totals: dict[str, Counts] = {}
    for step in steps:
        keys = {"shard": [shard.key for shard in shards], "single": ["all"]}.get(
            step.each, [str(partition) for partition in range(partitions)]
        )
        totals[step.name] = {}
        for index, key in enumerate(keys):
            extra: dict[str, Any] = {"partition": index} if step.each == "partition" else {}
            shard = shards[index] if step.each == "shard" else None
            if shard is not None and step.earlier:
                extra["against"] = shard.against
            elif shard is not None and shard.against:
                continue
            inputs = {role: _paths(folder, *wanted, shard) for role, wanted in step.inputs.items()}
            work = Work(step.name, key, inputs, {**step.options, **extra}, folder / step.name / key)
            work.folder.mkdir(parents=True, exist_ok=True)
            for name, count in step.function(work).items():
                totals[step.name][name] = totals[step.name].get(name, 0) + count
            (folder / step.name / "tasks").mkdir(exist_ok=True)
            if step.output:
                made = folder / step.name / "tasks" / f"{index:08d}"
                made.symlink_to(work.folder.resolve() / step.output)
    return totals


def _paths(folder: Path, source: str, how: str, shard: Shard | None) -> tuple[Path, ...]:
    if how in ("all", "footers", "part", "of shard", "of source"):
        return tuple(sorted((folder / source / "tasks").iterdir()))
    if shard is None:
        raise ValueError(f"a task that is not of a shard reads '{source}' of one")
    if shard.against and source == "dedup.duplicates":
        return ()  # of the earlier build, where that gave any
    if how == "own":
        return (folder / source / "all" / f"{shard.key}.parquet",)
    files = {
        "documents": shard.documents,
        "signals.fingerprint": shard.fingerprint,
        "decisions": shard.decisions,
    }
    return (files[source],)
