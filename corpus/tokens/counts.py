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
from corpus.footprint import release_memory
from corpus.languages import is_code
from corpus.tokens.by_language import LanguageWriter, row_groups
from corpus.tokens.keys import shares
from corpus.tokens.patterns import PATTERNS
from corpus.tokens.repeats import FirstOnly, Repeats
from corpus.tokens.segments import cut, redacted
from corpus.work import Counts, Work

if TYPE_CHECKING:
    from corpus.kernels.bpe_count import Table

__all__ = ["COUNTS", "HELD_OUT", "count", "held_out", "stretches"]

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

#: Documents of a language in a bucket from which on one is held out: a tenth of the text at most.
_ENOUGH = 10


def held_out(seed: int, ids: Sequence[str], languages: Sequence[str], ratio: float) -> NDArray[np.bool_]:
    """Which documents of a bucket the tokenizer is not trained on, but judged by: this share of them, and at
    least one of each language that has _ENOUGH; none where the share is 0."""
    drawn = shares(seed, "tokenizer-held-out", ids)
    chosen = drawn < ratio
    names, numbers = np.unique(np.asarray(languages, np.str_), return_inverse=True)
    for number in range(len(names) if ratio else 0):
        rows = np.flatnonzero(numbers == number)
        if len(rows) >= _ENOUGH and not chosen[rows].any():
            chosen[rows[np.argmin(drawn[rows])]] = True
    return chosen


def count(work: Work) -> Counts:
    """Counts pieces of the input `text` (Parquet, schema.TEXT) into counts.parquet (schema COUNTS, by
    language: `corpus.tokens.by_language`).

    A piece may have several rows, one for each time the table was full; they add up. Documents held out are
    not counted; the first `sample_bytes` of them in each language, redacted ones left out, go to
    held_out.parquet for the card. Options: pattern, max_piece_bytes, held_out_ratio, sample_bytes, seed,
    placeholders, most_pieces (distinct pieces in memory), dedup_lines and dedup_documents (see
    `corpus.tokens.repeats`). With one of these the input `lines` is the bucket's own lines.bin and
    `lines_before` are those of the buckets before it, whose lines and documents are not counted again.
    """
    from corpus.kernels.bpe_classes import classes
    from corpus.kernels.bpe_count import count_pieces, larger, new_table

    release_memory()
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
    repeats = Repeats(options)
    if options.get("dedup_lines") or options.get("dedup_documents"):
        repeats = FirstOnly(options, work.input("lines"), work.each("lines_before"))
    writer = LanguageWriter(work, "counts.parquet", COUNTS)
    for data, offsets, numbers, read in stretches(path, options, languages, sample, repeats):
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
    writer.close()
    held = LanguageWriter(work, "held_out.parquet", HELD_OUT)
    for name, texts in sample.items():
        held.add(name, [pa.array(texts, pa.large_string())])
    held.close()
    del table, repeats
    release_memory()
    return {
        "documents": documents,
        "pieces": int(totals[0]),
        "pieces_too_long": int(totals[1]),
        "too_long_bytes": int(totals[2]),
    }


def stretches(
    path: Path,
    options: Mapping[str, Any],
    languages: Sequence[str],
    sample: dict[str, list[str]],
    repeats: Repeats,
) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int16], int]]:
    """Text bytes, their offsets, the language number of each stretch, and how many documents these are;
    adds held-out documents to `sample`. `repeats` chooses what counts of the others."""
    room = dict.fromkeys(languages, int(options.get("sample_bytes", 0)))
    ratio, seed = float(options["held_out_ratio"]), int(options["seed"])
    placeholders = list(options["placeholders"])
    code = np.array([is_code(name) for name in languages], np.bool_)
    names = pq.read_table(path, columns=["id", "language"])
    held = held_out(seed, names["id"].to_pylist(), names["language"].to_pylist(), ratio)
    del names
    at = 0
    for batch in row_groups(path, ["id", "language", "text", "redactions"], 256):
        keep = ~held[at : at + batch.num_rows]
        at += batch.num_rows
        redactions = redacted(batch)
        for row in np.flatnonzero(~keep & ~redactions).tolist():
            name, text = batch["language"][row].as_py(), batch["text"][row].as_py()
            if room[name] > 0:
                room[name] -= len(text.encode())
                sample[name].append(text)
        trained = np.flatnonzero(keep)
        keep[trained] = repeats.documents(batch["text"].take(pa.array(trained)))
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
                data, offsets = repeats.lines(data, offsets, code[numbers])
                data = data.view()
                data.flags.writeable = False
                yield data, offsets, numbers.astype(np.int16), part.num_rows


def _write(writer: LanguageWriter, table: Table, languages: Sequence[str]) -> None:
    """Writes the table's entries, those of a language in order of first occurrence, and empties it."""
    entries, used = (int(number) for number in table.state)
    offsets = np.append(table.starts, used).astype(np.int64)
    piece = pa.Array.from_buffers(
        pa.large_binary(), entries, [None, pa.py_buffer(offsets), pa.py_buffer(table.arena[:used])]
    )
    groups, amounts = table.groups, pa.array(table.counts.copy())
    for number, language in enumerate(languages):
        rows = np.flatnonzero(groups == number)
        if len(rows) == entries:  # the only language: nothing to pick out
            writer.add(language, [piece, amounts])
        else:
            writer.add(language, [piece.take(pa.array(rows)), amounts.take(pa.array(rows))])
    table.slots[:] = 0
    table.state[:] = 0
