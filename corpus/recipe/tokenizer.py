"""tokenizer/<name>.yaml: a tokenizer to be trained, or one to be used."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from corpus.recipe.base import ByteSize, Model

__all__ = ["CountWeights", "TokenizerFile", "Weights"]


class Weights(Model):
    """How languages share: proportional (as they are), power (share^alpha), explicit (the shares given)."""

    mode: Literal["proportional", "power", "explicit"] = "proportional"
    alpha: float = Field(default=1.0, ge=0, le=1)
    shares: dict[str, float] = {}

    @model_validator(mode="after")
    def _shares_where_explicit(self) -> Weights:
        if (self.mode == "explicit") != bool(self.shares):
            raise ValueError("shares are given with mode: explicit, and only there")
        if any(share < 0 for share in self.shares.values()):
            raise ValueError("a share is below 0")
        return self


class CountWeights(Weights):
    """Weights on the piece counts a tokenizer is trained on. cap_bytes: no language counts for more before
    the power; max_factor: largest factor relative to the smallest; 0 means no cap."""

    cap_bytes: ByteSize | Literal[0] = 0
    max_factor: float = Field(default=0, ge=0)


class TokenizerFile(Model):
    """tokenizer/<name>.yaml

    `vocabulary` counts all entries: special tokens, reserved slots, 256 bytes, merges. `model` is an existing
    tokenizer.json or SentencePiece .model, relative to the project, used instead of training one. `trainer`:
    byte-level BPE, or SentencePiece's unigram model or BPE with byte fallback. `monolingual`: the card
    compares each language with a tokenizer of its own; a language that needs more than `max_monolingual_gap`
    more tokens than with that (0.1: ten points) stops the build, where the option is given. `parallel`: JSON
    Lines, relative to the project, of text that says the same in several languages; the card takes parity
    with English from it. `dedup_lines`, `dedup_documents`: a line, but for code, and a document count once.
    """

    description: str = ""
    model: str = ""
    trainer: Literal["bpe", "sentencepiece-unigram", "sentencepiece-bpe"] = "bpe"
    vocabulary: int = Field(default=250_680, ge=512)
    pattern: Literal["o200k", "bloom", "gpt2", "gpt4"] = "o200k"
    special: tuple[str, ...] = ("<unk>", "<s>", "</s>", "<pad>")
    end_of_document: str = "</s>"
    padding: str = "<pad>"
    placeholders: bool = True
    reserved: int = Field(default=0, ge=0, le=100_000)
    min_frequency: int = Field(default=2, ge=0)
    min_piece_count: int = Field(default=1, ge=1)
    max_token_bytes: int = Field(default=0, ge=0)
    max_piece_bytes: int = Field(default=4096, ge=16)
    weights: CountWeights = CountWeights()
    held_out_ratio: float = Field(default=0.01, ge=0, lt=0.5)
    dedup_lines: bool = False
    dedup_documents: bool = False
    parallel: str = ""
    monolingual: bool = True
    max_monolingual_gap: float | None = Field(default=None, gt=0)
    audit_every: int = Field(default=2000, ge=1)
    pad_vocabulary_to: int = Field(default=128, ge=1)

    def files(self) -> dict[str, str]:
        """Paths of the files it names, relative to the project."""
        return {key: path for key in ("model", "parallel") if (path := getattr(self, key))}

    @model_validator(mode="after")
    def _ends_are_special(self) -> TokenizerFile:
        for name in ("end_of_document", "padding"):
            if not self.model and getattr(self, name) not in self.special:
                raise ValueError(f"{name} '{getattr(self, name)}' is not among the special tokens")
        if len(set(self.special)) != len(self.special) or "" in self.special:
            raise ValueError("special tokens repeat, or one is empty")
        return self
