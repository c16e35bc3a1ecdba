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
_NUMBERS = ("perplexity", "perplexity_rank", "perplexity_noise_rank", "perplexity_order_rank")
_UNSURE = ("perplexity_noise_rank", "perplexity_order_rank")
_LEAST_WORDS = 20


@signal(
    name="perplexity",
    columns={
        "perplexity": pa.float32(),
        "perplexity_rank": pa.float32(),
        "perplexity_bucket": pa.string(),
        "perplexity_noise_rank": pa.float32(),
        "perplexity_order_rank": pa.float32(),
    },
    reads=("language_assigned",),
    version=1,
)
class Perplexity:
    """How strange a document is to a language model trained on reference text of its language.

    perplexity              10**(-log10 P / pieces); each line is scored on its own, its end is a piece
    perplexity_rank         0 to 1: share of held-out reference passages that are less strange, by cost per
                            character (models.reference says why not per piece)
    perplexity_bucket       head, middle or tail by the rank, cut at options.buckets (Wenzek et al. 2020)
    perplexity_noise_rank   share of held-out passages, one letter in seven exchanged, that are less strange;
                            0 for ordinary text of any kind, 1 for another language or broken spelling
    perplexity_order_rank   share of shuffled held-out passages whose words fit together less well;
                            1 for ordinary text, spread over 0 to 1 for words in no order

    Null where the language has no model (too little reference text, programming languages) and where a
    document has no words; the last two also below 20 words, where they say nothing. Models are mapped
    from the artefacts "language_model/<language>".
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
        values = {name: np.zeros(rows, np.float32) for name in _NUMBERS}
        words = np.zeros(rows, np.int64)
        assigned = np.array(batch.column("language_assigned").to_pylist(), object)
        for language in sorted({name for name in assigned if name is not None}):
            found = self._found.get(language)
            if found is None or found.model is None or found.reference is None:
                continue
            documents = np.flatnonzero(assigned == language)
            scores = found.model.score(batch.text, batch.words, documents)
            words[documents] = scores.words
            values["perplexity"][documents] = np.power(10.0, scores.cost / np.maximum(scores.pieces, 1))
            values["perplexity_rank"][documents] = found.reference.rank(scores)
            values["perplexity_noise_rank"][documents] = found.reference.noise_rank(scores)
            values["perplexity_order_rank"][documents] = found.reference.order_rank(scores)
        least = {name: _LEAST_WORDS if name in _UNSURE else 1 for name in _NUMBERS}
        columns = {name: pa.array(column, mask=words < least[name]) for name, column in values.items()}
        buckets = np.array(_BUCKETS, object)[np.searchsorted(self._cuts, values["perplexity_rank"])]
        columns["perplexity_bucket"] = pa.array(buckets, pa.string(), mask=words == 0)
        return pa.record_batch(columns)
