"""Step `token_lines`: lines and documents of a text bucket, so that each counts once in all buckets."""

from __future__ import annotations

import pyarrow.compute as pc
import pyarrow.parquet as pq

from corpus.tokens.counts import stretches
from corpus.tokens.repeats import Collected
from corpus.work import Counts, Work

__all__ = ["lines"]


def lines(work: Work) -> Counts:
    """Writes lines.bin from the input `text`: distinct hashes (`corpus.tokens.repeats`), sorted,
    little-endian uint64.

    Options: dedup_lines, dedup_documents, held_out_ratio, seed, placeholders, as `corpus.tokens.counts:count`
    takes them.
    """
    path = work.input("text")
    names = pc.unique(pq.read_table(path, columns=["language"])["language"])
    found = Collected(work.options)
    for _ in stretches(path, work.options, sorted(names.to_pylist()), {}, found):
        pass
    distinct = found.distinct()
    distinct.astype("<u8").tofile(work.output("lines.bin"))
    return {"lines": found.total, "distinct_lines": len(distinct)}
