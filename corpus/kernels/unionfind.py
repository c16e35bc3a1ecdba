"""Union-find over integers: connected components of edge lists that arrive in pieces.

The root of a component is its smallest member, so the result does not depend on the order of the edges.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["forest", "roots", "union"]


def forest(size: int) -> NDArray[np.uint32]:
    """Every number its own component; 4 bytes a member, at most 2^32 members."""
    return np.arange(size, dtype=np.uint32)


@njit(nogil=True, cache=True)
def _find(parent, member):  # type: ignore[no-untyped-def]
    while parent[member] != member:
        parent[member] = parent[parent[member]]
        member = parent[member]
    return member


@njit(nogil=True, cache=True)
def union(parent, left, right):  # type: ignore[no-untyped-def]
    """Join left[i] with right[i] for every i, in place."""
    for i in range(len(left)):
        a = _find(parent, left[i])
        b = _find(parent, right[i])
        if a < b:
            parent[b] = a
        elif b < a:
            parent[a] = b


@njit(nogil=True, cache=True)
def roots(parent):  # type: ignore[no-untyped-def]
    """Point every member straight at its root, in place: the smallest member of its component."""
    # A parent is never larger than its child, so one pass upwards finds parents that are already roots.
    for member in range(len(parent)):
        parent[member] = parent[parent[member]]
