"""Deduplication from text to duplicates/: what is found, what is not, whatever the layout."""

import json
import random

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from corpus.errors import GateError
from corpus.recipe import DedupOptions, ExactOptions, MinHashOptions, SimHashOptions, UrlOptions, UrlRule
from corpus.stages.dedup import deduplicate
from corpus.stages.dedup_duplicates import DUPLICATES, check_losses
from corpus.stages.dedup_text import chosen
from tests.dedup_world import Doc, outcome, write_shard

ALL = DedupOptions(exact=ExactOptions(), url=UrlOptions(), minhash=MinHashOptions())
NEAR = DedupOptions(minhash=MinHashOptions())


def words(count, seed):
    rng = random.Random(seed)
    return [f"w{rng.randrange(5000)}" for _ in range(count)]


def edited(text, changes, seed):
    rng = random.Random(seed)
    for at in rng.sample(range(len(text)), changes):
        text = [*text[:at], f"x{rng.randrange(10**6)}", *text[at + 1 :]]
    return text


def corpus_of(size, seed):
    """Documents in families of a text, copies and edited copies."""
    rng = random.Random(seed)
    docs = []
    for number in range(size):
        base = words(rng.randrange(3, 200), f"{seed}-{number}")
        docs.append(Doc(f"{number}", " ".join(base), source="abc"[number % 3], language="en"))
        for copy in range(rng.choice([0, 0, 1, 2])):
            changes = rng.randrange(0, 1 + len(base) // 20)
            text = " ".join(edited(base, changes, f"{number}{copy}"))
            docs.append(Doc(f"{number}.{copy}", text, source=rng.choice("abc")))
    return docs


def survivors(found):
    return {name: row["survivor"] for rows in found.values() for name, row in rows.items()}


def test_copies_are_found_and_say_of_what_and_how_similar(tmp_path):
    text = words(200, 1)
    docs = [
        Doc("original", " ".join(text) + " and one word more"),
        Doc("spaced", "\n ".join([*text, "and one  word", "more"])),
        Doc("edited", " ".join(edited(text, 3, 2))),
        Doc("other", " ".join(words(200, 3))),
        Doc("half", " ".join(text[:100] + words(100, 4))),
    ]
    found = outcome(tmp_path, {"a/0": docs}, ALL)["a/0"]
    assert set(found) == {"original", "spaced", "edited"}
    longest = found["original"]["survivor"]
    assert longest == "spaced"  # more bytes
    assert {row["survivor"] for row in found.values()} == {longest}
    assert {row["cluster_size"] for row in found.values()} == {3}
    assert found["original"]["kind"] == "exact"
    assert found["original"]["similarity"] == 1.0
    assert found["edited"]["kind"] == "minhash"
    assert 0.8 < found["edited"]["similarity"] < 1
    assert found["spaced"]["kind"] == "survivor"
    written = pq.read_table(tmp_path / "out/dedup.duplicates/all/a/0.parquet")
    assert written.schema.equals(DUPLICATES)


def test_only_kinds_that_are_named_are_looked_for(tmp_path):
    text = words(100, 1)
    docs = [
        Doc("1", " ".join(text), url="https://x.org/a"),
        Doc("2", " ".join(text) + "\n", url="https://x.org/b"),
        Doc("3", " ".join(edited(text, 2, 1)), url="https://x.org/c"),
        Doc("4", " ".join(edited(text, 4, 1)), url="http://www.x.org/a/"),
    ]

    def of(name, options):
        return set(outcome(tmp_path / name, {"a/0": docs}, options)["a/0"])

    assert of("none", DedupOptions()) == set()
    assert of("exact", DedupOptions(exact=ExactOptions())) == {"1", "2"}
    assert of("url", DedupOptions(url=UrlOptions())) == {"1", "4"}
    assert of("near", DedupOptions(minhash=MinHashOptions(threshold=0.75))) == {"1", "2", "3"}


def test_simhash_finds_close_short_texts_and_leaves_long_ones_alone(tmp_path):
    text, long = words(300, 1), words(2000, 2)
    docs = [
        Doc("1", " ".join(text)),
        Doc("2", " ".join([*text, "more"])),
        Doc("3", " ".join(words(300, 3))),
        Doc("long", " ".join(long)),
        Doc("longer", " ".join([*long, "more"])),
    ]
    options = DedupOptions(simhash=SimHashOptions())
    found = outcome(tmp_path, {"a/0": docs}, options)["a/0"]
    assert set(found) == {"1", "2"}
    assert found["1"]["kind"] == "simhash"
    assert 1 - 4 / 64 <= found["1"]["similarity"] < 1


def test_an_equal_url_with_other_text_is_no_duplicate_unless_asked_for(tmp_path):
    docs = [Doc(str(n), " ".join(words(50, n)), url="https://x.org/list") for n in range(3)]
    assert outcome(tmp_path / "1", {"a/0": docs}, ALL)["a/0"] == {}
    loose = DedupOptions(url=UrlOptions(min_similarity=0))
    found = outcome(tmp_path / "2", {"a/0": docs}, loose)["a/0"]
    assert {row["kind"] for row in found.values()} == {"survivor", "url"}
    assert len(found) == 3


def test_the_urls_of_a_source_are_read_by_its_own_rule(tmp_path):
    text = words(60, 1)
    docs = [
        Doc(
            f"{source}{n}",
            " ".join(edited(text, 2, f"{source}{n}")),
            source,
            url=f"https://x.org/{source}?s={n}",
        )
        for source in "ab"
        for n in range(2)
    ]
    shards = {"a/0": docs[:2], "b/0": docs[2:]}
    rule = DedupOptions(url=UrlOptions(sources={"b": UrlRule(query="drop")}))
    found = outcome(tmp_path, shards, rule)
    assert found["a/0"] == {}
    assert sorted(row["kind"] for row in found["b/0"].values()) == ["survivor", "url"]


def test_documents_that_are_not_kept_take_no_part(tmp_path):
    docs = [Doc("1", "the same text", verdict="dropped"), Doc("2", "the same text")]
    assert outcome(tmp_path, {"a/0": docs}, ALL)["a/0"] == {}


def test_the_survivor_is_chosen_by_priority_then_length_then_id(tmp_path):
    base = words(300, 1)
    docs = [
        Doc("long", " ".join([*base, "plus", "three", "words"]), source="a"),
        Doc("short", " ".join(base), source="b"),
        Doc("same", " ".join(base), source="b"),
    ]
    shards = {"a/0": docs[:1], "b/0": docs[1:]}
    by_length = survivors(outcome(tmp_path / "1", shards, NEAR))
    assert set(by_length.values()) == {"long"}
    by_priority = survivors(outcome(tmp_path / "2", shards, NEAR, {"b": 1}))
    first = min(docs[1:], key=lambda doc: doc.id).name
    assert set(by_priority.values()) == {first}


def test_within_a_source_copies_in_other_sources_do_not_count(tmp_path):
    docs = [Doc(str(n), "one text of a few words", source=s) for n, s in enumerate("aabb")]
    options = ALL.model_copy(update={"scope": "source"})
    found = survivors(outcome(tmp_path, {"a/0": docs[:2], "b/0": docs[2:]}, options))
    assert len(found) == 4
    assert len(set(found.values())) == 2


def test_documents_of_an_earlier_corpus_survive_and_get_no_output(tmp_path):
    text = words(100, 1)
    old = [Doc("old", " ".join(text)), Doc("older", " ".join(text))]
    new = [Doc("new", " ".join([*text, "with", "an", "end"]), source="b"), Doc("other", "else", source="b")]
    found = outcome(tmp_path, {"a/0": old, "b/0": new}, ALL, {"b": 9}, against=["a/0"])
    assert set(found) == {"b/0"}
    assert set(found["b/0"]) == {"new"}
    assert found["b/0"]["new"]["survivor"] in {"old", "older"}
    assert not (tmp_path / "out/dedup.duplicates/all/a/0.parquet").exists()


def test_texts_without_words_are_compared_exactly_only(tmp_path):
    docs = [Doc("1", "!!!"), Doc("2", "???"), Doc("3", "!!! "), Doc("4", ""), Doc("5", "\n")]
    found = survivors(outcome(tmp_path, {"a/0": docs}, ALL))
    assert set(found) == {"1", "3", "4", "5"}
    assert found["1"] == found["3"] != found["4"] == found["5"]


def files(folder):
    place = folder / "out/dedup.duplicates/all"
    return {
        path.relative_to(place).as_posix(): path.read_bytes() for path in place.rglob("*") if path.is_file()
    }


def cut(docs, size):
    return {f"s/{start:05d}": docs[start : start + size] for start in range(0, len(docs), size)}


def test_the_result_does_not_depend_on_partitions_or_order_of_shards(tmp_path):
    docs = corpus_of(60, 1)
    shards = cut(docs, 25)
    outcome(tmp_path / "1", shards, ALL)
    expected = files(tmp_path / "1")
    assert sum(len(value) for value in expected.values()) > 0
    for number, partitions in enumerate((1, 3, 64)):
        options = ALL.model_copy(update={"partitions": partitions})
        backwards = dict(reversed(shards.items()))
        outcome(tmp_path / f"p{number}", backwards, options)
        assert files(tmp_path / f"p{number}") == expected


def test_the_result_does_not_depend_on_how_documents_are_cut_into_shards(tmp_path):
    docs = corpus_of(50, 2)
    results = []
    for number, size in enumerate((1000, 40, 7)):
        order = random.Random(number).sample(docs, len(docs))
        results.append(survivors(outcome(tmp_path / str(number), cut(order, size), ALL)))
    assert results[0] == results[1] == results[2]
    assert any(name != survivor for name, survivor in results[0].items())


def test_removing_the_survivor_brings_the_next_best_back(tmp_path):
    text = words(100, 5)
    docs = [Doc(str(n), " ".join([*text, *["end"] * n])) for n in range(3)]
    full = survivors(outcome(tmp_path / "1", {"a/0": docs}, ALL))
    assert set(full.values()) == {"2"}
    less = survivors(outcome(tmp_path / "2", {"a/0": docs[:2]}, ALL))
    assert set(less.values()) == {"1"}


def test_a_shard_added_later_leaves_the_parts_of_the_others_as_they_were(tmp_path):
    docs = corpus_of(40, 3)
    shards = cut(docs, 20)
    apart = [Doc(f"new{n}", " ".join(words(80, f"new{n}")), source="z") for n in range(20)]
    outcome(tmp_path / "1", shards, ALL)
    outcome(tmp_path / "2", {"a/new": apart, **shards}, ALL)
    before, after = files(tmp_path / "1"), files(tmp_path / "2")
    assert {name: after[name] for name in before} == before
    for step in ("dedup.bands", "dedup.members"):
        for key in shards:
            first, second = (
                next((tmp_path / run / "out" / step / key).glob("*.parquet")).read_bytes() for run in "12"
            )
            assert first == second


def test_counts_add_up_by_source_and_language(tmp_path):
    docs = corpus_of(40, 4)
    shards = [write_shard(tmp_path / "in", "s/0", docs, ALL)]
    counts = deduplicate(shards, ALL, tmp_path / "out")["dedup.duplicates"]
    rows = pq.read_table(tmp_path / "out/dedup.duplicates/all/s/0.parquet").to_pylist()
    removed = sum(row["id"] != row["survivor"] for row in rows)
    assert removed > 0

    def total(name):
        return sum(count for key, count in counts.items() if key.startswith(name + "/"))

    assert total("documents") == len(docs)
    assert total("duplicates") == total("kind") == removed
    assert total("kept") == len(docs) - removed
    sources = {doc.source for doc in docs}
    assert {key.split("/")[1] for key in counts if key.startswith("documents/")} == sources


def test_the_report_shows_clusters_overlap_and_similarities(tmp_path):
    text = words(100, 1)
    docs = [Doc(str(n), " ".join(text), source="ab"[n % 2]) for n in range(6)]
    outcome(tmp_path, {"a/0": docs[::2], "b/0": docs[1::2]}, ALL, {"a": 1})
    place = tmp_path / "out/dedup.duplicates/all"
    (cluster,) = json.loads((place / "clusters.json").read_text())
    assert cluster["size"] == 6
    assert cluster["sources"] == {"a": 3, "b": 3}
    assert len(cluster["members"]) == 5
    facts = json.loads((place / "overlap.json").read_text())
    assert facts["overlap"] == {"a": {"a": 2}, "b": {"a": 3}}
    assert facts["histogram"]["exact"][-1] == 5


def test_pages_of_one_template_do_not_collapse(tmp_path):
    frame = words(160, "template")
    docs = [Doc(str(n), " ".join([*frame[:80], *words(40, n), *frame[80:]])) for n in range(200)]
    assert outcome(tmp_path, {"a/0": docs}, ALL)["a/0"] == {}


def test_notices_of_a_line_that_differ_in_one_word_stay(tmp_path):
    line = (
        "This command is an alias of {} and its page is there; see the documentation of the original command"
    )
    docs = [Doc(str(n), line.format(name)) for n, name in enumerate(["gcc", "clang", "tcc", "icc"])]
    assert outcome(tmp_path / "1", {"a/0": docs}, ALL)["a/0"] == {}
    short = DedupOptions(minhash=MinHashOptions(min_shingles=1, threshold=0.4))
    assert len(outcome(tmp_path / "2", {"a/0": docs}, short)["a/0"]) == 4


def test_a_url_that_very_many_documents_give_is_no_page(tmp_path):
    text = words(60, 1)
    docs = [Doc(str(n), " ".join(edited(text, 1, n)), url="https://x.org/all.xml") for n in range(12)]
    only = DedupOptions(url=UrlOptions())
    assert outcome(tmp_path / "1", {"a/0": docs}, only)["a/0"] == {}
    assert len(outcome(tmp_path / "2", {"a/0": docs[:5]}, only)["a/0"]) == 5


@pytest.mark.parametrize("wanted", [[], [0], [3, 4, 5], [2, 9, 10, 22], list(range(23))])
def test_chosen_rows_are_read_over_row_groups_and_batches(tmp_path, wanted):
    table = pa.table({"id": [str(n) for n in range(23)], "text": ["x" * n for n in range(23)]})
    pq.write_table(table, tmp_path / "documents.parquet", row_group_size=5)
    found, first = [], 0
    rows = np.array(wanted, np.uint32)
    for part in chosen(tmp_path / "documents.parquet", rows, ["text"], batch_bytes=60):
        assert part.first == first
        first += len(part.places)
        found += part.batch["text"].take(pa.array(part.places)).to_pylist()
    assert found == ["x" * n for n in wanted]


def test_a_source_that_loses_too_much_stops_the_build():
    counts = {
        "documents/a/en": 100,
        "duplicates/a/en": 60,
        "documents/b/en": 100,
        "duplicates/b/en": 10,
        "documents/c/fr": 3,
        "duplicates/c/fr": 2,
    }
    facts = {"language": "en", "sources": {"a": 61}}
    largest = [
        {"size": 99, "survivor": "baa", "source": "b", "language": "en", "sources": {"b": 99}},
        {"size": 61, "survivor": "f00", "source": "a", **facts},
    ]
    with pytest.raises(GateError) as caught:
        check_losses(counts, 0.5, largest=largest)
    message = str(caught.value)
    assert "source 'a' loses 60 of 100 documents (60%)" in message
    assert "61 documents, survivor f00 of a" in message
    assert "survivor baa" not in message  # has nothing to do with it
    assert "'b'" not in message
    assert "'en'" not in message
    assert "'c'" not in message
    check_losses(counts, 0.6)
    check_losses(counts, 0.5, of_source={"a": 0.6})
    with pytest.raises(GateError, match="language 'fr' loses 2 of 3"):
        check_losses(counts, 0.6, 3)
