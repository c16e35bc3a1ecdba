"""`corpus export`: the tokens of a finished build in the format of another trainer."""

from __future__ import annotations

from pathlib import Path

from corpus.errors import StorageError
from corpus.tokens.formats import TEXT_WRITERS, TOKEN_WRITERS

__all__ = ["FORMATS", "export"]

FORMATS = (*TOKEN_WRITERS, *TEXT_WRITERS)


def export(run: Path, format: str, out: Path, packed: bool = False) -> list[Path]:
    """Writes `out`/<bucket>/… from the tokens of the build at `run`, and gives the paths in order.

    format is one of FORMATS. Documents, one a sequence, by bucket and language; with `packed` the packed
    rows, by shard. MDS needs a folder for each file, so it lies a level deeper. metaseq is written from the
    clean text, which that trainer tokenises itself. Raises StorageError where the build lacks them or `out`
    is not empty.
    """
    if format not in FORMATS:
        raise StorageError(f"no format '{format}'; there are {', '.join(FORMATS)}")
    of_text = format in TEXT_WRITERS
    if of_text and packed:
        raise StorageError(f"{format} is written from text; leave out --packed")
    root = run / ("text" if of_text else "packed" if packed else "tokens")
    sources = sorted(root.rglob("*.parquet" if of_text else "*.idx"))
    if not sources:
        raise StorageError(f"{root}: the build has none; run `corpus build` first")
    if out.exists() and any(out.iterdir()):
        raise StorageError(f"{out}: is not empty; export to a new folder")
    written: list[Path] = []
    for source in sources:
        folder = out / source.parent.relative_to(root)
        if format == "mds":
            folder /= source.stem
        folder.mkdir(parents=True, exist_ok=True)
        if of_text:
            written += TEXT_WRITERS[format](source, folder)
        else:
            written += TOKEN_WRITERS[format](source.with_suffix(""), folder)
    return written
