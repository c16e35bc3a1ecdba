"""The lexer tells comments and strings from code in every language, and sees what is broken."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.kernels.code import SYNTAXES, Count, measure
from corpus.languages import LANGUAGES


def lexed(text: str, language: str) -> dict[str, int]:
    data = np.frombuffer(text.encode(), np.uint8)
    row = measure(data, np.array([0, len(data)], np.int64), SYNTAXES[language])[0]
    return {column.name: int(row[column]) for column in Count}


def test_every_programming_language_has_a_syntax() -> None:
    assert sorted(SYNTAXES) == sorted(code for code in LANGUAGES if code.startswith("code-"))


@pytest.mark.parametrize(
    ("language", "text", "comments", "strings"),
    [
        ("code-c", 'int a; // it\'s "x"\nchar *s = "/* no */";', 9, 8),
        ("code-go", 'a := `raw\n// not` + "b" /* c */', 5, 13),
        ("code-python", 'x = \'#no\'  # yes\n"""doc {\n"""\n', 4, 15),
        ("code-rust", "fn f<'a>(x: &'a str) -> char { '{' } /* a /* b */ c */", 11, 0),
        ("code-lua", "--[[ block\n]] x = [[long]] -- end", 16, 8),
        ("code-javascript", "let s = `a ${b}`; // '", 3, 7),
        ("code-php", "<?php # one\n$a = 'b\\'c'; // two", 9, 6),
        ("code-ruby", "puts 'a'\n=begin\ntext\n=end\n", 14, 3),
        ("code-csharp", 'var p = @"C:\\x"; // q', 3, 7),
    ],
)
def test_comments_and_strings_are_measured(language: str, text: str, comments: int, strings: int) -> None:
    found = lexed(text, language)
    assert (found["COMMENTS"], found["STRINGS"], found["UNBALANCED"]) == (comments, strings, 0)


def test_a_stray_quote_costs_one_line() -> None:
    assert lexed('x = "open {\ny = (1)\n', "code-python")["UNBALANCED"] == 0
    assert lexed('x = "open {\ny = (1)\n', "code-python")["BRACKETS"] == 2


def test_cut_off_code_is_unbalanced() -> None:
    assert lexed("void f() { if (a) { g(", "code-c")["UNBALANCED"] == 3
    assert lexed("f(a]; }", "code-c")["UNBALANCED"] >= 2


def test_lines_are_counted_by_what_they_hold() -> None:
    found = lexed("# top\n\nx = 1  # side\n'''doc\nmore'''\n", "code-python")
    assert (found["LINES"], found["BLANK_LINES"], found["COMMENT_LINES"], found["CODE_LINES"]) == (5, 1, 1, 3)
    assert found["LONGEST_LINE"] == 13


def test_embedded_data_is_seen() -> None:
    assert lexed('k = "0123456789abcdef0123"', "code-python")["HEX"] == 20
    assert lexed("a\0b", "code-c")["NULS"] == 1


@settings(deadline=None)  # the first call compiles
@given(st.binary(max_size=80), st.sampled_from(sorted(SYNTAXES)))
def test_any_bytes_can_be_lexed(raw: bytes, language: str) -> None:
    data = np.frombuffer(raw, np.uint8)
    row = measure(data, np.array([0, len(data)], np.int64), SYNTAXES[language])[0]
    visible = sum(byte > 0x20 for byte in raw)
    assert row[Count.COMMENTS] + row[Count.STRINGS] <= visible
    assert (row >= 0).all()
    assert row[Count.CODE_LINES] + row[Count.COMMENT_LINES] <= raw.count(b"\n") + 1
