"""Archives are hostile until proven otherwise; every attack is made here and must be refused by name."""

from __future__ import annotations

import gzip
import io
import lzma
import multiprocessing
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from corpus.archive import Limits, members, store
from corpus.errors import SourceError

SMALL = Limits(members=20, member_bytes=1_000_000, total_bytes=3_000_000, ratio=50, grace=100_000)


def tar_bytes(*entries: tuple[tarfile.TarInfo, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for info, data in entries:
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def entry(
    name: str, data: bytes = b"text", kind: bytes = tarfile.REGTYPE, link: str = ""
) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info, data if kind == tarfile.REGTYPE else b""


def debian(data: bytes, name: str = "data.tar.xz") -> bytes:
    parts = b"!<arch>\n"
    for member, content in (("debian-binary", b"2.0\n"), ("control.tar.xz", b"odd"), (name, data)):
        parts += f"{member:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(content):<10}`\n".encode()
        parts += content + b"\n" * (len(content) % 2)
    return parts


def read_all(
    path: Path, limits: Limits = SMALL, wanted: Callable[[str], bool] = lambda name: True
) -> dict[str, bytes]:
    return {member.name: b"".join(member.pieces) for member in members("demo", path, wanted, limits)}


CONTENT = {"usr/doc/a.txt": b"first " * 100, "usr/doc/b.html": b"<p>second</p>", "empty": b""}


@pytest.mark.parametrize("kind", ["tar", "tgz", "tar.xz", "deb.xz", "deb.zst", "deb.gz", "deb", "zip"])
def test_every_kind_of_package_gives_its_files(tmp_path: Path, kind: str) -> None:
    tar = tar_bytes(entry("./usr", kind=tarfile.DIRTYPE), *(entry(f"./{k}", v) for k, v in CONTENT.items()))
    path = tmp_path / "package"
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in CONTENT.items():
                archive.writestr(name, data)
    else:
        packed = {
            "tar": tar,
            "tgz": gzip.compress(tar),
            "tar.xz": lzma.compress(tar),
            "deb": debian(tar, "data.tar"),
            "deb.xz": debian(lzma.compress(tar)),
            "deb.gz": debian(gzip.compress(tar), "data.tar.gz"),
            "deb.zst": debian(zstandard.compress(tar), "data.tar.zst"),
        }
        path.write_bytes(packed[kind])
    assert read_all(path) == CONTENT


@pytest.mark.parametrize("name", ["../evil", "a/../../evil", "/etc/passwd", "..\\evil", "C:\\evil", "\\evil"])
@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_a_name_that_leaves_the_archive_is_refused_even_when_nobody_wants_it(
    tmp_path: Path, name: str, kind: str
) -> None:
    path = tmp_path / "package"
    if kind == "tar":
        path.write_bytes(tar_bytes(entry("good.txt"), entry(name)))
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(name, "evil")
    with pytest.raises(SourceError, match="points outside the archive"):
        read_all(path, wanted=lambda member: member == "good.txt")
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
def test_a_link_that_is_asked_for_is_refused_and_others_are_passed_over(tmp_path: Path, kind: bytes) -> None:
    path = tmp_path / "package"
    path.write_bytes(tar_bytes(entry("good.txt"), entry("link.txt", kind=kind, link="/etc/passwd")))
    with pytest.raises(SourceError, match=r"'link\.txt' is a link"):
        read_all(path)
    assert read_all(path, wanted=lambda name: name != "link.txt") == {"good.txt": b"text"}


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("link.txt")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "package", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(SourceError, match="is a link"):
        read_all(tmp_path / "package")


@pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_a_device_is_refused(tmp_path: Path, kind: bytes) -> None:
    path = tmp_path / "package"
    path.write_bytes(tar_bytes(entry("good.txt"), entry("device", kind=kind)))
    with pytest.raises(SourceError, match="'device' is a device"):
        read_all(path, wanted=lambda name: name == "good.txt")


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress, zstandard.compress])
def test_a_bomb_is_refused_before_it_fills_memory(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "package"
    path.write_bytes(pack(tar_bytes(entry("bomb.txt", b"\0" * 900_000), entry("more.txt", b"\0" * 900_000))))
    with pytest.raises(SourceError, match="expands to more than"):
        read_all(path, wanted=lambda name: False)


def test_a_bomb_in_a_zip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "package"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.txt", b"\0" * 900_000)
    with pytest.raises(SourceError, match="expands from"):
        read_all(path)


def test_a_zip_whose_header_lies_about_the_size_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "package"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.txt", b"\0" * 900_000)
    true, false = (900_000).to_bytes(4, "little"), (1_000).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(true, false))
    with pytest.raises(SourceError):
        read_all(path)


def test_too_many_and_too_large_members_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "package"
    path.write_bytes(tar_bytes(*(entry(f"{n}.txt") for n in range(21))))
    with pytest.raises(SourceError, match="more than 20 members"):
        read_all(path)
    path.write_bytes(tar_bytes(entry("large.txt", b"a" * 1_000_001)))
    with pytest.raises(SourceError, match="above 1000000"):
        read_all(path)


def test_a_member_that_occurs_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "package"
    path.write_bytes(tar_bytes(entry("a.txt", b"shown"), entry("./a.txt", b"meant")))
    with pytest.raises(SourceError, match="occurs twice"):
        store("demo", path, lambda name: True, tmp_path / "store.zip", SMALL)
    assert not (tmp_path / "store.zip").exists()


@pytest.mark.parametrize("cut", [0, 10, 100, 400])
@pytest.mark.parametrize("kind", ["tgz", "deb", "zip"])
def test_a_truncated_package_is_an_error_that_names_it(tmp_path: Path, kind: str, cut: int) -> None:
    path = tmp_path / "package"
    data = bytes(range(256)) * 40
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.txt", data)
        whole = path.read_bytes()
    else:
        tar = tar_bytes(entry("a.txt", data))
        whole = gzip.compress(tar) if kind == "tgz" else debian(lzma.compress(tar))
    path.write_bytes(whole[:cut])
    with pytest.raises(SourceError, match="source 'demo', package"):
        read_all(path)


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "package"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "text")
    data = bytearray(path.read_bytes())
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.find(mark) + at] |= 1
    path.write_bytes(bytes(data))
    with pytest.raises(SourceError, match="encrypted"):
        read_all(path)


def _store(path: Path, target: Path) -> None:
    store("demo", path, lambda name: True, target, SMALL)


def test_a_store_is_made_once_by_many_processes_and_is_the_same_every_time(tmp_path: Path) -> None:
    path = tmp_path / "package"
    path.write_bytes(tar_bytes(*(entry(k, v) for k, v in CONTENT.items())))
    context = multiprocessing.get_context("spawn")
    jobs = [context.Process(target=_store, args=(path, tmp_path / "a.zip")) for _ in range(2)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join(60)
    assert [job.exitcode for job in jobs] == [0, 0]
    _store(path, tmp_path / "b.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    assert not list(tmp_path.glob("*.part"))
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == CONTENT
