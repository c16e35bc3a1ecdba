"""Tasks that make what the adult signals read: hashes of the address list, weak labels, the classifier.

adult_urls     once              list of addresses -> sorted hashes
adult_labels   for each shard    documents -> features of weakly labelled documents; text, if asked for
adult_model    once              all labels -> classifier, or a file that says there is none
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import xxhash
from numpy.typing import NDArray

from corpus.batch import Batch
from corpus.kernels import flagged_model
from corpus.recipe import AdultOptions
from corpus.signals.adult import AdultContent, word_score
from corpus.signals.adult_classifier import Labelled, fit
from corpus.signals.adult_lists import UrlList, WordTables, read_words
from corpus.storage import write_parquet
from corpus.work import Counts, Work

__all__ = ["TEXT", "adult_labels", "adult_model", "adult_urls"]

#: Positive: what the words alone make certain; negative: nothing of them; between them doubtful. A listed
#: address makes a document positive where half as much speaks for it.
_POSITIVE, _POSITIVE_WITH_URL, _NEGATIVE = 0.75, 0.35, 0.05
_LABELS = pa.schema(
    [
        pa.field("language", pa.string()),
        pa.field("label", pa.bool_()),
        pa.field("slots", pa.large_list(pa.uint32())),
    ]
)
#: What language models are trained on (`stages.adult_language_model`): `key` says in which order to take it.
TEXT = pa.schema(
    [
        pa.field("language", pa.string()),
        pa.field("label", pa.bool_()),
        pa.field("key", pa.uint64()),
        pa.field("text", pa.large_string()),
    ]
)
_MOST_WORDS = 2000


def adult_urls(work: Work) -> Counts:
    """Write `urls.npy`: sorted uint64 hashes of the list. inputs: list. counts: addresses."""
    hashes = UrlList.read(work.input("list")).hashes
    np.save(work.output("urls.npy"), hashes)
    return {"addresses": int(hashes.size)}


def adult_labels(work: Work) -> Counts:
    """Write `labels.parquet`: language, label (null: doubtful), features of at most 2000 words; and where
    options.text says so `text.parquet`: the same words as text, of documents that are not doubtful.

    inputs   documents; adult_words and adult_urls (optional); language (optional, row-aligned signal group)
    options  negatives: share of the clean documents taken, by keyed hash of their id; seed; adult
    (AdultOptions, of `reviewed` what is in this source); text (optional)
    counts   positives, negatives, doubtful
    """
    artefacts = {name: work.input(name) for name in ("adult_words", "adult_urls") if name in work.inputs}
    signals = AdultContent(AdultOptions.model_validate(work.options.get("adult", {})), artefacts)
    masked = _masked(WordTables(signals.tables, signals.spelling))
    bound = int(float(work.options["negatives"]) * 2**64)
    seed = int(work.options["seed"])
    reviewed = signals.reviewed
    assigned = (
        pq.read_table(work.input("language"), columns=["language_assigned"])["language_assigned"]
        if "language" in work.inputs
        else None
    )
    counts = {"positives": 0, "negatives": 0, "doubtful": 0}
    row = 0
    texts: list[pa.Table] = []
    with pq.ParquetWriter(work.output("labels.parquet"), _LABELS, compression="zstd") as writer:
        for record in pq.ParquetFile(work.input("documents")).iter_batches(1024):
            languages = (
                record["language"] if assigned is None else assigned.slice(row, len(record)).combine_chunks()
            )
            row += len(record)
            batch = Batch(record).with_columns(pa.record_batch([languages], ["language_assigned"]))
            rows = [
                (language, label, _slots(batch, i, masked), i)
                for i, (language, label, identifier) in enumerate(
                    zip(languages.to_pylist(), _weak(signals, batch), record["id"].to_pylist(), strict=True)
                )
                for label in [reviewed.get(identifier, label)]
                if label is not False
                or identifier in reviewed
                or xxhash.xxh3_64_intdigest(identifier.encode(), seed) < bound
            ]
            writer.write_table(
                pa.table(
                    [pa.array([r[k] for r in rows], f.type) for k, f in enumerate(_LABELS)], schema=_LABELS
                )
            )
            if work.options.get("text"):
                texts.append(_texts(batch, [(i, label) for _, label, _, i in rows], seed))
            for _, label, *_ in rows:
                counts["doubtful" if label is None else "positives" if label else "negatives"] += 1
    if work.options.get("text"):
        write_parquet(pa.concat_tables([TEXT.empty_table(), *texts]), work.output("text.parquet"))
    return counts


def _texts(batch: Batch, labelled: list[tuple[int, bool | None]], seed: int) -> pa.Table:
    """TEXT of the documents given as (row, label) that have a language, words and a label that is certain."""
    words, text = batch.words, batch.text
    languages, ids = (batch.column(name).to_pylist() for name in ("language_assigned", "id"))
    found = []
    for row, label in labelled:
        count = min(int(words.offsets[row + 1] - words.offsets[row]), _MOST_WORDS)
        if label is not None and languages[row] and count:
            end = words.ends[words.offsets[row] + count - 1]
            part = text.data[text.offsets[row] : end].tobytes().decode()
            found.append((languages[row], label, xxhash.xxh3_64_intdigest(ids[row].encode(), seed), part))
    return pa.table([pa.array([r[k] for r in found], f.type) for k, f in enumerate(TEXT)], schema=TEXT)


def _weak(signals: AdultContent, batch: Batch) -> list[bool | None]:
    """What the lists say of each document: adult, not, or None for doubtful and where there is no list."""
    found = signals.count(batch, batch.column("language_assigned").to_pylist())
    score = word_score(found, np.diff(batch.words.offsets))
    urls = batch.column("url").to_pylist()
    hit = np.array([bool(url) and signals.urls is not None and signals.urls.holds(url) for url in urls], bool)
    positive = found.listed & (score >= np.where(hit, _POSITIVE_WITH_URL, _POSITIVE))
    negative = found.listed & ~hit & (score <= _NEGATIVE)
    return [True if yes else False if no else None for yes, no in zip(positive, negative, strict=True)]


def _slots(batch: Batch, row: int, masked: NDArray[np.bool_]) -> NDArray[np.uint32]:
    words = batch.words
    first = int(words.offsets[row])
    last = min(int(words.offsets[row + 1]), first + _MOST_WORDS)
    return flagged_model.features(
        words.hashes, words.starts, words.ends, batch.text.data, first, last, masked
    )


def _masked(tables: WordTables) -> NDArray[np.bool_]:
    """By the first 16 bits of their hashes the words that a list has as an entry of its own."""
    masked = np.zeros(1 << 16, np.bool_)
    for table in tables.by_language.values():
        single = np.intersect1d(table.starts, table.entries)
        masked[(single >> np.uint64(48)).astype(np.int64)] = True
    return masked


def adult_model(work: Work) -> Counts:
    """Write `adult.npz` (`corpus.signals.adult_classifier`). inputs: labels (all), adult_words (optional).
    options: seed, negatives and adult (as in `adult_labels`).

    counts   positives, negatives, languages calibrated (0: too few positives, the signal stays null)
    """
    table = pa.concat_tables([pq.read_table(path) for path in work.each("labels")])
    slots = table["slots"].combine_chunks()
    offsets = np.asarray(slots.offsets).astype(np.int64)
    labels = np.asarray(table["label"].cast(pa.float64()).to_numpy(zero_copy_only=False), np.float64)
    options = AdultOptions.model_validate(work.options.get("adult", {}))
    listed = work.input("adult_words") if "adult_words" in work.inputs else None
    masked = _masked(read_words(listed, options.accepted))
    data = Labelled(
        slots.flatten().to_numpy(),
        offsets - offsets[0],
        labels,
        tuple(name or "" for name in table["language"].to_pylist()),
    )
    model = fit(data, masked, int(work.options["seed"]), float(work.options["negatives"]))
    calibration = model.calibration if model is not None else {}
    values = np.array(list(calibration.values()), np.float64).reshape(-1, 3)
    # An uncompressed zip with fixed dates: np.savez writes the same bytes for the same arrays.
    np.savez(
        work.output("adult.npz"),
        weights=model.weights if model is not None else np.zeros(0, np.float32),
        masked=masked,
        languages=np.array(list(calibration), np.str_),
        slopes=values[:, 0],
        shifts=values[:, 1],
        cuts=values[:, 2],
    )
    return {
        "positives": int((labels == 1).sum()),
        "negatives": int((labels == 0).sum()),
        "languages": len(calibration),
    }
