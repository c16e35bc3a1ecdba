"""The account of a run: what became of every document, by source and language, and proof that it adds up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from corpus.errors import CorpusError

__all__ = ["Account", "Cell", "account", "add", "check", "named"]

#: Counts of a step by name, as manifest.json holds them.
StepCounts = Mapping[str, Mapping[str, int]]
Place = tuple[str, str]


@dataclass
class Cell:
    """Documents and bytes of one source in one language, or of several of them added up.

    documents_in   read, or met and found unreadable; bytes_in are UTF-8 bytes of those read, after cleaning
    quarantined    unreadable + failed (a signal raised on them) + those a filter sends there
    bytes_kept     UTF-8 bytes after redaction
    empty          records without text after cleaning: never documents, so in no sum
    """

    documents_in: int = 0
    bytes_in: int = 0
    kept: int = 0
    dropped: int = 0
    duplicates: int = 0
    quarantined: int = 0
    bytes_kept: int = 0
    tokens: int = 0
    unreadable: int = 0
    failed: int = 0
    empty: int = 0


_NAMES = tuple(field.name for field in fields(Cell))


@dataclass(frozen=True)
class Account:
    """Cells by (source, language); `has_tokens` says whether the run has encoded its text."""

    cells: Mapping[Place, Cell]
    has_tokens: bool

    def where(self, source: str = "", language: str = "") -> Cell:
        """The sum over a source, a language, both or, where both are empty, everything."""
        return add(
            cell
            for (a, b), cell in self.cells.items()
            if (not source or a == source) and (not language or b == language)
        )

    def languages(self, source: str = "") -> list[str]:
        """The languages documents count as, in order of their codes."""
        return sorted({b for a, b in self.cells if not source or a == source})


def add(cells: Iterable[Cell]) -> Cell:
    """The sum, field by field."""
    total = Cell()
    for cell in cells:
        for name in _NAMES:
            setattr(total, name, getattr(total, name) + getattr(cell, name))
    return total


def named(counts: Mapping[str, int], prefix: str) -> dict[Place, int]:
    """The counts "<prefix>/<source>/<language>" by (source, language)."""
    start = prefix + "/"
    found: dict[Place, int] = {}
    for name, value in counts.items():
        if name.startswith(start):
            source, _, language = name.removeprefix(start).rpartition("/")
            found[source, language] = found.get((source, language), 0) + value
    return found


def account(steps: StepCounts) -> Account:
    """The account of the counts of all steps; raises CorpusError naming the step at which it does not add up.

    Documents that could not be read count under the language their source declares, all others under the
    language they were found to be in.
    """
    check(steps)
    documents, decisions = steps.get("documents", {}), steps.get("decisions", {})
    scatter, tokens = steps.get("scatter", {}), steps.get("tokens", {})
    cells: dict[Place, Cell] = {}
    for name, counts, prefix in (
        ("documents_in", decisions, "documents_in"),
        ("documents_in", documents, "quarantined"),
        ("unreadable", documents, "quarantined"),
        ("quarantined", documents, "quarantined"),
        ("empty", documents, "empty"),
        ("bytes_in", decisions, "bytes_in"),
        ("dropped", decisions, "dropped"),
        ("quarantined", decisions, "quarantined"),
        ("failed", decisions, "failed"),
        ("kept", scatter, "kept"),
        ("duplicates", scatter, "duplicates"),
        ("bytes_kept", scatter, "bytes_kept"),
        ("tokens", tokens, "tokens"),
    ):
        for place, value in named(counts, prefix).items():
            cell = cells.setdefault(place, Cell())
            setattr(cell, name, getattr(cell, name) + value)
    for place, cell in sorted(cells.items()):
        if cell.documents_in != cell.kept + cell.dropped + cell.duplicates + cell.quarantined:
            raise _error("scatter", f"{place[0]}/{place[1]}", cell.documents_in, _parts(cell))
    return Account(dict(sorted(cells.items())), has_tokens="tokens" in steps)


def check(steps: StepCounts) -> None:
    """Follow the documents from step to step; raises CorpusError naming the first that loses any."""
    documents, decisions = steps.get("documents", {}), steps.get("decisions", {})
    read, unreadable = _by_source(documents, "documents_in"), _by_source(documents, "quarantined")
    decided = _by_source(decisions, "documents_in")
    for source in sorted({*read, *decided}):
        expected = read.get(source, 0) - unreadable.get(source, 0)
        if decided.get(source, 0) != expected:
            raise _error("decisions", source, expected, f"decided {decided.get(source, 0)}")
    totals = {name: named(decisions, name) for name in ("documents_in", "kept", "dropped", "quarantined")}
    for place, value in sorted(totals["documents_in"].items()):
        parts = {name: totals[name].get(place, 0) for name in ("kept", "dropped", "quarantined")}
        if sum(parts.values()) != value:
            raise _error("decisions", "/".join(place), value, _shown(parts))
    scatter = steps.get("scatter", {})
    kept, duplicates = named(scatter, "kept"), named(scatter, "duplicates")
    for place in sorted({*totals["kept"], *kept, *duplicates}):
        parts = {"kept": kept.get(place, 0), "duplicates": duplicates.get(place, 0)}
        if sum(parts.values()) != totals["kept"].get(place, 0):
            raise _error("scatter", "/".join(place), totals["kept"].get(place, 0), _shown(parts))
    encoded = named(steps.get("tokens", {}), "documents")
    for place in sorted({*encoded, *kept}) if encoded else ():
        if encoded.get(place, 0) != kept.get(place, 0):
            raise _error("tokens", "/".join(place), kept.get(place, 0), f"encoded {encoded.get(place, 0)}")
    for step in ("text", "tokens"):
        written = steps.get(step, {}).get("documents")
        if written is not None and written != sum(kept.values()):
            raise _error(step, "all sources", sum(kept.values()), f"written {written}")


def _by_source(counts: Mapping[str, int], prefix: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for (source, _), value in named(counts, prefix).items():
        found[source] = found.get(source, 0) + value
    return found


def _parts(cell: Cell) -> str:
    return _shown({name: getattr(cell, name) for name in ("kept", "dropped", "duplicates", "quarantined")})


def _shown(parts: Mapping[str, Any]) -> str:
    return " + ".join(f"{name} {value}" for name, value in parts.items())


def _error(step: str, where: str, expected: int, found: str) -> CorpusError:
    return CorpusError(
        f"step '{step}', {where}: {expected} documents went in, but {found}; "
        "delete the folder of the step and its manifests and build again"
    )
