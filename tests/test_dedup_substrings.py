"""Exact substrings: every shared stretch is found, none is invented, and one copy always stays."""

import random

import pyarrow.parquet as pq
import pytest

from corpus.recipe import DedupOptions, ExactOptions, SubstringOptions
from corpus.stages.dedup import deduplicate, run_steps
from corpus.stages.dedup_substrings import substring_steps
from tests.dedup_world import Doc, write_shard

EXACT = DedupOptions(exact=ExactOptions())


def letters(count, seed, alphabet="abcdefghijklmnopqrstuvwxyz "):
    return "".join(random.Random(seed).choices(alphabet, k=count))


THREE = SubstringOptions(partitions=3)


def spans_of(folder, shards, options=THREE, against=(), scope="corpus"):
    """{document: [(start, end, other document)]}"""
    files = [write_shard(folder / "in", key, docs, EXACT, key in against) for key, docs in shards.items()]
    deduplicate(files, EXACT, folder / "out")
    run_steps(substring_steps(options, scope=scope), files, options.partitions, folder / "out")
    names = {doc.id: doc.name for docs in shards.values() for doc in docs}
    found = {}
    for key in set(shards) - set(against):
        table = pq.read_table(folder / "out" / "substrings.spans" / key / "spans.parquet")
        for row in table.to_pylist():
            found[names[row["id"]]] = [(s["start"], s["end"], names[s["other"]]) for s in row["spans"]]
    return found


def first_of(*docs):
    return min(docs, key=lambda doc: doc.id).name


@pytest.mark.parametrize("length", [100, 101, 150, 700])
def test_a_shared_stretch_is_found_to_the_byte(tmp_path, length):
    shared = letters(length, "shared")
    docs = [
        Doc("1", "A" + letters(300, 1) + "1" + shared + "2" + letters(100, 2)),
        Doc("2", letters(50, 3) + "3" + shared + "4" + letters(400, 4)),
    ]
    stays = first_of(*docs)
    (later,) = (doc for doc in docs if doc.name != stays)
    start = later.text.index(shared)
    assert spans_of(tmp_path, {"a/0": docs[:1], "b/0": docs[1:]}) == {
        later.name: [(start, start + length, stays)]
    }


def test_shorter_stretches_are_left_alone(tmp_path):
    shared = letters(99, "shared")
    docs = [Doc(str(n), letters(200, n) + str(n) + shared + str(n) + letters(200, n + 9)) for n in range(4)]
    assert spans_of(tmp_path, {"a/0": docs}) == {}


def test_of_many_copies_one_stays(tmp_path):
    shared = letters(150, "shared")
    docs = [Doc(str(n), letters(200, n) + str(n) + shared + str(n) + letters(200, n + 9)) for n in range(8)]
    found = spans_of(tmp_path, {"a/0": docs[:3], "b/0": docs[3:]})
    assert set(found) == {doc.name for doc in docs} - {first_of(*docs)}
    assert {spans[0][2] for spans in found.values()} == {first_of(*docs)}


def test_planted_copies_are_all_found_and_every_span_stands_in_another_document(tmp_path):
    rng = random.Random(5)
    for alphabet in ("ab", "abcdefgh ", "天地玄黃宇宙洪荒日月盈昃辰宿列張"):
        docs = []
        planted = [letters(rng.randrange(100, 400), f"{alphabet}{n}", alphabet) for n in range(6)]
        for number in range(24):
            own = [letters(rng.randrange(0, 300), f"{alphabet}{number}{part}", alphabet) for part in "xyz"]
            docs.append(
                Doc(f"{number}", own[0] + planted[number % 6] + own[1] + planted[(number + 1) % 6] + own[2])
            )
        texts = {doc.name: doc.text.encode() for doc in docs}
        order = sorted(docs, key=lambda doc: doc.id)
        place = tmp_path / str(len(alphabet))
        found = spans_of(place, {"a/0": docs[:9], "b/0": docs[9:]})
        for name, spans in found.items():
            for start, end, other in spans:
                assert other != name
                stretch = texts[name][start:end]
                stretch.decode()
                # Every byte lies in a stretch that another document has; 94: whole characters only.
                covered = set()
                for at in range(len(stretch) - 93):
                    if any(stretch[at : at + 94] in text for o, text in texts.items() if o != name):
                        covered.update(range(at, at + 94))
                assert len(covered) == len(stretch)
        for text in planted:
            holders = [doc for doc in order if text in doc.text]
            for doc in holders[1:]:
                start = doc.text.encode().index(text.encode())
                end = start + len(text.encode())
                assert any(s <= start and end <= e for s, e, _ in found[doc.name])


def test_duplicates_and_documents_that_are_not_kept_take_no_part(tmp_path):
    text = letters(500, 1)
    docs = [Doc("1", text), Doc("2", text), Doc("3", text + " dropped", verdict="dropped")]
    assert spans_of(tmp_path, {"a/0": docs}) == {}


def test_the_spans_do_not_depend_on_shards_or_partitions(tmp_path):
    shared = [letters(120, f"s{n}") for n in range(5)]
    docs = [Doc(str(n), letters(80, n) + shared[n % 5] + letters(80, -n) + shared[n % 3]) for n in range(30)]
    first = spans_of(tmp_path / "1", {"a/0": docs})
    second = spans_of(
        tmp_path / "2",
        {"b/0": docs[20:], "a/0": docs[:11], "c/0": docs[11:20]},
        SubstringOptions(partitions=1),
    )
    assert first == second
    assert len(first) >= 25


def test_a_stretch_between_two_longer_ones_of_others_is_whole(tmp_path):
    left, middle, right = (letters(120, name) for name in ("left", "middle", "right"))
    docs = [
        Doc("giver", letters(90, 1) + "1" + middle + "2" + letters(90, 2)),
        # These share more with the taker than the giver does, but neither has all of the middle.
        Doc("a", letters(90, 3) + "3" + left + middle[:58] + "4" + letters(90, 4)),
        Doc("b", letters(90, 5) + "5" + middle[62:] + right + "6" + letters(90, 6)),
    ]
    # The taker is the last in order of id.
    names = (f"taker-{n}" for n in range(1000))
    text = letters(90, 7) + "7" + left + middle + right + "8" + letters(90, 8)
    last = max(doc.id for doc in docs)
    taker = next(doc for doc in (Doc(name, text) for name in names) if doc.id > last)
    (span,) = spans_of(tmp_path, {"a/0": [*docs, taker]})[taker.name]
    assert span[:2] == (91, 91 + 360)


def test_a_span_never_begins_inside_a_character(tmp_path):
    # à and Р end in the same byte, so the bytes that two documents share begin inside a character.
    docs = [
        Doc(f"{n}{first}", letters(40, f"{n}{first}", "abcd") + first + letters(130, f"shared{n}"))
        for n in range(120)
        for first in "àР"
    ]
    texts = {doc.name: doc.text.encode() for doc in docs}
    found = spans_of(tmp_path, {"a/0": docs})
    assert len(found) == 120
    for name, ((start, end, _),) in found.items():
        assert texts[name][start:end].decode() == letters(130, f"shared{name[:-1]}")


def test_within_a_source_what_other_sources_hold_does_not_count(tmp_path):
    shared = letters(150, "shared")
    docs = [
        Doc(str(n), letters(90, n) + str(n) + shared + str(n) + letters(90, n + 9), source="aab"[n])
        for n in range(3)
    ]
    shards = {"a/0": docs[:1], "a/1": docs[1:2], "b/0": docs[2:]}
    found = spans_of(tmp_path / "source", shards, scope="source")
    assert {(name, spans[0][2]) for name, spans in found.items()} == {
        (max(docs[:2], key=lambda doc: doc.id).name, first_of(*docs[:2]))
    }
    assert len(spans_of(tmp_path / "corpus", shards)) == 2


def test_what_an_earlier_corpus_holds_is_cut_and_nothing_is_cut_out_of_that(tmp_path):
    shared = [letters(150, name) for name in "xyz"]
    old = [
        Doc(f"old{n}", letters(90, n) + "1234"[n] + shared[n % 2] + "5678"[n] + letters(90, n + 9))
        for n in range(4)
    ]
    new = [
        Doc(
            f"new{n}",
            letters(90, n + 50) + "ABCDEFGHI"[n] + shared[n % 3] + "JKLMNOPQR"[n] + letters(90, n + 70),
            source="b",
        )
        for n in range(9)
    ]
    shards = {"b/0": new[:5], "a/0": old, "b/1": new[5:]}
    found = spans_of(tmp_path, shards, against=["a/0"])
    keeper = first_of(*(doc for doc in new if shared[2] in doc.text))
    assert set(found) == {doc.name for doc in new} - {keeper}
    for name, spans in found.items():
        which = int(name[3:]) % 3
        first = keeper if which == 2 else first_of(*(doc for doc in old if shared[which] in doc.text))
        assert spans == [(91, 241, first)]
