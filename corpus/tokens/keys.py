"""Keyed hashes: where a document goes and when it comes depends on the seed and its id, on nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import xxhash
from numpy.typing import NDArray

__all__ = ["keys", "mix", "shares"]


def keys(seed: int, purpose: str, names: Sequence[str]) -> NDArray[np.uint64]:
    """One uint64 for each name; purposes are independent of each other."""
    salt = xxhash.xxh3_64_intdigest(f"{seed}/{purpose}".encode())
    digest = xxhash.xxh3_64_intdigest
    values: Iterable[int] = (digest(name.encode(), salt) for name in names)
    return np.fromiter(values, np.uint64, len(names))


def shares(seed: int, purpose: str, names: Sequence[str]) -> NDArray[np.float64]:
    """One number in [0, 1) for each name."""
    return (keys(seed, purpose, names) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def mix(values: NDArray[np.uint64], number: NDArray[np.uint64] | int) -> NDArray[np.uint64]:
    """New keys from keys and a number (SplitMix64 finaliser, Steele et al. 2014)."""
    step = np.asarray(number, np.uint64) + np.uint64(1)
    with np.errstate(over="ignore"):
        mixed = values + np.uint64(0x9E3779B97F4A7C15) * step
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    result: NDArray[np.uint64] = mixed ^ (mixed >> np.uint64(31))
    return result
