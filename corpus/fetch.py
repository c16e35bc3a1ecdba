"""Packages from the user's registries, by the user's own clients (pip, npm, apt-get), verified and cached.

The clients resolve names and honour the user's mirrors and proxies. Nothing is installed, and no script of a
wheel, npm or Debian package is run; pip runs the build script of an sdist to read its metadata, after it has
checked its hash. Nothing on the system changes: apt-get keeps its own lists in the cache where the system's
lack the version.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from corpus.errors import SourceError
from corpus.lock import locked

__all__ = ["UnavailableError", "cached_path", "fetch"]

_SECONDS = 900
#: Seconds for which apt-get's own lists count as new: a catalogue of 40 packages then updates them once.
_FRESH = 600
_HOST = re.compile(r"\b[a-z]+://\S+|\b(?:[A-Za-z0-9-]+\.)+(?:org|com|net|io|dev|cn|edu)\b(?::\d+)?")
_GONE = re.compile(
    r"No matching distribution|No matching version|notarget|ETARGET|E404|404 Not Found"
    r"|Unable to locate package|Version '[^']*' for '[^']*' was not found|Can't find a source to download"
    r"|satisfies the requirement"
)
_HASH = re.compile(r"DO NOT MATCH THE HASHES|EINTEGRITY|Hash Sum mismatch")


class UnavailableError(SourceError):
    """A package cannot be had here and now: client or network missing, or the version is gone."""


def cached_path(registry: str, package: str, version: str, sha256: str, cache: Path) -> Path:
    """Where the cache keeps a package; the name tells package, version and the first digits of its hash."""
    plain = re.sub(r"[^A-Za-z0-9.+~-]", "_", f"{package.lstrip('@')}-{version}")
    return cache / "packages" / registry / f"{plain}-{sha256[:12]}"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _run(command: Sequence[str], folder: Path) -> tuple[bool, str]:
    """(done, what the client said)."""
    environment = {**os.environ, "LC_ALL": "C", "PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    try:
        done = subprocess.run(  # the arguments come from a checked recipe and no shell reads them
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False, f"no answer within {_SECONDS} seconds"
    return done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def _pip(source: str, package: str, version: str, sha256: str, folder: Path) -> tuple[bool, str]:
    if importlib.util.find_spec("pip"):
        client = [sys.executable, "-m", "pip"]
    elif found := shutil.which("pip"):
        client = [found]
    else:
        raise UnavailableError(
            source, "needs the client 'pip', which is not installed; add it to the environment"
        )
    wanted = folder / "requirements.txt"
    wanted.write_text(f"{package}=={version} --hash=sha256:{sha256}\n", encoding="utf-8")
    # among wheels and sdists of the version, pip considers only the file of this hash
    arguments = ["download", "--quiet", "--no-deps", "--require-hashes", "--dest", "got", "-r", wanted.name]
    return _run([*client, *arguments], folder)


def _npm(source: str, package: str, version: str, folder: Path) -> tuple[bool, str]:
    client = shutil.which("npm")
    if client is None:
        raise UnavailableError(
            source, "needs the client 'npm', which is not installed; install Node.js with npm"
        )
    (folder / "got").mkdir()
    return _run(
        [client, "pack", f"{package}@{version}", "--pack-destination", "got", "--ignore-scripts"],
        folder,
    )


def _apt(source: str, package: str, version: str, cache: Path, folder: Path) -> tuple[bool, str]:
    client = shutil.which("apt-get")
    if client is None:
        raise UnavailableError(source, "needs the client 'apt-get', which only Debian and its kin have")
    got = folder / "got"
    got.mkdir()
    own = (cache / "apt").resolve()

    def apt(lists: str, *arguments: str) -> tuple[bool, str]:
        home = own / lists
        for name in ("lists/partial", "archives/partial"):
            (home / name).mkdir(parents=True, exist_ok=True)
        # an index of its own: containers switch apt's off, and reading all lists anew takes 1 s of each call
        options = [f"Dir::Cache::pkgcache={home}/packages.bin", f"Dir::Cache::srcpkgcache={home}/sources.bin"]
        options += ["APT::Sandbox::User=root", "Acquire::Languages=none", "Acquire::Retries=3"]
        if lists == "own":
            options += [f"Dir::State::Lists={home}/lists", f"Dir::Cache::archives={home}/archives"]
        given = [part for option in options for part in ("-o", option)]
        return _run([client, *given, *arguments], got)

    wanted = f"{package}={version}"
    done, said = apt("system", "download", wanted)
    if done:
        return done, said
    with locked(own / "update"):
        done, said = apt("own", "download", wanted)
        stamp = own / "updated"
        if done or (stamp.exists() and time.time() - stamp.stat().st_mtime < _FRESH):
            return done, said
        updated, complaint = apt("own", "update")
        if updated:
            stamp.touch()
    done, said = apt("own", "download", wanted)
    return done, said if done or updated else f"{complaint}\n{said}"


def _last_words(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip() and "notice" not in line.lower()]
    return _HOST.sub("…", " / ".join(lines[-3:]))[:400]


def fetch(
    registry: str,
    package: str,
    version: str,
    sha256: str,
    cache: Path,
    source: str,
) -> Path:
    """The verified package file in the cache; downloaded where it is not there yet.

    Safe to call from several processes at once. Raises UnavailableError where client, network or version are
    missing, SourceError where the bytes are not those of the catalogue.
    """
    target = cached_path(registry, package, version, sha256, cache)
    with locked(target):
        if target.exists() and _digest(target) == sha256:
            return target
        with TemporaryDirectory(prefix=f"{target.name}.", dir=target.parent) as scratch:
            folder = Path(scratch)
            if registry == "pypi":
                done, said = _pip(source, package, version, sha256, folder)
            elif registry == "npm":
                done, said = _npm(source, package, version, folder)
            else:
                done, said = _apt(source, package, version, cache, folder)
            files = sorted((folder / "got").glob("*")) if done else []
            what = f"{package} {version} ({registry})"
            if _HASH.search(said) and not done:
                raise SourceError(source, f"{what} does not have the SHA-256 of the catalogue; do not use it")
            if _GONE.search(said) and not done:
                raise UnavailableError(
                    source,
                    f"{what} is not offered any more by your registry; choose another version in the "
                    "catalogue, or build the rest with --skip-unavailable",
                )
            if len(files) != 1:
                raise UnavailableError(
                    source,
                    f"{what} could not be downloaded; check the network and your client's settings, or build "
                    f"the rest with --skip-unavailable. The client said: {_last_words(said)}",
                )
            found = _digest(files[0])
            if found != sha256:
                raise SourceError(
                    source, f"{what} has SHA-256 {found}, the catalogue says {sha256}; do not use it"
                )
            files[0].replace(target)
    return target
