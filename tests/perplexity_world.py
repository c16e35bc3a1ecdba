"""Documents of a small made language in which order matters, and the step that trains its model."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from corpus.recipe import PerplexityOptions
from corpus.schema import DOCUMENTS
from corpus.stages.language_model import train
from corpus.work import Counts, Work

OPTIONS = PerplexityOptions(min_reference_bytes=5000, vocabulary=500)


def document(seed: int, words: int = 120) -> str:
    dice = random.Random(seed)
    vocabulary = ["".join(dice.choices(["ba", "ko", "li", "mu"], k=1 + at % 4)) for at in range(80)]
    at = 0
    lines = []
    for _ in range(words // 8):
        line = []
        for _ in range(8):
            at = (at * 5 + dice.randint(1, 3)) % 80
            line.append(vocabulary[at])
        lines.append(" ".join(line))
    return "\n".join(lines)


def write_documents(path: Path, rows: list[tuple[str, str, str]]) -> Path:
    """Documents given as (id, language, text)."""
    columns: dict[str, list[Any]] = {name: [""] * len(rows) for name in DOCUMENTS.names}
    columns["row"] = list(range(len(rows)))
    columns["id"], columns["language"], columns["text"] = (list(column) for column in zip(*rows, strict=True))
    pq.write_table(pa.table(columns, DOCUMENTS), path, row_group_size=16)
    return path


def run(folder: Path, inputs: list[Path], language: str = "sw", **changes: Any) -> tuple[Path, Counts]:
    folder.mkdir()
    options = {"language": language, **OPTIONS.model_copy(update=changes).model_dump(mode="json")}
    work = Work("language_models", language, {"documents": tuple(inputs)}, options, folder)
    counts = train(work)
    assert work.outputs == [f"{language}.lm"]
    assert [path.name for path in folder.iterdir()] == work.outputs
    return folder / work.outputs[0], counts
