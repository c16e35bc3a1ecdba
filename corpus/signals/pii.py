"""Personal data as a signal: where it is, of which kind, how much of the text; never the value."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from corpus.batch import Batch
from corpus.pii.detector import Detector
from corpus.pii.kinds import Span
from corpus.pii.names import Names
from corpus.pii.presidio import PresidioRecognizers
from corpus.recipe import PiiOptions
from corpus.schema import SPANS
from corpus.signal import signal

__all__ = ["PersonalData", "spans_array"]


def spans_array(spans: list[list[Span]]) -> pa.Array:
    """Lists of spans as an Arrow array of `schema.SPANS`."""
    flat = [span for document in spans for span in document]
    offsets = np.zeros(len(spans) + 1, np.int32)
    np.cumsum([len(document) for document in spans], out=offsets[1:])
    fields = [pa.array([span[i] for span in flat], field.type) for i, field in enumerate(SPANS.value_type)]
    values = pa.StructArray.from_arrays(fields, fields=list(SPANS.value_type))
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values).cast(SPANS)


@signal(
    name="pii",
    columns={"pii_spans": SPANS, "pii_count": pa.int64(), "pii_ratio": pa.float64()},
    reads=("language_assigned",),
    version=3,
)
class PersonalData:
    """pii_spans: byte spans with kind, score, validator; pii_count: spans; pii_ratio: bytes in spans,
    0..1."""

    def __init__(self, options: PiiOptions | None = None) -> None:
        options = options or PiiOptions()
        kinds = frozenset(options.kinds) if options.kinds else None
        recognizers = PresidioRecognizers(options.presidio) if options.presidio else None
        names = Names(options.names) if options.names else None

        def extra(text: str, language: str) -> list[Span]:
            found = recognizers.document(text) if recognizers else []
            return found + names.document(text, language) if names else found

        self.detector = Detector(kinds, options.min_score, extra if recognizers or names else None)

    def __call__(self, batch: Batch) -> pa.RecordBatch:
        data, offsets = batch.text
        languages = [value or "" for value in batch.column("language_assigned").to_pylist()]
        spans = self.detector.batch(data, offsets, languages)
        counts = [len(document) for document in spans]
        covered = np.array(
            [sum(span.end - span.start for span in document) for document in spans], np.float64
        )
        ratios = covered / np.maximum(np.diff(offsets), 1)
        return pa.record_batch(
            [spans_array(spans), pa.array(counts, pa.int64()), pa.array(ratios, pa.float64())],
            ["pii_spans", "pii_count", "pii_ratio"],
        )
