"""report.json and what lies beside it: made from the manifests and Parquet of a finished run, nothing else.

The keys of report.json are described in docs/report.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from corpus.config import Project
from corpus.errors import CorpusError, StorageError
from corpus.filter import Filter, Range
from corpus.languages import LANGUAGES
from corpus.manifest import MANIFEST, RunFolder
from corpus.models import artefact
from corpus.place import Place
from corpus.report.account import Account, Cell, account, named
from corpus.report.confusion import confusion
from corpus.report.distribution import DISTRIBUTIONS
from corpus.report.parts import VERSION, Looked, filters_of, look
from corpus.report.reasons import filter_rows
from corpus.report.repeated import contamination, cuts
from corpus.run import TIMINGS
from corpus.storage import digest_bytes, read_json, write_parquet
from corpus.tokens.scatter import VALIDATION

__all__ = ["FILES", "REPORT", "collect", "write_report"]

REPORT = "report.json"
FILES = (REPORT, "report.html", "samples.parquet", "signals.parquet", "edits.parquet")

_NUMBERS = re.compile(rb"\[\s+[-+.\deE,\s]+\]")
_KEYS = ("documents_in", "bytes_in", "kept", "dropped", "duplicates", "quarantined", "bytes_kept", "tokens")
_DETAILS = ("unreadable", "failed", "empty")


def write_report(run: str | Path | RunFolder, project: Project | None = None) -> None:
    """Write the folder report/ of the run; nothing is done where it is of this run already.

    The recipe is the one the manifest says the run was made with, unless a project is given.
    Raises StorageError where the run is unfinished, CorpusError naming the step where the counts of the run
    do not add up.
    """
    from corpus.report.pages import render_report

    folder = run if isinstance(run, RunFolder) else RunFolder(run)
    place = folder.place
    manifest = place.read(MANIFEST)
    if manifest is None:
        raise StorageError(f"{place.url}: holds no finished build (no {MANIFEST}); run `corpus build` first")
    made_from = {
        "version": VERSION,
        "manifest": digest_bytes(manifest),
        "timings": digest_bytes(timings) if (timings := place.read(TIMINGS)) else "",
    }
    if _is_current(place, made_from):
        return
    report, looked = collect(folder, orjson.loads(manifest), project.describe() if project else None)
    report["made_from"] = made_from
    with TemporaryDirectory(prefix="corpus-report-") as scratch:
        for name, table in (
            ("samples.parquet", looked.samples),
            ("signals.parquet", pa.Table.from_pylist(looked.distributions, DISTRIBUTIONS)),
            ("edits.parquet", looked.edits),
        ):
            write_parquet(table, Path(scratch) / name)
            place.write(f"report/{name}", (Path(scratch) / name).read_bytes())
    place.write("report/report.html", render_report(report, looked.distributions).encode())
    place.write(f"report/{REPORT}", _json(report))  # last: from here on the report counts as written


def _json(report: Mapping[str, Any]) -> bytes:
    """Sorted and indented, with lists of numbers on one line."""
    data = orjson.dumps(report, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2)
    return _NUMBERS.sub(lambda match: re.sub(rb"\s+", b" ", match.group()), data) + b"\n"


def _is_current(place: Place, made_from: Mapping[str, Any]) -> bool:
    if any(place.size(f"report/{name}") is None for name in FILES):
        return False
    try:
        found = orjson.loads(place.read(f"report/{REPORT}") or b"")
    except orjson.JSONDecodeError:
        return False  # damaged: it is written anew
    return bool(found.get("made_from") == made_from)


def collect(
    folder: RunFolder, manifest: Mapping[str, Any], recipe: Mapping[str, Any] | None = None
) -> tuple[dict[str, Any], Looked]:
    """The report, and what it was made from."""
    place = folder.place
    recipe = recipe or manifest["recipe"]
    rules = filters_of(recipe)
    counts: dict[str, dict[str, int]] = {step["name"]: step["counts"] for step in manifest["steps"]}
    counts = _with_tokens(place, counts)
    ledger = account(counts)
    looked = look(folder, recipe)
    filters = filter_rows(rules, looked.tally, counts.get("decisions", {}))
    for item, shown in zip(rules, filters, strict=True):
        shown["bounds"] = _bounds(item, ledger.languages(), looked.measured)
    report = {
        "format": 1,
        "name": manifest["name"],
        "pipeline": manifest["pipeline"],
        "description": recipe["pipeline"]["description"],
        "corpus_version": manifest["corpus_version"],
        "root_digest": manifest["root_digest"],
        "limit": manifest["limit"],
        "unavailable": manifest["unavailable"],
        "totals": _entry(ledger.where(), ledger),
        "languages": {code: _language(code, ledger) for code in ledger.languages()},
        "sources": {
            name: _source(name, entry, ledger, manifest) for name, entry in sorted(recipe["sources"].items())
        },
        "filters": filters,
        "signals": _filtered(looked.distributions, rules),
        "language_models": _language_models(place, counts, ledger),
        "moved": _moved(counts.get("decisions", {})),
        "confusion": confusion(counts.get("decisions", {})),
        "duplicates": _duplicates(place, counts),
        "cuts": cuts(place, counts),
        "contamination": contamination(place),
        "redactions": _redactions(counts.get("scatter", {})),
        "personal_data": _looked_for(recipe),
        "adult": looked.adult,
        "unreadable": looked.unreadable,
        "tokenizer": counts.get("tokenizer"),
        "mixture": _mixture(place, counts),
        "packed": _packed(place, counts),
        "steps": _steps(place, manifest, counts, ledger),
    }
    return report, looked


def _with_tokens(place: Place, counts: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    """The counts, with documents and tokens by source and language from the summaries of the buckets."""
    if "tokens" not in counts:
        return counts
    found: dict[str, int] = {}
    for name in sorted(name for name in place.names("tokens") if name.endswith("/summary.parquet")):
        for row in pq.read_table(place.path(name)).to_pylist():
            for kind in ("documents", "tokens"):
                key = f"{kind}/{row['source']}/{row['language']}"
                found[key] = found.get(key, 0) + row[kind]
    return {**counts, "tokens": {**counts["tokens"], **found}}


def _entry(cell: Cell, ledger: Account) -> dict[str, Any]:
    values = {name: getattr(cell, name) for name in (*_KEYS, *_DETAILS)}
    values["bytes_per_token"] = cell.bytes_kept / cell.tokens if cell.tokens else None
    if not ledger.has_tokens:
        values["tokens"] = None
    return values


def _language(code: str, ledger: Account) -> dict[str, Any]:
    known = LANGUAGES.get(code)
    return {
        "name": known.name.replace("-", " ") if known else code,
        **_entry(ledger.where(language=code), ledger),
        "sources": sorted({source for source, language in ledger.cells if language == code}),
    }


def _source(
    name: str, recipe: Mapping[str, Any], ledger: Account, manifest: Mapping[str, Any]
) -> dict[str, Any]:
    # where the files are today is not part of what they are
    reader = {key: value for key, value in recipe["reader"].items() if key != "path"}
    return {
        **_entry(ledger.where(name), ledger),
        "catalogue": {**recipe, "reader": reader, "languages": list(recipe["languages"])},
        "unavailable": manifest["unavailable"].get(name, ""),
        "languages": {code: _entry(ledger.where(name, code), ledger) for code in ledger.languages(name)},
    }


def _bounds(
    item: Filter, languages: Sequence[str], measured: Mapping[tuple[str, str], list[int]]
) -> dict[str, Any]:
    """The default and, by language, what holds there: `off` where a recipe switches the filter off.

    measured and missing: documents with and without a value of the signal, among those looked at.
    """
    default = {**_range(item.default), "off": False}
    rows: dict[str, Any] = {}
    for language in languages:
        bounds = item.range_of(language)
        is_off = language in item.languages and item.languages[language] is None
        if bounds is None and not is_off:
            continue  # text filters do not apply to code, nor those of code to text
        with_value, without = measured.get((item.signal, language), (0, 0))
        rows[language] = {
            **_range(bounds or Range()),
            "off": is_off,
            "is_default": language not in item.languages,
            "measured": with_value,
            "missing": without,
        }
    return {"default": default, "languages": rows}


def _range(bounds: Range) -> dict[str, Any]:
    return asdict(bounds)


def _filtered(rows: Sequence[Mapping[str, Any]], filters: Sequence[Filter]) -> dict[str, Any]:
    """Of each source the distributions of the signals that filters are set on."""
    wanted = {item.signal for item in filters}
    found: dict[str, Any] = {}
    for row in rows:
        if row["signal"] in wanted:
            values = {name: value for name, value in row.items() if name not in ("source", "signal")}
            found.setdefault(row["source"], {})[row["signal"]] = values
    return found


def _language_models(
    place: Place, counts: Mapping[str, Any], ledger: Account
) -> dict[str, dict[str, Any]] | None:
    """Whether each natural language has a model for perplexity, and why not; None without the signal."""
    if "signals/perplexity" not in counts:
        return None
    found = {}
    for language in ledger.languages():
        if language not in LANGUAGES or language.startswith("code-"):
            continue
        path = place.path(f"language_models/{language}.lm")
        if not path.is_file():
            reason, size = "no source with text in this language is marked `reference: true`", 0
        else:
            model = artefact.read(path)
            reason, size = model.reason, model.reference_bytes
        found[language] = {"has_model": not reason, "reason": reason, "reference_bytes": size}
    return found


def _moved(counts: Mapping[str, int]) -> dict[str, dict[str, int]]:
    moved: dict[str, dict[str, int]] = {}
    for (declared, assigned), value in named(counts, "moved").items():
        moved.setdefault(declared, {})[assigned] = value
    return moved


def _duplicates(place: Place, counts: Mapping[str, Mapping[str, int]]) -> dict[str, Any] | None:
    """None where the recipe looks for no duplicates."""
    if "duplicates" not in counts:
        return None
    by_kind: dict[str, dict[str, int]] = {}
    kinds: dict[str, int] = {}
    for name, value in counts.get("scatter", {}).items():
        if name.startswith("duplicates_by/"):
            _, kind, rest = name.split("/", 2)
            source = rest.rpartition("/")[0]
            kinds[kind] = kinds.get(kind, 0) + value
            row = by_kind.setdefault(source, {})
            row[kind] = row.get(kind, 0) + value
    removed = sum(named(counts.get("scatter", {}), "duplicates").values())
    if sum(kinds.values()) != removed:
        raise CorpusError(
            f"step 'duplicates': {removed} documents were removed, the kinds add up to {sum(kinds.values())}"
        )
    return {
        "kinds": kinds,
        "sources": by_kind,
        "clusters": counts.get("dedup/clusters", {}).get("clusters", 0),
        **read_json(place.path("duplicates/overlap.json")),
        "largest": read_json(place.path("duplicates/clusters.json")),
    }


def _redactions(counts: Mapping[str, int]) -> dict[str, dict[str, Any]]:
    kinds: dict[str, int] = {}
    sources: dict[str, dict[str, int]] = {}
    languages: dict[str, dict[str, int]] = {}
    for name, value in counts.items():
        if not name.startswith("redactions/"):
            continue
        _, kind, rest = name.split("/", 2)
        source, _, language = rest.rpartition("/")
        kinds[kind] = kinds.get(kind, 0) + value
        for row in (sources.setdefault(source, {}), languages.setdefault(language, {})):
            row[kind] = row.get(kind, 0) + value
    return {"kinds": kinds, "sources": sources, "languages": languages}


def _looked_for(recipe: Mapping[str, Any]) -> dict[str, Any] | None:
    """What of personal data the pipeline looks for; None where it does not look."""
    options = recipe["pipeline"]["signals"].get("pii")
    if options is None:
        return None
    return {
        "policy": options["policy"],
        "kinds": [*options["kinds"], *options["presidio"]],
        "names": sorted(options["names"]),
    }


def _mixture(place: Place, counts: Mapping[str, Any]) -> Any:
    data = place.read("mixture/mixture.json") if "mixture" in counts else None
    return orjson.loads(data) if data else None


def _packed(place: Place, counts: Mapping[str, Mapping[str, int]]) -> dict[str, Any] | None:
    """Counts of the packed sequences and the tokens of each language; None where nothing is packed."""
    if "packed" not in counts:
        return None
    languages: dict[str, int] = {}
    for name in sorted(place.names("packed")):
        if not name.endswith(".parquet") or name == f"packed/{VALIDATION}.parquet":
            continue
        table = pq.read_table(place.path(name), columns=["language", "tokens"])
        sums = table.group_by("language", use_threads=False).aggregate([("tokens", "sum")])
        for row in sums.to_pylist():
            languages[row["language"]] = languages.get(row["language"], 0) + row["tokens_sum"]
    return {**counts["packed"], "languages": dict(sorted(languages.items()))}


def _steps(
    place: Place, manifest: Mapping[str, Any], counts: Mapping[str, Mapping[str, int]], ledger: Account
) -> list[dict[str, Any]]:
    """What each step took when it last ran, in order; steps of which no time is known are left out.

    mb_per_s is MB of the text that passed through it a second; null where only part of its tasks ran.
    """
    timings: dict[str, dict[str, Any]] = orjson.loads(place.read(TIMINGS) or b"{}")
    order = [step["name"] for step in manifest["steps"]]
    total = ledger.where()
    passed_filters = sum(named(counts.get("decisions", {}), "bytes_kept").values())
    rows = []
    for name in sorted(timings, key=lambda name: _position(name, order)):
        if _position(name, order) == len(order):
            continue  # a step of an earlier plan
        row = timings[name]
        size = total.bytes_kept
        if name in ("documents", "signals", "decisions"):
            size = total.bytes_in
        elif name.startswith(("dedup", "substrings", "templates")) or name in ("duplicates", "scatter"):
            size = passed_filters
        is_whole = row["ran"] == row["tasks"] and row["seconds"] > 0
        rows.append(
            {
                **row,
                "mb_per_s": size / 1e6 / row["seconds"] if is_whole else None,
                "mb_per_cpu_s": size / 1e6 / row["cpu_seconds"] if is_whole and row["cpu_seconds"] else None,
            }
        )
    return rows


def _position(name: str, order: Sequence[str]) -> int:
    for index, step in enumerate(order):
        if step == name or step.startswith(f"{name}/"):
            return index
    return len(order)
