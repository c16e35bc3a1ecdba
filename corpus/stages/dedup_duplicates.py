"""Step `dedup.duplicates`, a single task: for every document shard, its documents that are in a cluster.

inputs   bands: bands.parquet of all shards (only footers are read); clusters: all clusters.parquet
output   <shard key>.parquet for every shard of the corpus: `DUPLICATES`, ordered by row of the shard;
         clusters.json, overlap.json: {"overlap": …, "histogram": …}: `dedup_summary`, shards by their keys
counts   documents/<source>/<language> that took part; duplicates/<source>/<language> and kept/... of them;
         kind/<kind>: duplicates of each kind
memory   one row group of each partition
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from corpus.errors import GateError
from corpus.stages.dedup_bands import source_language_counts
from corpus.stages.dedup_files import header
from corpus.stages.dedup_summary import merge
from corpus.work import Counts, Work

__all__ = ["DUPLICATES", "check_losses", "duplicates", "losses"]

#: duplicates/: one row for each document in a cluster of two or more; the survivor's row has survivor == id.
#: `cluster` is the survivor's id; `similarity` to the survivor is the Jaccard index of the shingle sets.
DUPLICATES = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("survivor", pa.string(), nullable=False),
        pa.field("cluster", pa.string(), nullable=False),
        pa.field("cluster_size", pa.int32(), nullable=False),
        pa.field("similarity", pa.float32(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
    ]
)

#: Clusters in the message of the guard.
_SHOWN = 5


def duplicates(work: Work) -> Counts:
    """Write one file a shard and the summaries; see the module."""
    counts: Counter[str] = Counter()
    for path in work.each("bands"):
        head = header(path)
        if not head["against"]:
            counts.update(head["counts"])
    counts.update({f"kept/{_rest(name)}": count for name, count in counts.items()})
    paths = list(work.each("clusters"))
    heads = [header(path) for path in paths]
    summary = merge(head["summary"] for head in heads)
    cursors = [_Cursor(path) for path in paths]
    for shard, facts in enumerate(heads[0]["shards"] if heads else []):
        table = pa.concat_tables([cursor.take(shard) for cursor in cursors])
        if facts["against"]:
            continue
        table = table.sort_by("row").combine_chunks()
        removed = table.filter(pc.not_equal(table["kind"], "survivor"))
        lost = source_language_counts("duplicates", removed["source"], removed["language"])
        counts.update(lost)
        counts.subtract({f"kept/{_rest(name)}": count for name, count in lost.items()})
        for found in removed["kind"].value_counts().to_pylist():
            counts[f"kind/{found['values']}"] += found["counts"]
        table = table.append_column("cluster", table["survivor"])
        output = pa.table([table[name] for name in DUPLICATES.names], schema=DUPLICATES)
        path = work.output(f"{facts['shard']}.parquet")
        pq.write_table(output, path, compression="zstd", compression_level=1)
    largest = summary.pop("largest")
    for item in [*largest, *(member for cluster in largest for member in cluster["members"])]:
        item["shard"] = heads[0]["shards"][item["shard"]]["shard"]
    _write_json(work, "clusters.json", largest)
    _write_json(work, "overlap.json", summary)
    return dict(sorted(counts.items()))


class _Cursor:
    """The rows of a clusters.parquet shard by shard, in order."""

    def __init__(self, path: Path) -> None:
        self.file = pq.ParquetFile(path)
        self.schema = self.file.schema_arrow.remove_metadata()
        self.group = 0
        self.rest = self.schema.empty_table()

    def take(self, shard: int) -> pa.Table:
        parts = []
        while True:
            if not len(self.rest):
                if self.group == self.file.num_row_groups:
                    break
                self.rest = self.file.read_row_group(self.group).replace_schema_metadata()
                self.group += 1
            same = int(pc.sum(pc.equal(self.rest["shard"], shard)).as_py() or 0)
            parts.append(self.rest.slice(0, same))
            self.rest = self.rest.slice(same)
            if len(self.rest):
                break
        return pa.concat_tables(parts) if parts else self.schema.empty_table()


def check_losses(
    counts: Mapping[str, int],
    max_loss_ratio: float,
    max_loss_documents: int = 20,
    largest: Sequence[Mapping[str, Any]] = (),
    of_source: Mapping[str, float] | None = None,
    look: Callable[[Mapping[str, Any]], Iterable[str]] = lambda cluster: (),
) -> None:
    """Raise GateError where a source or a language loses more than this ratio of its documents to duplicates.

    counts are those of the step; sources and languages of fewer documents than `max_loss_documents` are
    left alone; `of_source` has other ratios, by source; of `largest` (clusters.json) those that have to do
    with the loss are shown in the message, and of each what `look` says.
    """
    had: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    for name, count in counts.items():
        what, _, rest = name.partition("/")
        source, _, language = rest.rpartition("/")
        for cell in (f"source '{source}'", f"language '{language}'"):
            if what == "documents":
                had[cell] += count
            elif what == "duplicates":
                lost[cell] += count
    ratios = {f"source '{name}'": ratio for name, ratio in (of_source or {}).items()}
    over = [
        f"{cell} loses {lost[cell]} of {had[cell]} documents ({lost[cell] / had[cell]:.0%})"
        for cell in sorted(had)
        if had[cell] >= max_loss_documents and lost[cell] > ratios.get(cell, max_loss_ratio) * had[cell]
    ]
    if not over:
        return
    lines = [f"deduplication takes more than max_loss_ratio = {max_loss_ratio:g}:", *over]
    if largest:
        cells = {cell.partition(" loses ")[0] for cell in over}
        lines.append("largest clusters:")
        for cluster in [found for found in largest if _cells(found) & cells][:_SHOWN]:
            lines.append(
                f"  {cluster['size']} documents, survivor {cluster['survivor']} of {cluster['source']}"
            )
            lines += [f"    {line}" for line in look(cluster)]
        stricter = "raise dedup.minhash.threshold"
    else:
        stricter = "raise dedup.substring.min_bytes or dedup.templates.min_documents, or set action: mark"
    lines.append(
        f"if these are duplicates, raise max_loss_ratio of the source or of dedup; if not, {stricter}"
    )
    raise GateError("\n".join(lines))


def _cells(cluster: Mapping[str, Any]) -> set[str]:
    """The source and the languages a cluster takes documents from, named as in the message."""
    return {*(f"source '{name}'" for name in cluster["sources"]), f"language '{cluster['language']}'"}


def losses(counts: Mapping[str, int]) -> Counts:
    """The counts of `scatter` in the form `check_losses` takes: documents that took part, and duplicates."""
    found: Counter[str] = Counter()
    for name, count in counts.items():
        what, _, rest = name.partition("/")
        if what in ("kept", "duplicates"):
            found[f"documents/{rest}"] += count
        if what == "duplicates":
            found[name] += count
    return dict(found)


def _rest(name: str) -> str:
    return name.partition("/")[2]


def _write_json(work: Work, name: str, value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    work.output(name).write_text(text + "\n", encoding="utf-8")
