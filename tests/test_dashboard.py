"""Every page of the dashboard: it answers, shows what it should, and nothing it should not."""

from __future__ import annotations

import json
import re
import shutil
import socket
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from starlette.testclient import TestClient

import corpus
from corpus.errors import CorpusError, StorageError
from corpus.report import dashboard
from corpus.report.dashboard import application, marked, serve
from tests.report_world import HOSTILE, SECRETS, SOURCE, world

QUOTED = "odd%20%22name%22%20%3Cb%3E"


@pytest.fixture(scope="module")
def client() -> TestClient:
    return TestClient(application(world()), base_url="http://127.0.0.1:8765")


@pytest.fixture(scope="module")
def pages(client: TestClient) -> dict[str, str]:
    """All pages that can be reached from the overview."""
    found: dict[str, str] = {}
    left = ["/"]
    while left:
        address = left.pop()
        if address in found:
            continue
        answer = client.get(address)
        assert answer.status_code == 200, address
        found[address] = answer.text
        left += [link.partition("#")[0] for link in re.findall(r'href="(/[^"]*)"', answer.text)]
    return found


def test_every_link_leads_to_a_page(pages: dict[str, str]) -> None:
    kinds = {address.split("/")[1].partition("?")[0] for address in pages}
    assert kinds == {
        "", "filters", "duplicates", "confusion", "source", "language", "document", "cluster", "static"
    }  # fmt: skip


def test_no_page_holds_personal_data_or_live_markup(pages: dict[str, str]) -> None:
    for address, page in pages.items():
        for secret in SECRETS:
            assert secret not in page, address
        assert "<script" not in page, address
        assert "onerror=" not in re.sub(r"&lt;.*?&gt;", "", page), address
        assert HOSTILE not in page, address
        assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", page), address
        assert "style=" not in page, address


def test_the_headers_forbid_everything_else(client: TestClient) -> None:
    for address in ("/", "/nothing", "/static/report.css"):
        headers = client.get(address).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
        assert headers["x-content-type-options"] == "nosniff"


def test_another_host_name_is_refused(client: TestClient) -> None:
    assert client.get("/", headers={"host": "corpus.example.org"}).status_code == 400


def test_the_overview_has_the_totals_of_the_report(pages: dict[str, str]) -> None:
    report = corpus.open(world()).report
    assert f"<dd>{report['totals']['documents_in']:,}</dd>" in pages["/"]
    assert f"<dd>{report['totals']['tokens']:,}</dd>" in pages["/"]
    assert report["root_digest"] in pages["/"]
    assert all(f'href="/language/{code}"' in pages["/"] for code in report["languages"])
    assert '<th scope="row">signals</th>' in pages["/"]


def test_a_source_shows_its_entry_bounds_samples_and_edits(pages: dict[str, str]) -> None:
    page = pages[f"/source/{QUOTED}"]
    assert "<h1>odd &#34;name&#34; &lt;b&gt;</h1>" in page
    assert "&amp; &lt;b&gt;all&lt;/b&gt;" in page
    assert page.count('class="bound"') >= 2
    assert 'id="kept"' in page
    assert 'id="dropped"' in page
    assert 'id="quarantined"' in page
    assert "characters, words" in page
    assert "just inside" in page
    assert "before" in page
    assert "after" in page
    assert "<mark>&lt;EMAIL&gt;</mark>" in page
    assert "the line holds a JSON list" in page
    assert 'dir="auto" lang="ar"' in page


def test_samples_can_be_had_in_one_language(client: TestClient) -> None:
    page = client.get(f"/source/{QUOTED}?language=ar").text
    assert 'lang="ar"' in page
    assert "TOO short".lower() not in page.lower().partition('id="near"')[0]


def test_a_language_shows_where_its_bounds_come_from(pages: dict[str, str]) -> None:
    assert "fitted, on 5.00 kB" in pages["/language/en"]
    assert "person" in pages["/language/ar"]
    assert ">off<" in pages["/language/fr"]
    assert "default of the filter" in pages["/language/en"]


def test_a_document_shows_its_verdict_reasons_and_signals(client: TestClient) -> None:
    samples = pq.read_table(world() / "report" / "samples.parquet").to_pylist()
    short = next(row for row in samples if row["source"] == SOURCE and row["sample"] == "dropped")
    page = client.get(f"/document/{short['id']}").text
    assert '<span class="badge dropped">dropped</span>' in page
    assert "≥ 100" in page
    assert "≥ 18" in page
    assert "&lt;b&gt;bold&lt;/b&gt;" in page
    assert "character_count" in page
    assert "exclamations" in page
    copy = next(row for row in samples if row["sample"] == "duplicate")
    page = client.get(f"/document/{copy['id']}").text
    assert '<span class="badge duplicate">duplicate</span>' in page
    assert copy["survivor"] in page
    failed = next(row for row in samples if row["error"])
    page = client.get(f"/document/{failed['id']}").text
    assert "cannot measure" in page
    assert "<CARD>" not in page


def test_a_mixed_document_is_shown_by_span(client: TestClient) -> None:
    documents = corpus.open(world()).documents().to_table(columns=["id", "native_id"]).to_pylist()
    names = {row["native_id"]: row["id"] for row in documents}
    page = client.get(f"/document/{names['mixed']}").text
    section = page.partition('id="languages"')[2].partition("</section>")[0]
    assert re.findall(r'<th scope="row">(\w+)', section) == ["en", "pt"]
    assert "The children walk home" in section
    assert "<mark>" in section
    assert SECRETS[0] not in page
    assert 'id="languages"' not in client.get(f"/document/{names['declared-portuguese']}").text


def test_redactions_are_counted_by_kind_on_the_document_page(client: TestClient) -> None:
    rows = [row for row in corpus.open(world()).text().to_table().to_pylist() if row["redactions"]]
    row = next(row for row in rows if "card" in [item["kind"] for item in row["redactions"]])
    page = client.get(f"/document/{row['id']}").text
    assert "card 1" in page
    assert "email 1" in page


@pytest.mark.parametrize(
    "address",
    [
        "/source/none",
        "/language/xx",
        "/document/" + "0" * 32,
        "/document/../x",
        "/cluster/1",
        "/document/%27",
    ],
)
def test_what_is_not_there_is_404_with_a_page(client: TestClient, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 404
    assert "<h1>Not found</h1>" in answer.text


def test_a_missing_or_unfinished_run_is_a_storage_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="no finished build"):
        application(tmp_path / "nothing")
    shutil.copytree(world(), tmp_path / "run", symlinks=True)
    client = TestClient(application(tmp_path / "run"), base_url="http://localhost")
    (tmp_path / "run" / "manifest.json").unlink()
    assert client.get("/").status_code == 503
    with pytest.raises(StorageError, match="no finished build"):
        application(tmp_path / "run")


def test_a_report_of_another_build_is_not_shown(tmp_path: Path) -> None:
    shutil.copytree(world(), tmp_path / "run", symlinks=True)
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text())
    (tmp_path / "run" / "manifest.json").write_text(json.dumps({**manifest, "limit": 7}))
    with pytest.raises(StorageError, match="another build"):
        application(tmp_path / "run")
    (tmp_path / "run" / "report" / "samples.parquet").unlink()
    with pytest.raises(StorageError, match=r"samples\.parquet: is missing"):
        application(tmp_path / "run")


def test_a_folder_with_pattern_characters_in_its_name_is_read(tmp_path: Path) -> None:
    shutil.copytree(world(), tmp_path / "run [1]*?", symlinks=True)
    client = TestClient(application(tmp_path / "run [1]*?"), base_url="http://localhost")
    assert client.get("/duplicates").status_code == 200
    identifier = pq.read_table(world() / "report" / "samples.parquet")["id"][0].as_py()
    assert client.get(f"/document/{identifier}").status_code == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.org", "::"])
def test_only_this_machine_is_served(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dashboard, "application", lambda run: pytest.fail("not reached"))
    with pytest.raises(CorpusError, match="this machine alone"):
        serve(world(), host=host)


def test_a_taken_port_is_a_storage_error() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(StorageError, match=f"127.0.0.1:{port} cannot be used"):
            serve(world(), port=port)


def test_placeholders_are_marked_and_all_else_is_escaped() -> None:
    assert marked("a <EMAIL> <b>") == "a <mark>&lt;EMAIL&gt;</mark> &lt;b&gt;"
