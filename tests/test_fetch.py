"""Fetching with the user's clients: small scripts here, which behave or misbehave as the real ones do."""

from __future__ import annotations

import hashlib
import importlib.util
import multiprocessing
import sys
from pathlib import Path

import pytest

from corpus.errors import SourceError
from corpus.fetch import UnavailableError, cached_path, fetch

DATA = b"the bytes of a package"
SHA256 = hashlib.sha256(DATA).hexdigest()
HOST = "registry.example.org"

CLIENT = f"""#!{sys.executable}
import os, pathlib, sys
log = pathlib.Path(os.environ["CLIENT_LOG"])
with log.open("a") as file:
    file.write(" ".join(sys.argv[1:]) + "\\n")
answer = os.environ["CLIENT_ANSWER"]
if "update" in sys.argv:
    sys.exit(0)
if answer.startswith("fail:"):
    print(answer[5:], file=sys.stderr)
    sys.exit(1)
if "--dest" in sys.argv:
    folder = sys.argv[sys.argv.index("--dest") + 1]
elif "--pack-destination" in sys.argv:
    folder = sys.argv[sys.argv.index("--pack-destination") + 1]
else:
    folder = "."
pathlib.Path(folder).mkdir(exist_ok=True)
(pathlib.Path(folder) / "some-file-1.0.bin").write_bytes(answer.encode())
"""


@pytest.fixture
def clients(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Clients pip, npm and apt-get that log what they are asked; the folder holds nothing else."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("pip", "npm", "apt-get"):
        (folder / name).write_text(CLIENT)
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("CLIENT_LOG", str(tmp_path / "log"))
    monkeypatch.setenv("CLIENT_ANSWER", DATA.decode())
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "pip" else real(name))
    return folder


def get(tmp_path: Path, registry: str, sha256: str = SHA256) -> Path:
    return fetch(
        registry, "@scope/name" if registry == "npm" else "name", "1:2.0", sha256, tmp_path / "cache", "demo"
    )


def asked(tmp_path: Path) -> list[str]:
    log = tmp_path / "log"
    return log.read_text().splitlines() if log.exists() else []


@pytest.mark.parametrize(
    ("registry", "words"),
    [
        ("pypi", "download --quiet --no-deps --require-hashes"),
        ("npm", "pack @scope/name@1:2.0 --pack-destination got --ignore-scripts"),
        ("debian", "download name=1:2.0"),
    ],
)
@pytest.mark.usefixtures("clients")
def test_a_package_is_fetched_once_by_its_client_verified_and_kept(
    tmp_path: Path, registry: str, words: str
) -> None:
    path = get(tmp_path, registry)
    assert path.read_bytes() == DATA
    assert len(asked(tmp_path)) == 1
    assert words in asked(tmp_path)[0]
    assert get(tmp_path, registry) == path
    assert len(asked(tmp_path)) == 1
    kept = [found.name for found in path.parent.iterdir()]
    assert sorted(kept) == [path.name, f"{path.name}.lock"]


@pytest.mark.usefixtures("clients")
def test_a_damaged_file_in_the_cache_is_fetched_anew(tmp_path: Path) -> None:
    path = get(tmp_path, "npm")
    path.write_bytes(b"damaged")
    assert get(tmp_path, "npm").read_bytes() == DATA
    assert len(asked(tmp_path)) == 2


@pytest.mark.parametrize("registry", ["npm", "debian", "pypi"])
@pytest.mark.usefixtures("clients")
def test_other_bytes_than_the_catalogue_says_are_refused_and_not_kept(tmp_path: Path, registry: str) -> None:
    with pytest.raises(SourceError, match="do not use it") as caught:
        get(tmp_path, registry, "0" * 64)
    assert not isinstance(caught.value, UnavailableError)
    assert not cached_path(registry, "name", "1:2.0", "0" * 64, tmp_path / "cache").exists()


@pytest.mark.parametrize(("registry", "client"), [("npm", "npm"), ("pypi", "pip"), ("debian", "apt-get")])
def test_a_missing_client_is_named(tmp_path: Path, clients: Path, registry: str, client: str) -> None:
    (clients / client).unlink()
    with pytest.raises(UnavailableError, match=rf"source 'demo': needs the client '{client}'"):
        get(tmp_path, registry)


@pytest.mark.parametrize(
    ("registry", "answer"),
    [
        ("npm", "npm error code ETARGET"),
        ("pypi", "ERROR: No matching distribution found for name==1:2.0"),
        ("debian", "E: Version '1:2.0' for 'name' was not found"),
    ],
)
@pytest.mark.usefixtures("clients")
def test_a_version_that_is_gone_says_what_to_do(
    tmp_path: Path, registry: str, answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLIENT_ANSWER", f"fail:{answer}")
    with pytest.raises(UnavailableError, match=r"not offered any more.*--skip-unavailable"):
        get(tmp_path, registry)


@pytest.mark.usefixtures("clients")
def test_a_missing_network_is_told_without_the_name_of_any_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = f"fail:npm error network request to https://{HOST}/name failed, getaddrinfo EAI_AGAIN {HOST}"
    monkeypatch.setenv("CLIENT_ANSWER", answer)
    with pytest.raises(UnavailableError, match="check the network") as caught:
        get(tmp_path, "npm")
    assert "EAI_AGAIN" in str(caught.value)
    assert HOST not in str(caught.value)


@pytest.mark.usefixtures("clients")
def test_apt_gets_lists_of_its_own_where_the_system_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLIENT_ANSWER", "fail:E: Unable to locate package name")
    with pytest.raises(UnavailableError):
        get(tmp_path, "debian")
    own = f"Dir::State::Lists={(tmp_path / 'cache' / 'apt').resolve()}/own/lists"
    assert [own in line for line in asked(tmp_path)] == [False, True, True, True]
    assert asked(tmp_path)[2].endswith("update")
    with pytest.raises(UnavailableError):
        get(tmp_path, "debian")
    assert [line.endswith("update") for line in asked(tmp_path)[4:]] == [False, False]


def _get(tmp_path: Path) -> None:
    get(tmp_path, "npm")


@pytest.mark.usefixtures("clients")
def test_two_processes_fetch_a_package_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    jobs = [context.Process(target=_get, args=(tmp_path,)) for _ in range(2)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join(60)
    assert [job.exitcode for job in jobs] == [0, 0]
    assert len(asked(tmp_path)) == 1
