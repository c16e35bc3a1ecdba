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
    used = np.flatnonzero(model.keys)
    keys = model.keys[used]
    order = np.argsort(keys)
    used, keys = used[order], keys[order]
    base = np.uint64(model.base)
    # A key of length n is at least base ** (n - 1): the lengths lie one after the other.
    cuts = [np.searchsorted(keys, base ** np.uint64(length - 1)) for length in range(2, model.order + 1)]
    bounds = [*(int(cut) for cut in cuts), len(keys)]
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(f"\\data\\\nngram 1={model.base - 1}\n")
        for length in range(2, model.order + 1):
            file.write(f"ngram {length}={bounds[length - 1] - bounds[length - 2]}\n")
        file.write("\n\\1-grams:\n")
        identifiers = np.arange(1, model.base)
        logs = model.unigrams[1:].astype(np.float64) * -lm.LOG_UNIT
        logs[lm.BEGIN - 1] = -99.0
        file.writelines(
            _lines(logs, [names[identifiers]], model.unigram_backoffs[1:] if model.order > 1 else None)
        )
        for length in range(2, model.order + 1):
            file.write(f"\n\\{length}-grams:\n")
            for start in range(bounds[length - 2], bounds[length - 1], _CHUNK):
                stop = min(start + _CHUNK, bounds[length - 1])
                slots, rest = used[start:stop], keys[start:stop]
                columns: list[NDArray[np.object_]] = []
                for _ in range(length):
                    columns.insert(0, names[(rest % base).astype(np.int64)])
                    rest = rest // base
                logs = model.logs[slots].astype(np.float64) * -lm.LOG_UNIT
                file.writelines(
                    _lines(logs, columns, model.backoffs[slots] if length < model.order else None)
                )
        file.write("\n\\end\\\n")


def sentences(model: LanguageModel, ids: NDArray[np.int32]) -> Iterator[str]:
    """The lines of encoded text as KenLM takes them: pieces between spaces, without `<s>` and `</s>`."""
    names = np.array([*_NAMES, *model.pieces], object)
    begins = np.flatnonzero(ids == lm.BEGIN)
    for first, last in zip(begins, [*begins[1:], len(ids)], strict=True):
        yield " ".join(names[ids[first + 1 : last - 1]])


def _lines(
    logs: NDArray[np.float64], columns: list[NDArray[np.object_]], backoffs: NDArray[np.uint16] | None
) -> Iterator[str]:
    words = zip(*columns, strict=True)
    if backoffs is None:
        for log, row in zip(logs.tolist(), words, strict=True):
            yield f"{log:.7f}\t{' '.join(row)}\n"
        return
    weights = backoffs.astype(np.float64) * -lm.LOG_UNIT
    for log, row, weight in zip(logs.tolist(), words, weights.tolist(), strict=True):
        yield f"{log:.7f}\t{' '.join(row)}\t{weight:.7f}\n"
