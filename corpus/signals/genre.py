"""Running text, a catalogue of messages or advertising mail: told by how lines are laid, and by signs.

A catalogue of a program's messages may consist of correct sentences: no single bound tells it from a story
book or a list of questions. What tells is many small things together: how many words a line holds, whether a
line is closed or goes on in the next, commas, placeholders, signs. Two linear scores add them up. Their
weights are fitted (`genre_weights.py`, written by bench/fit_genre.py), with no word of any language in them.

Some languages say in four words what others say in eight: a line of Tamil or Malayalam holds few words, and
is no shorter for it. So where words are long, they count as more, in what is measured in words.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from corpus.batch import Batch
from corpus.errors import SignalError
from corpus.kernels import layout
from corpus.kernels.layout import Layout
from corpus.signal import signal
from corpus.signals.genre_weights import WEIGHTS

__all__ = ["COLUMNS", "FEATURES", "Genre", "features", "line_layout"]

_OWN = (
    "words_per_line", "line_words_deviation", "open_word_ratio", "loose_word_ratio", "paragraph_word_ratio",
    "comma_ratio", "quote_ratio", "bracket_ratio", "exclamation_ratio",
)  # fmt: skip
#: Columns of the group `text` that the scores add up besides their own.
_READ = (
    "mean_line_length", "longest_line_length", "words_per_sentence", "compression_ratio", "prose_line_ratio",
    "placeholder_ratio", "numbered_line_ratio", "newline_ratio", "digit_ratio", "symbol_ratio",
    "special_ratio", "url_word_ratio", "capital_word_ratio", "letter_word_ratio", "mixed_word_ratio",
    "terminal_line_ratio", "short_line_ratio", "bullet_line_ratio", "ellipsis_line_ratio", "hash_ratio",
)  # fmt: skip
FEATURES = _OWN + _READ
#: Sizes enter as logarithms, shares as square roots: both spread what lies near nothing.
_SIZES = {"words_per_line", "mean_line_length", "longest_line_length", "words_per_sentence"}
_IN_WORDS = {"words_per_line": 1, "words_per_sentence": 1, "newline_ratio": -1}
#: Characters from which on a document's words count as more than one. 6.5 to 7 gave the least log loss of
#: the half that weights are fitted on (5: 0.059, 6.5: 0.054, none: 0.055).
_LONG_WORD = 6.5
_SCORES = ("catalogue_score", "advertising_score")
COLUMNS = dict.fromkeys((*_OWN, *_SCORES), pa.float32())

#: No feature counts for more than this many standard deviations.
_MOST = 3.0
#: Fewer words than this are no evidence either way. Of 200 advertising mails 4 % are shorter than 40 words.
_LEAST_WORDS = {"catalogue_score": 10, "advertising_score": 40}


@signal(name="genre", columns=COLUMNS, reads=("word_count", "mean_word_length", *_READ), version=3)
class Genre:
    """Layout of lines, and two scores: log-odds that a document is a catalogue of messages, or advertising
    mail, against running text, both as frequent before it was read. Null below ten and 40 words."""

    def __call__(self, batch: Batch) -> pa.RecordBatch:
        own = line_layout(batch)
        if "word_count" not in batch.record.schema.names:
            raise SignalError("the signal group 'genre' needs the group 'text'; switch it on in the pipeline")
        read = {name: _numbers(batch.column(name)) for name in ("word_count", "mean_word_length", *_READ)}
        matrix = features(own | read)
        columns = dict(own)
        for name in _SCORES:
            enough = read["word_count"] >= _LEAST_WORDS[name]
            columns[name] = np.where(enough, _score(matrix, name), np.nan)
        arrays = [
            pa.array(columns[name].astype(np.float32), mask=np.isnan(columns[name])) for name in COLUMNS
        ]
        return pa.record_batch(arrays, list(COLUMNS))


def features(columns: dict[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """The FEATURES of documents, a row each, before they are scaled; NaN where a column is missing.

    Of the columns, `mean_word_length` is no feature: it says how much a word counts.
    """
    length = np.maximum(columns["mean_word_length"] / _LONG_WORD, 1.0)
    found = []
    for name in FEATURES:
        values = columns[name] * length ** _IN_WORDS.get(name, 0)
        found.append(np.log1p(values) if name in _SIZES else np.sqrt(values))
    return np.column_stack(found)


def _score(matrix: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    weights = np.array([WEIGHTS[feature] for feature in FEATURES])
    mean, deviation, weight = weights[:, 0], weights[:, 1], weights[:, 2 + _SCORES.index(name)]
    scaled = np.clip(np.nan_to_num((matrix - mean) / deviation), -_MOST, _MOST)
    return np.asarray(scaled @ weight + WEIGHTS["constant"][2 + _SCORES.index(name)], np.float64)


def line_layout(batch: Batch) -> dict[str, NDArray[np.float64]]:
    """The columns on lines and signs; NaN where a document has no words."""
    words = batch.words
    found = layout.measure(*batch.text, words.starts, words.ends, words.offsets)
    c = {column.name: found[:, column] for column in Layout}
    number, lines = c["WORDS"], c["LINES"]
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = number / lines
        return {
            "words_per_line": c["SQUARES"] / number,
            "line_words_deviation": np.sqrt(np.maximum(c["SQUARES"] / lines - mean * mean, 0)) / mean,
            "open_word_ratio": c["OPEN"] / number,
            "loose_word_ratio": c["LOOSE"] / number,
            "paragraph_word_ratio": c["PARAGRAPH"] / number,
            "comma_ratio": c["COMMAS"] / number,
            "quote_ratio": c["QUOTES"] / number,
            "bracket_ratio": c["BRACKETS"] / number,
            "exclamation_ratio": c["EXCLAMATIONS"] / number,
        }


def _numbers(column: pa.Array) -> NDArray[np.float64]:
    return np.asarray(pc.cast(column, pa.float64()).to_numpy(zero_copy_only=False), np.float64)
