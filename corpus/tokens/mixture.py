"""Step `mixture`: how often each language and source is seen, for a token budget.

plan.json is what later steps read: epochs, rounded, and nothing that moves when a document is removed.
mixture.json is the account for people: planned tokens, weights, epochs, stages, and what cannot be met.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from corpus.errors import ConfigError, Problem
from corpus.tokens.blends import blend_files
from corpus.tokens.upsample import cluster_factor
from corpus.work import Counts, Work

__all__ = ["fill", "mixture", "plan_languages", "stage_ranges"]

#: Language, source, class of the cluster (0 for all where nothing is upsampled).
Group = tuple[str, str, int]

#: Epochs in plan.json are multiples of this, so that removing a document rarely changes them.
GRID = 1 / 64


def mixture(work: Work) -> Counts:
    """Solves the mixture for the inputs `summaries` (summary.parquet of each bucket).

    Options: target_tokens (None: every document once), length, weights {mode proportional | power | explicit,
    alpha, shares}, min_share, max_epochs, sources (factor by source name), stages [{name, tokens}],
    validation_ratio, upsample ({cluster_size: sqrt | log, cap}; by it a language counts in the weights, and
    without target_tokens every document is seen as often as it says), shard_bytes (None, or the size of a
    packed shard: the count `shards` says how many make it). Writes plan.json, mixture.json, and
    blend files for three trainers.
    """
    options = work.options
    rule = options.get("upsample")
    tokens, documents = _available([pq.read_table(path) for path in work.each("summaries")], bool(rule))
    ratio = float(options["validation_ratio"])
    train = {group: size * (1 - ratio) for group, size in tokens.items()}
    often = {group: size * cluster_factor(rule, group[2]) for group, size in train.items()}
    languages, raised = _by_language(train), _by_language(often)
    available = sum(languages.values())
    target = float(options.get("target_tokens") or sum(raised.values()))
    notes: list[str] = []
    most = float(options["max_epochs"])
    limits = {language: most * size for language, size in languages.items()}
    wanted = plan_languages(raised, limits, target, options, notes)
    factors: Mapping[str, float] = options.get("sources") or {}
    unknown = sorted(set(factors) - {source for _, source, _ in tokens})
    if unknown:
        raise ConfigError([Problem("mixture", 0, 0, f"no such source: {', '.join(unknown)}")])
    epochs: dict[Group, float] = {}
    for language, amount in wanted.items():
        groups = [group for group in train if group[0] == language]
        shares = np.array([often[group] * float(factors.get(group[1], 1.0)) for group in groups])
        full = np.array([most * train[group] for group in groups])
        for group, drawn in zip(groups, fill(amount, shares, full), strict=True):
            epochs[group] = _on_grid(drawn / train[group], most) if train[group] else 0.0
    planned = {group: epochs[group] * train[group] for group in train}
    total = sum(planned.values())
    short = target - total
    if short > GRID * target:
        notes.append(
            f"the target of {target:,.0f} tokens cannot be met: {available:,.0f} are there and no group "
            f"is seen more than {most:g} times, which gives {total:,.0f}"
        )
    plan = {
        "upsample": bool(rule),
        "epochs": [[*group, epochs[group]] for group in sorted(epochs)],
        "validation_ratio": ratio,
        "seed": int(options["seed"]),
    }
    work.output("plan.json").write_text(json.dumps(plan, indent=1), encoding="utf-8")
    report = {
        "target_tokens": int(target),
        "planned_tokens": round(total),
        "available_tokens": round(available),
        "cannot_be_met": notes,
        "stages": stage_ranges(options.get("stages") or [], total, int(options["length"])),
        "languages": {
            name: {
                "available_tokens": round(size),
                "planned_tokens": round(sum(planned[g] for g in planned if g[0] == name)),
                "weight": sum(planned[g] for g in planned if g[0] == name) / total if total else 0.0,
                "epochs": sum(planned[g] for g in planned if g[0] == name) / size if size else 0.0,
            }
            for name, size in sorted(languages.items())
        },
        "sources": [
            {
                "language": group[0],
                "source": group[1],
                **({"clusters_of": 2 ** group[2]} if rule else {}),
                "documents": documents[group],
                "available_tokens": round(train[group]),
                "planned_tokens": round(planned[group]),
                "epochs": epochs[group],
            }
            for group in sorted(train)
        ],
    }
    text = json.dumps(report, indent=1, ensure_ascii=False)
    work.output("mixture.json").write_text(text, encoding="utf-8")
    sizes = {path.parent.name: _languages(pq.read_table(path)) for path in work.each("summaries")}
    weights = {name: entry["weight"] for name, entry in report["languages"].items()}  # type: ignore[attr-defined]
    for name, content in blend_files(sizes, weights, languages, total).items():
        work.output(name).write_text(content, encoding="utf-8")
    counts = {
        "available_tokens": round(available),
        "planned_tokens": round(total),
        "short_tokens": max(0, round(short)),
    }
    if options.get("shard_bytes"):
        items = [int(pq.read_schema(path).metadata[b"item_bytes"]) for path in work.each("summaries")]
        counts["shards"] = max(1, round(total * items[0] / int(options["shard_bytes"])))
    return counts


def plan_languages(
    sizes: Mapping[str, float],
    limits: Mapping[str, float],
    target: float,
    options: Mapping[str, Any],
    notes: list[str],
) -> dict[str, float]:
    """Tokens to draw from each language, by sizes and within limits; what had to give is said in `notes`."""
    weights = options.get("weights") or {}
    mode = weights.get("mode", "proportional")
    total = sum(sizes.values())
    if mode == "explicit":
        shares = {name: float(weights["shares"].get(name, 0.0)) for name in sizes}
        for name in sorted(set(weights["shares"]) - set(sizes)):
            notes.append(f"language '{name}' has a share of {weights['shares'][name]:g} but no tokens")
    else:
        alpha = float(weights.get("alpha", 1.0)) if mode == "power" else 1.0
        shares = {name: (size / total) ** alpha if size else 0.0 for name, size in sizes.items()}
    least = float(options.get("min_share") or 0.0)
    asked = np.array(list(shares.values()))
    asked = asked / asked.sum() if asked.sum() else asked
    if least * np.count_nonzero(asked) > 1:
        raise ConfigError([Problem("mixture", 0, 0, f"min_share {least:g} of all languages is more than 1")])
    asked = _at_least(asked, least)
    most = float(options["max_epochs"])
    drawn = fill(target, asked, [limits[name] for name in sizes])
    for name, share, tokens in zip(sizes, asked, drawn, strict=True):
        limit = limits[name]
        if mode != "proportional" and share * target > limit * (1 + 1e-9):
            notes.append(
                f"language '{name}' is to be {share:.3%} of the target, {share * target:,.0f} tokens; "
                f"{most:g} epochs give {tokens:,.0f}"
            )
    return dict(zip(sizes, drawn.tolist(), strict=True))


def fill(amount: float, shares: Any, limits: Any) -> Any:
    """Divides `amount` by shares with no part above its limit; what a full part cannot take goes to the
    others by their shares. Less than `amount` where all are full."""
    shares, limits = np.asarray(shares, float), np.asarray(limits, float)
    drawn = np.zeros(len(shares))
    open_parts = shares > 0
    while open_parts.any():
        level = (amount - drawn[~open_parts].sum()) / shares[open_parts].sum()
        full = open_parts & (level * shares >= limits)
        if not full.any():
            drawn[open_parts] = level * shares[open_parts]
            break
        drawn[full] = limits[full]
        open_parts &= ~full
    return drawn


def stage_ranges(stages: Sequence[Mapping[str, Any]], total: float, length: int) -> list[dict[str, Any]]:
    """Where each stage of a growing model begins and ends in the stream of packed rows; the mixture is the
    same in all of them. Scaled to the tokens there are where the stages ask for more."""
    asked = sum(float(stage["tokens"]) for stage in stages)
    scale = min(1.0, total / asked) if asked else 1.0
    ranges, position = [], 0.0
    for stage in stages:
        end = position + float(stage["tokens"]) * scale
        rows = [int(position // length), int(end // length)]
        ranges.append(
            {
                "name": stage["name"],
                "asked_tokens": int(stage["tokens"]),
                "planned_tokens": round(end - position),
                "first_row": rows[0],
                "end_row": rows[1],
            }
        )
        position = end
    return ranges


def _at_least(shares: Any, least: float) -> Any:
    """Shares raised to `least`, the others scaled down to make room; parts with nothing stay at nothing."""
    raised = shares.copy()
    low = np.zeros(len(shares), bool)
    while least:
        below = (raised < least) & (shares > 0) & ~low
        if not below.any():
            break
        low |= below
        raised[low] = least
        rest = ~low & (shares > 0)
        if rest.any():
            raised[rest] = shares[rest] / shares[rest].sum() * (1 - least * low.sum())
    return raised


def _on_grid(epochs: float, most: float) -> float:
    """Rounded to GRID, a part of a passage never to nothing; whole numbers stay whole."""
    rounded = round(epochs / GRID) * GRID
    return min(max(rounded, GRID), most) if epochs > 0 else 0.0


def _available(tables: Sequence[pa.Table], by_class: bool) -> tuple[dict[Group, int], dict[Group, int]]:
    """Tokens and documents."""
    tokens: dict[Group, int] = {}
    documents: dict[Group, int] = {}
    for table in tables:
        for row in table.to_pylist():
            group = (row["language"], row["source"], row["cluster_class"] if by_class else 0)
            tokens[group] = tokens.get(group, 0) + row["tokens"]
            documents[group] = documents.get(group, 0) + row["documents"]
    return dict(sorted(tokens.items())), documents


def _by_language(groups: Mapping[Group, float]) -> dict[str, float]:
    sums: dict[str, float] = {}
    for (language, _, _), size in groups.items():
        sums[language] = sums.get(language, 0.0) + size
    return sums


def _languages(table: pa.Table) -> dict[str, int]:
    sums: dict[str, int] = {}
    for row in table.to_pylist():
        sums[row["language"]] = sums.get(row["language"], 0) + row["tokens"]
    return sums
