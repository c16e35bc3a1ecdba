"""Contamination: of every benchmark, what the documents of a build hold."""

from __future__ import annotations

from corpus.recipe import ContaminationOptions
from corpus.signals.contamination import Benchmarks, contamination_report
from corpus.storage import write_json
from corpus.work import Counts, Work

__all__ = ["VERSION", "report"]

VERSION = 3


def report(work: Work) -> Counts:
    """Write report.json: for each benchmark its items, and those found; `contamination_report` has the keys.

    inputs   benchmark/<name>; signals: the contamination signals of all shards; decisions: theirs, same order
    options  settings (ContaminationOptions)
    counts   items/<benchmark>, items_found/<benchmark>, documents/<benchmark>
    """
    options = ContaminationOptions.model_validate(work.options["settings"])
    files = {name: work.input(f"benchmark/{name}") for name in options.benchmarks}
    shards = zip(work.each("signals"), work.each("decisions"), strict=True)
    found = contamination_report(Benchmarks.read(files, options), shards)
    write_json(work.output("report.json"), found)
    return {
        f"{what}/{name}": int(facts[what])
        for name, facts in found.items()
        for what in ("items", "items_found", "documents")
    }
