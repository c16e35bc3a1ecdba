"""Evaluation sets as users have them: every format gives the same items, and what cannot be read is named."""

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

import corpus
from corpus.errors import ConfigError, SignalError
from corpus.recipe import ContaminationOptions
from corpus.signals.benchmark_files import benchmark_items, ending
from tests.small import write_project

QUESTIONS = ["What is ñ, and why?", 'A "second" question\nof two lines']
RECORDS = [{"question": text, "level": 3, "answer": "yes"} for text in QUESTIONS]
LINES = "".join(json.dumps(record) + "\n" for record in RECORDS)
TABLE = 'question,level,answer\n"What is ñ, and why?",3,yes\n"A ""second"" question\nof two lines",3,yes\n'


def write(folder: Path, name: str, data: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def test_every_format_gives_the_same_items(tmp_path):
    written = {
        "a.jsonl": LINES,
        "a.ndjson": "\n" + LINES.replace("\n", "\n\n"),
        "a.json": json.dumps(RECORDS, indent=2),
        "a.csv": TABLE,
        "bom.csv": "\ufeff" + TABLE,
        "a.tsv": TABLE.replace("question,level,answer", "question\tlevel\tanswer").replace(",3,", "\t3\t"),
        "a.jsonl.gz": gzip.compress(LINES.encode()),
        "a.csv.zst": zstandard.compress(TABLE.encode()),
    }
    paths = [write(tmp_path, name, data) for name, data in written.items()]
    pq.write_table(pa.Table.from_pylist(RECORDS), tmp_path / "a.parquet")
    for path in [*paths, tmp_path / "a.parquet"]:
        assert benchmark_items(path, ("question",)) == QUESTIONS, path.name
        assert [item.count("yes") for item in benchmark_items(path, ())] == [1, 1], path.name


def test_text_has_an_item_a_line_and_json_may_hold_plain_strings(tmp_path):
    assert benchmark_items(write(tmp_path, "a.txt", "one\n\ntwo"), ()) == ["one\n", "two"]
    assert benchmark_items(write(tmp_path, "a.jsonl", '"one"\n"two"\n'), ("text",)) == ["one", "two"]


def test_answers_to_choose_from_are_text_of_the_item(tmp_path):
    path = write(tmp_path, "a.json", json.dumps({"q": "which", "choices": ["one", "two", 3]}))
    assert benchmark_items(path, ()) == ["one\ntwo\nwhich"]
    assert benchmark_items(path, ("choices",)) == ["one\ntwo"]


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.jsonl", '{"q": "a"}\n{"q": \n', r"a\.jsonl:2: not JSON"),
        ("a.json", '[\n{"q": "a"},\n{]', r"a\.json: not JSON in line 3"),
        ("a.jsonl", "[1]\n", r"a\.jsonl:1: an item is an object or a string, not list"),
        ("a.jsonl", '{"q": "a"}\n{"n": 1}\n', r"a\.jsonl:2: no text under any name \(it has n\)"),
        ("a.csv", "q,n\na,1\n", r"a\.csv:2: no text under question \(it has n, q\)"),
        ("a.txt", "fine\ncaf\u00e9\n".encode("latin-1"), r"a\.txt:2: not UTF-8"),
        ("a.parquet", b"not a table", r"a\.parquet: not Parquet"),
        ("a.jsonl.gz", gzip.compress(b"x" * 999)[:20], r"a\.jsonl\.gz: .* truncated"),
        ("a.jsonl", "", r"a\.jsonl: holds no item"),
        ("a.csv", "question\n", r"a\.csv: holds no item"),
    ],
)
def test_what_cannot_be_read_says_where(tmp_path, name, data, message):
    with pytest.raises(SignalError, match=message):
        benchmark_items(write(tmp_path, name, data), ("question",) if name == "a.csv" else ())


def test_a_format_nobody_can_read_is_an_error_of_the_recipe(tmp_path):
    assert ending("quiz.v2.JSONL.gz") == ".jsonl"
    assert ending("quiz.parquet.gz") == ending("quiz") == ending("quiz.xml") == ""
    sources = write_project(tmp_path, documents=3)
    write(tmp_path, "quiz.xml", "<item/>")
    pipeline = tmp_path / "pipelines" / "small.yaml"
    pipeline.write_text(pipeline.read_text() + "decontaminate:\n  benchmarks: {quiz: quiz.xml}\n")
    with pytest.raises(ConfigError, match=r"small.yaml:12:16: benchmark 'quiz': 'quiz.xml' is of no format"):
        corpus.load(sources)


def test_where_a_file_lies_does_not_count_but_how_it_is_read():
    def shown(path):
        return ContaminationOptions(benchmarks={"quiz": path}).without_paths().benchmarks["quiz"]

    assert shown("a/quiz.jsonl") == shown("b/other.v2.jsonl") == ".jsonl"
    assert shown("quiz.jsonl.zst") == ".jsonl.zst"
