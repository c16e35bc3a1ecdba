"""The commonest words of each language of `corpus`, and how much of its text they are.

Half of any text is a few hundred words, and a language that only resembles another does not share them: their
share tells the language from an unknown relative where n-grams do not. Kept as hashes in one table.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.kernels import lid_survey as kernel

__all__ = ["ENGLISH", "Lexicon", "build", "with_language"]

#: The bit of the commonest words of English: English text is full of them, and program code is not.
ENGLISH = kernel.BITS - 1
_ENGLISH_WORDS = 80

#: Words of a language, at most. More adds names and topics, which relatives share.
MOST_WORDS = 600
#: A word is listed where it has this share of a source, on the mean of roots.
LEAST_SHARE = 1e-4
#: A source with fewer words is no running text: a list of names has few of the words of its language.
_LEAST_WORDS = 1000
#: What a new source has of the common words of a source, against another half of that source; the least false
#: positives without loss on languages and sources left out of training.
_OWN_HALF = 0.55
_RUN = 200


class Lexicon(NamedTuple):
    """A table of common words, a bit for each language.

    languages  labels by bit, 64 at most
    keys       uint64 [slots], hashes by place, 0 = free; a power of two, linear probing
    holders    uint64 [slots], bits of the languages that have the word among their commonest
    share      float32 [bits, 64]: share of the words of language i's text that are common in language j
    expected   float32 [64]: share of common words to expect in text of a new source (`_expected`)
    english_rate  float32 [64]: share of English text that is one of the commonest words of English (they have
               the bit ENGLISH) and not a common word of language j
    """

    languages: tuple[str, ...]
    keys: NDArray[np.uint64]
    holders: NDArray[np.uint64]
    share: NDArray[np.float32]
    expected: NDArray[np.float32]
    english_rate: NDArray[np.float32]


def build(texts: Mapping[str, Sequence[Sequence[NDArray[np.uint64]]]]) -> Lexicon:
    """From the word hashes of each language's sources, as people write and as they type (two arrays each)."""
    languages = tuple(sorted(texts))[:ENGLISH]
    owners: dict[int, int] = defaultdict(int)
    for bit, language in enumerate(languages):
        for key in _commonest(texts[language]).tolist():
            owners[key] |= 1 << bit
    for key in _commonest(texts.get("en", ()))[:_ENGLISH_WORDS].tolist():
        owners[key] |= 1 << ENGLISH
    keys, holders = _table(owners)
    known = np.array(sorted(owners), np.uint64)
    bits = np.array([owners[key] for key in sorted(owners)], np.uint64)
    share = np.zeros((len(languages), kernel.BITS), np.float32)
    for row, language in enumerate(languages):
        share[row] = _shares(texts[language], known, bits)
    expected = np.zeros(kernel.BITS, np.float32)
    for bit, language in enumerate(languages):
        expected[bit] = _expected(texts[language], float(share[bit, bit]))
    rate = np.zeros(kernel.BITS, np.float32)
    if "en" in languages:
        plain = [np.uint64(1 << bit) for bit in range(ENGLISH)] + [np.uint64(0)]
        marked = (bits >> np.uint64(ENGLISH)).astype(np.bool_)
        for bit, own in enumerate(plain):
            only = np.where(marked & ((bits & own) == 0), np.uint64(1), np.uint64(0))
            rate[bit] = _shares(texts["en"], known, only)[0]
    return Lexicon(languages, keys, holders, share, expected, rate)


def with_language(
    lexicon: Lexicon, language: str, sources: Sequence[Sequence[NDArray[np.uint64]]]
) -> Lexicon:
    """The lexicon with one more language; as it is where it is full or there are no words.

    Without English text its rate of English words is that of all of them less its share of those of the list:
    an upper bound, by which less of a text counts as English.
    """
    bit = len(lexicon.languages)
    words = _commonest(sources)
    if bit >= ENGLISH or not words.size:
        return lexicon
    used = lexicon.keys > 0
    before = zip(lexicon.keys[used].tolist(), lexicon.holders[used].tolist(), strict=True)
    owners: dict[int, int] = defaultdict(int, before)
    for key in words.tolist():
        owners[key] |= 1 << bit
    keys, holders = _table(owners)
    known = np.array(sorted(owners), np.uint64)
    bits = np.array([owners[key] for key in sorted(owners)], np.uint64)
    row = _shares(sources, known, bits)
    expected, rate = lexicon.expected.copy(), lexicon.english_rate.copy()
    expected[bit] = _expected(sources, float(row[bit]))
    english = bits >> np.uint64(ENGLISH) > 0
    shared = english & (bits >> np.uint64(bit) & np.uint64(1) > 0)
    rate[bit] = rate[ENGLISH] * (1 - shared.sum() / max(english.sum(), 1))
    return Lexicon(
        (*lexicon.languages, language), keys, holders, np.vstack([lexicon.share, row]), expected, rate
    )


def _table(owners: Mapping[int, int]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    size = 1 << max(4, int(1.3 * len(owners)).bit_length())
    keys, holders = np.zeros(size, np.uint64), np.zeros(size, np.uint64)
    for key in sorted(owners):
        place = (key >> 40) & (size - 1)
        while keys[place]:
            place = (place + 1) & (size - 1)
        keys[place], holders[place] = key, owners[key]
    return keys, holders


def _expected(sources: Sequence[Sequence[NDArray[np.uint64]]], share: float) -> float:
    """The share of common words to expect of a new source: what one source has of the others, the median.

    Where no two sources are running text, a part of what half of a source has of the other half; where
    none is, a third of `share`, which is of the text the words were chosen from.
    """
    texts = [source for source in sources if source[0].size >= _LEAST_WORDS]
    found = [_known(source, _commonest([*texts[:k], *texts[k + 1 :]])) for k, source in enumerate(texts)]
    if len(texts) > 1:
        return float(np.median(found))
    if texts:
        return _OWN_HALF * _known(_half(texts[0], 1), _commonest([_half(texts[0], 0)]))
    return share / 3


def _known(source: Sequence[NDArray[np.uint64]], words: NDArray[np.uint64]) -> float:
    """The share of a source that is one of these words."""
    return float(np.isin(source[0], np.sort(words)).mean())


def _half(source: Sequence[NDArray[np.uint64]], which: int) -> list[NDArray[np.uint64]]:
    """Every other run of words of a source."""
    return [form[np.arange(form.size) // _RUN % 2 == which] for form in source]


def _commonest(sources: Sequence[Sequence[NDArray[np.uint64]]]) -> NDArray[np.uint64]:
    """Words by the squared mean over sources of the root of their share: what every source has."""
    if not sources:
        return np.zeros(0, np.uint64)
    total: dict[int, float] = defaultdict(float)
    weights = [np.sqrt(min(forms[0].size, 50_000)) for forms in sources]
    for forms, weight in zip(sources, weights, strict=True):
        for form in forms:
            unique, counts = np.unique(form, return_counts=True)
            keep = counts >= 2
            roots = weight / sum(weights) * np.sqrt(counts[keep] / form.size)
            for key, root in zip(unique[keep].tolist(), roots.tolist(), strict=True):
                total[key] += root
    order = sorted((key for key in total if total[key] ** 2 >= LEAST_SHARE), key=lambda k: (-total[k], k))
    return np.array(order[: MOST_WORDS * max(len(forms) for forms in sources)], np.uint64)


def _shares(
    sources: Sequence[Sequence[NDArray[np.uint64]]], known: NDArray[np.uint64], bits: NDArray[np.uint64]
) -> NDArray[np.float32]:
    """The mean over sources of the share of words common in the language of each bit."""
    rows = []
    for forms in sources:
        place = np.minimum(np.searchsorted(known, forms[0]), known.size - 1)
        held = np.where(known[place] == forms[0], bits[place], np.uint64(0))
        rows.append([float(((held >> np.uint64(bit)) & np.uint64(1)).mean()) for bit in range(kernel.BITS)])
    return np.asarray(np.mean(rows, axis=0), np.float32)
