"""Readers: every document once, in order, and everything that cannot be read named in its place."""

from __future__ import annotations

import datetime
import gzip
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpus.errors import SourceError
from corpus.readers import Record, Unit, Unreadable, list_units, read_unit
from corpus.readers import folder as folder_reader
from corpus.readers import jsonl as jsonl_reader
from corpus.readers.code import guess
from corpus.recipe import SourceRecipe

REAL = Path(__file__).parents[1].parent / "shared" / "real_input"


def recipe(reader: dict[str, Any], languages: dict[str, Any] | None = None, **more: Any) -> SourceRecipe:
    return SourceRecipe(licence="CC0-1.0", reader=reader, languages=languages or {"en": ()}, **more)


def read(source: SourceRecipe, root: Path) -> list[Record | Unreadable]:
    return [
        found for unit in list_units("demo", source, root) for found in read_unit("demo", source, root, unit)
    ]


def texts(found: list[Record | Unreadable]) -> list[str]:
    return [one.text for one in found if isinstance(one, Record)]


def bad(found: list[Record | Unreadable]) -> list[Unreadable]:
    return [one for one in found if isinstance(one, Unreadable)]


# ---------------------------------------------------------------- files and languages


def test_units_are_sorted_and_named_relative_to_the_root(tmp_path: Path) -> None:
    for name in ("b/two.jsonl", "a/one.jsonl", "a/.hidden.jsonl", "notes.md", "three.jsonl.gz"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"")
    source = recipe({"type": "jsonl", "path": "x"}, {"yo": ("a/*",), "en": ("b/*", "*.gz")})
    assert list_units("demo", source, tmp_path) == [
        Unit("a/one.jsonl", "yo", 0),
        Unit("b/two.jsonl", "en", 0),
        Unit("three.jsonl.gz", "en", 0),
    ]


def test_a_pattern_that_matches_nothing_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"")
    source = recipe({"type": "jsonl", "path": "x"}, {"en": ("a*",), "yo": ("yoruba/*",)})
    with pytest.raises(SourceError, match=r"'demo'.*'yo'.*'yoruba/\*' matches no file"):
        list_units("demo", source, tmp_path)


def test_a_file_claimed_by_two_languages_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"")
    source = recipe({"type": "jsonl", "path": "x"}, {"en": (), "yo": ("a*",)})
    with pytest.raises(SourceError, match="claimed by both 'en' and 'yo'"):
        list_units("demo", source, tmp_path)


def test_excluded_files_are_left_out_and_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(name)
    source = recipe({"type": "text", "path": "x"}, exclude=("b*",))
    assert texts(read(source, tmp_path)) == ["a.txt"]
    with pytest.raises(SourceError, match="no such file or folder"):
        list_units("demo", source, tmp_path / "gone")


# ---------------------------------------------------------------- JSON Lines

ROWS = [{"id": str(n), "text": f"text {n} ẹ̀", "url": f"page/{n}", "year": n} for n in range(50)]
LINES = "".join(json.dumps(row) + "\n" for row in ROWS).encode()


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
def test_jsonl_gives_every_row_with_its_fields(tmp_path: Path, suffix: str) -> None:
    data = {"": LINES, ".gz": gzip.compress(LINES), ".zst": zstandard.compress(LINES)}[suffix]
    (tmp_path / f"a.jsonl{suffix}").write_bytes(data)
    found = read(recipe({"type": "jsonl", "path": "x"}), tmp_path / f"a.jsonl{suffix}")
    assert found == [
        Record(row["text"], row["id"], row["url"], n, {"year": row["year"]}) for n, row in enumerate(ROWS)
    ]


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_several_compressed_members_in_a_row_are_one_file(tmp_path: Path, suffix: str) -> None:
    pack = gzip.compress if suffix == ".gz" else zstandard.compress
    (tmp_path / f"a.jsonl{suffix}").write_bytes(pack(LINES) + pack(LINES) + b"\0" * 512 * (suffix == ".gz"))
    assert len(texts(read(recipe({"type": "jsonl", "path": "x"}), tmp_path))) == 100


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_a_truncated_file_gives_the_rows_before_the_damage_and_then_says_so(
    tmp_path: Path, suffix: str
) -> None:
    pack = gzip.compress if suffix == ".gz" else zstandard.compress
    whole = b"".join(pack(LINES) for _ in range(20))
    (tmp_path / f"a.jsonl{suffix}").write_bytes(whole[: len(whole) * 3 // 4 - 20])
    found = read(recipe({"type": "jsonl", "path": "x"}), tmp_path)
    good = [one for one in found if isinstance(one, Record)]
    assert 14 * 50 <= len(good) < 15 * 50
    assert [one.text for one in good] == [ROWS[n % 50]["text"] for n in range(len(good))]
    assert "truncated" in bad(found)[-1].error
    assert isinstance(found[-1], Unreadable)


def test_bytes_after_a_gzip_file_are_reported_and_its_rows_are_kept(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(LINES) + b"not compressed at all")
    found = read(recipe({"type": "jsonl", "path": "x"}), tmp_path)
    assert len(texts(found)) == 50
    assert [one.error.split(":")[0] for one in bad(found)] == ["bytes follow that are not compressed"]


def test_a_bad_line_is_named_by_row_and_offset_and_reading_goes_on(tmp_path: Path) -> None:
    lines = [
        b'{"text": "one"}',
        b"{broken",
        b'{"body": "no text"}',
        b"[1, 2]",
        b'{"text": 5}',
        b'{"text": "\xff"}',
        b"",
        b'{"text": "last"}',
    ]
    (tmp_path / "a.jsonl").write_bytes(b"\xef\xbb\xbf" + b"\n".join(lines))
    found = read(recipe({"type": "jsonl", "path": "x"}), tmp_path)
    assert [(one.row, one.text) for one in found if isinstance(one, Record)] == [(0, "one"), (7, "last")]
    assert [one.row for one in bad(found)] == [1, 2, 3, 4, 5]
    assert bad(found)[0].offset == 3 + len(lines[0]) + 1
    assert "name the field under" in bad(found)[1].error


def test_lone_surrogates_and_nan_of_real_dumps_are_taken(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b'{"text": "a \\ud800 b \\ud83d\\ude00", "score": NaN}')
    (found,) = read(recipe({"type": "jsonl", "path": "x"}), tmp_path)
    assert isinstance(found, Record)
    assert found.text == "a \ufffd b 😀"
    found.text.encode("utf-8")


def test_meta_is_always_json(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(
        '{"text": "a", "title": "\\ud800", "n": 123456789012345678901234567890}'
    )
    columns = {
        "text": ["b"],
        "when": [datetime.date(2020, 2, 29)],
        "data": [b"\xff"],
        "cost": [Decimal("1.5")],
    }
    pq.write_table(pa.table(columns), tmp_path / "b.parquet")
    (first,) = read(recipe({"type": "jsonl", "path": "x"}), tmp_path)
    (second,) = read(recipe({"type": "parquet", "path": "x"}), tmp_path)
    assert isinstance(first, Record)
    assert isinstance(second, Record)
    assert first.meta == {"title": "\ufffd", "n": "123456789012345678901234567890"}
    assert second.meta == {"when": "2020-02-29", "data": "1 bytes", "cost": "1.5"}
    assert orjson.loads(orjson.dumps(second.meta)) == second.meta


def test_meta_that_nests_too_deeply_is_named(tmp_path: Path) -> None:
    rows = [f'{{"text": "a", "deep": {"[" * depth + "]" * depth}}}\n' for depth in (100, 500, 5000)]
    (tmp_path / "a.jsonl").write_text("".join(rows) + '{"text": "b"}')
    found = read(recipe({"type": "jsonl", "path": "x"}), tmp_path)
    assert texts(found) == ["a", "b"]
    assert [one.error for one in bad(found)] == ["the fields of the row nest too deeply"] * 2


def test_fields_can_be_named_and_an_empty_name_means_none(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"body": "text", "key": 7, "id": "kept"}')
    fields = {"text": "body", "id": "key", "url": ""}
    found = read(recipe({"type": "jsonl", "path": "x", "fields": fields}), tmp_path)
    assert found == [Record("text", "7", "", 0, {"id": "kept"})]


#: A busy machine must not fail the search for examples.
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.binary(max_size=30).map(lambda data: data.replace(b"\n", b" ")), max_size=12),
    st.integers(1, 9),
    st.integers(1, 40),
)
def test_lines_are_the_same_however_the_bytes_arrive(parts: list[bytes], step: int, limit: int) -> None:
    data = b"\n".join(parts)
    pieces = (data[at : at + step] for at in range(0, len(data), step))
    found = list(jsonl_reader.lines(pieces, limit))
    expected, offset = [], 0
    split = data.split(b"\n")
    for line in split if split[-1] else split[:-1]:
        expected.append((offset, line if len(line) <= limit else None))
        offset += len(line) + 1
    assert found == expected


# ---------------------------------------------------------------- Parquet, datasets


def test_parquet_gives_rows_and_says_which_column_is_missing(tmp_path: Path) -> None:
    table = pa.table({"text": ["one", None, "three"], "id": [1, 2, 3], "tags": [["a"], [], None]})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=2)
    found = read(recipe({"type": "parquet", "path": "x"}), tmp_path)
    assert texts(found) == ["one", "three"]
    assert [(one.row, "has no field 'text'" in one.error) for one in bad(found)] == [(1, True)]
    assert isinstance(found[2], Record)
    assert (found[2].native_id, found[2].row, found[2].meta) == ("3", 2, {"tags": None})
    with pytest.raises(SourceError, match=r"no column 'body', only text, id, tags; name the text column"):
        read(recipe({"type": "parquet", "path": "x", "fields": {"text": "body"}}), tmp_path)
    (tmp_path / "b.parquet").write_bytes(b"PAR1 but no more")
    with pytest.raises(SourceError, match=r"b\.parquet: not a readable Parquet file"):
        read(recipe({"type": "parquet", "path": "x"}), tmp_path)


def test_a_damaged_row_group_costs_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    names = [f"document number {n} " * 50 for n in range(30)]
    pq.write_table(
        pa.table({"text": names}), path, row_group_size=10, compression="zstd", use_dictionary=False
    )
    column = pq.ParquetFile(path).metadata.row_group(1).column(0)
    end = column.data_page_offset + column.total_compressed_size
    data = bytearray(path.read_bytes())
    data[end - 60 : end] = b"\xff" * 60
    path.write_bytes(bytes(data))
    found = read(recipe({"type": "parquet", "path": "x"}), tmp_path)
    assert texts(found) == names[:10] + names[20:]
    assert [one.row for one in bad(found)] == [10]


@pytest.mark.parametrize("streaming", [True, False])
def test_a_local_folder_is_read_through_datasets(tmp_path: Path, streaming: bool, monkeypatch: Any) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    folder = tmp_path / "set"
    folder.mkdir()
    for part in range(2):
        rows = pa.table(
            {"text": [f"text {part}.{n}" for n in range(3)], "id": [f"{part}.{n}" for n in range(3)]}
        )
        pq.write_table(rows, folder / f"train-{part:05d}-of-00002.parquet")
    reader = {"type": "huggingface", "dataset": "x", "streaming": streaming}
    source = recipe(reader, {"yo": ()})
    units = list_units("demo", source, folder)
    assert {unit.language for unit in units} == {"yo"}
    assert len(units) == (2 if streaming else 1)
    assert texts(read(source, folder)) == [f"text {part}.{n}" for part in range(2) for n in range(3)]
    with pytest.raises(SourceError, match="check id, config, split"):
        list_units("demo", recipe({**reader, "split": "none"}, {"yo": ()}), folder)


# ---------------------------------------------------------------- CSV


def test_rows_of_tables_are_read_with_their_fields(tmp_path: Path) -> None:
    rows = 'text,id,note\n"one, with ""quotes""\nand a line",7,x\n\nẹ̀ two,8,\n'
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbf" + rows.replace("\n", "\r\n").encode())
    (tmp_path / "b.tsv.gz").write_bytes(gzip.compress(b"id\ttext\n1\tthree, four\n"))
    (tmp_path / "notes.txt").write_text("no table")
    source = recipe({"type": "csv", "path": "x"})
    assert read(source, tmp_path) == [
        Record('one, with "quotes"\nand a line', "7", "", 0, {"note": "x"}),
        Record("ẹ̀ two", "8", "", 1, {"note": ""}),
        Record("three, four", "1", "", 0, {}),
    ]
    (tmp_path / "a.csv").write_text("body;text\nlong;short\n")
    other = recipe(
        {"type": "csv", "path": "x", "fields": {"text": "body"}, "delimiter": ";"}, {"en": ("a*",)}
    )
    assert read(other, tmp_path) == [Record("long", "", "", 0, {"text": "short"})]


def test_rows_that_do_not_fit_are_named_and_the_others_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("corpus.readers.table.MAX_LINE", 50)
    lines = [
        b"id,text",
        b"1,one",
        b"2",
        b"3,three,more",
        b"4,caf\xe9",
        b"5,nul \0",
        b"6," + b"x" * 60,
        b"7,seven",
    ]
    (tmp_path / "a.csv").write_bytes(b"\n".join(lines))
    found = read(recipe({"type": "csv", "path": "x"}), tmp_path)
    assert [(one.row, one.text) for one in found if isinstance(one, Record)] == [(0, "one"), (6, "seven")]
    assert [one.row for one in bad(found)] == [1, 2, 3, 4, 5]
    starts = [sum(len(line) + 1 for line in lines[:n]) for n in range(2, 7)]
    assert [one.offset for one in bad(found)] == starts
    assert "the row has 1 fields, the header 2" in bad(found)[0].error
    assert "save the table as UTF-8" in bad(found)[2].error
    (tmp_path / "a.csv").write_text("id,body\n1,one\n")
    (missing,) = bad(read(recipe({"type": "csv", "path": "x"}), tmp_path))
    assert "has no column 'text', only id, body; name the text column" in missing.error
    (tmp_path / "a.csv").write_bytes(b"")
    assert not read(recipe({"type": "csv", "path": "x"}), tmp_path)


def test_of_a_damaged_table_what_came_before_is_kept(tmp_path: Path) -> None:
    rows = "text\n" + "".join(f"row {n} of the table\n" for n in range(5000))
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(rows.encode(), 0)[:60_000])
    found = read(recipe({"type": "csv", "path": "x"}), tmp_path)
    assert texts(found)[:2] == ["row 0 of the table", "row 1 of the table"]
    assert [one.row for one in bad(found)] == [len(texts(found))]


@pytest.mark.parametrize("delimiter", ['"', "\n", ";;"])
def test_a_delimiter_that_is_none_is_refused(delimiter: str) -> None:
    with pytest.raises(ValueError, match="delimiter"):
        recipe({"type": "csv", "path": "x", "delimiter": delimiter})


# ---------------------------------------------------------------- text


def test_text_is_read_whole_or_by_paragraph(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"one\r\nline\r\n\r\n \r\ntwo\r\n")
    (tmp_path / "b.txt.gz").write_bytes(gzip.compress(b"three"))
    whole = recipe({"type": "text", "path": "x"})
    assert texts(read(whole, tmp_path)) == ["one\nline\n\n \ntwo\n", "three"]
    parts = recipe({"type": "text", "path": "x", "split": "paragraph"})
    assert texts(read(parts, tmp_path)) == ["one\nline", "two", "three"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "windows-1252"])
def test_text_in_other_encodings_is_read(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.txt").write_bytes("déjà – vu".encode(encoding))
    declared = encoding if encoding == "windows-1252" else "utf-8"
    assert texts(read(recipe({"type": "text", "path": "x", "encoding": declared}), tmp_path)) == ["déjà – vu"]


def test_text_in_an_undeclared_encoding_is_unreadable_with_offset_and_hint(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("d\xe9j\xe0".encode("windows-1252"))
    (found,) = read(recipe({"type": "text", "path": "x"}), tmp_path)
    assert isinstance(found, Unreadable)
    assert (found.row, found.offset) == (0, 1)
    assert "windows-1252" in found.error
    for name in ("klingon", "hex"):
        with pytest.raises(ValueError, match=f"no encoding of text '{name}'"):
            recipe({"type": "text", "path": "x", "encoding": name})


def test_a_folder_of_pages_manuals_or_catalogues_is_read_by_its_parser(tmp_path: Path) -> None:
    page = "<title>T</title><body><nav>Menu</nav><h1>One</h1><p>a</p><h1>Two</h1>b</body>"
    (tmp_path / "site").mkdir()
    (tmp_path / "site/a.html").write_text(page)
    (tmp_path / "site/b.HTM.gz").write_bytes(gzip.compress(page.encode()))
    (tmp_path / "site/style.css").write_text("p { color: red }")
    (tmp_path / "site/index?id=3").write_text(page)
    (tmp_path / "site/empty.html").write_text("")
    site = {"type": "text", "path": "site", "parser": "html"}
    found = read(recipe(site), tmp_path / "site")
    assert texts(found) == ["One\n\na\n\nTwo\n\nb"] * 2
    assert not bad(found)
    assert found[0] == Record(texts(found)[0], meta={"title": "T"})
    assert texts(read(recipe(site | {"split": "section"}), tmp_path / "site"))[:2] == ["One\n\na", "Two\n\nb"]
    assert len(texts(read(recipe(site, {"en": ("index*",)}), tmp_path / "site"))) == 1  # as the pattern says
    (tmp_path / "sw.po").write_text('msgid "Save the file now"\nmsgstr "Hifadhi faili hili sasa"\n')
    catalogue = recipe({"type": "text", "path": "sw.po", "parser": "catalogue"}, {"sw": ()})
    assert texts(read(catalogue, tmp_path / "sw.po")) == ["Hifadhi faili hili sasa"]
    (tmp_path / "sw.xml").write_text("<article><para>Maneno</para><para>")
    (broken,) = read(recipe({"type": "text", "path": "x", "parser": "docbook"}), tmp_path / "sw.xml")
    assert isinstance(broken, Unreadable)
    with pytest.raises(SourceError, match=r"pattern '\*' matches no file"):
        list_units("demo", recipe({"type": "text", "path": "x", "parser": "mallard"}), tmp_path / "site")


def test_of_a_damaged_page_what_came_before_is_kept(tmp_path: Path) -> None:
    data = gzip.compress(("<p>word " * 5000).encode(), 0)
    (tmp_path / "a.html.gz").write_bytes(data[: len(data) // 2])
    found = read(recipe({"type": "text", "path": "x", "parser": "html"}), tmp_path)
    assert texts(found)[0].startswith("word\n\nword")
    assert [one.row for one in bad(found)] == [1]


def test_a_text_file_that_is_too_large_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_reader, "MAX_FILE", 10)
    (tmp_path / "a.txt").write_text("longer than that")
    (found,) = read(recipe({"type": "text", "path": "x"}), tmp_path)
    assert isinstance(found, Unreadable)


# ---------------------------------------------------------------- code

C_HEADER = (
    '#ifndef A_H\n#include <stdio.h>\n#ifdef __cplusplus\nextern "C" {\n#endif\nint add(int a, int b);\n'
)
CPP_HEADER = (
    "#pragma once\n#include <vector>\nnamespace a {\n"
    "template <class T> class List { public: T* first; };\n}\n"
)


@pytest.mark.parametrize(
    ("name", "content", "language", "ambiguous"),
    [
        ("a.py", "", "code-python", False),
        ("a.H", "", "code-cpp", False),
        ("a.hpp", "", "code-cpp", False),
        ("a.h", "typedef struct a { int b; } a;\n", "code-c", False),
        ("a.h", "// std::vector is only mentioned\nextern int add(int a);\n", "code-c", False),
        ("a.h", CPP_HEADER, "code-cpp", False),
        ("a.h", C_HEADER, "code-c", True),
        ("a.h", "#define ANSWER 42\n", "code-c", True),
        ("a.ts", "export const a: number = 1;", "code-typescript", False),
        ("a.ts", "<?xml version='1.0'?><!DOCTYPE TS>", "", False),
        ("a.sc", "object Main extends App { println(1) }", "code-scala", False),
        ("a.sc", "SynthDef(\\a, { |freq| Out.ar(0) })", "", False),
        ("README.md", "# title", "", False),
    ],
)
def test_the_language_of_a_source_file(name: str, content: str, language: str, ambiguous: bool) -> None:
    found = guess(name, content.encode)
    assert (found.language, found.ambiguous) == (language, ambiguous)


def test_a_code_folder_gives_the_declared_languages_only(tmp_path: Path) -> None:
    files = {
        "src/main.rs": b"fn main() {}\n",
        "src/lib.go": b"package lib\n",
        "include/a.h": C_HEADER.encode(),
        "include/b.h": CPP_HEADER.encode(),
        "latin.c": b"/* caf\xe9 */ int a;\n",
        "binary.c": b"\x00\x01\x02",
        "empty.c": b"",
        "huge.c": b"int a;\n" * 1000,
    }
    for name, data in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    languages: dict[str, Any] = {"code-c": (), "code-cpp": ("include/*",), "code-rust": ()}
    source = recipe({"type": "code", "path": "x", "max_bytes": 5000}, languages)
    found = {unit.name: unit.language for unit in list_units("demo", source, tmp_path)}
    assert found == {
        "binary.c": "code-c",
        "include/a.h": "code-c",
        "include/b.h": "code-cpp",
        "latin.c": "code-c",
        "src/main.rs": "code-rust",
    }
    records = read(source, tmp_path)
    assert "/* café */ int a;\n" in texts(records)
    assert [one.error for one in bad(records)] == ["not text: the file holds NUL bytes"]
    ambiguous = [
        one.text for one in records if isinstance(one, Record) and one.meta.get("ambiguous_extension")
    ]
    assert ambiguous == [C_HEADER]


# ---------------------------------------------------------------- real text


@pytest.mark.real
@pytest.mark.skipif(not REAL.is_dir(), reason="the real input is not here")
def test_real_sources_are_read_to_the_last_row() -> None:
    for name in ("african_storybook", "udhr", "tldr_pages"):
        files = sorted((REAL / name).glob("*.jsonl.zst"))
        languages = {path.name.split(".")[0].removeprefix("x-"): (path.name,) for path in files}
        found = read(recipe({"type": "jsonl", "path": "x"}, languages), REAL / name)
        rows = 0
        for path in files:
            with zstandard.open(path, "rb") as file:
                rows += file.read().count(b"\n")
        assert not bad(found)
        assert len(found) == rows > 100
