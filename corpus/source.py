"""Source: one hand-picked data set with the place its files are in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from corpus.objects import is_object_url
from corpus.recipe import HuggingFaceReader, PackageReader, SourceRecipe

__all__ = ["Source"]


@dataclass(frozen=True)
class Source:
    """A source of sources.yaml; `folder` is where that file lies, paths in the recipe are relative to it."""

    name: str
    recipe: SourceRecipe
    folder: Path

    @property
    def url(self) -> str:
        """The s3:// address of what the reader opens; empty where that is on this machine."""
        path = getattr(self.recipe.reader, "path", "")
        return path if is_object_url(path) else ""

    @property
    def root(self) -> Path:
        """What the reader opens; for packages this is known only after they are fetched."""
        reader = self.recipe.reader
        if isinstance(reader, PackageReader):
            raise ValueError(f"source '{self.name}' is a package; fetch it first")
        if isinstance(reader, HuggingFaceReader):
            local = self.folder / reader.dataset
            return local if local.exists() else Path(reader.dataset)
        return self.folder / reader.path
