"""One record for each sequence or document: Parquet for Hugging Face datasets, JSON Lines for metaseq."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from corpus.tokens.megatron import read

__all__ = ["write_metaseq", "write_parquet"]


def write_parquet(source: Path, folder: Path) -> list[Path]:
    """<stem>.parquet with a list column input_ids, a row for each sequence of a .bin/.idx pair."""
    indexed = read(source)
    target = folder / f"{source.stem}.parquet"
    schema = pa.schema([("input_ids", pa.list_(pa.int32()))])
    with pq.ParquetWriter(target, schema, compression="zstd", compression_level=1) as writer:
        for first in range(0, len(indexed.lengths), 4096):
            lengths = indexed.lengths[first : first + 4096]
            start = int(indexed.starts[first])
            values = np.asarray(indexed.tokens[start : start + int(lengths.sum())]).astype(np.int32)
            offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
            column = pa.ListArray.from_arrays(pa.array(offsets), pa.array(values))
            writer.write_batch(pa.record_batch([column], schema=schema))
    return [target]


def write_metaseq(source: Path, folder: Path) -> list[Path]:
    """<stem>.jsonl from a text bucket, uncompressed so that metaseq can map it: {"text", "meta"} a line, the
    way OPT-175B's shards were. metaseq tokenises as it loads and adds the end of a document itself."""
    target = folder / f"{source.stem}.jsonl"
    with target.open("w", encoding="utf-8", newline="\n") as file:
        for batch in pq.ParquetFile(source).iter_batches(
            1024, columns=["id", "source", "language", "text"], use_threads=False
        ):
            for row in batch.to_pylist():
                meta = {"id": row["id"], "source": row["source"], "language": row["language"]}
                file.write(json.dumps({"text": row["text"], "meta": meta}, ensure_ascii=False) + "\n")
    return [target]
