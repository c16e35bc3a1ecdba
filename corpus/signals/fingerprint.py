"""Fingerprints of a document, from which duplicates are found: content hash, URL hash, MinHash signature."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from corpus.batch import Batch, text_buffer
from corpus.kernels import content, minhash, shingles, simhash
from corpus.recipe import DedupOptions, FingerprintOptions, SimHashOptions
from corpus.signal import signal
from corpus.signals.url_key import UrlKeys

__all__ = ["Fingerprint", "fixed_binary", "sketch_array", "sketch_column"]


@signal(
    name="fingerprint",
    columns={
        "content_hash": pa.binary(16),
        "url_hash": pa.uint64(),
        "minhash": pa.binary(),
        "simhash": pa.uint64(),
        "shingle_count": pa.int32(),
    },
    version=3,
)
class Fingerprint:
    """content_hash: MurmurHash3 128 of the normalised text. url_hash: 64 bits of the URL's key; null without
    a web address. minhash: uint16 little-endian minima; null for a text without words. simhash: null for
    texts without words or too long. shingle_count: shingles of the text, repeated ones counted."""

    def __init__(self, options: FingerprintOptions | DedupOptions | None = None) -> None:
        measured = options.fingerprint if isinstance(options, DedupOptions) else options
        self.options = measured or FingerprintOptions()
        self.urls = UrlKeys(self.options.url) if self.options.url is not None else None

    def __call__(self, batch: Batch) -> pa.RecordBatch:
        options = self.options
        size = len(batch)
        columns: dict[str, pa.Array] = {
            "content_hash": pa.nulls(size, pa.binary(16)),
            "url_hash": pa.nulls(size, pa.uint64()),
            "minhash": pa.nulls(size, pa.binary()),
            "simhash": pa.nulls(size, pa.uint64()),
        }
        if options.normalise is not None:
            mode = content.ROOTS if options.normalise == "roots" else content.ONE_SPACE
            hashes = content.content_hashes(batch.text.data, batch.text.offsets, mode)
            columns["content_hash"] = fixed_binary(hashes)
        if self.urls is not None:
            columns["url_hash"] = _url_hashes(batch, self.urls)
        words = batch.words
        values, offsets = shingles.shingles(words.hashes, words.offsets, options.shingle)
        if options.minima:
            sketches = minhash.signatures(values, offsets, options.minima)
            columns["minhash"] = sketch_column(sketches, np.diff(offsets) > 0)
        if options.simhash is not None:
            columns["simhash"] = _simhashes(batch, options.simhash)
        columns["shingle_count"] = pa.array(np.diff(offsets).astype(np.int32))
        return pa.record_batch(list(columns.values()), list(columns))


def fixed_binary(rows: NDArray[np.generic]) -> pa.Array:
    """The rows of a two-dimensional array as fixed-size binary values."""
    width = rows.itemsize * rows.shape[1]
    return pa.Array.from_buffers(
        pa.binary(width), len(rows), [None, pa.py_buffer(np.ascontiguousarray(rows).tobytes())]
    )


def sketch_column(sketches: NDArray[np.uint16], valid: NDArray[np.bool_]) -> pa.Array:
    """Signatures as a binary column, null where not valid."""
    lengths = np.where(valid, sketches.itemsize * sketches.shape[1], 0)
    offsets = np.zeros(len(sketches) + 1, np.int32)
    np.cumsum(lengths, out=offsets[1:])
    data = sketches if valid.all() else sketches[valid]
    mask = pa.py_buffer(np.packbits(valid, bitorder="little").tobytes())
    return pa.Array.from_buffers(
        pa.binary(),
        len(sketches),
        [mask, pa.py_buffer(offsets.tobytes()), pa.py_buffer(data.astype("<u2").tobytes())],
    )


def sketch_array(column: pa.Array) -> tuple[NDArray[np.uint16], NDArray[np.bool_]]:
    """(sketches uint16 [rows, minima], valid): the inverse of `sketch_column`; zeros where null."""
    valid = column.is_valid().to_numpy(zero_copy_only=False)
    lengths = (
        np.diff(np.frombuffer(column.buffers()[1], np.int32)[column.offset :][: len(column) + 1])
        if len(column)
        else np.zeros(0, np.int32)
    )
    width = int(lengths.max(initial=0)) // 2
    sketches = np.zeros((len(column), width), np.uint16)
    if width:
        present = column.drop_null()
        start = np.frombuffer(present.buffers()[1], np.int32)[present.offset]
        data = np.frombuffer(present.buffers()[2], np.uint8)[start : start + 2 * width * len(present)]
        sketches[valid] = data.view(np.dtype("<u2")).reshape(len(present), width)
    return sketches, valid


def _simhashes(batch: Batch, options: SimHashOptions) -> pa.Array:
    """English by words, other languages by characters, as ROOTS did."""
    words = batch.words
    by_word = simhash.simhashes(words.hashes, words.offsets, options.window)
    tokens, offsets = simhash.characters(batch.text.data, words.starts, words.ends, words.offsets)
    by_character = simhash.simhashes(tokens, offsets, options.window)
    english = np.array([language == "en" for language in batch.column("language").to_pylist()], np.bool_)
    missing = (np.diff(words.offsets) == 0) | (np.diff(batch.text.offsets) > options.max_bytes)
    return pa.array(np.where(english, by_word, by_character), mask=missing)


def _url_hashes(batch: Batch, urls: UrlKeys) -> pa.Array:
    sources = batch.column("source").to_pylist()
    keys = [
        urls.key(url, source) for url, source in zip(batch.column("url").to_pylist(), sources, strict=True)
    ]
    buffer = text_buffer(pa.array(keys, pa.large_string()))
    hashes = content.string_hashes(buffer.data, buffer.offsets)
    return pa.array(hashes, mask=np.array([not key for key in keys], np.bool_))
