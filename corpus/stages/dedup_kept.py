"""The documents of a shard that still take part: kept by the filters, and no duplicate of another."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from corpus.work import Work

__all__ = ["kept_rows"]


def kept_rows(work: Work, ids: pa.ChunkedArray) -> NDArray[np.uint32]:
    """Rows, ascending, of the documents `ids` of a shard.

    inputs   decisions; duplicates (absent where no duplicates were looked for)
    """
    kept = pc.equal(pq.read_table(work.input("decisions"), columns=["verdict"])["verdict"], "kept")
    for path in work.each("duplicates"):
        table = pq.read_table(path, columns=["id", "kind"])
        removed = table.filter(pc.not_equal(table["kind"], "survivor"))["id"]
        kept = pc.and_(kept, pc.invert(pc.is_in(ids, value_set=removed.combine_chunks())))
    return np.flatnonzero(kept.to_numpy()).astype(np.uint32)
