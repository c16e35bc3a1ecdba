"""The sentences written for the language model: as many as one another, and none from the evaluation."""

from __future__ import annotations

import gzip
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
#: Words in a row that two texts share by chance no more.
RUN = 8


def _sentences() -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    lines = (ROOT / "bench" / "language_id_written.tsv").read_text("utf-8").splitlines()
    assert lines[0] == "language\ttext"
    for line in lines[1:]:
        language, text = line.split("\t")
        found[language].append(text)
    return found


def _runs(text: str) -> Iterator[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return (tuple(words[at : at + RUN]) for at in range(len(words) - RUN + 1))


@pytest.mark.parametrize(("first", "second"), [("rn", "rw"), ("xh", "zu")])
def test_a_sentence_has_its_like_in_the_close_language(first: str, second: str) -> None:
    found = _sentences()
    assert len(found[first]) == len(found[second]) > 100
    for one, other in zip(found[first], found[second], strict=True):
        assert 0.6 < len(one) / len(other) < 1.67, (one, other)


def test_none_stands_twice() -> None:
    for language, texts in _sentences().items():
        assert len(texts) == len(set(texts)), language


@pytest.mark.real
def test_none_is_of_the_evaluation(real_input: Path) -> None:
    runs = {run for texts in _sentences().values() for text in texts for run in _runs(text)}
    assert runs
    with gzip.open(real_input.parent / "lid" / "eval.tsv.gz", "rt", encoding="utf-8") as lines:
        shared = [line for line in lines if not runs.isdisjoint(_runs(line.rstrip("\n").split("\t")[-1]))]
    assert not shared
