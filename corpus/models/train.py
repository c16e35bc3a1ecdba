"""Train a language model from batches of text, which are read twice: for the pieces, then for the n-grams."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from corpus.batch import TextBuffer, Words
from corpus.kernels import lm
from corpus.models import kneser_ney, pieces
from corpus.models.language_model import LanguageModel, pack
from corpus.models.ngrams import Counter
from corpus.models.vocabulary import Vocabulary

__all__ = ["fit", "learn", "train"]

#: Words whose pieces are stored with the model, so that scoring need not spell them.
_KNOWN_WORDS = 1 << 17
#: Words the pieces are learned from.
_LEARNED_WORDS = 1 << 17

Batches = Callable[[], Iterable[tuple[TextBuffer, Words]]]


def train(
    language: str,
    batches: Batches,
    *,
    order: int,
    vocabulary: int,
    pruning: Sequence[int],
    folder: Path,
    limit: int = 1 << 24,
) -> LanguageModel | None:
    """A model of the batches' text, None where it holds no words; the same model for the same batches.

    vocabulary   identifiers, at most; fewer are used where the text is short
    pruning      for each length, n-grams met at most this often are left out
    folder       where counts above `limit` n-grams are put meanwhile
    """
    plain = learn(language, batches, vocabulary)
    if plain is None:
        return None
    return fit(plain, batches, order=order, pruning=pruning, folder=folder, limit=limit)


def learn(language: str, batches: Batches, vocabulary: int) -> LanguageModel | None:
    """A model that knows the pieces of the batches' text and no more: each is as likely as any other."""
    words = Vocabulary()
    for text, split in batches():
        words.add(text, split)
    if not len(words.hashes):
        return None
    learned = words.frequent(1, _LEARNED_WORDS)
    names = pieces.learn(*words.take(learned), words.counts[learned], vocabulary - lm.FIRST_PIECE)
    known = words.frequent(2, _KNOWN_WORDS)
    spelled, bounds = lm.spell(*words.take(known), *pieces.trie(names))
    flat = _flat(lm.FIRST_PIECE + len(names))
    return pack(language, names, (flat,) * 2, words.hashes[known], spelled, bounds)


def fit(
    model: LanguageModel,
    batches: Batches,
    *,
    order: int,
    pruning: Sequence[int],
    folder: Path,
    limit: int = 1 << 24,
) -> LanguageModel:
    """A model of the batches' text with the pieces of another; options as for `train`."""
    counter = Counter(order, model.base, folder, limit)
    for text, split in batches():
        counter.add(model.encode(text, split, np.arange(len(split.offsets) - 1)).ids)
    grams = [counter.grams(length + 1) for length in range(order)]
    counter.close()
    return model.with_levels(kneser_ney.estimate(grams, model.base, pruning))


def _flat(base: int) -> kneser_ney.Level:
    ones = np.ones(base - 1)
    return kneser_ney.Level(np.arange(1, base, dtype=np.uint64), ones, ones)
