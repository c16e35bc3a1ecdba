"""Repetition agrees with the published formulas, written out again here in plain Python."""

from __future__ import annotations

import math
import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.kernels import lines as line_kernel
from corpus.kernels import ngrams, words
from corpus.kernels.lines import Line
from corpus.kernels.ngrams import Repeat, Repeats

few_words = st.lists(st.sampled_from(["a", "bb", "ccc", "a", "bb", "dddd", "e"]), max_size=60)
lines_of_text = st.text(alphabet="abé \n", max_size=200)


def measured(tokens: list[str], size: int = 5) -> np.ndarray:
    return repeats(tokens, np.array([0, len(tokens)], np.int64), size).counts[0]


def repeats(tokens: list[str], offsets: np.ndarray, size: int = 5) -> Repeats:
    hashes = np.array([words.hash_of(token) for token in tokens], np.uint64)
    lengths = np.array([len(token) for token in tokens], np.int32)
    return ngrams.words(hashes, lengths, offsets, np.full(len(offsets) - 1, size, np.int64))


def buffer(text: str) -> tuple[np.ndarray, np.ndarray]:
    data = np.frombuffer(text.encode(), np.uint8)
    return data, np.array([0, len(data)], np.int64)


def top_gram(tokens: list[str], n: int) -> int:
    """Gopher: characters of the most frequent n-gram, joined by spaces, times its count; first seen wins."""
    grams = [" ".join(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]
    if not grams:
        return 0
    gram, count = Counter(grams).most_common(1)[0]
    return len(gram) * count


def duplicate_gram(tokens: list[str], n: int) -> int:
    """Gopher: characters in n-grams seen before, reading on behind each one found."""
    seen, repeated, at = set(), 0, 0
    while at < len(tokens) - n + 1:
        gram = "\0".join(tokens[at : at + n])
        if gram in seen:
            repeated += len(gram) - n + 1
            at += n
        else:
            seen.add(gram)
            at += 1
    return repeated


@settings(deadline=None)  # the first call compiles
@given(few_words)
def test_top_and_duplicated_grams_are_those_of_gopher(tokens: list[str]) -> None:
    row = measured(tokens)
    for n in (2, 3, 4):
        assert row[n] == top_gram(tokens, n)
    for n in range(5, 11):
        assert row[n] == duplicate_gram(tokens, n)


@settings(deadline=None)  # the first call compiles
@given(few_words, st.integers(1, 8))
def test_word_repetition_is_that_of_roots(tokens: list[str], n: int) -> None:
    grams = Counter(tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1))
    row = measured(tokens, n)
    assert row[Repeat.GRAMS] == sum(grams.values())
    assert row[Repeat.REPEATED_GRAMS] == sum(count for count in grams.values() if count > 1)


@settings(deadline=None)  # the first call compiles
@given(few_words)
def test_entropy_is_that_of_the_words(tokens: list[str]) -> None:
    row = measured(tokens)
    counts = Counter(tokens).values()
    entropy = -sum(count / len(tokens) * math.log2(count / len(tokens)) for count in counts)
    assert row[Repeat.DISTINCT] == len(counts)
    assert row[Repeat.ENTROPY] / 1e6 == pytest.approx(entropy, abs=1e-5)


@settings(deadline=None)  # the first call compiles
@given(st.text(alphabet="abé中 ", max_size=120), st.integers(1, 10))
def test_character_repetition_is_that_of_roots(text: str, n: int) -> None:
    grams = Counter(text[i : i + n] for i in range(len(text) - n + 1))
    expected = 0.0
    if grams:
        counts = sorted(grams.values(), reverse=True)
        ones = sum(count == 1 for count in counts)
        take = min(int(math.sqrt(len(counts))), len(counts) - ones)
        expected = sum(counts[:take]) / sum(counts)
    data, offsets = buffer(text)
    measured = ngrams.characters(data, offsets[:-1], offsets[1:], np.array([n], np.int64))
    assert measured[0] == pytest.approx(expected, abs=1e-12)


@settings(deadline=None)  # the first call compiles
@given(st.lists(st.text(alphabet="abé中\n", max_size=90), max_size=4), st.integers(0, 80))
def test_a_head_ends_where_its_last_character_does(texts: list[str], limit: int) -> None:
    data = np.frombuffer("".join(texts).encode(), np.uint8)
    offsets = np.cumsum([0, *(len(text.encode()) for text in texts)])
    ends = ngrams.heads(data, offsets, limit)
    heads = [data[a:b].tobytes().decode() for a, b in zip(offsets, ends, strict=False)]
    assert heads == [text[:limit] for text in texts]
    assert ngrams.heads(data, offsets, None).tolist() == offsets[1:].tolist()


def duplicates(elements: list[str]) -> tuple[int, int]:
    seen: set[str] = set()
    number = characters = 0
    for element in elements:
        if element in seen:
            number += 1
            characters += len(element)
        seen.add(element)
    return number, characters


@settings(deadline=None)  # the first call compiles
@given(lines_of_text)
def test_duplicated_lines_and_paragraphs_are_those_of_gopher(text: str) -> None:
    data, offsets = buffer(text)
    row = line_kernel.duplicates(data, line_kernel.lines(data, offsets))[0]
    lines = [line for line in re.split(r"\n+", text) if line.strip()]
    paragraphs = [part for part in re.split(r"\n{2,}", text.strip()) if part.strip()]
    assert row[Line.LINES] == len(lines)
    assert tuple(row[Line.DUPLICATE_LINES : Line.PARAGRAPHS]) == duplicates(lines)
    assert row[Line.PARAGRAPHS] == len(paragraphs)
    assert tuple(row[Line.DUPLICATE_PARAGRAPHS :]) == duplicates(paragraphs)


def test_repeated_text_compresses_and_random_text_does_not() -> None:
    rng = np.random.default_rng(1)
    noise = rng.integers(0, 256, 4000).astype(np.uint8)
    loop = np.frombuffer(b"The same sentence again. " * 160, np.uint8)
    sizes = [int(ngrams.compress(data, np.array([0]), np.array([len(data)]))[0]) for data in (noise, loop)]
    assert sizes[0] > 3950
    assert sizes[1] < 100


@settings(deadline=None)  # the first call compiles
@given(st.lists(few_words, max_size=5))
def test_documents_of_a_batch_do_not_touch_each_other(batch: list[list[str]]) -> None:
    tokens = [token for document in batch for token in document]
    offsets = np.array([0, *np.cumsum([len(document) for document in batch])], np.int64)
    found = repeats(tokens, offsets)
    for number, (document, row) in enumerate(zip(batch, found.counts, strict=True)):
        assert row.tolist() == measured(document).tolist()
        places = slice(offsets[number], offsets[number] + row[Repeat.DISTINCT])
        assert [tokens[first] for first in found.firsts[places]] == list(dict.fromkeys(document))
        assert found.times[places].tolist() == list(Counter(document).values())
