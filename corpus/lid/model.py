"""The language-identification model: arrays in one file, read without unpickling and without a copy.

File: the line `corpus-lid 4`, the length of a JSON header (8 bytes, little endian), the header (labels,
calibration, what it was trained on, and name, type, shape and position of each array), the arrays. Of the
rows of the feature table only those in use are stored, of the weights of heads those that are not 0.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.errors import StorageError
from corpus.kernels.lid_heads import BUCKETS
from corpus.lid.lexicon import Lexicon
from corpus.storage import file_state

__all__ = ["SHIPPED", "Heads", "Model", "load", "save"]

_MAGIC = b"corpus-lid 4\n"
_ALIGN = 64

#: The model in the package.
SHIPPED = Path(__file__).with_name("model.lid")


class Heads(NamedTuple):
    """Heads of H close pairs (`corpus.lid.heads`).

    pairs    label numbers of the two languages
    weights  int8 [H, buckets], of features for the first language against the second; most are 0
    scale    turns weights into log odds
    """

    pairs: tuple[tuple[int, int], ...]
    weights: NDArray[np.int8]
    scale: float


@dataclass(frozen=True)
class Model:
    """A hashed n-gram embedding classifier.

    labels       BCP-47 codes, L of them, in the order of `output`'s rows
    scripts      ISO 15924 codes; the position is the number used in `script_of`, 0 is "none"
    fold         uint16 [65536], code point to folded code point, 0 for what separates words
    script_of    uint8 [65536], code point to number of its script
    han          int8 [65536], log odds of a character being Simplified (> 0) or Traditional (< 0)
    prints       uint16 [slots], fingerprints of known features
    table        int8 [slots, D], embeddings; `scale` turns them into reals
    output       float32 [L, D]
    allowed      bool [L, scripts], whether the label is written in the script
    usual        float32 [L], share of features that are known in text of the label (median)
    heads        what tells close pairs apart
    calibration  temperature = a + b * log(features), as (a, b)
    lexicon      the commonest words of the languages of `corpus`
    about        what it was trained on: text bytes and licences by source
    """

    labels: tuple[str, ...]
    scripts: tuple[str, ...]
    fold: NDArray[np.uint16]
    script_of: NDArray[np.uint8]
    han: NDArray[np.int8]
    prints: NDArray[np.uint16]
    table: NDArray[np.int8]
    output: NDArray[np.float32]
    allowed: NDArray[np.bool_]
    usual: NDArray[np.float32]
    heads: Heads
    scale: float
    calibration: tuple[float, float]
    lexicon: Lexicon
    about: Mapping[str, Any] = field(default_factory=dict)

    @property
    def shift(self) -> np.uint64:
        """How far a 64-bit hash is shifted down to a slot."""
        return np.uint64(64 - int(self.prints.size).bit_length() + 1)

    @cached_property
    def bit(self) -> NDArray[np.int64]:
        """int64 [L + 1], the lexicon's bit of a label, -1 for none; the last entry is label -1."""
        number = {language: bit for bit, language in enumerate(self.lexicon.languages)}
        return np.array([number.get(label, -1) for label in (*self.labels, "")], np.int64)

    @cached_property
    def worth(self) -> NDArray[np.uint8]:
        """uint8 [scripts], what a letter of the script counts as: a Han character is half a word."""
        return np.array([_WORTH.get(script, 1) for script in self.scripts], np.uint8)

    @cached_property
    def columns(self) -> NDArray[np.float32]:
        """float32 [D, L], `output` the other way round."""
        return np.ascontiguousarray(self.output.T)

    @cached_property
    def written(self) -> NDArray[np.bool_]:
        """bool [scripts, L], `allowed` the other way round."""
        return np.ascontiguousarray(self.allowed.T)

    @cached_property
    def head(self) -> NDArray[np.int64]:
        """int64 [L, L], the head of a pair of labels in either order, -1 where there is none."""
        result = np.full((len(self.labels), len(self.labels)), -1, np.int64)
        for index, (first, second) in enumerate(self.heads.pairs):
            result[first, second] = result[second, first] = index
        return result

    @cached_property
    def rivals(self) -> NDArray[np.int64]:
        """int64 [L, R], the labels each has a head with; a label fills up with itself, which has none."""
        found = [np.flatnonzero(row >= 0) for row in self.head]
        result = np.repeat(np.arange(len(self.labels))[:, None], max(map(len, found)) or 1, 1)
        for label, rivals in enumerate(found):
            result[label, : rivals.size] = rivals
        return result

    @cached_property
    def has_rival(self) -> NDArray[np.bool_]:
        """bool [L], labels with a head."""
        return np.asarray((self.head >= 0).any(1))

    @property
    def latin(self) -> int:
        """Number of the Latin script."""
        return self.scripts.index("Latn")


#: Letters of running text a character stands for, by script; 1 for those not named.
_WORTH = {"Hani": 3, "Jpan": 2, "Hang": 2, "Yiii": 3}
_ARRAYS = ("fold", "script_of", "han", "prints", "table", "output", "allowed", "usual")
_WORDS = ("keys", "holders", "share", "expected", "english_rate")


def save(model: Model, path: Path) -> None:
    """Write the model; the same model always gives the same bytes. Raises StorageError where it cannot."""
    arrays = {name: np.ascontiguousarray(getattr(model, name)) for name in _ARRAYS}
    places = np.flatnonzero(model.heads.weights)
    arrays |= {
        "head_places": places.astype(np.int32),
        "head_weights": model.heads.weights.reshape(-1)[places],
    }
    arrays["table"] = model.table[model.prints > 0]
    arrays |= {f"lexicon_{name}": np.ascontiguousarray(getattr(model.lexicon, name)) for name in _WORDS}
    entries, position = {}, 0
    for name, array in arrays.items():
        entries[name] = {"type": array.dtype.str, "shape": list(array.shape), "at": position}
        position += -(-array.nbytes // _ALIGN) * _ALIGN
    header = {
        "labels": list(model.labels),
        "scripts": list(model.scripts),
        "scale": model.scale,
        "head_scale": model.heads.scale,
        "pairs": [list(pair) for pair in model.heads.pairs],
        "calibration": list(model.calibration),
        "about": dict(model.about),
        "lexicon": list(model.lexicon.languages),
        "arrays": entries,
    }
    packed = json.dumps(header, ensure_ascii=False, sort_keys=True).encode()
    start = len(_MAGIC) + 8
    packed += b" " * (-(start + len(packed)) % _ALIGN)
    try:
        with path.open("wb") as file:
            file.write(_MAGIC + len(packed).to_bytes(8, "little") + packed)
            for array in arrays.values():
                data = array.tobytes()
                file.write(data + b"\0" * (-len(data) % _ALIGN))
    except OSError as error:
        raise StorageError(f"{path}: cannot write the language model: {error.strerror}") from error


def load(path: Path = SHIPPED) -> Model:
    """Read a model file. Raises StorageError where it is not one, or not there."""
    try:
        return _load(path, *file_state(path))
    except (OSError, ValueError) as error:
        raise StorageError(f"{path}: cannot read the language model: {error}") from error


@lru_cache(maxsize=4)
def _load(path: Path, _size: int, _changed: int) -> Model:
    data = np.memmap(path, np.uint8, "r")
    start = len(_MAGIC) + 8
    if data.size < start or data[: len(_MAGIC)].tobytes() != _MAGIC:
        raise StorageError(f"{path}: not a language model of this version; make one with `corpus lid train`")
    size = int.from_bytes(data[len(_MAGIC) : start].tobytes(), "little")
    try:
        header = json.loads(data[start : start + size].tobytes())
        arrays = {
            name: _array(data[start + size + entry["at"] :], entry)
            for name, entry in header["arrays"].items()
        }
        used = arrays["prints"] > 0
        table = np.zeros((used.size, arrays["table"].shape[1]), np.int8)
        table[used] = arrays["table"]
        arrays["table"] = table
        pairs = tuple((int(first), int(second)) for first, second in header["pairs"])
        weights = np.zeros((len(pairs), BUCKETS), np.int8)
        weights.reshape(-1)[arrays.pop("head_places")] = arrays.pop("head_weights")
        return Model(
            labels=tuple(header["labels"]),
            scripts=tuple(header["scripts"]),
            scale=float(header["scale"]),
            heads=Heads(pairs, weights, float(header["head_scale"])),
            calibration=(float(header["calibration"][0]), float(header["calibration"][1])),
            about=header["about"],
            lexicon=Lexicon(
                tuple(header["lexicon"]), **{name: arrays.pop(f"lexicon_{name}") for name in _WORDS}
            ),
            **arrays,
        )
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise StorageError(f"{path}: the language model is damaged: {error}") from error


def _array(data: NDArray[np.uint8], entry: Mapping[str, Any]) -> NDArray[Any]:
    kind = np.dtype(entry["type"])
    count = int(np.prod(entry["shape"]))
    return np.frombuffer(data, kind, count).reshape(entry["shape"])
