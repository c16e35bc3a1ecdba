"""Overlap with evaluation sets: the benchmark items a document repeats, by n-grams (Brown et al. 2020)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from corpus.batch import Batch, text_buffer
from corpus.kernels import windows, words
from corpus.recipe import ContaminationOptions
from corpus.signal import signal
from corpus.signals.benchmark_files import benchmark_items

__all__ = ["Benchmarks", "Contamination", "contamination_report"]

_PREFIX = "benchmark/"
_MOST_ITEMS = 20
_MOST_SHOWN = 50
#: Characters of an item in the report.
_BEGINS = 200


class Benchmarks:
    """The n-grams of all items of all benchmarks, by size: items of fewer than `words` words are one n-gram.

    names    of the benchmarks; of each `texts` of the items read, `items` how many, `short` how many of them
             are too short to match
    """

    def __init__(self, texts: Mapping[str, list[str]], size: int, least: int) -> None:
        self.names, self.texts = sorted(texts), texts
        self.items = {name: len(texts[name]) for name in self.names}
        self.short = dict.fromkeys(self.names, 0)
        #: of an item's number over all benchmarks: "<benchmark>/<its number in the file>", and its n-grams
        self.labels: list[str] = []
        grams: dict[int, list[tuple[NDArray[np.uint64], int]]] = {}
        for name in self.names:
            buffer = text_buffer(pa.array(texts[name], pa.large_string()))
            split = words.split(buffer.data, buffer.offsets)
            for number in range(len(texts[name])):
                hashes = split[0][split[3][number] : split[3][number + 1]]
                if len(hashes) < least:
                    self.short[name] += 1
                    continue
                width = min(size, len(hashes))
                values, _ = windows.word_windows(hashes, np.array([0, len(hashes)], np.int64), width)
                grams.setdefault(width, []).append((np.unique(values), len(self.labels)))
                self.labels.append(f"{name}/{number}")
        self.counts = np.zeros(len(self.labels), np.int64)
        self.sizes: dict[int, _Size] = {}
        for width in sorted(grams):
            for values, item in grams[width]:
                self.counts[item] = len(values)
            self.sizes[width] = _Size(grams[width])

    @classmethod
    def read(cls, files: Mapping[str, Path], options: ContaminationOptions) -> Benchmarks:
        """From the user's files (`corpus.signals.benchmark_files`)."""
        texts = {name: benchmark_items(path, options.fields) for name, path in sorted(files.items())}
        return cls(texts, options.words, options.least_words)


class _Size:
    """All n-grams of one size: a table from hash to number, and the items that hold each number."""

    def __init__(self, grams: list[tuple[NDArray[np.uint64], int]]) -> None:
        hashes = np.concatenate([values for values, _ in grams])
        items = np.repeat([item for _, item in grams], [len(values) for values, _ in grams])
        distinct, inverse = np.unique(hashes, return_inverse=True)
        self.slots, self.values = windows.table(distinct)
        order = np.argsort(inverse, kind="stable")
        self.items = items[order]
        self.starts = np.searchsorted(inverse[order], np.arange(len(distinct) + 1))


@signal(
    name="contamination",
    columns={
        "contamination_count": pa.int32(),
        "contamination_ratio": pa.float32(),
        "contamination_item_ratio": pa.float32(),
        "contamination_whole_count": pa.int32(),
        "contamination_items": pa.list_(pa.string()),
    },
    version=3,
)
class Contamination:
    """contamination_count: n-grams of the document that a benchmark holds. contamination_ratio: share of its
    words inside them. contamination_item_ratio: of the item it repeats most, the share of n-grams it
    holds: 1 where it repeats a whole item. contamination_whole_count: items it repeats whole.
    contamination_items: "<benchmark>/<item>", most repeated first, at most 20. Benchmarks are the artefacts
    "benchmark/<name>"."""

    def __init__(self, options: ContaminationOptions, artefacts: Mapping[str, Path]) -> None:
        files = {
            name.removeprefix(_PREFIX): path for name, path in artefacts.items() if name.startswith(_PREFIX)
        }
        self.benchmarks = Benchmarks.read(files, options)

    def __call__(self, batch: Batch) -> pa.RecordBatch:
        hashes, _, _, offsets = batch.words
        size = len(batch)
        counts = np.zeros(size, np.int32)
        covered = np.zeros(len(hashes) + 1, np.int32)
        owners: list[NDArray[np.int64]] = []
        items: list[NDArray[np.int64]] = []
        for width, grams in self.benchmarks.sizes.items():
            values, starts = windows.word_windows(hashes, offsets, width)
            found = windows.find(values, grams.slots, grams.values)
            hits = np.flatnonzero(found >= 0)
            owner = np.searchsorted(starts, hits, side="right") - 1
            counts += np.bincount(owner, minlength=size).astype(np.int32)
            word = offsets[owner] + hits - starts[owner]
            np.add.at(covered, word, 1)
            np.add.at(covered, word + width, -1)
            # Each n-gram of the index counts once a document, however often it stands there.
            pairs = np.unique(np.stack([owner, found[hits]], axis=1), axis=0)
            lengths = grams.starts[pairs[:, 1] + 1] - grams.starts[pairs[:, 1]]
            owners.append(np.repeat(pairs[:, 0], lengths))
            items += [grams.items[grams.starts[g] : grams.starts[g + 1]] for g in pairs[:, 1].tolist()]
        inside = np.concatenate([[0], np.cumsum(np.cumsum(covered[:-1]) > 0)])
        total = np.diff(offsets)
        ratio = (inside[offsets[1:]] - inside[offsets[:-1]]) / np.maximum(total, 1)
        item_ratio, whole, listed = self._items(size, owners, items)
        return pa.record_batch(
            [
                pa.array(counts),
                pa.array(ratio.astype(np.float32)),
                pa.array(item_ratio),
                pa.array(whole),
                pa.array(listed, pa.list_(pa.string())),
            ],
            [
                "contamination_count",
                "contamination_ratio",
                "contamination_item_ratio",
                "contamination_whole_count",
                "contamination_items",
            ],
        )

    def _items(
        self, size: int, owners: list[NDArray[np.int64]], items: list[NDArray[np.int64]]
    ) -> tuple[NDArray[np.float32], NDArray[np.int32], list[list[str]]]:
        ratios, whole = np.zeros(size, np.float32), np.zeros(size, np.int32)
        listed: list[list[str]] = [[] for _ in range(size)]
        if not items:
            return ratios, whole, listed
        pairs, counts = np.unique(
            np.stack([np.concatenate(owners), np.concatenate(items)], axis=1), axis=0, return_counts=True
        )
        share = counts / self.benchmarks.counts[pairs[:, 1]]
        order = np.lexsort((pairs[:, 1], -share, pairs[:, 0]))
        for row in order.tolist():
            document, item = pairs[row].tolist()
            ratios[document] = max(ratios[document], share[row])
            whole[document] += share[row] >= 1
            if len(listed[document]) < _MOST_ITEMS:
                listed[document].append(self.benchmarks.labels[item])
        return ratios, whole, listed


def contamination_report(
    benchmarks: Benchmarks, shards: Iterable[tuple[Path, Path]]
) -> dict[str, dict[str, Any]]:
    """What the documents hold of each benchmark; `shards` are the signal's file and the decisions of each.

    items             of the file
    items_too_short   fewer words than are looked for
    items_found       an n-gram of it stands in some document
    items_whole       all its n-grams stand in one document
    documents         that hold an n-gram of it, and of these `documents_kept`, which no filter drops
    most_found        the items that most documents hold: item (its number in the file, from 0), begins (its
                      text), documents, example (the first of these by id, of those that are kept if any is)
    """
    hits: dict[str, Counter[str]] = {name: Counter() for name in benchmarks.names}
    examples: dict[str, tuple[bool, str]] = {}
    whole: set[str] = set()
    documents: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    for signals, decisions in shards:
        table = pq.read_table(signals, columns=["contamination_items", "contamination_whole_count"])
        decided = pq.read_table(decisions, columns=["id", "verdict"])
        for name in decided.column_names:
            table = table.append_column(name, decided[name])
        found = table.filter(pc.greater(pc.list_value_length(table["contamination_items"]), 0))
        for row in found.to_pylist():
            labels = row["contamination_items"]
            whole.update(labels[: row["contamination_whole_count"]])  # the most repeated stand first
            for name in {label.rpartition("/")[0] for label in labels}:
                documents[name] += 1
                kept[name] += row["verdict"] == "kept"
            for label in labels:
                hits[label.rpartition("/")[0]][label] += 1
                example = row["verdict"] != "kept", row["id"]
                examples[label] = min(examples.get(label, example), example)
    return {
        name: {
            "items": benchmarks.items[name],
            "items_too_short": benchmarks.short[name],
            "items_found": len(hits[name]),
            "items_whole": sum(label in whole for label in hits[name]),
            "documents": documents[name],
            "documents_kept": kept[name],
            "most_found": [
                {
                    "item": number,
                    "begins": benchmarks.texts[name][number].strip()[:_BEGINS],
                    "documents": count,
                    "example": examples[f"{name}/{number}"][1],
                }
                for count, number in sorted(
                    ((count, int(label.rpartition("/")[2])) for label, count in hits[name].items()),
                    key=lambda pair: (-pair[0], pair[1]),
                )[:_MOST_SHOWN]
            ],
        }
        for name in benchmarks.names
    }
