"""What the report shows of stretches that were cut out, of templates and of benchmarks."""

import json
import re

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from corpus.place import place_of
from corpus.report.pages import environment
from corpus.report.repeated import contamination, cuts

ADDRESS = "editor@" + "hill-farm.net"
COUNTS = {
    "substrings/spans": {"documents": 2, "spans": 3, "span_bytes": 450},
    "templates/spans": {"documents": 12, "lines": 24, "span_bytes": 600},
    "scatter": {
        "bytes_removed/substring/news/en": 400,
        "bytes_removed/template/news/en": 300,
        "bytes_removed/template/news/fr": 200,
        "bytes_removed/template/letters/en": 40,
        "kept/news/en": 9,
    },
}
SOURCES = {"news": {"bytes_kept": 9000}, "letters": {"bytes_kept": 800}}
BENCHMARK = {
    "items": 30,
    "items_too_short": 1,
    "items_found": 2,
    "items_whole": 1,
    "documents": 5,
    "documents_kept": 4,
    "most_found": [{"item": 7, "documents": 4, "begins": f"Who is {ADDRESS}?", "example": "e" * 32}],
}


@pytest.fixture
def place(tmp_path):
    for partition, rows in enumerate(
        (
            [
                ("news", 1, 12, "line", "<b>Home</b> and more"),
                ("letters", 2, 10, "line", f"Ask {ADDRESS}"),
            ],
            [("news", 3, 40, "paragraph", "About\nJobs\nShop")],
        )
    ):
        folder = tmp_path / "templates" / "common" / f"{partition:05d}"
        folder.mkdir(parents=True)
        names = ["source", "hash", "documents", "unit", "text"]
        table = pa.table({name: [row[i] for row in rows] for i, name in enumerate(names)})
        pq.write_table(table, folder / "common.parquet")
    (tmp_path / "contamination").mkdir()
    (tmp_path / "contamination" / "report.json").write_text(json.dumps({"quiz": BENCHMARK}))
    return place_of(tmp_path)


def test_cuts_are_counted_by_kind_and_source(place):
    found = cuts(place, COUNTS)
    assert found["kinds"] == {
        "substring": {"documents": 2, "spans": 3, "bytes": 450},
        "template": {"documents": 12, "spans": 24, "bytes": 600},
    }
    assert found["sources"] == {"letters": {"template": 40}, "news": {"substring": 400, "template": 500}}


def test_templates_are_listed_by_documents_without_personal_data(place):
    found = cuts(place, COUNTS)["templates"]
    assert [(row["documents"], row["source"], row["unit"]) for row in found] == [
        (40, "news", "paragraph"),
        (12, "news", "line"),
        (10, "letters", "line"),
    ]
    assert found[0]["text"] == "About\nJobs\nShop"
    assert ADDRESS not in json.dumps(found)


def test_nothing_is_said_where_nothing_was_looked_for(place, tmp_path):
    assert cuts(place, {"scatter": {}}) is None
    assert cuts(place, {name: COUNTS[name] for name in ("substrings/spans", "scatter")})["templates"] == []
    assert contamination(place_of(tmp_path / "other")) is None


def test_the_page_shows_cuts_templates_and_benchmarks(place):
    report = {"cuts": cuts(place, COUNTS), "contamination": contamination(place), "sources": SOURCES}
    template = environment().get_template("cuts_section.html")
    page = template.render(report=report, is_static=True, link=lambda kind, name: f"/{kind}/{name}")
    assert "&lt;b&gt;Home&lt;/b&gt;" in page
    for shown in ("450 B", "500 B", "9.00 kB", "quiz", "Who is &lt;EMAIL&gt;?", f"/document/{'e' * 32}"):
        assert shown in page
    empty = {"cuts": None, "contamination": None, "sources": SOURCES}
    assert not environment().get_template("cuts_section.html").render(report=empty, is_static=True).strip()


def duplicates_page(overlap, is_static=True):
    names = {*overlap, *(other for row in overlap.values() for other in row)}
    removed = sum(sum(row.values()) for row in overlap.values())
    member = {"id": "b" * 32, "similarity": 0.72, "kind": "minhash"}
    cluster = {"survivor": "a" * 32, "source": "s00", "language": "en", "size": 3, "sources": {"s00": 3}}
    report = {
        "totals": {"duplicates": removed + 2},
        "sources": {name: {"kept": 60, "duplicates": 40} for name in names},
        "duplicates": {
            "kinds": {"minhash": removed, "template": 2},
            "clusters": 1,
            "overlap": overlap,
            "histogram": {"minhash": [0] * 49 + [removed]},
            "largest": [{**cluster, "members": [member]}],
        },
        "cuts": None,
        "contamination": None,
    }
    template = environment().get_template("duplicates_section.html")
    page = template.render(report=report, is_static=is_static, link=lambda kind, name: f"/{kind}/{name}")
    return re.sub(r"\s+", " ", page)


def test_which_source_repeats_which_is_a_matrix_of_named_or_numbered_columns():
    page = duplicates_page({"news": {"news": 8, "letters": 1}})
    assert "9 documents removed in 1 cluster: 9 minhash. Every one was compared with its survivor." in page
    assert "Of 2 more nothing is left after repeated stretches were cut." in page
    head = re.findall(r'<th scope="col" class="num">(\w+)', page)
    assert head[:2] == ["letters", "news"]
    assert re.findall(r'class="num (some|much|zero)"[^>]*>(\S+?)</td>', page) == [
        ("some", "1"),
        ("much", "8"),
    ]
    assert "9.0 %" in page
    assert f'<a href="/cluster/{"b" * 32}">' in page
    many = {f"s{n:02}": {f"s{n + 1:02}": n + 1} for n in range(10)}
    page = duplicates_page(many)
    assert '<abbr title="s10">11</abbr>' in page
    assert "Columns are numbered as the rows are, 11 is s10." in page
    most = {f"s{n:02}": {f"s{n + 1:02}": n + 1} for n in range(50)}
    page = duplicates_page(most)
    assert "abbr" not in page
    assert "The 40 largest of 50 pairs" in page
