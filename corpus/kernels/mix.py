"""The last step of MurmurHash3 (Appleby): every bit of a number changes every bit of the result."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

__all__ = ["FIRST", "SECOND", "mix"]

#: Its two odd factors, spread bits on their own too.
FIRST = np.uint64(0xFF51AFD7ED558CCD)
SECOND = np.uint64(0xC4CEB9FE1A85EC53)
_SHIFT = np.uint64(33)


@njit(nogil=True, cache=True, inline="always")
def mix(value: Any) -> Any:
    """uint64 to uint64, one to one."""
    value = np.uint64((value ^ (value >> _SHIFT)) * FIRST)
    value = np.uint64((value ^ (value >> _SHIFT)) * SECOND)
    return value ^ (value >> _SHIFT)
