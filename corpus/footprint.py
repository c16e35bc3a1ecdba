"""What a process of a build does without: pages cleared anew for every array, unused memory, and pandas."""

from __future__ import annotations

import ctypes
import sys
from importlib.abc import MetaPathFinder
from typing import Any

import pyarrow as pa

__all__ = ["keep_freed_memory", "release_memory", "without_pandas"]

# Parameters of mallopt(3), which glibc has and others have not.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
#: The largest array whose memory may be kept, and how much is kept, in bytes.
_LARGEST, _KEPT = 32 << 20, 256 << 20


def keep_freed_memory() -> None:
    """Keep the memory of freed arrays for the next ones, which have the same sizes.

    By default arrays from 128 kB on are mapped one by one, and the system clears each page of them anew: a
    tenth of the time of the text signals.
    """
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        library.mallopt(_MMAP_THRESHOLD, _LARGEST)
        library.mallopt(_TRIM_THRESHOLD, _KEPT)


def release_memory() -> None:
    """Give back what Arrow and glibc hold and nobody uses, and, until the next task, every array above a
    megabyte when it is freed.

    By itself glibc keeps arrays up to the largest one freed so far: 70 MB when a tokenizer is trained on 72
    MB of text. Arrow's own allocator keeps 20 MB more than glibc while text is read.
    """
    pa.default_memory_pool().release_unused()
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt") and hasattr(library, "malloc_trim"):
        pa.set_memory_pool(pa.system_memory_pool())
        library.mallopt(_MMAP_THRESHOLD, 1 << 20)
        library.malloc_trim(0)


class _NoPandas(MetaPathFinder):
    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> None:
        if fullname == "pandas":
            raise ImportError(fullname)


def without_pandas() -> None:
    """Have pyarrow not import pandas until somebody asks for a data frame, or has imported it.

    Where pandas is installed, pyarrow imports it for the first array that is made: 0.2 CPU seconds and 40 MB
    of a process. It looks once, and again only where it cannot do without.
    """
    if "pandas" in sys.modules:
        pa.array([]).to_pandas()  # from here on pyarrow knows a Series when it sees one
        return
    finder = _NoPandas()
    sys.meta_path.insert(0, finder)
    try:
        pa.array([])
    finally:
        sys.meta_path.remove(finder)
