"""Files of a source: which of them holds which declared language (`languages`, `exclude`), as units."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from fnmatch import translate
from pathlib import Path

from corpus.compressed import estimated_size
from corpus.errors import SourceError
from corpus.readers.record import Unit
from corpus.recipe import SourceRecipe

__all__ = ["assign", "file_units", "files_below", "folder_of", "matcher", "path_of"]


def matcher(patterns: Iterable[str]) -> re.Pattern[str]:
    """One expression for all patterns: `*` matches anything, also "/"; upper and lower case differ."""
    return re.compile("|".join(translate(pattern) for pattern in patterns) or r"(?!)")


def files_below(source: str, root: Path) -> list[str]:
    """Names of all files in the folder, relative, sorted; hidden files and folders are left out.

    A root that is a file gives its own name. Links to folders are not followed.
    """
    if root.is_file():
        return [root.name]
    if not root.is_dir():
        raise SourceError(source, "there is no such file or folder; check `path`", root.name)
    names = []
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".")]
        below = Path(folder).relative_to(root)
        names += [(below / name).as_posix() for name in files if not name.startswith(".")]
    return sorted(names)


def assign(source: str, recipe: SourceRecipe, names: Sequence[str]) -> list[tuple[str, str]]:
    """(name, language) for each name that a language's patterns take, in the order of the names.

    Raises SourceError where a pattern takes no file, or where two languages claim the same one.
    """
    excluded = matcher(recipe.exclude)
    names = [name for name in names if not excluded.match(name)]
    claimed: dict[str, str] = {}
    for language, patterns in recipe.languages.items():
        for pattern in patterns or ("*",):
            matches = re.compile(translate(pattern)).match
            taken = [name for name in names if matches(name)]
            if not taken:
                raise SourceError(
                    source,
                    f"language '{language}': pattern '{pattern}' matches no file; correct or remove it",
                )
            for name in taken:
                if claimed.setdefault(name, language) != language:
                    raise SourceError(
                        source,
                        f"claimed by both '{claimed[name]}' and '{language}'; make the patterns narrower",
                        name,
                    )
    return [(name, claimed[name]) for name in names if name in claimed]


def file_units(source: str, recipe: SourceRecipe, root: Path, names: Sequence[str]) -> list[Unit]:
    """One unit for each of these files that a language claims, its size estimated where it is compressed."""
    folder, found = folder_of(root), assign(source, recipe, names)
    return [Unit(name, language, estimated_size(folder / name)) for name, language in found]


def folder_of(root: Path) -> Path:
    """What the names that `files_below` gives are relative to."""
    return root if root.is_dir() else root.parent


def path_of(root: Path, name: str) -> Path:
    """The file of this name below a root; a root that is a file is that file."""
    return root / name if root.is_dir() else root
