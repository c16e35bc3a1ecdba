"""Tasks that make what the adult-content signals read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from corpus.stages import adult_language_model
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
    "language_model_settings",
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
    """The options of the group for the documents of a source, but for language models: verdicts on others
    would change nothing there."""
    options = build.project.pipeline.signals.adult
    if options is None:
        return {}
    found = options.model_dump(mode="json", exclude={"language_models"})
    return {**found, "reviewed": {name: ids for name, ids in found["reviewed"].items() if name == source}}


def language_model_settings(build: Build) -> dict[str, Any]:
    """What the signal has to know of its language models: that it has some, and which are not the build's."""
    options = build.project.pipeline.signals.adult
    if options is None or options.language_models is None:
        return {}
    found = options.without_paths().model_dump(mode="json", include={"language_models": {"ccnet"}})
    return dict(found)


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
                    **({"text": True} if language_model_settings(build) else {}),
                },
                folder=shard.key,
            ),
        )


def adult_model_jobs(build: Build) -> Iterator[Job]:
    if not has_adult_model(build):
        return
    keys = [shard.key for shard in shards(build)]
    labels = exchange(build.folder, "adult_labels", keys, "/labels.parquet")
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
    options = build.project.pipeline.signals.adult
    if options is not None and options.language_models is not None:
        text = exchange(build.folder, "adult_labels", keys, "/text.parquet")
        yield (
            Task(
                step="adult_model",
                key="language_models",
                function="corpus.stages.adult_language_model:train",
                version=adult_language_model.VERSION,
                inputs={"text": (text.all(),)},
                options=options.language_models.model_dump(mode="json", exclude={"ccnet"}),
            ),
        )
