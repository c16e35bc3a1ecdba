"""From windows of text to calibrated probabilities of languages.

Everything here works on arrays: `windows` cuts documents, `score` gives one row of probabilities for each
window, `vote` adds the windows of a document up. Nothing makes a Python string of a text.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.kernels import lid as kernel
from corpus.kernels.lid_heads import duel
from corpus.kernels.lid_survey import add_up, survey, weighted_mean
from corpus.lid.heads import STRENGTH
from corpus.lid.lexicon import ENGLISH
from corpus.lid.model import Model

__all__ = ["WINDOW", "Scores", "Votes", "confidence", "first_two", "score", "vote", "windows"]

#: Bytes in a window; about 80 English words. Longer gives no accuracy, shorter loses it (see the data card).
WINDOW = 480
#: Fewer letters than this say nothing.
LEAST_LETTERS = 6
#: Fewer different letters than this are no words: a line of dashes, laughter, a repeated character.
LEAST_VARIETY = 4
#: Signs of program code for each letter of running text, above which a window is code, and how many at the
#: least. Half of the windows of Python's library, four in five of Rust and JavaScript have so many; none of
#: news and GNOME help, 1.3 % of the Debian handbook, which prints programs.
MOST_SIGNS, LEAST_SIGNS = 0.06, 3
#: With so many, the English words of a window may be keywords. Chosen on translated manuals: of pages that
#: hold next to no English 0.9 % are taken for half-translated (1.7 without); of those with more than 30 %
#: English 4.7 % stay (2.7 without; for the same 0.9 % by a higher bound `foreign`, 7.0).
KEYWORD_SIGNS = 0.02
#: Share of a document's letters in windows of code above which the rest, its comments, is not asked either:
#: 42 to 85 % of the files of four languages (with 0.8, 25 to 77), 0.4 % of LibreOffice help, 0.3 % of tldr.
MOST_CODE = 0.6
#: The lexicon says nothing about fewer words, or where fewer of the words of a language are common ones.
LEAST_WORDS = 4
LEAST_EXPECTED = 0.05
#: Share of the expected common words at which the lexicon is undecided, and the log odds it gives per root of
#: words. The two were chosen on the evaluation set; see the data card.
LEXICON_EVEN = 0.8
LEXICON_STRENGTH = 0.5
#: Words of a document beyond this count add nothing: the words of a text come in topics. On sources left out.
MOST_WORDS = 160
#: What the log odds of the model count beside those of the head of a close pair, and how probable a language
#: has to be for its head to be asked. Chosen on training sources left out.
BEFORE, LEAST_RIVAL = 0.1, 0.002
_ROUNDS = 2


class Scores(NamedTuple):
    """One row for each window.

    probability  float32 [n, L], over the labels of the model; a row of zeros where nothing can be said
    script       int64 [n], number of the dominant script, 0 for none
    weight       int32 [n, scripts], letters that say something, by script; a Han character counts as three
    han          int64 [n], Simplified (> 0) against Traditional (< 0)
    letters      int64 [n], all letters
    words        int32 [n], words that are no command or path
    hits         int32 [n, 64], how many of them are common in a language of the lexicon
    foreign      int32 [n], how many are common in English and not in the language asked about; 0 beside code
    code         bool [n], program code: nothing can be said
    """

    probability: NDArray[np.float32]
    script: NDArray[np.int64]
    weight: NDArray[np.int32]
    han: NDArray[np.int64]
    letters: NDArray[np.int64]
    words: NDArray[np.int32]
    hits: NDArray[np.int32]
    foreign: NDArray[np.int32]
    code: NDArray[np.bool_]


class Votes(NamedTuple):
    """One row for each document; weight float32 [n, scripts], hits float32 [n, 64], else as in `Scores`."""

    probability: NDArray[np.float32]
    script: NDArray[np.int64]
    weight: NDArray[np.float32]
    han: NDArray[np.int64]
    letters: NDArray[np.int64]
    words: NDArray[np.int64]
    hits: NDArray[np.float32]
    foreign: NDArray[np.int64]


def windows(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], size: int = WINDOW, most: int = 0
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """(starts, ends, document) of the windows of every document; at most `most` of each, evenly spread."""
    return kernel.cut(data, offsets, size, most)  # type: ignore[no-any-return]


def score(
    model: Model,
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    own: NDArray[np.int64] | None = None,
) -> Scores:
    """Probabilities for each window, and what else it holds.

    `own` is the label (int64 [n], -1 for none) whose words are not counted as foreign.
    """
    sums, known, features = kernel.embed(
        data, starts, ends, model.fold, model.prints, model.shift, model.table
    )
    lexicon = model.lexicon
    bits = np.full(starts.size, -1, np.int64) if own is None else model.bit[own]
    letters, weight, han, variety, words, hits, foreign, signs = survey(
        data, starts, ends, model.script_of, model.worth, model.latin, model.fold, model.han,
        lexicon.keys, lexicon.holders, bits, ENGLISH,
    )  # fmt: skip
    script = weight.argmax(1)
    first, second = model.calibration
    temperature = (first + second * np.log(np.maximum(features, 1))).astype(np.float32)
    foreign[signs > KEYWORD_SIGNS * weight.sum(1)] = 0
    code = (signs >= LEAST_SIGNS) & (signs > MOST_SIGNS * weight.sum(1))
    mute = code | (letters < LEAST_LETTERS) | (variety < LEAST_VARIETY) | (known == 0) | (weight.max(1) == 0)
    probability, top = kernel.softmax(
        sums, known, model.columns, model.scale, temperature, model.written, script, mute
    )
    _decide_pairs(model, data, starts, ends, probability, top)
    return Scores(probability, script, weight, han, letters, words, hits, foreign, code)


def _decide_pairs(
    model: Model,
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    probability: NDArray[np.float32],
    top: NDArray[np.int64],
) -> None:
    """Share what the likeliest language of a window and a close one have together as their head says.

    Twice, since a language may have several close ones.
    """
    heads = model.heads
    asked = np.flatnonzero(top >= 0)
    first = top[asked]
    done = np.full(starts.size, -1, np.int64)
    for _ in range(_ROUNDS if heads.pairs else 0):
        asked, first = asked[model.has_rival[first]], first[model.has_rival[first]]
        rivals = model.rivals[first]
        head = model.head[first[:, None], rivals]
        theirs = np.where((head >= 0) & (head != done[asked, None]), probability[asked[:, None], rivals], 0)
        best = theirs.argmax(1)[:, None]
        enough = np.take_along_axis(theirs, best, 1)[:, 0] >= LEAST_RIVAL
        asked, head = asked[enough], np.take_along_axis(head, best, 1)[enough, 0]
        order = np.argsort(head, kind="stable")  # the weights of one head fit the cache, those of all do not
        asked, head = asked[order], head[order]
        if not asked.size:
            return
        done[asked] = head
        one, other = np.array(heads.pairs, np.int64)[head].T
        sums = duel(data, starts[asked], ends[asked], model.fold, heads.weights, head)
        a, b = probability[asked, one], probability[asked, other]
        before = np.log(np.maximum(a, 1e-9)) - np.log(np.maximum(b, 1e-9))
        odds = STRENGTH * heads.scale * sums + BEFORE * before
        share = (1 / (1 + np.exp(-np.clip(odds, -30, 30)))).astype(np.float32)
        probability[asked, one] = (a + b) * share
        probability[asked, other] = (a + b) * (1 - share)
        first = probability[asked].argmax(1)


def vote(scores: Scores, document: NDArray[np.int64], documents: int, model: Model) -> Votes:
    """Mean of the windows of each document, weighted by their letters.

    Only languages written in the document's script are left in the running: the letters of a text in two
    scripts say which of the two it is.
    """
    says = scores.probability.any(1)
    share = np.where(says, scores.weight.max(1), 0).astype(np.float32)
    by_script = add_up(scores.weight, document, documents)
    script = by_script.argmax(1)
    probability = weighted_mean(scores.probability, share, document, documents)
    probability[~model.written[script]] = 0
    letters = np.bincount(document, scores.letters, documents)
    probability[np.bincount(document, scores.letters * scores.code, documents) > MOST_CODE * letters] = 0
    return Votes(
        probability,
        script,
        by_script,
        np.bincount(document, scores.han, documents).astype(np.int64),
        letters.astype(np.int64),
        np.bincount(document, scores.words, documents).astype(np.int64),
        add_up(scores.hits, document, documents),
        np.bincount(document, scores.foreign, documents).astype(np.int64),
    )


def first_two(probability: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The likeliest and the second label of each document."""
    rest = probability.copy()
    best = rest.argmax(1)
    rest[np.arange(best.size), best] = -1
    return best, rest.argmax(1)


def confidence(
    model: Model, votes: Votes, label: NDArray[np.int64], probability: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The probability of each document's label as an open set has it: float32 [n].

    A text in a language lacks few of the language's commonest words; in an unknown relative of it half of
    them are missing, although the n-grams look alike. Languages without enough words are left as they are.
    """
    bit = model.bit[label]
    expected = np.where(bit >= 0, model.lexicon.expected[bit], 0)
    judged = (expected >= LEAST_EXPECTED) & (votes.words >= LEAST_WORDS)
    hits = votes.hits[np.arange(label.size), bit]
    ratio = np.minimum(hits / np.maximum(votes.words, 1) / np.maximum(expected, LEAST_EXPECTED), 1.2)
    shift = LEXICON_STRENGTH * np.sqrt(np.minimum(votes.words, MOST_WORDS)) * (ratio - LEXICON_EVEN)
    p = np.clip(probability, 1e-6, 1 - 1e-6)
    moved = 1 / (1 + np.exp(-(np.log(p / (1 - p)) + shift)))
    return np.where(judged & (probability > 0), moved, probability).astype(np.float32)
