"""Deduplication of real text: against brute force, as in bench/dedup.py, and of templated sources."""

import json
from collections import Counter

import pytest
import zstandard

from corpus.recipe import DedupOptions, ExactOptions, MinHashOptions

pytestmark = pytest.mark.real


@pytest.mark.parametrize("script", ["Latin, sw", "Han", "Devanagari", "Thai", "code"])
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


@pytest.mark.parametrize(
    ("source", "most"),
    # Measured: 0.7 % of tldr pages go, of which three in four are byte for byte the page of another system;
    # 1.6 % of MediaWiki's catalogues, all of them files that it ships twice.
    [("tldr_pages", 0.02), ("mediawiki_ui_strings", 0.03), ("libreoffice_ui_strings", 0.01)],
)
def test_templated_sources_lose_their_copies_and_nothing_else(real_input, source, most):
    from bench.dedup import deduplicated, true_jaccard, tuples

    texts, languages = [], []
    for path in sorted((real_input / source).glob("*.jsonl.zst")):
        lines = zstandard.ZstdDecompressor().stream_reader(path.read_bytes()).read().decode().split("\n")
        found = [json.loads(line)["text"] for line in lines if line]
        texts += found
        languages += [path.name.partition(".")[0]] * len(found)
    removed = deduplicated(texts, DedupOptions(exact=ExactOptions(), minhash=MinHashOptions(), partitions=2))
    assert len(texts) > 100
    assert len(removed) <= most * len(texts)
    lost, had = Counter(languages[copy] for copy in removed), Counter(languages)
    assert all(lost[language] <= max(2, 0.05 * had[language]) for language in lost)
    for copy, (survivor, _) in removed.items():
        alike = " ".join(texts[copy].split()) == " ".join(texts[survivor].split())
        assert alike or true_jaccard(tuples(texts[copy]), tuples(texts[survivor])) >= 0.7 - 1e-6
