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
from corpus.steps.signals import group_ref
from corpus.task import External, Job, Ref, Task

__all__ = ["dedup_folder", "dedup_jobs", "dedup_stages", "is_deduplicated"]


def is_deduplicated(build: Build) -> bool:
    return "fingerprint" in (item.name for item in build.signals)


def dedup_stages(build: Build) -> tuple[DedupStep, ...]:
    """Stages that find duplicates, then those that find stretches to cut out of what is left."""
    priority = {item.source.name: item.source.recipe.priority for item in build.inputs.sources}
    dedup, whole = build.project.pipeline.dedup, is_deduplicated(build)
    return (
        *(dedup_steps(dedup, priority) if whole else ()),
        *(substring_steps(dedup.substring, whole) if dedup.substring else ()),
        *(template_steps(dedup.templates, whole) if dedup.templates else ()),
    )


def dedup_folder(stage: str) -> str:
    """The folder of a stage of deduplication; the last one's is what others read."""
    return "duplicates" if stage == "dedup.duplicates" else stage.replace(".", "/")


def dedup_jobs(build: Build, stage: DedupStep) -> Iterator[Job]:
    found = shards(build)
    if stage.each == "shard":
        extra = {"against": False} if stage.earlier else {}
        for shard in found:
            yield (_dedup_task(stage, shard.key, found, shard, extra, build),)
        for earlier in build.inputs.earlier if stage.earlier else ():
            yield (_dedup_task(stage, earlier.key, found, earlier, {"against": True}, build),)
    elif stage.each == "partition":
        for partition in range(stage.partitions):
            yield (_dedup_task(stage, f"{partition:05d}", found, None, {"partition": partition}, build),)
    else:
        yield (_dedup_task(stage, "all", found, None, {}, build),)


def _dedup_task(
    stage: DedupStep,
    key: str,
    found: list[Shard],
    shard: Shard | EarlierShard | None,
    extra: Mapping[str, Any],
    build: Build,
) -> Task:
    producers = {item.name: item for item in dedup_stages(build)}
    inputs: dict[str, tuple[Ref | External, ...]] = {}
    if stage.name == "dedup.bands" and isinstance(shard, EarlierShard):
        inputs["duplicates"] = (shard.duplicates,)
    for role, (origin, how) in stage.inputs.items():
        if how == "shard" and shard is not None:
            inputs[role] = (_shard_ref(origin, shard),)
        elif how == "own" and shard is not None:
            inputs[role] = (Ref(dedup_folder(origin), "all", f"{shard.key}.parquet"),)
        else:
            producer = producers[origin]
            if producer.each == "shard":
                keys = [s.key for s in found]
                keys += [s.key for s in build.inputs.earlier] if producer.earlier else []
            else:
                keys = [f"{partition:05d}" for partition in range(producer.partitions)]
            part = str(extra["partition"]) if how == "part" else ""
            if isinstance(shard, Shard) and how in ("of shard", "of source"):
                part = shard.key if how == "of shard" else shard.source
            inputs[role] = tuple(
                Ref(dedup_folder(origin), name, f"{name}/{producer.output}", part) for name in keys
            )
    return Task(
        step=dedup_folder(stage.name),
        key=key,
        function=f"{stage.function.__module__}:{stage.function.__name__}",
        version=1,
        inputs=inputs,
        options={**stage.options, **extra},
        folder=key if stage.output else "",
    )


def _shard_ref(origin: str, shard: Shard | EarlierShard) -> Ref | External:
    if isinstance(shard, EarlierShard):
        files = {"documents": shard.documents, "decisions": shard.decisions}
        return files.get(origin, shard.fingerprint)
    if origin == "documents":
        return shard.documents
    if origin == "decisions":
        return Ref("decisions", shard.key, f"{shard.key}.parquet")
    return group_ref(origin.removeprefix("signals."), shard)
