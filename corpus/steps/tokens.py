"""Tasks that train the tokenizer, encode, mix and pack."""

from __future__ import annotations

from collections.abc import Iterator

from corpus.pii.kinds import PLACEHOLDERS
from corpus.recipe import PackOptions
from corpus.stages import finalize
from corpus.steps.build import Build
from corpus.storage import digest_file
from corpus.task import External, Job, Ref, Task
from corpus.tokens import options as token_options
from corpus.tokens.scatter import VALIDATION

__all__ = [
    "mixture_jobs",
    "packed_jobs",
    "token_count_jobs",
    "token_jobs",
    "token_line_jobs",
    "token_scatter_jobs",
    "tokenizer_card_jobs",
    "tokenizer_jobs",
]


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
                version=1,
                inputs={"text": (_text_ref(bucket),)},
                options=token_options.line_options(
                    project.tokenizer, _placeholders(build), project.pipeline.seed
                ),
                folder=bucket,
            ),
        )


def _lines(build: Build, bucket: str) -> dict[str, tuple[Ref, ...]]:
    """What `count` leaves out: lines of the buckets before this one."""
    if not build.project.tokenizer.dedup_lines:
        return {}
    before = [name for name in _buckets(build) if name <= bucket]
    refs = [Ref("token_lines", name, f"{name}/lines.bin") for name in before]
    return {"lines": (refs[-1],), "lines_before": tuple(refs[:-1])}


def token_count_jobs(build: Build) -> Iterator[Job]:
    project = build.project
    if project.tokenizer.model:
        return
    for bucket in _buckets(build):
        yield (
            Task(
                step="token_counts",
                key=bucket,
                function="corpus.tokens.counts:count",
                version=2,
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
            function=f"corpus.tokens.{'train:train' if recipe.trainer == 'bpe' else 'pieces:train_pieces'}",
            version=1 if recipe.trainer == "bpe" else 2,
            inputs={"counts": counted},
            options=token_options.train_options(build.project.tokenizer, _placeholders(build)),
        ),
    )


def tokenizer_card_jobs(build: Build) -> Iterator[Job]:
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
            version=3,
            inputs={"tokenizer": (_tokenizer(build),), "held_out": held_out, "counts": counted},
            options=token_options.card_options(recipe),
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


def mixture_jobs(build: Build) -> Iterator[Job]:
    project = build.project
    summaries = tuple(Ref("tokens", bucket, f"{bucket}/summary.parquet") for bucket in _buckets(build))
    yield (
        Task(
            step="mixture",
            key="mixture",
            function="corpus.tokens.mixture:mixture",
            version=2,
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
                options=token_options.scatter_options(_pack_options(build), project.pipeline.seed),
                folder=bucket,
            ),
        )


def packed_jobs(build: Build) -> Iterator[Job]:
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
