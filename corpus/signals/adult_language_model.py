"""How much likelier a document is as adult text than as clean text: language models of both, by language.

File of trained models: corpus.models.array_file; its header has for each language the pieces and the order of
both models, the arrays are `<language>/known`, and of each kind `<language>/<kind>/unigrams` and `grams`.
Source: Jansen et al. 2022, arXiv 2212.10440, mark adult pages by their perplexity under a model of adult
text; here that under a model of clean text is taken off: a rare name is unlikely to both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.batch import Batch
from corpus.errors import StorageError
from corpus.models import array_file
from corpus.models.ccnet import CcnetModel
from corpus.models.language_model import LanguageModel
from corpus.recipe import AdultLanguageModels

__all__ = ["Contrast", "ModelRatio", "read", "write"]

_KIND, _VERSION = "corpus adult language models", 1
_TABLES = ("unigrams", "grams")


class Contrast(NamedTuple):
    """Models of both kinds of text of a language, with the same pieces: what neither knows costs the same."""

    adult: LanguageModel
    clean: LanguageModel

    def logs(self, batch: Batch, documents: NDArray[np.int64]) -> NDArray[np.float64]:
        """log10 of P(document) as adult text / P(document) as clean text."""
        tokens = self.adult.encode(batch.text, batch.words, documents)
        counts = batch.words.offsets[documents + 1] - batch.words.offsets[documents]
        adult, clean = (model.sum_up(tokens, counts).cost for model in self)
        return np.subtract(clean, adult)


class _CcnetPair(NamedTuple):
    """The same of models in the format of CCNet."""

    adult: CcnetModel
    clean: CcnetModel

    def logs(self, batch: Batch, documents: NDArray[np.int64]) -> NDArray[np.float64]:
        texts = batch.column("text").take(documents).to_pylist()
        return np.array([self.adult.score(text).log - self.clean.score(text).log for text in texts])


class ModelRatio:
    """log10 of how much likelier a word is under the model of adult text, by language."""

    def __init__(self, options: AdultLanguageModels, artefacts: Mapping[str, Path]) -> None:
        trained = artefacts.get("adult_language_models")
        self._models: dict[str, Contrast | _CcnetPair] = {**read(trained)} if trained is not None else {}
        for language, given in sorted(options.ccnet.items()):
            files = {
                role: artefacts.get(f"ccnet/{language}/{role}", Path(path))
                for role, path in given.model_dump().items()
            }
            pair = (CcnetModel(files["pieces"], files[kind]) for kind in ("adult", "clean"))
            self._models[language] = _CcnetPair(*pair)

    def measure(self, batch: Batch, languages: Sequence[str | None]) -> NDArray[np.float64]:
        """By document; NaN where its language has no models and where it has no words."""
        found = np.full(len(batch), np.nan)
        counts = np.diff(batch.words.offsets)
        names = np.array(languages, object)
        for language, models in self._models.items():
            documents = np.flatnonzero((names == language) & (counts > 0))
            if len(documents):
                found[documents] = models.logs(batch, documents) / counts[documents]
        return found


def write(path: Path, models: Mapping[str, Contrast]) -> None:
    """One file for all languages: equal models give equal bytes."""
    languages, arrays = {}, {}
    for language, pair in sorted(models.items()):
        languages[language] = {"order": pair.adult.order, "pieces": pair.adult.pieces}
        arrays[f"{language}/known"] = pair.adult.known
        for kind, model in pair._asdict().items():
            arrays |= {f"{language}/{kind}/{name}": getattr(model, name) for name in _TABLES}
    array_file.write(path, {"kind": _KIND, "version": _VERSION, "languages": languages}, arrays)


def read(path: Path) -> dict[str, Contrast]:
    """What the file holds, mapped into memory; raises StorageError where it is of another kind or version."""
    header, arrays = array_file.read(path)
    if header.get("kind") != _KIND or header.get("version") != _VERSION:
        raise StorageError(
            f"{path}: holds {header.get('kind')} {header.get('version')}, not {_KIND} {_VERSION}; "
            "build it again"
        )
    return {
        language: Contrast(
            *(
                LanguageModel(
                    language=language,
                    order=found["order"],
                    pieces=tuple(found["pieces"]),
                    known=arrays[f"{language}/known"],
                    **{name: arrays[f"{language}/{kind}/{name}"] for name in _TABLES},
                )
                for kind in Contrast._fields
            )
        )
        for language, found in header["languages"].items()
    }
