"""A record batch of documents, with the derived arrays that several signals share."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

__all__ = ["Batch", "TextBuffer", "Words"]


class TextBuffer(NamedTuple):
    """UTF-8 bytes of all documents back to back: document i is data[offsets[i]:offsets[i+1]]."""

    data: NDArray[np.uint8]
    offsets: NDArray[np.int64]


class Words(NamedTuple):
    """Words of all documents in order: document i owns words offsets[i]:offsets[i+1].

    starts and ends are byte positions in the batch's TextBuffer.data.
    """

    hashes: NDArray[np.uint64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    offsets: NDArray[np.int64]


class Batch:
    """Documents of one record batch; text and words are decoded at most once."""

    def __init__(self, record: pa.RecordBatch) -> None:
        self.record = record

    def __len__(self) -> int:
        return int(self.record.num_rows)

    def column(self, name: str) -> pa.Array:
        """The column as Arrow array; raises KeyError where the batch has none of that name."""
        return self.record.column(name)

    @cached_property
    def text(self) -> TextBuffer:
        return text_buffer(self.record.column("text"))

    @cached_property
    def words(self) -> Words:
        from corpus.kernels import words as word_kernel  # numba takes most of a second to import

        return Words(*word_kernel.split(self.text.data, self.text.offsets))

    def with_columns(self, columns: pa.RecordBatch) -> Batch:
        """A batch with these columns added; the arrays already derived are kept."""
        record = self.record
        for name in columns.schema.names:
            record = record.append_column(name, columns.column(name))
        batch = Batch(record)
        for shared in ("text", "words"):
            if shared in self.__dict__:
                batch.__dict__[shared] = self.__dict__[shared]
        return batch


def text_buffer(array: pa.Array) -> TextBuffer:
    """The bytes and int64 offsets behind a large_string array, without a copy; nulls read as empty."""
    if array.type != pa.large_string():
        array = array.cast(pa.large_string())
    _, offsets_buffer, data_buffer = array.buffers()
    if offsets_buffer is None or len(array) == 0:
        return TextBuffer(np.zeros(0, np.uint8), np.zeros(len(array) + 1, np.int64))
    offsets = np.frombuffer(offsets_buffer, np.int64)[array.offset : array.offset + len(array) + 1]
    data = np.frombuffer(data_buffer, np.uint8) if data_buffer is not None else np.zeros(0, np.uint8)
    first, last = int(offsets[0]), int(offsets[-1])
    return TextBuffer(data[first:last], offsets - first)
