"""Tasks of deduplication: whole documents, substrings, template lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from corpus.earlier import EarlierShard
from corpus.stages.dedup import DedupStep, dedup_steps
from corpus.stages.dedup_substrings import substring_steps
from corpus.stages.dedup_templates import template_steps
from corpus.steps.build import Build, Shard
from corpus.steps.documents import shards
from corpus.steps.exchange import Exchange, exchange
from corpus.steps.signals import group_ref
from corpus.task import External, Input, Job, Ref, Task

__all__ = ["dedup_folder", "dedup_jobs", "dedup_stages", "is_deduplicated"]


def is_deduplicated(build: Build) -> bool:
    return "fingerprint" in (item.name for item in build.signals)


def dedup_stages(build: Build) -> tuple[DedupStep, ...]:
    """Stages that find duplicates, then those that find stretches to cut out of what is left."""
    priority = {item.source.name: item.source.recipe.priority for item in build.inputs.sources}
    dedup, whole = build.project.pipeline.dedup, is_deduplicated(build)
    groups = {column: item.name for item in build.signals for column in item.columns}
    preferred = groups[dedup.prefer.signal] if dedup.prefer else ""
    return (
        *(dedup_steps(dedup, priority, preferred) if whole else ()),
        *(substring_steps(dedup.substring, whole, dedup.scope) if dedup.substring else ()),
        *(template_steps(dedup.templates, whole) if dedup.templates else ()),
    )


def dedup_folder(stage: str) -> str:
    """The folder of a stage of deduplication; the last one's is what others read."""
    return "duplicates" if stage == "dedup.duplicates" else stage.replace(".", "/")


def dedup_jobs(build: Build, stage: DedupStep) -> Iterator[Job]:
    gathered = _gathered(build, stage)

    def task(key: str, shard: Shard | EarlierShard | None = None, **extra: Any) -> Job:
        return (_dedup_task(stage, key, gathered, shard, extra),)

    if stage.each == "shard":
        for shard in shards(build):
            yield task(shard.key, shard, **({"against": False} if stage.earlier else {}))
        for earlier in build.inputs.earlier if stage.earlier else ():
            yield task(earlier.key, earlier, against=True)
    elif stage.each == "partition":
        for partition in range(stage.partitions):
            yield task(f"{partition:05d}", partition=partition)
    else:
        yield task("all")


def _gathered(build: Build, stage: DedupStep) -> dict[str, Exchange]:
    """By role, what the stage reads of all tasks of another."""
    producers = {item.name: item for item in dedup_stages(build)}
    found = {}
    for role, (origin, how) in stage.inputs.items():
        if how in ("shard", "own"):
            continue
        producer = producers[origin]
        keys = [f"{partition:05d}" for partition in range(producer.partitions)]
        if producer.each == "shard":
            keys = [shard.key for shard in shards(build)]
            keys += [shard.key for shard in build.inputs.earlier] if producer.earlier else []
        found[role] = exchange(build.folder, dedup_folder(origin), keys, f"/{producer.output}")
    return found


def _dedup_task(
    stage: DedupStep,
    key: str,
    gathered: Mapping[str, Exchange],
    shard: Shard | EarlierShard | None,
    extra: Mapping[str, Any],
) -> Task:
    inputs: dict[str, tuple[Input, ...]] = {}
    if stage.name == "dedup.bands" and isinstance(shard, EarlierShard):
        inputs["duplicates"] = (shard.duplicates,)
    for role, (origin, how) in stage.inputs.items():
        if role not in gathered and shard is not None:
            inputs[role] = (_own(origin, shard) if how == "own" else _shard_ref(origin, shard),)
        elif how == "part":
            inputs[role] = (gathered[role].part(str(extra["partition"])),)
        elif how == "footers":
            inputs[role] = (gathered[role].footers(),)
        elif how == "of shard" and shard is not None:
            inputs[role] = (gathered[role].part(shard.key),)
        elif how == "of source" and isinstance(shard, Shard):
            inputs[role] = (gathered[role].part(shard.source),)
        else:
            inputs[role] = (gathered[role].all(),)
    return Task(
        step=dedup_folder(stage.name),
        key=key,
        function=f"{stage.function.__module__}:{stage.function.__name__}",
        version=stage.version,
        inputs=inputs,
        options={**stage.options, **extra},
        folder=key if stage.output else "",
    )


def _own(origin: str, shard: Shard | EarlierShard) -> Ref | External:
    """What a step said of the shard alone: what is a duplicate in an earlier corpus, that one said."""
    if origin == "dedup.duplicates" and isinstance(shard, EarlierShard):
        return shard.duplicates
    return Ref(dedup_folder(origin), "all", f"{shard.key}.parquet")


def _shard_ref(origin: str, shard: Shard | EarlierShard) -> Ref | External:
    if isinstance(shard, EarlierShard):
        files = {"documents": shard.documents, "decisions": shard.decisions}
        return files.get(origin, shard.fingerprint)
    if origin == "documents":
        return shard.documents
    if origin == "decisions":
        return Ref("decisions", shard.key, f"{shard.key}.parquet")
    return group_ref(origin.removeprefix("signals."), shard)
