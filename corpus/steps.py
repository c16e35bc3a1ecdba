"""Plan: from configuration to steps and tasks. Pure: nothing is run, nothing is written.

The tasks of a step follow from the manifests of the steps before it, so a plan of a build that has not begun
knows the steps, and the tasks of the first of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import PurePath
from typing import Any, NamedTuple

from corpus.config import Project
from corpus.earlier import EarlierShard
from corpus.errors import ConfigError, Problem
from corpus.inputs import Inputs, SourceInput
from corpus.languages import LANGUAGES, is_code
from corpus.manifest import Manifest, RunFolder
from corpus.pii.kinds import PLACEHOLDERS
from corpus.pins import STEPS as PINNED
from corpus.pins import Pins
from corpus.recipe import PackOptions, PerplexityOptions, PipelineFile
from corpus.signal import Signal
from corpus.signals import GROUPS, options_of
from corpus.stages import annotate, decide, finalize, ingest, language_model
from corpus.stages.decide import filter_to_json
from corpus.stages.dedup import DedupStep, dedup_steps
from corpus.stages.dedup_substrings import substring_steps
from corpus.stages.dedup_templates import template_steps
from corpus.storage import digest_file
from corpus.task import External, Job, Ref, Task
from corpus.tokens import options as token_options
from corpus.tokens.scatter import VALIDATION
from corpus.tombstones import Tombstones

__all__ = ["RESULTS", "Build", "Shard", "Step", "shards", "steps"]

#: The environment variable that holds the secret for the redaction policy "surrogate".
SURROGATE_KEY = "CORPUS_SURROGATE_KEY"
#: Steps whose outputs are the result; the root digest is made of them.
RESULTS = ("text", "tokenizer", "tokens", "packed")


@dataclass(frozen=True)
class Build:
    """What a plan is made for. `limit` is documents per source, 0 for all; `groups` are the signal groups
    measured, none named for all the project has; `tombstones` keep documents out, `pins` keep artefacts."""

    project: Project
    inputs: Inputs
    folder: RunFolder
    limit: int = 0
    groups: tuple[str, ...] = ()
    tombstones: Tombstones = field(default_factory=Tombstones)
    pins: Pins = field(default_factory=Pins)

    @property
    def signals(self) -> tuple[Signal, ...]:
        """The groups measured, in order."""
        found = self.project.signals
        return tuple(item for item in found if item.name in self.groups) if self.groups else found


@dataclass(frozen=True)
class Step:
    """Tasks between two exchanges. `names` are the folders they write; `jobs` makes them."""

    name: str
    title: str
    names: tuple[str, ...]
    jobs: Callable[[Build], Iterator[Job]]


class Shard(NamedTuple):
    """A shard of documents: `key` is "<source>/<nnnnn>-<nnn>"."""

    source: str
    key: str
    documents: Ref


def steps(build: Build) -> tuple[Step, ...]:
    """The steps of a build, in order."""
    chosen = [
        Step("documents", "read, clean, split", ("documents",), _documents),
        Step("language_models", "train language models", ("language_models",), _language_models),
        Step("adult_urls", "digest listed addresses", ("adult_urls",), _adult_urls),
        Step("adult_labels", "label listed words", ("adult_labels",), _adult_labels),
        Step("adult_model", "train the adult classifier", ("adult_model",), _adult_model),
        Step(
            "signals",
            "measure every signal",
            tuple(f"signals/{item.name}" for item in build.signals),
            _signals,
        ),
        Step("decisions", "hold signals against bounds", ("decisions",), _decisions),
    ]
    if "contamination" in (item.name for item in build.signals):
        chosen.append(
            Step("contamination", "report what benchmarks hold", ("contamination",), _contamination)
        )
    for stage in _dedup_stages(build):
        name = _dedup_name(stage.name)
        kind, _, what = stage.name.replace("dedup.", "duplicates.").partition(".")
        chosen.append(Step(name, f"{kind}: {what}", (name,), partial(_dedup, stage=stage)))
    chosen += [
        Step("scatter", "redact, sort into buckets", ("scatter",), _scatter),
        Step("text", "write the clean corpus", ("text",), _text),
        Step("token_counts", "count pieces of words", ("token_counts",), _token_counts),
        Step("tokenizer", "train the tokenizer", ("tokenizer",), _tokenizer),
        Step("tokenizer_card", "judge the tokenizer", ("tokenizer_card",), _tokenizer_card),
        Step("tokens", "encode", ("tokens",), _tokens),
    ]
    if build.project.pipeline.pack is not None:
        chosen += [
            Step("mixture", "solve the mixture", ("mixture",), _mixture),
            Step("token_scatter", "shuffle tokens", ("token_scatter",), _token_scatter),
            Step("packed", "pack sequences", ("packed",), _packed),
        ]
    return tuple(replace(step, jobs=_pinned(step.jobs)) if step.name in PINNED else step for step in chosen)


def _pinned(jobs: Callable[[Build], Iterator[Job]]) -> Callable[[Build], Iterator[Job]]:
    return lambda build: build.pins.apply(jobs(build))


# ------------------------------------------------------------------- documents


def _documents(build: Build) -> Iterator[Job]:
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
    plugins = [project.edits[name] for name in recipe.clean if project.plugin_digest(name)]
    removed = build.tombstones.of(item.source.name, (item.units[index].name for index in group))
    return Task(
        step="documents",
        key=key,
        function="corpus.stages.ingest:ingest",
        version=ingest.VERSION,
        inputs={"root": (External(str(item.root), digest),)},
        options={
            "source": item.source.name,
            "recipe": {
                "licence": recipe.licence,
                "reader": recipe.reader.model_dump(mode="json", exclude={"path"}) | _no_path(recipe.reader),
                "languages": {name: list(patterns) for name, patterns in recipe.languages.items()},
                "exclude": list(recipe.exclude),
                "clean": list(recipe.clean),
            },
            "units": [list(_unit(item, index)) for index in group],
            "shard_bytes": project.pipeline.shard_bytes,
            "limit": build.limit,
            "edits": [
                [name, project.edits[name].version, project.plugin_digest(name)] for name in recipe.clean
            ],
            **(_limits(build) if plugins else {}),
            **({"tombstones": removed} if removed else {}),
        },
        callables=tuple(plugins),
    )


def _limits(build: Build) -> dict[str, Any]:
    """What a plug-in may take for a document: processor seconds, bytes."""
    pipeline = build.project.pipeline
    return {"limits": [pipeline.max_document_seconds, pipeline.max_document_memory_bytes]}


def _no_path(reader: Any) -> dict[str, str]:
    """A path is where the files are today, not what they hold: it stays out of the fingerprint."""
    return {"path": "."} if "path" in type(reader).model_fields else {}


def _unit(item: SourceInput, index: int) -> tuple[str, str, int]:
    unit = item.units[index]
    return unit.name, unit.language, unit.size_bytes


def _tasks_done(build: Build) -> Iterator[Manifest]:
    for (task,) in _documents(build):
        manifest = build.folder.manifest(task.step, task.key)
        if manifest is not None:
            yield manifest


def shards(build: Build) -> list[Shard]:
    """The document shards there are, in order of their task."""
    found = []
    for manifest in _tasks_done(build):
        for output in manifest.outputs:
            key = output.name.removesuffix(".parquet")
            if key.rpartition("-")[0] == manifest.key:
                source = manifest.key.rpartition("/")[0]
                found.append(Shard(source, key, Ref("documents", manifest.key, output.name)))
    return found


# ------------------------------------------------------------- language models


def _reference_languages(build: Build) -> dict[str, list[Ref]]:
    """For each natural language, the document shards of reference sources that hold it."""
    reference = {item.source.name for item in build.inputs.sources if item.source.recipe.reference}
    by_task = {manifest.key: manifest for manifest in _tasks_done(build)}
    found: dict[str, list[Ref]] = {}
    for shard in shards(build):
        if shard.source not in reference:
            continue
        counts = by_task[shard.documents.key].counts
        for language in LANGUAGES:
            if not is_code(language) and counts.get(f"documents_in/{shard.source}/{language}"):
                found.setdefault(language, []).append(shard.documents)
    return found


def _language_models(build: Build) -> Iterator[Job]:
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


# --------------------------------------------------------------------- signals


def _signals(build: Build) -> Iterator[Job]:
    artefacts = _artefacts(build)
    for shard in shards(build):
        yield tuple(_measure(item, shard, build, artefacts) for item in build.signals)


def _artefacts(build: Build) -> dict[str, dict[str, Ref | External]]:
    """Group name to the files it needs, by name."""
    models: dict[str, Ref | External] = {
        f"language_model/{task.key}": Ref(task.step, task.key, f"{task.key}.lm")
        for (task,) in _language_models(build)
    }
    adult: dict[str, Ref | External] = dict(build.inputs.resources)
    if "adult_urls" in adult:
        adult["adult_urls"] = _ADULT_URLS
    if _adult_words(build) is not None:
        adult["adult_model"] = Ref("adult_model", "adult", "adult.npz")
    benchmarks: dict[str, Ref | External] = {
        f"benchmark/{name}": file for name, file in build.inputs.benchmarks.items()
    }
    return {"perplexity": models, "adult": adult, "contamination": benchmarks}


# --------------------------------------------------------------- adult content

#: Share of the documents without listed words that teach the classifier what is not adult.
_NEGATIVES = 0.2


def _adult_words(build: Build) -> External | None:
    """The word list; None where the group is off or the recipe names no list."""
    if build.project.pipeline.signals.adult is None:
        return None
    return build.inputs.resources.get("adult_words")


_ADULT_URLS = Ref("adult_urls", "urls", "urls.npy")


def _adult_urls(build: Build) -> Iterator[Job]:
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


def _adult_labels(build: Build) -> Iterator[Job]:
    pipeline, listed = build.project.pipeline, _adult_words(build)
    if listed is None or pipeline.signals.adult is None:
        return
    for shard in shards(build):
        yield (
            Task(
                step="adult_labels",
                key=shard.key,
                function="corpus.stages.adult:adult_labels",
                version=1,
                inputs={
                    "documents": (shard.documents,),
                    "adult_words": (listed,),
                    **({"adult_urls": (_ADULT_URLS,)} if "adult_urls" in build.inputs.resources else {}),
                },
                options={
                    "negatives": _NEGATIVES,
                    "seed": pipeline.seed,
                    "adult": pipeline.signals.adult.model_dump(mode="json"),
                },
                folder=shard.key,
            ),
        )


def _adult_model(build: Build) -> Iterator[Job]:
    listed = _adult_words(build)
    if listed is None:
        return
    labels = tuple(Ref("adult_labels", s.key, f"{s.key}/labels.parquet") for s in shards(build))
    yield (
        Task(
            step="adult_model",
            key="adult",
            function="corpus.stages.adult:adult_model",
            version=1,
            inputs={"labels": labels, "adult_words": (listed,)},
            options={"seed": build.project.pipeline.seed},
        ),
    )


def _measure(
    item: Signal, shard: Shard, build: Build, artefacts: Mapping[str, Mapping[str, Ref | External]]
) -> Task:
    project = build.project
    inputs: dict[str, tuple[Ref | External, ...]] = {"documents": (shard.documents,)}
    for other in build.signals:
        if other.name != item.name and set(other.columns) & set(item.reads):
            inputs[f"group/{other.name}"] = (_group(other.name, shard),)
    for name, reference in artefacts.get(item.name, {}).items():
        inputs[f"artefact/{name}"] = (reference,)
    plugin = project.plugin_digest(item.name)
    settings = _settings(item.name, build) if item.name in GROUPS and not plugin else {}
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
            **(_limits(build) if plugin else {}),
        },
        callables=(item,) if plugin else (),
    )


def _settings(group: str, build: Build) -> dict[str, Any]:
    asked = options_of(build.project.pipeline, group)
    if asked is None:
        return {}
    found: dict[str, Any] = asked.model_dump(mode="json")
    if group == "contamination":  # of a path only the ending says how the file is read
        found["benchmarks"] = {name: PurePath(path).suffix for name, path in found["benchmarks"].items()}
    return found


def _group(name: str, shard: Shard) -> Ref:
    return Ref(f"signals/{name}", shard.key, f"{shard.key}.parquet")


# ------------------------------------------------------------------- decisions


def _decisions(build: Build) -> Iterator[Job]:
    project = build.project
    filters = [filter_to_json(item) for item in project.filters]
    for shard in shards(build):
        inputs: dict[str, tuple[Ref | External, ...]] = {"documents": (shard.documents,)}
        for item in build.signals:
            inputs[f"group/{item.name}"] = (_group(item.name, shard),)
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


def _contamination(build: Build) -> Iterator[Job]:
    found = shards(build)
    inputs: dict[str, tuple[Ref | External, ...]] = {
        "signals": tuple(_group("contamination", shard) for shard in found),
        "decisions": tuple(Ref("decisions", shard.key, f"{shard.key}.parquet") for shard in found),
    }
    for name, file in build.inputs.benchmarks.items():
        inputs[f"benchmark/{name}"] = (file,)
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


# ----------------------------------------------------------------------- dedup


def _is_deduplicated(build: Build) -> bool:
    return "fingerprint" in (item.name for item in build.signals)


def _dedup_stages(build: Build) -> tuple[DedupStep, ...]:
    """Stages that find duplicates, then those that find stretches to cut out of what is left."""
    priority = {item.source.name: item.source.recipe.priority for item in build.inputs.sources}
    dedup, whole = build.project.pipeline.dedup, _is_deduplicated(build)
    return (
        *(dedup_steps(dedup, priority) if whole else ()),
        *(substring_steps(dedup.substring, whole) if dedup.substring else ()),
        *(template_steps(dedup.templates, whole) if dedup.templates else ()),
    )


def _dedup_name(stage: str) -> str:
    """The folder of a stage of deduplication; the last one's is what others read."""
    return "duplicates" if stage == "dedup.duplicates" else stage.replace(".", "/")


def _dedup(build: Build, stage: DedupStep) -> Iterator[Job]:
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
    producers = {item.name: item for item in _dedup_stages(build)}
    inputs: dict[str, tuple[Ref | External, ...]] = {}
    if stage.name == "dedup.bands" and isinstance(shard, EarlierShard):
        inputs["duplicates"] = (shard.duplicates,)
    for role, (origin, how) in stage.inputs.items():
        if how == "shard" and shard is not None:
            inputs[role] = (_shard_ref(origin, shard),)
        elif how == "own" and shard is not None:
            inputs[role] = (Ref(_dedup_name(origin), "all", f"{shard.key}.parquet"),)
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
                Ref(_dedup_name(origin), name, f"{name}/{producer.output}", part) for name in keys
            )
    return Task(
        step=_dedup_name(stage.name),
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
    return _group(origin.removeprefix("signals."), shard)


# ------------------------------------------------------------------------ text


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


def _scatter(build: Build) -> Iterator[Job]:
    pipeline = build.project.pipeline
    cuts = {"substring": pipeline.dedup.substring, "template": pipeline.dedup.templates}
    for shard in shards(build):
        inputs: dict[str, tuple[Ref | External, ...]] = {
            "documents": (shard.documents,),
            "decisions": (Ref("decisions", shard.key, f"{shard.key}.parquet"),),
        }
        if _is_deduplicated(build):
            inputs["duplicates"] = (Ref("duplicates", "all", f"{shard.key}.parquet"),)
        for kind, asked in cuts.items():
            if asked is not None and asked.action == "remove":
                spans = Ref(f"{kind}s/spans", shard.key, f"{shard.key}/spans.parquet")
                inputs[f"spans/{kind}"] = (spans,)
        redacts = pipeline.redact and pipeline.signals.pii is not None
        if redacts:
            inputs["group/pii"] = (_group("pii", shard),)
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


def _text(build: Build) -> Iterator[Job]:
    found = shards(build)
    for bucket in range(build.project.pipeline.buckets):
        name = finalize.bucket_name(bucket)
        yield (
            Task(
                step="text",
                key=name,
                function="corpus.stages.finalize:gather",
                version=finalize.GATHER_VERSION,
                inputs={
                    "scatter": tuple(
                        Ref("scatter", shard.key, f"{shard.key}.parquet", name) for shard in found
                    )
                },
                options={"bucket": bucket},
            ),
        )


# ---------------------------------------------------------------------- tokens


def _buckets(build: Build) -> list[str]:
    return [finalize.bucket_name(bucket) for bucket in range(build.project.pipeline.buckets)]


def _text_ref(bucket: str) -> Ref:
    return Ref("text", bucket, f"{bucket}.parquet")


_TOKENIZER = Ref("tokenizer", "tokenizer", "tokenizer.json")


def _placeholders(build: Build) -> tuple[str, ...]:
    """What redaction writes in place of personal data: kept whole by the tokenizer."""
    return PLACEHOLDERS if build.project.pipeline.redact else ()


def _token_counts(build: Build) -> Iterator[Job]:
    project = build.project
    if project.tokenizer.model:
        return
    for bucket in _buckets(build):
        yield (
            Task(
                step="token_counts",
                key=bucket,
                function="corpus.tokens.counts:count",
                version=1,
                inputs={"text": (_text_ref(bucket),)},
                options=token_options.count_options(
                    project.tokenizer, _placeholders(build), project.pipeline.seed
                ),
                folder=bucket,
            ),
        )


def _tokenizer(build: Build) -> Iterator[Job]:
    recipe = build.project.tokenizer
    if recipe.model:
        path = build.project.path.parent / recipe.model
        yield (
            Task(
                step="tokenizer",
                key="tokenizer",
                function="corpus.tokens.train:adopt",
                version=1,
                inputs={"model": (External(str(path), digest_file(path)),)},
                options=token_options.adopt_options(recipe, _placeholders(build)),
            ),
        )
        return
    counted = tuple(Ref("token_counts", bucket, f"{bucket}/counts.parquet") for bucket in _buckets(build))
    yield (
        Task(
            step="tokenizer",
            key="tokenizer",
            function="corpus.tokens.train:train",
            version=1,
            inputs={"counts": counted},
            options=token_options.train_options(build.project.tokenizer, _placeholders(build)),
        ),
    )


def _tokenizer_card(build: Build) -> Iterator[Job]:
    recipe = build.project.tokenizer
    if recipe.model:
        return  # its held-out text is not known: it may have been trained on all of ours
    counted = tuple(Ref("token_counts", bucket, f"{bucket}/counts.parquet") for bucket in _buckets(build))
    held_out = tuple(Ref("token_counts", bucket, f"{bucket}/held_out.parquet") for bucket in _buckets(build))
    yield (
        Task(
            step="tokenizer_card",
            key="card",
            function="corpus.tokens.card:card",
            version=2,
            inputs={"tokenizer": (_TOKENIZER,), "held_out": held_out, "counts": counted},
            options=token_options.card_options(recipe),
        ),
    )


def _tokens(build: Build) -> Iterator[Job]:
    project = build.project
    for bucket in _buckets(build):
        yield (
            Task(
                step="tokens",
                key=bucket,
                function="corpus.tokens.encode:encode",
                version=1,
                inputs={"text": (_text_ref(bucket),), "tokenizer": (_TOKENIZER,)},
                options=token_options.encode_options(
                    project.tokenizer, _placeholders(build), project.pipeline.seed
                ),
                folder=bucket,
            ),
        )


def _pack_options(build: Build) -> PackOptions:
    pack = build.project.pipeline.pack
    if pack is None:
        raise ValueError("the pipeline does not pack")
    return pack


def _mixture(build: Build) -> Iterator[Job]:
    project = build.project
    summaries = tuple(Ref("tokens", bucket, f"{bucket}/summary.parquet") for bucket in _buckets(build))
    yield (
        Task(
            step="mixture",
            key="mixture",
            function="corpus.tokens.mixture:mixture",
            version=1,
            inputs={"summaries": summaries},
            options=token_options.mixture_options(
                project.mixture, _pack_options(build), project.pipeline.seed
            ),
        ),
    )


def _token_scatter(build: Build) -> Iterator[Job]:
    project = build.project
    for bucket in _buckets(build):
        manifest = build.folder.manifest("tokens", bucket)
        files = () if manifest is None else tuple(output.name for output in manifest.outputs)
        yield (
            Task(
                step="token_scatter",
                key=bucket,
                function="corpus.tokens.scatter:scatter",
                version=1,
                inputs={
                    "plan": (Ref("mixture", "mixture", "plan.json"),),
                    "tokens": tuple(Ref("tokens", bucket, name) for name in files),
                },
                options=token_options.scatter_options(_pack_options(build), project.pipeline.seed),
                folder=bucket,
            ),
        )


def _packed(build: Build) -> Iterator[Job]:
    pack = _pack_options(build)
    for name in (*(f"{number:05d}" for number in range(pack.shards)), VALIDATION):
        yield (
            Task(
                step="packed",
                key=name,
                function="corpus.tokens.pack:pack",
                version=2,
                inputs={
                    "parts": tuple(
                        Ref("token_scatter", bucket, f"{bucket}/{name}.arrow") for bucket in _buckets(build)
                    )
                },
                options=token_options.pack_options(pack),
            ),
        )
