"""A finished build, opened for reading: documents, signals, decisions, text, tokens as Arrow and NumPy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from corpus.errors import StorageError
from corpus.manifest import MANIFEST, RunFolder
from corpus.objects import arrow_filesystem, is_object_url

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.dataset as ds

    from corpus.tokens.dataset import Tokens

__all__ = ["Run", "open_run", "row_of", "run_of"]

#: Files fetched together.
_AT_ONCE = 32


class Run:
    """A build, in a folder or at an s3:// address. Tables are Arrow datasets: nothing is read before it is
    asked for."""

    def __init__(self, root: str | Path) -> None:
        self.folder = RunFolder(root)

    @property
    def root(self) -> Path:
        """The folder of the build; raises StorageError where it is none."""
        return self.folder.root

    @property
    def url(self) -> str:
        """The folder or address of the build."""
        return self.folder.place.url

    @property
    def manifest(self) -> dict[str, Any]:
        """The summary of the build: root digest, steps, counts."""
        return self._json(MANIFEST)

    @property
    def report(self) -> dict[str, Any]:
        """report.json."""
        return self._json("report/report.json")

    def _json(self, name: str) -> dict[str, Any]:
        found = self.folder.json(name)
        if found is None:
            raise StorageError(f"{self.url}/{name}: cannot be read: no such file")
        return cast(dict[str, Any], found)

    def file(self, name: str) -> Path:
        """A local path of a file of the build, for reading; it is not there where the file is not."""
        return self.folder.place.path(name)

    def files(self, folder: str, ending: str = ".parquet") -> list[str]:
        """The names of the files below a folder of the build that end so, in order."""
        return sorted(name for name in self.folder.place.names(folder) if name.endswith(ending))

    def each(self, folder: str) -> Iterator[tuple[str, Path]]:
        """The Parquet files below a folder: name in the folder, local path."""
        listed = self.files(folder)
        for start in range(0, len(listed), _AT_ONCE):
            names = listed[start : start + _AT_ONCE]
            root = self.folder.place.bring(names)
            yield from ((name.removeprefix(f"{folder}/"), root / name) for name in names)

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

        return Tokens(self.folder.place.bring(self.files("packed", "")) / "packed", **options)

    def table(self, name: str) -> pa.Table:
        """One of "documents", "decisions", "duplicates", "text", read into memory."""
        return getattr(self, name)().to_table()

    def _dataset(self, step: str, documents_only: bool = False) -> ds.Dataset:
        files = self.files(step)
        if documents_only:
            files = [name for name in files if not name.endswith((".quarantine.parquet", ".edits.parquet"))]
        if not files:
            raise StorageError(f"{self.url}/{step}: the build has no '{step}'")
        import pyarrow.dataset as ds  # imports pandas, about half a second

        if not is_object_url(self.url):
            return ds.dataset([str(self.root / name) for name in files], format="parquet")
        # read where they lie: of a column that is asked for no more than its bytes come here
        paths = [f"{self.url.removeprefix('s3://')}/{name}" for name in files]
        return ds.dataset(paths, format="parquet", filesystem=arrow_filesystem())


def open_run(path: str | Path) -> Run:
    """Open build/<name>; raises StorageError where no finished build lies there."""
    run = Run(path)
    if run.folder.place.size(MANIFEST) is None:
        raise StorageError(f"{run.url}: holds no finished build (no {MANIFEST}); run `corpus build` first")
    return run


def run_of(file: Path) -> Run | None:
    """The finished build that a file lies in; None where it lies in none."""
    url = is_object_url(file)
    for folder in file.parents[: -2 if url else None]:  # s3: and the bucket have no files of a run
        if (run := Run(folder)).folder.place.size(MANIFEST) is not None:
            return run
    return None


def row_of(path: Path, row: int, columns: Sequence[str] | None = None) -> dict[str, Any]:
    """One row of a Parquet file; only its row group is read. Raises StorageError where there is none."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            rows = file.metadata.row_group(group).num_rows
            if row < rows:
                table = file.read_row_group(group, columns=columns and list(columns))
                found: dict[str, Any] = table.slice(row, 1).to_pylist()[0]
                return found
            row -= rows
    raise StorageError(f"{path}: has too few rows; run corpus verify")
