"""Language models of reference text, as `corpus fit --models` writes them: one ARPA file for each language.

A build trains its own from the sources marked `reference: true`; this is the same training for text that is
in no build yet, written for KenLM and other tools.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import xxhash
from rich.table import Table

from corpus.languages import LANGUAGES
from corpus.models import artefact
from corpus.models.arpa import write_arpa
from corpus.recipe import PerplexityOptions
from corpus.stages.language_model import train
from corpus.work import Work

__all__ = ["FittedModel", "fit_models", "models_table"]


@dataclass(frozen=True)
class FittedModel:
    """A language's model, or why there is none; `path` is then None and `ngrams` 0."""

    language: str
    documents: int
    bytes: int
    ngrams: int
    path: str | None
    reason: str


def fit_models(
    reference: pa.RecordBatch, folder: Path, options: PerplexityOptions | None = None
) -> list[FittedModel]:
    """Trains a model of each natural language of `reference` (columns text, language) into `folder`.

    The same text gives the same files, whatever the order of its documents.
    """
    folder.mkdir(parents=True, exist_ok=True)
    languages = sorted(set(reference.column("language").to_pylist()))
    return [
        _fit(reference, language, folder, options or PerplexityOptions())
        for language in languages
        if language in LANGUAGES and not language.startswith("code-")
    ]


def models_table(models: list[FittedModel]) -> Table:
    """What was trained, for the terminal."""
    table = Table(box=None, pad_edge=False)
    for title in ("model", "documents", "bytes", "n-grams", "file"):
        table.add_column(title)
    for item in models:
        table.add_row(
            item.language, str(item.documents), str(item.bytes), str(item.ngrams), item.path or item.reason
        )
    return table


def _fit(reference: pa.RecordBatch, language: str, folder: Path, options: PerplexityOptions) -> FittedModel:
    texts = reference.filter(pc.equal(reference.column("language"), language)).column("text")
    ids = [xxhash.xxh3_128_hexdigest(text.as_py().encode("utf-8", "surrogatepass")) for text in texts]
    with tempfile.TemporaryDirectory(prefix="corpus-fit-") as name:
        scratch = Path(name)
        table = pa.table({"id": ids, "language": [language] * len(ids), "text": texts})
        pq.write_table(table, scratch / "documents.parquet")
        inputs = {"documents": (scratch / "documents.parquet",)}
        work = Work(
            "language_models", language, inputs, {"language": language, **options.model_dump()}, scratch
        )
        counts = train(work)
        found = artefact.read(scratch / f"{language}.lm")
        path = folder / f"{language}.arpa"
        if found.model is not None:
            write_arpa(found.model, path)
    written = str(path) if found.model is not None else None
    return FittedModel(
        language, counts["documents"], counts["bytes"], counts["ngrams"], written, found.reason
    )
