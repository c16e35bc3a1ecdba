"""Tasks that train the tokenizer, encode, mix and pack."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from corpus.inputs import SourceInput
from corpus.pii.kinds import PLACEHOLDERS
from corpus.recipe import PackOptions
from corpus.stages import finalize
from corpus.steps.build import Build
from corpus.steps.documents import recipe_options, unit_options
from corpus.steps.exchange import Exchange, exchange
from corpus.task import External, Job, Ref, Task
from corpus.tokens import options as token_options
from corpus.tokens.scatter import VALIDATION

__all__ = [
    "aligned_jobs",
    "has_aligned",
    "mixture_jobs",
    "packed_jobs",
    "token_count_jobs",
    "token_jobs",
    "token_line_jobs",
    "token_scatter_jobs",
    "tokenizer_card_jobs",
    "tokenizer_jobs",
    "tokenizer_language_jobs",
]

#: Keys beside those of sources and languages, which neither can be.
_PARALLEL, _TOKENIZER = "@parallel", "@tokenizer"


def _buckets(build: Build) -> list[str]:
    return [finalize.bucket_name(bucket) for bucket in range(build.project.pipeline.buckets)]


def _text_ref(bucket: str) -> Ref:
    return Ref("text", bucket, f"{bucket}.parquet")


def _tokenizer(build: Build) -> Ref:
    return Ref("tokenizer", "tokenizer", token_options.tokenizer_name(build.project.tokenizer))


def _placeholders(build: Build) -> tuple[str, ...]:
    """What redaction writes in place of personal data: kept whole by the tokenizer."""
    return PLACEHOLDERS if build.project.pipeline.redact else ()


def token_line_jobs(build: Build) -> Iterator[Job]:
    project = build.project
    for bucket in _buckets(build):
        yield (
            Task(
                step="token_lines",
                key=bucket,
                function="corpus.tokens.lines:lines",
                version=2,
                inputs={"text": (_text_ref(bucket),)},
                options=token_options.line_options(
                    project.tokenizer, _placeholders(build), project.pipeline.seed
                ),
                folder=bucket,
            ),
        )


def _lines(build: Build, bucket: str) -> dict[str, tuple[Ref, ...]]:
    """What `count` leaves out: lines of the buckets before this one."""
    if not token_options.counts_once(build.project.tokenizer):
        return {}
    before = [name for name in _buckets(build) if name <= bucket]
    refs = [Ref("token_lines", name, f"{name}/lines.bin") for name in before]
    return {"lines": (refs[-1],), "lines_before": tuple(refs[:-1])}


def token_count_jobs(build: Build) -> Iterator[Job]:
    project = build.project
    for bucket in _buckets(build):
        yield (
            Task(
                step="token_counts",
                key=bucket,
                function="corpus.tokens.counts:count",
                version=3,
                inputs={"text": (_text_ref(bucket),), **_lines(build, bucket)},
                options=token_options.count_options(
                    project.tokenizer, _placeholders(build), project.pipeline.seed
                ),
                folder=bucket,
            ),
        )


def tokenizer_jobs(build: Build) -> Iterator[Job]:
    recipe = build.project.tokenizer
    if recipe.model:
        yield (
            Task(
                step="tokenizer",
                key="tokenizer",
                function="corpus.tokens.train:adopt",
                version=2,
                inputs={"model": (build.inputs.tokenizer_files["model"],)},
                options=token_options.adopt_options(recipe, _placeholders(build)),
            ),
        )
        return
    counted = tuple(Ref("token_counts", bucket, f"{bucket}/counts.parquet") for bucket in _buckets(build))
    yield (
        Task(
            step="tokenizer",
            key="tokenizer",
            function=f"corpus.tokens.{'train:train' if recipe.trainer == 'bpe' else 'pieces:train_pieces'}",
            version=1 if recipe.trainer == "bpe" else 2,
            inputs={"counts": counted},
            options=token_options.train_options(build.project.tokenizer, _placeholders(build)),
        ),
    )


def has_aligned(build: Build) -> bool:
    """Whether there is text that says the same in several languages."""
    return bool(build.project.tokenizer.parallel) or bool(_aligned_units(build))


def _aligned_units(build: Build) -> list[tuple[SourceInput, list[int]]]:
    """Sources that say the same in several languages, and their units that are read. A file of which a
    document was removed is left out whole."""
    of, found = build.tombstones.of, []
    for item in build.inputs.sources:
        units = enumerate(item.units) if item.source.recipe.aligned else ()
        kept = [index for index, unit in units if not of(item.source.name, [unit.name])]
        if kept:
            found.append((item, kept))
    return found


def aligned_jobs(build: Build) -> Iterator[Job]:
    for item, units in _aligned_units(build):
        yield (_aligned(item, units),)
    if build.project.tokenizer.parallel:
        yield (
            Task(
                step="aligned",
                key=_PARALLEL,
                function="corpus.tokens.aligned:parallel",
                version=1,
                inputs={"text": (build.inputs.tokenizer_files["parallel"],)},
                options=token_options.aligned_options(),
                folder=_PARALLEL,
            ),
        )


def _aligned(item: SourceInput, units: list[int]) -> Task:
    source = item.source
    tags = tuple((item.units[index].name, item.tags[index]) for index in units) if item.tags else ()
    return Task(
        step="aligned",
        key=source.name,
        function="corpus.tokens.aligned:aligned",
        version=1,
        inputs={"root": (External(str(item.root), "".join(item.digests[i] for i in units), tags),)},
        options={
            "source": source.name,
            "recipe": recipe_options(source.recipe),
            "units": [list(unit_options(item, index)) for index in units],
            **token_options.aligned_options(),
        },
        folder=source.name,
    )


class _Judged(NamedTuple):
    """What languages are judged by, and those of the text that have something."""

    counts: Exchange
    held_out: Exchange
    aligned: Exchange
    names: list[str]


def _judged(build: Build) -> _Judged:
    keys = [item.source.name for item, _ in _aligned_units(build)]
    keys += [_PARALLEL] * bool(build.project.tokenizer.parallel)
    aligned = exchange(build.folder, "aligned", keys, "/aligned.parquet")
    buckets = _buckets(build)
    counts = exchange(build.folder, "token_counts", buckets, "/counts.parquet")
    held_out = exchange(build.folder, "token_counts", buckets, "/held_out.parquet")
    names = sorted({*held_out.parts, *(set(counts.parts) & set(aligned.parts))})
    return _Judged(counts, held_out, aligned, names)


def tokenizer_language_jobs(build: Build) -> Iterator[Job]:
    judged = _judged(build)
    yield (
        Task(
            step="tokenizer_languages",
            key=_TOKENIZER,
            function="corpus.tokens.judge:tokenizer",
            version=1,
            inputs={"tokenizer": (_tokenizer(build),)},
            folder=_TOKENIZER,
        ),
    )
    for name in judged.names:
        yield (
            Task(
                step="tokenizer_languages",
                key=name,
                function="corpus.tokens.judge:language",
                version=1,
                inputs={
                    "tokenizer": (_tokenizer(build),),
                    "held_out": (judged.held_out.part(name),),
                    "counts": (judged.counts.part(name),),
                    "aligned": (judged.aligned.part(name),),
                },
                options=token_options.language_options(build.project.tokenizer),
                folder=name,
            ),
        )


def tokenizer_card_jobs(build: Build) -> Iterator[Job]:
    names = _judged(build).names
    yield (
        Task(
            step="tokenizer_card",
            key="card",
            function="corpus.tokens.card:card",
            version=4,
            inputs={
                "tokenizer": (Ref("tokenizer_languages", _TOKENIZER, f"{_TOKENIZER}/tokenizer.json"),),
                "figures": tuple(Ref("tokenizer_languages", n, f"{n}/figures.json") for n in names),
                "used": tuple(Ref("tokenizer_languages", n, f"{n}/used.npy") for n in names),
            },
            options={**token_options.card_options(build.project.tokenizer), "languages": names},
        ),
    )


def token_jobs(build: Build) -> Iterator[Job]:
    project = build.project
    for bucket in _buckets(build):
        yield (
            Task(
                step="tokens",
                key=bucket,
                function="corpus.tokens.encode:encode",
                version=3,
                inputs={"text": (_text_ref(bucket),), "tokenizer": (_tokenizer(build),)},
                options=token_options.encode_options(
                    project.tokenizer, _placeholders(build), project.pipeline.seed
                ),
                folder=bucket,
                varies="text",
            ),
        )


def _pack_options(build: Build) -> PackOptions:
    pack = build.project.pipeline.pack
    if pack is None:
        raise ValueError("the pipeline does not pack")
    return pack


def _packed_shards(build: Build) -> int:
    """How many there are; with `shard_bytes` the mixture tells, once it is solved."""
    pack = _pack_options(build)
    solved = build.folder.manifest("mixture", "mixture") if pack.shard_bytes else None
    return solved.counts.get("shards", pack.shards) if solved else pack.shards


def mixture_jobs(build: Build) -> Iterator[Job]:
    project = build.project
    summaries = tuple(Ref("tokens", bucket, f"{bucket}/summary.parquet") for bucket in _buckets(build))
    yield (
        Task(
            step="mixture",
            key="mixture",
            function="corpus.tokens.mixture:mixture",
            version=3,
            inputs={"summaries": summaries},
            options=token_options.mixture_options(
                project.mixture, _pack_options(build), project.pipeline.seed
            ),
        ),
    )


def token_scatter_jobs(build: Build) -> Iterator[Job]:
    project = build.project
    for bucket in _buckets(build):
        manifest = build.folder.manifest("tokens", bucket)
        files = () if manifest is None else tuple(output.name for output in manifest.outputs)
        yield (
            Task(
                step="token_scatter",
                key=bucket,
                function="corpus.tokens.scatter:scatter",
                version=2,
                inputs={
                    "plan": (Ref("mixture", "mixture", "plan.json"),),
                    "tokens": tuple(Ref("tokens", bucket, name) for name in files),
                },
                options=token_options.scatter_options(_packed_shards(build), project.pipeline.seed),
                folder=bucket,
            ),
        )


def packed_jobs(build: Build) -> Iterator[Job]:
    pack = _pack_options(build)
    for name in (*(f"{number:05d}" for number in range(_packed_shards(build))), VALIDATION):
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
