"""Every kind of deduplication in a whole build: what is removed, what is counted, and the same bytes whatever
was built before."""

from __future__ import annotations

import json
import random
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

import corpus
from corpus.errors import ConfigError, GateError, StorageError
from corpus.explain import Side, difference, explain
from corpus.report.dashboard import application
from tests.small import write_project
from tests.test_build import files
from tests.test_cli import run as command

KINDS = "dedup: {exact: {}, minhash: {}, partitions: 2}"
MENU = "Home and news and contact and the market"
MAIL = "nora.lind@" + "mill-river.net"
WORDS = (
    "the river bends slowly past old mill and children walk home with their books under trees every evening "
    "when light is low market closes its doors for night because people have to cook talk about what they"
).split()


def prose(seed: str, words: int = 60) -> str:
    rng = random.Random(seed)
    return " ".join(rng.choice(WORDS) for _ in range(words)) + "."


def project(folder: Path, dedup: str = KINDS, more: str = "") -> Path:
    sources = write_project(folder, documents=12)
    pipeline = folder / "pipelines" / "small.yaml"
    text = pipeline.read_text().replace(KINDS, dedup).replace("[language, length]", "[few]")
    pipeline.write_text(text.replace("max_quarantine_ratio: 0.05", "max_quarantine_ratio: 0.5") + more)
    (folder / "filters" / "few.yaml").write_text("filters: {few: {signal: character_count, min: 20}}\n")
    return sources


def add(folder: Path, name: str, texts: dict[str, str]) -> None:
    """A file of the source `stories`, read as English."""
    lines = [json.dumps({"id": key, "text": text, "url": ""}) for key, text in texts.items()]
    (folder / "stories" / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    sources = folder / "sources.yaml"
    recipe = sources.read_text().replace("en: [en.jsonl", f"en: [en.jsonl, {name}.jsonl")
    sources.write_text(recipe)


def build(sources: Path, output: Path) -> tuple[corpus.opened.Run, dict[str, str], dict[str, int]]:
    """The run, its text by the document's name, and the counts of `scatter`."""
    corpus.build(sources, output=output, executor="local")
    run = corpus.open(output / "small")
    native = {row["id"]: row["native_id"] for row in run.table("documents").to_pylist()}
    texts = {native[row["id"]]: row["text"] for row in run.table("text").to_pylist()}
    counts = next(step["counts"] for step in run.manifest["steps"] if step["name"] == "scatter")
    check_account(run)
    return run, texts, counts


def check_account(run: corpus.opened.Run) -> None:
    totals = run.report["totals"]
    assert totals["documents_in"] == sum(
        totals[name] for name in ("kept", "dropped", "duplicates", "quarantined")
    )
    assert run.table("text").num_rows == totals["kept"]


def id_of(run: corpus.opened.Run, name: str) -> str:
    return next(row["id"] for row in run.table("documents").to_pylist() if row["native_id"] == name)


SHARED = f"{prose('shared', 12)} Write to {MAIL} today. {prose('more', 12)}"
SUBSTRING = KINDS.replace("partitions: 2", "partitions: 2, substring: {min_bytes: 90, partitions: 3}")


def shared_documents() -> dict[str, str]:
    texts = {f"holds-{n}": f"{prose(f'a{n}')}\n{SHARED}\n{prose(f'b{n}')}" for n in range(4)}
    # Another address begins where the shared stretch ends, or the stretch ends inside it.
    texts["crossing-0"] = f"{prose('c')} <{MAIL.upper()}x {prose('c0', 20)}"
    half = SHARED[: SHARED.index("@") + 5]
    texts["crossing-1"] = f"{prose('d')}\n{half}other-place.org and more {prose('d1')}"
    for n in range(6):
        texts[f"part-{n}"] = "\n".join(prose(f"part{n}/{line}", 14) for line in range(3))
        texts[f"whole-{n}"] = texts[f"part-{n}"] + "\n" + prose(f"rest{n}", 120)
    return texts


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("substring")
    sources = project(folder, SUBSTRING)
    add(folder, "shared", shared_documents())
    return (*build(sources, folder / "out"), folder)


def test_a_shared_stretch_stays_once_and_the_rest_of_its_documents_stays(cut: Any) -> None:
    _, texts, counts, _ = cut
    begin = prose("shared", 12)
    holders = [name for name in texts if name.startswith("holds-")]
    assert len(holders) == 4
    assert sum(begin in texts[name] for name in texts) == 1
    for n in range(4):
        # What stands beside the stretch may be equal by chance: the stop before it, a letter after it.
        assert prose(f"a{n}").rsplit(" ", 1)[0] in texts[f"holds-{n}"]
        assert prose(f"b{n}").split(" ", 1)[1] in texts[f"holds-{n}"]
    assert counts["bytes_removed/substring/stories/en"] > 3 * len(SHARED)


def test_personal_data_is_redacted_whole_beside_what_is_cut(cut: Any) -> None:
    _, texts, counts, _ = cut
    whole = "\n".join(texts.values()).lower()
    assert "nora" in SHARED
    for part in ("nora", "lind", "mill-river", "other-place", "anna", "maria"):
        assert part not in whole
    kept = [name for name, text in texts.items() if "<EMAIL>" in text]
    assert "crossing-1" in kept
    assert len([name for name in kept if name.startswith("holds-")]) <= 1
    assert counts["redactions/email/stories/en"] == sum(text.count("<EMAIL>") for text in texts.values())


def test_a_document_of_which_nothing_is_left_is_a_duplicate(cut: Any) -> None:
    run, texts, counts, _ = cut
    emptied = [n for n in range(6) if f"part-{n}" not in texts]
    assert emptied
    assert counts["duplicates_by/substring/stories/en"] == len(emptied)
    for n in range(6):
        assert f"whole-{n}" in texts
        together = [texts[name] for name in (f"part-{n}", f"whole-{n}") if name in texts]
        assert sum(prose(f"part{n}/1", 14) in text for text in together) == 1
    found = explain(run, id_of(run, f"part-{emptied[0]}"))
    assert found["cuts"]["substring"][0]["other"] == id_of(run, f"whole-{emptied[0]}")
    assert (found["outcome"], found["removed_by"]) == ("duplicate", "substring")
    shown = command("explain", str(run.root), found["document"]["id"]).stdout
    assert "kept by the filters, emptied by substring cuts" in shown
    assert f"kept in {id_of(run, f'whole-{emptied[0]}')}" in shown


def test_what_is_said_of_every_document_is_what_became_of_it(cut: Any) -> None:
    run, _, counts, _ = cut
    kept = set(run.table("text")["id"].to_pylist())
    by: Counter[str] = Counter()
    for document in run.table("documents")["id"].to_pylist():
        found = explain(run, document)
        assert (found["outcome"] == "kept") == (document in kept)
        by[found["outcome"]] += 1
        by[f"duplicates_by/{found['removed_by']}"] += found["removed_by"] is not None
    totals = run.report["totals"]
    assert by["duplicate"] == totals["duplicates"]
    assert by["dropped"] == totals["dropped"]
    for kind in ("exact", "substring"):
        of_kind = [value for name, value in counts.items() if name.startswith(f"duplicates_by/{kind}/")]
        assert by[f"duplicates_by/{kind}"] == sum(of_kind) > 0


def test_the_pages_show_the_difference_from_the_survivor_and_what_was_cut(cut: Any, tmp_path: Path) -> None:
    run, texts, _, _ = cut
    client = TestClient(application(run.root), base_url="http://127.0.0.1:8765")
    emptied = next(n for n in range(6) if f"part-{n}" not in texts)
    page = client.get(f"/document/{id_of(run, f'part-{emptied}')}").text
    assert '<span class="badge duplicate">duplicate</span>' in page
    assert "Nothing is left of it after substring cuts." in page
    keeper = id_of(run, f"whole-{emptied}")
    assert f'<a href="/document/{keeper}">' in page.partition('id="cuts"')[2]
    overview = " ".join(client.get("/duplicates").text.split())
    assert re.search(r"Of \d+ more nothing is left after repeated stretches were cut", overview)
    lines = [prose(f"line{n}", 14) for n in range(30)]
    other = [*lines[:20], "One line was <b>written</b> anew.", *lines[21:]]
    sources = project(tmp_path)
    add(tmp_path, "pair", {"first": " ".join(lines), "second": " ".join(other)})
    pair, texts, _ = build(sources, tmp_path / "out")
    removed = min(("first", "second"), key=lambda name: name in texts)
    client = TestClient(application(pair.root), base_url="http://127.0.0.1:8765")
    page = client.get(f"/document/{id_of(pair, removed)}").text
    difference_shown = page.partition('<pre class="diff">')[2].partition("</pre>")[0]
    assert difference_shown.count('class="less"') == difference_shown.count('class="more"') == 1
    assert "One line was &lt;b&gt;written&lt;/b&gt; anew." in difference_shown


def test_marked_stretches_stay(cut: Any, tmp_path: Path) -> None:
    marked = SUBSTRING.replace("{min_bytes: 90,", "{min_bytes: 90, action: mark,")
    sources = project(tmp_path, marked)
    add(tmp_path, "shared", shared_documents())
    run, texts, counts = build(sources, tmp_path / "out")
    assert sum(prose("shared", 12) in text for text in texts.values()) >= 4
    assert not [name for name in counts if name.startswith(("bytes_removed", "duplicates_by/substring"))]
    spans = "substrings/spans"
    step = next(step["counts"] for step in run.manifest["steps"] if step["name"] == spans)
    assert step == next(s["counts"] for s in cut[0].manifest["steps"] if s["name"] == spans)


def test_lines_of_a_template_go_and_copies_of_one_text_are_no_template(tmp_path: Path) -> None:
    dedup = KINDS.replace("partitions: 2", "partitions: 2, templates: {min_documents: 5, partitions: 2}")
    dedup = dedup.replace("partitions: 2}}", "partitions: 2}, max_loss_ratio: 0.9}")
    sources = project(tmp_path, dedup)
    pages = {f"page-{n}": f"{MENU}\n{prose(f'p{n}')}\n{MENU}" for n in range(8)}
    copies = {f"copy-{n}": f"{prose('one')}\n{prose('two')}" for n in range(9)}
    add(tmp_path, "pages", {**pages, **copies, "menu": f"{MENU}\n\n  {MENU}"})
    _, texts, counts = build(sources, tmp_path / "out")
    assert not any(MENU in text for text in texts.values())
    assert all(texts[f"page-{n}"].strip() == prose(f"p{n}") for n in range(8))
    assert [text for name, text in texts.items() if name.startswith("copy-")] == [copies["copy-0"]]
    assert "menu" not in texts
    assert counts["duplicates_by/template/stories/en"] == 1
    assert counts["bytes_removed/template/stories/en"] >= 8 * 2 * len(MENU)


def test_a_source_that_cutting_empties_stops_the_build(tmp_path: Path) -> None:
    dedup = KINDS.replace("partitions: 2", "partitions: 2, templates: {min_documents: 5}")
    sources = project(tmp_path, dedup)
    lines = [prose(f"menu{n}", 12) for n in range(9)]
    # Any two of the lines: no two documents are alike, and all consist of lines that many hold.
    pages = {f"{a}{b}": f"{lines[a]}\n{lines[b]}" for a in range(9) for b in range(a)}
    add(tmp_path, "menus", pages)
    with pytest.raises(GateError, match=r"source 'stories' loses \d+ of \d+ documents") as raised:
        corpus.build(sources, output=tmp_path / "out", executor="local")
    assert "dedup.templates.min_documents" in str(raised.value)
    assert not (tmp_path / "out" / "small" / "text").exists()


def test_the_guard_ends_the_command_with_code_3_and_shows_what_was_taken_for_one_document(
    tmp_path: Path,
) -> None:
    sources = project(tmp_path, KINDS.replace("minhash: {}", "minhash: {threshold: 0.3}"))
    frame = prose("frame", 60)
    pages = {f"page-{n}": f"Write to {MAIL}. {frame} {prose(f'own {n}', 20)}" for n in range(40)}
    add(tmp_path, "pages", pages)
    done = command("build", str(sources), "--output", str(tmp_path / "out"), "--executor", "local", code=3)
    message = " ".join(done.stderr.split())
    assert "GateError deduplication takes more than max_loss_ratio = 0.5" in message
    lost = re.search(r"source 'stories' loses (\d+) of (\d+) documents", message)
    assert lost
    assert int(lost[1]) >= 39
    shown = re.search(r"largest clusters: 40 documents, survivor ([0-9a-f]{32}) of stories", message)
    assert shown
    assert re.search(r"survivor: Write to <EMAIL>\. .* minhash 0\.\d{3}: Write to <EMAIL>\.", message)
    assert MAIL not in done.stderr
    assert "if not, raise dedup.minhash.threshold" in message
    assert not (tmp_path / "out" / "small" / "text").exists()
    # Said to be meant, the same build goes on from where it stopped.
    pipeline = tmp_path / "pipelines" / "small.yaml"
    pipeline.write_text(pipeline.read_text().replace("partitions: 2}", "partitions: 2, max_loss_ratio: 0.9}"))
    command("build", str(sources), "--output", str(tmp_path / "out"), "--executor", "local")
    found = corpus.open(tmp_path / "out" / "small")
    assert command("explain", str(found.root), shown[1]).stdout.count("cluster_size") == 1


def test_what_an_earlier_build_kept_stays_out_and_what_it_dropped_comes_in(tmp_path: Path) -> None:
    old = tmp_path / "old"
    story = prose("story", 200)
    near = " ".join(["changed" if at == 100 else word for at, word in enumerate(story.split())])
    first = project(old)
    add(old, "old", {"known": story, "seen": prose("seen"), "short": "a b c"})
    build(first, old / "out")
    new = tmp_path / "new"
    more = KINDS.replace("partitions: 2", "partitions: 2, against: [../old/out/small], max_loss_ratio: 1")
    sources = project(new, more)
    added = {"near": near, "seen": prose("seen"), "fresh": prose("fresh"), "twice": prose("fresh")}
    add(new, "old", added)
    run, texts, _ = build(sources, new / "out")
    # All else the project holds is in the earlier build too.
    assert len(set(texts) & {"fresh", "twice"}) == 1
    assert len(texts) == 1
    rows = {row["id"]: row for row in run.table("duplicates").to_pylist()}
    assert rows[id_of(run, "near")]["kind"] == "minhash"
    assert rows[id_of(run, "seen")]["survivor"] == id_of(run, "seen")  # the same document, read before
    assert rows[id_of(run, "seen")]["kind"] == "exact"
    near = id_of(run, "near")
    assert explain(run, near)["duplicate"]["survivor_in"] == "an earlier build"
    client = TestClient(application(run.root), base_url="http://127.0.0.1:8765")
    page = client.get(f"/document/{near}").text
    assert f"<code>{rows[near]['survivor']}</code> in an earlier build" in page
    assert "is in an earlier build" in client.get(f"/cluster/{near}").text
    for link in re.findall(r'href="(/cluster/[^"]*)"', client.get("/duplicates").text):
        assert client.get(link).status_code == 200
    seen = client.get(f"/document/{id_of(run, 'seen')}").text
    assert '<span class="badge duplicate">duplicate</span>' in seen


def test_stretches_that_an_earlier_build_kept_are_cut(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    first = project(old)
    told = [prose(f"told{n}", 30) for n in range(2)]
    add(old, "old", {"whole": f"{prose('a')} {told[0]} {prose('b')}", "short": f"{told[1]} a b c"})
    filters = old / "filters" / "few.yaml"  # the shorter one is dropped there
    filters.write_text(filters.read_text().replace("min: 20", "min: 200"))
    build(first, old / "out")
    more = "partitions: 2, against: [../old/out/small], max_loss_ratio: 1, substring: {partitions: 2}"
    sources = project(new, KINDS.replace("partitions: 2", more))
    texts_in = {f"again-{n}": f"{prose(f'c{n}')} {told[n]} {prose(f'd{n}')}" for n in range(2)}
    add(new, "new", texts_in)
    run, texts, counts = build(sources, new / "out")
    assert set(texts) >= {"again-0", "again-1"}
    assert told[0][2:-2] not in texts["again-0"]
    assert texts["again-1"] == texts_in["again-1"]
    assert counts["bytes_removed/substring/stories/en"] == len(texts_in["again-0"]) - len(texts["again-0"])
    (span,) = explain(run, id_of(run, "again-0"))["cuts"]["substring"]
    assert span["other"] == id_of(corpus.open(old / "out" / "small"), "whole")
    add(old, "later", {"later": f"{prose('e')} {told[1]} {prose('f')}"})
    build(first, old / "out")
    assert told[1][2:-2] not in build(sources, new / "out")[1]["again-1"]
    build(sources, tmp_path / "fresh")
    assert files(tmp_path / "fresh" / "small") == files(new / "out" / "small")
    client = TestClient(application(run.root), base_url="http://127.0.0.1:8765")
    page = client.get(f"/document/{id_of(run, 'again-0')}").text
    assert f"<code>{span['other']}</code> in an earlier build" in page
    assert f"/document/{span['other']}" not in page


def test_a_change_of_an_earlier_build_is_seen(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    first = project(old)
    build(first, old / "out")
    dedup = KINDS.replace("partitions: 2", "partitions: 2, against: [../old/out/small], max_loss_ratio: 1")
    sources = project(new, dedup)
    add(new, "news", {"news": prose("news"), "other": prose("other")})
    assert set(build(sources, new / "out")[1]) == {"news", "other"}
    assert corpus.build(sources, output=new / "out", executor="local").ran == 0
    add(old, "news", {"elsewhere": prose("news")})
    build(first, old / "out")
    assert set(build(sources, new / "out")[1]) == {"other"}
    fresh = tmp_path / "fresh"
    build(sources, fresh)
    assert files(fresh / "small") == files(new / "out" / "small")


def test_explain_shows_how_a_duplicate_differs_without_personal_data(tmp_path: Path) -> None:
    lines = [prose(f"line{n}", 14) for n in range(30)]
    lines[4] = f"Write to {MAIL} or to nobody else."
    other = [*lines[:20], "One line was written anew.", *lines[21:]]
    other[4] = lines[4].replace("nora", "karl")
    sources = project(tmp_path)
    add(tmp_path, "pair", {"first": " ".join(lines), "second": " ".join(other)})
    run, texts, _ = build(sources, tmp_path / "out")
    removed, survivor = sorted(("first", "second"), key=lambda name: name in texts)
    duplicate = explain(run, id_of(run, removed))["duplicate"]
    assert duplicate["survivor"] == id_of(run, survivor)
    assert duplicate["kind"] == "minhash"
    assert 0.7 <= duplicate["similarity"] < 1
    assert duplicate["survivor_in"] == "stories"
    assert [line[0] for line in duplicate["diff"]] == ["@", " ", "-", "+", " "]
    assert {line[1:] for line in duplicate["diff"]} > {lines[20], "One line was written anew."}
    assert "diff" not in explain(run, id_of(run, survivor))["duplicate"]
    sides = Side(f"A {MAIL}.", "en"), Side("A friend.", "en")
    assert difference(*sides) == ["@@ -1 +1 @@", "-A <EMAIL>.", "+A friend."]


def test_personal_data_that_was_measured_is_replaced_in_a_diff_and_not_looked_for_again() -> None:
    def span(text: str, value: str) -> list[dict[str, object]]:
        start = text.encode().index(value.encode())
        end = start + len(value.encode())
        return [{"kind": "email", "start": start, "end": end, "score": 1.0, "validator": "email"}]

    text = "É nobody knows him."
    sides = Side(text, "fr", span(text, "nobody")), Side(f"É {MAIL} knows him.", "fr", [])
    assert difference(*sides) == ["@@ -1 +1 @@", "-É <EMAIL> knows him.", f"+É {MAIL} knows him."]
    long = "a" * 49_999 + "éé. The rest."
    assert difference(Side(long, "fr", span(long, "éé")), Side("b", "fr", [])) == ["@@ -0,0 +1 @@", "+b"]


def test_of_duplicates_the_best_by_a_signal_stays_whatever_their_length(tmp_path: Path) -> None:
    best = KINDS.replace("partitions: 2", "partitions: 2, prefer: {signal: pii_count, best: smallest}")
    sources = project(tmp_path, best)
    story = prose("story", 200)
    copies = {
        "longest": f"{story} {prose('more', 20)} {MAIL}",
        "plain": story,
        "longer": story + " a few words",
    }
    add(tmp_path, "copies", copies)
    run, texts, _ = build(sources, tmp_path / "out")
    assert set(texts) & set(copies) == {"longer"}
    rows = {row["id"]: row for row in run.table("duplicates").to_pylist()}
    assert {rows[id_of(run, name)]["survivor"] for name in copies} == {id_of(run, "longer")}
    pipeline = tmp_path / "pipelines" / "small.yaml"
    pipeline.write_text(pipeline.read_text().replace(", best: smallest", ""))
    assert set(build(sources, tmp_path / "out")[1]) & set(copies) == {"longest"}
    for wrong, message in (
        ("pii_counts", "unknown signal 'pii_counts'. Did you mean 'pii_count'"),
        ("language_assigned", "'language_assigned' is of type string; a number is needed"),
    ):
        pipeline.write_text(pipeline.read_text().replace("signal: pii_count}", f"signal: {wrong}}}"))
        with pytest.raises(ConfigError, match=message):
            corpus.load(sources)
        pipeline.write_text(pipeline.read_text().replace(wrong, "pii_count"))


QUIZ = [prose(f"quiz{n}", 30) for n in range(4)]
DECONTAMINATE = "decontaminate: {benchmarks: {quiz: eval/quiz.jsonl, lines: eval/lines.txt}}\n"


def contaminated(folder: Path, filters: str = "[few, contamination]") -> Path:
    sources = project(folder, more=DECONTAMINATE)
    pipeline = folder / "pipelines" / "small.yaml"
    pipeline.write_text(pipeline.read_text().replace("[few]", filters))
    (folder / "eval").mkdir()
    quiz = "".join(json.dumps({"question": text, "level": 3}) + "\n" for text in QUIZ)
    (folder / "eval" / "quiz.jsonl").write_text(quiz)
    (folder / "eval" / "lines.txt").write_text(prose("line one", 20) + "\ntoo short\n")
    add(
        folder,
        "leaks",
        {
            "whole": f"{prose('before')} {QUIZ[1].upper()} {prose('after')}",
            "little": f"{prose('x')} {' '.join(QUIZ[2].split()[:14])} {prose('y')}",
            "clean": prose("clean"),
        },
    )
    return sources


def test_documents_that_repeat_a_benchmark_are_dropped_and_reported(tmp_path: Path) -> None:
    sources = contaminated(tmp_path)
    run, texts, _ = build(sources, tmp_path / "out")
    assert "whole" not in texts
    assert {"little", "clean"} <= set(texts)
    report = json.loads((run.root / "contamination" / "report.json").read_text())
    assert report == {
        "lines": {
            "items": 2, "items_too_short": 1, "items_found": 0, "items_whole": 0,
            "documents": 0, "documents_kept": 0, "most_found": [],
        },
        "quiz": {
            "items": 4, "items_too_short": 0, "items_found": 2, "items_whole": 1,
            "documents": 2, "documents_kept": 1,
            "most_found": [
                {"item": 1, "documents": 1, "begins": QUIZ[1], "example": id_of(run, "whole")},
                {"item": 2, "documents": 1, "begins": QUIZ[2], "example": id_of(run, "little")},
            ],
        },
    }  # fmt: skip
    filters = {item["filter"]: item for item in explain(run, id_of(run, "whole"))["filters"]}
    assert filters["contamination"]["outside"]
    assert filters["contamination"]["value"] == 1


def test_a_changed_benchmark_is_measured_again_and_a_moved_one_is_not(tmp_path: Path) -> None:
    sources = contaminated(tmp_path)
    build(sources, tmp_path / "out")
    (tmp_path / "evals").mkdir()
    shutil.copy(tmp_path / "eval" / "quiz.jsonl", tmp_path / "evals" / "moved.jsonl")
    pipeline = tmp_path / "pipelines" / "small.yaml"
    pipeline.write_text(pipeline.read_text().replace("eval/quiz.jsonl", "evals/moved.jsonl"))
    assert corpus.build(sources, output=tmp_path / "out", executor="local").ran == 0
    with (tmp_path / "evals" / "moved.jsonl").open("a") as file:
        file.write(json.dumps({"question": prose("clean")}) + "\n")
    _, texts, _ = build(sources, tmp_path / "out")
    assert "clean" not in texts
    fresh = tmp_path / "fresh"
    build(sources, fresh)
    assert files(fresh / "small") == files(tmp_path / "out" / "small")


def test_adding_documents_gives_the_bytes_of_a_build_from_scratch(tmp_path: Path) -> None:
    dedup = SUBSTRING.replace("partitions: 3}", "partitions: 3}, templates: {min_documents: 4}")
    sources = project(tmp_path, dedup, DECONTAMINATE)
    (tmp_path / "eval").mkdir()
    (tmp_path / "eval" / "quiz.jsonl").write_text(json.dumps({"q": QUIZ[0]}) + "\n")
    (tmp_path / "eval" / "lines.txt").write_text(prose("line one", 20) + "\n")
    documents = list(shared_documents().items())
    add(tmp_path, "first", dict(documents[:7]) | {f"m{n}": f"{MENU}\n{prose(f'm{n}')}" for n in range(3)})
    build(sources, tmp_path / "out")
    add(tmp_path, "second", dict(documents[7:]) | {f"n{n}": f"{MENU}\n{prose(f'n{n}')}" for n in range(3)})
    _, texts, counts = build(sources, tmp_path / "out")
    assert counts["bytes_removed/template/stories/en"] >= 6 * len(MENU)
    assert counts["bytes_removed/substring/stories/en"] > 0
    assert not any(MENU in text for text in texts.values())
    build(sources, tmp_path / "fresh")
    assert files(tmp_path / "fresh" / "small") == files(tmp_path / "out" / "small")


def test_shards_about_which_nothing_new_is_found_are_not_looked_at_again(tmp_path: Path) -> None:
    dedup = SUBSTRING.replace("partitions: 3}", "partitions: 3}, templates: {min_documents: 4}")
    sources = project(tmp_path, dedup)
    add(tmp_path, "first", shared_documents() | {f"m{n}": f"{MENU}\n{prose(f'm{n}')}" for n in range(5)})
    build(sources, tmp_path / "out")
    (tmp_path / "programs" / "another.py").write_text("".join(f"NAME_{n} = {n * n}\n" for n in range(40)))
    result = corpus.build(sources, output=tmp_path / "out", executor="local")
    steps = {step.name: step for step in result.steps}
    # What was found of the shards before is merged, not found again.
    for name in ("dedup/bands", "dedup/members", "substrings/anchors", "templates/lines"):
        assert steps[name].tasks > steps[name].ran == 1
    for name in ("contexts", "spans"):
        assert steps[f"substrings/{name}"].tasks > 1
        assert steps[f"substrings/{name}"].ran == 1
    assert steps["templates/spans"].ran == 1
    assert steps["scatter"].ran == 1
    build(sources, tmp_path / "fresh")
    assert files(tmp_path / "fresh" / "small") == files(tmp_path / "out" / "small")


def test_files_that_are_missing_and_builds_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    unfinished = tmp_path / "unfinished"
    unfinished.mkdir()
    dedup = "dedup: {exact: {}, partitions: 2, against: [nowhere, unfinished]}"
    sources = project(tmp_path, dedup, DECONTAMINATE)
    with pytest.raises(ConfigError) as raised:
        corpus.load(sources)
    found = [problem.message for problem in raised.value.problems]
    assert len(found) == 4
    assert any(text.startswith("benchmark 'quiz': no such file 'eval/quiz.jsonl'") for text in found)
    assert any(text.startswith("earlier build 'nowhere': no such folder") for text in found)
    assert any(text.startswith("earlier build 'unfinished': holds no finished build") for text in found)
    assert all(problem.line for problem in raised.value.problems)
    project(tmp_path, "dedup: {against: [nowhere], partitions: 2}")
    with pytest.raises(ConfigError, match="against needs a kind of duplicates"):
        corpus.load(sources)


def test_a_rule_for_the_urls_of_a_source_that_is_not_there_is_named(tmp_path: Path) -> None:
    sources = project(tmp_path, "dedup: {url: {sources: {storys: {query: drop}}}}")
    with pytest.raises(
        ConfigError, match=r"small.yaml:7:\d+: unknown source 'storys'. Did you mean 'stories'"
    ):
        corpus.load(sources)


def test_an_earlier_build_with_other_fingerprints_or_the_build_itself_is_refused(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    build(project(old), old / "out")
    other = project(new, "dedup: {exact: {normalise: roots}, partitions: 2, against: [../old/out/small]}")
    with pytest.raises(ConfigError, match=r"was built with other options of dedup \(exact.normalise"):
        corpus.load(other)
    own = KINDS.replace("partitions: 2", "partitions: 2, against: [out/small]")
    pipeline = old / "pipelines" / "small.yaml"
    pipeline.write_text(pipeline.read_text().replace(KINDS, own))
    with pytest.raises(StorageError, match="names the folder of this build"):
        corpus.build(old / "sources.yaml", output=old / "out", executor="local")
