"""Memory that allocators keep for later, given back to the system."""

from __future__ import annotations

import ctypes
import sys

import pyarrow as pa

__all__ = ["release"]

#: glibc's number for the size from which on memory is given back when it is freed.
_M_MMAP_THRESHOLD = -3


def release() -> None:
    """Gives back what Arrow and glibc hold and nobody uses, and from now on every array above a megabyte when
    it is freed. By itself glibc keeps arrays up to the largest one freed so far: 70 MB when a tokenizer is
    trained on 72 MB of text. Arrow's own allocator keeps 20 MB more than glibc while text is read."""
    pa.default_memory_pool().release_unused()
    if sys.platform == "linux":
        library = ctypes.CDLL(None)
        if hasattr(library, "mallopt") and hasattr(library, "malloc_trim"):  # musl has neither
            pa.set_memory_pool(pa.system_memory_pool())
            library.mallopt(_M_MMAP_THRESHOLD, 1 << 20)
            library.malloc_trim(0)
