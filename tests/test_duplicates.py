"""Duplicates among texts in memory: what a build finds, whatever is given."""

import random

import pyarrow as pa
import pytest

import corpus
from corpus.recipe import DedupOptions, ExactOptions, MinHashOptions
from tests.dedup_world import Doc, outcome

LONG = " ".join(f"w{i}" for i in range(60))


def copies(seed, originals=60):
    """Originals of 1 to 300 words, and copies of them with some words changed, capitals and white space."""
    rng = random.Random(seed)
    texts = []
    for _ in range(originals):
        words = [f"w{rng.randrange(4000)}" for _ in range(rng.choice([1, 8, 24, 60, 300]))]
        texts.append(" ".join(words))
        for ratio in rng.sample([0, 0.01, 0.03, 0.06, 0.2, 0.6], rng.randrange(4)):
            changed = [f"c{rng.randrange(4000)}" if rng.random() < ratio else word for word in words]
            texts.append(rng.choice([" ", "\n ", "; "]).join(changed))
        if rng.random() < 0.2:
            texts.append(texts[-1].upper())
    texts += ["", "  ", "...", "...", "!"]
    rng.shuffle(texts)
    return texts


@pytest.mark.parametrize(
    "options", [{}, {"threshold": 0.5}, {"bands": 16, "rows": 8}, {"shingle": 2, "minima": 64}]
)
def test_it_finds_what_a_build_finds(tmp_path, options):
    for seed in range(3):
        texts = copies(seed)
        docs = [Doc(str(row), text) for row, text in enumerate(texts)]
        # A build takes the smallest id of equally long texts, so documents are given in order of id.
        docs.sort(key=lambda doc: doc.id)
        texts = [doc.text for doc in docs]
        rows = {doc.name: row for row, doc in enumerate(docs)}
        kinds = DedupOptions(exact=ExactOptions(), minhash=MinHashOptions(**options), partitions=2)
        built = outcome(tmp_path / str(seed), {"s/0": docs}, kinds)["s/0"]
        expected = [
            (rows[name], rows[row["survivor"]], row["cluster_size"], row["similarity"], row["kind"])
            for name, row in built.items()
        ]
        found = corpus.find_duplicates(texts, **options)
        columns = ["row", "survivor", "cluster_size", "similarity", "kind"]
        assert found.column_names == columns
        assert [tuple(row.values()) for row in found.to_pylist()] == sorted(expected)
        assert {row["kind"] for row in found.to_pylist()} == {"survivor", "exact", "minhash"}


def test_the_longest_stays_and_of_equally_long_ones_the_first():
    found = corpus.find_duplicates([LONG, LONG + " more", LONG + " less", LONG, "alone " + LONG[::-1]])
    assert found.to_pylist() == [
        {"row": 0, "survivor": 1, "cluster_size": 4, "similarity": pytest.approx(56 / 57), "kind": "minhash"},
        {"row": 1, "survivor": 1, "cluster_size": 4, "similarity": 1.0, "kind": "survivor"},
        {"row": 2, "survivor": 1, "cluster_size": 4, "similarity": pytest.approx(56 / 58), "kind": "minhash"},
        {"row": 3, "survivor": 1, "cluster_size": 4, "similarity": pytest.approx(56 / 57), "kind": "minhash"},
    ]


def test_short_texts_are_duplicates_only_where_they_are_equal():
    texts = ["Page not found", "Page  not found\n", "Page was found", "", "", "?", "?", "!"]
    found = {row["row"]: (row["survivor"], row["kind"]) for row in corpus.find_duplicates(texts).to_pylist()}
    exact = {row: survivor for row, (survivor, kind) in found.items() if kind == "exact"}
    assert exact == {0: 1, 4: 3, 6: 5}
    assert {row for row, (_, kind) in found.items() if kind == "survivor"} == {1, 3, 5}


@pytest.mark.parametrize(
    "texts",
    [
        [LONG, None, LONG],
        pa.array([LONG, None, LONG]),
        pa.array([LONG, None, LONG], pa.large_string()),
        pa.array(["first", LONG, None, LONG]).slice(1),
        pa.chunked_array([[LONG], [], [None, LONG]], pa.string()),
    ],
)
def test_lists_and_arrow_arrays_are_read_alike(texts):
    assert corpus.find_duplicates(texts)["row"].to_pylist() == [0, 2]


@pytest.mark.parametrize(
    "texts",
    [[], [None], [""], ["one"], ["one", "two"], pa.array([], pa.string()), pa.chunked_array([], pa.string())],
)
def test_nothing_is_found_where_there_is_nothing(texts):
    found = corpus.find_duplicates(texts)
    assert len(found) == 0
    assert found.schema.field("survivor").type == pa.int64()


def test_half_a_surrogate_pair_is_read_as_readers_read_it():
    found = corpus.find_duplicates([f"\ud800 {LONG}", f"\ufffd {LONG}"])
    assert found["kind"].to_pylist() == ["survivor", "exact"]


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ("one string", "a list of strings is needed"),
        (["one", 2], r"texts\[1\] is a int"),
        (["one", b"\xff"], r"texts\[1\] is a bytes"),
        (pa.array([1, 2]), "Arrow array of int64"),
    ],
)
def test_what_is_no_text_is_named(texts, message):
    with pytest.raises(TypeError, match=message):
        corpus.find_duplicates(texts)


@pytest.mark.parametrize("options", [{"threshold": 1.5}, {"bands": 4}, {"treshold": 0.5}])
def test_options_out_of_range_are_refused(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        corpus.find_duplicates(["a"], **options)
