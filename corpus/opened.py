"""A finished build, opened for reading: documents, signals, decisions, text, tokens as Arrow and NumPy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from corpus.errors import StorageError
from corpus.manifest import MANIFEST
from corpus.storage import read_json

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.dataset as ds

    from corpus.tokens.dataset import Tokens

__all__ = ["Run", "open_run"]


class Run:
    """A build at `root`. Tables are Arrow datasets: nothing is read before it is asked for."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def manifest(self) -> dict[str, Any]:
        """The summary of the build: root digest, steps, counts."""
        return cast(dict[str, Any], read_json(self.root / MANIFEST))

    @property
    def report(self) -> dict[str, Any]:
        """report.json."""
        return cast(dict[str, Any], read_json(self.root / "report" / "report.json"))

    def documents(self) -> ds.Dataset:
        """Every document as read and cleaned, before any decision (schema.DOCUMENTS)."""
        return self._dataset("documents", documents_only=True)

    def signals(self, group: str) -> ds.Dataset:
        """The columns of one signal group, rows aligned with `documents`."""
        return self._dataset(f"signals/{group}")

    def decisions(self) -> ds.Dataset:
        """What became of every document, rows aligned with `documents`."""
        return self._dataset("decisions")

    def duplicates(self) -> ds.Dataset:
        """Every document that is in a cluster of two or more, with its survivor and the evidence."""
        return self._dataset("duplicates")

    def text(self) -> ds.Dataset:
        """The clean corpus (schema.TEXT)."""
        return self._dataset("text")

    def tokens(self, **options: Any) -> Tokens:
        """The packed sequences; see corpus.tokens.dataset.Tokens."""
        from corpus.tokens.dataset import Tokens

        return Tokens(self.root / "packed", **options)

    def table(self, name: str) -> pa.Table:
        """One of "documents", "decisions", "duplicates", "text", read into memory."""
        return getattr(self, name)().to_table()

    def _dataset(self, step: str, documents_only: bool = False) -> ds.Dataset:
        folder = self.root / step
        files = sorted(str(path) for path in folder.rglob("*.parquet"))
        if documents_only:
            files = [name for name in files if not name.endswith((".quarantine.parquet", ".edits.parquet"))]
        if not files:
            raise StorageError(f"{folder}: the build has no '{step}'")
        import pyarrow.dataset as ds  # imports pandas, about half a second

        return ds.dataset(files, format="parquet")


def open_run(path: str | Path) -> Run:
    """Open build/<name>; raises StorageError where no finished build lies there."""
    root = Path(path)
    if not (root / MANIFEST).is_file():
        raise StorageError(f"{root}: holds no finished build (no {MANIFEST}); run `corpus build` first")
    return Run(root)
