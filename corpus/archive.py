"""Packages read as hostile, member by member: .deb, .tgz and other tars, .whl and .zip.

Names are data, never paths: wanted members are copied into one zip file (the store) that opens at random.
Refused, with the member named: names that leave the archive, links that are asked for, devices, encrypted
or repeated members, too many or too large ones, and data that expands beyond what text does (decompression
bombs).
"""

from __future__ import annotations

import contextlib
import io
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

from corpus.compressed import Damage, decompress
from corpus.errors import SourceError
from corpus.lock import locked

__all__ = ["Limits", "Member", "members", "store"]

_PIECE = 1 << 20
_TAR_MAGIC = ((b"\x1f\x8b", ".gz"), (b"\xfd7zXZ", ".xz"), (b"\x28\xb5\x2f\xfd", ".zst"), (b"BZh", ".bz2"))


@dataclass(frozen=True)
class Limits:
    """What a package may hold, in members and decompressed bytes.

    `ratio` bounds decompressed to compressed size once `grace` bytes are passed. Real packages stay far
    below: message catalogues in xz reach 12, repetitive HTML 25.
    """

    members: int = 200_000
    member_bytes: int = 256 * 2**20
    total_bytes: int = 4 * 2**30
    ratio: int = 200
    grace: int = 16 * 2**20


@dataclass(frozen=True)
class Member:
    """A file of a package; `pieces` gives its bytes and is used up before the next member is asked for."""

    name: str
    size: int
    pieces: Iterator[bytes]


class _Stream(io.RawIOBase):
    """The decompressed bytes of a tar, as a file; more than allowed raises SourceError."""

    def __init__(self, source: str, package: str, pieces: Iterator[bytes], allowed: int) -> None:
        self._source, self._package, self._pieces = source, package, pieces
        self._allowed, self._given = allowed, 0
        self._held = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._held:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._held = memoryview(piece)
            self._given += len(piece)
            if self._given > self._allowed:
                raise SourceError(
                    self._source,
                    f"expands to more than {self._allowed} bytes, which no honest package does; refused",
                    self._package,
                )
        count = min(len(buffer), len(self._held))
        buffer[:count] = self._held[:count]
        self._held = self._held[count:]
        return count


def _clean_name(source: str, package: str, name: str) -> str:
    parts = name.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or ".." in parts or (parts and parts[0][1:2] == ":") or "\0" in name:
        raise SourceError(source, f"member '{name}' points outside the archive; refused", package)
    return "/".join(part for part in parts if part not in ("", "."))


class _Slice(io.RawIOBase):
    """Bytes from here to `size` further on in an open file."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file, self._left = file, size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._file.read(min(len(buffer), self._left))
        self._left -= len(data)
        buffer[: len(data)] = data
        return len(data)


def _debian_data(source: str, package: str, file: BinaryIO) -> tuple[BinaryIO, str, int]:
    """(stream, suffix, size) of the data member of a .deb, which is an ar archive (deb(5))."""
    file.seek(8)
    while header := file.read(60):
        name = header[:16].decode("latin-1").strip().rstrip("/")
        if len(header) < 60 or header[58:] != b"`\n" or not header[48:58].strip().isdigit():
            break
        size = int(header[48:58])
        if name.startswith("data.tar"):
            return io.BufferedReader(_Slice(file, size)), Path(name).suffix.replace(".tar", ""), size
        file.seek(size + size % 2, io.SEEK_CUR)
    raise SourceError(source, "not a Debian package: it holds no data.tar", package)


#: What the standard library and the decompressors raise for archives that are damaged or lie.
_ERRORS = (tarfile.TarError, zipfile.BadZipFile, Damage, EOFError, NotImplementedError, OSError, zlib.error)


def _damaged(source: str, path: Path, error: Exception) -> SourceError:
    what = f"the archive cannot be read: {type(error).__name__}: {error}"
    return SourceError(source, f"{what}; remove it from the cache to fetch it anew", path.name)


def _pieces(source: str, path: Path, file: IO[bytes]) -> Iterator[bytes]:
    try:
        while piece := file.read(_PIECE):
            yield piece
    except _ERRORS as error:
        raise _damaged(source, path, error) from error


def _tar_members(
    source: str,
    path: Path,
    file: BinaryIO,
    suffix: str,
    size: int,
    limits: Limits,
    wanted: Callable[[str], bool],
) -> Iterator[Member]:
    allowed = min(limits.total_bytes, max(limits.grace, size * limits.ratio))
    stream = io.BufferedReader(_Stream(source, path.name, decompress(file, suffix), allowed), _PIECE)
    with tarfile.open(fileobj=stream, mode="r|", errorlevel=2) as tar:
        for count, info in enumerate(tar):
            if count >= limits.members:
                raise SourceError(source, f"holds more than {limits.members} members; refused", path.name)
            name = _clean_name(source, path.name, info.name)
            if info.isdir() or not name:
                continue
            if info.ischr() or info.isblk() or info.isfifo():
                raise SourceError(source, f"member '{name}' is a device; refused", path.name)
            if not wanted(name):
                continue
            if info.issym() or info.islnk():
                raise SourceError(
                    source,
                    f"member '{name}' is a link, which is not followed; name it under `exclude`",
                    path.name,
                )
            if not info.isreg() or info.issparse():
                raise SourceError(source, f"member '{name}' is not an ordinary file; refused", path.name)
            if info.size > limits.member_bytes:
                raise SourceError(
                    source,
                    f"member '{name}' has {info.size} bytes, above {limits.member_bytes}; refused",
                    path.name,
                )
            content = tar.extractfile(info)
            assert content is not None
            yield Member(name, info.size, _pieces(source, path, content))


def _zip_members(source: str, path: Path, limits: Limits, wanted: Callable[[str], bool]) -> Iterator[Member]:
    with zipfile.ZipFile(path) as archive:
        infos = archive.infolist()
        if len(infos) > limits.members:
            raise SourceError(source, f"holds more than {limits.members} members; refused", path.name)
        total = 0
        for info in infos:
            name = _clean_name(source, path.name, info.filename)
            if info.is_dir() or not name or not wanted(name):
                continue
            mode = info.external_attr >> 16
            if stat.S_ISLNK(mode):
                raise SourceError(
                    source,
                    f"member '{name}' is a link, which is not followed; name it under `exclude`",
                    path.name,
                )
            if mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG):
                raise SourceError(source, f"member '{name}' is not an ordinary file; refused", path.name)
            if info.flag_bits & 1:
                raise SourceError(source, f"member '{name}' is encrypted; refused", path.name)
            total += info.file_size
            bomb = info.file_size > max(limits.grace, info.compress_size * limits.ratio)
            if bomb or info.file_size > limits.member_bytes or total > limits.total_bytes:
                raise SourceError(
                    source,
                    f"member '{name}' expands from {info.compress_size} to {info.file_size} bytes; refused",
                    path.name,
                )
            # zipfile stops at file_size, so a header that lies gives an error, never more bytes
            with archive.open(info) as content:
                yield Member(name, info.file_size, _pieces(source, path, content))


def members(
    source: str, path: Path, wanted: Callable[[str], bool] = lambda name: True, limits: Limits | None = None
) -> Iterator[Member]:
    """Ordinary files of a package whose name is wanted, in archive order; its first bytes tell the kind.

    Raises SourceError for anything hostile, damaged or not an archive.
    """
    limits = limits or Limits()
    try:
        with path.open("rb") as file:
            magic = file.read(8)
            file.seek(0)
            if magic.startswith(b"PK"):
                yield from _zip_members(source, path, limits, wanted)
            elif magic == b"!<arch>\n":
                data, suffix, size = _debian_data(source, path.name, file)
                yield from _tar_members(source, path, data, suffix, size, limits, wanted)
            else:
                suffix = next((suffix for start, suffix in _TAR_MAGIC if magic.startswith(start)), "")
                size = path.stat().st_size
                yield from _tar_members(source, path, file, suffix, size, limits, wanted)
    except _ERRORS as error:
        raise _damaged(source, path, error) from error


def store(
    source: str, path: Path, wanted: Callable[[str], bool], target: Path, limits: Limits | None = None
) -> Path:
    """`target`, a zip of the wanted members for reading at random; made once, safe against other processes.

    Raises SourceError as `members` does, and for a member that occurs twice.
    """
    if target.exists():
        return target
    with locked(target):
        if target.exists():
            return target
        part = target.with_name(target.name + ".part")
        seen: set[str] = set()
        try:
            with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                for member in members(source, path, wanted, limits):
                    if member.name in seen:
                        raise SourceError(source, f"member '{member.name}' occurs twice; refused", path.name)
                    seen.add(member.name)
                    with archive.open(zipfile.ZipInfo(member.name), "w", force_zip64=True) as out:
                        for piece in member.pieces:
                            out.write(piece)
            part.replace(target)
        finally:
            with contextlib.suppress(FileNotFoundError):
                part.unlink()
    return target
