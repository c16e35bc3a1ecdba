"""Small corpora on disk for tests of deduplication."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import xxhash

from corpus.batch import Batch
from corpus.recipe import DedupOptions
from corpus.schema import DOCUMENTS
from corpus.signals.fingerprint import Fingerprint
from corpus.stages.dedup import Shard, deduplicate

__all__ = ["Doc", "outcome", "write_shard"]


@dataclass(frozen=True)
class Doc:
    name: str
    text: str
    source: str = "a"
    language: str = "en"
    url: str = ""
    verdict: str = "kept"

    @property
    def id(self) -> str:
        return xxhash.xxh3_128_hexdigest(f"{self.source}\0{self.name}".encode())


def write_shard(
    folder: Path, key: str, docs: Sequence[Doc], options: DedupOptions, against: bool = False
) -> Shard:
    """Documents, fingerprints and decisions of one shard, as the steps before deduplication leave them."""
    columns = {field.name: [""] * len(docs) for field in DOCUMENTS}
    columns |= {
        "id": [doc.id for doc in docs],
        "source": [doc.source for doc in docs],
        "language": [doc.language for doc in docs],
        "text": [doc.text for doc in docs],
        "url": [doc.url for doc in docs],
        "row": list(range(len(docs))),
        "native_id": [doc.name for doc in docs],
    }
    table = pa.table(columns, schema=DOCUMENTS)
    batch = pa.record_batch([column.combine_chunks() for column in table.columns], schema=DOCUMENTS)
    place = folder / key.replace("/", "_")
    place.mkdir(parents=True)
    shard = Shard(
        key, place / "documents.parquet", place / "fingerprint.parquet", place / "decisions.parquet", against
    )
    pq.write_table(table, shard.documents, row_group_size=7)
    signals = Fingerprint(options)(Batch(batch))
    pq.write_table(pa.Table.from_batches([signals]), shard.fingerprint)
    decisions = {
        "language": [doc.language for doc in docs],
        "verdict": [doc.verdict for doc in docs],
        "reasons": pa.array([0] * len(docs), pa.uint64()),
    }
    pq.write_table(pa.table(decisions), shard.decisions)
    return shard


def outcome(
    folder: Path,
    shards: dict[str, Sequence[Doc]],
    options: DedupOptions,
    priority: dict[str, int] | None = None,
    against: Sequence[str] = (),
) -> dict[str, dict[str, dict[str, object]]]:
    """{shard key: {document name: its row of duplicates/}} after writing and deduplicating the shards."""
    files = [write_shard(folder / "in", key, docs, options, key in against) for key, docs in shards.items()]
    deduplicate(files, options, folder / "out", priority)
    names = {doc.id: doc.name for docs in shards.values() for doc in docs}
    found: dict[str, dict[str, dict[str, object]]] = {}
    for key in shards:
        if key in against:
            continue
        rows = pq.read_table(folder / "out" / "dedup.duplicates" / "all" / f"{key}.parquet").to_pylist()
        found[key] = {names[row["id"]]: {**row, "survivor": names[row["survivor"]]} for row in rows}
    return found
