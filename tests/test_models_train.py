"""Training, scoring and the model file: exact against a slow reference, deterministic, bounded."""

from __future__ import annotations

import math
import random
from collections import Counter as Counts
from itertools import pairwise
from pathlib import Path

import kenlm
import numpy as np
import pyarrow as pa
import pytest

from corpus.batch import Batch
from corpus.errors import StorageError
from corpus.kernels import lm
from corpus.models import array_file, artefact, damage
from corpus.models.arpa import sentences, write_arpa
from corpus.models.kneser_ney import Grams, estimate
from corpus.models.language_model import LanguageModel
from corpus.models.ngrams import Counter
from corpus.models.pieces import MARK, learn, trie
from corpus.models.reference import Reference
from corpus.models.train import train

SYLLABLES = ["ba", "ko", "li", "mu", "ne", "sa", "ti", "ro", "wé", "ñu"]


def words_of(seed: int, count: int = 120) -> list[str]:
    dice = random.Random(seed)
    return ["".join(dice.choices(SYLLABLES, k=dice.randint(1, 4))) for _ in range(count)]


def text_of(seed: int, lines: int, vocabulary: list[str]) -> str:
    """Lines in which each word leaves only a few words to follow it, so that order matters."""
    dice = random.Random(seed)
    written = []
    for _ in range(lines):
        at = dice.randrange(len(vocabulary))
        line = []
        for _ in range(dice.randint(3, 12)):
            line.append(vocabulary[at])
            at = (at * 7 + dice.randint(1, 4)) % len(vocabulary)
        written.append(" ".join(line))
    return "\n".join(written)


def batch_of(texts: list[str]) -> Batch:
    return Batch(pa.record_batch({"text": pa.array(texts, pa.large_string())}))


def model_of(texts: list[str], folder: Path, **options: object) -> LanguageModel:
    batch = batch_of(texts)
    settings = {"order": 5, "vocabulary": 400, "pruning": (0, 0, 0, 1, 1), **options}
    found = train("xx", lambda: [(batch.text, batch.words)], folder=folder, **settings)  # type: ignore[arg-type]
    assert found is not None
    return found


@pytest.fixture(scope="module")
def texts() -> list[str]:
    return [text_of(seed, 30, words_of(1)) for seed in range(20)]


@pytest.fixture(scope="module")
def model(texts: list[str], tmp_path_factory: pytest.TempPathFactory) -> LanguageModel:
    return model_of(texts, tmp_path_factory.mktemp("model"))


# ------------------------------------------------------------------ estimation


def slow_kneser_ney(lines: list[list[int]], order: int, base: int) -> dict[tuple[int, ...], float]:
    """Interpolated modified Kneser-Ney straight from the formulas; no pruning. Probability of each n-gram."""
    raw = [Counts() for _ in range(order + 1)]
    for line in lines:
        for length in range(1, order + 1):
            for at in range(len(line) - length + 1):
                raw[length][tuple(line[at : at + length])] += 1
    probability: dict[tuple[int, ...], float] = {}
    for length in range(1, order + 1):
        if length == order:
            counts = dict(raw[length])
        else:
            left = Counts(gram[1:] for gram in raw[length + 1])
            counts = {gram: raw[length][gram] if gram[0] == lm.BEGIN else left[gram] for gram in raw[length]}
        if length == 1:
            counts.pop((lm.BEGIN,))
        met = Counts(counts.values())
        n1, n2, n3, n4 = (met[k] for k in (1, 2, 3, 4))
        if min(n1, n2, n3, n4) > 0:
            y = n1 / (n1 + 2 * n2)
            d = [0.0, 1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3]
        if min(n1, n2, n3, n4) == 0 or not all(0 < d[k] < k for k in (1, 2, 3)):
            d = [0.0, 0.5, 1.0, 1.5]
        total, lost = Counts(), Counts()
        for gram, count in counts.items():
            total[gram[:-1]] += count
            lost[gram[:-1]] += d[min(count, 3)]  # type: ignore[assignment]
        for gram, count in counts.items():
            lower = probability[gram[1:]] if length > 1 else 1 / (base - 2)
            context = gram[:-1]
            share = (count - d[min(count, 3)]) / total[context]
            probability[gram] = share + lost[context] / total[context] * lower
    return probability


def random_lines(seed: int, base: int, lines: int) -> list[list[int]]:
    dice = random.Random(seed)
    words = range(lm.FIRST_PIECE, base)
    weights = [1 / (rank + 1) for rank in range(len(words))]
    return [[lm.BEGIN, *dice.choices(words, weights, k=dice.randint(1, 9)), lm.END] for _ in range(lines)]


def stream(lines: list[list[int]]) -> np.ndarray:
    return np.array([token for line in lines for token in line], np.int32)


@pytest.mark.parametrize("seed", range(5))
def test_probabilities_equal_those_of_the_textbook_formulas(seed: int, tmp_path: Path) -> None:
    base, order = 14, 4
    lines = random_lines(seed, base, 60)
    counter = Counter(order, base, tmp_path)
    counter.add(stream(lines))
    levels = estimate([counter.grams(length + 1) for length in range(order)], base, (0,) * order)
    expected = slow_kneser_ney(lines, order, base)
    seen = 0
    for length, level in enumerate(levels, 1):
        for key, probability in zip(level.keys.tolist(), level.probabilities.tolist(), strict=True):
            gram = tuple(key // base**power % base for power in range(length - 1, -1, -1))
            if gram in expected:
                assert probability == pytest.approx(expected[gram], rel=1e-9)
                seen += 1
    assert seen == len(expected)


@pytest.mark.parametrize("pruning", [(0, 0, 0, 0), (0, 0, 1, 1), (0, 1, 1, 2), (0, 5, 5, 5)])
def test_probabilities_after_any_context_sum_to_one(pruning: tuple[int, ...], tmp_path: Path) -> None:
    base, order = 12, 4
    lines = random_lines(3, base, 80)
    counter = Counter(order, base, tmp_path)
    counter.add(stream(lines))
    levels = estimate([counter.grams(length + 1) for length in range(order)], base, pruning)
    tables = [
        dict(zip(level.keys.tolist(), zip(level.probabilities, level.backoffs, strict=True), strict=True))
        for level in levels
    ]

    def key(gram: tuple[int, ...]) -> int:
        return sum(word * base**power for power, word in enumerate(reversed(gram)))

    def probability(gram: tuple[int, ...]) -> float:
        found = tables[len(gram) - 1].get(key(gram))
        if found is not None:
            return float(found[0])
        weight = tables[len(gram) - 2].get(key(gram[:-1]), (0, 1.0))[1]
        return float(weight) * probability(gram[1:])

    vocabulary = [word for word in range(1, base) if word != lm.BEGIN]
    for line in lines[:20]:
        for length in range(order):
            context = tuple(line[:length])
            assert math.fsum(probability((*context, word)) for word in vocabulary) == pytest.approx(
                1, abs=1e-9
            )


def test_pruning_that_falls_is_refused() -> None:
    grams = Grams(np.array([4], np.uint64), np.array([1]))
    with pytest.raises(ValueError, match="never falls"):
        estimate([grams, grams], 8, (0, 2, 1))


def test_counts_that_went_to_disk_equal_counts_in_memory(tmp_path: Path) -> None:
    base, order = 30, 4
    memory, disk = Counter(order, base, tmp_path), Counter(order, base, tmp_path, limit=64)
    for seed in range(12):
        tokens = stream(random_lines(seed, base, 20))
        memory.add(tokens)
        disk.add(tokens)
    assert list(tmp_path.glob("run-*.npy"))
    for length in range(1, order + 1):
        one, other = memory.grams(length), disk.grams(length)
        np.testing.assert_array_equal(one.keys, other.keys)
        np.testing.assert_array_equal(one.counts, other.counts)
    disk.close()
    assert not list(tmp_path.iterdir())


def test_no_ngram_crosses_a_line_or_holds_an_unknown(tmp_path: Path) -> None:
    counter = Counter(2, 10, tmp_path)
    counter.add(np.array([lm.BEGIN, 5, lm.UNKNOWN, 6, lm.END, lm.BEGIN, 7, lm.END], np.int32))
    pairs = {divmod(key, 10) for key in counter.grams(2).keys.tolist()}
    assert pairs == {(lm.BEGIN, 5), (6, lm.END), (lm.BEGIN, 7), (7, lm.END)}
    assert lm.UNKNOWN not in counter.grams(1).keys.tolist()


def test_identifiers_that_do_not_fit_64_bits_are_refused(tmp_path: Path) -> None:
    Counter(5, 7131, tmp_path)
    with pytest.raises(ValueError, match="64 bits"):
        Counter(5, 7132, tmp_path)


# ---------------------------------------------------------------------- pieces


def folded(words: list[str]) -> tuple[np.ndarray, np.ndarray]:
    codes = np.array([ord(letter) for word in words for letter in word], np.int32)
    return codes, np.cumsum([0, *map(len, words)])


def test_pieces_do_not_depend_on_the_order_of_the_words() -> None:
    words = sorted(set(words_of(2, 60)))
    counts = np.arange(2, 2 + len(words))
    there = learn(*folded(words), counts, 90)
    back = learn(*folded(words[::-1]), counts[::-1].copy(), 90)
    assert there == back
    assert len(there) == 90


def test_words_are_spelled_by_the_longest_piece_from_the_left() -> None:
    pieces = ("a", "b", "c", "ab", "bc", MARK + "a", MARK + "ab")
    out, bounds = lm.spell(*folded(["abc", "cab", "xa"]), *trie(pieces))
    names = ["", "<unk>", "<s>", "</s>", *pieces]
    named = [[names[token] for token in out[a:b]] for a, b in pairwise(bounds)]
    assert named == [[MARK + "ab", "c"], ["c", "ab"], ["<unk>", "a"]]


def test_known_words_and_spelled_words_give_the_same_pieces(model: LanguageModel, texts: list[str]) -> None:
    from dataclasses import replace

    batch = batch_of([*texts, texts[0].upper(), "Bako 1999 ba’ko"])
    every = np.arange(len(batch))
    nothing = np.zeros(0, np.uint64)
    bare = replace(model, known=lm.fill_table(nothing, nothing, 2))
    np.testing.assert_array_equal(
        model.encode(batch.text, batch.words, every).ids, bare.encode(batch.text, batch.words, every).ids
    )


def test_no_word_of_known_letters_is_unknown(model: LanguageModel) -> None:
    batch = batch_of(["kokokolilimu wéwéwé\nñutiro", "qqq 漢"])
    tokens = model.encode(batch.text, batch.words, np.arange(2))
    first, second = (tokens.ids[a:b] for a, b in zip(tokens.offsets[:-1], tokens.offsets[1:], strict=True))
    assert lm.UNKNOWN not in first
    assert list(second) == [lm.BEGIN, lm.UNKNOWN, lm.UNKNOWN, lm.END]
    assert list(first).count(lm.BEGIN) == list(first).count(lm.END) == 2


# --------------------------------------------------------------------- scoring


def test_scores_equal_kenlm_on_the_exported_arpa(model: LanguageModel, tmp_path: Path) -> None:
    path = tmp_path / "model.arpa"
    write_arpa(model, path)
    reference = kenlm.Model(str(path))
    assert reference.order == 5
    unseen = [text_of(77, 40, words_of(1)), text_of(5, 20, words_of(9)), "qqq kolimu 漢字 ba\nxyz"]
    batch = batch_of(unseen)
    tokens = model.encode(batch.text, batch.words, np.arange(len(batch)))
    full, _ = model.score_tokens(tokens.ids)
    starts = np.flatnonzero(tokens.ids == lm.BEGIN)
    ours = -np.add.reduceat(full.astype(np.int64), starts) * lm.LOG_UNIT
    theirs = [reference.score(line) for line in sentences(model, tokens.ids)]
    assert len(theirs) == len(ours) == 62
    np.testing.assert_allclose(ours, theirs, atol=1e-4)


def test_a_word_scored_alone_costs_what_its_pieces_cost_without_the_line(model: LanguageModel) -> None:
    batch = batch_of(["bakoli muneba sati", "bakoli", "muneba", "sati"])
    tokens = model.encode(batch.text, batch.words, np.arange(4))
    whole, *single = (tokens.ids[a:b] for a, b in zip(tokens.offsets[:-1], tokens.offsets[1:], strict=True))
    _, inside = model.score_tokens(whole)
    apart = 0
    for ids in single:
        # Without <s> the first piece has no context, which is what "inside its word" means.
        full, _ = model.score_tokens(np.ascontiguousarray(ids[1:-1]))
        apart += int(full.sum())
    assert int(inside[:-1].sum()) == apart


def test_shuffled_words_lose_what_the_order_gave(model: LanguageModel) -> None:
    batch = batch_of([text_of(99, 40, words_of(1))])
    tokens = model.encode(batch.text, batch.words, np.arange(1))
    counts = np.diff(batch.words.offsets)
    plain = model.sum_up(tokens, counts)
    mixed = model.sum_up(damage.shuffle_words(model, tokens), counts)
    assert sorted(damage.shuffle_words(model, tokens).ids[1:-1]) == sorted(
        token for token in tokens.ids if token not in (lm.BEGIN, lm.END)
    )
    assert plain.cost_alone[0] - plain.cost[0] > 0
    assert mixed.cost[0] > plain.cost[0] * 1.2


def test_exchanged_letters_keep_length_and_document_bounds() -> None:
    texts = ["bako liñu wé\n" * 30, "", "漢字 sa"]
    batch = batch_of(texts)
    noisy = damage.exchange_letters(batch.text)
    found = [
        noisy.data[a:b].tobytes().decode() for a, b in zip(noisy.offsets[:-1], noisy.offsets[1:], strict=True)
    ]
    assert [len(text) for text in found] == [len(text) for text in texts]
    differing = sum(
        a != b for one, other in zip(found, texts, strict=True) for a, b in zip(one, other, strict=True)
    )
    assert 30 < differing < 90
    assert all(a == b for a, b in zip(found[0], texts[0], strict=True) if b in " \n")


def test_passages_cover_the_text_and_keep_documents_apart() -> None:
    texts = [text_of(4, 60, words_of(1)), "ba", "", "ko " * 1000]
    batch = batch_of(texts)
    cut = damage.passages(batch.text, batch.words)
    assert cut.offsets[-1] == batch.text.offsets[-1]
    assert (np.diff(cut.offsets) > 0).all()
    assert set(batch.text.offsets) <= set(cut.offsets)
    assert 8 <= len(cut.offsets) - 1 <= 18


# ------------------------------------------------------------------------ file


def reference_of(model: LanguageModel, texts: list[str]) -> Reference:
    batch = batch_of(texts)
    scores = model.score(batch.text, batch.words, np.arange(len(texts)))
    found = Reference.measure(scores, scores, scores, np.ones(len(texts)))
    assert found is not None
    return found


def test_a_model_comes_back_from_its_file_and_equal_models_give_equal_bytes(
    model: LanguageModel, texts: list[str], tmp_path: Path
) -> None:
    again = model_of(texts, tmp_path)
    for name, one in (("a.lm", model), ("b.lm", again)):
        artefact.write(tmp_path / name, one, reference_of(one, texts), 1234)
    assert (tmp_path / "a.lm").read_bytes() == (tmp_path / "b.lm").read_bytes()
    loaded = artefact.read(tmp_path / "a.lm")
    assert loaded.model is not None
    assert loaded.reference_bytes == 1234
    batch = batch_of(texts)
    every = np.arange(len(texts))
    for one, other in zip(
        model.score(batch.text, batch.words, every),
        loaded.model.score(batch.text, batch.words, every),
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)


def test_training_in_small_batches_gives_the_same_model(
    texts: list[str], model: LanguageModel, tmp_path: Path
) -> None:
    batches = [batch_of(texts[at : at + 3]) for at in range(0, len(texts), 3)]
    other = train(
        "xx",
        lambda: [(batch.text, batch.words) for batch in batches],
        order=5,
        vocabulary=400,
        pruning=(0, 0, 0, 1, 1),
        folder=tmp_path,
        limit=500,
    )
    assert other is not None
    assert other.pieces == model.pieces
    for name in ("unigrams", "grams", "known"):
        np.testing.assert_array_equal(getattr(other, name), getattr(model, name))


def test_a_text_without_words_has_no_model(tmp_path: Path) -> None:
    batch = batch_of(["... !!", ""])
    assert (
        train(
            "xx",
            lambda: [(batch.text, batch.words)],
            order=3,
            vocabulary=400,
            pruning=(0, 0, 0),
            folder=tmp_path,
        )
        is None
    )


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.lm").write_bytes(b"not a model at all")
    with pytest.raises(StorageError, match="not a language model"):
        artefact.read(tmp_path / "x.lm")
    array_file.write(tmp_path / "y.lm", {"kind": "something else"}, {})
    with pytest.raises(StorageError, match="something else"):
        artefact.read(tmp_path / "y.lm")
    array_file.write(tmp_path / "z.lm", {"kind": "k"}, {"values": np.arange(100)})
    data = (tmp_path / "z.lm").read_bytes()
    (tmp_path / "z.lm").write_bytes(data[:-8])
    with pytest.raises(StorageError, match="shorter"):
        array_file.read(tmp_path / "z.lm")
