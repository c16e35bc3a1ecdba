"""Character, word and line counts agree with a slow count over Python strings."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from corpus.kernels import text as kernel
from corpus.kernels import words
from corpus.kernels.lines import lines
from corpus.kernels.text import Count
from corpus.kernels.unicode import CATEGORIES, tables
from corpus.kernels.unicode_data import SCRIPTS

LATIN = SCRIPTS.split().index("Latin") + 1
some_text = st.text(
    alphabet=st.one_of(
        st.sampled_from("aZé9 .,#{}…\n\t-•\"'हि中。ß"),
        st.characters(codec="utf-8", exclude_categories=("Cs",)),
    ),
    max_size=80,
)


def count(text: str, script: int = LATIN, least: int = kernel.LEAST) -> dict[str, int]:
    data = np.frombuffer(text.encode(), np.uint8)
    offsets = np.array([0, len(data)], np.int64)
    _, starts, ends, owners = words.split(data, offsets)
    found = lines(data, offsets)
    counts, lengths = kernel.measure(
        data, offsets, starts, ends, owners, np.array([script], np.uint8), found, least
    )
    assert lengths.sum() == counts[0, Count.WORD_CHARACTERS]
    return {column.name: int(counts[0, column]) for column in Count}


@settings(deadline=None)  # the first call compiles
@given(some_text)
@example("Ⅰ")
def test_characters_are_counted_by_category(text: str) -> None:
    found = count(text)
    categories = [CATEGORIES[int(tables().category[ord(c)])] for c in text]
    spaces = sum(kind[0] == "Z" for kind in categories) + sum(c in "\n\t\r" for c in text)
    assert found["CHARACTERS"] == len(text)
    assert found["LOWER"] == categories.count("Ll")
    assert found["UPPER"] == categories.count("Lu") + categories.count("Lt")
    assert found["OTHER_LETTERS"] == sum(kind in ("Lo", "Lm", "Nl") for kind in categories)
    assert found["MARKS"] == sum(kind[0] == "M" for kind in categories)
    assert found["DIGITS"] == sum(kind in ("Nd", "No") for kind in categories)
    assert found["PUNCTUATION"] == sum(kind[0] == "P" for kind in categories)
    assert found["SYMBOLS"] == sum(kind[0] == "S" for kind in categories)
    assert found["SPACES"] == spaces
    assert found["CHARACTERS"] == sum(
        found[name]
        for name in (
            "LOWER",
            "UPPER",
            "OTHER_LETTERS",
            "MARKS",
            "DIGITS",
            "PUNCTUATION",
            "SYMBOLS",
            "SPACES",
            "OTHER",
        )
    )
    assert found["NEWLINES"] == text.count("\n")
    assert found["HASHES"] == text.count("#")
    assert found["ELLIPSES"] == text.count("...") + text.count("…")
    assert found["CURLY"] == text.count("{") + text.count("}")
    scripts = [
        int(tables().script[ord(c)])
        for c, kind in zip(text, categories, strict=True)
        if kind[0] in "LM" or kind == "Nl"
    ]
    assert found["SCRIPT_LETTERS"] <= scripts.count(LATIN)


#: Sentences, names, numbers, code and what is not ASCII, in runs longer and shorter than a block.
_PIECES = (
    "the |rain in Spain. |NASA |I |B2 |l0st |3.14, |don't |'tis |wait... |Why? |(so!) |$name |a_b _c |{x} |"
    "50% |x<y |#tag |\n|\n\n|\t|\r\n|\x0b|\0|é|Ünï |“yes.” |हिन्दी |中文。|Ã©|. |....|a|A"
)
pieces = st.sampled_from([*_PIECES.split("|"), "x" * 70, "=" * 70])


@settings(deadline=None)  # the first call compiles
@given(st.lists(pieces, max_size=60))
def test_blocks_of_ascii_are_counted_as_characters_are(parts: list[str]) -> None:
    text = "".join(parts)
    slowly = count(text, least=len(text.encode()) + 1)
    assert count(text) == slowly
    assert count(text, least=1) == slowly


@settings(deadline=None)  # the first call compiles
@given(st.text(alphabet="ab .…-•\n", max_size=80))
def test_lines_are_counted_as_gopher_and_fineweb_do(text: str) -> None:
    found = count(text)
    lines = [line for line in text.split("\n") if line.strip()]
    assert found["LINES"] == len(lines)
    assert found["BULLET_LINES"] == sum(line.lstrip()[0] in "-•" for line in lines)
    assert found["ELLIPSIS_LINES"] == sum(line.rstrip().endswith(("...", "…")) for line in lines)
    assert found["SHORT_LINES"] == sum(len(line) <= 30 for line in lines)
    assert found["LONGEST_LINE"] == max(map(len, lines), default=0)


@pytest.mark.parametrize(
    ("line", "terminal"),
    [
        ("An end.", True),
        ("No end", False),
        ("He said “yes!”", True),
        ("(quite so.)", True),
        ("यह ठीक है।", True),
        ("這是句子。」", True),
        ("هل هذا صحيح؟", True),
        ("a list,", False),
        ("to be continued...", False),
        ("to be continued…", False),
        ("trailing space. ", True),
    ],
)
def test_a_line_ends_where_its_script_ends_sentences(line: str, terminal: bool) -> None:
    found = count(line)
    assert found["TERMINAL_LINES"] == found["ENDS_TERMINAL"] == int(terminal)


def test_word_shapes_are_told_apart() -> None:
    found = count("NASA saw 3 stars, B2 and a comet in 2020")
    assert (found["WORDS"], found["LETTER_WORDS"], found["CAPITAL_WORDS"]) == (10, 8, 1)
    assert (found["MIXED_WORDS"], found["SINGLE_WORDS"], found["LONGEST_WORD"]) == (1, 1, 5)


@pytest.mark.parametrize("text", ["donnée déjà reçue", "हिन्दी", "“quoted”", "中文", "Ọmọ"])
def test_text_read_with_the_wrong_encoding_is_seen(text: str) -> None:
    broken = text.encode().decode("cp1252", errors="replace")
    assert count(text)["MOJIBAKE"] == 0
    assert count(broken)["MOJIBAKE"] >= 2


@pytest.mark.parametrize("text", ["« été » — PÊCHÉ…", "Ünïcödé é»", "naïveté’s", "AÇÃO «não»", "été\xa0»"])
def test_correct_accents_are_not_mojibake(text: str) -> None:
    assert count(text)["MOJIBAKE"] == 0


def test_lists_placeholders_and_small_starts_are_counted() -> None:
    found = count("Home\nAbout us\nThis line is long enough to be read.\n%s of $1 {name}")
    assert found["LIST_WORDS"] == 3
    assert found["PLACEHOLDERS"] == 3
    starts = count("One. two? Three! 4. five")
    assert (starts["LOWER_STARTS"], starts["CASED_STARTS"]) == (2, 3)


def test_numbered_lines_begin_with_a_number_and_a_stop() -> None:
    assert count("1. one\n2) two\n३. तीन\n1999 was\n3 stars")["NUMBERED_LINES"] == 3


_EVERY_KERNEL = """
import os
import subprocess
import sys

import numpy as np
from corpus.kernels import lines, ngrams, text, text_lists, words
sample = "Ẹ̀kọ́ don’t 中文 ไทย हिन्दी. The café, the café; A1 x... \\n\\nThe café, the café!\\n- item 3\\n" * 3
data = np.frombuffer(sample.encode(), np.uint8)
offsets = np.array([0, len(data) // 2, len(data)], np.int64)
with np.errstate(over="ignore"):
    hashes, starts, ends, owners = words.split(data, offsets)
    found = lines.lines(data, offsets)
    counts, lengths = text.measure(data, offsets, starts, ends, owners, np.array([1, 1], np.uint8), found)
    repeats = ngrams.words(hashes, lengths, owners, np.array([5, 5]))
    lists = text_lists.word_lists({"en": ["the", "a"]})
    heads = ngrams.heads(data, offsets, 60)
    print([part.tolist() for part in (
        hashes, counts, lengths, *found, lines.duplicates(data, found),
        repeats.counts, text_lists.find(hashes, owners, repeats, lists, np.array([0, 1])), heads,
        ngrams.characters(data, offsets[:-1], heads, np.array([10, 3])),
        ngrams.compress(data, offsets[:-1], heads),
    )])
"""


def test_the_uncompiled_kernels_measure_the_same() -> None:
    plain, compiled = (
        subprocess.run(
            [sys.executable, "-W", "ignore", "-c", _EVERY_KERNEL],
            env={**os.environ, "NUMBA_DISABLE_JIT": flag},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for flag in "10"
    )
    assert plain == compiled
    assert len(plain) > 1000
