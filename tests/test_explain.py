"""Explain and trace: everything a run knows about a document, quickly, and shown for people."""

from __future__ import annotations

import subprocess
import sys
from io import StringIO

import numpy as np
import pyarrow.parquet as pq
import pytest
from rich.console import Console

import corpus
from corpus import opened
from corpus.errors import StorageError
from corpus.explain import explain, trace
from corpus.mixed import language_spans
from corpus.rendering import shown_document
from corpus.run import MANIFEST
from tests.report_world import world
from tests.small import write_project


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> corpus.Run:
    folder = tmp_path_factory.mktemp("explain")
    corpus.build(write_project(folder), output=folder / "build", executor="local")
    return corpus.open(folder / "build" / "small")


def shown(found: dict[str, object]) -> str:
    console = Console(file=StringIO(), width=160)
    console.print(shown_document(found))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert isinstance(text, str)
    return text


def by_native_id(run: corpus.Run) -> dict[str, str]:
    rows = run.documents().to_table(columns=["id", "native_id"]).to_pylist()
    return {row["native_id"]: row["id"] for row in rows}


def test_every_token_leads_to_its_document(run: corpus.Run) -> None:
    for sidecar in sorted((run.root / "tokens").rglob("*.parquet")):
        table = pq.read_table(sidecar)
        if "offset" not in table.column_names:
            continue
        for row in table.to_pylist()[:2]:
            for offset in (row["offset"], row["offset"] + row["tokens"] - 1):
                found = trace(run, sidecar.with_suffix(".bin"), offset)
                assert found["document"]["id"] == row["id"]


def test_the_places_of_tokens_are_all_those_there_are(run: corpus.Run) -> None:
    files = sorted((run.root / "tokens").rglob("*.parquet")) + sorted((run.root / "packed").glob("*.parquet"))
    expected: dict[str, list[str]] = {}
    for path in files:
        table = pq.read_table(path)
        for name in table["id"].to_pylist() if "id" in table.column_names else ():
            expected.setdefault(name, []).append(str(path.with_suffix(".bin").relative_to(run.root)))
    for name in list(expected)[:10]:
        found = [place["file"] for place in explain(run, name)["tokens"]]
        assert sorted(found) == sorted(expected[name])


def test_a_token_past_the_end_and_a_file_without_sidecar_are_errors(run: corpus.Run) -> None:
    binary = next((run.root / "packed").glob("0*.bin"))
    with pytest.raises(StorageError, match="past the end of the file"):
        trace(run, binary, 10**9)
    with pytest.raises(StorageError, match="no such file"):
        trace(run, run.root / "packed" / "nothing.bin", 0)


def test_a_page_names_origin_verdict_filters_and_tokens(run: corpus.Run) -> None:
    names = by_native_id(run)
    page = shown(explain(run, names["mail"]))
    for text in (
        names["mail"],
        "CC0-1.0",
        "en.jsonl",
        "kept, counts as en",
        "outside 0 of 2",
        "≥ 100",
        "tokens/",
    ):
        assert text in page
    assert "redactions" in page
    assert "mill-river" not in page
    dropped = shown(explain(run, names["short"]))
    assert "dropped" in dropped
    assert "outside 1 of 2" in dropped
    assert "tokens: none" in dropped


def test_a_duplicate_is_shown_with_its_cluster(run: corpus.Run) -> None:
    names = by_native_id(run)
    pair = {names["en-0"], names["copy"]}
    kept = set(run.table("text")["id"].to_pylist())
    (lost,) = pair - kept
    page = shown(explain(run, lost))
    assert "exact" in page
    assert (pair & kept).pop() in page


def test_a_mixed_document_has_its_languages_by_span() -> None:
    run = corpus.open(world())
    names = by_native_id(run)
    found = explain(run, names["mixed"], spans=True)
    first, second = found["languages"]
    assert (first["language"], second["language"]) == ("en", "pt")
    assert (first["start"], first["end"]) == (0, second["start"])
    assert second["end"] == found["document"]["characters"]
    assert 0 <= second["score"] <= 1
    assert f"{second['start']}–{second['end']}  pt" in shown(found)
    assert "languages" not in explain(run, names["mixed"])
    plain = explain(run, names["declared-portuguese"], spans=True)
    assert plain["languages"] == []
    assert "languages (characters" not in shown(plain)


def test_languages_not_measured_or_of_a_model_that_is_gone_are_not_known() -> None:
    recipe = {"pipeline": {"signals": {"language": {"model": "gone.lid"}}}}
    assert language_spans(recipe, {"foreign_ratio": 0.5}, "text") is None
    assert language_spans(recipe, {"foreign_ratio": 0.0}, "text") == []
    assert language_spans({"pipeline": {"signals": {}}}, {}, "text") is None


def test_reading_a_run_brings_no_engine(run: corpus.Run) -> None:
    """What takes a second to import is not needed to explain a document that is no duplicate."""
    name = by_native_id(run)["en-5"]
    code = (
        "import sys; from corpus.opened import open_run; from corpus.explain import explain; "
        f"explain(open_run({str(run.root)!r}), {name!r}); "
        "print(sorted({'numba', 'ray', 'pandas', 'pyarrow.dataset', 'pydantic'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_reader_and_engine_agree_on_the_name_of_the_summary() -> None:
    assert opened.MANIFEST == MANIFEST


def test_ids_are_found_by_their_beginning(run: corpus.Run) -> None:
    names = np.array(sorted(by_native_id(run).values()))
    assert explain(run, names[0][:16])["document"]["id"] == names[0]
    shared = next(c for c in "0123456789abcdef" if sum(name.startswith(c) for name in names) > 1)
    with pytest.raises(StorageError, match="documents begin with"):
        explain(run, shared)
