"""Step `token_lines`: which lines a text bucket holds, so that each counts once in all the buckets.

A line is counted in the first bucket that has it, as ROOTS did over the sample its tokenizer was trained on
(Laurençon et al. 2022, arXiv 2303.03915). A task holds 8 bytes for each distinct line of its own bucket; the
lines of the buckets before it pass by from disk.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from corpus.tokens.counts import stretches
from corpus.work import Counts, Work

__all__ = ["found_before", "lines"]

#: Hashes of another bucket looked up at a time.
_AT_ONCE = 1 << 20


def lines(work: Work) -> Counts:
    """Writes lines.bin from the input `text`: the distinct 64-bit hashes of its lines, sorted, little-endian.

    Lines and documents as `corpus.tokens.counts:count` takes them. Options: held_out_ratio, seed,
    placeholders.
    """
    from corpus.kernels.line_hashes import line_hashes

    path = work.input("text")
    names = pc.unique(pq.read_table(path, columns=["language"])["language"])
    languages: Sequence[str] = sorted(names.to_pylist())
    known, total = np.zeros(0, np.uint64), 0
    for data, offsets, _, _ in stretches(path, work.options, languages, {}):
        hashes = line_hashes(data, offsets, 1)[0]
        total += len(hashes)
        known = np.union1d(known, hashes)
    known.astype("<u8").tofile(work.output("lines.bin"))
    return {"lines": total, "distinct_lines": len(known)}


def found_before(own: Path, earlier: Iterable[Path]) -> NDArray[np.uint64]:
    """Hashes of the file `own` that are in one of `earlier` too."""
    mine = np.fromfile(own, "<u8")
    found = np.zeros(len(mine), np.bool_)
    for path in earlier:
        if not len(mine) or not path.stat().st_size:
            continue
        others = np.memmap(path, "<u8", "r")
        for start in range(0, len(others), _AT_ONCE):
            part = others[start : start + _AT_ONCE]
            places = np.minimum(np.searchsorted(mine, part), len(mine) - 1)
            found[places[mine[places] == part]] = True
    return mine[found]
