"""Template lines and paragraphs: those many documents of one source hold, and no others."""

import numpy as np
import pyarrow.parquet as pq

from corpus.kernels.line_hashes import line_hashes, paragraph_hashes
from corpus.recipe import DedupOptions, ExactOptions, TemplateOptions
from corpus.stages.dedup import run_steps
from corpus.stages.dedup_cut import cut_text, read_spans
from corpus.stages.dedup_templates import template_steps
from tests.dedup_world import Doc, write_shard

MENU = "Home · News · Contact us"
NOTICE = "All rights reserved ©"


def cleaned(folder, shards, options):
    files = [
        write_shard(folder / "in", key, docs, DedupOptions(exact=ExactOptions()))
        for key, docs in shards.items()
    ]
    run_steps(template_steps(options, is_deduplicated=False), files, options.partitions, folder / "out")
    texts = {doc.name: doc.text for docs in shards.values() for doc in docs}
    for key, docs in shards.items():
        found = read_spans(folder / "out/templates.spans" / key / "spans.parquet")
        for row, spans in found.items():
            doc = docs[row]
            texts[doc.name] = cut_text(doc.text.encode(), {"template": spans}, ()).text.decode()
    return texts


def pages(source, count, notice=NOTICE):
    return [
        Doc(f"{source}{n}", f"{MENU}\nStory {source} number {n}, told here.\n  {notice}  ", source=source)
        for n in range(count)
    ]


def test_lines_of_many_documents_of_a_source_go_and_all_others_stay(tmp_path):
    few = pages("b", 9)
    docs = [*pages("a", 10), Doc("twice", f"{MENU}\n" * 3 + "short\nshort", source="a")]
    texts = cleaned(tmp_path, {"a/0": docs[:6], "a/1": docs[6:], "b/0": few}, TemplateOptions(partitions=3))
    for n in range(10):
        assert texts[f"a{n}"] == f"Story a number {n}, told here.\n"
    assert texts["twice"] == "short\nshort"
    assert {doc.name: texts[doc.name] for doc in few} == {doc.name: doc.text for doc in few}


def test_a_line_counts_once_a_document_and_only_in_kept_ones(tmp_path):
    docs = [Doc("many", f"{MENU}\n" * 50), *(Doc(f"x{n}", MENU, verdict="dropped") for n in range(50))]
    texts = cleaned(tmp_path, {"a/0": docs}, TemplateOptions())
    assert texts["many"] == f"{MENU}\n" * 50


def test_the_ratio_protects_lines_that_a_large_source_repeats_now_and_then(tmp_path):
    docs = [
        Doc(str(n), f"{MENU if n % 4 == 0 else 'A line of its own, ' + str(n)}\n{NOTICE}") for n in range(60)
    ]
    texts = cleaned(tmp_path, {"a/0": docs}, TemplateOptions(min_ratio=0.5))
    assert texts["0"] == f"{MENU}\n"
    assert texts["1"] == "A line of its own, 1\n"


def test_the_templates_are_listed_with_their_documents(tmp_path):
    cleaned(tmp_path, {"a/0": pages("a", 12)}, TemplateOptions(partitions=1))
    rows = pq.read_table(tmp_path / "out/templates.common/0/common.parquet").to_pylist()
    found = sorted((row["text"], row["documents"], row["unit"]) for row in rows)
    assert found == [(NOTICE, 12, "line"), (MENU, 12, "line")]


LINKS = "Home\n  News \nAbout us"


def articles(count):
    return [
        Doc(str(n), f"{LINKS}\n\n\nStory {n}\nis told\n\nNews\nof day {n}\n\nHome\nNews\nAbout us\n")
        for n in range(count)
    ]


def test_a_paragraph_of_short_lines_goes_as_a_whole(tmp_path):
    texts = cleaned(tmp_path, {"a/0": articles(12)}, TemplateOptions(partitions=2))
    for n in range(12):
        # A line of it that stands elsewhere stays, and so does the blank line between what is left.
        assert texts[str(n)] == f"Story {n}\nis told\n\nNews\nof day {n}\n\n"
    rows = [
        row
        for partition in "01"
        for row in pq.read_table(tmp_path / f"out/templates.common/{partition}/common.parquet").to_pylist()
    ]
    assert [(row["text"], row["documents"], row["unit"]) for row in rows] == [(LINKS, 12, "paragraph")]


def test_paragraphs_are_left_alone_where_only_lines_are_asked_for(tmp_path):
    docs = articles(12)
    texts = cleaned(tmp_path, {"a/0": docs}, TemplateOptions(units=("line",)))
    assert texts == {doc.name: doc.text for doc in docs}


def test_paragraphs_are_found_between_blank_lines():
    texts = [
        b"one\ntwo\n\n \nalone, a line\n\nlast one\nlast two",
        b"\n\n one \n\ttwo\n",
        b"",
        b"one\n\ntwo\n",
        "éé\néé\n".encode(),
    ]
    offsets = np.zeros(len(texts) + 1, np.int64)
    offsets[1:] = np.cumsum([len(text) for text in texts])
    data = b"".join(texts)
    hashes, starts, ends, owners = paragraph_hashes(np.frombuffer(data, np.uint8), offsets, 5)
    assert owners.tolist() == [0, 0, 1]
    found = [data[start:end] for start, end in zip(starts, ends, strict=True)]
    assert found == [b"one\ntwo\n\n \n", b"last one\nlast two", b" one \n\ttwo\n"]
    assert hashes[0] == hashes[2] != hashes[1]


CODE = "try:\n    read(path)\nexcept Exception as error:\n    report(error)"


def test_code_is_left_alone_and_the_same_lines_outside_it_go(tmp_path):
    docs = [
        *(
            Doc(f"page{n}", f"About number {n}\n```python\n{CODE}\n\n{CODE}\n```\n{NOTICE}")
            for n in range(12)
        ),
        *(Doc(f"plain{n}", f"About number {n}, too\n\n{CODE}\n") for n in range(12)),
        *(Doc(f"code{n}", f"n = {n}\n\n{CODE}\n", language="code-python") for n in range(12)),
    ]
    texts = cleaned(tmp_path, {"a/0": docs[:5], "a/1": docs[5:]}, TemplateOptions(partitions=2))
    for n in range(12):
        assert texts[f"page{n}"] == f"About number {n}\n```python\n{CODE}\n\n{CODE}\n```\n"
        assert texts[f"plain{n}"] == f"About number {n}, too\n\n"
        assert texts[f"code{n}"] == f"n = {n}\n\n{CODE}\n"


def test_a_fence_is_closed_by_one_of_its_kind_or_by_the_end():
    text = b"before\n  ```c\n~~~\ninside\n```\nafter\n\n~~~\nopen\n```\nto the end"
    data, offsets = np.frombuffer(text, np.uint8), np.array([0, len(text)])
    found = line_hashes(data, offsets, 1, is_code_counted=False)
    spans = zip(found.starts, found.ends, strict=True)
    assert [text[start:end] for start, end in spans] == [b"before\n", b"after\n"]
    assert len(line_hashes(data, offsets, 1).hashes) == 10
    assert len(paragraph_hashes(data, offsets, 1, is_code_counted=False).hashes) == 0
    assert len(paragraph_hashes(data, offsets, 1).hashes) == 2
