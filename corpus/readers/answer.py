"""What a web server answered (RFC 9112), as crawlers store it: status, media type, and the body decoded."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from corpus.compressed import decompressor, errors
from corpus.readers.text import codec

__all__ = ["MAX_BODY", "Answer", "fields", "media_type", "parse"]

#: A larger body is refused.
MAX_BODY = 16 * 2**20
#: Bytes decoded at a time: what one step can give stays small, whatever a body expands to.
_STEP = 2048
#: Codings that are formats of compressed files, too.
_SUFFIXES = {"gzip": ".gz", "x-gzip": ".gz", "zstd": ".zst"}


class Answer(NamedTuple):
    """status 0 where there is none · media: "text/html" · codec: Python's name of the charset, "" for none"""

    status: int
    media: str
    codec: str
    body: Callable[[], bytes]


def parse(data: bytes) -> Answer:
    """`body()` of what it gives raises ValueError where that is too large, or not coded as it says."""
    head, _, rest = data.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    parts = lines[0].split(None, 2)
    is_answer = len(parts) > 1 and parts[0].startswith(b"HTTP/") and parts[1].isdigit()
    named = fields(lines[1:])
    media, codec = media_type(named.get("content-type", ""))
    return Answer(int(parts[1]) if is_answer else 0, media, codec, lambda: _body(rest, named))


def fields(lines: Iterable[bytes]) -> dict[str, str]:
    """Named fields by their names in lower case; a line that begins with white space goes on the last one."""
    found: dict[str, str] = {}
    last = ""
    for line in lines:
        text = line.decode("utf-8", "replace")
        if text[:1] in (" ", "\t") and last:
            found[last] += " " + text.strip()
            continue
        name, colon, value = text.partition(":")
        if colon:
            last = name.strip().lower()
            found[last] = value.strip()
    return found


def media_type(content_type: str) -> tuple[str, str]:
    """(media type, Python's name of the charset): the latter empty for none, and for what is none."""
    media, _, rest = content_type.lower().partition(";")
    return media.strip(), codec(rest.partition("charset=")[2].partition(";")[0].strip("\"' "))


def _body(data: bytes, named: Mapping[str, str]) -> bytes:
    if named.get("transfer-encoding", "").lower() == "chunked":
        data = b"".join(_chunks(data))
    coding = named.get("content-encoding", "").lower()
    if coding in ("", "identity"):
        return _bounded([data])
    try:
        decoded = _decoder(coding)
        return _bounded(decoded(data[at : at + _STEP]) for at in range(0, len(data), _STEP))
    except _Miscoded as error:
        try:
            data.decode()
        except UnicodeDecodeError:
            raise ValueError(f"the body is not {coding}, as its server said: {error}") from error
        return _bounded([data])  # crawlers often keep the header and store the body decoded


def _chunks(data: bytes) -> Iterator[bytes]:
    """RFC 9112, section 7.1. What is not chunked, though it says so, comes out as it is."""
    at = 0
    while at < len(data):
        end = data.find(b"\n", at, at + 1024)
        size = data[at:end].partition(b";")[0].strip() if end >= 0 else b""
        try:
            length = int(size, 16)
        except ValueError:
            yield data[at:]
            return
        if length <= 0:
            return
        yield data[end + 1 : end + 1 + length]
        at = end + 1 + length
        at += 2 if data[at : at + 2] == b"\r\n" else 1


class _Miscoded(Exception):
    pass


def _decoder(coding: str) -> Callable[[bytes], bytes]:
    """What undoes a coding (RFC 9110, section 8.4.1; RFC 7932, 8878), a piece at a time; raises _Miscoded."""
    wrong = errors()
    step: Callable[[bytes], bytes]
    if coding in _SUFFIXES:
        step = decompressor(_SUFFIXES[coding]).decompress
    elif coding == "deflate":
        step = zlib.decompressobj().decompress
    elif coding == "br":
        try:
            import brotli
        except ImportError as error:
            raise ValueError("pages coded with Brotli need it: pip install 'corpus-works[web]'") from error
        wrong, step = (brotli.error,), brotli.Decompressor().process
    else:
        raise ValueError(f"its server coded the body as '{coding}', which is not known")

    def decoded(data: bytes) -> bytes:
        try:
            return step(data)
        except wrong as error:
            raise _Miscoded(str(error)) from error

    return decoded


def _bounded(pieces: Iterable[bytes]) -> bytes:
    data = bytearray()
    for piece in pieces:
        data += piece
        if len(data) > MAX_BODY:
            raise ValueError(f"the body is larger than {MAX_BODY} bytes")
    return bytes(data)
