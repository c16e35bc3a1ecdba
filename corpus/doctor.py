"""Doctor: is this machine fit to build? Versions, kernels, models, Ray, clients, resources, a smoke run."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import platform
import random
import re
import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from corpus.errors import CorpusError, ManifestError

__all__ = ["CHECKS", "Finding", "examine"]

#: Bytes of text of the smoke run.
SMOKE_BYTES = 1_000_000
_GIB = 1 << 30
#: Below these a build of the demo corpus does not fit.
_DISK_BYTES = 5 * _GIB
_MEMORY_BYTES = 2 * _GIB
#: Ray opens some hundreds of files and sockets on a machine of many cores.
_FILES = 4096

_PIPELINE = """\
seed: 1
shard_bytes: 300KB
buckets: 2
signals: {language: {}, text: {}, pii: {}}
filters: [everything]
dedup: {exact: {}, minhash: {}, partitions: 2}
tokenizer: tokens
mixture: all
pack: {length: 512, shards: 2}
"""


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `status` is "ok", "warning" (some builds fail) or "broken"; `advice` says what to
    do about it."""

    name: str
    status: str
    value: str
    advice: str = ""


def examine(only: Iterable[str] = (), folder: Path | None = None) -> Iterator[Finding]:
    """Look at everything, or at the checks named; each finding is given as soon as it is known.

    `folder` is where builds are to go, the current one by default. Raises CorpusError for an unknown check.
    """
    chosen = list(only) or list(CHECKS)
    unknown = sorted(set(chosen) - set(CHECKS))
    if unknown:
        raise CorpusError(f"no check '{unknown[0]}'; there are {', '.join(CHECKS)}")
    for name in chosen:
        try:
            yield from CHECKS[name](folder or Path.cwd())
        except CorpusError as error:
            yield Finding(name, "broken", str(error), _ADVICE.get(name, "reinstall corpus-works"))


def _versions(folder: Path) -> Iterator[Finding]:
    from corpus import __version__

    yield Finding("corpus", "ok", __version__)
    yield Finding("python", "ok", f"{platform.python_version()} on {platform.system()} {platform.machine()}")
    for name in _requirements():
        try:
            yield Finding(name, "ok", importlib.metadata.version(name))
        except importlib.metadata.PackageNotFoundError:
            yield Finding(name, "broken", "is not installed", "pip install corpus-works")


def _requirements() -> list[str]:
    """The distributions `corpus` needs; none where it runs from a folder that is not installed."""
    try:
        listed = importlib.metadata.requires("corpus-works") or []
    except importlib.metadata.PackageNotFoundError:
        return []
    needed = [line for line in listed if "extra ==" not in line]
    return sorted(re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0] for line in needed)


def _kernels(folder: Path) -> Iterator[Finding]:
    import numba
    import numpy as np

    from corpus.kernels import words

    started = time.monotonic()
    text = np.frombuffer(b"two words", np.uint8)
    found = words.split(text, np.array([0, len(text)], np.int64))
    seconds = time.monotonic() - started
    if len(found[0]) != 2:
        yield Finding("kernels", "broken", f"found {len(found[0])} words in 'two words'", "reinstall numba")
        return
    how = "interpreted (NUMBA_DISABLE_JIT is set)" if numba.config.DISABLE_JIT else "compiled"
    status = "warning" if numba.config.DISABLE_JIT else "ok"
    yield Finding("kernels", status, f"{how}, ready in {seconds:.1f} s", "unset it" if status != "ok" else "")


def _models(folder: Path) -> Iterator[Finding]:
    from corpus.lid import identify
    from corpus.storage import digest_file

    path = Path(__file__).parent / "lid" / "model.lid"
    if not path.is_file():
        yield Finding("language model", "broken", "model.lid is missing", "reinstall corpus-works")
        return
    guess = identify("The children walked home along the river and told each other stories.")
    status = "ok" if guess.language == "en" else "broken"
    value = f"{digest_file(path)}, {path.stat().st_size / 1e6:.1f} MB, English read as '{guess.language}'"
    yield Finding("language model", status, value, "" if status == "ok" else "reinstall corpus-works")


def _ray(folder: Path) -> Iterator[Finding]:
    from corpus.executor import make_executor

    address = os.environ.get("RAY_ADDRESS")
    where = f"cluster at {address}" if address else "a local Ray"
    executor = make_executor("ray", 1)
    started = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="corpus-doctor-") as root:
            list(executor.run([()], Path(root)))
        yield Finding("ray", "ok", f"{where} ran a task in {time.monotonic() - started:.1f} s")
    finally:
        executor.close()


def _clients(folder: Path) -> Iterator[Finding]:
    for name, what in (("pip", "Python packages"), ("npm", "npm packages"), ("apt-get", "Debian packages")):
        found = shutil.which(name)
        if found is None and name == "pip":
            found = "python -m pip" if importlib.util.find_spec("pip") else None
        advice = "" if found else f"sources that are {what} cannot be fetched; others can"
        yield Finding(name, "ok" if found else "warning", "found" if found else "is not installed", advice)


def _resources(folder: Path) -> Iterator[Finding]:
    yield Finding("cores", "ok", str(len(os.sched_getaffinity(0)) if _has_affinity() else os.cpu_count()))
    free = shutil.disk_usage(folder).free
    yield _enough("disk", free, _DISK_BYTES, "free", "choose another --output")
    memory = _memory()
    if memory:
        yield _enough("memory", memory, _MEMORY_BYTES, "available", "use fewer --workers")
    shared = Path("/dev/shm")
    if shared.is_dir():
        yield _enough(
            "shared memory", shutil.disk_usage(shared).free, 1 << 27, "free", "start the container with more"
        )
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = soft == resource.RLIM_INFINITY or soft >= _FILES
    advice = "" if enough else f"ulimit -n {_FILES}" + ("" if hard >= _FILES else ", by an administrator")
    yield Finding("open files", "ok" if enough else "warning", f"at most {soft}", advice)


def _has_affinity() -> bool:
    return hasattr(os, "sched_getaffinity")


def _enough(name: str, size: int, least: int, word: str, advice: str) -> Finding:
    value = f"{size / _GIB:.1f} GiB {word}"
    return Finding(name, "ok", value) if size >= least else Finding(name, "warning", value, advice)


def _memory() -> int:
    """Available memory in bytes, the limit of the container where it is less; 0 where it is not known."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    found = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines if line.endswith("kB")}
    limit = Path("/sys/fs/cgroup/memory.max")
    text = limit.read_text(encoding="ascii").strip() if limit.is_file() else "max"
    available = found.get("MemAvailable", 0)
    return min(available, int(text)) if text.isdigit() else available


def _smoke(folder: Path) -> Iterator[Finding]:
    from corpus import api

    with tempfile.TemporaryDirectory(prefix="corpus-doctor-") as name:
        root = Path(name)
        size = _write_project(root)
        started = time.monotonic()
        api.build(root / "sources.yaml", output=root / "first", executor="local")
        first = time.monotonic() - started
        started = time.monotonic()
        digest = api.build(root / "sources.yaml", output=root / "second", executor="local").root_digest
        seconds = time.monotonic() - started
        if api.verify(root / "first" / "smoke") != digest:
            raise ManifestError("two builds of the same text differ")
    yield Finding(
        "smoke run",
        "ok",
        f"{size / 1e6:.1f} MB twice to the same bytes: {first:.1f} s with kernels to load, then "
        f"{seconds:.1f} s, {size / 1e6 / seconds:.1f} MB/s on one core",
    )


def _write_project(root: Path) -> int:
    """A project of about a megabyte of made-up words; gives the bytes of its text."""
    rng = random.Random(1)
    syllables = [a + b for a in "bdfgklmnprstvw" for b in ("a", "e", "i", "o", "u", "en", "ar", "is")]
    words = ["".join(rng.choices(syllables, k=rng.randint(1, 4))) for _ in range(5_000)]
    ranks = [1 / (rank + 3) for rank in range(len(words))]
    size = 0
    lines: list[str] = []
    while size < SMOKE_BYTES:
        sentences = (" ".join(rng.choices(words, ranks, k=12)).capitalize() + "." for _ in range(20))
        text = "\n".join(sentences)
        size += len(text)
        lines.append(json.dumps({"id": str(len(lines)), "text": text}))
    files = {
        "text/en.jsonl": "\n".join(lines) + "\n",
        "sources.yaml": "name: smoke\npipeline: smoke\nsources:\n  words:\n    licence: CC0-1.0\n"
        "    reader: {type: jsonl, path: text}\n    languages: {en: [en.jsonl]}\n",
        "pipelines/smoke.yaml": _PIPELINE,
        "filters/everything.yaml": "filters:\n  characters: {signal: character_count, min: 1}\n",
        "tokenizer/tokens.yaml": "vocabulary: 2000\n",
        "tokenizer/all.yaml": "target_tokens: null\n",
    }
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return size


#: What to do where a check meets an error, by its name; else to install again.
_ADVICE = {
    "ray": "start the cluster of RAY_ADDRESS or unset it; or build with --executor local",
    "smoke": "please report this with the versions above",
}
#: The checks by name, in order.
CHECKS: dict[str, Callable[[Path], Iterator[Finding]]] = {
    "versions": _versions,
    "kernels": _kernels,
    "models": _models,
    "clients": _clients,
    "resources": _resources,
    "ray": _ray,
    "smoke": _smoke,
}
