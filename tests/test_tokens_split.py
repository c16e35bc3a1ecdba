"""Pieces: ours are those of the regular expressions of Hugging Face tokenizers."""

from __future__ import annotations

import os
import random
import subprocess
import sys

import numpy as np
import pytest
from tokenizers import Regex, pre_tokenizers

from corpus.kernels.bpe_classes import LETTER, LOWER, MARK, NEWLINE, NUMBER, SPACE, UPPER, classes
from corpus.kernels.bpe_split import split
from corpus.tokens.patterns import PATTERNS

ALPHABET = [
    *" \n\r\t'/sStTmMdDlLrReEvVaAzZ09.,!?()|[]-_",
    *"\u00a0\u2028\u3000\u0085\x1c\x0b\u200d\ufe0fſǅʰßﬆ…。，、।۔،éÉ़́ा्हिದകಕമ𝒜😀中ひア한عَـ٣५Ⅷ²½𐵐Ა\u0345ŉK",
]


def texts(number: int) -> list[str]:
    rng = random.Random(5)
    found = ["".join(rng.choices(ALPHABET, k=rng.randint(1, 14))) for _ in range(number)]
    for _ in range(number // 10):
        points = (
            rng.choice([rng.randrange(0x20, 0x3000), rng.randrange(0xE000, 0x110000)]) for _ in range(20)
        )
        found.append("".join(map(chr, points)))
    return found


def pieces(found: list[str], scanner: int) -> list[list[int]]:
    encoded = [text.encode() for text in found]
    offsets = np.cumsum([0, *map(len, encoded)]).astype(np.int64)
    ends = split(np.frombuffer(b"".join(encoded), np.uint8), offsets, classes(), scanner)
    cuts = np.searchsorted(ends, offsets, side="right")
    return [(ends[cuts[i] : cuts[i + 1]] - offsets[i]).tolist() for i in range(len(found))]


@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_pieces_are_those_of_the_regular_expression(name: str) -> None:
    found = texts(10_000)
    reference = pre_tokenizers.Split(Regex(PATTERNS[name].regex), "isolated")
    for text, ends in zip(found, pieces(found, PATTERNS[name].scanner), strict=True):
        expected = [len(text[:end].encode()) for _, (_, end) in reference.pre_tokenize_str(text)]
        assert ends == expected, repr(text)


def test_gpt2_is_the_built_in_byte_level_pattern() -> None:
    found = texts(2_000)
    reference = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    for text, ends in zip(found, pieces(found, PATTERNS["gpt2"].scanner), strict=True):
        assert ends == [len(text[:end].encode()) for _, (_, end) in reference.pre_tokenize_str(text)]


@pytest.mark.parametrize(
    ("pattern", "numbers"),
    [
        (r"[\p{Lu}\p{Lt}]", [UPPER]),
        (r"\p{Ll}", [LOWER]),
        (r"[\p{Lm}\p{Lo}]", [LETTER]),
        (r"\p{M}", [MARK]),
        (r"\p{N}", [NUMBER]),
        (r"\s", [SPACE, NEWLINE]),
    ],
)
def test_every_code_point_has_the_class_the_reference_gives_it(pattern: str, numbers: list[int]) -> None:
    # Of the large blocks of Han, Hangul and unassigned planes every 97th code point.
    dense = [*range(0x3400), *range(0xA000, 0xAC00), *range(0xF900, 0x17000), *range(0x18C00, 0x20000)]
    points = sorted({*dense, *range(0xE000, 0x110000, 97), *range(0x3400, 0xD800, 97)})
    splitter = pre_tokenizers.Split(Regex(pattern + "+"), "removed", invert=True)
    found = np.zeros(len(points), bool)
    for _, (start, end) in splitter.pre_tokenize_str("".join(map(chr, points))):
        found[start:end] = True
    assert np.array_equal(found, np.isin(classes()[points], numbers))


def test_bytes_that_are_not_utf8_never_stop_the_scanner() -> None:
    rng = np.random.default_rng(1)
    data = rng.integers(0, 256, 20_000).astype(np.uint8)
    for pattern in PATTERNS.values():
        ends = split(data, np.array([0, len(data)]), classes(), pattern.scanner)
        assert ends[-1] == len(data)
        assert (np.diff(ends) > 0).all()


def test_the_kernel_gives_the_same_without_compilation() -> None:
    found = texts(60)
    code = (
        "from tests.test_tokens_split import pieces, texts\n"
        "print([pieces(texts(60), number) for number in range(4)])"
    )
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True
    )
    assert done.stdout.strip() == str([pieces(found, number) for number in range(4)])
