"""Tasks that measure signals, decide on them, and report on benchmarks found in the text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from corpus.recipe import OptionsWithFiles
from corpus.signal import Signal
from corpus.signals import GROUPS, options_of
from corpus.stages import annotate, decide
from corpus.stages.decide import filter_to_json
from corpus.steps.adult import ADULT_URLS, adult_settings, has_adult_model, language_model_settings
from corpus.steps.build import Build, Shard
from corpus.steps.documents import language_model_jobs, plugin_limits, shards
from corpus.steps.exchange import exchange
from corpus.task import External, Input, Job, Ref, Task

__all__ = ["contamination_jobs", "decision_jobs", "group_ref", "signal_jobs"]


def signal_jobs(build: Build) -> Iterator[Job]:
    artefacts = _artefacts(build)
    for shard in shards(build):
        yield tuple(_measure(item, shard, build, artefacts) for item in build.signals)


def _artefacts(build: Build) -> dict[str, dict[str, Ref | External]]:
    """Group name to the files it needs, by name."""
    found: dict[str, dict[str, Ref | External]] = {
        group: dict(files) for group, files in build.inputs.signal_files.items()
    }
    models: dict[str, Ref | External] = {
        f"language_model/{task.key}": Ref(task.step, task.key, f"{task.key}.lm")
        for (task,) in language_model_jobs(build)
    }
    adult: dict[str, Ref | External] = dict(build.inputs.resources)
    if "adult_urls" in adult:
        adult["adult_urls"] = ADULT_URLS
    if has_adult_model(build):
        adult["adult_model"] = Ref("adult_model", "adult", "adult.npz")
        if language_model_settings(build):
            adult["adult_language_models"] = Ref("adult_model", "language_models", "adult.lms")
    return {
        **found,
        "perplexity": found.get("perplexity", {}) | models,
        "adult": found.get("adult", {}) | adult,
    }


def _measure(
    item: Signal, shard: Shard, build: Build, artefacts: Mapping[str, Mapping[str, Ref | External]]
) -> Task:
    project = build.project
    inputs: dict[str, tuple[Input, ...]] = {"documents": (shard.documents,)}
    for other in build.signals:
        if other.name != item.name and set(other.columns) & set(item.reads):
            inputs[f"group/{other.name}"] = (group_ref(other.name, shard),)
    for name, reference in artefacts.get(item.name, {}).items():
        inputs[f"artefact/{name}"] = (reference,)
    plugin = project.plugin_digest(item.name)
    settings = _settings(item.name, build, shard.source) if item.name in GROUPS and not plugin else {}
    return Task(
        step=f"signals/{item.name}",
        key=shard.key,
        function="corpus.stages.annotate:annotate",
        version=1000 * annotate.VERSION + item.version,
        inputs=inputs,
        options={
            "group": item.name,
            "settings": settings,
            "reads": list(item.reads),
            "plugin": plugin,
            **(plugin_limits(build) if plugin else {}),
        },
        callables=(item,) if plugin else (),
    )


def _settings(group: str, build: Build, source: str = "") -> dict[str, Any]:
    if group == "adult":
        return adult_settings(build, source) | language_model_settings(build)
    asked = options_of(build.project.pipeline, group)
    if asked is None:
        return {}
    if isinstance(asked, OptionsWithFiles):
        asked = asked.without_paths()
    found: dict[str, Any] = asked.model_dump(mode="json")
    return found


def group_ref(name: str, shard: Shard) -> Ref:
    return Ref(f"signals/{name}", shard.key, f"{shard.key}.parquet")


def decision_jobs(build: Build) -> Iterator[Job]:
    project = build.project
    filters = [filter_to_json(item) for item in project.filters]
    for shard in shards(build):
        inputs: dict[str, tuple[Input, ...]] = {"documents": (shard.documents,)}
        for item in build.signals:
            inputs[f"group/{item.name}"] = (group_ref(item.name, shard),)
        crawl = project.source(shard.source).recipe.crawl
        yield (
            Task(
                step="decisions",
                key=shard.key,
                function="corpus.stages.decide:decide",
                version=decide.VERSION,
                inputs=inputs,
                options={"source": shard.source, "crawl": crawl, "filters": filters},
            ),
        )


def contamination_jobs(build: Build) -> Iterator[Job]:
    keys = [shard.key for shard in shards(build)]
    inputs: dict[str, tuple[Input, ...]] = {
        "signals": (exchange(build.folder, "signals/contamination", keys, ".parquet").all(),),
        "decisions": (exchange(build.folder, "decisions", keys, ".parquet").all(),),
    }
    for name, file in build.inputs.signal_files["contamination"].items():
        inputs[name] = (file,)
    yield (
        Task(
            step="contamination",
            key="report",
            function="corpus.stages.contamination:report",
            version=1,
            inputs=inputs,
            options={"settings": _settings("contamination", build)},
        ),
    )
