"""What the filters on adult content took: by source, by what spoke for it, among texts that mention whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from corpus.filter import Filter
from corpus.report.shards import Shard
from corpus.signals.adult import EVIDENCE
from corpus.signals.adult_lists import GROUPS

__all__ = ["ALARM", "BANDS", "Entries", "adult_counts"]

#: A source is marked where texts with a term of identity, health or religion are taken more than this many
#: times as often as its others of the same language and length.
ALARM = 2.0
#: Fewer documents taken say nothing about a ratio.
_LEAST_TAKEN = 10
#: Upper ends of the bands of the classifier's probability.
BANDS = (0.1, 0.5, 0.9, 1.0)
_COLUMNS = ("adult_score", "adult_classifier", "adult_evidence", "adult_mentions", "adult_reviewed")


def adult_counts(found: Iterable[Shard], filters: Sequence[Filter]) -> dict[str, Any] | None:
    """What was taken of the documents of these shards, by language, for `Entries.merge`; empty without adult
    signals, None where an earlier version measured them."""
    kinds = [(1 << bit, item.action) for bit, item in enumerate(filters) if item.signal.startswith("adult_")]
    taking = sum(bit for bit, _ in kinds)
    dropping = sum(bit for bit, action in kinds if action == "drop")
    languages: dict[str, _Entry] = {}
    for shard in found:
        path = shard.path("signals/adult")
        if "adult" not in shard.signals or not path.is_file():
            continue
        names = [name for name in _COLUMNS if name in pq.read_schema(path).names]
        if len(names) < len(_COLUMNS):
            return None
        rows = shard.read("signals/adult", names)
        decided = shard.read("decisions", ["language", "reasons", "size_bytes"])
        reasons = decided["reasons"].to_numpy()
        table = {
            "language": np.array(decided["language"].to_pylist(), object),
            "length": np.array(
                [int(size).bit_length() for size in decided["size_bytes"].to_pylist()], np.int64
            ),
            "taken": (reasons & np.uint64(taking)) != 0,
            "dropped": (reasons & np.uint64(dropping)) != 0,
            **{name: np.array(rows[name].to_pylist(), object) for name in names},
        }
        for language in sorted(set(table["language"].tolist())):
            here = table["language"] == language
            languages.setdefault(language, _Entry()).add(
                {name: values[here] for name, values in table.items()}
            )
    return {name: entry.raw() for name, entry in sorted(languages.items())}


class Entries:
    """What was taken by source and by language, added up."""

    def __init__(self) -> None:
        self._sources: dict[str, _Entry] = {}
        self._languages: dict[str, _Entry] = {}
        self._is_known = True

    def merge(self, source: str, found: Mapping[str, Any] | None) -> None:
        """Add the `adult_counts` of shards of a source."""
        self._is_known = self._is_known and found is not None
        for language, raw in (found or {}).items():
            self._sources.setdefault(source, _Entry()).merge(raw)
            self._languages.setdefault(language, _Entry()).merge(raw)

    def shown(self) -> dict[str, Any] | None:
        """By source and language what was taken; None where the run has no adult signals.

        An entry has documents, scored, quarantined, dropped, reviewed; evidence.<name>: documents and
        documents_alone taken with it; mentions.<group>: documents and taken; classifier: [documents, taken]
        for each of BANDS; disparity: rate with a term over rate without (Mantel-Haenszel over languages and
        lengths), null where fewer than ten were taken; is_alarm.
        """
        if not self._sources or not self._is_known:
            return None
        return {
            "sources": {name: entry.shown() for name, entry in sorted(self._sources.items())},
            "languages": {name: entry.shown() for name, entry in sorted(self._languages.items())},
        }


class _Entry:
    """Counts of one source or language."""

    def __init__(self) -> None:
        self.counts = dict.fromkeys(("documents", "scored", "quarantined", "dropped", "reviewed"), 0)
        self.evidence = {name: {"documents": 0, "documents_alone": 0} for name in EVIDENCE}
        self.mentions = {name: {"documents": 0, "taken": 0} for name in GROUPS}
        self.classifier = [[0, 0] for _ in BANDS]
        #: (language, length) to [with a term taken, with a term, without taken, without]
        self.strata: dict[tuple[str, int], list[int]] = {}

    def add(self, table: dict[str, NDArray[Any]]) -> None:
        taken, dropped = table["taken"], table["dropped"]
        self.counts["documents"] += len(taken)
        self.counts["scored"] += sum(value is not None for value in table["adult_score"])
        self.counts["quarantined"] += int((taken & ~dropped).sum())
        self.counts["dropped"] += int(dropped.sum())
        self.counts["reviewed"] += sum(value is not None for value in table["adult_reviewed"])
        for label in table["adult_evidence"][taken].tolist():
            names = label.split("+") if label else []
            for name in names:
                self.evidence[name]["documents"] += 1
                self.evidence[name]["documents_alone"] += len(names) == 1
        for hit, value in zip(taken.tolist(), table["adult_classifier"].tolist(), strict=True):
            if value is not None:
                band = next(i for i, end in enumerate(BANDS) if value <= end or end == BANDS[-1])
                self.classifier[band][0] += 1
                self.classifier[band][1] += hit
        labels, hits = table["adult_mentions"].tolist(), taken.tolist()
        places = zip(table["language"].tolist(), table["length"].tolist(), strict=True)
        for place, label, hit in zip(places, labels, hits, strict=True):
            if label is None:
                continue
            cell = self.strata.setdefault(place, [0, 0, 0, 0])
            cell[0 if label else 2] += hit
            cell[1 if label else 3] += 1
            for name in label.split("+") if label else ():
                self.mentions[name]["documents"] += 1
                self.mentions[name]["taken"] += hit

    def raw(self) -> dict[str, Any]:
        """The counts as JSON-able data, for `merge`."""
        strata = [[*key, cell] for key, cell in sorted(self.strata.items())]
        return {**vars(self), "strata": strata}

    def merge(self, raw: Mapping[str, Any]) -> None:
        """Add the counts of another entry."""
        for name, value in raw["counts"].items():
            self.counts[name] += value
        for mine, theirs in ((self.evidence, raw["evidence"]), (self.mentions, raw["mentions"])):
            for name, row in theirs.items():
                for what, value in row.items():
                    mine[name][what] += value
        for both, more in zip(self.classifier, raw["classifier"], strict=True):
            both[:] = [a + b for a, b in zip(both, more, strict=True)]
        for language, length, more in raw["strata"]:
            cell = self.strata.setdefault((language, length), [0, 0, 0, 0])
            cell[:] = [a + b for a, b in zip(cell, more, strict=True)]

    def shown(self) -> dict[str, Any]:
        disparity = self._disparity()
        return {
            **self.counts,
            "evidence": {name: row for name, row in self.evidence.items() if row["documents"]},
            "mentions": {name: row for name, row in self.mentions.items() if row["documents"]},
            "classifier": self.classifier if any(row[0] for row in self.classifier) else None,
            "disparity": disparity,
            "is_alarm": disparity is not None and disparity > ALARM,
        }

    def _disparity(self) -> float | None:
        if self.counts["quarantined"] + self.counts["dropped"] < _LEAST_TAKEN:
            return None
        both = [cell for _, cell in sorted(self.strata.items()) if cell[1] and cell[3]]
        above = sum(cell[0] * cell[3] / (cell[1] + cell[3]) for cell in both)
        below = sum(cell[2] * cell[1] / (cell[1] + cell[3]) for cell in both)
        # half a document on both sides: no division by zero, and no alarm on one document
        return (above + 0.5) / (below + 0.5)
