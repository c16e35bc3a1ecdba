"""Tasks that write the clean corpus."""

from __future__ import annotations

import os
from collections.abc import Iterator

from corpus.errors import ConfigError, Problem
from corpus.recipe import PipelineFile
from corpus.stages import finalize
from corpus.steps.build import Build
from corpus.steps.dedup import is_deduplicated
from corpus.steps.documents import shards
from corpus.steps.exchange import exchange
from corpus.steps.signals import group_ref
from corpus.task import Input, Job, Ref, Task

__all__ = ["SURROGATE_KEY", "scatter_jobs", "text_jobs"]


#: The environment variable that holds the secret for the redaction policy "surrogate".
SURROGATE_KEY = "CORPUS_SURROGATE_KEY"


def _surrogate_key(pipeline: PipelineFile) -> str:
    """The secret surrogates are made with; whoever knows it could test guesses, so it is in no file."""
    if pipeline.signals.pii is None or pipeline.signals.pii.policy != "surrogate":
        return ""
    key = os.environ.get(SURROGATE_KEY, "")
    if not key:
        problem = (
            f"pii.policy is 'surrogate': put a secret of your own into the environment as {SURROGATE_KEY}"
        )
        raise ConfigError([Problem("pipeline", 0, 0, problem)])
    return key


def scatter_jobs(build: Build) -> Iterator[Job]:
    pipeline = build.project.pipeline
    cuts = {"substring": pipeline.dedup.substring, "template": pipeline.dedup.templates}
    for shard in shards(build):
        inputs: dict[str, tuple[Input, ...]] = {
            "documents": (shard.documents,),
            "decisions": (Ref("decisions", shard.key, f"{shard.key}.parquet"),),
        }
        if is_deduplicated(build):
            inputs["duplicates"] = (Ref("duplicates", "all", f"{shard.key}.parquet"),)
        for kind, asked in cuts.items():
            if asked is not None and asked.action == "remove":
                spans = Ref(f"{kind}s/spans", shard.key, f"{shard.key}/spans.parquet")
                inputs[f"spans/{kind}"] = (spans,)
        redacts = pipeline.redact and pipeline.signals.pii is not None
        if redacts:
            inputs["group/pii"] = (group_ref("pii", shard),)
        yield (
            Task(
                step="scatter",
                key=shard.key,
                function="corpus.stages.finalize:scatter",
                version=finalize.SCATTER_VERSION,
                inputs=inputs,
                options={
                    "source": shard.source,
                    "seed": pipeline.seed,
                    "buckets": pipeline.buckets,
                    "policy": pipeline.signals.pii.policy if redacts and pipeline.signals.pii else "",
                    "key": _surrogate_key(pipeline) if redacts else "",
                },
            ),
        )


def text_jobs(build: Build) -> Iterator[Job]:
    scattered = exchange(build.folder, "scatter", (shard.key for shard in shards(build)), ".parquet")
    for bucket in range(build.project.pipeline.buckets):
        name = finalize.bucket_name(bucket)
        yield (
            Task(
                step="text",
                key=name,
                function="corpus.stages.finalize:gather",
                version=finalize.GATHER_VERSION,
                inputs={"scatter": (scattered.part(name),)},
                options={"bucket": bucket},
            ),
        )
