"""Tasks that make what the adult signals read: hashes of the address list, weak labels, the classifier.

adult_urls     once              list of addresses -> sorted hashes
adult_labels   for each shard    documents -> word hashes of weakly labelled documents
adult_model    once              all labels -> classifier, or a file that says there is none
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import xxhash

from corpus.batch import Batch
from corpus.recipe import AdultOptions
from corpus.signals.adult import AdultContent
from corpus.signals.adult_classifier import Labelled, fit
from corpus.signals.adult_lists import UrlList, read_words
from corpus.work import Counts, Work

__all__ = ["adult_labels", "adult_model", "adult_urls"]

#: Positive where the address is listed and the density passes the first bound, or, without an address list,
#: where density and distinct words pass the others: far beyond what medical or legal text reaches.
_RATIO_WITH_URL = 0.002
_RATIO_ALONE = 0.03
_DISTINCT_ALONE = 5
_LABELS = pa.schema(
    [
        pa.field("language", pa.string()),
        pa.field("label", pa.bool_()),
        pa.field("hashes", pa.large_list(pa.uint64())),
    ]
)
_MOST_WORDS = 2000


def adult_urls(work: Work) -> Counts:
    """Write `urls.npy`: sorted uint64 hashes of the list. inputs: list. counts: addresses."""
    hashes = UrlList.read(work.input("list")).hashes
    np.save(work.output("urls.npy"), hashes)
    return {"addresses": int(hashes.size)}


def adult_labels(work: Work) -> Counts:
    """Write `labels.parquet`: language, label, hashes (at most 2000 words) of labelled documents.

    inputs   documents; adult_words; adult_urls (optional); language (optional, row-aligned signal group)
    options  negatives: share of the clean documents taken, by keyed hash of their id; seed
    counts   positives, negatives
    """
    artefacts = {name: work.input(name) for name in ("adult_words", "adult_urls") if name in work.inputs}
    signals = AdultContent(AdultOptions.model_validate(work.options.get("adult", {})), artefacts)
    bound = int(float(work.options["negatives"]) * 2**64)
    seed = int(work.options["seed"])
    assigned = (
        pq.read_table(work.input("language"), columns=["language_assigned"])["language_assigned"]
        if "language" in work.inputs
        else None
    )
    counts = {"positives": 0, "negatives": 0}
    row = 0
    with pq.ParquetWriter(work.output("labels.parquet"), _LABELS, compression="zstd") as writer:
        for record in pq.ParquetFile(work.input("documents")).iter_batches(1024):
            names = (
                record["language"] if assigned is None else assigned.slice(row, len(record)).combine_chunks()
            )
            row += len(record)
            batch = Batch(record).with_columns(pa.record_batch([names], ["language_assigned"]))
            languages = names.to_pylist()
            found, listed = signals.count(batch, languages)
            words = np.maximum(np.diff(batch.words.offsets), 1)
            ratio = found[:, 0] / words
            if signals.urls is not None:
                hits = np.array([bool(u) and signals.urls.holds(u) for u in record["url"].to_pylist()], bool)
                positive = hits & listed & (ratio >= _RATIO_WITH_URL)
                doubtful = hits
            else:
                positive = listed & (ratio >= _RATIO_ALONE) & (found[:, 1] >= _DISTINCT_ALONE)
                doubtful = found[:, 1] >= 2
            taken = np.array(
                [xxhash.xxh3_64_intdigest(i.encode(), seed) < bound for i in record["id"].to_pylist()], bool
            )
            negative = taken & ~positive & ~doubtful
            rows = []
            for i in np.flatnonzero(positive | negative).tolist():
                start = int(batch.words.offsets[i])
                end = min(int(batch.words.offsets[i + 1]), start + _MOST_WORDS)
                rows.append((languages[i], bool(positive[i]), batch.words.hashes[start:end]))
            writer.write_table(
                pa.table(
                    [pa.array([r[k] for r in rows], f.type) for k, f in enumerate(_LABELS)], schema=_LABELS
                )
            )
            counts["positives"] += int(positive.sum())
            counts["negatives"] += int(negative.sum())
    return counts


def adult_model(work: Work) -> Counts:
    """Write `adult.npz` (`corpus.signals.adult_classifier`). inputs: labels (all), adult_words. options:
    seed.

    counts   positives, negatives, languages calibrated (0: too few positives, the signal stays null)
    """
    table = pa.concat_tables([pq.read_table(path) for path in work.each("labels")])
    hashes = table["hashes"].combine_chunks()
    labels = table["label"].to_numpy().astype(np.float64)
    masked = np.zeros(1 << 16, np.bool_)
    for flagged in read_words(work.input("adult_words")).values():
        masked |= flagged.mask
    data = Labelled(
        hashes.flatten().to_numpy().astype(np.uint64),
        np.asarray(hashes.offsets).astype(np.int64) - (int(hashes.offsets[0].as_py()) if len(hashes) else 0),
        labels,
        tuple(name or "" for name in table["language"].to_pylist()),
    )
    model = fit(data, masked, int(work.options["seed"]))
    calibration = model.calibration if model is not None else {}
    values = np.array(list(calibration.values()), np.float64).reshape(-1, 2)
    # An uncompressed zip with fixed dates: np.savez writes the same bytes for the same arrays.
    np.savez(
        work.output("adult.npz"),
        weights=model.weights if model is not None else np.zeros(0, np.float32),
        masked=masked,
        languages=np.array(list(calibration), np.str_),
        slopes=values[:, 0],
        shifts=values[:, 1],
    )
    return {
        "positives": int(labels.sum()),
        "negatives": int(len(labels) - labels.sum()),
        "languages": len(calibration),
    }
