"""Gates: what the counts of a step must meet for the build to go on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from corpus.errors import CorpusError
from corpus.manifest import Manifest
from corpus.opened import row_of
from corpus.stages.dedup_duplicates import check_losses, losses
from corpus.steps import Build
from corpus.totals import Totals
from corpus.work import Counts

__all__ = ["check", "check_early", "loses"]

#: While documents are being read nobody knows how many there will be: the rest is taken to hold up to this
#: many times as many a task as the part that was read, and nothing is said before so many were read.
_DENSER, _LEAST = 4, 1000
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
        raise CorpusError(
            f"{lost} of {total} documents could not be read or measured, {lost / total:.2%}, "
            f"more than max_quarantine_ratio {limit:.2%} allows; most in '{worst.removeprefix(prefix)}'. "
            f"See {build.folder.place.url} (*.quarantine.parquet in documents/, 'error' in decisions/)"
        )
