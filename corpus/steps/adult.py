"""Tasks that make what the adult-content signals read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from corpus.steps.build import Build
from corpus.steps.documents import shards
from corpus.steps.exchange import exchange
from corpus.task import External, Job, Ref, Task

__all__ = [
    "ADULT_URLS",
    "adult_label_jobs",
    "adult_model_jobs",
    "adult_settings",
    "adult_url_jobs",
    "has_adult_model",
]


#: Share of the documents without listed words that teach the classifier what is not adult.
_NEGATIVES = 0.2


def has_adult_model(build: Build) -> bool:
    """Whether the build trains a classifier: the group is on, and there are words to label by."""
    options = build.project.pipeline.signals.adult
    return options is not None and ("adult_words" in build.inputs.resources or bool(options.accepted))


def _adult_words(build: Build) -> dict[str, tuple[External, ...]]:
    listed = build.inputs.resources.get("adult_words")
    return {} if listed is None else {"adult_words": (listed,)}


def adult_settings(build: Build, source: str = "") -> dict[str, Any]:
    """The options of the group for the documents of a source: verdicts on others would change nothing
    there."""
    options = build.project.pipeline.signals.adult
    if options is None:
        return {}
    found = options.model_dump(mode="json")
    return {**found, "reviewed": {name: ids for name, ids in found["reviewed"].items() if name == source}}


ADULT_URLS = Ref("adult_urls", "urls", "urls.npy")


def adult_url_jobs(build: Build) -> Iterator[Job]:
    """Hashes of a list of addresses, made once: reading the list takes seconds, mapping its hashes none."""
    listed = build.inputs.resources.get("adult_urls")
    if listed is not None and build.project.pipeline.signals.adult is not None:
        yield (
            Task(
                step="adult_urls",
                key="urls",
                function="corpus.stages.adult:adult_urls",
                version=1,
                inputs={"list": (listed,)},
            ),
        )


def adult_label_jobs(build: Build) -> Iterator[Job]:
    if not has_adult_model(build):
        return
    for shard in shards(build):
        yield (
            Task(
                step="adult_labels",
                key=shard.key,
                function="corpus.stages.adult:adult_labels",
                version=3,
                inputs={
                    "documents": (shard.documents,),
                    **_adult_words(build),
                    **({"adult_urls": (ADULT_URLS,)} if "adult_urls" in build.inputs.resources else {}),
                },
                options={
                    "negatives": _NEGATIVES,
                    "seed": build.project.pipeline.seed,
                    "adult": adult_settings(build, shard.source),
                },
                folder=shard.key,
            ),
        )


def adult_model_jobs(build: Build) -> Iterator[Job]:
    if not has_adult_model(build):
        return
    labels = exchange(build.folder, "adult_labels", (s.key for s in shards(build)), "/labels.parquet")
    yield (
        Task(
            step="adult_model",
            key="adult",
            function="corpus.stages.adult:adult_model",
            version=3,
            inputs={"labels": (labels.all(),), **_adult_words(build)},
            options={
                "seed": build.project.pipeline.seed,
                "negatives": _NEGATIVES,
                "adult": {"accepted": adult_settings(build)["accepted"]},
            },
        ),
    )
