"""Tasks that read documents, and the language models trained on reference sources."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any

from corpus.inputs import SourceInput
from corpus.languages import LANGUAGES, is_code
from corpus.manifest import Manifest
from corpus.recipe import PerplexityOptions, SourceRecipe
from corpus.stages import ingest, language_model
from corpus.steps.build import Build, Shard
from corpus.task import External, Job, Ref, Task

__all__ = [
    "document_jobs",
    "document_manifests",
    "language_model_jobs",
    "plugin_limits",
    "recipe_options",
    "shards",
    "unit_options",
]


def document_jobs(build: Build) -> Iterator[Job]:
    for item in build.inputs.sources:
        for index, group in enumerate(_groups(item, build)):
            yield (_ingest(item, f"{item.source.name}/{index:05d}", group, build),)


def _groups(item: SourceInput, build: Build) -> Iterator[list[int]]:
    """Neighbouring units, about one shard of them; with a limit all units, so that it can be counted."""
    group: list[int] = []
    size = 0
    for index, unit in enumerate(item.units):
        if group and not build.limit and size + unit.size_bytes > build.project.pipeline.shard_bytes:
            yield group
            group, size = [], 0
        group.append(index)
        size += unit.size_bytes
    if group:
        yield group


def _ingest(item: SourceInput, key: str, group: list[int], build: Build) -> Task:
    project, recipe = build.project, item.source.recipe
    digest = "".join(item.digests[index] for index in group)
    tags = tuple((item.units[index].name, item.tags[index]) for index in group) if item.tags else ()
    plugins = [project.edits[name] for name in recipe.clean if project.plugin_digest(name)]
    removed = build.tombstones.of(item.source.name, (item.units[index].name for index in group))
    return Task(
        step="documents",
        key=key,
        function="corpus.stages.ingest:ingest",
        version=ingest.VERSION,
        inputs={"root": (External(str(item.root), digest, tags),)},
        options={
            "source": item.source.name,
            "recipe": recipe_options(recipe),
            "units": [list(unit_options(item, index)) for index in group],
            "shard_bytes": project.pipeline.shard_bytes,
            "limit": build.limit,
            "edits": [
                [name, project.edits[name].version, project.plugin_digest(name)] for name in recipe.clean
            ],
            **(plugin_limits(build) if plugins else {}),
            **({"tombstones": removed} if removed else {}),
        },
        callables=tuple(plugins),
    )


def plugin_limits(build: Build) -> dict[str, Any]:
    """What a plug-in may take for a document: processor seconds, bytes."""
    pipeline = build.project.pipeline
    return {"limits": [pipeline.max_document_seconds, pipeline.max_document_memory_bytes]}


def recipe_options(recipe: SourceRecipe) -> dict[str, Any]:
    """What of a source's recipe says how it is read and cleaned."""
    return {
        "licence": recipe.licence,
        "reader": recipe.reader.model_dump(mode="json", exclude={"path"}) | _no_path(recipe.reader),
        "languages": {name: list(patterns) for name, patterns in recipe.languages.items()},
        "exclude": list(recipe.exclude),
        "clean": list(recipe.clean),
    }


def _no_path(reader: Any) -> dict[str, str]:
    """A path is where the files are today, not what they hold: it stays out of the fingerprint."""
    return {"path": "."} if "path" in type(reader).model_fields else {}


def unit_options(item: SourceInput, index: int) -> tuple[str, str, int]:
    """Name, language and bytes of a unit."""
    unit = item.units[index]
    return unit.name, unit.language, unit.size_bytes


def document_manifests(build: Build) -> Iterator[Manifest]:
    for (task,) in document_jobs(build):
        manifest = build.folder.manifest(task.step, task.key)
        if manifest is not None:
            yield manifest


def shards(build: Build) -> Sequence[Shard]:
    """The document shards there are, in order of their task."""
    if build.read is not None:
        return build.read
    found = []
    for manifest in document_manifests(build):
        source = sys.intern(manifest.key.rpartition("/")[0])
        for output in manifest.outputs:
            key = output.name.removesuffix(".parquet")
            if key.rpartition("-")[0] == manifest.key:
                found.append(Shard(source, key))
    return found


def _reference_languages(build: Build) -> dict[str, list[Ref]]:
    """For each natural language, the document shards of reference sources that hold it."""
    reference = {item.source.name for item in build.inputs.sources if item.source.recipe.reference}
    found: dict[str, list[Ref]] = {}
    for shard in shards(build):
        manifest = shard.source in reference and build.folder.manifest("documents", shard.documents.key)
        if not manifest:
            continue
        counts = manifest.counts
        for language in LANGUAGES:
            if not is_code(language) and counts.get(f"documents_in/{shard.source}/{language}"):
                found.setdefault(language, []).append(shard.documents)
    return found


def language_model_jobs(build: Build) -> Iterator[Job]:
    perplexity = build.project.pipeline.signals.perplexity
    if perplexity is None:
        return
    for language, documents in sorted(_reference_languages(build).items()):
        yield (_language_model(language, documents, perplexity),)


def _language_model(language: str, documents: list[Ref], perplexity: PerplexityOptions) -> Task:
    return Task(
        step="language_models",
        key=language,
        function="corpus.stages.language_model:train",
        version=language_model.VERSION,
        inputs={"documents": tuple(documents)},
        options={"language": language, **perplexity.model_dump(mode="json")},
    )
