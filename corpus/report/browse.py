"""A finished run as the dashboard reads it: report, samples and single documents, by DuckDB over Parquet."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from corpus.errors import StorageError
from corpus.explain import Side, fate
from corpus.manifest import MANIFEST
from corpus.mixed import language_spans
from corpus.opened import Run, row_of
from corpus.report.data import FILES, REPORT
from corpus.report.distribution import is_numeric
from corpus.report.mask import beginnings, excerpts, masked
from corpus.report.shards import Shard, shards
from corpus.stages.annotate import ERROR
from corpus.storage import digest_bytes

__all__ = ["Browser"]

#: Longest text of a document page, characters.
_PAGE = 100_000
#: Longest error and label, characters.
_ERROR = 300
#: Members of a cluster shown.
_MEMBERS = 20
#: Spans of languages of a document shown, and how much of each, characters.
_SPANS = 200
_BEGINNING = 160
_ID = re.compile(r"[0-9a-f]{32}")


class Browser:
    """Reads the run at `root`, a folder or an s3:// address; raises StorageError where there is no finished
    run with its report."""

    def __init__(self, root: str | Path) -> None:
        self.run = Run(root)
        self.folder = self.run.folder
        self.place = self.folder.place
        self.place.bring(())  # where files are put is chosen before there are threads
        # everything needed is built in: nothing is to be fetched
        self._database = duckdb.connect(
            config={"autoinstall_known_extensions": False, "autoload_known_extensions": False}
        )
        self._known: tuple[str, dict[str, Any]] | None = None
        self.report()

    def report(self) -> dict[str, Any]:
        """report.json; read again when it has changed. Raises StorageError where it is not of this run."""
        place = self.place
        manifest = place.read(MANIFEST)
        if manifest is None:
            raise StorageError(
                f"{place.url}: holds no finished build (no {MANIFEST}); run `corpus build` first"
            )
        for name in FILES:
            if place.size(f"report/{name}") is None:
                raise StorageError(
                    f"{place.url}/report/{name}: is missing; run `corpus build` again, it writes the report"
                )
        data = place.read(f"report/{REPORT}") or b""
        stamp = digest_bytes(data)
        if self._known is None or self._known[0] != stamp:
            found: dict[str, Any] = self.folder.json(f"report/{REPORT}")
            if found.get("made_from", {}).get("manifest") != digest_bytes(manifest):
                raise StorageError(
                    f"{place.url}/report/{REPORT}: is of another build; run `corpus build` again"
                )
            self._known = (stamp, found)
        return self._known[1]

    def shards(self) -> list[Shard]:
        """The document shards of the run."""
        return shards(self.place, self.folder.json(MANIFEST)["recipe"]["signals"])

    def adult_filters(self) -> set[str]:
        """The names of the filters on adult content."""
        return {item["name"] for item in self.report()["filters"] if item["signal"].startswith("adult_")}

    def close(self) -> None:
        """Give the database and local copies back."""
        self._database.close()
        self.place.close()

    def _rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        cursor = self._database.cursor()  # connections are not thread-safe, cursors are
        try:
            cursor.execute(query, list(values))
            names = [column[0] for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        finally:
            cursor.close()

    def _file(self, name: str) -> str:
        return _literal(self.place.path(f"report/{name}"))

    def samples(self, sample: str, most: int, source: str = "", language: str = "") -> list[dict[str, Any]]:
        """Samples of one sort, the languages (or, for one language, the sources) in turn."""
        return self._rows(
            """
            SELECT * FROM (
                SELECT *, row_number() OVER (
                    PARTITION BY source, language ORDER BY file_row_number
                ) AS turn
                FROM read_parquet(?, file_row_number = true)
                WHERE sample = ? AND (? = '' OR source = ?) AND (? = '' OR language = ?)
            ) ORDER BY turn, file_row_number LIMIT ?
            """,
            self._file("samples.parquet"), sample, source, source, language, language, most,
        )  # fmt: skip

    def near(self, source: str) -> dict[str, list[dict[str, Any]]]:
        """By filter the documents of a source nearest to its bounds, from far inside to far outside."""
        found: dict[str, list[dict[str, Any]]] = {}
        for row in self._rows(
            """
            SELECT * FROM read_parquet(?, file_row_number = true)
            WHERE source = ? AND sample IN ('inside', 'outside')
            ORDER BY filter, bound, (CASE sample WHEN 'inside' THEN -1 ELSE 1 END) * abs(value - bound),
                file_row_number
            """,
            self._file("samples.parquet"),
            source,
        ):
            found.setdefault(row["filter"], []).append(row)
        return found

    def moved_samples(self, most: int) -> list[dict[str, Any]]:
        """Samples found to be in another language than declared, moved or taken for it."""
        filters = [item["name"] for item in self.report()["filters"] if item["signal"] == "language_agrees"]
        return self._rows(
            """
            SELECT * FROM (
                SELECT *, row_number() OVER (PARTITION BY declared, language ORDER BY file_row_number) AS turn
                FROM read_parquet(?, file_row_number = true)
                WHERE (declared <> language OR list_has_any(reasons, ?::VARCHAR[]))
                    AND sample NOT IN ('inside', 'outside')
            ) ORDER BY turn, declared, language LIMIT ?
            """,
            self._file("samples.parquet"),
            filters,
            most,
        )

    def edits(self, source: str, most: int) -> list[dict[str, Any]]:
        """Documents before and after cleaning."""
        return self._rows(
            "SELECT * FROM read_parquet(?) WHERE source = ? ORDER BY id LIMIT ?",
            self._file("edits.parquet"), source, most,
        )  # fmt: skip

    def distributions(self, source: str) -> dict[str, dict[str, Any]]:
        """The distribution of every numeric signal of a source."""
        rows = self._rows(
            "SELECT * FROM read_parquet(?) WHERE source = ? ORDER BY signal",
            self._file("signals.parquet"),
            source,
        )
        return {row["signal"]: row for row in rows}

    def document(self, identifier: str) -> dict[str, Any] | None:
        """Everything known about a document; None where the run has none of this id."""
        where = self._find(identifier)
        if where is None:
            return None
        shard, row = where
        decision = row_of(shard.path("decisions"), row)
        document = row_of(shard.path("documents"), row)
        language = decision["language"]
        signals, spans = _signals(shard, row, language)
        (text,) = excerpts([document["text"]], [language], _PAGE)
        url, file, native = masked([document["url"], document["file"], document["native_id"]], [language] * 3)
        values = {name: value for group in signals.values() for name, value in group.items()}
        personal = [dict(span) for span in spans] if "pii" in signals else None
        side = Side(document["text"], document["language"], personal)
        became = fate(self.run, f"{shard.key}.parquet", row, identifier, side, decision["verdict"])
        others = {span["other"] for cuts in became["cuts"].values() for span in cuts if span["other"]}
        return {
            "id": identifier,
            "source": shard.source,
            "declared": document["language"],
            "language": language,
            "verdict": decision["verdict"],
            "error": excerpts([decision["error"]], [language], _ERROR)[0] if decision["error"] else None,
            "size_bytes": decision["size_bytes"],
            "licence": document["licence"],
            "url": url,
            "file": file,
            "row": document["row"],
            "native_id": native,
            "text": text,
            "signals": signals,
            "redactions": _kinds(spans),
            "languages": self._languages(values, document["text"], language),
            "filters": self._held(decision["reasons"], language, values),
            **became,
            "present": self._present(sorted(others)),
        }

    def _languages(self, signals: Mapping[str, Any], text: str, language: str) -> dict[str, Any] | None:
        """The spans of a mixed document and their beginnings, masked, and characters by language."""
        found = language_spans(self.folder.json(MANIFEST)["recipe"], signals, text)
        if not found:
            return None
        shown, sums = found[:_SPANS], dict.fromkeys([span["language"] for span in found], 0)
        for span in found:
            sums[span["language"]] += span["end"] - span["start"]
        places = [(span["start"], min(span["end"], span["start"] + _BEGINNING)) for span in shown]
        texts = beginnings(text, language, places)
        return {
            "spans": [span | {"text": begins} for span, begins in zip(shown, texts, strict=True)],
            "more": len(found) - len(shown),
            "characters": dict(sorted(sums.items(), key=lambda item: (-item[1], item[0]))),
        }

    def _find(self, identifier: str) -> tuple[Shard, int] | None:
        if not _ID.fullmatch(identifier):
            return None
        folder, paths = self._decisions()
        found = self._rows(
            "SELECT filename, file_row_number FROM "
            "read_parquet(?, filename = true, file_row_number = true) WHERE id = ? LIMIT 1",
            paths,
            identifier,
        )
        if not found:
            return None
        name = str(Path(found[0]["filename"]).relative_to(folder / "decisions"))
        (shard,) = (shard for shard in self.shards() if f"{shard.key}.parquet" == name)
        return shard, found[0]["file_row_number"]

    def _present(self, identifiers: Sequence[str]) -> set[str]:
        """Those of these documents that this run has; what repeats may also be kept in an earlier build."""
        if not identifiers:
            return set()
        _, paths = self._decisions()
        found = self._rows(
            "SELECT id FROM read_parquet(?) WHERE id IN (SELECT unnest(?::VARCHAR[]))",
            paths,
            list(identifiers),
        )
        return {row["id"] for row in found}

    def _decisions(self) -> tuple[Path, list[str]]:
        """The folder of the run and, as patterns, its decisions."""
        names = sorted(self.place.names("decisions"))
        folder = self.place.bring(names)
        return folder, [_literal(folder / name) for name in names]

    def _held(self, reasons: int, language: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The filters of the language, with value and bounds; those that take the document first."""
        found = [
            {
                "filter": item,
                "value": values.get(item["signal"]),
                "bounds": item["bounds"]["languages"][language],
                "is_outside": bool(reasons >> bit & 1),
            }
            for bit, item in enumerate(self.report()["filters"])
            if language in item["bounds"]["languages"]
        ]
        return sorted(found, key=lambda row: not row["is_outside"])

    def cluster(self, identifier: str) -> list[dict[str, Any]]:
        """The members of a document's cluster, survivor first; empty where it has no duplicate."""
        if not _ID.fullmatch(identifier):
            return []
        names = sorted(name for name in self.place.names("duplicates") if name.endswith(".parquet"))
        folder = self.place.bring(names)
        paths = [_literal(folder / name) for name in names]
        if not paths:
            return []
        return self._rows(
            """
            WITH found AS (SELECT * FROM read_parquet(?))
            SELECT * FROM found WHERE survivor IN (SELECT survivor FROM found WHERE id = ?)
            ORDER BY kind <> 'survivor', similarity DESC, id LIMIT ?
            """,
            paths, identifier, _MEMBERS,
        )  # fmt: skip


def _literal(path: Path) -> str:
    """The path as a pattern that matches nothing else."""
    return re.sub(r"([*?\[])", r"[\1]", str(path))


def _signals(
    shard: Shard, row: int, language: str
) -> tuple[dict[str, dict[str, Any]], Sequence[Mapping[str, Any]]]:
    """Of each group the numbers, flags and labels, labels masked; and the spans of personal data."""
    groups: dict[str, dict[str, Any]] = {}
    spans: Sequence[Mapping[str, Any]] = []
    for group in shard.groups():
        path = shard.path(f"signals/{group}")
        values = row_of(path, row)
        spans = values.get("pii_spans") or spans
        shown = groups.setdefault(group, {})
        for field in pq.read_schema(path):
            value = values[field.name]
            if pa.types.is_string(field.type) and not field.name.endswith(ERROR):
                shown[field.name] = value and excerpts([value], [language], _ERROR)[0]
            elif is_numeric(field.type):
                shown[field.name] = value
    return groups, spans


def _kinds(spans: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    kinds: dict[str, int] = {}
    for span in spans:
        kinds[span["kind"]] = kinds.get(span["kind"], 0) + 1
    return dict(sorted(kinds.items()))
