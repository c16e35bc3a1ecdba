"""tokenizer/mixture.yaml: how many tokens of what a model sees, and in which stages."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from corpus.recipe.base import Model, TokenCount
from corpus.recipe.tokenizer import Weights

__all__ = ["MixtureFile", "Stage", "Upsampling"]


class Stage(Model):
    """One stage of a model that grows: it trains on this many tokens of the same stream."""

    name: str
    tokens: TokenCount


class Upsampling(Model):
    """Documents are seen more often the larger the cluster of duplicates they stand for was: as the square
    root of its size, or 1 + log2 of it; `cap` times at most, for once of a document without duplicates."""

    cluster_size: Literal["sqrt", "log"]
    cap: float = Field(default=10, ge=1)


class MixtureFile(Model):
    """tokenizer/mixture.yaml

    Without target_tokens every document is seen once. A language or source is seen max_epochs times at most,
    and what it cannot give the others give. sources: factor on a source's share inside its language.
    """

    description: str = ""
    target_tokens: TokenCount | None = None
    weights: Weights = Weights()
    min_share: float = Field(default=0, ge=0, lt=1)
    max_epochs: float = Field(default=4, gt=0, le=1000)
    sources: dict[str, Annotated[float, Field(ge=0)]] = {}
    upsample: Upsampling | None = None
    stages: tuple[Stage, ...] = ()
    validation_ratio: float = Field(default=0.005, ge=0, lt=0.5)
