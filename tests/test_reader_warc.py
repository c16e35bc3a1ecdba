"""Web archives: the pages that a server gave, and nothing that is none, however the archive was written."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path
from typing import Any

import brotli
import pytest
import zstandard

from corpus.errors import SourceError
from corpus.readers import Record, Unreadable, answer, list_units, read_unit, warc
from corpus.recipe import SourceRecipe


def record(kind: str, page: str, body: bytes, content: str = "application/http; msgtype=response") -> bytes:
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:uuid:{page}>\r\n"
        f"WARC-Date: 2026-01-02T03:04:05Z\r\nWARC-Target-URI: https://a.example/{page}\r\n"
        f"Content-Type: {content}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body + b"\r\n\r\n"


def served(body: bytes, content: str = "text/html", status: str = "200 OK", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {content}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def response(page: str, body: bytes, content: str = "text/html", **more: str) -> bytes:
    return record("response", page, served(body, content, **more))


def read(path: Path, languages: dict[str, Any] | None = None) -> list[Record | Unreadable]:
    reader = {"type": "warc", "path": "x"}
    source = SourceRecipe(licence="CC0-1.0", reader=reader, languages=languages or {"en": ()})
    units = list_units("demo", source, path)
    return [found for unit in units for found in read_unit("demo", source, path, unit)]


def texts(found: list[Record | Unreadable]) -> list[str]:
    return [one.text for one in found if isinstance(one, Record)]


def bad(found: list[Record | Unreadable]) -> list[Unreadable]:
    return [one for one in found if isinstance(one, Unreadable)]


RECORDS = [
    record("warcinfo", "0", b"software: test\r\n", "application/warc-fields"),
    record("request", "1", b"GET / HTTP/1.1\r\n\r\n", "application/http; msgtype=request"),
    response("1", b"<title>One</title><nav>Menu</nav><p>first</p><p>second</p>"),
    response("2", b"<p>not here", status="404 Not Found"),
    response("3", b"\x89PNG", "image/png"),
    response("4", b"  <script>1</script> "),
    record("revisit", "5", served(b"")),
    record("conversion", "6", "plain tëxt\r\nof WET".encode(), "text/plain"),
    record("resource", "7", b"<p>a resource", "text/html; charset=utf-8"),
    response("8", b"no HTML at all", "text/plain; charset=us-ascii"),
]
EXPECTED = ["first\n\nsecond", "plain tëxt\nof WET", "a resource", "no HTML at all"]


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("a.warc", b"".join),
        ("a.warc.gz", lambda records: b"".join(gzip.compress(one) for one in records)),
        ("a.warc.wet.gz", lambda records: gzip.compress(b"".join(records))),
        ("a.warc.zst", lambda records: b"".join(zstandard.compress(one) for one in records)),
    ],
)
def test_pages_are_read_and_nothing_else(tmp_path: Path, name: str, write: Any) -> None:
    (tmp_path / name).write_bytes(write(RECORDS))
    (tmp_path / "index.cdx").write_text("no archive")
    found = read(tmp_path)
    assert texts(found) == EXPECTED
    first = found[0]
    assert isinstance(first, Record)
    assert first == Record(
        EXPECTED[0],
        "<urn:uuid:1>",
        "https://a.example/1",
        0,
        {"title": "One", "date": "2026-01-02T03:04:05Z"},
    )
    assert [one.row for one in found] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("body", "content", "headers"),
    [
        ("<p>déjà – vu".encode("cp1252"), "text/html; charset=ISO-8859-1", {}),
        ('<meta charset="ascii"><p>déjà – vu'.encode(), "text/html; charset=UTF-8", {}),
        ('<meta charset="utf-8"><p>déjà – vu'.encode(), "text/html; charset=klingon", {}),
        ("<p>déjà – vu".encode(), "text/html; charset=hex", {}),
        ("<p>déjà – vu".encode("utf-16"), "text/html; charset=utf-16", {}),
        ("<p>déjà – vu".encode("utf-8-sig"), "text/html; charset=utf-8", {}),
        ("<p>déjà – vu".encode("utf-8-sig"), "text/html", {}),
        (gzip.compress("<p>déjà – vu".encode()), "text/html", {"Content_Encoding": "gzip"}),
        (zstandard.compress("<p>déjà – vu".encode()), "text/html", {"Content_Encoding": "zstd"}),
        ("<p>déjà – vu".encode(), "text/html", {"Content_Encoding": "gzip"}),  # decoded by the crawler
        ("<p>déjà – vu".encode(), "text/html", {"Content_Encoding": "br"}),
        ("<p>déjà – vu".encode(), "text/html", {"Transfer_Encoding": "chunked"}),
        (
            "7\r\n<p>déj\r\n8\r\nà – v\r\n1\r\nu\r\n0\r\n\r\n".encode(),
            "text/html",
            {"Transfer_Encoding": "chunked"},
        ),
        ("<p>déjà – vu".encode(), "application/xhtml+xml", {}),
    ],
)
def test_a_page_is_decoded_as_its_server_coded_it(
    tmp_path: Path, body: bytes, content: str, headers: dict[str, str]
) -> None:
    (tmp_path / "a.warc").write_bytes(response("1", body, content, **headers))
    assert texts(read(tmp_path)) == ["déjà – vu"]


def test_a_page_that_cannot_be_decoded_is_named_and_the_others_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answer, "MAX_BODY", 100)
    before = response("1", b"<p>one")
    records = [
        before,
        response("2", b"\x1f\x8b\x08\xff and no more", Content_Encoding="gzip"),
        response("3", b"<p>\xff", Content_Encoding="compress"),
        response("4", gzip.compress(b"<p>" + b"x" * 10_000), Content_Encoding="gzip"),
        response("5", b"caf\xe9", "text/plain; charset=utf-8"),
        record("response", "6", b"no answer of a server"),
        response("7", b"\xff\xfe\xfd<p>\xff", Content_Encoding="br"),
        response("7", gzip.compress(b"<p>seven " * 5)[:-12], Content_Encoding="gzip"),
        response("8", b"<p>last"),
    ]
    (tmp_path / "a.warc").write_bytes(b"".join(records))
    found = read(tmp_path)
    assert [text[:5] for text in texts(found)] == ["one", "seven", "last"]
    assert [one.row for one in bad(found)] == [1, 2, 3, 4, 5]
    assert bad(found)[0].offset == len(before)
    assert "larger than 100 bytes" in bad(found)[2].error


def test_a_damaged_archive_gives_what_is_whole_and_names_the_rest(tmp_path: Path) -> None:
    records = [response(str(n), b"<p>page %d" % n) for n in range(3)]
    whole = b"".join(records)
    first = len(records[0])
    path = tmp_path / "a.warc"

    def outcome(data: bytes) -> tuple[list[str], list[int]]:
        path.write_bytes(data)
        found = read(tmp_path)
        return texts(found), [one.offset for one in bad(found)]

    assert outcome(whole[:-10]) == (["page 0", "page 1"], [2 * first])  # inside the last page
    assert outcome(whole[: 2 * first + 30]) == (["page 0", "page 1"], [2 * first])  # inside its header
    junk = records[0] + b"junk that is no record\r\n\r\nmore" * 3 + b"\r\n" + records[1]
    assert outcome(junk) == (["page 0", "page 1"], [first])
    assert outcome(whole.replace(b"Content-Length: ", b"Length: ", 1)) == (["page 1", "page 2"], [0])
    assert outcome(b"no archive at all\r\n" * 20) == ([], [0])
    path.unlink()
    packed = b"".join(map(gzip.compress, records))
    (tmp_path / "a.warc.gz").write_bytes(packed[:-20])
    found = read(tmp_path)
    assert texts(found) == ["page 0", "page 1"]
    assert "(at compressed byte" in bad(found)[-1].error


def test_a_record_that_is_too_large_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warc, "_MAX_RECORD", 1000)
    monkeypatch.setattr(warc, "_HEAD", 200)
    film = response("0", b"x" * 300_000, "video/mp4")
    pages = [film, response("1", b"x" * 300_000), response("2", b"<p>two")]
    (tmp_path / "a.warc.gz").write_bytes(gzip.compress(b"".join(pages)))
    found = read(tmp_path)
    assert texts(found) == ["two"]
    assert ["larger than 1000 bytes" in one.error for one in bad(found)] == [True]


def test_without_brotli_such_a_page_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    coded = response("1", brotli.compress(b"<p>one"), Content_Encoding="br")
    (tmp_path / "a.warc").write_bytes(coded + response("2", b"<p>two"))
    assert texts(read(tmp_path)) == ["one", "two"]
    monkeypatch.setitem(sys.modules, "brotli", None)
    found = read(tmp_path)
    assert texts(found) == ["two"]
    assert "pip install 'corpus-works[web]'" in bad(found)[0].error


def test_an_empty_archive_and_a_folder_without_any(tmp_path: Path) -> None:
    (tmp_path / "a.warc").write_bytes(b"")
    assert read(tmp_path) == []
    (tmp_path / "b").mkdir()
    with pytest.raises(SourceError, match="matches no file"):
        read(tmp_path / "b")
