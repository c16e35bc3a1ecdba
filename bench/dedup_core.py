"""The CORE benchmark of text-dedup: 100,000 scholarly documents of which each names its duplicates.

The data set (CORE Deduplication Dataset 2020, "pinecone/core-2020-05-10-deduplication", 204 MB) is not
fetched: `bench/dedup.py --core FILE` takes the published file, Parquet or JSON Lines, compressed or not.

Protocol, as in text-dedup's benchmark: the text is `processed_title` and `processed_abstract`, joined and in
lower case. What is predicted of a document are the others of its cluster, what is true is in
`labelled_duplicates`. A prediction is right (TP) where it holds every true duplicate, wrong (FP) where it
does not or there is none. Without a prediction a document is TN, or FN where it has duplicates. What
text-dedup publishes as "Macro F1" is the mean of the precisions of both classes; the mean of both F1 is given
beside it. Accuracy is the share of documents whose prediction is exactly the truth.

Gyawali, Anastasiou, Knoth: Deduplication of Scholarly Documents using LSH and Word Embeddings, LREC 2020.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from corpus.compressed import chunks, plain_name
from corpus.readers.jsonl import lines
from corpus.recipe import DedupOptions, ExactOptions, MinHashOptions

__all__ = ["OPTIONS", "scores", "texts_and_truth"]

#: text-dedup's own settings for this set: pairs of words, 50 bands of 4, threshold 0.5; all kinds of ours.
OPTIONS = DedupOptions(
    exact=ExactOptions(),
    minhash=MinHashOptions(threshold=0.5, bands=50, rows=4, minima=200, shingle=2, min_shingles=1),
    partitions=4,
)


def texts_and_truth(path: Path) -> tuple[list[str], list[str], dict[str, frozenset[str]]]:
    """(texts, their ids, the true duplicates by id) of the published file."""
    texts, ids, truth = [], [], {}
    for record in _records(path):
        record = record.get("_source", record)  # as CORE's own archive has them
        ids.append(str(record["core_id"]))
        texts.append(f"{record['processed_title']} {record['processed_abstract']}".lower())
        truth[ids[-1]] = frozenset(str(other) for other in record["labelled_duplicates"] or ())
    if len(truth) != len(ids):
        raise SystemExit(f"{path}: {len(ids) - len(truth)} ids stand there twice")
    return texts, ids, truth


def _records(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".parquet":
        names = ["core_id", "processed_title", "processed_abstract", "labelled_duplicates"]
        rows: list[dict[str, Any]] = pq.read_table(path, columns=names).to_pylist()
        return rows
    if not plain_name(path.name).endswith((".json", ".jsonl")):
        raise SystemExit(f"{path}: neither Parquet nor JSON Lines")
    return [json.loads(line) for _, line in lines(chunks(path)) if line]


def scores(clusters: Mapping[str, frozenset[str]], truth: Mapping[str, frozenset[str]]) -> dict[str, float]:
    """By text-dedup's protocol, from the others of each document's cluster (none: no duplicate)."""
    found: Counter[str] = Counter()
    exact = 0
    for document, duplicates in truth.items():
        predicted = clusters.get(document, frozenset())
        exact += predicted == duplicates
        if predicted:
            found["TP" if duplicates and duplicates <= predicted else "FP"] += 1
        else:
            found["FN" if duplicates else "TN"] += 1
    precision = _share(found["TP"], found["FP"]), _share(found["TN"], found["FN"])
    recall = _share(found["TP"], found["FN"]), _share(found["TN"], found["FP"])
    f1 = [2 * p * r / (p + r) if p + r else 0.0 for p, r in zip(precision, recall, strict=True)]
    return {
        "precision, duplicates": precision[0],
        "recall, duplicates": recall[0],
        "precision, others": precision[1],
        "recall, others": recall[1],
        "macro-F1 as text-dedup publishes it": sum(precision) / 2,
        "mean of both F1": sum(f1) / 2,
        "accuracy": exact / max(len(truth), 1),
    }


def _share(right: int, wrong: int) -> float:
    return right / (right + wrong) if right + wrong else 0.0
