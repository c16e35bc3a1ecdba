"""Earlier builds named by `dedup.against`: whether they can be used, and the files they give."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from corpus.errors import StorageError
from corpus.manifest import Manifest, RunFolder
from corpus.recipe import DedupOptions
from corpus.storage import read_json
from corpus.task import External

__all__ = ["EarlierShard", "earlier_shards", "why_unusable"]

#: Written last, so its presence says that the build is finished.
_SUMMARY = "manifest.json"


@dataclass(frozen=True)
class EarlierShard:
    """A document shard of an earlier build; `key` begins with "against.<number of the build>/"."""

    key: str
    documents: External
    fingerprint: External
    decisions: External
    duplicates: External


def why_unusable(root: Path, options: DedupOptions) -> str:
    """Why documents cannot be held against the build at `root`; empty where they can."""
    if not root.is_dir():
        return f"no such folder ({root})"
    if not (root / _SUMMARY).is_file():
        return (
            f"holds no finished build (no {_SUMMARY} in {root}); name a folder build/<name>, built to its end"
        )
    try:
        recipe = read_json(root / _SUMMARY)["recipe"]["pipeline"]["dedup"]
        measured = DedupOptions.model_validate(recipe).fingerprint
    except (StorageError, ValidationError, KeyError, TypeError):
        return f"its {_SUMMARY} cannot be read; build it again with this version"
    if measured != options.fingerprint:
        return (
            "was built with other options of dedup (exact.normalise, url, minhash.minima, minhash.shingle or "
            "simhash), so its fingerprints cannot be compared with ours; use the same, or build it again"
        )
    return ""


def earlier_shards(root: Path, number: int) -> tuple[EarlierShard, ...]:
    """The shards of the build at `root`, in order of their keys; raises StorageError where files miss."""
    folder = RunFolder(root)
    keys = sorted(
        str(path.relative_to(root / "manifests" / "decisions")).removesuffix(".json")
        for path in (root / "manifests" / "decisions").rglob("*.json")
    )
    found = []
    for key in keys:
        file = f"{key}.parquet"
        found.append(
            EarlierShard(
                key=f"against.{number}/{key}",
                documents=_file(folder, "documents", key.rpartition("-")[0], file),
                fingerprint=_file(folder, "signals/fingerprint", key, file),
                decisions=_file(folder, "decisions", key, file),
                duplicates=_file(folder, "duplicates", "all", file),
            )
        )
    return tuple(found)


def _file(folder: RunFolder, step: str, key: str, name: str) -> External:
    manifest = folder.manifest(step, key)
    if manifest is None or not folder.is_complete(manifest):
        raise StorageError(f"{folder.place.url}/{step}: is not whole; run corpus verify on the earlier build")
    return External(str(folder.path(step, name)), _digest(manifest, name))


def _digest(manifest: Manifest, name: str) -> str:
    try:
        return manifest.output(name).digest
    except KeyError as error:
        raise StorageError(f"{manifest.step}/{manifest.key}: has no output '{name}'") from error
