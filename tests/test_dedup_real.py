"""Deduplication of real text against brute force: what bench/dedup.py measures, on a small sample."""

import pytest

from corpus.recipe import DedupOptions, MinHashOptions

pytestmark = pytest.mark.real


@pytest.mark.parametrize("script", ["Latin, sw", "Han", "Devanagari", "code"])
def test_planted_copies_are_found_and_every_deletion_is_right(real_input, script):
    from bench.dedup import deduplicated, sample, similar, true_jaccard, tuples

    texts = sample(script, 5, apart=False) + sample(script, 20, apart=True)
    sets = [tuples(text) for text in texts]
    removed = deduplicated(texts, DedupOptions(minhash=MinHashOptions(), partitions=1))
    pairs = list(similar(sets, 0.8))
    missed = [(i, j) for i, j in pairs if i not in removed and j not in removed]
    assert len(pairs) > 50
    assert len(missed) <= 0.01 * len(pairs)
    for copy, (survivor, similarity) in removed.items():
        assert survivor not in removed
        assert true_jaccard(sets[copy], sets[survivor]) == pytest.approx(similarity, abs=1e-3)
        assert similarity >= 0.7 - 1e-6  # stored as float32
