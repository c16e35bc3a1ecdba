import json
import random

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from corpus.batch import Batch
from corpus.kernels import windows
from corpus.recipe import ContaminationOptions
from corpus.signal import declared
from corpus.signals.contamination import Contamination, contamination_report


def words(count, seed):
    rng = random.Random(seed)
    return [f"w{rng.randrange(5000)}" for _ in range(count)]


QUESTIONS = [" ".join(words(40, f"q{n}")) for n in range(30)]
SHORT = "a question of only nine words stands here now"


@pytest.fixture
def measure(tmp_path):
    quiz = tmp_path / "quiz.jsonl"
    records = [{"question": question, "answer": "yes"} for question in QUESTIONS]
    quiz.write_text("".join(json.dumps(record) + "\n" for record in records))
    lines = tmp_path / "lines.txt"
    lines.write_text(f"{SHORT}\ntoo short\n")
    options = ContaminationOptions(benchmarks={"quiz": "", "lines": ""}, fields=("question",))
    signal = declared(Contamination)
    built = signal.build(options, {"benchmark/quiz": quiz, "benchmark/lines": lines})

    def call(texts):
        batch = Batch(pa.record_batch([pa.array(texts, pa.large_string())], ["text"]))
        return signal.measure(built, batch)

    call.benchmarks = built.benchmarks
    return call


def test_a_repeated_item_is_found_wherever_it_stands_and_however_it_is_written(measure):
    around = words(60, 1)
    texts = [
        " ".join([*around, QUESTIONS[3], *around]),
        QUESTIONS[4].upper().replace(" ", ",\n"),
        " ".join(words(200, 2)),
        f"He asked: {SHORT.title()}!",
        "",
        "two words",
    ]
    rows = measure(texts).to_pylist()
    assert [row["contamination_items"] for row in rows] == [["quiz/3"], ["quiz/4"], [], ["lines/0"], [], []]
    assert [row["contamination_item_ratio"] for row in rows] == [1, 1, 0, 1, 0, 0]
    assert rows[0]["contamination_count"] == 40 - 12
    assert rows[0]["contamination_ratio"] == pytest.approx(40 / 160)
    assert rows[1]["contamination_ratio"] == 1
    assert rows[2]["contamination_count"] == 0


def test_part_of_an_item_counts_in_part(measure):
    half = " ".join(QUESTIONS[5].split()[:26])
    row = measure([half + " and other words"]).to_pylist()[0]
    assert row["contamination_item_ratio"] == pytest.approx(14 / 28)
    assert measure([" ".join(QUESTIONS[5].split()[:12])]).to_pylist()[0]["contamination_count"] == 0


def test_a_batch_and_single_documents_give_the_same(measure):
    texts = [QUESTIONS[0], "", SHORT, " ".join([QUESTIONS[1], QUESTIONS[2], QUESTIONS[1]])]
    together = measure(texts)
    assert together.to_pylist() == [measure([text]).to_pylist()[0] for text in texts]
    assert together["contamination_items"][3].as_py() == ["quiz/1", "quiz/2"]


def test_the_report_counts_items_and_documents(measure, tmp_path):
    both = f"{QUESTIONS[0]} {QUESTIONS[7]} again"
    table = pa.Table.from_batches([measure([QUESTIONS[0], both, SHORT, "none"])])
    assert table["contamination_whole_count"].to_pylist() == [1, 2, 1, 0]
    signals, decisions = tmp_path / "signals.parquet", tmp_path / "decisions.parquet"
    pq.write_table(table, signals)
    verdicts = ["kept", "dropped", "kept", "kept"]
    pq.write_table(pa.table({"id": list("dcba"), "verdict": verdicts}), decisions)
    assert contamination_report(measure.benchmarks, [(signals, decisions)]) == {
        "lines": {
            "items": 2, "items_too_short": 1, "items_found": 1, "items_whole": 1,
            "documents": 1, "documents_kept": 1,
            "most_found": [{"item": 0, "documents": 1, "begins": SHORT, "example": "b"}],
        },
        "quiz": {
            "items": 30, "items_too_short": 0, "items_found": 2, "items_whole": 2,
            "documents": 2, "documents_kept": 1,
            "most_found": [
                {"item": 0, "documents": 2, "begins": QUESTIONS[0][:200], "example": "d"},
                {"item": 7, "documents": 1, "begins": QUESTIONS[7][:200], "example": "c"},
            ],
        },
    }  # fmt: skip


def test_tables_find_what_they_hold_and_nothing_else():
    rng = np.random.default_rng(1)
    keys = np.unique(rng.integers(1, 1 << 63, 3000).astype(np.uint64) << np.uint64(7))
    keys = keys[keys > 0]
    slots, values = windows.table(keys)
    assert (windows.find(keys, slots, values) == np.arange(len(keys))).all()
    assert (windows.find(keys + np.uint64(1), slots, values) == -1).all()
    assert windows.find(keys[:0], *windows.table(keys[:0])).tolist() == []
