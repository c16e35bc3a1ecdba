"""The texts of some documents of a shard, a megabyte at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

__all__ = ["Chosen", "chosen"]

#: Text of one batch, bytes: what is derived from it stays in the cache, and memory is used again.
_BATCH_BYTES = 1_000_000


class Chosen(NamedTuple):
    """batch: documents in a row · places int64: the chosen ones in it · first: chosen ones before it"""

    batch: pa.RecordBatch
    places: NDArray[np.int64]
    first: int


def chosen(
    path: Path, rows: NDArray[np.uint32], columns: Sequence[str], batch_bytes: int = _BATCH_BYTES
) -> Iterator[Chosen]:
    """The batches that hold some of these rows (ascending) of a documents' Parquet."""
    with pq.ParquetFile(path) as file:
        groups = [file.metadata.row_group(number) for number in range(file.num_row_groups)]
        size = sum(group.total_byte_size for group in groups)
        count = max(1, file.metadata.num_rows * batch_bytes // max(size, 1))
        firsts = np.cumsum([0, *(group.num_rows for group in groups)])
        for number in np.flatnonzero(np.diff(np.searchsorted(rows, firsts))).tolist():
            begin = int(firsts[number])
            for batch in file.iter_batches(count, [number], list(columns), use_threads=False):
                low, high = np.searchsorted(rows, [begin, begin + len(batch)])
                if low < high:
                    yield Chosen(batch, rows[low:high].astype(np.int64) - begin, int(low))
                begin += len(batch)
