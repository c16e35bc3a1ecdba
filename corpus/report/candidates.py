"""Words of a run that a reviewer may add to the list of a language: ranked, from documents with signs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from corpus.batch import Batch
from corpus.report.shards import Shard, spread
from corpus.signals.adult_candidates import Candidate, candidates, count_words

__all__ = ["ranked"]

#: A document is marked from this score on: what the filters quarantine.
_MARKED = 0.3


def ranked(found: Sequence[Shard], language: str) -> tuple[int, int, list[Candidate]]:
    """(marked documents, other documents, candidates, best first) of one language, over a bounded number of
    shards."""
    totals = [0, 0]

    def batches() -> Iterator[tuple[Batch, NDArray[np.bool_]]]:
        for shard in spread([shard for shard in found if shard.path("signals/adult").is_file()]):
            decided = shard.read("decisions", ["language"])["language"]
            rows = np.flatnonzero(pc.equal(decided, language).to_numpy(zero_copy_only=False))
            if not rows.size:
                continue
            chosen = pa.array(rows)
            score = shard.read("signals/adult", ["adult_score"])["adult_score"].take(chosen)
            marked = np.asarray(pc.fill_null(score, 0.0).to_numpy(), np.float64) > _MARKED
            totals[0] += int(marked.sum())
            totals[1] += int((~marked).sum())
            text = shard.read("documents", ["text"])["text"].take(chosen).combine_chunks()
            yield Batch(pa.record_batch([text.cast(pa.large_string())], ["text"])), marked

    words = candidates(count_words(batches()))
    return totals[0], totals[1], words
