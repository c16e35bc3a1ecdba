"""Init: a new corpus project, with the packaged recipes copied out for editing."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from corpus.errors import StorageError
from corpus.lookup import KINDS, RECIPES

__all__ = ["init"]

_COPIED = (".yaml", ".py", ".txt")


def init(folder: str | Path) -> list[Path]:
    """Make a project in `folder`: sources.yaml, pipelines/, filters/, tokenizer/; gives the files written.

    Raises StorageError where the folder holds a project already: nothing is ever overwritten.
    """
    folder = Path(folder)
    if (folder / "sources.yaml").exists():
        raise StorageError(f"{folder / 'sources.yaml'}: is there already; choose another folder")
    files = [RECIPES / "sources.yaml"]
    for kind in KINDS:
        files += [path for path in sorted((RECIPES / kind).rglob("*")) if path.suffix in _COPIED]
    written = []
    try:
        for path in files:
            if path.name == "__init__.py":
                continue
            target = folder / path.relative_to(RECIPES)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
            written.append(target)
        sources = folder / "sources.yaml"
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", folder.resolve().name).strip("-._") or "corpus"
        text = sources.read_text(encoding="utf-8")
        sources.write_text(re.sub(r"(?m)^name:.*$", f"name: {name}", text, count=1), encoding="utf-8")
    except OSError as error:
        raise StorageError(f"{error.filename or folder}: cannot be written: {error.strerror}") from error
    return written
