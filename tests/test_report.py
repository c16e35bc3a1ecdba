"""report.json and report.html of a real build: complete, equal every time, safe to open."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import corpus
from corpus.errors import CorpusError, StorageError
from corpus.report.confusion import confusion
from corpus.report.data import FILES, write_report
from corpus.report.distribution import BINS, describe, edges
from corpus.report.mask import excerpts
from tests.report_world import HOSTILE, SECRETS, SOURCE, world

COLUMNS = ("documents_in", "bytes_in", "kept", "dropped", "duplicates", "quarantined", "bytes_kept", "tokens")


@pytest.fixture(scope="module")
def root() -> Path:
    return world()


@pytest.fixture(scope="module")
def report(root: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((root / "report" / "report.json").read_text())
    return found


@pytest.fixture
def copied(root: Path, tmp_path: Path) -> Path:
    shutil.copytree(root, tmp_path / "small", symlinks=True)
    return tmp_path / "small"


def test_documents_in_are_kept_dropped_duplicates_and_quarantined_everywhere(report: dict[str, Any]) -> None:
    entries = [report["totals"], *report["languages"].values(), *report["sources"].values()]
    entries += [cell for entry in report["sources"].values() for cell in entry["languages"].values()]
    for entry in entries:
        assert set(COLUMNS) <= set(entry)
        parts = [entry[name] for name in ("kept", "dropped", "duplicates", "quarantined")]
        assert entry["documents_in"] == sum(parts)
    for name in COLUMNS:
        for group in ("languages", "sources"):
            assert sum(entry[name] for entry in report[group].values()) == report["totals"][name]


def test_the_account_is_that_of_the_files(root: Path, report: dict[str, Any]) -> None:
    text = corpus.open(root).text().to_table()
    assert report["totals"]["kept"] == len(text)
    assert report["totals"]["bytes_kept"] == sum(len(value.as_py().encode()) for value in text["text"])
    decisions = corpus.open(root).decisions().to_table()
    unreadable = sum(len(rows) for rows in report["unreadable"].values())
    assert report["totals"]["documents_in"] == len(decisions) + unreadable
    assert report["sources"][SOURCE]["unreadable"] == 2
    assert report["sources"][SOURCE]["failed"] == 1
    assert report["root_digest"] == json.loads((root / "manifest.json").read_text())["root_digest"]


def test_filters_say_what_they_take_alone_and_together(root: Path, report: dict[str, Any]) -> None:
    filters = {item["name"]: item for item in report["filters"]}
    rows = corpus.open(root).decisions().to_table().to_pylist()
    for bit, item in enumerate(report["filters"]):
        hit = [row for row in rows if row["reasons"] >> bit & 1]
        alone = [row for row in hit if row["reasons"] == 1 << bit]
        assert (item["documents"], item["documents_alone"]) == (len(hit), len(alone))
        assert item["bytes"] == sum(row["size_bytes"] for row in hit)
        assert item["bytes_alone"] == sum(row["size_bytes"] for row in alone)
    assert filters["characters"]["together_with"] == {"words": 2}
    assert filters["loud"]["sources"][SOURCE]["documents_alone"] == 1
    bounds = filters["characters"]["bounds"]["languages"]
    assert (bounds["ar"]["min"], bounds["ar"]["set_by"], bounds["ar"]["is_default"]) == (50, "person", False)
    assert bounds["fr"]["off"]
    assert bounds["en"]["is_default"]
    assert "code-python" not in bounds
    assert filters["words"]["bounds"]["languages"]["en"]["fitted_on_bytes"] == 5000
    assert filters["words"]["bounds"]["languages"]["en"]["missing"] == 1


def test_duplicates_redactions_and_tokens_are_there(report: dict[str, Any]) -> None:
    assert sum(report["duplicates"]["kinds"].values()) == report["totals"]["duplicates"] > 0
    assert report["duplicates"]["largest"]
    assert report["redactions"]["kinds"]["email"] >= 2
    assert report["redactions"]["sources"][SOURCE]["card"] >= 1
    assert report["personal_data"] == {"policy": "tag", "kinds": [], "names": []}
    assert report["totals"]["bytes_per_token"] > 1
    assert report["mixture"]["planned_tokens"] > 0
    assert sum(report["packed"]["languages"].values()) == report["packed"]["tokens"]
    assert report["language_models"] is None


def test_the_confusion_table_has_what_moved_and_what_was_dropped(root: Path, report: dict[str, Any]) -> None:
    rows = {row["declared"]: row for row in report["confusion"]}
    english = rows["en"]
    assert (english["moved"], english["dropped"]) == (1, 1)
    assert english["as_declared"] == english["documents"] - 2
    assert {row["language"]: (row["moved"], row["dropped"]) for row in english["found"]} == {
        "pt": (1, 0),
        "fi": (0, 1),
    }
    read = [pq.read_table(path) for path in sorted((root / "documents").rglob("[0-9]*-[0-9]*.parquet"))]
    declared = pa.concat_tables([table.select(["language"]) for table in read])["language"].to_pylist()
    assert {code: row["documents"] for code, row in rows.items()} == dict(Counter(declared))
    assert report["confusion"][0] is english
    page = (root / "report" / "report.html").read_text()
    assert "<b>fi</b>" in page
    assert "all as declared" in page


def test_a_long_row_of_the_confusion_table_is_added_up() -> None:
    counts = {f"disagrees/sw/x{index}": index for index in range(1, 10)} | {
        "documents_in/a/sw": 50,
        "documents_in/b/en": 9,
        "moved/sw/en": 7,
        "moved/fr/en": 2,
    }
    rows = confusion(counts)
    assert [(row["declared"], row["documents"], row["as_declared"]) for row in rows] == [
        ("sw", 57, 5),
        ("fr", 2, 0),
    ]
    assert [found["language"] for found in rows[0]["found"]] == ["x9", "x8", "en", "x7", "x6"]
    assert rows[0]["rest"] == {"languages": 5, "moved": 0, "dropped": 15}


def test_steps_are_timed_in_order(report: dict[str, Any]) -> None:
    names = [step["name"] for step in report["steps"]]
    assert names[:3] == ["documents", "signals", "decisions"]
    assert names.index("duplicates") < names.index("scatter") < names.index("tokens")
    for step in report["steps"]:
        assert step["seconds"] > 0
        assert step["mb_per_s"] > 0


def test_samples_cover_every_verdict_and_both_sides_of_a_bound(root: Path) -> None:
    table = pq.read_table(root / "report" / "samples.parquet")
    mine = [row for row in table.to_pylist() if row["source"] == SOURCE]
    sorts = {row["sample"] for row in mine}
    assert sorts == {"kept", "dropped", "quarantined", "duplicate", "inside", "outside"}
    for row in mine:
        if row["sample"] in ("kept", "dropped", "quarantined", "duplicate"):
            assert row["verdict"] == row["sample"]
        if row["sample"] == "duplicate":
            assert row["survivor_text"]
            assert row["survivor"] != row["id"]
            assert row["similarity"] > 0.5
    loud = [row for row in mine if row["filter"] == "loud"]
    assert [row["value"] for row in loud if row["sample"] == "outside"] == [5.0]
    inside = [abs(row["value"] - row["bound"]) for row in loud if row["sample"] == "inside"]
    assert len(inside) == 3
    assert inside == sorted(inside)


def test_samples_hold_the_text_of_their_document(root: Path) -> None:
    samples = pq.read_table(root / "report" / "samples.parquet").to_pylist()
    texts = {
        row["id"]: row["text"]
        for path in (root / "documents").rglob("*-0??.parquet")
        for row in pq.read_table(path).to_pylist()
    }
    plain = [row for row in samples if "<" not in row["text"] and not row["text"].endswith("…")]
    assert len(plain) > 10
    assert all(row["text"] == texts[row["id"]] for row in plain)


def test_histograms_count_every_document_once(root: Path, report: dict[str, Any]) -> None:
    for rows in report["signals"].values():
        for row in rows.values():
            assert sum(row["counts"]) == row["documents"] - row["missing"]
            assert len(row["outside"]) in (0, BINS)
    row = report["signals"][SOURCE]["exclamations"]
    assert sum(row["outside"]) == 1
    query = "SELECT count(DISTINCT signal) FROM read_parquet(?)"
    found = duckdb.execute(query, [str(root / "report" / "signals.parquet")]).fetchone()
    assert found is not None
    assert found[0] > 40


def test_no_file_of_the_report_holds_personal_data(root: Path) -> None:
    for name in FILES:
        path = root / "report" / name
        rows = pq.read_table(path).to_pylist() if path.suffix == ".parquet" else path.read_text()
        for secret in SECRETS:
            assert secret not in str(rows), name
    assert "<EMAIL>" in str(pq.read_table(root / "report" / "samples.parquet").to_pylist())
    edits = pq.read_table(root / "report" / "edits.parquet").to_pylist()
    assert any("<CARD>" in row["before"] and "<CARD>" in row["after"] for row in edits)


class _References(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.anchors: set[str] = set()
        self.ids: set[str] = set()
        self.outside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name in ("src", "srcset", "href", "action", "data", "style", "background") or name[:2] == "on":
                if name == "href" and value and value.startswith("#"):
                    self.anchors.add(value[1:])
                else:
                    self.outside.append(f"{tag} {name}={value}")
            if name == "id" and value:
                self.ids.add(value)


def test_the_page_stands_alone_and_escapes_everything(root: Path, report: dict[str, Any]) -> None:
    page = (root / "report" / "report.html").read_text(encoding="utf-8")
    assert "Person names and street addresses: not looked for; they are still in the text." in page
    found = _References()
    found.feed(page)
    assert found.outside == []
    assert not {"script", "link", "iframe", "img", "object", "form", "b-b"} & found.tags
    assert found.anchors - {""} <= found.ids
    assert "url(" not in page
    assert HOSTILE not in page
    assert "<i>shouting</i>" not in page
    assert "&lt;i&gt;shouting" in page
    assert "default-src &#39;none&#39;" in page
    assert f"{report['totals']['bytes_in']:,}"[:2] in page
    for name in ("stories", "programs", "odd &#34;name&#34; &lt;b&gt;"):
        assert name in page


def test_the_report_is_the_same_every_time(copied: Path, root: Path) -> None:
    project = corpus.load(root.parents[1] / "project")
    shutil.rmtree(copied / "report")
    write_report(copied, project)
    for name in FILES:
        assert (copied / "report" / name).read_bytes() == (root / "report" / name).read_bytes(), name


def test_a_report_of_the_same_run_is_not_written_again(copied: Path, root: Path) -> None:
    project = corpus.load(root.parents[1] / "project")
    before = {name: (copied / "report" / name).stat().st_mtime_ns for name in FILES}
    write_report(copied, project)
    assert {name: (copied / "report" / name).stat().st_mtime_ns for name in FILES} == before
    (copied / "report" / "report.html").unlink()
    write_report(copied, project)
    assert (copied / "report" / "report.html").is_file()


def test_a_count_that_does_not_add_up_stops_the_report(copied: Path, root: Path) -> None:
    manifest = json.loads((copied / "manifest.json").read_text())
    for step in manifest["steps"]:
        if step["name"] == "scatter":
            step["counts"]["kept/stories/en"] -= 1
    (copied / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(CorpusError, match="step 'scatter', stories/en"):
        write_report(copied, corpus.load(root.parents[1] / "project"))


def test_an_unfinished_run_has_no_report(copied: Path, root: Path) -> None:
    (copied / "manifest.json").unlink()
    with pytest.raises(StorageError, match="no finished build"):
        write_report(copied, corpus.load(root.parents[1] / "project"))


def test_a_histogram_shows_the_bulk_and_the_bounds_near_it() -> None:
    values = np.concatenate([np.linspace(0, 1, 1000), [1e6, np.nan]])
    row = describe(values, values > 0.9, [1.5, 400.0])
    assert (row["low"], row["high"]) == (0.0, 1.5)
    assert (row["missing"], row["counts"][-1]) == (1, 1)
    assert sum(row["counts"]) == 1001
    assert sum(row["outside"]) == int((values > 0.9).sum())
    assert row["percentiles"][4] == pytest.approx(0.5, abs=0.01)


def test_skewed_counts_are_drawn_on_a_logarithmic_scale() -> None:
    row = describe(np.array([1.0] * 90 + [5000.0] * 10), None)
    assert row["scale"] == "log"
    assert edges(row)[0] == pytest.approx(1)
    assert edges(row)[-1] == pytest.approx(5000)
    assert (row["counts"][0], row["counts"][-1]) == (90, 10)


@pytest.mark.parametrize("values", [[], [np.nan], [3.0], [0.0, 0.0], [-5.0, np.inf]])
def test_a_distribution_of_few_values_is_described(values: list[float]) -> None:
    row = describe(np.array(values, float), None, [1.0])
    assert sum(row["counts"]) == row["documents"] - row["missing"]


def test_flags_fill_the_first_and_the_last_bin() -> None:
    row = describe(np.array([1.0, 1.0, 0.0]), None, is_flag=True)
    assert (row["counts"][0], row["counts"][-1], row["scale"]) == (1, 2, "flag")


def test_an_excerpt_never_ends_inside_a_value() -> None:
    text = "x" * 90 + " " + SECRETS[0] + " and more"
    for characters in range(85, 125):
        (shown,) = excerpts([text], ["en"], characters)
        assert "hill" not in shown
        assert "kofi" not in shown
    assert excerpts(["short"], ["en"], 10) == ["short"]
    assert excerpts(["long " * 10], ["en"], 10)[0].endswith("…")


def test_the_documentation_names_every_key(report: dict[str, Any]) -> None:
    text = (Path(__file__).parents[1] / "docs" / "report.md").read_text(encoding="utf-8")
    named = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"`([^`]*)`", text))))
    source, item = report["sources"][SOURCE], report["filters"][0]
    parts = [report, report["totals"], source, item, item["bounds"]["languages"]["en"], report["duplicates"]]
    parts += [report["redactions"], report["steps"][0], report["confusion"][0]]
    parts += [report["confusion"][0]["rest"], report["confusion"][0]["found"][0]]
    assert {key for part in parts for key in part} <= named
    for name in ("samples", "signals"):
        kinds = {"id", "url", "licence", "language", "declared", "source", "size_bytes", "error"}
        columns = set(pq.read_schema(report_file(f"{name}.parquet")).names)
        assert columns - kinds <= named


def report_file(name: str) -> Path:
    return world() / "report" / name
