"""Finds a recipe or plug-in by name: beside the file that names it, then among the packaged recipes."""

from __future__ import annotations

from pathlib import Path

__all__ = ["KINDS", "RECIPES", "candidates", "find"]

_PACKAGED = Path(__file__).parent / "recipes"
#: The packaged recipes: inside the package in a wheel, beside it in a checkout.
RECIPES = _PACKAGED if _PACKAGED.is_dir() else Path(__file__).parent.parent
KINDS = ("filters", "pipelines", "tokenizer")


def _places(kind: str, beside: Path) -> list[Path]:
    return [beside, beside / kind, RECIPES / kind]


def find(kind: str, name: str, beside: Path) -> Path | None:
    """The file of this name, with or without its ending; None where there is none.

    Looked for in `beside`, in its folder `kind` ("filters", "pipelines", "tokenizer"), then in the packaged
    recipes. A name with a slash is a path relative to `beside`.
    """
    if "/" in name:
        path = beside / name
        return path if path.is_file() else None
    for place in _places(kind, beside):
        for path in (place / name, place / f"{name}.yaml"):
            if path.is_file():
                return path
    return None


def candidates(kind: str, beside: Path) -> list[str]:
    """The names `find` knows for this kind, for suggestions."""
    found = {path.stem for place in _places(kind, beside)[1:] for path in place.glob("*.yaml")}
    return sorted(found)
