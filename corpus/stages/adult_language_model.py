"""The step that trains language models of adult and of clean text, from what `adult_labels` made certain."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from corpus.batch import Batch, TextBuffer, Words
from corpus.models.language_model import LanguageModel
from corpus.models.train import fit, learn
from corpus.recipe import AdultLanguageModels
from corpus.signals.adult_language_model import Contrast, write
from corpus.work import Counts, Work

__all__ = ["VERSION", "train"]

#: Raised when models would come out different: part of the task's fingerprint.
VERSION = 1

#: Adult text is scarce: longer n-grams would be those of single documents.
_ORDER = 3
_VOCABULARY = 4000
_BATCH_ROWS = 1024

_Parts = list[tuple[TextBuffer, Words]]


def train(work: Work) -> Counts:
    """Write `adult.lms` (`corpus.signals.adult_language_model`), without languages that have too little text.

    inputs    text (all): Parquet of stages.adult.TEXT
    options   min_bytes, max_bytes (recipe.AdultLanguageModels)
    counts    languages with models, bytes that these were trained on

    As much is read of clean as of adult text, by the order of the keys: of two models the one that has seen
    more finds any text likelier.
    """
    options = AdultLanguageModels.model_validate(work.options)
    models, size = {}, 0
    for language, last in _last_keys(work, options).items():
        adult, clean = ([*_parts(work, language, label, key)] for label, key in last.items())
        pair = _contrast(language, adult, clean, work.folder)
        if pair is not None:
            models[language] = pair
            size += sum(len(text.data) for text, _ in adult + clean)
    write(work.output("adult.lms"), models)
    return {"languages": len(models), "bytes": size}


def _contrast(language: str, adult: _Parts, clean: _Parts, folder: Path) -> Contrast | None:
    plain = learn(language, lambda: adult + clean, _VOCABULARY)
    return None if plain is None else Contrast(_fit(plain, adult, folder), _fit(plain, clean, folder))


def _fit(plain: LanguageModel, parts: _Parts, folder: Path) -> LanguageModel:
    return fit(plain, lambda: parts, order=_ORDER, pruning=(0,) * _ORDER, folder=folder)


def _last_keys(work: Work, options: AdultLanguageModels) -> dict[str, dict[bool, int]]:
    """By language with enough text of both kinds and by label: the last key of the documents to be read."""
    rows = pa.concat_tables([_sizes(path) for path in work.each("text")]).sort_by("key")
    found = {}
    for language in sorted(pc.unique(rows["language"]).to_pylist()):
        kinds = {
            label: rows.filter((pc.field("language") == language) & (pc.field("label") == label))
            for label in (True, False)
        }
        ends = {label: np.cumsum(kind["bytes"].to_numpy()) for label, kind in kinds.items()}
        size = min(int(end[-1]) if len(end) else 0 for end in ends.values())
        if size >= options.min_bytes:
            most = min(size, options.max_bytes)
            found[language] = {
                label: kind["key"][max(int(np.searchsorted(ends[label], most, "right")) - 1, 0)].as_py()
                for label, kind in kinds.items()
            }
    return found


def _sizes(path: Path) -> pa.Table:
    table = pq.read_table(path)
    sizes = pc.binary_length(table["text"])
    return table.drop_columns("text").append_column("bytes", sizes)


def _parts(work: Work, language: str, label: bool, last: int) -> Iterator[tuple[TextBuffer, Words]]:
    wanted = (
        (pc.field("language") == language)
        & (pc.field("label") == label)
        & (pc.field("key") <= pa.scalar(last, pa.uint64()))
    )
    for path in work.each("text"):
        with pq.ParquetFile(path) as file:
            for record in file.iter_batches(_BATCH_ROWS):
                kept = record.filter(wanted)
                if kept.num_rows:
                    batch = Batch(kept)
                    yield batch.text, batch.words
