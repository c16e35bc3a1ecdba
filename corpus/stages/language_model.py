"""The step that trains one language's model on its reference text and ranks it on text held out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import xxhash
from numpy.typing import NDArray

from corpus.batch import Batch, TextBuffer, Words
from corpus.kernels import words as word_kernel
from corpus.models import artefact, damage
from corpus.models.language_model import LanguageModel, Scores
from corpus.models.reference import Reference
from corpus.models.train import train as train_model
from corpus.work import Counts, Work

__all__ = ["VERSION", "train"]

#: Raised when a model would come out different: part of the task's fingerprint.
VERSION = 4

_BATCH_ROWS = 1024
#: Bytes held out at least, up to a third of the text: some twenty passages, so that quantiles mean something.
_LEAST_HELD_OUT = 30_000


def train(work: Work) -> Counts:
    """Writes `<language>.lm`: the model and its reference quantiles, or why there is none (models.artefact).

    inputs    documents: Parquet of schema.DOCUMENTS; only rows declared as the language are read
    options   language, and those of recipe.PerplexityOptions
    counts    documents and bytes of reference text, held_out_documents, held_out_passages, ngrams, trained

    Documents are taken in the order of the hash of their id: first those held out, up to held_out_ratio of
    the bytes (30 kB at least, of short text a third at most), then those trained on, up to
    max_reference_bytes altogether.
    """
    options = work.options
    language = str(options["language"])
    path = work.output(f"{language}.lm")
    sizes = {_key(row): int(size) for row, size in _sizes(work, language)}
    total = sum(sizes.values())
    counts = {"documents": len(sizes), "bytes": total}
    least = int(options["min_reference_bytes"])
    if total < least or len(sizes) < 2:
        found = f"{total} bytes of reference text in {len(sizes)} documents"
        return _absent(work, path, counts, f"{found}; {least} bytes in 2 documents are needed")

    ordered = sorted(sizes)
    ends = np.cumsum([sizes[key] for key in ordered])
    most = min(total, int(options["max_reference_bytes"]))
    share = max(most * float(options["held_out_ratio"]), min(_LEAST_HELD_OUT, most / 3))
    held = int(np.searchsorted(ends, share))
    # A long document at the edge is held out with the others, unless that leaves too little to train on.
    held += int(held < len(ends) and ends[held] <= max(share, most / 3))
    held = int(np.clip(held, 1, len(ordered) - 1))
    used = max(int(np.searchsorted(ends, most, "right")), held + 1)
    first_held, first_unused = ordered[held], ordered[used] if used < len(ordered) else 1 << 64

    def training() -> Iterator[tuple[TextBuffer, Words]]:
        for batch in _batches(work, language, lambda key: first_held <= key < first_unused):
            yield batch.text, batch.words

    model = train_model(
        language,
        training,
        order=int(options["order"]),
        vocabulary=int(options["vocabulary"]),
        pruning=tuple(options["pruning"]),
        folder=work.folder,
    )
    if model is None:
        return _absent(work, path, counts, "the reference text holds no words")
    scores, chances = [], []
    for batch in _batches(work, language, lambda key: key < first_held):
        measured, chance = _held_out(model, damage.passages(batch.text, batch.words))
        scores.append(measured)
        chances.append(chance)
    plain, noisy, mixed = (
        Scores(*(np.concatenate(column) for column in zip(*kind, strict=True)))
        for kind in zip(*scores, strict=True)
    )
    reference = Reference.measure(plain, noisy, mixed, np.concatenate(chances))
    if reference is None:
        return _absent(work, path, counts, "the reference text held out for the ranks holds no words")
    artefact.write(path, model, reference, total)
    return {
        **counts,
        "held_out_documents": held,
        "held_out_passages": len(plain.words),
        "ngrams": int(np.count_nonzero(model.grams[::2])),
        "trained": 1,
    }


def _held_out(
    model: LanguageModel, text: TextBuffer
) -> tuple[tuple[Scores, Scores, Scores], NDArray[np.float64]]:
    """Scores of the passages as they are, with letters exchanged and shuffled; chance of the shuffled."""
    every = np.arange(len(text.offsets) - 1)
    words = Words(*word_kernel.split(text.data, text.offsets))
    tokens = model.encode(text, words, every)
    counts = np.diff(words.offsets)
    noisy = damage.exchange_letters(text)
    noisy_words = Words(*word_kernel.split(noisy.data, noisy.offsets))
    noisy_tokens = model.encode(noisy, noisy_words, every)
    mixed = damage.shuffle_words(model, tokens)
    scores = (
        model.sum_up(tokens, counts),
        model.sum_up(damage.shuffle_words(model, noisy_tokens), np.diff(noisy_words.offsets)),
        model.sum_up(mixed, counts),
    )
    return scores, model.chance(mixed, counts)


def _absent(work: Work, path: Path, counts: Counts, reason: str) -> Counts:
    artefact.write_absent(path, str(work.options["language"]), counts["bytes"], reason)
    return {**counts, "held_out_documents": 0, "held_out_passages": 0, "ngrams": 0, "trained": 0}


def _key(identifier: str) -> int:
    return int(xxhash.xxh3_64_intdigest(identifier.encode()))


def _sizes(work: Work, language: str) -> Iterator[tuple[str, int]]:
    for record in _records(work, language):
        yield from zip(
            record.column("id").to_pylist(), pc.binary_length(record.column("text")).to_pylist(), strict=True
        )


def _batches(work: Work, language: str, wanted: Callable[[int], bool]) -> Iterator[Batch]:
    for record in _records(work, language):
        mask = pa.array([wanted(_key(row)) for row in record.column("id").to_pylist()], pa.bool_())
        kept = record.filter(mask)
        if kept.num_rows:
            yield Batch(kept)


def _records(work: Work, language: str) -> Iterator[pa.RecordBatch]:
    for path in work.each("documents"):
        with pq.ParquetFile(path) as file:
            for record in file.iter_batches(_BATCH_ROWS, columns=["id", "language", "text"]):
                kept = record.filter(pc.equal(record.column("language"), language))
                if kept.num_rows:
                    yield kept
