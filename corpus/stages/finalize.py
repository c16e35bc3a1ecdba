"""Finalize: survivors only, redacted, moved to buckets by the keyed hash of their id.

`scatter` works on document shards and writes one file in bucket order; `gather` works on buckets and reads
its part of every such file. Where a part is unchanged the bucket is not rewritten.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import xxhash
from numpy.typing import NDArray

from corpus.pii.redact import redact
from corpus.schema import TEXT
from corpus.stages.dedup_cut import KINDS, Cut, cut, emptied, read_spans
from corpus.storage import digest_bytes, write_parquet
from corpus.work import Counts, Work

__all__ = ["GATHER_VERSION", "SCATTER_VERSION", "bucket_name", "gather", "keyed_hashes", "scatter"]

SCATTER_VERSION = 1
GATHER_VERSION = 1
#: The column that orders documents inside a bucket; not part of the text that is published.
_ORDER = "order"


def bucket_name(bucket: int) -> str:
    """The key of a bucket: five digits."""
    return f"{bucket:05d}"


def keyed_hashes(ids: pa.Array, seed: int) -> NDArray[np.uint64]:
    """xxh3-64 of each id with the seed: decides bucket and order, so neither depends on scheduling."""
    hashes = (xxhash.xxh3_64_intdigest(text.encode(), seed) for text in ids.to_pylist())
    return np.fromiter(hashes, np.uint64, len(ids))


def scatter(work: Work) -> Counts:
    """Write `<key>.parquet`: survivors of a shard with their redacted text, one row group a bucket in use.

    inputs   documents; decisions; duplicates (absent without dedup); group/pii (absent without redaction);
             spans/substring, spans/template: what is cut out (absent where nothing is)
    options  source, seed, buckets, policy ("" for no redaction), key (of surrogates)
    parts    the digest of each bucket's rows, under the bucket's name
    counts   kept, bytes_kept, duplicates as "<name>/<source>/<language>"; duplicates_by/<kind>/…;
             redactions/<kind>/<source>/<language>; bytes_removed/<kind>/<source>/<language>: cut out of
             documents that are kept
    A document of which cutting leaves nothing but white space is a duplicate, of the kind that was cut.
    """
    documents = pq.read_table(work.input("documents")).combine_chunks()
    decisions = pq.read_table(work.input("decisions"), columns=["language", "verdict"]).combine_chunks()
    is_kept = pc.equal(decisions.column("verdict"), "kept").combine_chunks()
    duplicate, cluster_size, kinds = _duplicates(work, documents.column("id").combine_chunks())
    survivors = pc.and_(is_kept, pc.invert(duplicate))
    language = decisions.column("language").combine_chunks()
    rest, cut_kinds = _cut(work, documents, survivors)
    kinds = pc.coalesce(cut_kinds, kinds)
    duplicate = pc.or_(duplicate, pc.is_valid(cut_kinds))
    survivors = pc.and_(is_kept, pc.invert(duplicate))
    counts = _tally("duplicates", work.options["source"], language, pc.and_(is_kept, duplicate))
    for kind in sorted({kind for kind in kinds.to_pylist() if kind}):
        hit = pc.and_(pc.and_(is_kept, duplicate), pc.fill_null(pc.equal(kinds, kind), False))
        counts |= _tally(f"duplicates_by/{kind}", work.options["source"], language, hit)
    codes = language.to_pylist()
    for row, removed in rest.removed.items():
        for kind, size in removed.items() if survivors[row].as_py() else ():
            key = f"bytes_removed/{kind}/{work.options['source']}/{codes[row]}"
            counts[key] = counts.get(key, 0) + size

    rows = documents.filter(survivors).combine_chunks()
    language = language.filter(survivors)
    text, redactions = _redacted(work, rest, rows, survivors, language, counts)
    counts |= _tally("kept", work.options["source"], language, None)
    sizes = pc.binary_length(text.cast(pa.large_binary())).to_numpy(zero_copy_only=False)
    for code, size in zip(language.to_pylist(), sizes, strict=True):
        key = f"bytes_kept/{work.options['source']}/{code}"
        counts[key] = counts.get(key, 0) + int(size)

    ids = rows.column("id").combine_chunks()
    hashes = keyed_hashes(ids, work.options["seed"])
    table = pa.Table.from_arrays(
        [
            ids,
            rows.column("source").combine_chunks(),
            language,
            text,
            rows.column("url").combine_chunks(),
            rows.column("licence").combine_chunks(),
            cluster_size.filter(survivors),
            redactions,
        ],
        schema=TEXT,
    ).append_column(_ORDER, pa.array(hashes))
    _write(work, table, hashes)
    return counts


def _duplicates(work: Work, ids: pa.Array) -> tuple[pa.Array, pa.Array, pa.Array]:
    """For each document: whether it is a duplicate of a survivor, its cluster's size, the kind."""
    if "duplicates" not in work.inputs:
        return (
            pa.array(np.zeros(len(ids), bool)),
            pa.array(np.ones(len(ids), np.int32)),
            pa.nulls(len(ids), pa.string()),
        )
    found = pq.read_table(work.input("duplicates"), columns=["id", "cluster_size", "kind"])
    index = pc.index_in(ids, found.column("id").combine_chunks())
    at = found.take(pc.fill_null(index, 0)) if found.num_rows else None
    known = pc.is_valid(index)
    if at is None:
        return (
            pa.array(np.zeros(len(ids), bool)),
            pa.array(np.ones(len(ids), np.int32)),
            pa.nulls(len(ids), pa.string()),
        )
    # By kind, not by id: the survivor in an earlier corpus may be an earlier reading of the same document.
    is_duplicate = pc.and_(known, pc.not_equal(at.column("kind"), "survivor").combine_chunks())
    size = pc.if_else(known, at.column("cluster_size").combine_chunks(), pa.scalar(1, pa.int32()))
    kind = pc.if_else(
        known, at.column("kind").combine_chunks().cast(pa.string()), pa.scalar(None, pa.string())
    )
    return is_duplicate, size, kind


def _cut(work: Work, documents: pa.Table, survivors: pa.Array) -> tuple[Cut, pa.Array]:
    """All texts less what is cut out of the survivors, and of documents of which nothing is left the kind."""
    personal = None
    if work.options["policy"]:
        table = pq.read_table(work.input("group/pii"), columns=["pii_spans"])
        personal = table.column("pii_spans").combine_chunks()
    spans: dict[int, dict[str, list[tuple[int, int]]]] = {}
    for kind in KINDS:
        for path in work.each(f"spans/{kind}"):
            for row, found in read_spans(path).items():
                if survivors[row].as_py():
                    spans.setdefault(row, {})[kind] = found
    rest = cut(documents.column("text").combine_chunks(), spans, personal)
    kinds: list[str | None] = [None] * len(documents)
    for row, removed in rest.removed.items():
        kinds[row] = emptied(rest.text[row].as_py(), removed)
    return rest, pa.array(kinds, pa.string())


def _redacted(
    work: Work, rest: Cut, rows: pa.Table, survivors: pa.Array, language: pa.Array, counts: Counts
) -> tuple[pa.Array, pa.Array]:
    """The text with personal data replaced, and the number of redactions by kind for each document."""
    text = rest.text.filter(survivors)
    if rest.personal is None:
        return text, pa.array([[]] * len(text), TEXT.field("redactions").type)
    spans = rest.personal.filter(survivors)
    ids = rows.column("id").combine_chunks()
    text = redact(text, spans, ids, work.options["policy"], work.options["key"])
    kinds = []
    for code, found in zip(language.to_pylist(), spans.to_pylist(), strict=True):
        of_document: dict[str, int] = {}
        for span in found or ():
            kind = span["kind"]
            of_document[kind] = of_document.get(kind, 0) + 1
            key = f"redactions/{kind}/{work.options['source']}/{code}"
            counts[key] = counts.get(key, 0) + 1
        kinds.append([{"kind": k, "count": n} for k, n in sorted(of_document.items())])
    return text, pa.array(kinds, TEXT.field("redactions").type)


def _tally(name: str, source: str, language: pa.Array, hit: pa.Array | None) -> Counts:
    chosen = language if hit is None else language.filter(hit)
    return {
        f"{name}/{source}/{item['values']}": item["counts"] for item in pc.value_counts(chosen).to_pylist()
    }


def _write(work: Work, table: pa.Table, hashes: NDArray[np.uint64]) -> None:
    buckets = hashes % np.uint64(work.options["buckets"])
    order = np.lexsort((hashes, buckets))
    name = f"{work.key}.parquet"
    with pq.ParquetWriter(work.output(name), table.schema, compression="zstd", compression_level=1) as writer:
        for bucket in np.unique(buckets):
            rows = order[buckets[order] == bucket]
            # taken, not sliced: the bytes of a slice depend on what lies before it
            part = table.take(pa.array(rows)).combine_chunks()
            writer.write_table(part, row_group_size=len(rows))
            sink = pa.BufferOutputStream()
            with pa.ipc.new_stream(sink, part.schema) as stream:
                stream.write_table(part)
            work.part(name, bucket_name(int(bucket)), digest_bytes(sink.getvalue()))
        writer.add_key_value_metadata({"buckets": ",".join(str(bucket) for bucket in np.unique(buckets))})


def gather(work: Work) -> Counts:
    """Write `<bucket>.parquet` (schema.TEXT): the bucket's documents in order of their keyed hash.

    inputs   scatter: the files of all shards
    options  bucket
    counts   documents, bytes
    """
    bucket = work.options["bucket"]
    parts = []
    for path in work.each("scatter"):
        file = pq.ParquetFile(path)
        held = (file.metadata.metadata or {}).get(b"buckets", b"").decode().split(",")
        if str(bucket) in held:
            parts.append(file.read_row_group(held.index(str(bucket))))
    table = (
        pa.concat_tables(parts)
        if parts
        else TEXT.empty_table().append_column(_ORDER, pa.array([], pa.uint64()))
    )
    table = table.sort_by([(_ORDER, "ascending"), ("id", "ascending")]).drop_columns([_ORDER])
    table = table.cast(TEXT).combine_chunks()
    write_parquet(table, work.output(f"{work.key}.parquet"))
    size = pc.sum(pc.binary_length(table.column("text"))).as_py() or 0
    return {"documents": table.num_rows, "bytes": int(size)}
