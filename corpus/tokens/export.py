"""`corpus export`: the tokens of a finished build in the format of another trainer."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from corpus.errors import StorageError
from corpus.place import Place, place_of
from corpus.tokens.formats import TEXT_WRITERS, TOKEN_WRITERS

__all__ = ["FORMATS", "export"]

FORMATS = (*TOKEN_WRITERS, *TEXT_WRITERS)


def export(run: str | Path, format: str, out: Path, packed: bool = False) -> list[Path]:
    """Writes `out`/<bucket>/… from the tokens of the build at `run` (a folder or an s3:// address), and gives
    the paths in order.

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
    step = "text" if of_text else "packed" if packed else "tokens"
    with contextlib.closing(place_of(run)) as place:
        names = sorted(place.names(step))
        if not any(name.endswith(".parquet" if of_text else ".idx") for name in names):
            raise StorageError(
                f"{place.url}/{step}: the build has none; it has not ended, or kept no document"
            )
        if out.exists() and any(out.iterdir()):
            raise StorageError(f"{out}: is not empty; export to a new folder")
        return list(_written(place, step, names, format, out))


def _written(place: Place, step: str, names: Sequence[str], format: str, out: Path) -> Iterator[Path]:
    for name in names:
        folder = out / Path(name).relative_to(step).parent
        if format == "mds":
            folder /= Path(name).stem
        if format in TEXT_WRITERS and name.endswith(".parquet"):
            folder.mkdir(parents=True, exist_ok=True)
            yield from TEXT_WRITERS[format](place.path(name), folder)
        elif format in TOKEN_WRITERS and name.endswith(".idx"):
            folder.mkdir(parents=True, exist_ok=True)
            stem = name.removesuffix(".idx")
            root = place.bring((name, f"{stem}.bin"))
            yield from TOKEN_WRITERS[format](root / stem, folder)
