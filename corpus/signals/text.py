"""Text statistics: what Gopher, C4, FineWeb and ROOTS measure on a document, for every script.

Definitions, ranges and sources of all columns: docs/signals.md. Characters are code points, words come from
the shared segmentation, lines are the non-blank stretches between newlines.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from corpus.batch import Batch
from corpus.kernels import lines as line_kernel
from corpus.kernels import ngrams, text, text_lists
from corpus.kernels.lines import Line
from corpus.kernels.ngrams import Repeat
from corpus.kernels.text import Count
from corpus.kernels.text_lists import Found
from corpus.languages import LANGUAGES
from corpus.recipe import TextOptions
from corpus.signal import signal
from corpus.signals.stop_words import STOP_WORDS

__all__ = ["COLUMNS", "TextStatistics", "script_numbers"]

_COUNTS = (
    "text_bytes", "character_count", "word_count", "line_count", "paragraph_count", "sentence_count",
    "stop_word_count", "longest_word_length", "longest_line_length", "lorem_ipsum_count", "javascript_count",
    "policy_phrase_count", "curly_bracket_count",
)  # fmt: skip
_RATIOS = (
    "mean_word_length", "mean_line_length", "words_per_sentence", "letter_ratio", "mark_ratio", "digit_ratio",
    "punctuation_ratio", "symbol_ratio", "space_ratio", "capital_ratio", "special_ratio",
    "roots_special_ratio",
    "script_ratio", "mojibake_ratio", "letter_word_ratio", "capital_word_ratio", "mixed_word_ratio",
    "broken_word_ratio",
    "single_letter_word_ratio", "unique_word_ratio", "word_entropy", "stop_word_ratio", "url_word_ratio",
    "hash_ratio", "ellipsis_ratio", "newline_ratio", "bullet_line_ratio", "numbered_line_ratio",
    "ellipsis_line_ratio", "terminal_line_ratio", "short_line_ratio", "prose_line_ratio",
    "duplicate_line_ratio", "duplicate_line_character_ratio", "duplicate_paragraph_ratio",
    "duplicate_paragraph_character_ratio", "top_2_gram_ratio", "top_3_gram_ratio", "top_4_gram_ratio",
    "duplicate_5_gram_ratio", "duplicate_6_gram_ratio", "duplicate_7_gram_ratio", "duplicate_8_gram_ratio",
    "duplicate_9_gram_ratio", "duplicate_10_gram_ratio", "character_repetition_ratio",
    "word_repetition_ratio",
    "compression_ratio", "list_word_ratio", "lower_start_ratio", "placeholder_ratio",
)  # fmt: skip
COLUMNS: dict[str, pa.DataType] = {
    **dict.fromkeys(_COUNTS, pa.int64()),
    **dict.fromkeys(_RATIOS, pa.float32()),
    "ends_in_terminal": pa.bool_(),
}

# ISO 15924 code of the language table to the name of the script in the Unicode tables.
_SCRIPTS = {
    "Latn": "Latin", "Arab": "Arabic", "Deva": "Devanagari", "Beng": "Bengali", "Taml": "Tamil",
    "Mlym": "Malayalam",
    "Telu": "Telugu", "Knda": "Kannada", "Guru": "Gurmukhi", "Gujr": "Gujarati", "Orya": "Oriya",
    "Hans": "Han",
    "Hant": "Han",
}  # fmt: skip

# The n of the two ROOTS repetition ratios, where it differs from 10 characters and 5 words
# (native speakers' choice, ROOTS parameter table).
_CHARACTER_GRAM = {"zh-Hans": 3, "zh-Hant": 3}
_WORD_GRAM = {"ur": 7}

# Fewer sentences than this that begin with a cased letter say nothing about how sentences begin, nor does
# text without capitals, nor names and commands in a script that has none.
_CASED_STARTS = 5


@signal(name="text", columns=COLUMNS, reads=("language_assigned",), version=5)
class TextStatistics:
    """Characters, words, lines, repetition, lists and markers of a document, as counts and ratios.

    A column that makes no sense for a document is null: ratios with nothing to divide by, stop words of a
    language without a list, script_ratio of a language that is not in the table.
    """

    def __init__(self, options: TextOptions) -> None:
        lists = {language: words.split() for language, words in STOP_WORDS.items()}
        lists.update({language: list(words) for language, words in options.stop_words.items()})
        self._lists = text_lists.word_lists(lists)
        self._scripts = script_numbers()
        self._sample = options.repetition_characters
        self._columns = [name for name in COLUMNS if options.columns is None or name in options.columns]

    def __call__(self, batch: Batch) -> pa.RecordBatch:
        measured = self._measure(batch)
        return _record({name: measured[name] for name in self._columns})

    def _measure(self, batch: Batch) -> dict[str, NDArray[np.generic]]:
        data, offsets = batch.text
        words = batch.words
        languages = batch.column("language_assigned").cast(pa.string()).fill_null("").dictionary_encode()
        lists = _of(languages, self._lists.languages, 0)
        scripts = _of(languages, self._scripts, 0).astype(np.uint8)
        lines = line_kernel.lines(data, offsets)
        counts, lengths = text.measure(data, offsets, words.starts, words.ends, words.offsets, scripts, lines)
        word_gram = _of(languages, _WORD_GRAM, 5)
        character_gram = _of(languages, _CHARACTER_GRAM, 10)
        # What most of the time goes into is left out where nothing asks for it.
        longest = max((n for n in range(2, ngrams.LONGEST + 1) if _gram(n) in self._columns), default=1)
        if "word_repetition_ratio" in self._columns:
            longest = max(longest, int(word_gram.max(initial=1)))
        repeats = ngrams.words(words.hashes, lengths, words.offsets, word_gram, longest)
        found = text_lists.find(words.hashes, words.offsets, repeats, self._lists, lists)
        starts, heads = offsets[:-1], ngrams.heads(data, offsets, self._sample)
        sizes = np.diff(offsets)
        repeated = np.zeros((len(sizes), len(Line)), np.int64)
        if any("duplicate_line" in name or "paragraph" in name for name in self._columns):
            repeated = line_kernel.duplicates(data, lines)
        shares = np.full(len(sizes), np.nan)
        if "character_repetition_ratio" in self._columns:
            shares = ngrams.characters(data, starts, heads, character_gram)
        compressed = np.zeros(len(sizes), np.int64)
        if "compression_ratio" in self._columns:
            compressed = ngrams.compress(data, starts, heads)

        c = {column.name: counts[:, column] for column in Count}
        characters, number, line = c["CHARACTERS"], c["WORDS"], c["LINES"]
        letters = c["LOWER"] + c["UPPER"] + c["OTHER_LETTERS"]
        special = c["PUNCTUATION"] + c["SYMBOLS"] + c["OTHER"]
        listed = np.where(lists > 0, number, 0)
        cased = (
            (c["CASED_STARTS"] >= _CASED_STARTS)
            & (c["UPPER"] >= 0.01 * letters)
            & (10 * c["OTHER_LETTERS"] <= letters)
        )
        columns: dict[str, NDArray[np.generic]] = {
            "text_bytes": sizes,
            "character_count": characters,
            "word_count": number,
            "line_count": line,
            "paragraph_count": repeated[:, Line.PARAGRAPHS],
            "sentence_count": c["SENTENCES"],
            "longest_word_length": c["LONGEST_WORD"],
            "longest_line_length": c["LONGEST_LINE"],
            "lorem_ipsum_count": found[:, Found.LOREM_IPSUM],
            "javascript_count": found[:, Found.JAVASCRIPT],
            "policy_phrase_count": found[:, Found.POLICY],
            "curly_bracket_count": c["CURLY"],
            "stop_word_count": np.where(lists > 0, found[:, Found.DISTINCT].astype(float), np.nan),
            "ends_in_terminal": c["ENDS_TERMINAL"].astype(bool),
            "mean_word_length": _ratio(c["WORD_CHARACTERS"], number),
            "mean_line_length": _ratio(characters - c["NEWLINES"], line),
            "words_per_sentence": _ratio(number, c["SENTENCES"]),
            "letter_ratio": _ratio(letters, characters),
            "mark_ratio": _ratio(c["MARKS"], characters),
            "digit_ratio": _ratio(c["DIGITS"], characters),
            "punctuation_ratio": _ratio(c["PUNCTUATION"], characters),
            "symbol_ratio": _ratio(c["SYMBOLS"], characters),
            "space_ratio": _ratio(c["SPACES"], characters),
            "capital_ratio": _ratio(c["UPPER"], letters),
            "special_ratio": _ratio(special, characters),
            "roots_special_ratio": _ratio(characters - letters, characters),
            "script_ratio": _ratio(c["SCRIPT_LETTERS"], np.where(scripts > 0, c["SCRIPTED_LETTERS"], 0)),
            "mojibake_ratio": _ratio(c["MOJIBAKE"], characters),
            "letter_word_ratio": _ratio(c["LETTER_WORDS"], number),
            "capital_word_ratio": _ratio(c["CAPITAL_WORDS"], number),
            # Less one: a single one among few words is no share of them.
            "mixed_word_ratio": _ratio(np.maximum(c["MIXED_WORDS"] - 1, 0), number),
            "broken_word_ratio": _ratio(np.maximum(c["BROKEN_WORDS"] - 1, 0), number),
            "single_letter_word_ratio": _ratio(c["SINGLE_WORDS"], number),
            "unique_word_ratio": _ratio(repeats.counts[:, Repeat.DISTINCT], number),
            "word_entropy": np.where(number > 0, repeats.counts[:, Repeat.ENTROPY] / 1e6, np.nan),
            "stop_word_ratio": _ratio(found[:, Found.LISTED], listed),
            "url_word_ratio": _ratio(found[:, Found.URLS], number),
            "hash_ratio": _ratio(c["HASHES"], number),
            "ellipsis_ratio": _ratio(c["ELLIPSES"], number),
            "newline_ratio": _ratio(c["NEWLINES"], number),
            "bullet_line_ratio": _ratio(c["BULLET_LINES"], line),
            "numbered_line_ratio": _ratio(c["NUMBERED_LINES"], line),
            "ellipsis_line_ratio": _ratio(c["ELLIPSIS_LINES"], line),
            "terminal_line_ratio": _ratio(c["TERMINAL_LINES"], line),
            "short_line_ratio": _ratio(c["SHORT_LINES"], line),
            "prose_line_ratio": _ratio(c["PROSE_LINES"], line),
            "duplicate_line_ratio": _ratio(repeated[:, Line.DUPLICATE_LINES], repeated[:, Line.LINES]),
            "duplicate_line_character_ratio": _ratio(repeated[:, Line.DUPLICATE_LINE_CHARACTERS], characters),
            "duplicate_paragraph_ratio": _ratio(
                repeated[:, Line.DUPLICATE_PARAGRAPHS], repeated[:, Line.PARAGRAPHS]
            ),
            "duplicate_paragraph_character_ratio": _ratio(
                repeated[:, Line.DUPLICATE_PARAGRAPH_CHARACTERS], characters
            ),
            "character_repetition_ratio": np.where(characters >= character_gram, shares, np.nan),
            "word_repetition_ratio": _ratio(
                repeats.counts[:, Repeat.REPEATED_GRAMS], repeats.counts[:, Repeat.GRAMS]
            ),
            "list_word_ratio": _ratio(c["LIST_WORDS"], number),
            "lower_start_ratio": _ratio(c["LOWER_STARTS"], np.where(cased, c["CASED_STARTS"], 0)),
            "placeholder_ratio": _ratio(c["PLACEHOLDERS"], number),
            "compression_ratio": _ratio(compressed, heads - starts),
        }
        for n in range(2, ngrams.LONGEST + 1):
            columns[_gram(n)] = np.where(number >= n, _ratio(repeats.counts[:, n], characters), np.nan)
        return columns


@cache
def script_numbers() -> dict[str, int]:
    """Script number in the Unicode tables for every natural language of the table."""
    from corpus.kernels.unicode_data import SCRIPTS

    order = {name: number for number, name in enumerate(SCRIPTS.split(), start=1)}
    return {
        code: order[_SCRIPTS[language.script]]
        for code, language in LANGUAGES.items()
        if language.script in _SCRIPTS
    }


def _of(languages: pa.DictionaryArray, numbers: Mapping[str, int], other: int) -> NDArray[np.int64]:
    """The number of each document's language; `other` where it has none."""
    found = np.array([numbers.get(name, other) for name in languages.dictionary.to_pylist()], np.int64)
    return np.asarray(found[languages.indices.to_numpy(zero_copy_only=False)])


def _gram(n: int) -> str:
    return f"{'top' if n <= 4 else 'duplicate'}_{n}_gram_ratio"


def _ratio(part: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    """part / whole, NaN where there is no whole."""
    result = np.full(len(part), np.nan)
    np.divide(part, whole, out=result, where=whole > 0)
    return result


def _record(columns: dict[str, NDArray[np.generic]]) -> pa.RecordBatch:
    arrays = []
    for name, values in columns.items():
        kind = COLUMNS[name]
        if kind == pa.float32():
            arrays.append(pa.array(values.astype(np.float32), from_pandas=True))  # NaN becomes null
            continue
        missing = np.isnan(values) if values.dtype.kind == "f" else None
        if missing is not None:
            values = np.where(missing, 0, values)
        arrays.append(pa.array(values, mask=missing).cast(kind))
    return pa.record_batch(arrays, list(columns))
