"""What made others delete whole sources: chains of neighbours, templates, licences at the head of books.

Each world is one connected component of shared bands, of which one document would stay (marin#6851, #6854).
What is removed here is similar to its survivor, by brute force; and however documents are cut into shards,
the same ones stay.
"""

import random

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpus.recipe import DedupOptions, ExactOptions, MinHashOptions
from corpus.stages.dedup import deduplicate
from tests.dedup_world import Doc, outcome, write_shard

NEAR = DedupOptions(minhash=MinHashOptions(), partitions=2)


def words(count, seed):
    rng = random.Random(seed)
    return [f"w{rng.randrange(5000)}" for _ in range(count)]


def jaccard(left, right, size=5):
    a, b = ({tuple(t[i : i + size]) for i in range(len(t) - size + 1)} for t in (left.split(), right.split()))
    return len(a & b) / len(a | b)


def removed_from(folder, docs, options=NEAR):
    """({document removed: survivor}, components of shared bands)"""
    shard = write_shard(folder / "in", "s/0", docs, options)
    counts = deduplicate([shard], options, folder / "out")
    names = {doc.id: doc.name for doc in docs}
    rows = pq.read_table(folder / "out/dedup.duplicates/all/s/0.parquet").to_pylist()
    removed = {names[row["id"]]: names[row["survivor"]] for row in rows if row["kind"] != "survivor"}
    return removed, counts["dedup.components"]


def check(docs, removed, threshold=0.7):
    texts = {doc.name: doc.text for doc in docs}
    for name, survivor in removed.items():
        assert survivor not in removed
        assert jaccard(texts[name], texts[survivor]) >= threshold - 1e-6


def test_a_chain_of_neighbours_is_cut_where_its_ends_have_nothing_in_common(tmp_path):
    long = words(1400, "chain")
    docs = [Doc(f"{n:03}", " ".join(long[at : at + 200])) for n, at in enumerate(range(0, 1200, 8))]
    assert jaccard(docs[0].text, docs[1].text) > 0.9
    assert jaccard(docs[0].text, docs[-1].text) == 0
    removed, found = removed_from(tmp_path, docs)
    assert found == {"linked": 150, "components": 1}  # joined, 149 of 150 would go
    check(docs, removed)
    kept = [doc for doc in docs if doc.name not in removed]
    assert 15 <= len(kept) <= 50
    # No two that stay are much alike either: a chain is cut, not left as it was.
    assert all(jaccard(a.text, b.text) < 0.8 for a in kept for b in kept if a is not b)


def test_pages_of_one_template_are_one_component_and_all_stay(tmp_path):
    frame = words(164, "frame")
    docs = [Doc(str(n), " ".join([*frame[:90], *words(36, n), *frame[90:]])) for n in range(300)]
    assert 0.6 < jaccard(docs[0].text, docs[1].text) < 0.7
    removed, found = removed_from(tmp_path, docs)
    assert found["components"] == 1
    assert found["linked"] >= 290
    assert removed == {}


def test_short_books_under_one_long_licence_stay_and_their_copies_go(tmp_path):
    licence = words(260, "licence")
    books = [Doc(f"book-{n}", " ".join([*licence, *words(110, f"book{n}")])) for n in range(120)]
    copies = [Doc(f"copy-{n}", books[n].text + " second edition") for n in range(0, 120, 10)]
    removed, found = removed_from(tmp_path, [*books, *copies])
    assert found["linked"] > 100
    assert found["components"] < 5
    assert removed == {f"book-{n}": f"copy-{n}" for n in range(0, 120, 10)}  # the copies are longer


ALL = DedupOptions(exact=ExactOptions(), minhash=MinHashOptions(min_shingles=5))


@st.composite
def worlds(draw):
    """Documents that are stretches of a few texts, copied and edited; sources with priorities."""
    rng = random.Random(draw(st.integers(0, 2**32)))
    long = [words(120, f"{rng.random()}") for _ in range(2)]
    docs = []
    for number in range(draw(st.integers(2, 25))):
        text, start = rng.choice(long), rng.randrange(0, 40, 4)
        stretch = text[start : start + rng.choice([6, 40, 60, 80])]
        for _ in range(rng.randrange(3)):
            stretch[rng.randrange(len(stretch))] = f"x{rng.randrange(9)}"
        docs.append(Doc(str(number), " ".join(stretch), source=rng.choice("abc")))
    return docs, rng


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(world=worlds())
def test_the_same_documents_stay_however_they_are_shuffled_and_cut(tmp_path_factory, world):
    docs, rng = world
    priority = {"a": 0, "b": 2, "c": 1}
    results = []
    for partitions in (1, 5):
        shuffled = rng.sample(docs, len(docs))
        size = rng.randrange(1, len(docs) + 1)
        shards = {f"s/{at:05d}": shuffled[at : at + size] for at in range(0, len(docs), size)}
        options = ALL.model_copy(update={"partitions": partitions})
        found = outcome(tmp_path_factory.mktemp("world"), shards, options, priority)
        results.append({name: row for rows in found.values() for name, row in rows.items()})
    assert results[0] == results[1]
    by_name = {doc.name: doc for doc in docs}

    def rank(name):
        doc = by_name[name]
        return -priority[doc.source], -len(doc.text.encode()), doc.id

    for name, row in results[0].items():
        survivor = row["survivor"]
        assert results[0][survivor]["kind"] == "survivor"
        assert row["cluster_size"] == sum(other["survivor"] == survivor for other in results[0].values())
        if name == survivor:
            continue
        assert rank(survivor) < rank(name)
        if row["kind"] == "exact":
            assert by_name[name].text == by_name[survivor].text
        else:
            similarity = jaccard(by_name[name].text, by_name[survivor].text)
            assert row["similarity"] == pytest.approx(similarity, abs=1e-3)
            assert similarity >= 0.7 - 1e-6
    # Whoever stays is no copy of what ranks before it; of 1e7 pairs that are 0.9 alike one shares no band.
    stay = sorted(
        (d.name for d in docs if results[0].get(d.name, {}).get("survivor", d.name) == d.name), key=rank
    )
    for at, name in enumerate(stay):
        for better in stay[:at]:
            texts = by_name[name].text, by_name[better].text
            assert texts[0] != texts[1]
            assert min(len(text.split()) for text in texts) < 9 or jaccard(*texts) < 0.9
