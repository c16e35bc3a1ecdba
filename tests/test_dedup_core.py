"""text-dedup's CORE protocol, on a file of the published form small enough to be counted by hand."""

import json
import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from bench.dedup import core
from bench.dedup_core import scores, texts_and_truth


def words(count, seed):
    rng = random.Random(seed)
    return " ".join(f"w{rng.randrange(5000)}" for _ in range(count))


def record(name, title, abstract, duplicates):
    return {
        "core_id": name,
        "doi": None,
        "processed_title": title,
        "processed_abstract": abstract,
        "cat": "near_dup" if duplicates else "non_dup",
        "labelled_duplicates": duplicates,
    }


#: Ten documents: a pair and a triple that are found; a pair of which only the titles agree, which is not (two
#: FN); two that are alike but labelled apart (two FP); one alone.
RECORDS = [
    record("1", "On rivers", words(90, 1), ["2"]),
    record("2", "On RIVERS", words(90, 1) + " again", ["1"]),
    record("3", "On mills", words(90, 2), ["4", "5"]),
    record("4", "On mills", words(90, 2), ["3", "5"]),
    record("5", "On Mills", words(88, 2), ["3", "4"]),
    record("6", "On markets", words(90, 3), ["7"]),
    record("7", "On markets", words(90, 4), ["6"]),
    record("8", "Report one", words(90, 5), []),
    record("9", "Report two", words(90, 5), []),
    record("10", "On nothing else", words(90, 6), None),
]
BY_HAND = {
    "precision, duplicates": 5 / 7,
    "recall, duplicates": 5 / 7,
    "precision, others": 1 / 3,
    "recall, others": 1 / 3,
    "macro-F1 as text-dedup publishes it": (5 / 7 + 1 / 3) / 2,
    "mean of both F1": (5 / 7 + 1 / 3) / 2,
    "accuracy": 6 / 10,
}


def test_every_published_form_is_read_and_the_figure_is_the_one_counted_by_hand(tmp_path, capsys):
    names = [name for name in RECORDS[0] if name != "labelled_duplicates"]
    columns = {name: [item[name] for item in RECORDS] for name in names}
    columns["labelled_duplicates"] = pa.array(
        [item["labelled_duplicates"] for item in RECORDS], pa.list_(pa.string())
    )
    pq.write_table(pa.table(columns), tmp_path / "core.parquet")
    lines = "".join(json.dumps(item) + "\n" for item in RECORDS)
    (tmp_path / "core.jsonl").write_text(lines)
    archive = "".join(json.dumps({"_id": "x", "_source": item}) + "\n" for item in RECORDS)
    (tmp_path / "core.json.zst").write_bytes(zstandard.compress(archive.encode()))
    for name in ("core.parquet", "core.jsonl", "core.json.zst"):
        goals = core(tmp_path / name)
        assert goals["CORE, macro-F1"]["value"] == pytest.approx(
            BY_HAND["macro-F1 as text-dedup publishes it"]
        )
        assert not goals["CORE, macro-F1"]["met"]
        shown = capsys.readouterr().out
        for what, value in BY_HAND.items():
            assert f"{what:36} {value:.4f}" in shown
    texts, ids, truth = texts_and_truth(tmp_path / "core.jsonl")
    assert ids == [str(number) for number in range(1, 11)]
    assert texts[1].startswith("on rivers w")
    assert truth["3"] == {"4", "5"}
    assert truth["10"] == set()


def test_the_published_score_is_the_mean_of_two_precisions_not_of_f1():
    # Of three with duplicates two are found, one of them with one too many; one of two others is wrong.
    truth = {
        name: frozenset(others) for name, others in {"a": "b", "b": "a", "c": "d", "d": "", "e": ""}.items()
    }
    predicted = {"a": frozenset("b"), "b": frozenset("ae"), "e": frozenset("b")}
    found = scores(predicted, truth)
    assert found["precision, duplicates"] == pytest.approx(2 / 3)
    assert found["recall, duplicates"] == pytest.approx(2 / 3)
    assert found["precision, others"] == found["recall, others"] == 1 / 2
    assert found["accuracy"] == 2 / 5
    assert scores({}, truth)["macro-F1 as text-dedup publishes it"] == pytest.approx(2 / 5 / 2)
    assert scores({}, truth)["mean of both F1"] == pytest.approx(2 * 2 / 5 / (1 + 2 / 5) / 2)


def test_a_file_of_another_kind_is_refused(tmp_path):
    (tmp_path / "core.zip").write_bytes(b"PK")
    with pytest.raises(SystemExit, match="neither Parquet nor JSON Lines"):
        texts_and_truth(tmp_path / "core.zip")
