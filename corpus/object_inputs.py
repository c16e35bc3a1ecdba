"""Inputs on an object store: the units of a source from the listing of its objects, without reading them.

The readers list local files. They are given an outline: files of the same names and sizes, with holes where
the bytes are not needed to tell what there is to read.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import NamedTuple

from corpus.errors import SourceError, StorageError
from corpus.objects import Head, Objects, each
from corpus.parquet_parts import fetch_footer
from corpus.readers import Unit, list_units
from corpus.readers.code import SHARED_EXTENSIONS
from corpus.source import Source
from corpus.storage import canonical_json, digest_bytes

__all__ = ["ListedUnit", "list_objects"]

#: Bytes fetched of the beginning of a program whose language its name does not tell.
_HEAD = 65_536
_REQUESTS = 16


class ListedUnit(NamedTuple):
    """A unit, the digest that stands for its content, and the service's tag of the object."""

    unit: Unit
    digest: str
    tag: str


def list_objects(source: Source) -> tuple[str, list[ListedUnit]]:
    """The address of the folder that the reader opens, and the units in it.

    The tag of an object, with its size, stands for its content: to see what changed nothing is read.
    """
    objects, found = _listed(source)
    with TemporaryDirectory(prefix="corpus-outline-") as folder:
        root = Path(folder)
        each(lambda head: _outline(objects, head, root), found, _REQUESTS)
        units = list_units(source.name, source.recipe, root)
    by_name = {head.name: head for head in found}
    return objects.url(), [
        ListedUnit(unit, digest_bytes(canonical_json([head.etag, head.size_bytes])), head.etag)
        for unit, head in ((unit, by_name[unit.name]) for unit in units)
    ]


def _listed(source: Source) -> tuple[Objects, list[Head]]:
    objects = Objects(source.url)
    found = [head for head in objects.below() if not head.name.endswith("/")]
    if not found:
        parent, _, name = objects.url().rpartition("/")
        objects = Objects(parent)
        single = objects.head(name)
        if single is None:
            raise SourceError(
                source.name, "there is no such object, and none below it; check `path`", source.url
            )
        found = [single]
    for head in found:
        if not head.name or {"", ".", ".."} & set(head.name.split("/")):
            raise SourceError(source.name, "the name of this object can be no file name", head.name)
    return objects, found


def _outline(objects: Objects, head: Head, root: Path) -> None:
    path = root / head.name
    suffix = PurePosixPath(head.name).suffix.lower()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if suffix in (".parquet", ".pq") and head.size_bytes:
            fetch_footer(objects, head.name, path)
            return
        with path.open("wb") as file:
            if suffix in SHARED_EXTENSIONS:
                file.write(objects.read(head.name, 0, min(_HEAD, head.size_bytes)) or b"")
            file.truncate(head.size_bytes)
    except OSError as error:
        raise StorageError(f"{objects.url(head.name)}: cannot be listed: {error.strerror}") from error
