"""pipelines/*.yaml, `dedup`: which kinds of duplicates are removed, and how alike they must be."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from corpus.recipe.base import ByteSize, Model

__all__ = [
    "DedupOptions",
    "ExactOptions",
    "FingerprintOptions",
    "MinHashOptions",
    "PreferOptions",
    "SimHashOptions",
    "SubstringOptions",
    "TemplateOptions",
    "UrlOptions",
    "UrlRule",
]


class MinHashOptions(Model):
    """Near duplicates: a document whose shingle sets have a Jaccard index of at least `threshold`.

    Of the `minima` of a signature, `bands` times `rows` are used: two documents become candidates where all
    rows of a band agree, and every candidate is verified on its shingles. Where bands and rows are not given
    they follow from the threshold, so that a pair 0.1 above it is missed once in 200 times at most: 21 bands
    of 6 rows for 0.7. `shingle` counts words (characters where a script has no spaces). Texts of fewer than
    `min_shingles` are compared exactly only: notices of a line or two differ in the word that matters.
    """

    threshold: float = Field(default=0.7, gt=0, lt=1)
    bands: int | None = Field(default=None, ge=1, le=256)
    rows: int | None = Field(default=None, ge=1, le=64)
    minima: int = Field(default=128, ge=16, le=1024)
    shingle: int = Field(default=5, ge=1, le=64)
    min_shingles: int = Field(default=20, ge=1)

    @model_validator(mode="after")
    def _enough_minima(self) -> MinHashOptions:
        if (self.bands is None) != (self.rows is None):
            raise ValueError("bands and rows are given together, or both left out")
        if self.bands and self.rows and self.bands * self.rows > self.minima:
            raise ValueError(f"{self.bands} bands of {self.rows} rows need minima: {self.bands * self.rows}")
        return self

    @property
    def shape(self) -> tuple[int, int]:
        """(bands, rows)"""
        if self.bands and self.rows:
            return self.bands, self.rows
        similar = min(self.threshold + 0.1, (1 + self.threshold) / 2)
        fitting = (
            (self.minima // rows, rows)
            for rows in range(32, 0, -1)
            if (1 - similar**rows) ** (self.minima // rows) <= 0.005
        )
        return next(fitting, (self.minima, 1))


class ExactOptions(Model):
    """Equal after normalisation.

    one-space: a run of white space counts as one space; roots: white space, digits and ASCII punctuation
    are ignored.
    """

    normalise: Literal["one-space", "roots"] = "one-space"


class UrlRule(Model):
    """How the URLs of one source are read: `query: drop` cuts at "?", `cut` removes endings of the path."""

    query: Literal["keep", "drop"] = "keep"
    cut: tuple[str, ...] = ()


class UrlOptions(Model):
    """Equal URLs after normalisation, whose texts have a Jaccard index of at least `min_similarity`.

    A URL that more than `max_documents` documents give is the address of a collection, not of a page.
    """

    min_similarity: float = Field(default=0.5, ge=0, le=1)
    max_documents: int = Field(default=10, ge=2)
    query: Literal["keep", "drop"] = "keep"
    cut: tuple[str, ...] = ()
    sources: dict[str, UrlRule] = {}


class SimHashOptions(Model):
    """Near duplicates as ROOTS found them in OSCAR: 64-bit SimHashes at most `max_distance` bits apart.

    Windows of `window` words in English, of characters in all other languages; texts of more than `max_bytes`
    take no part (long texts gave false duplicates).
    """

    window: int = Field(default=6, ge=1, le=64)
    max_distance: int = Field(default=4, ge=0, le=16)
    blocks: int = Field(default=6, ge=2, le=16)
    max_bytes: ByteSize = 6000

    @model_validator(mode="after")
    def _enough_blocks(self) -> SimHashOptions:
        if self.blocks <= self.max_distance:
            raise ValueError(
                f"max_distance {self.max_distance} needs at least {self.max_distance + 1} blocks"
            )
        return self


class SubstringOptions(Model):
    """Stretches of at least `min_bytes` equal bytes that also stand in another kept document.

    Of equal stretches the first stays, in order of document id. `remove` cuts the others out of the clean
    corpus; `mark` only writes where they are.
    """

    min_bytes: int = Field(default=100, ge=20)
    action: Literal["remove", "mark"] = "remove"
    partitions: int = Field(default=8, ge=1, le=65536)


class TemplateOptions(Model):
    """Lines and paragraphs (lines in a row, between blank ones) of at least `min_characters` that
    `min_documents` documents of a source hold, and `min_ratio` of its documents. `remove` cuts all of them
    out of the clean corpus; `mark` only writes where they are."""

    units: tuple[Literal["line", "paragraph"], ...] = ("line", "paragraph")
    action: Literal["remove", "mark"] = "remove"
    min_characters: int = Field(default=15, ge=1)
    min_documents: int = Field(default=10, ge=2)
    min_ratio: float = Field(default=0.0, ge=0, le=1)
    partitions: int = Field(default=8, ge=1, le=65536)


class PreferOptions(Model):
    """Of duplicates of equal priority that stays whose `signal` is best; one without a value comes last."""

    signal: str
    best: Literal["largest", "smallest"] = "largest"


class FingerprintOptions(Model):
    """The signal group `fingerprint`: follows from `DedupOptions`; a column not asked for is null."""

    normalise: Literal["one-space", "roots"] | None = "one-space"
    url: UrlOptions | None = UrlOptions()
    minima: int = Field(default=128, ge=0)
    simhash: SimHashOptions | None = None
    shingle: int = Field(default=5, ge=1, le=64)


class DedupOptions(Model):
    """Which kinds of duplicates are removed; a kind that is not named is not looked for.

    `scope: source` finds duplicates only inside a source. `against` names folders of earlier builds, relative
    to the project: documents that those kept stay out of this one. `substring` and `templates` cut stretches
    out of documents that are kept. Of duplicates that of the source with the highest priority stays, then the
    best by `prefer`, then the longest. A source or language of at least `max_loss_documents` documents that
    loses more than `max_loss_ratio` of them stops the build.
    `partitions` bounds memory; the result does not depend on it.
    """

    exact: ExactOptions | None = None
    url: UrlOptions | None = None
    minhash: MinHashOptions | None = None
    simhash: SimHashOptions | None = None
    substring: SubstringOptions | None = None
    templates: TemplateOptions | None = None
    against: tuple[str, ...] = ()
    scope: Literal["corpus", "source"] = "corpus"
    prefer: PreferOptions | None = None
    max_loss_ratio: float = Field(default=0.5, gt=0, le=1)
    max_loss_documents: int = Field(default=20, ge=1)
    partitions: int = Field(default=8, ge=1, le=65536)

    @model_validator(mode="after")
    def _against_by_something(self) -> DedupOptions:
        if self.against and self.fingerprint is None:
            raise ValueError("against needs a kind of duplicates: exact, url, minhash or simhash")
        return self

    @property
    def fingerprint(self) -> FingerprintOptions | None:
        """What has to be measured for these kinds; None where no kind is named."""
        if all(kind is None for kind in (self.exact, self.url, self.minhash, self.simhash)):
            return None
        near = self.minhash
        return FingerprintOptions(
            normalise=self.exact.normalise if self.exact else None,
            url=self.url,
            minima=near.minima if near else 0,
            shingle=near.shingle if near else 5,
            simhash=self.simhash,
        )
