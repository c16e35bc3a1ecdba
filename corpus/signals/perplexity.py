"""Perplexity under a language model of the document's own language, and its rank among reference text."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from corpus.batch import Batch
from corpus.models import artefact, damage
from corpus.models.ccnet import CcnetModel
from corpus.models.language_model import LanguageModel
from corpus.models.reference import cohesion
from corpus.recipe import PerplexityOptions
from corpus.signal import signal

__all__ = ["Perplexity"]

_PREFIX = "language_model/"
_BUCKETS = ("head", "middle", "tail")
_NUMBERS = (
    "perplexity", "perplexity_rank", "perplexity_noise_rank", "perplexity_order_rank",
    "perplexity_noise_level", "perplexity_order_level", "perplexity_order_evidence",
)  # fmt: skip
_LEAST_WORDS = 20
#: A document whose words gain no more than this, log10 a word, above shuffled reference text is compared with
#: itself, its words shuffled. Text of a kind the reference lacks holds few of its word sequences and looks
#: shuffled beside it, but not beside itself: where the level alone finds 88 % of shuffled text it loses 10 %
#: of text of other kinds (eleven languages, each source of their reference text left out in turn).
_DOUBTFUL = 0.5
#: Other orders that a document is compared with: one alone is as much a matter of luck as the document.
_ORDERS = 8
#: Standard errors that a document in order must be expected to show, or its evidence says nothing: of good
#: text with 3 to 8 expected 5 to 20 % shows less than 1.5, with 8 to 12 4 to 7 %, with more 1 to 3 % (models
#: of 30 and 60 kB).
_LEAST_EXPECTED = 5
#: A model of less reference text must expect more of it, and says nothing of documents beyond this noise
#: level. Of kinds it does not know it would lose 10 % of good text and so loses 1 %; of those it knows it
#: finds 2 % less of shuffled text.
_FEW_BYTES, _FEW_EXPECTED, _NEAR = 300_000, 8, 0.5
#: Share of what text in order is expected to gain that other causes may add (shuffled text of 1,000 words
#: gains 2 to 4 standard errors where 40 are expected): part of the error of a long document. Of shuffled
#: documents 95 % instead of 91 are found, of text of other kinds 1.7 % instead of 1.1 lost; with 0.03 2.7 %.
_UNEXPLAINED = 0.02


@signal(
    name="perplexity",
    columns={
        "perplexity": pa.float32(),
        "perplexity_rank": pa.float32(),
        "perplexity_bucket": pa.string(),
        "perplexity_noise_rank": pa.float32(),
        "perplexity_order_rank": pa.float32(),
        "perplexity_noise_level": pa.float32(),
        "perplexity_order_level": pa.float32(),
        "perplexity_order_evidence": pa.float32(),
    },
    reads=("language_assigned",),
    version=6,
)
class Perplexity:
    """How strange a document is to a language model trained on reference text of its language.

    perplexity              10**(-log10 P / pieces); each line is scored on its own, its end is a piece
    perplexity_rank         0 to 1: share of held-out reference passages that are less strange, by cost per
                            character (models.reference says why not per piece)
    perplexity_bucket       head, middle or tail by the rank, cut at options.buckets (Wenzek et al. 2020)
    perplexity_noise_rank   share of held-out passages, one letter in five exchanged and words shuffled, that
                            are less strange; 0 for ordinary text, 1 for another language or broken spelling
    perplexity_order_rank   share of shuffled held-out passages whose words fit together less well;
                            1 for ordinary text, spread over 0 to 1 for words in no order
    perplexity_noise_level  the same on a line: 0 for the median passage, 1 for it with letters exchanged and
                            words shuffled; below 0 and above 1 where the document is beyond them
    perplexity_order_level  likewise 0 for the median passage with its words shuffled, 1 for it as it is
    perplexity_order_evidence  by how many standard errors the words are likelier in their order than the same
                            words in others, in lines of as many words: below 2 for words in no order, in any
                            language and at any length; higher the longer a text is, to about 50. Null where
                            its words gain so much beside shuffled reference text that they are not in doubt,
                            and where the model knows too little of which of these words stand together, or
                            they are too few, to tell, or it knows of one kind of text only and this is of
                            another

    Null where the language has no model (too little reference text, programming languages) and where a
    document has no words; the last five also below 20 words, where they say nothing. Models are mapped
    from the artefacts "language_model/<language>".
    """

    def __init__(self, options: PerplexityOptions, artefacts: Mapping[str, Path]) -> None:
        self._cuts = np.array(options.buckets)
        self._found = {
            name.removeprefix(_PREFIX): artefact.read(path)
            for name, path in sorted(artefacts.items())
            if name.startswith(_PREFIX)
        }
        self._ccnet = {
            language: (
                CcnetModel(
                    artefacts.get(f"ccnet/{language}/pieces", Path(files.pieces)),
                    artefacts.get(f"ccnet/{language}/model", Path(files.model)),
                ),
                files.quantiles,
            )
            for language, files in sorted(options.ccnet.items())
        }

    def __call__(self, batch: Batch) -> pa.RecordBatch:
        values = {name: np.full(len(batch), np.nan) for name in _NUMBERS}
        assigned = np.array(batch.column("language_assigned").to_pylist(), object)
        for language in sorted({name for name in assigned if name is not None}):
            documents = np.flatnonzero(assigned == language)
            if language in self._ccnet:
                measured = self._by_ccnet(language, batch, documents)
            else:
                measured = self._by_model(language, batch, documents)
            for name, column in measured.items():
                values[name][documents] = column
        columns = {
            name: pa.array(column.astype(np.float32), mask=np.isnan(column))
            for name, column in values.items()
        }
        rank = values["perplexity_rank"]
        buckets = np.array(_BUCKETS, object)[np.searchsorted(self._cuts, np.nan_to_num(rank))]
        columns["perplexity_bucket"] = pa.array(buckets, pa.string(), mask=np.isnan(rank))
        return pa.record_batch(columns)

    def _by_model(
        self, language: str, batch: Batch, documents: NDArray[np.int64]
    ) -> dict[str, NDArray[np.float64]]:
        found = self._found.get(language)
        if found is None or found.model is None or found.reference is None:
            return {}
        scores = found.model.score(batch.text, batch.words, documents)
        perplexity = np.power(10.0, scores.cost / np.maximum(scores.pieces, 1))
        reference, enough = found.reference, scores.words >= _LEAST_WORDS
        evidence = np.full(len(documents), np.nan)
        doubtful = np.flatnonzero(enough & (reference.order_excess(scores) < _DOUBTFUL))
        if len(doubtful):
            saved, chance = _in_other_orders(found.model, batch, documents[doubtful], scores.words[doubtful])
            part = np.sqrt((1 + 1 / _ORDERS) / scores.words[doubtful])
            expected = reference.evidence(chance)
            few = found.reference_bytes < _FEW_BYTES
            tells = expected > (_FEW_EXPECTED if few else _LEAST_EXPECTED) * part
            if few:
                tells &= reference.noise_level(scores)[doubtful] < _NEAR
            gain = cohesion(scores)[doubtful] - saved
            error = chance * np.hypot(part, _UNEXPLAINED * expected)
            evidence[doubtful[tells]] = gain[tells] / error[tells]
        return {
            "perplexity": np.where(scores.words > 0, perplexity, np.nan),
            "perplexity_rank": np.where(scores.words > 0, reference.rank(scores), np.nan),
            "perplexity_noise_rank": np.where(enough, reference.noise_rank(scores), np.nan),
            "perplexity_order_rank": np.where(enough, reference.order_rank(scores), np.nan),
            "perplexity_noise_level": np.where(enough, reference.noise_level(scores), np.nan),
            "perplexity_order_level": np.where(enough, reference.order_level(scores), np.nan),
            "perplexity_order_evidence": evidence,
        }

    def _by_ccnet(
        self, language: str, batch: Batch, documents: NDArray[np.int64]
    ) -> dict[str, NDArray[np.float64]]:
        model, quantiles = self._ccnet[language]
        scores = [model.score(text) for text in batch.column("text").take(pa.array(documents)).to_pylist()]
        perplexity = np.array([score.perplexity if score.tokens else np.nan for score in scores])
        if not quantiles:
            return {"perplexity": perplexity}
        rank = np.interp(perplexity, quantiles, np.linspace(0, 1, len(quantiles)))
        return {"perplexity": perplexity, "perplexity_rank": np.where(np.isnan(perplexity), np.nan, rank)}


def _in_other_orders(
    model: LanguageModel, batch: Batch, documents: NDArray[np.int64], words: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What a word of each document saves in other orders, log10: mean and standard deviation."""
    saved, variance = np.zeros(len(documents)), np.zeros(len(documents))
    for tokens in damage.shuffle_units(model, batch.text, batch.words, documents, _ORDERS):
        saved += cohesion(model.sum_up(tokens, words))
        variance += model.chance(tokens, words) ** 2
    return saved / _ORDERS, np.sqrt(variance / _ORDERS)
