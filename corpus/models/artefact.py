"""The file of a language's model: the model and its reference quantiles, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from corpus.errors import StorageError
from corpus.models import array_file
from corpus.models.language_model import LanguageModel
from corpus.models.reference import Reference

__all__ = ["Artefact", "read", "write", "write_absent"]

_KIND, _VERSION = "corpus language model", 3
_ARRAYS = ("unigrams", "grams", "known")
_QUANTILES = ("plain", "noisy", "mixed", "ordered", "chance")


@dataclass(frozen=True)
class Artefact:
    """What the file holds. `model` and `reference` are None together, and `reason` then says why."""

    language: str
    reference_bytes: int
    model: LanguageModel | None = None
    reference: Reference | None = None
    reason: str = ""


def write(path: Path, model: LanguageModel, reference: Reference, reference_bytes: int) -> None:
    """One file: equal models give equal bytes."""
    header = {
        "kind": _KIND,
        "version": _VERSION,
        "language": model.language,
        "order": model.order,
        "pieces": model.pieces,
        "reference_bytes": reference_bytes,
        "reason": "",
    }
    arrays = {name: getattr(model, name) for name in _ARRAYS}
    arrays.update({name: getattr(reference, name) for name in _QUANTILES})
    array_file.write(path, header, arrays)


def write_absent(path: Path, language: str, reference_bytes: int, reason: str) -> None:
    """A file that says why the language has no model, so that the report can."""
    header = {
        "kind": _KIND,
        "version": _VERSION,
        "language": language,
        "reference_bytes": reference_bytes,
        "reason": reason,
    }
    array_file.write(path, header, {})


def read(path: Path) -> Artefact:
    """What the file holds, mapped into memory; raises StorageError where it is of another kind or version."""
    header, arrays = array_file.read(path)
    if header.get("kind") != _KIND or header.get("version") != _VERSION:
        raise StorageError(
            f"{path}: holds {header.get('kind')} {header.get('version')}, not {_KIND} {_VERSION}; "
            "build it again"
        )
    language, size = header["language"], header["reference_bytes"]
    if header["reason"]:
        return Artefact(language, size, reason=header["reason"])
    model = LanguageModel(
        language=language,
        order=header["order"],
        pieces=tuple(header["pieces"]),
        **{name: arrays[name] for name in _ARRAYS},
    )
    reference = Reference(**{name: np.array(arrays[name]) for name in _QUANTILES})
    return Artefact(language, size, model, reference)
