"""Removing documents: exact, kept out for good, and proven by a receipt."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tokenizers import Tokenizer

import corpus
from corpus import tombstones
from corpus.errors import StorageError
from corpus.pins import FOLDER as PINS
from corpus.remove import read_list, remove
from tests.small import write_project


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("removal")
    corpus.build(write_project(folder), output=folder / "build", executor="local")
    return folder


@pytest.fixture
def project(built: Path, tmp_path: Path) -> Path:
    """A copy of the project and its finished build."""
    shutil.copytree(built, tmp_path / "project")
    return tmp_path / "project"


def documents(run: Path) -> pa.Table:
    return corpus.open(run).table("documents")


def ids(run: Path) -> dict[str, str]:
    rows = documents(run).select(["id", "native_id"]).to_pylist()
    return {row["native_id"]: row["id"] for row in rows}


def with_pins_of(run: Path, output: Path) -> Path:
    (output / run.name).mkdir(parents=True)
    shutil.copytree(run / PINS, output / run.name / PINS)
    return output


def everything(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_a_removal_equals_a_build_from_scratch_with_the_same_artefacts(project: Path, tmp_path: Path) -> None:
    run = project / "build" / "small"
    before = corpus.open(run).manifest["root_digest"]
    names = ids(run)
    receipt = remove(project / "sources.yaml", ids=[names["en-7"], names["fr-3"]], output=project / "build")
    assert receipt["root_digest"]["before"] == before != receipt["root_digest"]["after"]
    assert corpus.verify(run) == receipt["root_digest"]["after"]
    output = with_pins_of(run, tmp_path / "scratch")
    fresh = corpus.build(project / "sources.yaml", output=output, executor="local")
    assert fresh.root_digest == receipt["root_digest"]["after"]


def test_it_equals_a_build_whose_input_never_had_the_document(project: Path, tmp_path: Path) -> None:
    run = project / "build" / "small"
    after = remove(project / "sources.yaml", ids=[ids(run)["en-7"]], output=project / "build")
    (project / tombstones.FILE).unlink()
    path = project / "stories" / "en.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if '"en-7"' not in line]
    assert len(kept) == len(lines) - 1
    path.write_text("".join(kept), encoding="utf-8")
    output = with_pins_of(run, tmp_path / "scratch")
    fresh = corpus.build(project / "sources.yaml", output=output, executor="local")
    assert fresh.root_digest == after["root_digest"]["after"]


def test_nothing_of_the_document_is_left_and_the_receipt_says_where_it_was(project: Path) -> None:
    run = project / "build" / "small"
    identifier = ids(run)["mail"]
    receipt = remove(project / "sources.yaml", ids=[identifier], output=project / "build")
    held = {name.split("/")[0] for name in receipt["removed_from"]}
    assert {"documents", "decisions", "scatter", "text", "tokens", "token_scatter", "packed"} <= held
    for path in run.rglob("*.parquet"):
        if "id" in pq.read_schema(path).names:
            assert identifier not in pq.read_table(path, columns=["id"])["id"].to_pylist(), path
    assert identifier.encode() not in everything(run / "packed") + everything(run / "token_scatter")
    for step in ("documents", "scatter", "text"):
        for path in (run / step).rglob("*.parquet"):
            assert "mill-river" not in str(pq.read_table(path).to_pylist()), path
    stored = json.loads(Path(receipt["receipt"]).read_text())
    assert stored["documents"] == [
        {"id": identifier, "source": "stories", "file": "en.jsonl", "shard": receipt["documents"][0]["shard"]}
    ]
    assert stored["raw"] == [{"source": "stories", "file": "en.jsonl", "rewritten": False}]
    assert "mill-river" not in json.dumps(stored)
    assert stored["finished"]
    rewritten = {item["file"]: item for item in stored["rewritten"]}
    shard = f"documents/{receipt['documents'][0]['shard']}.parquet"
    assert rewritten[shard]["before"] != rewritten[shard]["after"] is not None
    assert corpus.open(run).report["totals"]["documents_in"] == 69


def test_only_the_touched_shards_are_read_and_measured_again(project: Path) -> None:
    run = project / "build" / "small"
    shards = len(list((run / "decisions").rglob("*.parquet")))
    receipt = remove(project / "sources.yaml", ids=[ids(run)["fr-3"]], output=project / "build")
    ran = receipt["tasks_run"]
    assert ran["documents"] == 1
    assert ran["decisions"] == 1 < shards
    assert ran["text"] == ran["tokens"] == 1


def test_what_is_left_of_a_bucket_is_not_encoded_again(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(path: Path) -> None:
        raise AssertionError(f"{path} was loaded")

    for name in ("load", "load_slow"):
        monkeypatch.setattr(f"corpus.tokens.encoder.{name}", load)
    names = ids(project / "build" / "small")
    receipt = remove(project / "sources.yaml", ids=[names["en-7"]], output=project / "build")
    assert receipt["tasks_run"]["tokens"] == 1


def test_the_next_best_member_of_a_cluster_comes_back(project: Path) -> None:
    run = project / "build" / "small"
    names = ids(run)
    pair = {names["en-0"], names["copy"]}
    (survivor,) = pair & set(corpus.open(run).table("text")["id"].to_pylist())
    remove(project / "sources.yaml", ids=[survivor], output=project / "build")
    assert pair & set(corpus.open(run).table("text")["id"].to_pylist()) == pair - {survivor}


def test_a_tombstone_keeps_the_document_out_of_later_builds(project: Path, tmp_path: Path) -> None:
    run = project / "build" / "small"
    identifier = ids(run)["en-1"]
    remove(project / "sources.yaml", ids=[identifier], output=project / "build")
    text = (project / tombstones.FILE).read_text()
    assert identifier in text
    assert "en.jsonl" not in text
    corpus.build(project / "sources.yaml", output=tmp_path / "other", executor="local")
    assert identifier not in documents(tmp_path / "other" / "small")["id"].to_pylist()
    with pytest.raises(StorageError, match="are removed already"):
        remove(project / "sources.yaml", ids=[identifier], output=project / "build")
    assert corpus.build(project / "sources.yaml", output=project / "build", executor="local").ran == 0


def test_the_tokenizer_stays_until_it_is_retrained(project: Path) -> None:
    run = project / "build" / "small"
    path = run / "tokenizer" / "tokenizer.json"
    before = path.read_bytes()
    rows = documents(run).select(["id", "source"]).to_pylist()
    programs = [row["id"] for row in rows if row["source"] == "programs"][:5]
    remove(project / "sources.yaml", ids=programs, output=project / "build")
    assert path.read_bytes() == before
    planned = {
        item.step.name: item for item in corpus.plan(project / "sources.yaml", output=project / "build")
    }
    assert planned["tokenizer"].pinned == 1
    assert planned["tokenizer"].pending == 0
    trained = corpus.build(project / "sources.yaml", output=project / "build", executor="local", retrain=True)
    assert path.read_bytes() != before
    Tokenizer.from_file(str(path))
    fresh = corpus.build(project / "sources.yaml", output=project / "fresh", executor="local")
    assert fresh.root_digest == trained.root_digest


def test_a_pin_ends_where_the_recipe_of_the_artefact_changes(project: Path) -> None:
    run = project / "build" / "small"
    remove(project / "sources.yaml", ids=[ids(run)["en-1"]], output=project / "build")
    (project / "tokenizer" / "tiny.yaml").write_text("vocabulary: 550\n")
    corpus.build(project / "sources.yaml", output=project / "build", executor="local")
    assert Tokenizer.from_file(str(run / "tokenizer" / "tokenizer.json")).get_vocab_size() == 550


def test_documents_are_removed_by_url_and_by_list(project: Path) -> None:
    run = project / "build" / "small"
    names = ids(run)
    listed = project / "list.txt"
    listed.write_text(f"# asked for in writing\n{names['fr-1']}\n\nhttps://example.org/4\n")
    found, urls = read_list(listed)
    assert (found, urls) == ([names["fr-1"]], ["https://example.org/4"])
    receipt = remove(project / "sources.yaml", ids=found, urls=urls, output=project / "build")
    assert {item["id"] for item in receipt["documents"]} == {names["fr-1"], names["en-4"]}


def test_an_unknown_document_removes_nothing(project: Path) -> None:
    run = project / "build" / "small"
    with pytest.raises(StorageError, match=r"has no document 0+; nothing was removed"):
        remove(project / "sources.yaml", ids=["0" * 32, ids(run)["en-1"]], output=project / "build")
    assert not (project / tombstones.FILE).exists()


def test_an_interrupted_removal_continues(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = project / "build" / "small"
    names = ids(run)

    def killed(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("corpus.api.build", killed)
        with pytest.raises(KeyboardInterrupt):
            remove(project / "sources.yaml", ids=[names["en-1"]], output=project / "build")
    remove(project / "sources.yaml", ids=[names["en-2"]], output=project / "build")
    receipts = [json.loads(path.read_text()) for path in sorted((run / "receipts").glob("*.json"))]
    assert [item["documents"][0]["id"] for item in receipts] == [names["en-1"], names["en-2"]]
    assert all(item["finished"] for item in receipts)
    assert receipts[0]["root_digest"]["after"] == receipts[1]["root_digest"]["before"]
    assert sorted(path.name for path in (run / "receipts").iterdir()) == ["0001.json", "0002.json"]


def test_a_shard_that_loses_all_documents_is_no_shard_any_more(project: Path) -> None:
    run = project / "build" / "small"
    rows = documents(run).select(["id", "source"]).to_pylist()
    programs = [row["id"] for row in rows if row["source"] == "programs"]
    remove(project / "sources.yaml", ids=programs, output=project / "build")
    assert not list((run / "documents" / "programs").glob("*.parquet"))
    assert corpus.open(run).report["totals"]["documents_in"] == 64


def test_the_tokenizer_stays_and_so_does_the_card_that_judges_it(project: Path) -> None:
    run = project / "build" / "small"
    before = everything(run / "tokenizer"), everything(run / "tokenizer_card")
    assert all(before)
    remove(project / "sources.yaml", ids=[ids(run)["en-7"]], output=project / "build")
    assert (everything(run / "tokenizer"), everything(run / "tokenizer_card")) == before
