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
from numpy.typing import NDArray

from corpus.languages import UNDETERMINED
from corpus.lid.model import SHIPPED, Model, load
from corpus.lid.score import Scores, Votes, confidence, score, vote, windows

__all__ = ["Guess", "Span", "identify", "name", "spans"]

#: Bytes of the smallest piece `spans` looks at; pieces are whole lines or sentences where they can be.
PIECE = 160
#: How much more likely staying in a language is than leaving it, from one piece to the next (log odds).
STAY = 3.0


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
    votes = _votes(loaded, text)
    row = votes.probability[0]
    order = np.argsort(-row, kind="stable")[:2]
    row[order[:1]] = confidence(loaded, votes, order[:1], row[order[:1]])
    script = script_name(loaded, int(votes.script[0]), int(votes.han[0]))
    if row[order[0]] <= 0:
        return Guess(UNDETERMINED, 0.0, 0.0, script, UNDETERMINED)
    best, second = (name(loaded, int(index), int(votes.han[0])) for index in order)
    top = float(row[order[0]])
    return Guess(best, top, max(0.0, top - float(row[order[1]])), script, second)


def spans(text: str, model: Path = SHIPPED) -> list[Span]:
    """The stretches of one language in a mixed text, in order; they cover the whole text.

    Lines and sentences are pieces; the sequence of languages is the most likely one (Viterbi) where a
    change of language has a price. Pieces that say nothing join their neighbour. Empty text gives none.
    """
    if not text:
        return []
    loaded = load(model)
    if not _votes(loaded, text).probability.any():
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


def _votes(model: Model, text: str | bytes) -> Votes:
    data = np.frombuffer(text.encode("utf-8", "replace") if isinstance(text, str) else text, np.uint8)
    starts, ends, document = windows(data, np.array([0, data.size], np.int64), most=64)
    return vote(score(model, data, starts, ends), document, 1, model)


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
