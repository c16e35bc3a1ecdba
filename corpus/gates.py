"""Gates: what the counts of a step must meet for the build to go on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from corpus.errors import CorpusError
from corpus.manifest import Manifest
from corpus.opened import row_of
from corpus.stages.annotate import ERROR
from corpus.stages.dedup_duplicates import check_losses, losses
from corpus.steps import Build
from corpus.totals import Totals
from corpus.work import Counts

__all__ = ["check", "check_early", "loses"]

#: While documents are being read nobody knows how many there will be: the rest is taken to hold up to this
#: many times as many a task as the part that was read, and nothing is said before so many were read.
_DENSER, _LEAST = 4, 1000
#: Errors shown of documents that were lost to them.
_EXAMPLES = 3
#: Characters shown of a document in a message.
_EXCERPT = 200


def check(step: str, build: Build, totals: Mapping[str, Totals]) -> None:
    """Raise CorpusError or GateError where what has ended does not meet a gate."""
    dedup = build.project.pipeline.dedup
    named = {source.name: source.recipe.max_loss_ratio for source in build.project.sources}
    ratios = {name: ratio for name, ratio in named.items() if ratio is not None}
    if step == "documents":
        counts = totals["documents"].counts
        _check_quarantine(build, counts, "quarantined/", _sum(counts, "documents_in/"))
    if step == "decisions":
        counts = totals["decisions"].counts
        _check_quarantine(build, counts, "failed/", _sum(counts, "documents_in/"))
    if step == "duplicates":
        clusters = build.folder.json("duplicates/clusters.json")
        counts = totals["duplicates"].counts
        limits = dedup.max_loss_ratio, dedup.max_loss_documents
        check_losses(counts, *limits, clusters, ratios, lambda cluster: _begins(build, cluster))
    if step == "scatter":  # again, with the documents of which cutting left nothing
        counts = losses(totals["scatter"].counts)
        check_losses(counts, dedup.max_loss_ratio, dedup.max_loss_documents, of_source=ratios)


def _begins(build: Build, cluster: Mapping[str, Any]) -> Iterator[str]:
    """How the survivor of a cluster and its least similar member begin, personal data masked."""
    from corpus.report.mask import excerpts  # the detector of personal data: a second

    for name, item in (("survivor", cluster), *((m["kind"], m) for m in cluster["members"][:1])):
        path = build.folder.path("documents", f"{item['shard']}.parquet")
        if item["shard"].startswith("against.") or not path.is_file():
            continue  # of an earlier build
        document = row_of(path, item["row"])
        (text,) = excerpts([document["text"]], [document["language"]], _EXCERPT)
        similarity = f" {item['similarity']:.3f}" if "similarity" in item else ""
        yield f"{name}{similarity}: {' '.join(text.split())}"


def loses(manifest: Manifest) -> bool:
    """Whether documents were lost to errors in this task, so that the limit is worth a look."""
    return any(
        value and name.startswith(("quarantined/", "failed")) for name, value in manifest.counts.items()
    )


def check_early(step: str, build: Build, totals: Mapping[str, Totals], share: float) -> None:
    """Raise CorpusError as soon as the limit on lost documents can no longer be met; `share` of the tasks
    have ended. Which tasks those are depends on the workers; whether the build ends well does not.
    """
    if step == "documents":
        counts = totals["documents"].counts
        read = _sum(counts, "documents_in/")
        if read >= _LEAST:
            _check_quarantine(build, counts, "quarantined/", round(read + _DENSER * read * (1 / share - 1)))
    elif step == "signals":
        counts = totals["documents"].counts
        total = _sum(counts, "documents_in/") - _sum(counts, "quarantined/")
        for name, found in totals.items():
            if name.startswith("signals/"):
                failed = {f"failed/{name}": found.count("failed")}
                _check_quarantine(build, failed, "failed/", total)


def _sum(counts: Counts, prefix: str) -> int:
    return sum(value for name, value in counts.items() if name.startswith(prefix))


def _check_quarantine(build: Build, counts: Counts, prefix: str, total: int) -> None:
    """Documents lost to errors, not to filters, above the limit: the input or a plug-in is broken."""
    lost = _sum(counts, prefix)
    limit = build.project.pipeline.max_quarantine_ratio
    if total and lost / total > limit:
        worst = max((name for name in counts if name.startswith(prefix)), key=lambda name: counts[name])
        where = worst.removeprefix(prefix)
        lines = [
            f"{lost} of {total} documents could not be read or measured, {lost / total:.2%}, "
            f"more than max_quarantine_ratio {limit:.2%} allows; most in '{where}':",
            *(f"  {example}" for example in _examples(build, where, prefix == "quarantined/")),
            f"all: {build.folder.place.url} (*.quarantine.parquet in documents/, 'error' in decisions/)",
            f"mend the input, leave files out in `languages` of the source, or raise max_quarantine_ratio in "
            f"pipelines/{build.project.pipeline_name}.yaml",
        ]
        raise CorpusError("\n".join(lines))


def _examples(build: Build, where: str, unread: bool) -> Iterator[str]:
    """Where the first documents of different errors stand and what the errors say, personal data masked."""
    from corpus.report.mask import excerpts  # the detector of personal data: a second

    group = where.removeprefix("signals/") if where.startswith("signals/") else ""
    folder = "documents" if unread else f"signals/{group}" if group else "decisions"
    inside = f"{folder}/" if group else f"{folder}/{where.rpartition('/')[0]}/"
    column = group + ERROR if group else "error"
    shown: set[str] = set()
    for name in sorted(build.folder.place.names(folder)):
        if not name.startswith(inside) or name.endswith(".quarantine.parquet") != unread:
            continue
        path = build.folder.place.bring([name]) / name
        if column not in pq.read_schema(path).names:
            continue
        table = pq.read_table(path)
        for row in table.filter(pc.is_valid(table[column])).to_pylist():
            error = row[column]
            if error in shown:
                continue
            shown.add(error)
            at = f"{row['file']}, row {row['row']}" if unread else row.get("id") or name
            yield f"{at}: {' '.join(excerpts([error], [''], _EXCERPT)[0].split())}"
            if len(shown) == _EXAMPLES:
                return
