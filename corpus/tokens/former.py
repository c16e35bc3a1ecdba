"""What a bucket was encoded to before: documents that did not change are taken over, not encoded again.

Loading an encoder of 250,000 entries takes 4 CPU seconds; a removal, which takes one document out of one
bucket, then needs none.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import xxhash
from numpy.typing import NDArray

from corpus.batch import text_buffer
from corpus.tokens.megatron import read
from corpus.work import Former

__all__ = ["Encoded", "encoded", "text_digests"]


class Encoded(NamedTuple):
    """Documents of a bucket: their ids, `text_digests` and tokens, and the metadata of the summary."""

    ids: pa.Array
    digests: NDArray[np.uint64]
    tokens: list[NDArray[np.uint32]]
    metadata: dict[str, int]

    def find(self, ids: pa.Array, digests: NDArray[np.uint64]) -> NDArray[np.int64]:
        """The number here of each of these documents, -1 where it is not, or not with this text."""
        places = pc.fill_null(pc.index_in(ids, self.ids), -1)
        found: NDArray[np.int64] = places.to_numpy().astype(np.int64)
        found[(found >= 0) & (self.digests[found] != digests)] = -1
        return found


def encoded(former: Former | None) -> Encoded | None:
    """The documents of the former outputs of a bucket; None where there are none, or where the reference
    encoded them (`switched`): whether it has to do so again is not known before."""
    if former is None or former.counts.get("switched"):
        return None
    ids, digests, tokens = [], [], []
    for name, path in sorted(former.outputs.items()):
        if not name.endswith(".bin"):
            continue
        rows = pq.read_table(former.outputs[name.removesuffix(".bin") + ".parquet"])
        indexed = read(path)
        values = np.asarray(indexed.tokens, np.uint32)
        ids.append(rows["id"].combine_chunks())
        digests.append(rows["text_digest"].to_numpy())
        tokens += np.split(values, np.cumsum(indexed.lengths)[:-1])
    if not ids:
        return None
    metadata = pq.read_schema(former.outputs["summary.parquet"]).metadata
    return Encoded(
        pa.concat_arrays(ids),
        np.concatenate(digests),
        tokens,
        {key.decode(): int(value) for key, value in metadata.items() if value.isdigit()},
    )


def text_digests(texts: pa.Array, redacted: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """xxh3-64 of what is encoded of each document: its text, and whether placeholders in it are tokens."""
    data, offsets = text_buffer(texts)
    view, digest = data.data, xxhash.xxh3_64_intdigest
    bounds = offsets.tolist()
    values = (
        digest(view[start:end], has)
        for start, end, has in zip(bounds, bounds[1:], redacted.tolist(), strict=False)
    )
    return np.fromiter(values, np.uint64, len(texts))
