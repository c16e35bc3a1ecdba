"""The built-in cleaning edits: what each removes, and what it must leave alone."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpus.edits import BUILTIN

EDGE_TEXTS = [
    "",
    "a",
    "\n",
    "हिन्दी में लिखा हुआ पाठ।\n\nদ্বিতীয় অনুচ্ছেদ।",
    "نص عربي قصير، وفيه فاصلة؛ وسؤال؟",
    "Ẹ̀tọ́ ọmọnìyàn àti òmìnira",
    "這是一個段落。\n\n這是第二個段落。",
    "x" * 100_000,
    "lone \ud800 surrogate",
]


@pytest.mark.parametrize("name", sorted(BUILTIN))
def test_an_edit_is_described_and_gives_valid_text(name: str) -> None:
    edit = BUILTIN[name]
    assert edit.name == name
    assert edit.doc
    assert edit.version >= 1
    for text in EDGE_TEXTS:
        assert isinstance(edit.target(text), str)


@pytest.mark.parametrize("name", sorted(set(BUILTIN) - {"markup"}))
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=200))
def test_an_edit_done_twice_changes_nothing_more(name: str, text: str) -> None:
    once = BUILTIN[name].target(text)
    assert BUILTIN[name].target(once) == once


@pytest.mark.parametrize("name", sorted(BUILTIN))
@pytest.mark.parametrize("text", EDGE_TEXTS[3:7])
def test_clean_prose_passes_through_every_edit_unchanged(name: str, text: str) -> None:
    assert BUILTIN[name].target(text) == text


def test_unicode_removes_controls_marks_and_surrogates() -> None:
    dirty = "\ufeffone\r\ntwo\rthree\x00\x07\u2028four\ud800\ud83d\ude00 so\u00adft"
    assert BUILTIN["unicode"].target(dirty) == "one\ntwo\nthree\nfour\ufffd😀 soft"


def test_unicode_keeps_joiners_that_spelling_needs() -> None:
    text = "ක්‍ය می‌خواهم க்‌ஷ"
    assert BUILTIN["unicode"].target(text) == text


def test_whitespace_writes_space_one_way_and_keeps_indentation() -> None:
    dirty = "\n\na\u00a0b \t\n\n\n\n    indented\u200b\u3000\n"
    assert BUILTIN["whitespace"].target(dirty) == "a b\n\n    indented"


def test_menus_go_and_sentences_with_bars_stay() -> None:
    page = "Home | News | About us\nThe pipe | is a sign | in logic.\n1 2 3 4\n« »\n2024\nA » B » C"
    assert BUILTIN["menus"].target(page) == "The pipe | is a sign | in logic.\n2024"


@pytest.mark.parametrize(
    ("message", "plain"),
    [
        ("~File", "File"),
        ("Sa~ve as", "Save as"),
        ("_Open", "Open"),
        ("&Edit", "Edit"),
        ("檔案(~F)", "檔案"),
        ("snake_case and __init__", "snake_case and __init__"),
        ("AT&T &amp; others", "AT&T &amp; others"),
        ("see ~/.config", "see ~/.config"),
    ],
)
def test_accelerators_go_and_other_uses_of_the_marks_stay(message: str, plain: str) -> None:
    assert BUILTIN["accelerators"].target(message) == plain


@pytest.mark.parametrize(
    ("message", "plain"),
    [
        ("Read [[Help:Contents|the help]] and '''act'''", "Read the help and act"),
        ("{{PLURAL:$1|one page|$1 pages}} of {{SITENAME}}", "… pages of …"),
        ("<b>bold</b> &lt;tag&gt;", "bold <tag>"),
        ("%1$s of %d files", "… of … files"),
        ("100% sure", "100% sure"),
        ("path %1 of 20%5, $1$", "path … of 20%5, …"),
        ("step {step, number} of {total}", "step … of …"),
        ("{n, plural, one {# file} other {# files}} left", "… files left"),
        ("* item\n== Head ==", "item\nHead"),
    ],
)
def test_markup_becomes_text(message: str, plain: str) -> None:
    assert BUILTIN["markup"].target(message) == plain


def test_repeats_keeps_the_first_of_a_running_header_and_every_short_line() -> None:
    header = "Annual report of the ministry"
    text = "\n".join(f"{header}\nPage text number {n}.\n}}" for n in range(6))
    cleaned = BUILTIN["repeats"].target(text)
    assert cleaned.count(header) == 1
    assert cleaned.count("}") == 6
    assert all(f"number {n}." in cleaned for n in range(6))
