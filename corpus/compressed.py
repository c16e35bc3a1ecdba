"""Bytes of a plain, gzip, Zstandard, xz or bzip2 file as bounded chunks, with damage reported, not raised.

Formats: RFC 1952 (gzip, also several members in a row), RFC 8878 (Zstandard, several frames).
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Protocol

__all__ = [
    "SUFFIXES",
    "Damage",
    "Decompressor",
    "chunks",
    "decompress",
    "decompressor",
    "errors",
    "estimated_size",
    "plain_name",
]

SUFFIXES = (".gz", ".zst", ".xz", ".bz2")

#: Compressed bytes taken at a time. A Zstandard block of 4 bytes can stand for 128 KiB, so 2 KiB bounds
#: what one step can give to 64 MiB for a hostile file; ordinary text gives 5 to 10 KiB.
_STEP = 2048
#: Text compressed by gzip or Zstandard is about a quarter of its size (measured on the real input: 3.1 to
#: 4.6).
_RATIO = 4


class Damage(Exception):
    """Compressed data ends early or is not what it claims; what came before it has been given."""

    def __init__(self, offset: int, error: str) -> None:
        super().__init__(f"{error} (at compressed byte {offset})")
        self.offset = offset


class Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


def _zstandard() -> Decompressor:
    import zstandard

    # 128 MiB is also the limit of the zstd command unless it is told otherwise.
    made: Decompressor = zstandard.ZstdDecompressor(max_window_size=2**27).decompressobj()
    return made


def errors() -> tuple[type[Exception], ...]:
    """What decompressors raise where the data is not what it claims."""
    import zstandard

    return (zlib.error, lzma.LZMAError, zstandard.ZstdError, OSError, EOFError, ValueError)


_FORMATS: dict[str, Callable[[], Decompressor]] = {
    ".gz": lambda: zlib.decompressobj(wbits=31),
    ".zst": _zstandard,
    ".xz": lambda: lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=2**28),
    ".bz2": bz2.BZ2Decompressor,
}


def decompressor(suffix: str) -> Decompressor:
    """One stream of the format of this suffix of SUFFIXES, piece by piece; raises one of `errors`."""
    return _FORMATS[suffix]()


def plain_name(name: str) -> str:
    """The name without the suffix of a compression."""
    suffix = Path(name).suffix.lower()
    return name[: -len(suffix)] if suffix in SUFFIXES else name


def estimated_size(path: Path) -> int:
    """Bytes after decompression: exact for plain files, an estimate from the usual ratio otherwise."""
    size = path.stat().st_size
    return size if plain_name(path.name) == path.name else size * _RATIO


def chunks(path: Path) -> Iterator[bytes]:
    """Decompressed bytes of a file, chosen by its suffix, in memory bounded whatever the file claims.

    Raises Damage after the last good bytes where the file is truncated or damaged, or where bytes follow the
    compressed data that are not compressed themselves (zero padding is allowed).
    """
    with path.open("rb") as file:
        yield from decompress(file, Path(path.name).suffix.lower())


def decompress(file: IO[bytes], suffix: str) -> Iterator[bytes]:
    """As `chunks`, over an open file; a suffix that names no compression gives the bytes as they are."""
    if suffix not in _FORMATS:
        while data := file.read(1 << 20):
            yield data
        return
    wrong = errors()
    decoder: Decompressor | None = None
    offset, streams, given = 0, 0, False
    while data := file.read(_STEP):
        while data:
            if decoder is None:
                if streams and not data.strip(b"\0"):
                    break
                decoder, given = decompressor(suffix), False
            try:
                plain = decoder.decompress(data)
            except wrong as error:
                foreign = streams and not given
                what = "bytes follow that are not compressed" if foreign else "compressed data is damaged"
                raise Damage(offset, f"{what}: {error}") from error
            given = True
            if plain:
                yield plain
            if not decoder.eof:
                break
            data, decoder, streams = decoder.unused_data, None, streams + 1
        offset += _STEP
    if decoder is not None:
        raise Damage(offset, "compressed data ends early: the file is truncated")
