"""Arrow schemas and column names of the files in a run."""

from __future__ import annotations

import pyarrow as pa

__all__ = ["DOCUMENTS", "SPANS", "TEXT"]

#: documents/: one row per document read. `id` is 32 hexadecimal digits (xxh3-128); `language` is what the
#: source declares; `row` is the record's index in `file`, which is relative to the source's root;
#: `meta` is a JSON object.
DOCUMENTS = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("language", pa.string(), nullable=False),
        pa.field("text", pa.large_string(), nullable=False),
        pa.field("url", pa.string(), nullable=False),
        pa.field("licence", pa.string(), nullable=False),
        pa.field("file", pa.string(), nullable=False),
        pa.field("row", pa.int64(), nullable=False),
        pa.field("native_id", pa.string(), nullable=False),
        pa.field("meta", pa.string(), nullable=False),
    ]
)

#: A personal-data span: byte offsets into the document's UTF-8 text, half-open. Never the value itself.
SPANS = pa.list_(
    pa.struct(
        [
            pa.field("start", pa.int64()),
            pa.field("end", pa.int64()),
            pa.field("kind", pa.string()),
            pa.field("score", pa.float32()),
            pa.field("validator", pa.string()),
        ]
    )
)

#: text/: the clean corpus, survivors only, in order of the keyed hash of their id.
TEXT = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("language", pa.string(), nullable=False),
        pa.field("text", pa.large_string(), nullable=False),
        pa.field("url", pa.string(), nullable=False),
        pa.field("licence", pa.string(), nullable=False),
        pa.field("cluster_size", pa.int32(), nullable=False),
        # Not a map: the `datasets` library reads no maps.
        pa.field(
            "redactions",
            pa.list_(pa.struct([pa.field("kind", pa.string()), pa.field("count", pa.int32())])),
            nullable=False,
        ),
    ]
)
