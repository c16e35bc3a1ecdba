"""The user's cache folder: downloads, compiled kernels, what of an object store is kept near."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["cache_folder"]


def cache_folder() -> Path:
    """`corpus` in XDG_CACHE_HOME, else in ~/.cache; it may not be there yet."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "corpus"
