"""Reviewing adult content: forms that only own pages can send, and what the next build makes of them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

import corpus
from corpus import reviews
from corpus.errors import StorageError
from corpus.report.dashboard import application
from corpus.reviews import FILE, DocumentReview, WordReview
from tests.small import write_project

ORIGIN = "http://127.0.0.1:8765"
_FILTERS = """\
filters:
  characters: {signal: character_count, min: 100}
  adult: {signal: adult_score, max: 0.5, action: quarantine}
"""
_WARM = "The children walk home along the river with their books and talk about the long warm day. "
_DOUX = "Les enfants rentrent à la maison le long de la rivière et parlent de la longue journée chaude. "


def _write(folder: Path) -> Path:
    path = write_project(folder, documents=12)
    texts = [
        f"Number {i}, zorbo and quax for the women at the church. {_WARM * (3 + i % 3)}" for i in range(12)
    ]
    rows = [{"id": f"bad{i}", "text": text + f" Line {i} of it." * i} for i, text in enumerate(texts)]
    french = [
        {"id": f"fr{i}", "text": f"Numéro {i}. {'flimmeur ' if i < 4 else ''}{_DOUX * (3 + i)} Et {i}."}
        for i in range(8)
    ]
    (folder / "web").mkdir()
    for name, found in (("en", rows), ("fr", french)):
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in found)
        (folder / "web" / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    with path.open("a", encoding="utf-8") as file:
        file.write("  web:\n    licence: CC0-1.0\n    reader: {type: jsonl, path: web}\n")
        file.write("    languages: {en: [en.jsonl], fr: [fr.jsonl]}\n")
    pipeline = folder / "pipelines" / "small.yaml"
    text = pipeline.read_text().replace("pii: {}", "pii: {}, adult: {accepted: {en: [zorbo, quax]}}")
    pipeline.write_text(text.replace("minhash: {}, ", ""))
    (folder / "filters" / "length.yaml").write_text(_FILTERS)
    return path


def _build(path: Path) -> tuple[set[str], Path]:
    """The steps that ran, and the run."""
    result = corpus.build(path, output=path.parent / "build", executor="local")
    return {step.name for step in result.steps if step.ran}, path.parent / "build" / "small"


def _client(run: Path, project: Path | None) -> TestClient:
    return TestClient(application(run, project), base_url=ORIGIN)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = _write(tmp_path_factory.mktemp("review"))
    _build(path)
    return path


@pytest.fixture
def folder(built: Path) -> Path:
    """The project, with the reviews of other tests taken away."""
    (built.parent / FILE).unlink(missing_ok=True)
    _build(built)
    return built.parent


def _quarantined(client: TestClient) -> list[str]:
    page = client.get("/adult").text.partition("<h2>Taken")[2]
    return sorted(set(re.findall(r'href="/document/([0-9a-f]{32})"', page)))


def _token(page: str) -> str:
    return re.findall(r'name="token" value="([^"]+)"', page)[0]


def _send(client: TestClient, address: str, page: str, **fields: object) -> int:
    data = {"token": _token(client.get(page).text), "reviewer": "A. Reader", **fields}
    return client.post(address, data=data, headers={"origin": ORIGIN}, follow_redirects=False).status_code


def test_the_report_shows_what_was_taken_by_source_evidence_and_mention(built: Path) -> None:
    report = corpus.open(built.parent / "build" / "small").report
    entry = report["adult"]["sources"]["web"]
    assert entry["quarantined"] == report["sources"]["web"]["quarantined"] == 12
    assert entry["dropped"] == 0
    assert entry["evidence"] == {"words": {"documents": 12, "documents_alone": 12}}
    assert entry["mentions"]["religion"] == entry["mentions"]["identity"] == {"documents": 12, "taken": 12}
    assert entry["scored"] == 12
    assert report["adult"]["languages"]["fr"]["scored"] == 0
    page = (built.parent / "build" / "small" / "report" / "report.html").read_text()
    assert 'id="adult"' in page
    assert "words 12 (12)" in page


def test_texts_with_terms_that_are_taken_more_often_raise_an_alarm() -> None:
    import numpy as np

    from corpus.report.adult import _Entry

    def entry(with_term: int, without: int) -> dict[str, object]:
        found = _Entry()
        count = 400
        mentions = np.array(["religion"] * 200 + [""] * 200, object)
        taken = np.zeros(count, bool)
        taken[:with_term] = taken[200 : 200 + without] = True
        nothing = np.full(count, None, object)
        found.add(
            {
                "language": np.full(count, "en", object), "length": np.full(count, 9), "taken": taken,
                "dropped": np.zeros(count, bool), "adult_score": nothing, "adult_classifier": nothing,
                "adult_evidence": np.full(count, "words", object), "adult_mentions": mentions,
                "adult_reviewed": nothing,
            }
        )  # fmt: skip
        return found.shown()

    assert entry(40, 8)["is_alarm"] is True
    assert entry(12, 12)["disparity"] == pytest.approx(1)
    assert entry(9, 0)["disparity"] is None
    assert entry(10, 40)["is_alarm"] is False


def test_a_verdict_is_kept_with_its_reviewer_and_the_next_build_follows_it(folder: Path) -> None:
    path = folder / "sources.yaml"
    run = folder / "build" / "small"
    client = _client(run, folder)
    first = _quarantined(client)[0]
    page = f"/document/{first}"
    assert "quarantined" in client.get(page).text
    assert _send(client, f"{page}/review", page, verdict="not adult", note="a <b>church</b>") == 303
    (entry,) = reviews.load(folder).documents
    assert (entry.id, entry.source, entry.is_adult, entry.reviewer) == (first, "web", False, "A. Reader")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", entry.time)
    shown = client.get(page).text
    assert "Not adult, said <bdi>A. Reader</bdi>" in shown
    assert "a &lt;b&gt;church&lt;/b&gt;" in shown
    ran, _ = _build(path)
    assert {"signals", "decisions", "text"} <= ran
    assert "documents" not in ran
    after = _client(run, folder)
    assert '<span class="badge kept">kept</span>' in after.get(page).text
    assert first not in _quarantined(after)
    report = corpus.open(run).report
    assert report["adult"]["sources"]["web"]["reviewed"] == 1
    assert report["adult"]["sources"]["web"]["quarantined"] == 11
    assert _build(path)[0] == set()
    # who said it and when is kept, and changes nothing that is built
    reviews.add(
        folder, documents=[DocumentReview(first, "web", False, "B. Reader", "2026-01-01T00:00:00+00:00")]
    )
    assert _build(path)[0] == set()
    # the last entry counts
    reviews.add(
        folder, documents=[DocumentReview(first, "web", True, "B. Reader", "2026-01-02T00:00:00+00:00")]
    )
    _build(path)
    assert corpus.open(run).report["adult"]["sources"]["web"]["quarantined"] == 12


def test_a_language_without_a_list_gets_one_from_its_reviewed_documents(folder: Path) -> None:
    path, run = folder / "sources.yaml", folder / "build" / "small"
    client = _client(run, folder)
    empty = client.get("/adult/words/fr").text
    assert "There are none yet" in empty
    assert "no list" in client.get("/adult").text
    french = [row for row in corpus.open(run).text().to_table().to_pylist() if row["language"] == "fr"]
    marked = sorted(row["id"] for row in french if "flimmeur" in row["text"])
    assert len(marked) == 4
    for name in marked[:3]:
        assert _send(client, f"/document/{name}/review", f"/document/{name}", verdict="adult") == 303
    _build(path)
    client = _client(run, folder)
    words = re.findall(r'name="accept" value="([^"]+)"', client.get("/adult/words/fr").text)
    assert words[0] == "flimmeur"
    assert _send(client, "/adult/words/fr", "/adult/words/fr", accept=words[0], refuse=words[1]) == 303
    page = client.get("/adult/words/fr").text
    assert f'value="{words[1]}"' not in page
    assert "refused" in page
    assert reviews.load(folder).accepted() == {"fr": ("flimmeur",)}
    _build(path)
    report = corpus.open(run).report
    assert report["adult"]["languages"]["fr"]["scored"] == report["languages"]["fr"]["documents_in"]
    fourth = _client(run, folder).get(f"/document/{marked[3]}").text
    assert re.search(r"adult_flagged_ratio</dt><dd>0\.0\d+", fourth)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "https://127.0.0.1:8765"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "http://evil.example", "sec-fetch-site": "same-origin"},
    ],
)
def test_a_form_of_another_page_is_refused(folder: Path, headers: dict[str, str]) -> None:
    client = _client(folder / "build" / "small", folder)
    name = _quarantined(client)[0]
    data = {"token": _token(client.get(f"/document/{name}").text), "reviewer": "X", "verdict": "adult"}
    answer = client.post(f"/document/{name}/review", data=data, headers=headers)
    assert answer.status_code == 403
    assert not (folder / FILE).exists()


def test_a_form_needs_the_token_of_this_start_a_name_and_a_verdict(folder: Path) -> None:
    run = folder / "build" / "small"
    client, other = _client(run, folder), _client(run, folder)
    name = _quarantined(client)[0]
    address = f"/document/{name}/review"
    good = {"token": _token(client.get(f"/document/{name}").text), "reviewer": "X", "verdict": "adult"}
    wrong = {**good, "token": _token(other.get(f"/document/{name}").text)}

    def status(data: dict[str, str], target: str = address) -> int:
        headers = {"origin": ORIGIN}
        return client.post(target, data=data, headers=headers, follow_redirects=False).status_code

    assert status(wrong) == 403
    assert status({**good, "token": ""}) == 403
    assert status({**good, "reviewer": "  "}) == 400
    assert status({**good, "reviewer": "x" * 200}) == 400
    assert status({**good, "verdict": "perhaps"}) == 400
    assert status({**good, "note": "x" * 300_000}) == 413
    assert status(good, f"/document/{'0' * 32}/review") == 404
    assert status(good, "/adult/words/xx") == 404
    assert status({**good, "accept": "a", "refuse": "a"}, "/adult/words/fr") == 400
    assert status(good, "/adult/words/fr") == 400
    json_sent = client.post(address, json=good, headers={"origin": ORIGIN})
    assert json_sent.status_code == 415
    assert client.post("/", data=good, headers={"origin": ORIGIN}).status_code == 405
    foreign = client.post(address, data=good, headers={"origin": "http://a.example", "host": "a.example"})
    assert foreign.status_code == 400
    assert not (folder / FILE).exists()
    headers = {"sec-fetch-site": "same-origin"}
    assert client.post(address, data=good, headers=headers, follow_redirects=False).status_code == 303


def test_pages_allow_no_script_and_show_names_as_text(folder: Path) -> None:
    client = _client(folder / "build" / "small", folder)
    name = _quarantined(client)[0]
    page = f"/document/{name}"
    hostile = "<script>alert(1)</script>"
    assert _send(client, f"{page}/review", page, verdict="adult", reviewer=hostile) == 303
    reviews.add(folder, words=[WordReview("fr", hostile, True, hostile, "2026-01-01T00:00:00+00:00")])
    for address in (page, "/adult", "/adult/words/fr"):
        answer = client.get(address)
        assert "<script" not in answer.text
        assert "&lt;script" in answer.text
        assert "form-action 'self'" in answer.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_outside_its_project_the_dashboard_only_reads(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = built.parent / "build" / "small"
    monkeypatch.chdir(tmp_path)
    client = _client(run, None)
    for address in ("/adult/words/fr", f"/document/{_quarantined(client)[0]}"):
        assert "<form" not in client.get(address).text
        assert "folder of the project" in client.get(address).text
    assert client.post("/adult/words/fr", data={"own": "a"}, headers={"origin": ORIGIN}).status_code == 403
    monkeypatch.chdir(built.parent)
    assert "<form" in _client(run, None).get("/adult/words/fr").text


def test_a_damaged_or_later_file_of_reviews_is_named(tmp_path: Path) -> None:
    (tmp_path / "reviews").mkdir()
    for text, said in (('{"format": 2}', "later version"), ('{"format": 1}', "damaged"), ("{", "adult.json")):
        (tmp_path / FILE).write_text(text)
        with pytest.raises(StorageError, match=said):
            reviews.load(tmp_path)
