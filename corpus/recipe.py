"""The typed, frozen form of the recipe files: sources, filters, pipelines, tokenizer, mixture.

Every model refuses unknown keys. Where a value sits in its file is known to `corpus.config`, not here.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

__all__ = [
    "AdultOptions",
    "Bounds",
    "CcnetFiles",
    "CodeReader",
    "ContaminationOptions",
    "CountWeights",
    "DedupOptions",
    "ExactOptions",
    "Fields",
    "FilterFile",
    "FilterRecipe",
    "FingerprintOptions",
    "GenreOptions",
    "HuggingFaceReader",
    "JsonlReader",
    "LanguageOptions",
    "MinHashOptions",
    "MixtureFile",
    "OptionsWithFiles",
    "PackOptions",
    "PackageReader",
    "ParquetReader",
    "ParseOptions",
    "PerplexityOptions",
    "PiiOptions",
    "PipelineFile",
    "Reader",
    "Resource",
    "SignalOptions",
    "SimHashOptions",
    "SourceRecipe",
    "SourcesFile",
    "Stage",
    "SubstringOptions",
    "TemplateOptions",
    "TextOptions",
    "TextReader",
    "TokenCount",
    "TokenizerFile",
    "UrlOptions",
    "UrlRule",
    "Weights",
]

_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
_COUNTS = {"K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}


def _parse_bytes(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    number = value.rstrip("KMGiB").strip()
    unit = value[len(value.rstrip("KMGiB")) :]
    if unit not in _UNITS or not number.replace(".", "", 1).isdigit():
        raise ValueError(f"'{value}' is not a size; write for example 32MB")
    return round(float(number) * _UNITS[unit])


#: A number of bytes, written as 1000000, 32MB or 32MiB.
ByteSize = Annotated[int, BeforeValidator(_parse_bytes), Field(gt=0)]


def _parse_count(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    number, unit = value.strip(), 1
    if number[-1:] in _COUNTS:
        number, unit = number[:-1].strip(), _COUNTS[number[-1:]]
    if not number.replace(".", "", 1).replace("_", "").isdigit():
        raise ValueError(f"'{value}' is not a number of tokens; write for example 366B")
    return round(float(number) * unit)


#: A number of tokens, written as 1000000, 40M or 366B.
TokenCount = Annotated[int, BeforeValidator(_parse_count), Field(gt=0)]


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)


class OptionsWithFiles(Model):
    """Options of a signal group that name files of the user: inputs of a build, by content, not by place."""

    def files(self) -> dict[str, str]:
        """Paths by the name of the artefact each becomes; relative to the project."""
        raise NotImplementedError

    def without_paths(self) -> Self:
        """The same where of a path only what says how the file is read is left."""
        raise NotImplementedError


# ---------------------------------------------------------------- sources.yaml


class Fields(Model):
    """Which columns of a record hold what; an empty name means the record has none."""

    text: str = "text"
    id: str = "id"
    url: str = "url"


class JsonlReader(Model):
    """JSON Lines, plain or compressed (.gz, .zst)."""

    type: Literal["jsonl"]
    path: str
    fields: Fields = Fields()


class ParquetReader(Model):
    """Parquet files."""

    type: Literal["parquet"]
    path: str
    fields: Fields = Fields()


class HuggingFaceReader(Model):
    """A data set read with the `datasets` library; `dataset` is an id or a folder."""

    type: Literal["huggingface"]
    dataset: str
    config: str = ""
    split: str = "train"
    revision: str = ""
    streaming: bool = True
    fields: Fields = Fields()


class TextReader(Model):
    """A folder of text files; one document a file, or one for each stretch between blank lines."""

    type: Literal["text"]
    path: str
    split: Literal["file", "paragraph"] = "file"
    encoding: str = "utf-8"


class CodeReader(Model):
    """A folder of source files; the programming language follows from extension and content."""

    type: Literal["code"]
    path: str
    max_bytes: ByteSize = 1_048_575


class PackageReader(Model):
    """A package of a registry, downloaded by the user's own client and verified by its SHA-256.

    split: one document a file, a paragraph (catalogues: a message) or a section (HTML, manuals: a heading;
    catalogues and text: about 4,000 characters). `max_bytes` leaves larger source files out.
    """

    type: Literal["package"]
    registry: Literal["pypi", "npm", "debian"]
    package: str = Field(pattern=r"^(@[a-z0-9._-]+/)?[A-Za-z0-9][A-Za-z0-9._+-]*$")
    version: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.+~:_-]*$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    parser: Literal["html", "docbook", "mallard", "catalogue", "json-catalogue", "text", "code"]
    split: Literal["file", "paragraph", "section"] = "file"
    encoding: str = "utf-8"
    max_bytes: ByteSize = 1_048_575


Reader = Annotated[
    JsonlReader | ParquetReader | HuggingFaceReader | TextReader | CodeReader | PackageReader,
    Field(discriminator="type"),
]


class SourceRecipe(Model):
    """One hand-picked data set.

    languages maps a declared language to patterns (fnmatch, `*` also matches `/`) of the files that hold it,
    relative to what the reader opens; no pattern means all files. `max_loss_ratio` stands in place of that of
    the pipeline's `dedup` where a source is known to hold copies.
    """

    licence: str
    reader: Reader
    languages: dict[str, tuple[str, ...]] = Field(min_length=1)
    exclude: tuple[str, ...] = ()
    description: str = ""
    custodian: str = ""
    homepage: str = ""
    contact: str = ""
    clean: tuple[str, ...] = ("unicode", "whitespace")
    reference: bool = False
    crawl: bool = False
    priority: int = 0
    max_loss_ratio: float | None = Field(default=None, gt=0, le=1)


class SourcesFile(Model):
    """sources.yaml"""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    pipeline: str = "bloom-fixed"
    plugins: tuple[str, ...] = ()
    sources: dict[str, SourceRecipe] = Field(min_length=1)


# ---------------------------------------------------------------- filters/*.yaml


class Bounds(Model):
    """Smallest and largest value kept; a bound that is not given does not exist."""

    min: float | None = None
    max: float | None = None
    set_by: Literal["person", "fitted", "inherited"] = "inherited"
    fitted_on_bytes: int = 0
    note: str = ""


class FilterRecipe(Model):
    """Bounds on a signal. `off` switches the filter off for a language; nothing else does. `sources` limits
    it to hand-picked sources or to web crawls (`crawl: true`); sources whose name fits a pattern of
    `except_sources` (fnmatch) it leaves alone."""

    signal: str
    min: float | None = None
    max: float | None = None
    equals: bool | str | None = None
    applies_to: Literal["text", "code", "all"] = "text"
    sources: Literal["all", "picked", "crawl"] = "all"
    except_sources: tuple[str, ...] = ()
    action: Literal["drop", "quarantine"] = "drop"
    description: str = ""
    languages: dict[str, Bounds | Literal["off"]] = {}

    @model_validator(mode="after")
    def _some_bound(self) -> FilterRecipe:
        bounds = [bound for bound in self.languages.values() if isinstance(bound, Bounds)]
        given = (self.min, self.max, self.equals, *(b.min for b in bounds), *(b.max for b in bounds))
        if all(value is None for value in given):
            raise ValueError("has no bound; give min, max or equals")
        return self


class FilterFile(Model):
    """One file of filters/. `languages` maps a language to bounds by filter name."""

    plugins: tuple[str, ...] = ()
    filters: dict[str, FilterRecipe] = {}


# ---------------------------------------------------------------- pipelines/*.yaml


class Resource(Model):
    """Data read at run time from a package, never copied into the project: a word list, a URL list."""

    registry: Literal["pypi", "npm", "debian"]
    package: str
    version: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    licence: str


class TextOptions(Model):
    """Text statistics. `stop_words` replaces the shipped list of a language. `repetition_characters`: of a
    document, on which `character_repetition_ratio` is measured; null for all, as ROOTS did."""

    stop_words: dict[str, tuple[str, ...]] = {}
    repetition_characters: int | None = Field(default=4096, ge=100)


class CodeOptions(Model):
    """Statistics of source code."""


class GenreOptions(Model):
    """Layout of lines, and scores for message catalogues and advertising mail. Needs the group `text`."""


class ParseOptions(Model):
    """Parse check of source code, with the grammars of the extra `code`.

    A file is given up where its parser takes more than `steps_per_kilobyte` steps a kilobyte (of a hundred
    operations each); ordinary files take two, files that are all error a few dozen.
    """

    steps_per_kilobyte: int = Field(default=200, ge=1)


#: Back ends of language identification that are not a model's path.
BACKENDS = ("ours", "corpus", "cld2")


class LanguageOptions(OptionsWithFiles):
    """Language identification.

    A document is judged from at most `windows` pieces of 480 bytes, spread over it. The declared language is
    implausible where its score (relatives counted in part) is below `implausible`; then the document moves to
    the predicted language where that one scores at least `move`, and disagrees otherwise where anything else
    scores at least `move`. A document that stays disagrees too where more than `foreign` of it is English, as
    half-translated pages are. Texts with fewer than `letters` letters are not judged.

    `backend` says who names the language: `ours`, `cld2`, `fasttext:PATH` (lid.176, GlotLID, OpenLID), or
    several with `+` between, which vote. Any but `ours` reads a document as a whole, and is slow.
    """

    backend: str = "ours"
    model: str = ""
    windows: int = Field(default=16, ge=1)
    letters: int = Field(default=60, ge=0)
    implausible: float = Field(default=0.4, ge=0, le=1)
    move: float = Field(default=0.45, ge=0, le=1)
    foreign: float = Field(default=0.3, ge=0, le=1)

    def files(self) -> dict[str, str]:
        parts = {f"backend/{number}": part for number, part in enumerate(self.backend.split("+"))}
        named = {name: part.removeprefix("fasttext:") for name, part in parts.items() if part not in BACKENDS}
        return {"language": self.model, **named} if self.model else named

    def without_paths(self) -> Self:
        parts = self.backend.split("+")
        kinds = [
            part
            if part in BACKENDS
            else "fasttext:" * part.startswith("fasttext:") + "model" + PurePath(part).suffix
            for part in parts
        ]
        return self.model_copy(update={"backend": "+".join(kinds), "model": "model" * bool(self.model)})


class CcnetFiles(Model):
    """A ready model in the format of CCNet: paths, and its perplexities at evenly spaced ranks from 0 to 1.

    Without quantiles its documents have a perplexity but no rank. Ranks among damaged text do not exist.
    """

    pieces: str
    model: str
    quantiles: tuple[float, ...] = ()

    @model_validator(mode="after")
    def _ascending(self) -> CcnetFiles:
        if len(self.quantiles) == 1 or list(self.quantiles) != sorted(self.quantiles):
            raise ValueError("quantiles: two perplexities or more, ascending")
        return self


class PerplexityOptions(OptionsWithFiles):
    """Language models trained in the build on sources marked `reference: true`.

    order                 longest n-gram; (identifiers of pieces) ** order must fit 64 bits
    vocabulary            identifiers of pieces, at most
    pruning               for each length, n-grams met at most this often are left out of the model
    min_reference_bytes   a language with less text has no model, and the filter is off for it
    max_reference_bytes   text of one language that is read for its model, at most
    held_out_ratio        share of the reference text that is not trained on: the ranks come from it
    buckets               ranks where head ends and where middle ends
    ccnet                 ready models by language, used in place of trained ones
    """

    order: int = Field(default=5, ge=2, le=6)
    vocabulary: int = Field(default=7131, ge=300, le=65536)
    pruning: tuple[int, ...] = (0, 0, 1, 1, 1)
    min_reference_bytes: ByteSize = 100_000
    max_reference_bytes: ByteSize = 64_000_000
    held_out_ratio: float = Field(default=0.1, gt=0, lt=0.5)
    buckets: tuple[float, float] = (1 / 3, 2 / 3)
    ccnet: dict[str, CcnetFiles] = {}

    @model_validator(mode="after")
    def _fits(self) -> PerplexityOptions:
        if self.vocabulary**self.order > 1 << 64:
            most = int((1 << 64) ** (1 / self.order))
            raise ValueError(f"vocabulary: at most {most} with order {self.order}")
        if len(self.pruning) != self.order or list(self.pruning) != sorted((0, *self.pruning[1:])):
            raise ValueError(f"pruning: give {self.order} numbers that begin with 0 and never fall")
        if not 0 < self.buckets[0] < self.buckets[1] < 1:
            raise ValueError("buckets: two ranks between 0 and 1, ascending")
        return self

    def files(self) -> dict[str, str]:
        pieces = {f"ccnet/{language}/pieces": found.pieces for language, found in self.ccnet.items()}
        return pieces | {f"ccnet/{language}/model": found.model for language, found in self.ccnet.items()}

    def without_paths(self) -> Self:
        bare = {
            name: CcnetFiles(pieces="", model="", quantiles=f.quantiles) for name, f in self.ccnet.items()
        }
        return self.model_copy(update={"ccnet": bare})


class AdultOptions(Model):
    """Adult-content signals. `allow` names hosts that are never adult, whatever a list says; `accepted` has
    words of adult content by language, beside the lists. `reviewed` (source to id to whether it is adult) and
    more words come from `reviews/adult.json`."""

    allow: tuple[str, ...] = ()
    accepted: dict[str, tuple[str, ...]] = {}
    reviewed: dict[str, dict[str, bool]] = {}


class PiiOptions(Model):
    """Personal data. `kinds` names those looked for (none named: all); `min_score` is in 0..1; `presidio`
    names Presidio entities to be looked for as well (none named: Presidio is not used)."""

    policy: Literal["tag", "roots", "surrogate"] = "tag"
    kinds: tuple[str, ...] = ()
    min_score: float = Field(default=0.0, ge=0, le=1)
    presidio: tuple[str, ...] = ()


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


class SignalOptions(Model):
    """One block for each built-in group; a group that is not named is not measured."""

    text: TextOptions | None = None
    genre: GenreOptions | None = None
    code: CodeOptions | None = None
    parse: ParseOptions | None = None
    language: LanguageOptions | None = None
    perplexity: PerplexityOptions | None = None
    adult: AdultOptions | None = None
    pii: PiiOptions | None = None


class ContaminationOptions(OptionsWithFiles):
    """Overlap with evaluation sets.

    benchmarks: name -> file of the user, relative to the project (JSON Lines, Parquet, or text with an item a
    line); names have letters, digits, "-", "_" and ".". fields: the columns of a record that are looked for,
    all text columns where none is named. An item matches by runs of `words` words; one with fewer words as a
    whole, if it has `least_words`.
    """

    benchmarks: dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")], str] = Field(
        min_length=1
    )
    fields: tuple[str, ...] = ()
    words: int = Field(default=13, ge=1, le=100)
    least_words: int = Field(default=8, ge=1, le=100)

    def files(self) -> dict[str, str]:
        return {f"benchmark/{name}": path for name, path in self.benchmarks.items()}

    def without_paths(self) -> Self:
        endings = {name: PurePath(path).suffix for name, path in self.benchmarks.items()}
        return self.model_copy(update={"benchmarks": endings})


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
    out of documents that are kept. A source or language of at least
    `max_loss_documents` documents that loses more than `max_loss_ratio` of them stops the build.
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


class PackOptions(Model):
    """Fixed-length sequences, divided among `shards` files by keyed hash.

    best_fit cuts no document that fits into a row, save what keeps padding within max_padding_ratio.
    """

    length: int = Field(default=2048, ge=2)
    method: Literal["best_fit", "concat"] = "best_fit"
    shards: int = Field(default=8, ge=1, le=65536)
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


# ---------------------------------------------------------------- tokenizer/*.yaml


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
    more tokens than with that (0.1: ten points) stops the build, where the option is given. `dedup_lines`: a
    line counts once.
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
    monolingual: bool = True
    max_monolingual_gap: float | None = Field(default=None, gt=0)
    audit_every: int = Field(default=2000, ge=1)
    pad_vocabulary_to: int = Field(default=128, ge=1)

    @model_validator(mode="after")
    def _ends_are_special(self) -> TokenizerFile:
        for name in ("end_of_document", "padding"):
            if not self.model and getattr(self, name) not in self.special:
                raise ValueError(f"{name} '{getattr(self, name)}' is not among the special tokens")
        if len(set(self.special)) != len(self.special) or "" in self.special:
            raise ValueError("special tokens repeat, or one is empty")
        return self


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
