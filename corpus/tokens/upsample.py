"""Documents seen more often the more copies of them there were before deduplication.

How often a text was found is a sign of what people pass on; deduplication throws it away and upsampling gives
a part of it back: FineWeb2 calls it rehydration (Penedo et al. 2025, arXiv 2506.20920). Clusters are taken by
the power of two below their size, their class: the sums of a bucket stay small, and a cluster that grows by
one document rarely changes anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["cluster_class", "cluster_factor"]


def cluster_class(sizes: NDArray[np.integer[Any]]) -> NDArray[np.int8]:
    """k for clusters of 2^k to 2^(k + 1) - 1 documents; a document without duplicates is a cluster of one."""
    exponents: NDArray[np.int32] = np.frexp(np.maximum(sizes, 1).astype(np.float64))[1]
    return (exponents - 1).astype(np.int8)


def cluster_factor(rule: Mapping[str, Any] | None, number: int) -> float:
    """How often documents of class `number` are seen for one time of a document without duplicates.

    rule: {cluster_size: sqrt | log, cap}; the square root of the smallest size in the class, or 1 + its
    logarithm to the base of two. None: always 1.
    """
    if not rule:
        return 1.0
    factor = 2 ** (number / 2) if rule["cluster_size"] == "sqrt" else 1.0 + number
    return float(min(factor, float(rule["cap"])))
