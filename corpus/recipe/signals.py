"""pipelines/*.yaml, `signals` and `decontaminate`: one block of options for each built-in group."""

from __future__ import annotations

from pathlib import PurePath
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from corpus.compressed import plain_name
from corpus.recipe.base import ByteSize, Model, OptionsWithFiles

__all__ = [
    "BACKENDS",
    "AdultLanguageModels",
    "AdultOptions",
    "CcnetContrast",
    "CcnetFiles",
    "CodeOptions",
    "ContaminationOptions",
    "GenreOptions",
    "LanguageOptions",
    "ParseOptions",
    "PerplexityOptions",
    "PiiOptions",
    "SignalOptions",
    "TextOptions",
]


class TextOptions(Model):
    """Text statistics. `stop_words` replaces the shipped list of a language. `repetition_characters`: of a
    document, on which `character_repetition_ratio` and `compression_ratio` are measured; null for all, as
    ROOTS did. `columns`: only these are measured, in half the time for a few; null for all."""

    stop_words: dict[str, tuple[str, ...]] = {}
    repetition_characters: int | None = Field(default=4096, ge=100)
    columns: tuple[str, ...] | None = None


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
    scores at least `move`. Half-translated pages disagree too: where common English words stand for more than
    `foreign` of a document, or where more than that is not English in one that would move to English. Texts
    with fewer than `letters` letters are not judged.

    `backend` says who names the language: `ours`, `cld2`, `fasttext:PATH` (lid.176, GlotLID, OpenLID), or
    several with `+` between, which vote. Any but `ours` reads a document as a whole, and is slow.
    """

    backend: str = "ours"
    model: str = ""
    windows: int = Field(default=16, ge=1)
    letters: int = Field(default=60, ge=0)
    implausible: float = Field(default=0.4, ge=0, le=1)
    move: float = Field(default=0.45, ge=0, le=1)
    foreign: float = Field(default=0.2, ge=0, le=1)

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
    min_reference_bytes: ByteSize = 60_000
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


class CcnetContrast(Model):
    """Two ready models in the format of CCNet, of adult and of clean text, that share their pieces: paths."""

    pieces: str
    adult: str
    clean: str


class AdultLanguageModels(Model):
    """Language models of adult and of clean text, trained in the build on the classifier's weak labels.

    min_bytes   a language with less text of either kind has no models
    max_bytes   text of each kind that is read, at most; of both kinds as much as there is of the scarcer
    ccnet       ready models by language, used in place of trained ones
    """

    min_bytes: ByteSize = 100_000
    max_bytes: ByteSize = 16_000_000
    ccnet: dict[str, CcnetContrast] = {}


class AdultOptions(OptionsWithFiles):
    """Adult-content signals. `allow` names hosts that are never adult, whatever a list says; `accepted` has
    words of adult content by language, beside the lists. `reviewed` (source to id to whether it is adult) and
    more words come from `reviews/adult.json`. `language_models`: the signal of their ratio is measured."""

    allow: tuple[str, ...] = ()
    accepted: dict[str, tuple[str, ...]] = {}
    reviewed: dict[str, dict[str, bool]] = {}
    language_models: AdultLanguageModels | None = None

    def files(self) -> dict[str, str]:
        ready = self.language_models.ccnet if self.language_models is not None else {}
        return {
            f"ccnet/{language}/{role}": path
            for language, found in ready.items()
            for role, path in found.model_dump().items()
        }

    def without_paths(self) -> Self:
        if self.language_models is None:
            return self
        bare = {name: CcnetContrast(pieces="", adult="", clean="") for name in self.language_models.ccnet}
        models = self.language_models.model_copy(update={"ccnet": bare})
        return self.model_copy(update={"language_models": models})


class PiiOptions(Model):
    """Personal data. `kinds` names those looked for (none named: all); `min_score` is in 0..1; `presidio`
    names Presidio entities to be looked for as well (none named: Presidio is not used); `names` has a spaCy
    model by language, for person names and street addresses (none named: nobody looks for them)."""

    policy: Literal["tag", "roots", "surrogate"] = "tag"
    kinds: tuple[str, ...] = ()
    min_score: float = Field(default=0.0, ge=0, le=1)
    presidio: tuple[str, ...] = ()
    names: dict[str, str] = {}


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

    benchmarks: name -> file of the user, relative to the project; `corpus.signals.benchmark_files` has the
    formats; names have letters, digits, "-", "_" and ".". fields: the columns of a record that are looked
    for, all text columns where none is named. An item matches by runs of `words` words; one with fewer words
    as a whole, if it has `least_words`.
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
        plain = {name: plain_name(path) for name, path in self.benchmarks.items()}
        endings = {
            name: PurePath(plain[name]).suffix + path.removeprefix(plain[name])
            for name, path in self.benchmarks.items()
        }
        return self.model_copy(update={"benchmarks": endings})
