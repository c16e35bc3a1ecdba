"""Identify the language of one text, or of its spans; the friendly face of the model.

>>> from corpus import lid
>>> lid.identify("Umuntu ngumuntu ngabantu, kusho izazi zakudala zakwaZulu.").language
'zu'
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from corpus.batch import text_buffer
from corpus.languages import UNDETERMINED
from corpus.lid.model import SHIPPED, Model, load
from corpus.lid.score import WINDOW, Scores, Votes, confidence, first_two, score, vote, windows
from corpus.strings import Texts, batches, strings

__all__ = ["Guess", "Span", "identify", "identify_all", "name", "spans"]

#: Bytes of the smallest piece `spans` looks at; pieces are whole lines or sentences where they can be.
PIECE = 160
#: How much more likely staying in a language is than leaving it, from one piece to the next (log odds).
STAY = 3.0
#: Text judged at a time, bytes: 2,000 windows, each with a probability for every label.
_BATCH_BYTES = 1_000_000

_TABLE = pa.schema(
    [
        ("language", pa.string()),
        ("score", pa.float32()),
        ("margin", pa.float32()),
        ("script", pa.string()),
        ("second", pa.string()),
    ]
)


class Guess(NamedTuple):
    """BCP-47 label (or `und` with score 0), how probable it is, its lead over the second.

    The score is that of an open set: it is low for what looks like the language but lacks its words.
    """

    language: str
    score: float
    margin: float
    script: str
    second: str


class Span(NamedTuple):
    """A stretch of one language: characters start:end of the text."""

    start: int
    end: int
    language: str
    score: float


def name(model: Model, label: int, han: int) -> str:
    """The label as BCP-47; Chinese is split by its characters, Simplified where they say nothing."""
    code = model.labels[label]
    if code != "zh":
        return code
    return "zh-Hans" if han >= 0 else "zh-Hant"


def script_name(model: Model, script: int, han: int) -> str:
    """ISO 15924; Han text is Hans or Hant by its characters."""
    code = model.scripts[script]
    if code != "Hani":
        return code
    return "Hans" if han >= 0 else "Hant"


def identify(text: str | bytes, model: Path = SHIPPED) -> Guess:
    """The language of a text of any length and content; never raises on text.

    `und` with score 0 where there is nothing to go by: no letters, an unknown script, no known feature, or
    program code (`corpus.lid.code` tells programming languages apart).
    """
    loaded = load(model)
    languages, scores, margins, scripts, seconds = _guesses(loaded, _votes_on(loaded, text))
    return Guess(languages[0], scores[0], margins[0], scripts[0], seconds[0])


def identify_all(texts: Texts, model: Path = SHIPPED) -> pa.Table:
    """The languages of many texts, as `identify` says of each, many times as fast: columns language, score,
    margin, script and second, a row for each text.

    texts  strings, or an Arrow array of them; null is an empty text. Raises TypeError for what is no text.
    """
    loaded = load(model)
    text = text_buffer(strings(texts))
    parts = [_TABLE.empty_table()]
    for first, last in batches(text.offsets, _BATCH_BYTES, WINDOW):
        found = _guesses(loaded, _votes(loaded, text.data, text.offsets[first : last + 1]))
        parts.append(pa.table(list(found), schema=_TABLE))
    return pa.concat_tables(parts)


def _guesses(model: Model, votes: Votes) -> tuple[list[str], list[float], list[float], list[str], list[str]]:
    """The fields of `Guess`, each for all documents."""
    first, second = first_two(votes.probability)
    rows = np.arange(first.size)
    top = confidence(model, votes, first, votes.probability[rows, first]).astype(np.float64)
    says = top > 0
    margin = np.where(says, np.maximum(0, top - votes.probability[rows, second]), 0)

    def names(labels: NDArray[np.int64]) -> list[str]:
        found = zip(labels.tolist(), votes.han.tolist(), says.tolist(), strict=True)
        return [name(model, label, han) if known else UNDETERMINED for label, han, known in found]

    scripts = zip(votes.script.tolist(), votes.han.tolist(), strict=True)
    written = [script_name(model, script, han) for script, han in scripts]
    return names(first), np.where(says, top, 0).tolist(), margin.tolist(), written, names(second)


def spans(text: str, model: Path = SHIPPED) -> list[Span]:
    """The stretches of one language in a mixed text, in order; they cover the whole text.

    Lines and sentences are pieces; the sequence of languages is the most likely one (Viterbi) where a
    change of language has a price. Pieces that say nothing join their neighbour. Empty text gives none.
    """
    if not text:
        return []
    loaded = load(model)
    if not _votes_on(loaded, text).probability.any():
        return [Span(0, len(text), UNDETERMINED, 0.0)]  # a line of a program alone may look like words
    cuts = _pieces(text)
    encoded = [text[a:b].encode("utf-8", "replace") for a, b in pairwise(cuts)]
    ends = np.cumsum([len(piece) for piece in encoded]).astype(np.int64)
    starts = np.concatenate([[0], ends[:-1]]).astype(np.int64)
    scores = score(loaded, np.frombuffer(b"".join(encoded), np.uint8), starts, ends)
    path = _best_path(scores)
    whole = int(scores.han.sum())  # for pieces of characters that both ways of writing Chinese have
    result: list[Span] = []
    for a, b, label, k in zip(cuts[:-1], cuts[1:], path, range(len(path)), strict=True):
        language = name(loaded, label, int(scores.han[k]) or whole) if label >= 0 else UNDETERMINED
        value = float(scores.probability[k, label]) if label >= 0 else 0.0
        if result and result[-1].language == language:
            last = result[-1]
            weight = (last.end - last.start) / (b - last.start)
            result[-1] = Span(last.start, b, language, last.score * weight + value * (1 - weight))
        else:
            result.append(Span(a, b, language, value))
    return result


def _votes_on(model: Model, text: str | bytes) -> Votes:
    data = np.frombuffer(text.encode("utf-8", "replace") if isinstance(text, str) else text, np.uint8)
    return _votes(model, data, np.array([0, data.size], np.int64))


def _votes(model: Model, data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> Votes:
    starts, ends, document = windows(data, offsets, most=64)
    return vote(score(model, data, starts, ends), document, len(offsets) - 1, model)


def _pieces(text: str) -> list[int]:
    """Character positions of cuts: after a line or a sentence once a piece has PIECE characters."""
    cuts, start = [0], 0
    for index, character in enumerate(text):
        long = index + 1 - start
        ends = character == "\n" or (character in ".!?։।؟。！？" and long >= PIECE // 4)
        if (ends and long >= PIECE // 8) or (long >= PIECE and character.isspace()) or long >= 2 * PIECE:
            cuts.append(index + 1)
            start = index + 1
    if cuts[-1] != len(text):
        cuts.append(len(text))
    return cuts


def _best_path(scores: Scores) -> list[int]:
    """The most likely label of each piece (-1 where no piece says anything)."""
    says = scores.probability.any(1)
    if not says.any():
        return [-1] * says.size
    labels: NDArray[np.int64] = np.flatnonzero(scores.probability.max(0) > 0)
    log = np.log(np.maximum(scores.probability[:, labels], 1e-6))
    log[~says] = 0
    state, back = log[0], []
    for row in log[1:]:
        best = int(state.argmax())
        move = state[best] - STAY
        came = np.where(state >= move, np.arange(labels.size), best)
        state = np.maximum(state, move) + row
        back.append(came)
    at = int(state.argmax())
    path = [at]
    for came in reversed(back):
        at = int(came[at])
        path.append(at)
    return [int(labels[index]) for index in reversed(path)]
