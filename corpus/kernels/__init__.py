"""Numba kernels over Arrow buffers. Compiled code is kept in the user's cache folder, by the sources' digest.

Numba keeps compiled code beside the sources and looks at the one file a function is in. A kernel that calls
one of another file would stay as it was when that one changes; and an installed package may not be writable.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numba
import xxhash

from corpus.cache import cache_folder

#: Folders of compiled code that are kept: of versions used side by side.
_KEPT = 4


def _cache_folder() -> Path:
    """NUMBA_CACHE_DIR, else the user's cache folder; below it the digest of all kernels and of Numba."""
    named = os.environ.get("NUMBA_CACHE_DIR")
    base = (Path(named) / "corpus" if named else cache_folder()) / "kernels"
    if named and Path(named).parent.parts[-2:] == base.parts[-2:]:  # named by the process that began this one
        base = Path(named).parent
    digest = xxhash.xxh3_64(numba.__version__.encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return base / digest.hexdigest()


def _forget(base: Path) -> None:
    """Delete all but the folders made last; one in use elsewhere is compiled again."""
    found = sorted(base.iterdir(), key=lambda path: path.stat().st_mtime) if base.is_dir() else []
    for path in found[:-_KEPT]:
        shutil.rmtree(path, ignore_errors=True)


_folder = _cache_folder()
if not _folder.is_dir():
    _forget(_folder.parent)
# Numba reads the environment again where any of its variables changed, so the folder has to stand there.
os.environ["NUMBA_CACHE_DIR"] = numba.config.CACHE_DIR = str(_folder)
