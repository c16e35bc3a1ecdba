"""Data sets of the Hugging Face hub, or a folder in that layout, through the `datasets` library."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from corpus.errors import SourceError
from corpus.readers.jsonl import record_from
from corpus.readers.record import Record, Unit, Unreadable
from corpus.recipe import HuggingFaceReader, SourceRecipe

__all__ = ["read", "units"]


def _load(source: str, reader: HuggingFaceReader, root: Path) -> Any:
    import datasets

    datasets.disable_progress_bars()
    local = root.exists()
    try:
        return datasets.load_dataset(
            str(root) if local else reader.dataset,
            reader.config or None,
            split=reader.split,
            revision=None if local else reader.revision or None,
            streaming=reader.streaming,
        )
    except (ValueError, OSError, KeyError, datasets.exceptions.DatasetsError) as error:
        raise SourceError(
            source,
            f"'{reader.dataset}' (config '{reader.config or 'default'}', split '{reader.split}') "
            f"cannot be opened: {error}; check id, config, split, revision and the network",
        ) from error


def units(source: str, recipe: SourceRecipe, root: Path) -> list[Unit]:
    """One unit for each part the library can read apart, named `<config>/<split>/<part>-of-<parts>`.

    `root` is the folder where `dataset` names one; otherwise the id is looked up on the hub. A data set holds
    one declared language: give each config its own source. Raises SourceError where it cannot be opened.
    """
    reader = recipe.reader
    assert isinstance(reader, HuggingFaceReader)
    if len(recipe.languages) != 1 or any(recipe.languages.values()):
        raise SourceError(
            source,
            "a Hugging Face source declares one language, without patterns; make one source per config",
        )
    (language,) = recipe.languages
    data = _load(source, reader, root)
    parts = max(1, getattr(data, "num_shards", 1)) if reader.streaming else 1
    size = 0
    if data.info.splits and reader.split in data.info.splits:
        size = (data.info.splits[reader.split].num_bytes or 0) // parts
    stem = f"{reader.config or 'default'}/{reader.split}"
    return [Unit(f"{stem}/{part:05d}-of-{parts:05d}", language, size) for part in range(parts)]


def read(source: str, recipe: SourceRecipe, root: Path, unit: Unit) -> Iterator[Record | Unreadable]:
    """Records of one part, row = index in it; a failure in the middle gives Unreadable and ends the part."""
    import datasets
    import pyarrow as pa

    reader = recipe.reader
    assert isinstance(reader, HuggingFaceReader)
    data = _load(source, reader, root)
    part, parts = (int(number) for number in unit.name.rsplit("/", 1)[1].split("-of-"))
    if parts > 1:
        data = data.shard(num_shards=parts, index=part)
    row = 0
    try:
        for values in data:
            try:
                yield record_from(row, values, reader.fields)
            except ValueError as error:
                yield Unreadable(row, -1, str(error))
            row += 1
    except (OSError, ValueError, pa.ArrowException, datasets.exceptions.DatasetsError) as error:
        yield Unreadable(row, -1, f"the part ends here: {type(error).__name__}: {error}")
