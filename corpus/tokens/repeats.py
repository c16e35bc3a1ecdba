"""Lines and documents that repeat in the text a tokenizer is trained on count once.

ROOTS dropped repeated lines, those of code excepted, and then repeated documents, over all of the sample its
tokenizer was trained on (Laurençon et al. 2022, arXiv 2303.03915): its first vocabularies held whole
addresses. What repeats counts in the first text bucket that has it. Lines, without the white space at their
ends, and documents are told by 64-bit hashes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import xxhash
from numpy.typing import NDArray

__all__ = ["Collected", "FirstOnly", "Repeats"]

#: Hashes of another bucket looked up at a time.
_AT_ONCE = 1 << 20
#: Hashes collected before they are made distinct.
_COLLECTED = 1 << 20


class Repeats:
    """Everything counts. Options: dedup_lines, dedup_documents; absent ones are off."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._lines = bool(options.get("dedup_lines"))
        self._documents = bool(options.get("dedup_documents"))

    def new(self, hashes: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Which of these count."""
        return np.ones(len(hashes), np.bool_)

    def documents(self, texts: pa.Array) -> NDArray[np.bool_]:
        """Which of these documents count."""
        if not self._documents:
            return np.ones(len(texts), np.bool_)
        digest = xxhash.xxh3_64_intdigest
        return self.new(np.fromiter((digest(text.as_buffer()) for text in texts), np.uint64, len(texts)))

    def lines(
        self, data: NDArray[np.uint8], offsets: NDArray[np.int64], exempt: NDArray[np.bool_]
    ) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """The texts with the lines that count; `exempt` texts stay as they are."""
        from corpus.kernels.line_hashes import line_hashes

        if not self._lines:
            return data, offsets
        hashes, starts, ends, owners = line_hashes(data, offsets, 1)
        asked = np.flatnonzero(~exempt[owners])
        gone = asked[~self.new(hashes[asked])]
        change = np.zeros(len(data) + 1, np.int32)
        change[starts[gone]] += 1
        np.subtract.at(change, ends[gone], 1)
        kept = np.cumsum(change[:-1]) == 0
        moved = np.append(0, np.cumsum(kept)).astype(np.int64)
        return data[kept], moved[offsets]


class Collected(Repeats):
    """Everything counts, and its hashes are kept."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__(options)
        self._distinct = np.zeros(0, np.uint64)
        self._parts: list[NDArray[np.uint64]] = []
        self.total = 0

    def new(self, hashes: NDArray[np.uint64]) -> NDArray[np.bool_]:
        self._parts.append(hashes)
        self.total += len(hashes)
        # As many as there are already: so each is sorted a few times, not with every batch.
        if sum(map(len, self._parts)) > max(_COLLECTED, len(self._distinct)):
            self.distinct()
        return super().new(hashes)

    def distinct(self) -> NDArray[np.uint64]:
        """All hashes, sorted."""
        self._distinct = np.unique(np.concatenate([self._distinct, *self._parts]))
        self._parts = []
        return self._distinct


class FirstOnly(Repeats):
    """What is met for the first time counts. `own` is the file of all hashes of the bucket, `earlier` are
    those of the buckets before it, which pass by from disk: nine bytes of memory for each hash of `own`."""

    def __init__(self, options: Mapping[str, Any], own: Path, earlier: Iterable[Path]) -> None:
        super().__init__(options)
        self._own = np.fromfile(own, "<u8")
        self._seen = np.zeros(len(self._own), np.bool_)
        for path in earlier:
            if not len(self._own) or not path.stat().st_size:
                continue
            others = np.memmap(path, "<u8", "r")
            for start in range(0, len(others), _AT_ONCE):
                part = others[start : start + _AT_ONCE]
                places = np.minimum(np.searchsorted(self._own, part), len(self._own) - 1)
                self._seen[places[self._own[places] == part]] = True

    def new(self, hashes: NDArray[np.uint64]) -> NDArray[np.bool_]:
        distinct, first = np.unique(hashes, return_index=True)
        places = np.searchsorted(self._own, distinct)
        found = np.zeros(len(hashes), np.bool_)
        found[first[~self._seen[places]]] = True
        self._seen[places] = True
        return found
