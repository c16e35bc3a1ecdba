"""Step `count`: how often each pre-token occurs in each language of a text bucket.

Everything a tokenizer is trained on; languages are weighted later, so new weights never read the text again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from corpus.batch import text_buffer
from corpus.tokens.keys import shares
from corpus.tokens.memory import release
from corpus.tokens.patterns import PATTERNS
from corpus.tokens.segments import cut
from corpus.work import Counts, Work

if TYPE_CHECKING:
    from corpus.kernels.bpe_count import Table

__all__ = ["COUNTS", "HELD_OUT", "count", "held_out", "row_groups", "stretches"]

COUNTS = pa.schema(
    [
        pa.field("language", pa.string(), nullable=False),
        pa.field("piece", pa.large_binary(), nullable=False),
        pa.field("count", pa.int64(), nullable=False),
    ]
)

#: held_out.parquet: documents the tokenizer is judged by, in bucket order.
HELD_OUT = pa.schema(
    [
        pa.field("language", pa.string(), nullable=False),
        pa.field("text", pa.large_string(), nullable=False),
    ]
)

#: A full table is written out and emptied, so a task holds at most this many distinct pieces and bytes.
MOST_PIECES = 1 << 22
MOST_BYTES = 1 << 27


def held_out(seed: int, ids: Sequence[str], ratio: float) -> NDArray[np.bool_]:
    """Which documents the tokenizer is not trained on, but judged by."""
    return shares(seed, "tokenizer-held-out", ids) < ratio


def count(work: Work) -> Counts:
    """Counts pieces of the input `text` (Parquet, schema.TEXT) into counts.parquet (schema COUNTS).

    A piece may have several rows, one for each time the table was full; they add up. Documents held out are
    not counted; the first `sample_bytes` of them in each language, redacted ones left out, go to
    held_out.parquet for the card. Options: pattern, max_piece_bytes, held_out_ratio, sample_bytes, seed,
    placeholders, most_pieces (distinct pieces in memory), dedup_lines (a line counts once; lines are compared
    by a 64-bit hash, without the white space at their ends). With it, the input `lines` names the bucket's
    own lines.bin and `lines_before` those of the buckets before it, whose lines are not counted again.
    """
    from corpus.kernels.bpe_classes import classes
    from corpus.kernels.bpe_count import count_pieces, larger, new_table
    from corpus.tokens.lines import found_before

    options = work.options
    path = work.input("text")
    languages = sorted(pc.unique(pq.ParquetFile(path).read(["language"])["language"]).to_pylist())
    most_pieces = int(options.get("most_pieces", MOST_PIECES))
    table = new_table(most_pieces, MOST_BYTES)
    totals = np.zeros(3, np.int64)
    scanner = PATTERNS[options["pattern"]].scanner
    longest = int(options["max_piece_bytes"])
    documents = 0
    sample: dict[str, list[str]] = {name: [] for name in languages}
    known = np.zeros(0, np.uint64) if options.get("dedup_lines") else None
    for own in work.each("lines"):
        known = found_before(own, work.each("lines_before"))
    with pq.ParquetWriter(
        work.output("counts.parquet"), COUNTS, compression="zstd", compression_level=1
    ) as writer:
        for data, offsets, numbers, read in stretches(path, options, languages, sample, known):
            documents += read
            document, position = 0, 0
            while document < len(offsets) - 1:
                document, position = count_pieces(
                    data, offsets, numbers, classes(), scanner, longest, document, position, *table, totals
                )
                if document < len(offsets) - 1:
                    grown = larger(table, most_pieces, MOST_BYTES)
                    if grown is not None:
                        table = grown
                        continue
                    if table.state[0] == 0:
                        raise ValueError(f"a piece of at most {longest} bytes does not fit in {MOST_BYTES}")
                    _write(writer, table, languages)
        _write(writer, table, languages)
    names = [name for name, texts in sample.items() for _ in texts]
    texts = [text for found in sample.values() for text in found]
    held = pa.table([pa.array(names, pa.string()), pa.array(texts, pa.large_string())], schema=HELD_OUT)
    pq.write_table(held, work.output("held_out.parquet"), compression="zstd", compression_level=1)
    return {
        "documents": documents,
        "pieces": int(totals[0]),
        "pieces_too_long": int(totals[1]),
        "too_long_bytes": int(totals[2]),
    }


def row_groups(path: Path, columns: Sequence[str], rows: int) -> Iterator[pa.RecordBatch]:
    """Batches of so many rows. Arrow would keep what it read one group with for the next, more than a table
    of counts takes."""
    file = pq.ParquetFile(path)
    for group in range(file.num_row_groups):
        yield from file.iter_batches(rows, [group], list(columns), use_threads=False)
        release()


def stretches(
    path: Path,
    options: Mapping[str, Any],
    languages: Sequence[str],
    sample: dict[str, list[str]],
    known: NDArray[np.uint64] | None = None,
) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int16], int]]:
    """Text bytes, their offsets, the language number of each stretch, and how many documents these are;
    adds held-out documents to `sample`. Lines in `known`, or given before, are left out; None: none are."""
    room = dict.fromkeys(languages, int(options.get("sample_bytes", 0)))
    ratio, seed = float(options["held_out_ratio"]), int(options["seed"])
    placeholders = list(options["placeholders"])
    for batch in row_groups(path, ["id", "language", "text", "redactions"], 256):
        keep = ~held_out(seed, batch["id"].to_pylist(), ratio)
        redactions = np.diff(np.asarray(batch["redactions"].offsets)) > 0
        for row in np.flatnonzero(~keep & ~redactions).tolist():
            name, text = batch["language"][row].as_py(), batch["text"][row].as_py()
            if room[name] > 0:
                room[name] -= len(text.encode())
                sample[name].append(text)
        for rows, cutting in ((keep & ~redactions, False), (keep & redactions, True)):
            part = batch if rows.all() else batch.filter(pa.array(rows))
            numbers = pc.index_in(part["language"], pa.array(languages)).to_numpy(zero_copy_only=False)
            text = part["text"]
            if cutting:
                segments = cut(text.to_pylist(), [True] * part.num_rows, placeholders)
                text = pa.array(segments.texts, pa.large_string())
                numbers = numbers[np.asarray(segments.documents, np.int64)]
            if len(text):
                data, offsets = text_buffer(text)
                if known is not None:
                    data, offsets, known = _without_repeats(data, offsets, known)
                data = data.view()
                data.flags.writeable = False
                yield data, offsets, numbers.astype(np.int16), part.num_rows


def _without_repeats(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], known: NDArray[np.uint64]
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.uint64]]:
    """The text without lines it holds before or that are known, and the lines known from then on."""
    from corpus.kernels.line_hashes import line_hashes

    hashes, starts, ends, _ = line_hashes(data, offsets, 1)
    distinct, first = np.unique(hashes, return_index=True)
    repeated = np.ones(len(hashes), np.bool_)
    repeated[first[~np.isin(distinct, known)]] = False
    change = np.zeros(len(data) + 1, np.int32)
    change[starts[repeated]] += 1
    np.subtract.at(change, ends[repeated], 1)
    kept = np.cumsum(change[:-1]) == 0
    moved = np.append(0, np.cumsum(kept)).astype(np.int64)
    return data[kept], moved[offsets], np.union1d(known, distinct)


def _write(writer: pq.ParquetWriter, table: Table, languages: Sequence[str]) -> None:
    """Writes the table's entries, in order of first occurrence, and empties it."""
    entries, used = (int(number) for number in table.state)
    offsets = np.append(table.starts, used).astype(np.int64)
    piece = pa.Array.from_buffers(
        pa.large_binary(), entries, [None, pa.py_buffer(offsets), pa.py_buffer(table.arena[:used])]
    )
    names = pa.DictionaryArray.from_arrays(
        pa.array(table.groups.astype(np.int32)), pa.array(list(languages), pa.string())
    )
    columns = [names.cast(pa.string()), piece, pa.array(table.counts.copy())]
    writer.write_table(pa.Table.from_arrays(columns, schema=COUNTS), row_group_size=1 << 17)
    table.slots[:] = 0
    table.state[:] = 0
