"""Words are cut by script, folded, and found in any bytes."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.kernels import words
from corpus.kernels.unicode import CATEGORIES, tables
from corpus.kernels.unicode_data import SCRIPTS, UNICODE_VERSION


def split(text: str | bytes) -> list[str]:
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    data = np.frombuffer(raw, np.uint8)
    _, starts, ends, owners = words.split(data, np.array([0, len(data)], np.int64))
    assert owners.tolist() == [0, len(starts)]
    return [raw[a:b].decode() for a, b in zip(starts, ends, strict=True)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello, world!", "Hello world"),
        ("don't l’home col·lega dogs' 'quoted'", "don't l’home col·lega dogs quoted"),
        ("a''b x'", "a b x"),
        ("3.14 foo_bar e-mail", "3 14 foo bar e mail"),
        ("हिन्दी में क्षेत्र।", "हिन्दी में क्षेत्र"),
        ("বাংলা ভাষা", "বাংলা ভাষা"),
        ("हक़ीक़त क्‍ष", "हक़ीक़त क्‍ष"),
        ("هذه اللغة العربيّة", "هذه اللغة العربيّة"),
        ("中文abc字", "中 文 abc 字"),
        ("カード は", "カー ド は"),
        ("ประเทศไทย", "ป ระ เท ศ ไท ย"),
        ("ភាសាខ្មែរ", "ភា សា ខ្មែ រ"),
        ("မြန်မာ", "မြ န် မာ"),
        ("ພາສາລາວ", "ພາ ສາ ລາ ວ"),
        ("한국어 단어", "한국어 단어"),
        ("Ẹ̀kọ́ ọmọ", "Ẹ̀kọ́ ọmọ"),
        ("👍🏽 ok ☺️", "ok"),
        ("", ""),
        (" \n\t", ""),
    ],
)
def test_words_are_cut_the_way_their_script_is_written(text: str, expected: str) -> None:
    assert split(text) == expected.split()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("HELLO", "hello"),
        ("don't", "DON’T"),
        ("ΣΑΣ", "σας"),
        ("naïve", "na\u00adïve"),
        ("می‌خواهم", "میخواهم"),
    ],
)
def test_the_hash_ignores_capitals_and_invisible_characters(one: str, other: str) -> None:
    assert words.hash_of(one) == words.hash_of(other) != 0


def test_different_words_have_different_hashes() -> None:
    seen = {words.hash_of(f"{a}{b}") for a in "abcdefgh" for b in ("", "a", "é", "ह", "ह्", "'s")}
    assert len(seen) == 8 * 6


@settings(deadline=None)  # the first call compiles
@given(st.binary(max_size=60))
def test_any_bytes_give_ordered_words_inside_them(raw: bytes) -> None:
    data = np.frombuffer(raw, np.uint8)
    hashes, starts, ends, _ = words.split(data, np.array([0, len(data)], np.int64))
    assert len(hashes) == len(starts) == len(ends)
    assert (starts < ends).all()
    assert (starts[1:] >= ends[:-1]).all()
    assert all(raw[a:b].decode() for a, b in zip(starts, ends, strict=True))


@settings(deadline=None)  # the first call compiles
@given(st.lists(st.text(max_size=20), max_size=6))
def test_documents_of_a_batch_are_split_as_if_alone(texts: list[str]) -> None:
    parts = [text.encode("utf-8", "surrogatepass") for text in texts]
    offsets = np.array([0, *np.cumsum([len(part) for part in parts])], np.int64)
    hashes, starts, _, owners = words.split(np.frombuffer(b"".join(parts), np.uint8), offsets)
    for index, part in enumerate(parts):
        alone = words.split(np.frombuffer(part, np.uint8), np.array([0, len(part)], np.int64))
        own = slice(owners[index], owners[index + 1])
        assert hashes[own].tolist() == alone[0].tolist()
        assert (starts[own] - offsets[index]).tolist() == alone[1].tolist()


mixed_text = st.text(alphabet="abZ09'’ ._-\nçé·\u00ad\u0301中ไกК्😀", min_size=1, max_size=90)


@settings(deadline=None)  # the first call compiles
@given(mixed_text, st.integers(0, 70), st.integers(0, 90))
def test_words_do_not_depend_on_what_stands_around_the_text(text: str, before: int, after: int) -> None:
    """Text is read in blocks: whatever the place of the block borders, the words are the same."""
    raw = text.encode()
    data = np.frombuffer(b" " * before + raw + b" " * after, np.uint8)
    hashes, starts, ends, _ = words.split(data, np.array([0, len(data)], np.int64))
    alone = words.split(np.frombuffer(raw, np.uint8), np.array([0, len(raw)], np.int64))
    assert hashes.tolist() == alone[0].tolist()
    assert (starts - before).tolist() == alone[1].tolist()
    assert (ends - before).tolist() == alone[2].tolist()


@settings(deadline=None)  # the first call compiles
@given(mixed_text)
def test_a_word_has_the_same_hash_alone_and_in_text(text: str) -> None:
    data = np.frombuffer(text.encode(), np.uint8)
    hashes, starts, ends, _ = words.split(data, np.array([0, len(data)], np.int64))
    alone = [words.hash_of(data[a:b].tobytes().decode()) for a, b in zip(starts, ends, strict=True)]
    assert hashes.tolist() == alone


@pytest.mark.parametrize("size", [*range(1, 20), 23, 24, 25, 63, 64, 65, 128, 200])
def test_a_word_of_any_length_hashes_as_its_folded_form(size: int) -> None:
    word = ("Kelvin0" * size)[:size]
    assert words.hash_of(word) == words.hash_of("\u212a" + word[1:]) == words.hash_of(word.upper() + " x")
    assert words.hash_of(word) != words.hash_of(word + "k")
    if size > 3:
        assert words.hash_of("k’" + word) == words.hash_of("K'" + word) != words.hash_of("k" + word)


@settings(deadline=None)  # the first call compiles
@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=30))
def test_decoding_agrees_with_python(text: str) -> None:
    data = np.frombuffer(text.encode(), np.uint8)
    at, codes = 0, []
    while at < len(data):
        code, size = words.decode(data, at, len(data))
        codes.append(code)
        at += size
    assert "".join(map(chr, codes)) == text


def test_the_tables_are_those_of_the_pinned_unicode_version() -> None:
    assert UNICODE_VERSION == "18.0.0"
    table = tables()
    for character, category, script in [("A", "Lu", "Latin"), ("ा", "Mc", "Devanagari"), ("中", "Lo", "Han")]:
        properties = int(table.properties[ord(character)])
        assert CATEGORIES[properties & 31] == category
        assert SCRIPTS.split()[(properties >> 8) - 1] == script
    assert [int(table.properties[ord(c)]) >> 5 & 1 for c in ".।。؟,:"] == [1, 1, 1, 1, 0, 0]


def test_the_uncompiled_kernel_gives_the_same_words() -> None:
    program = (
        "import numpy as np; from corpus.kernels import words\n"
        "d = np.frombuffer('Ẹ̀kọ́ don’t 中文 ไทย हिन्दी'.encode(), np.uint8)\n"
        "print(*words.split(d, np.array([0, len(d)], np.int64))[0])"
    )
    plain, compiled = (
        subprocess.run(
            [sys.executable, "-W", "ignore", "-c", program],
            env={**os.environ, "NUMBA_DISABLE_JIT": flag},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for flag in "10"
    )
    assert plain == compiled
    assert len(plain.split()) == 7
