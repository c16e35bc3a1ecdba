"""Step `encode`: a text bucket as token ids, one Megatron dataset for each language.

Each document is one sequence with the end-of-document token inside; the Parquet file beside it says which
document that is, so that any token can be traced and any document removed.
"""

from __future__ import annotations

import functools
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
from corpus.tokens.former import Encoded, encoded, text_digests
from corpus.tokens.keys import keys
from corpus.tokens.megatron import token_type, write_index
from corpus.tokens.segments import cut, redacted
from corpus.tokens.upsample import cluster_class
from corpus.work import Counts, Work

__all__ = ["SIDECAR", "SUMMARY", "encode"]

#: <language>.parquet: row i describes sequence i; offset is in tokens from the beginning of the .bin;
#: text_digest stands for the text that was encoded (`text_digests`).
SIDECAR = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("language", pa.string(), nullable=False),
        pa.field("tokens", pa.int32(), nullable=False),
        pa.field("offset", pa.int64(), nullable=False),
        pa.field("bytes", pa.int64(), nullable=False),
        pa.field("cluster_size", pa.int32(), nullable=False),
        pa.field("text_digest", pa.uint64(), nullable=False),
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


#: Bytes of text that a bucket which is renewed encodes with the reference: 0.8 CPU seconds of it, instead of
#: 3.5 to load fastokens.
_FEW = 1_000_000


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
    tokens), placeholders, seed, audit_every: one document in so many, and the one with the smallest key, is
    encoded with Hugging Face tokenizers too; at the first difference the whole bucket is encoded with those,
    and `switched` is 1. Documents that `work.former` holds as they are now are taken over from there.
    """
    former = encoded(work.former)
    job = _Job(work, is_new=former is None)
    listed = pq.read_table(work.input("text"), columns=["id", "language"])
    languages = sorted(pc.unique(listed["language"]).to_pylist())
    audited = job.audited(listed["id"].combine_chunks())
    special = former.metadata if former else {**job.special(), "vocabulary": job.encoders().vocabulary}
    kind = token_type(special["vocabulary"])
    switched = former is None and job.encoders().fast is None
    while True:
        # Opening truncates, so a second pass begins anew.
        files = {name: _Language((work.folder / f"{name}.bin").open("wb")) for name in languages}
        same = True
        for batch in pq.ParquetFile(work.input("text")).iter_batches(
            1024,
            columns=["id", "source", "language", "text", "cluster_size", "redactions"],
            use_threads=False,
        ):
            digests = text_digests(batch["text"], redacted(batch))
            tokens = job.known(batch, digests, former, audited)
            new = [row for row, item in enumerate(tokens) if item is None]
            if new:
                chosen = batch.take(pa.array(new))
                made = job.tokens(chosen, switched)
                if not switched and not job.agrees(chosen, made, audited):
                    same = False
                    break
                for row, item in zip(new, made, strict=True):
                    tokens[row] = item
            _add(batch, digests, [item.astype(kind) for item in tokens if item is not None], files)
        for name in languages:
            files[name].file.close()
        if same:
            break
        switched, former = True, None
    for name in languages:
        _finish(work, name, files[name], kind)
    summary = _summary([row for name in languages for row in files[name].rows])
    metadata = {**special, "item_bytes": kind.itemsize}
    pq.write_table(
        summary.replace_schema_metadata({key: str(value) for key, value in metadata.items()}),
        work.output("summary.parquet"),
    )
    totals = {name: pc.sum(summary[name]).as_py() or 0 for name in ("documents", "tokens", "bytes")}
    return {**totals, "audited": 0 if switched else len(audited), "switched": int(switched)}


class _Job:
    """The encoders of a task, loaded when a document has to be encoded, and what they are asked for."""

    def __init__(self, work: Work, is_new: bool) -> None:
        self.path, self.options = work.input("tokenizer"), work.options
        self._left = 0 if is_new else _FEW

    def encoders(self, size: int = 0) -> encoder.Encoders:
        """For `size` more bytes of text: the reference alone for the little a renewed bucket may need."""
        self._left -= size
        return encoder.load_slow(self.path) if self._left > 0 else encoder.load(self.path)

    def special(self) -> dict[str, int]:
        """The ids of the special tokens that packing needs."""
        end = self.options["end_of_document"]
        return {"end_of_document": self._id(end), "padding": self._id(self.options.get("padding") or end)}

    @functools.cached_property
    def _tails(self) -> NDArray[np.uint32]:
        """The ids of the placeholders; the last one ends a document."""
        texts = (*self.options["placeholders"], self.options["end_of_document"])
        return np.array([self._id(text) for text in texts], np.uint32)

    def _id(self, text: str) -> int:
        number = self.encoders().token_id(text)
        if number is None:
            problem = f"the tokenizer has no token '{text}'; add it to its special tokens"
            raise ConfigError([Problem("tokenizer", 0, 0, problem)])
        return number

    def audited(self, ids: pa.Array) -> frozenset[str]:
        """Those of the documents of a bucket that are audited."""
        names = ids.to_pylist()
        values = keys(int(self.options["seed"]), "audit", names)
        every = np.uint64(self.options.get("audit_every", 2000))
        rows = {*np.flatnonzero(values % every == 0).tolist(), *([int(values.argmin())] if names else [])}
        return frozenset(names[row] for row in rows)

    def known(
        self,
        batch: pa.RecordBatch,
        digests: NDArray[np.uint64],
        former: Encoded | None,
        audited: frozenset[str],
    ) -> list[NDArray[np.uint32] | None]:
        """The tokens of each document, None for those that have to be encoded, or audited, now."""
        if former is None:
            return [None] * batch.num_rows
        unseen = audited - self.audited(former.ids)
        found = zip(batch["id"].to_pylist(), former.find(batch["id"], digests).tolist(), strict=True)
        return [former.tokens[at] if at >= 0 and name not in unseen else None for name, at in found]

    def tokens(self, batch: pa.RecordBatch, reference: bool) -> list[NDArray[np.uint32]]:
        """The ids of each document."""
        segments = cut(batch["text"].to_pylist(), redacted(batch).tolist(), self.options["placeholders"])
        encoders = self.encoders(batch["text"].nbytes)
        method = encoders.reference if reference or encoders.fast is None else encoders.fast
        ids, offsets = method(segments.texts)
        # Every segment is followed by exactly one special token: a placeholder, or the end of the document.
        ends = offsets[1:] + np.arange(len(offsets) - 1)
        merged = np.empty(len(ids) + len(ends), np.uint32)
        plain = np.ones(len(merged), np.bool_)
        plain[ends] = False
        merged[ends] = self._tails[np.asarray(segments.tails, np.int64)]
        merged[plain] = ids
        lengths = np.bincount(
            np.asarray(segments.documents, np.int64), weights=np.diff(offsets) + 1, minlength=batch.num_rows
        )
        return np.split(merged, np.cumsum(lengths.astype(np.int64))[:-1])

    def agrees(
        self, batch: pa.RecordBatch, tokens: Sequence[NDArray[np.uint32]], audited: frozenset[str]
    ) -> bool:
        """Whether the reference gives the same ids for the audited documents of this batch."""
        rows = [row for row, name in enumerate(batch["id"].to_pylist()) if name in audited]
        expected = self.tokens(batch.take(pa.array(rows)), True) if rows else []
        return all(np.array_equal(tokens[row], ids) for row, ids in zip(rows, expected, strict=True))


def _add(
    batch: pa.RecordBatch,
    digests: NDArray[np.uint64],
    tokens: Sequence[NDArray[Any]],
    files: dict[str, _Language],
) -> None:
    """Appends a batch's documents to the files of their languages."""
    lengths = np.fromiter(map(len, tokens), np.int64, len(tokens))
    names = batch["language"].dictionary_encode()
    numbers = names.indices.to_numpy()
    sizes = pc.binary_length(batch["text"]).cast(pa.int64())
    for number, name in enumerate(names.dictionary.to_pylist()):
        language = files[name]
        rows = np.flatnonzero(numbers == number)
        language.file.write(np.concatenate([tokens[row] for row in rows.tolist()]).tobytes())
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
                    batch["cluster_size"].take(take), pa.array(digests[rows]),
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
