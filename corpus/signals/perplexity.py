"""Perplexity under a language model of the document's own language, and its rank among reference text."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa

from corpus.batch import Batch
from corpus.models import artefact
from corpus.recipe import PerplexityOptions
from corpus.signal import signal

__all__ = ["Perplexity"]

_PREFIX = "language_model/"
_BUCKETS = ("head", "middle", "tail")


@signal(
    name="perplexity",
    columns={
        "perplexity": pa.float32(),
        "perplexity_rank": pa.float32(),
        "perplexity_bucket": pa.string(),
    },
    reads=("language_assigned",),
    version=1,
)
class Perplexity:
    """How strange a document is to a language model trained on reference text of its language.

    perplexity          10**(-log10 P / pieces); each line is scored on its own, its end is a piece
    perplexity_rank     0 to 1: position among passages of reference text the model was not trained on
    perplexity_bucket   head, middle or tail by the rank, cut at options.buckets (CCNet, Wenzek et al. 2020)

    Null where the language has no model (too little reference text, programming languages) and where a
    document has no words. Models are mapped from the artefacts "language_model/<language>".
    """

    def __init__(self, options: PerplexityOptions, artefacts: Mapping[str, Path]) -> None:
        self._cuts = np.array(options.buckets)
        self._found = {
            name.removeprefix(_PREFIX): artefact.read(path)
            for name, path in sorted(artefacts.items())
            if name.startswith(_PREFIX)
        }

    def __call__(self, batch: Batch) -> pa.RecordBatch:
        rows = len(batch)
        perplexity = np.zeros(rows, np.float32)
        rank = np.zeros(rows, np.float32)
        absent = np.ones(rows, bool)
        assigned = np.array(batch.column("language_assigned").to_pylist(), object)
        for language in sorted({name for name in assigned if name is not None}):
            found = self._found.get(language)
            if found is None or found.model is None or found.reference is None:
                continue
            documents = np.flatnonzero(assigned == language)
            scores = found.model.score(batch.text, batch.words, documents)
            perplexity[documents] = np.power(10.0, -scores.logs / np.maximum(scores.pieces, 1))
            rank[documents] = found.reference.rank(scores)
            absent[documents] = scores.words == 0
        buckets = np.array(_BUCKETS, object)[np.searchsorted(self._cuts, rank)]
        return pa.record_batch(
            [
                pa.array(perplexity, mask=absent),
                pa.array(rank, mask=absent),
                pa.array(buckets, pa.string(), mask=absent),
            ],
            ["perplexity", "perplexity_rank", "perplexity_bucket"],
        )
