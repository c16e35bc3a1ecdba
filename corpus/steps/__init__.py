"""Plan: from configuration to steps and tasks. Pure: nothing is run, nothing is written.

The tasks of a step follow from the manifests of the steps before it, so a plan of a build that has not begun
knows the steps, and the tasks of the first of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from corpus.pins import STEPS as PINNED
from corpus.steps.adult import adult_label_jobs, adult_model_jobs, adult_url_jobs
from corpus.steps.build import Build, Shard, Step
from corpus.steps.dedup import dedup_folder, dedup_jobs, dedup_stages
from corpus.steps.documents import document_jobs, language_model_jobs, shards
from corpus.steps.signals import contamination_jobs, decision_jobs, signal_jobs
from corpus.steps.text import scatter_jobs, text_jobs
from corpus.steps.tokens import (
    aligned_jobs,
    has_aligned,
    mixture_jobs,
    packed_jobs,
    token_count_jobs,
    token_jobs,
    token_line_jobs,
    token_scatter_jobs,
    tokenizer_card_jobs,
    tokenizer_jobs,
    tokenizer_language_jobs,
)
from corpus.task import Job
from corpus.tokens.options import counts_once

__all__ = ["RESULTS", "Build", "Shard", "Step", "shards", "steps"]

#: Steps whose outputs are the result; the root digest is made of them.
RESULTS = ("text", "tokenizer", "tokens", "packed")


def steps(build: Build) -> tuple[Step, ...]:
    """The steps of a build, in order."""
    chosen = [
        Step("documents", "read, clean, split", ("documents",), document_jobs),
        Step("language_models", "train language models", ("language_models",), language_model_jobs),
        Step("adult_urls", "digest listed addresses", ("adult_urls",), adult_url_jobs),
        Step("adult_labels", "label listed words", ("adult_labels",), adult_label_jobs),
        Step("adult_model", "train the adult classifier", ("adult_model",), adult_model_jobs),
        Step(
            "signals",
            "measure every signal",
            tuple(f"signals/{item.name}" for item in build.signals),
            signal_jobs,
        ),
        Step("decisions", "hold signals against bounds", ("decisions",), decision_jobs),
    ]
    if "contamination" in (item.name for item in build.signals):
        chosen.append(
            Step("contamination", "report what benchmarks hold", ("contamination",), contamination_jobs)
        )
    for stage in dedup_stages(build):
        name = dedup_folder(stage.name)
        kind, _, what = stage.name.replace("dedup.", "duplicates.").partition(".")
        chosen.append(Step(name, f"{kind}: {what}", (name,), partial(dedup_jobs, stage=stage)))
    chosen += [
        Step("scatter", "redact, sort into buckets", ("scatter",), scatter_jobs),
        Step("text", "write the clean corpus", ("text",), text_jobs),
    ]
    if counts_once(build.project.tokenizer):
        chosen.append(Step("token_lines", "list lines", ("token_lines",), token_line_jobs))
    if has_aligned(build):
        chosen.append(Step("aligned", "align text with English", ("aligned",), aligned_jobs))
    chosen += [
        Step("token_counts", "count pieces of words", ("token_counts",), token_count_jobs),
        Step("tokenizer", "train the tokenizer", ("tokenizer",), tokenizer_jobs),
        Step("tokenizer_languages", "judge the tokenizer", ("tokenizer_languages",), tokenizer_language_jobs),
        Step("tokenizer_card", "write the tokenizer's card", ("tokenizer_card",), tokenizer_card_jobs),
        Step("tokens", "encode", ("tokens",), token_jobs),
    ]
    if build.project.pipeline.pack is not None:
        chosen += [
            Step("mixture", "solve the mixture", ("mixture",), mixture_jobs),
            Step("token_scatter", "shuffle tokens", ("token_scatter",), token_scatter_jobs),
            Step("packed", "pack sequences", ("packed",), packed_jobs),
        ]
    return tuple(replace(step, jobs=_pinned(step.jobs)) if step.name in PINNED else step for step in chosen)


def _pinned(jobs: Callable[[Build], Iterator[Job]]) -> Callable[[Build], Iterator[Job]]:
    return lambda build: build.pins.apply(jobs(build))
