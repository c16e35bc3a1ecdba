"""Packages of a registry: the wanted members of the archive, each read by a parser."""

from __future__ import annotations

import functools
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import xxhash

from corpus.archive import Limits, store
from corpus.compressed import Damage, decompress, plain_name
from corpus.errors import SourceError
from corpus.languages import LANGUAGES
from corpus.readers.code import pick
from corpus.readers.match import assign, matcher
from corpus.readers.parsers import PARSERS
from corpus.readers.record import Record, Unit, Unreadable
from corpus.recipe import PackageReader, SourceRecipe

__all__ = ["member", "read", "units"]

_CODE = tuple(f".{ext}" for row in LANGUAGES.values() for ext in row.extensions)


def _wanted(recipe: SourceRecipe, reader: PackageReader) -> Callable[[str], bool]:
    excluded = matcher(recipe.exclude)
    patterns = [pattern for group in recipe.languages.values() for pattern in group or ("*",)]
    included = matcher(patterns)

    def wanted(name: str) -> bool:
        if reader.parser == "code" and not name.lower().endswith(_CODE):
            return False
        return bool(included.match(name)) and not excluded.match(name)

    return wanted


def _store(source: str, recipe: SourceRecipe, root: Path) -> Path:
    reader = recipe.reader
    assert isinstance(reader, PackageReader)
    if not root.is_file():
        raise SourceError(source, "the package is not in the cache; fetch it first", root.name)
    what = repr((sorted(recipe.languages.items()), recipe.exclude, reader.parser, Limits()))
    key = xxhash.xxh3_64_hexdigest(what.encode())
    return store(source, root, _wanted(recipe, reader), root.with_name(f"{root.name}.{key}.zip"))


@functools.lru_cache(maxsize=4)
def _open(path: Path) -> zipfile.ZipFile:
    # the index of a store of 30,000 members takes 0.2 s to read, and its units are read one after another
    return zipfile.ZipFile(path)


def units(source: str, recipe: SourceRecipe, root: Path) -> list[Unit]:
    """One unit for each member a language claims. `root` is the package file; a store is made beside it."""
    reader = recipe.reader
    assert isinstance(reader, PackageReader)
    archive = _open(_store(source, recipe, root))
    sizes = {info.filename: info.file_size for info in archive.infolist()}
    if reader.parser == "code":

        def head(name: str) -> bytes:
            with archive.open(name) as file:
                return file.read(65_536)

        names = sorted(name for name, size in sizes.items() if 0 < size <= reader.max_bytes)
        found = pick(source, recipe, names, head)
    else:
        found = assign(source, recipe, sorted(sizes))
    return [Unit(name, language, sizes[name]) for name, language in found]


def member(source: str, recipe: SourceRecipe, root: Path, unit: Unit) -> bytes | Unreadable:
    """The bytes of one member; one that is itself compressed (.gz, .xz) is decompressed first."""
    archive = _open(_store(source, recipe, root))
    try:
        with archive.open(unit.name) as file:
            data = bytearray()
            for piece in decompress(file, Path(unit.name).suffix.lower()):
                data += piece
                if len(data) > Limits().member_bytes:
                    return Unreadable(0, 0, f"expands to more than {Limits().member_bytes} bytes; refused")
    except (Damage, zipfile.BadZipFile) as error:
        return Unreadable(0, 0, str(error))
    return bytes(data)


def read(source: str, recipe: SourceRecipe, root: Path, unit: Unit) -> Iterator[Record | Unreadable]:
    """Documents of one member."""
    reader = recipe.reader
    assert isinstance(reader, PackageReader)
    data = member(source, recipe, root, unit)
    if isinstance(data, Unreadable):
        yield data
    else:
        yield from PARSERS[reader.parser](plain_name(unit.name), data, reader)
