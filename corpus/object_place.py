"""A run whose files are objects: outputs are sent whole, inputs fetched when asked for, the lock is a lease.

The lease is an object that its holder writes anew every few seconds. It is made and taken over by conditional
PUTs, so of several builds that start one gets it; the lease of a build that was killed ends by itself.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import NoReturn

import orjson

from corpus.errors import ManifestError, StorageError
from corpus.near import Workspace, near
from corpus.objects import Changed, Head, Objects, Unsupported, each
from corpus.parquet_parts import fetch_part
from corpus.place import LOCK
from corpus.storage import canonical_json, digest_bytes, digest_file, remove_tree

__all__ = ["ObjectPlace"]

#: Seconds between two signs of life of a build, and without one until another build may take over.
BEAT, LEASE = 5.0, 30.0
#: Files of the driver's machine that workers need, while a build runs.
_SHARED = ".shared"
#: Objects fetched at once, and small objects read ahead.
_FETCHES, _AHEAD = 4, 256
#: Listings remembered while a build runs: a step may write a dozen folders. One of 10^5 names takes 15 MB.
_LISTINGS = 24
#: Times an object is fetched again that was replaced meanwhile.
_TRIES = 3


class ObjectPlace:
    """The objects below an s3:// address; of those in `tags` the content must be what had that tag."""

    def __init__(self, url: str | Path, tags: Iterable[tuple[str, str]] = ()) -> None:
        self._tags = dict(tags)
        self._objects = Objects(url)
        self.url = self._objects.url()
        self._shared: dict[str, str] = {}
        self._space: Workspace | None = None
        self._lease: _Lease | None = None
        self._foreseen: _Foreseen | None = None

    @property
    def folder(self) -> NoReturn:
        raise StorageError(
            f"{self.url}: this works on folders only; copy the run first: aws s3 sync {self.url} FOLDER"
        )

    # ------------------------------------------------------------------ local copies

    def _workspace(self) -> Path:
        if self._space is None:
            self._space = Workspace(near())
        return self._space.folder

    def bring(self, names: Iterable[str], part: str = "") -> Path:
        space = self._workspace()  # before there are threads
        if not part:
            each(self.path, names, _FETCHES)
            return space / "files"
        root = space / "parts" / part
        each(lambda name: fetch_part(self._objects, name, part, root / name), names, _FETCHES)
        return root

    def path(self, name: str, digest: str = "") -> Path:
        target = self._workspace() / "files" / name
        if digest and near().link(digest, target):
            return target
        for _ in range(_TRIES):
            found = self._objects.head(name)
            if found is None:
                return target
            if self._tags.get(name, found.etag) != found.etag:
                where = self._objects.url(name)
                raise StorageError(f"{where}: has changed since it was listed; run the same command again")
            key = found.digest or digest_bytes(canonical_json([self.url, *found[:3]]))
            with contextlib.suppress(Changed):
                while not near().link(key, target):
                    near().keep(key, partial(self._fetch, found))
                return target
        raise StorageError(f"{self._objects.url(name)}: changes again and again; is another build at work?")

    def _fetch(self, found: Head, path: Path) -> None:
        self._objects.fetch(found, path)
        if found.digest and digest_file(path) != found.digest:
            where = self._objects.url(found.name)
            raise ManifestError(f"{where}: its bytes are not what was written; delete it and build again")

    def scratch(self, name: str) -> Path:
        folder = self._workspace() / "scratch" / name
        folder.mkdir(parents=True)
        return folder

    def release(self, scratch: Path) -> None:
        remove_tree(scratch)

    def memory(self) -> Path:
        return near().root / "inputs" / f"{digest_bytes(self.url.encode())}.json"

    def close(self) -> None:
        if self._space is not None:
            self._space.close()
        self._space = None

    def shared(self, path: str) -> str:
        file = Path(path)
        if path not in self._shared and file.is_file():
            digest = digest_file(file)
            name = f"{_SHARED}/{digest}/{file.name}"
            if self._objects.head(name) is None:
                self._objects.send(file, name, digest)
            self._shared[path] = self._objects.url(name)
        return self._shared.get(path, path)

    # ------------------------------------------------------------------ objects

    def names(self, folder: str) -> Iterator[str]:
        if self._foreseen is not None:
            return iter(list(self._foreseen.listing(folder, anew=True)))
        return (found.name for found in self._objects.below(folder))

    def size(self, name: str, folder: str = "") -> int | None:
        if self._foreseen and folder and not self._foreseen.is_open(name, folder):
            return self._foreseen.listing(folder).get(name)
        found = self._objects.head(name)
        return None if found is None else found.size_bytes

    def digest(self, name: str) -> str | None:
        path = self._workspace() / "digest"
        found = self._objects.head(name)
        if found is None:
            return None
        try:
            self._objects.fetch(found, path)
            return digest_file(path)
        finally:
            path.unlink(missing_ok=True)

    def read(self, name: str, folder: str = "") -> bytes | None:
        if self._foreseen and folder and not self._foreseen.is_open(name, folder):
            return self._foreseen.read(name, folder)
        return self._objects.read(name)

    def write(self, name: str, data: bytes) -> None:
        self._check()
        self._objects.write(name, data)
        self.changed([name])

    def publish(self, files: Iterable[tuple[Path, str, str]]) -> None:
        self._check()
        each(self._send, files, _FETCHES)

    def _send(self, file: tuple[Path, str, str]) -> None:
        path, name, digest = file
        self._objects.send(path, name, digest)
        near().keep(digest, path.rename)  # the task that reads it may run on this machine
        self.changed([name])

    def delete(self, names: Iterable[str]) -> None:
        self._check()
        listed = list(names)
        self._objects.delete(listed)
        self.changed(listed)

    def changed(self, names: Iterable[str]) -> None:
        if self._foreseen is not None:
            self._foreseen.forget(names)

    def sweep(self) -> None:
        self._objects.abort_uploads()
        self.delete(self.names(_SHARED))
        self._shared.clear()

    # ------------------------------------------------------------------ lock

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        self._lease = _Lease(self._objects)
        self._lease.take()
        try:
            with self.foreseen():
                yield
        finally:
            self._lease.release()
            self._lease = None

    @contextlib.contextmanager
    def foreseen(self) -> Iterator[None]:
        self._foreseen = _Foreseen(self._objects)
        try:
            yield
        finally:
            self._foreseen = None

    def owner(self) -> bytes:
        return holder(self._objects.read(LOCK)).encode()

    def _check(self) -> None:
        if self._lease is not None and self._lease.lost:
            raise StorageError(f"{self.url}: another build has taken the run folder over")


class _Foreseen:
    """What the only writer of a place knows of it: listings, and small objects read ahead of their use."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._listings: OrderedDict[str, dict[str, int]] = OrderedDict()
        self._changed: dict[str, set[str]] = {}
        self._ahead: dict[str, dict[str, bytes | None]] = {}

    def listing(self, folder: str, anew: bool = False) -> dict[str, int]:
        """Bytes of each object below the folder, by name, in order; asked for once, and `anew`."""
        if anew or folder not in self._listings:
            self._listings[folder] = {item.name: item.size_bytes for item in self._objects.below(folder)}
            self._changed[folder], self._ahead[folder] = set(), {}
            if len(self._listings) > _LISTINGS:
                oldest, _ = self._listings.popitem(last=False)
                del self._changed[oldest], self._ahead[oldest]
        self._listings.move_to_end(folder)
        return self._listings[folder]

    def is_open(self, name: str, folder: str) -> bool:
        """Whether the service must be asked: the object has changed since it was listed."""
        return name in self._changed.get(folder, ())

    def read(self, name: str, folder: str) -> bytes | None:
        """An object of the folder; those behind it in order are fetched with it, for they come next."""
        listing = self.listing(folder)
        if name not in listing:
            return None
        if name not in self._ahead[folder]:
            wanted = list(itertools.islice(itertools.dropwhile(lambda item: item != name, listing), _AHEAD))
            self._ahead[folder] = dict(zip(wanted, each(self._objects.read, wanted, 16), strict=True))
        return self._ahead[folder].pop(name)

    def forget(self, names: Iterable[str]) -> None:
        """The objects have changed, or are no more."""
        for name in names:
            for folder, changed in self._changed.items():
                if name.startswith(f"{folder}/"):
                    changed.add(name)


class _Lease:
    """The object that says which build holds a place; a thread shows signs of life until `release`."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._owner = uuid.uuid4().hex
        self._etag = ""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._live, daemon=True)
        self.lost = False

    def take(self) -> None:
        """Raises StorageError where another build shows signs of life, or is quicker."""
        self._write(self._condition())
        if self._holder() != self._owner:  # asked in any case: not every service minds conditions
            raise self._busy()
        self._thread.start()

    def _condition(self) -> tuple[str, str]:
        """There is no lease, or it is one whose holder gave no sign of life for long enough."""
        first: Head | None = None
        since = time.monotonic()
        while (found := self._objects.head(LOCK)) is not None:
            if first is None:
                first = found
            if found.etag != first.etag:
                raise self._busy()
            if max(found.age_seconds, time.monotonic() - since) > LEASE:
                return "IfMatch", found.etag
            time.sleep(BEAT / 5)
        return "IfNoneMatch", "*"

    def _busy(self) -> StorageError:
        return StorageError(f"{self._objects.url()}: another build is working here; wait for it or stop it")

    def _write(self, condition: tuple[str, str]) -> None:
        body = canonical_json({"owner": self._owner, "written": time.time()})  # no two have the same tag
        try:
            self._etag = self._objects.write(LOCK, body, condition)
        except Unsupported:
            self._etag = self._objects.write(LOCK, body)
        except Changed:  # by another build, or by us: the answer to a request may get lost
            found = self._objects.head(LOCK)
            self._etag = found.etag if found else ""

    def _holder(self) -> str:
        return holder(self._objects.read(LOCK))

    def _live(self) -> None:
        while not self._ended.wait(BEAT):
            with contextlib.suppress(StorageError):  # the next sign of life may get through
                if self._holder() != self._owner:
                    self.lost = True
                    return
                self._write(("IfMatch", self._etag))

    def release(self) -> None:
        self._ended.set()
        self._thread.join()
        if not self.lost and self._holder() == self._owner:
            self._objects.delete([LOCK])


def holder(data: bytes | None) -> str:
    """Who a lease belongs to; nobody where there is none."""
    return str(orjson.loads(data)["owner"]) if data else ""
