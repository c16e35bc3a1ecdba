"""Near: what of an object store lies on this machine's disk, shared by its workers and bounded.

Files are kept by a key that stands for their content; those not used for longest go first. A process reads
them through links in a folder of its own, so that a file in use stays whatever the others do.

CORPUS_SCRATCH      the folder, on a local disk; else "scratch" in the user's cache folder
CORPUS_SCRATCH_GB   what may be kept there; else half of what the disk had free
"""

from __future__ import annotations

import fcntl
import functools
import os
import shutil
import tempfile
import threading
import time
import weakref
from collections.abc import Callable
from pathlib import Path

from corpus.cache import cache_folder
from corpus.errors import StorageError
from corpus.lock import locked
from corpus.storage import remove_tree, storage_error

__all__ = ["Near", "Workspace", "near"]

#: Of the limit: what is left after files were deleted, and what may be added before it is looked at again.
_LEFT, _UNSEEN = 0.9, 0.05
#: Seconds after which a file that is being fetched is taken for abandoned.
_ABANDONED = 86_400


class Near:
    """The files kept in `root`."""

    def __init__(self, root: Path, limit: int = 0) -> None:
        self.root, self._limit = root, limit
        self._added = 0

    def link(self, key: str, to: Path) -> bool:
        """Let the file of this key appear as `to`; False where it is not kept."""
        held = self._place(key)
        part = to.with_name(f".{to.name}.{threading.get_ident()}")
        try:
            to.parent.mkdir(parents=True, exist_ok=True)
            os.link(held, part)
            part.replace(to)
            part.unlink(missing_ok=True)  # stays where both are links to the same file
            os.utime(held)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise storage_error(to, "cannot be written", error) from error
        return True

    def keep(self, key: str, make: Callable[[Path], object]) -> None:
        """Make the file of this key where it is not kept; one process at a time does it."""
        held = self._place(key)
        with locked(self.root / "locks" / key[:2]):
            if held.is_file():
                return
            part = held.with_name(f".{key}.{os.getpid()}")
            try:
                held.parent.mkdir(parents=True, exist_ok=True)
                make(part)
                part.chmod(0o444)  # it is shared: nobody writes into it
                self._added += part.stat().st_size
                part.replace(held)
            except OSError as error:
                raise storage_error(self.root, "cannot be written", error) from error
            finally:
                part.unlink(missing_ok=True)
        if self._added > self._most() * _UNSEEN:
            self.shrink()

    def _place(self, key: str) -> Path:
        return self.root / "files" / key[:2] / key

    def _most(self) -> int:
        return self._limit or shutil.disk_usage(self.root).free // 2

    def shrink(self) -> None:
        """Delete what was not used for longest, down to the limit, and what ended processes left."""
        self._added = 0
        with locked(self.root / "shrink"):
            files = []
            for path in (self.root / "files").glob("*/*"):
                try:
                    status = path.stat()
                except FileNotFoundError:
                    continue
                if not path.name.startswith("."):
                    files.append((status.st_mtime_ns, status.st_size, path))
                elif time.time() - status.st_mtime > _ABANDONED:
                    path.unlink(missing_ok=True)
            held = sum(size for _, size, _ in files)
            most = self._limit or (held + shutil.disk_usage(self.root).free) // 2
            for _, size, path in sorted(files) if held > most else ():
                if held <= most * _LEFT:
                    break
                path.unlink(missing_ok=True)
                held -= size
            for folder in (self.root / "open").glob("*"):
                if _is_abandoned(folder):
                    remove_tree(folder)


class Workspace:
    """A folder of this process beside the files kept; gone after `close`, or with the process."""

    def __init__(self, near: Near) -> None:
        place = near.root / "open"
        try:
            place.mkdir(parents=True, exist_ok=True)
            self.folder = Path(tempfile.mkdtemp(dir=place))
            lock = os.open(self.folder / ".lock", os.O_CREAT | os.O_RDWR, 0o644)
        except OSError as error:
            raise storage_error(near.root, "cannot be written; set CORPUS_SCRATCH", error) from error
        fcntl.flock(lock, fcntl.LOCK_EX)
        self.close = weakref.finalize(self, _close, self.folder, lock)


def _close(folder: Path, lock: int) -> None:
    remove_tree(folder)
    os.close(lock)


def _is_abandoned(folder: Path) -> bool:
    """Whether the process of a workspace has ended: its lock is free. One just made has no lock yet."""
    try:
        if time.time() - folder.stat().st_mtime < 1:
            return False
        handle = os.open(folder / ".lock", os.O_RDWR)
    except OSError:
        return not (folder / ".lock").exists() and folder.exists()
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(handle)
    return True


@functools.lru_cache(1)
def near() -> Near:
    """What this machine keeps; looked through once in each process."""
    named = os.environ.get("CORPUS_SCRATCH")
    try:
        limit = int(float(os.environ.get("CORPUS_SCRATCH_GB") or 0) * 1e9)
    except ValueError as error:
        raise StorageError("CORPUS_SCRATCH_GB: give a number of gigabytes, for example 200") from error
    found = Near(Path(named) if named else cache_folder() / "scratch", limit)
    found.shrink()
    return found
