"""Packed rows for a training loop: by number, or in order from any row on, for any data-parallel rank.

Rows come back in the order of the shards. Both the shard of a document and the order of rows inside a shard
follow from keyed hashes, so reading in order is reading shuffled; nothing is shuffled again.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from corpus.errors import StorageError
from corpus.tokens.megatron import Indexed, read
from corpus.tokens.scatter import VALIDATION

__all__ = ["Stretch", "Tokens"]


class Stretch(NamedTuple):
    """A part of a row that comes from one document: tokens start:start + tokens of the row are its tokens
    from document_offset on, in this epoch of it."""

    start: int
    tokens: int
    id: str
    source: str
    language: str
    epoch: int
    document_offset: int


class Tokens:
    """Packed rows under `folder`, as sequence (`tokens[i]`, `len`) and as iterable.

    split is train or validation. Rank `rank` of `ranks` gets rows rank, rank + ranks, …; `start` is the row,
    counted over all ranks, to resume at. Raises StorageError where the folder holds no packed rows.
    """

    def __init__(
        self, folder: str | Path, split: str = "train", start: int = 0, rank: int = 0, ranks: int = 1
    ) -> None:
        if split not in ("train", VALIDATION):
            raise ValueError(f"split is 'train' or '{VALIDATION}', not '{split}'")
        if not 0 <= rank < ranks or start < 0:
            raise ValueError(f"rank {rank} of {ranks} from row {start} does not exist")
        self.folder = Path(folder)
        self.split, self.start, self.rank, self.ranks = split, start, rank, ranks
        self._kept: tuple[int, pa.Table, NDArray[np.int32]] | None = None

    @cached_property
    def shards(self) -> list[Path]:
        """The .idx files of the split, in order."""
        found = sorted(self.folder.rglob("*.idx"))
        chosen = [path for path in found if (path.stem == VALIDATION) == (self.split == VALIDATION)]
        if not chosen:
            raise StorageError(
                f"{self.folder}: holds no packed rows for '{self.split}'; run the build with pack"
            )
        return chosen

    @cached_property
    def _ends(self) -> list[int]:
        ends = [0]
        for shard in self._open:
            ends.append(ends[-1] + len(shard.lengths))
        return ends

    @cached_property
    def _open(self) -> list[Indexed]:
        return [read(path) for path in self.shards]

    @property
    def rows(self) -> int:
        """Rows of the split, over all ranks."""
        return self._ends[-1]

    @property
    def length(self) -> int:
        """Tokens in a row; 0 where there is none."""
        return next((int(shard.lengths[0]) for shard in self._open if len(shard.lengths)), 0)

    def __len__(self) -> int:
        """Rows this rank still has from `start` on."""
        return len(range(self._first, self.rows, self.ranks))

    @property
    def _first(self) -> int:
        return self.start + (self.rank - self.start) % self.ranks

    def __getitem__(self, index: int) -> NDArray[Any]:
        """Row `index` of this rank, counted from `start`: token ids, mapped and not copied."""
        if index < 0:
            index += len(self)
        if not 0 <= index < len(self):
            raise IndexError(f"row {index} of {len(self)}")
        return self.row(self._first + index * self.ranks)

    def __iter__(self) -> Iterator[NDArray[Any]]:
        for number in range(self._first, self.rows, self.ranks):
            yield self.row(number)

    def row(self, number: int) -> NDArray[Any]:
        """Row `number` of the split, counted over all ranks."""
        shard, place = self._locate(number)
        start = self._open[shard].starts[place]
        return self._open[shard].tokens[start : start + self._open[shard].lengths[place]]

    def stretches(self, number: int) -> list[Stretch]:
        """Which documents row `number` is made of, in order; what they leave of the row is padding."""
        shard, place = self._locate(number)
        table, rows = self._provenance(shard)
        first, end = np.searchsorted(rows, [place, place + 1])
        entries = table.slice(first, end - first).to_pylist()
        return [Stretch(*(entry[name] for name in Stretch._fields)) for entry in entries]

    def _provenance(self, shard: int) -> tuple[pa.Table, NDArray[np.int32]]:
        """Parquet file of a shard and its sorted column `row`; the last one asked for is kept."""
        if self._kept is None or self._kept[0] != shard:
            table = pq.read_table(self.shards[shard].with_suffix(".parquet"))
            self._kept = (shard, table, table["row"].to_numpy())
        return self._kept[1:]

    def boundaries(self, number: int) -> NDArray[np.int32]:
        """Where documents begin in row `number`, and the row's length at the end: the cumulative lengths
        attention kernels for packed rows take. Padding counts as one more document."""
        cuts = [0]
        for stretch in self.stretches(number):
            cuts.append(stretch.start + stretch.tokens)
        if cuts[-1] < self.length:
            cuts.append(self.length)
        return np.array(cuts, np.int32)

    def positions(self, number: int) -> NDArray[np.int32]:
        """The place of each token of row `number` in its document, from 0 where the document begins in the
        row: position ids for packed rows."""
        cuts = self.boundaries(number)
        return np.arange(cuts[-1], dtype=np.int32) - np.repeat(cuts[:-1], np.diff(cuts))

    def to_torch(self, iterable: bool = False) -> Any:
        """The same rows as a torch.utils.data.Dataset of int64 tensors, by number or one after the other;
        imports torch."""
        from corpus.tokens.torch import dataset

        return dataset(self, iterable)

    def _locate(self, number: int) -> tuple[int, int]:
        if not 0 <= number < self.rows:
            raise IndexError(f"row {number} of {self.rows}")
        shard = bisect_right(self._ends, number) - 1
        return shard, number - self._ends[shard]
