"""A language model as an ARPA text file, which KenLM and other tools load.

Pieces are the words of the file. The values are those of the model after quantisation, so both give the
same scores. `<unk>` is every character the model has no piece for.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.kernels import lm
from corpus.models.language_model import LanguageModel

__all__ = ["sentences", "write_arpa"]

_NAMES = ("", "<unk>", "<s>", "</s>")
_CHUNK = 1 << 16


def write_arpa(model: LanguageModel, path: Path) -> None:
    """Writes the n-grams of each length in ascending order of their identifiers."""
    names = np.array([*_NAMES, *model.pieces], object)
    used = np.flatnonzero(model.grams[::2])
    used = used[np.argsort(model.grams[2 * used])]
    keys, values = model.grams[2 * used], model.grams[2 * used + 1]
    base = np.uint64(model.base)
    # A key of length n is at least base ** (n - 1): the lengths lie one after the other.
    cuts = [np.searchsorted(keys, base ** np.uint64(length - 1)) for length in range(2, model.order + 1)]
    bounds = [*(int(cut) for cut in cuts), len(keys)]
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(f"\\data\\\nngram 1={model.base - 1}\n")
        for length in range(2, model.order + 1):
            file.write(f"ngram {length}={bounds[length - 1] - bounds[length - 2]}\n")
        file.write("\n\\1-grams:\n")
        file.writelines(_lines([names[1 : model.base]], model.unigrams[1:], True))
        for length in range(2, model.order + 1):
            file.write(f"\n\\{length}-grams:\n")
            for start in range(bounds[length - 2], bounds[length - 1], _CHUNK):
                stop = min(start + _CHUNK, bounds[length - 1])
                rest = keys[start:stop]
                columns: list[NDArray[np.object_]] = []
                for _ in range(length):
                    columns.insert(0, names[(rest % base).astype(np.int64)])
                    rest = rest // base
                file.writelines(_lines(columns, values[start:stop], length < model.order))
        file.write("\n\\end\\\n")


def sentences(model: LanguageModel, ids: NDArray[np.int32]) -> Iterator[str]:
    """The lines of encoded text as KenLM takes them: pieces between spaces, without `<s>` and `</s>`."""
    names = np.array([*_NAMES, *model.pieces], object)
    begins = np.flatnonzero(ids == lm.BEGIN)
    for first, last in zip(begins, [*begins[1:], len(ids)], strict=True):
        yield " ".join(names[ids[first + 1 : last - 1]])


def _lines(
    columns: list[NDArray[np.object_]], values: NDArray[np.uint64], with_backoff: bool
) -> Iterator[str]:
    logs = (values & np.uint64(0xFFFF)).astype(np.float64) * -lm.LOG_UNIT
    weights = (values >> np.uint64(16)).astype(np.float64) * -lm.LOG_UNIT
    for log, weight, row in zip(logs.tolist(), weights.tolist(), zip(*columns, strict=True), strict=True):
        gram = " ".join(row)
        log = -99.0 if gram == "<s>" else log
        yield f"{log:.7f}\t{gram}\t{weight:.7f}\n" if with_backoff else f"{log:.7f}\t{gram}\n"
