"""n-gram counts of a token stream in bounded memory: sorted runs go to disk and are merged by key range."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.kernels import lm_pieces
from corpus.models.kneser_ney import Grams

__all__ = ["Counter"]


class Counter:
    """Counts n-grams of lengths 1 to `order`.

    limit    n-grams of one length held in memory before a sorted run is written to `folder`
    """

    def __init__(self, order: int, base: int, folder: Path, limit: int = 1 << 24) -> None:
        if base**order > 1 << 64:
            raise ValueError(f"{base} identifiers do not fit n-grams of length {order} into 64 bits")
        self._order, self._base, self._folder, self._limit = order, base, folder, limit
        self._held: list[list[Grams]] = [[] for _ in range(order)]
        self._runs: list[list[Path]] = [[] for _ in range(order)]

    def add(self, tokens: NDArray[np.int32]) -> None:
        """Counts a stretch of whole lines, each `<s>` ... `</s>`."""
        for length in range(1, self._order + 1):
            keys = np.sort(lm_pieces.gram_keys(tokens, length, self._base))
            held = self._held[length - 1]
            held.append(_sum_up(keys, np.ones(len(keys), np.int64)))
            if sum(len(part.keys) for part in held) > self._limit:
                self._spill(length)

    def grams(self, length: int) -> Grams:
        """All n-grams of this length counted so far."""
        held, runs = self._held[length - 1], self._runs[length - 1]
        if not runs:
            self._held[length - 1] = [_merge(held)]
            return self._held[length - 1][0]
        self._spill(length)
        loaded = [np.load(path, mmap_mode="r") for path in runs]
        rows = sum(run.shape[1] for run in loaded)
        # Each range holds about the limit: the cuts are quantiles of the longest run.
        longest = max(loaded, key=lambda run: run.shape[1])[0]
        pieces = max(1, rows // self._limit)
        cuts = [int(longest[len(longest) * at // pieces]) for at in range(1, pieces)]
        edges = [0, *dict.fromkeys(cuts), (1 << 64) - 1]
        merged = []
        for low, high in pairwise(edges):
            parts = []
            for run in loaded:
                first, last = np.searchsorted(run[0], np.array([low, high], np.uint64))
                last = run.shape[1] if high == edges[-1] else last
                parts.append(Grams(np.array(run[0, first:last]), run[1, first:last].astype(np.int64)))
            merged.append(_merge(parts))
        return Grams(
            np.concatenate([part.keys for part in merged]), np.concatenate([part.counts for part in merged])
        )

    def close(self) -> None:
        """Removes the runs."""
        for paths in self._runs:
            for path in paths:
                path.unlink()
            paths.clear()

    def _spill(self, length: int) -> None:
        part = _merge(self._held[length - 1])
        self._held[length - 1] = []
        if len(part.keys):
            runs = self._runs[length - 1]
            runs.append(self._folder / f"run-{length}-{len(runs)}.npy")
            np.save(runs[-1], np.stack([part.keys, part.counts.astype(np.uint64)]))


def _merge(parts: list[Grams]) -> Grams:
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return Grams(np.zeros(0, np.uint64), np.zeros(0, np.int64))
    keys = np.concatenate([part.keys for part in parts])
    order = np.argsort(keys, kind="stable")
    return _sum_up(keys[order], np.concatenate([part.counts for part in parts])[order])


def _sum_up(keys: NDArray[np.uint64], counts: NDArray[np.int64]) -> Grams:
    if not len(keys):
        return Grams(keys, counts)
    first = np.ones(len(keys), bool)
    first[1:] = keys[1:] != keys[:-1]
    starts = np.flatnonzero(first)
    return Grams(keys[starts], np.add.reduceat(counts, starts))
