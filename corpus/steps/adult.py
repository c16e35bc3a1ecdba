"""Tasks that make what the adult-content signals read."""

from __future__ import annotations

from collections.abc import Iterator

from corpus.steps.build import Build
from corpus.steps.documents import shards
from corpus.steps.exchange import exchange
from corpus.task import External, Job, Ref, Task

__all__ = ["ADULT_URLS", "adult_label_jobs", "adult_model_jobs", "adult_url_jobs", "adult_words"]


#: Share of the documents without listed words that teach the classifier what is not adult.
_NEGATIVES = 0.2


def adult_words(build: Build) -> External | None:
    """The word list; None where the group is off or the recipe names no list."""
    if build.project.pipeline.signals.adult is None:
        return None
    return build.inputs.resources.get("adult_words")


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
    pipeline, listed = build.project.pipeline, adult_words(build)
    if listed is None or pipeline.signals.adult is None:
        return
    for shard in shards(build):
        yield (
            Task(
                step="adult_labels",
                key=shard.key,
                function="corpus.stages.adult:adult_labels",
                version=2,
                inputs={
                    "documents": (shard.documents,),
                    "adult_words": (listed,),
                    **({"adult_urls": (ADULT_URLS,)} if "adult_urls" in build.inputs.resources else {}),
                },
                options={
                    "negatives": _NEGATIVES,
                    "seed": pipeline.seed,
                    "adult": pipeline.signals.adult.model_dump(mode="json"),
                },
                folder=shard.key,
            ),
        )


def adult_model_jobs(build: Build) -> Iterator[Job]:
    listed = adult_words(build)
    if listed is None:
        return
    labels = exchange(build.folder, "adult_labels", (s.key for s in shards(build)), "/labels.parquet")
    yield (
        Task(
            step="adult_model",
            key="adult",
            function="corpus.stages.adult:adult_model",
            version=1,
            inputs={"labels": (labels.all(),), "adult_words": (listed,)},
            options={"seed": build.project.pipeline.seed},
        ),
    )
