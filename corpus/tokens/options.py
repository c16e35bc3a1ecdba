"""The options of each token step from the recipes: only what changes the step's output, so that a change of
one recipe makes no other step run again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from corpus.recipe import MixtureFile, PackOptions, TokenizerFile

__all__ = [
    "adopt_options",
    "aligned_options",
    "card_options",
    "count_options",
    "counts_once",
    "encode_options",
    "language_options",
    "line_options",
    "mixture_options",
    "pack_options",
    "scatter_options",
    "special_tokens",
    "tokenizer_name",
    "train_options",
]


def special_tokens(recipe: TokenizerFile, placeholders: Sequence[str]) -> list[str]:
    """Special tokens in the order of their ids: named ones, placeholders, reserved slots."""
    named = [
        *recipe.special,
        *(text for text in _placeholders(recipe, placeholders) if text not in recipe.special),
    ]
    return [*named, *(f"<reserved_{number}>" for number in range(recipe.reserved))]


def _placeholders(recipe: TokenizerFile, placeholders: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(placeholders)) if recipe.placeholders else []


def tokenizer_name(recipe: TokenizerFile) -> str:
    """Name of the file the tokenizer is in: tokenizer.json, or tokenizer.model of SentencePiece."""
    pieces = recipe.model.endswith(".model") if recipe.model else recipe.trainer != "bpe"
    return "tokenizer.model" if pieces else "tokenizer.json"


def count_options(recipe: TokenizerFile, placeholders: Sequence[str], seed: int) -> dict[str, Any]:
    """For `corpus.tokens.counts:count`."""
    return {
        "pattern": recipe.pattern,
        "max_piece_bytes": recipe.max_piece_bytes,
        "held_out_ratio": recipe.held_out_ratio,
        "sample_bytes": 50_000,
        "seed": seed,
        "placeholders": _placeholders(recipe, placeholders),
        "dedup_lines": recipe.dedup_lines,
        "dedup_documents": recipe.dedup_documents,
    }


def counts_once(recipe: TokenizerFile) -> bool:
    """Whether lines or documents that repeat are counted once."""
    return recipe.dedup_lines or recipe.dedup_documents


def line_options(recipe: TokenizerFile, placeholders: Sequence[str], seed: int) -> dict[str, Any]:
    """For `corpus.tokens.lines:lines`."""
    return {
        "held_out_ratio": recipe.held_out_ratio,
        "seed": seed,
        "placeholders": _placeholders(recipe, placeholders),
        "dedup_lines": recipe.dedup_lines,
        "dedup_documents": recipe.dedup_documents,
    }


def train_options(recipe: TokenizerFile, placeholders: Sequence[str]) -> dict[str, Any]:
    """For `corpus.tokens.train:train`."""
    return {
        "vocabulary": recipe.vocabulary,
        **({} if recipe.trainer == "bpe" else {"trainer": recipe.trainer}),
        "pattern": recipe.pattern,
        "special": special_tokens(recipe, placeholders),
        "min_frequency": recipe.min_frequency,
        "min_piece_count": recipe.min_piece_count,
        "max_token_bytes": recipe.max_token_bytes,
        "weights": recipe.weights.model_dump(mode="json"),
    }


def adopt_options(recipe: TokenizerFile, placeholders: Sequence[str]) -> dict[str, Any]:
    """For `corpus.tokens.train:adopt`."""
    ends = dict.fromkeys((recipe.end_of_document, recipe.padding or recipe.end_of_document))
    return {"required": [*ends, *_placeholders(recipe, placeholders)]}


def aligned_options() -> dict[str, Any]:
    """For `corpus.tokens.aligned`."""
    return {"sample_bytes": 100_000}


def language_options(recipe: TokenizerFile) -> dict[str, Any]:
    """For `corpus.tokens.judge:language`."""
    return {"sample_bytes": 200_000, "pattern": recipe.pattern, "monolingual": recipe.monolingual}


def card_options(recipe: TokenizerFile) -> dict[str, Any]:
    """For `corpus.tokens.card:card`; the languages come from what was counted."""
    return {
        "pad_vocabulary_to": recipe.pad_vocabulary_to,
        "max_monolingual_gap": recipe.max_monolingual_gap,
    }


def encode_options(recipe: TokenizerFile, placeholders: Sequence[str], seed: int) -> dict[str, Any]:
    """For `corpus.tokens.encode:encode`."""
    return {
        "end_of_document": recipe.end_of_document,
        "padding": recipe.padding,
        "placeholders": _placeholders(recipe, placeholders),
        "audit_every": recipe.audit_every,
        "seed": seed,
    }


def mixture_options(recipe: MixtureFile, pack: PackOptions, seed: int) -> dict[str, Any]:
    """For `corpus.tokens.mixture:mixture`."""
    return {
        **recipe.model_dump(mode="json", exclude={"description"}),
        "length": pack.length,
        "seed": seed,
        **({"shard_bytes": pack.shard_bytes} if pack.shard_bytes else {}),
    }


def scatter_options(shards: int, seed: int) -> dict[str, Any]:
    """For `corpus.tokens.scatter:scatter`."""
    return {"shards": shards, "seed": seed}


def pack_options(pack: PackOptions) -> dict[str, Any]:
    """For `corpus.tokens.pack:pack`; the shard is named by the task's key."""
    return {"length": pack.length, "method": pack.method, "max_padding_ratio": pack.max_padding_ratio}
