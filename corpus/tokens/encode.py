"""Step `encode`: a text bucket as token ids, one Megatron dataset for each language.

Each document is one sequence with the end-of-document token inside; the Parquet file beside it says which
document that is, so that any token can be traced and any document removed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from corpus.errors import ConfigError, Problem
from corpus.tokens import encoder
from corpus.tokens.keys import keys
from corpus.tokens.megatron import token_type, write_index
from corpus.tokens.segments import cut
from corpus.tokens.upsample import cluster_class
from corpus.work import Counts, Work

__all__ = ["SIDECAR", "SUMMARY", "encode"]

#: <language>.parquet: row i describes sequence i; offset is in tokens from the beginning of the .bin.
SIDECAR = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("language", pa.string(), nullable=False),
        pa.field("tokens", pa.int32(), nullable=False),
        pa.field("offset", pa.int64(), nullable=False),
        pa.field("bytes", pa.int64(), nullable=False),
        pa.field("cluster_size", pa.int32(), nullable=False),
    ]
)

#: summary.parquet: sums over the bucket's documents, by language, source and class of their cluster (see
#: `corpus.tokens.upsample`).
SUMMARY = pa.schema(
    [
        pa.field("language", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("cluster_class", pa.int8(), nullable=False),
        pa.field("documents", pa.int64(), nullable=False),
        pa.field("tokens", pa.int64(), nullable=False),
        pa.field("bytes", pa.int64(), nullable=False),
    ]
)


@dataclass
class _Audit:
    every: int
    seed: int
    documents: int = 0


@dataclass
class _Language:
    """What one language's files are made from, as it grows."""

    file: BinaryIO
    lengths: list[NDArray[np.int64]] = field(default_factory=list)
    rows: list[pa.Table] = field(default_factory=list)
    used: int = 0


def encode(work: Work) -> Counts:
    """Encodes the input `text` (Parquet, schema.TEXT) with the input `tokenizer` (tokenizer.json).

    Writes <language>.bin, .idx and .parquet (SIDECAR), and summary.parquet (SUMMARY; its metadata holds
    `end_of_document`, `padding`, `vocabulary` as ids). Options: end_of_document, padding (texts of special
    tokens), placeholders, seed, audit_every: one document in so many, and the first, is encoded with Hugging
    Face tokenizers too; at the first difference the whole bucket is encoded with those, and `switched` is 1.
    """
    options = work.options
    encoders = encoder.load(work.input("tokenizer"))
    ids = {text: _id(encoders, text) for text in (options["end_of_document"], *options["placeholders"])}
    padding = options.get("padding") or options["end_of_document"]
    special = {"end_of_document": ids[options["end_of_document"]], "padding": _id(encoders, padding)}
    tails = np.array(
        [*(ids[text] for text in options["placeholders"]), special["end_of_document"]], np.uint32
    )
    kind = token_type(encoders.vocabulary)

    audit = _Audit(int(options.get("audit_every", 2000)), int(options["seed"]))
    languages = sorted(
        pc.unique(pq.read_table(work.input("text"), columns=["language"])["language"]).to_pylist()
    )
    switched = encoders.fast is None
    while True:
        audit.documents = 0
        # Opening truncates, so a second pass begins anew.
        files = {name: _Language((work.folder / f"{name}.bin").open("wb")) for name in languages}
        same = True
        for batch in pq.ParquetFile(work.input("text")).iter_batches(
            1024,
            columns=["id", "source", "language", "text", "cluster_size", "redactions"],
            use_threads=False,
        ):
            tokens, lengths = _tokens(batch, encoders, tails, options["placeholders"], switched)
            if not switched and not _agrees(batch, encoders, tokens, lengths, tails, work, audit):
                same = False
                break
            _add(batch, tokens.astype(kind), lengths, files)
        for name in languages:
            files[name].file.close()
        if same:
            break
        switched = True
    for name in languages:
        _finish(work, name, files[name], kind)
    summary = _summary([row for name in languages for row in files[name].rows])
    metadata = {**special, "vocabulary": encoders.vocabulary, "item_bytes": kind.itemsize}
    pq.write_table(
        summary.replace_schema_metadata({key: str(value) for key, value in metadata.items()}),
        work.output("summary.parquet"),
    )
    totals = {name: pc.sum(summary[name]).as_py() or 0 for name in ("documents", "tokens", "bytes")}
    return {**totals, "audited": audit.documents, "switched": int(switched)}


def _id(encoders: encoder.Encoders, text: str) -> int:
    number = encoders.token_id(text)
    if number is None:
        problem = f"the tokenizer has no token '{text}'; add it to its special tokens"
        raise ConfigError([Problem("tokenizer", 0, 0, problem)])
    return number


def _tokens(
    batch: pa.RecordBatch,
    encoders: encoder.Encoders,
    tails: NDArray[np.uint32],
    placeholders: Sequence[str],
    reference: bool,
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Ids of all documents back to back, and the tokens of each."""
    redacted = np.diff(np.asarray(batch["redactions"].offsets)) > 0
    segments = cut(batch["text"].to_pylist(), redacted.tolist(), placeholders)
    method = encoders.reference if reference or encoders.fast is None else encoders.fast
    ids, offsets = method(segments.texts)
    # Every segment is followed by exactly one special token: a placeholder, or the end of the document.
    ends = offsets[1:] + np.arange(len(offsets) - 1)
    merged = np.empty(len(ids) + len(ends), np.uint32)
    plain = np.ones(len(merged), np.bool_)
    plain[ends] = False
    merged[ends] = tails[np.asarray(segments.tails, np.int64)]
    merged[plain] = ids
    lengths = np.bincount(
        np.asarray(segments.documents, np.int64), weights=np.diff(offsets) + 1, minlength=batch.num_rows
    )
    return merged, lengths.astype(np.int64)


def _agrees(
    batch: pa.RecordBatch,
    encoders: encoder.Encoders,
    tokens: NDArray[np.uint32],
    lengths: NDArray[np.int64],
    tails: NDArray[np.uint32],
    work: Work,
    audit: _Audit,
) -> bool:
    """Whether the reference gives the same ids for the audited documents of this batch."""
    chosen = keys(audit.seed, "audit", batch["id"].to_pylist()) % np.uint64(audit.every) == 0
    chosen[:1] |= audit.documents == 0
    rows = np.flatnonzero(chosen)
    if not len(rows):
        return True
    audit.documents += len(rows)
    expected, _ = _tokens(batch.take(pa.array(rows)), encoders, tails, work.options["placeholders"], True)
    ends = np.cumsum(lengths)
    got = [tokens[ends[row] - lengths[row] : ends[row]] for row in rows]
    return np.array_equal(np.concatenate(got), expected)


def _add(
    batch: pa.RecordBatch, tokens: NDArray[Any], lengths: NDArray[np.int64], files: dict[str, _Language]
) -> None:
    """Appends a batch's documents to the files of their languages."""
    ends = np.cumsum(lengths)
    names = batch["language"].dictionary_encode()
    numbers = names.indices.to_numpy()
    sizes = pc.binary_length(batch["text"]).cast(pa.int64())
    for number, name in enumerate(names.dictionary.to_pylist()):
        language = files[name]
        rows = np.flatnonzero(numbers == number)
        pieces = [tokens[ends[row] - lengths[row] : ends[row]] for row in rows]
        language.file.write(np.concatenate(pieces).tobytes())
        counts = lengths[rows]
        offsets = language.used + np.cumsum(counts) - counts
        language.used += int(counts.sum())
        language.lengths.append(counts)
        take = pa.array(rows)
        language.rows.append(
            pa.table(
                [
                    batch["id"].take(take), batch["source"].take(take), batch["language"].take(take),
                    pa.array(counts.astype(np.int32)), pa.array(offsets), sizes.take(take),
                    batch["cluster_size"].take(take),
                ],
                schema=SIDECAR,
            )
        )  # fmt: skip


def _finish(work: Work, name: str, language: _Language, kind: np.dtype[Any]) -> None:
    work.output(f"{name}.bin")
    write_index(work.output(f"{name}.idx"), np.concatenate(language.lengths), kind)
    table = pa.concat_tables(language.rows)
    pq.write_table(table, work.output(f"{name}.parquet"), compression="zstd", compression_level=1)


def _summary(rows: list[pa.Table]) -> pa.Table:
    table = pa.concat_tables(rows) if rows else SIDECAR.empty_table()
    classes = cluster_class(table["cluster_size"].to_numpy())
    groups = ["language", "source", "cluster_class"]
    sums = (
        table.append_column("cluster_class", pa.array(classes))
        .group_by(groups, use_threads=False)
        .aggregate([("tokens", "count"), ("tokens", "sum"), ("bytes", "sum")])
    )
    columns = [*groups, "tokens_count", "tokens_sum", "bytes_sum"]
    ordered = sums.sort_by([(name, "ascending") for name in groups]).select(columns)
    return pa.Table.from_arrays([column.combine_chunks() for column in ordered.columns], schema=SUMMARY)
