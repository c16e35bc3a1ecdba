"""Place: where the files of a run lie, a folder or the objects below a prefix, behind one set of functions.

Names are relative, parted by "/". A file appears whole or not at all, and `path` gives a local path of it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from corpus.errors import StorageError
from corpus.objects import is_object_url
from corpus.storage import digest_file, publish, remove_tree, storage_error, write_bytes

__all__ = ["LOCK", "FolderPlace", "Place", "place_of"]

#: The lock of a run, in it.
LOCK = ".lock"
_SCRATCH = ".scratch"
#: Seconds to wait for the lock of a run folder.
_PATIENCE = 0.5


class Place(Protocol):
    """Where the files of a run lie."""

    #: The folder or address, as a worker on another machine finds it too.
    url: str

    @property
    def folder(self) -> Path:
        """The folder; raises StorageError where there is none."""

    def bring(self, names: Iterable[str], part: str = "") -> Path:
        """A local folder that holds these files, for reading; one that does not exist is not there either.

        part   the part of each that will be read (`Work.part`), empty for all of it
        """

    def path(self, name: str, digest: str = "") -> Path:
        """A local path of one file; with its digest, what is near already is not asked for."""

    def shared(self, path: str) -> str:
        """Where workers on other machines find a file of this machine, until `sweep`; folders stay here."""

    def names(self, folder: str) -> Iterator[str]:
        """The names of all files below a folder."""

    def size(self, name: str, folder: str = "") -> int | None:
        """Bytes of a file; None where there is none. `folder`: as in `read`."""

    def digest(self, name: str) -> str | None:
        """xxh3-128 of the bytes of a file as they are now; None where there is none."""

    def read(self, name: str, folder: str = "") -> bytes | None:
        """The content of a small file; None where there is none.

        `folder` is one above it whose other files will be asked for too: with a lock held they are listed
        and read ahead.
        """

    def write(self, name: str, data: bytes) -> None:
        """Write a small file."""

    def publish(self, files: Iterable[tuple[Path, str, str]]) -> None:
        """Give finished local files (path, name, digest) their places here; the local files go."""

    def delete(self, names: Iterable[str]) -> None:
        """Delete files; those that are not there are no error."""

    def memory(self) -> Path:
        """Where this machine remembers what it knows of the inputs of the run: a JSON file."""

    def changed(self, names: Iterable[str]) -> None:
        """Another process has written or deleted these files: what is known of them holds no more."""

    def scratch(self, name: str) -> Path:
        """A new local folder for files that will be published; the caller deletes it."""

    def release(self, scratch: Path) -> None:
        """Give a scratch folder back, with whatever is left in it."""

    def sweep(self) -> None:
        """Delete what processes that were killed left behind; only for the holder of the lock."""

    def lock(self) -> AbstractContextManager[None]:
        """Hold the place; raises StorageError where another build does."""

    def foreseen(self) -> AbstractContextManager[None]:
        """Only this process changes the place, or tells it by `changed`: so it may remember listings."""

    def owner(self) -> bytes:
        """What the build that holds the place, or was the last to, is known by; empty where none ever did."""

    def close(self) -> None:
        """Delete local copies."""


def place_of(root: str | Path | Place) -> Place:
    """The place of this path or s3:// address."""
    if not isinstance(root, str | Path):
        return root
    if is_object_url(root):
        from corpus.object_place import ObjectPlace

        return ObjectPlace(root)
    if re.match(r"[a-z][a-z0-9]+:/", str(root)):
        raise StorageError(
            f"{root}: give a folder or s3://BUCKET/PREFIX; Google Cloud Storage and others are reached by "
            "s3:// and AWS_ENDPOINT_URL (docs/cluster.md)"
        )
    return FolderPlace(Path(root))


class FolderPlace:
    """A folder, on this machine or on a file system that several mount."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.url = str(folder)

    @property
    def folder(self) -> Path:
        return self._folder

    def bring(self, names: Iterable[str], part: str = "") -> Path:
        return self._folder

    def path(self, name: str, digest: str = "") -> Path:
        return self._folder / name

    def shared(self, path: str) -> str:
        return path

    def names(self, folder: str) -> Iterator[str]:
        for parent, _, names in os.walk(self._folder / folder):
            below = Path(parent).relative_to(self._folder).as_posix()
            for name in names:
                yield f"{below}/{name}"

    def size(self, name: str, folder: str = "") -> int | None:
        try:
            return (self._folder / name).stat().st_size
        except OSError:
            return None

    def digest(self, name: str) -> str | None:
        path = self._folder / name
        return digest_file(path) if path.is_file() else None

    def read(self, name: str, folder: str = "") -> bytes | None:
        try:
            return (self._folder / name).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise storage_error(self._folder / name, "cannot be read", error) from error

    def write(self, name: str, data: bytes) -> None:
        write_bytes(self._folder / name, data)

    def publish(self, files: Iterable[tuple[Path, str, str]]) -> None:
        for path, name, _ in files:
            publish(path, self._folder / name)

    def delete(self, names: Iterable[str]) -> None:
        for name in names:
            (self._folder / name).unlink(missing_ok=True)

    def memory(self) -> Path:
        return self._folder / "inputs.json"

    def changed(self, names: Iterable[str]) -> None:
        pass

    def scratch(self, name: str) -> Path:
        folder = self._folder / _SCRATCH / f"{name}.{os.getpid()}"
        remove_tree(folder)
        try:
            self._free().rename(folder)
        except FileNotFoundError:
            folder.mkdir(parents=True)
        return folder

    def release(self, scratch: Path) -> None:
        try:
            for parent, _, names in os.walk(scratch):
                for name in names:
                    Path(parent, name).unlink()
            scratch.rename(self._free())
        except OSError:  # there is one already, of a process with this number on another machine
            remove_tree(scratch)

    def _free(self) -> Path:
        """A scratch folder for the next task: removing one took 3 ms on ext4, renaming it 0.05 ms."""
        return self._folder / _SCRATCH / f"free-{os.getpid()}"

    def sweep(self) -> None:
        # Out of the reach of a worker of a lost machine first, which may be giving up its scratch just now.
        with contextlib.suppress(OSError):
            (self._folder / _SCRATCH).rename(self._folder / f"{_SCRATCH}.{os.getpid()}")
        for path in self._folder.glob(f"{_SCRATCH}*"):
            remove_tree(path)
        for path in self._folder.glob(".*.json.*"):
            path.unlink(missing_ok=True)

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """The lock is a file's and dies with the process."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(self._folder / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise StorageError(
                f"{self._folder}: cannot be written: {error.strerror}; choose another --output"
            ) from error
        try:
            self._take(handle)
            os.truncate(handle, 0)
            os.pwrite(handle, uuid.uuid4().hex.encode(), 0)
            yield
        finally:
            os.close(handle)

    def _take(self, handle: int) -> None:
        """A build that was just killed may hold the lock until the system has ended its processes."""
        patience = time.monotonic() + _PATIENCE
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                if time.monotonic() > patience:
                    message = f"{self._folder}: another build is working here; wait for it or stop it"
                    raise StorageError(message) from error
                time.sleep(0.05)
            else:
                return

    def foreseen(self) -> AbstractContextManager[None]:
        return contextlib.nullcontext()

    def owner(self) -> bytes:
        return self.read(LOCK) or b""

    def close(self) -> None:
        pass
