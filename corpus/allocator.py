"""What the C library does with memory that is given back: workers ask for arrays of the same sizes again."""

from __future__ import annotations

import ctypes
import functools

__all__ = ["keep_freed_memory"]

#: Parameters of mallopt(3), and the largest threshold that it takes.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _LARGEST = -1, -3, 32 * 2**20
#: Freed memory at the top of the heap that a worker keeps, in bytes.
_KEPT = 256 * 2**20


@functools.cache
def keep_freed_memory() -> bool:
    """Whether this process now keeps the memory of freed arrays; once a process, glibc only.

    By default arrays from 128 kB on are mapped and unmapped one by one, and the kernel clears each of their
    pages anew.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and bool(
        mallopt(_MMAP_THRESHOLD, _LARGEST) and mallopt(_TRIM_THRESHOLD, _KEPT)
    )
