"""Anchors: every stretch holds one, equal stretches the same; what is shared around them is exact."""

import random

import numpy as np
import pytest

from corpus.kernels import anchors


def buffer(parts):
    offsets = np.zeros(len(parts) + 1, np.int64)
    offsets[1:] = np.cumsum([len(part) for part in parts])
    return np.frombuffer(b"".join(parts), np.uint8), offsets[:-1], offsets[1:]


def rank(gram):
    """The 32 bits by which a window is chosen, from its first 8 bytes."""
    left, right = (int.from_bytes(half, "little") for half in (gram[:4], gram[4:]))
    value = (left * 0x9E3779B1 + right * 0x85EBCA77) % (1 << 32)
    return (value ^ value >> 15) * 0xC2B2AE3D % (1 << 32)


def brute(text, window, stretch):
    """Chosen windows by definition: of every run, the last of the lowest rank."""
    ranks = [rank(text[i : i + 8]) for i in range(len(text) - window + 1)]
    run = stretch - window + 1
    chosen = set()
    for first in range(max(1, len(ranks) - run + 1)):
        part = ranks[first : first + run]
        chosen.add(first + len(part) - 1 - part[::-1].index(min(part)))
    return sorted(chosen)


@pytest.mark.parametrize("alphabet", [b"ab", b"abcdefghij ", bytes(range(256)), b"a"])
@pytest.mark.parametrize(("window", "stretch"), [(20, 50), (8, 8), (10, 400)])
def test_anchors_are_the_lowest_of_every_stretch(alphabet, window, stretch):
    rng = random.Random(1)
    for length in (20, 21, 49, 50, 51, 120, 400, 6000):
        text = bytes(rng.choices(alphabet, k=length))
        _, places, owners = anchors.anchors(*buffer([text]), window, stretch)
        assert places.tolist() == brute(text, window, stretch)
        assert set(owners.tolist()) == {0}


def test_documents_do_not_see_each_other_and_short_ones_have_no_anchor():
    parts = [b"x" * 5, bytes(range(100)), b"", bytes(range(100))]
    hashes, places, owners = anchors.anchors(*buffer(parts), 20, 50)
    assert sorted(set(owners.tolist())) == [1, 3]
    first, second = owners == 1, owners == 3
    assert (hashes[first] == hashes[second]).all()
    assert (places[second] - places[first] == 100).all()
    # Documents that are left out may stand between others.
    data, starts, ends = buffer(parts)
    again = anchors.anchors(data, starts[3:], ends[3:], 20, 50)
    assert again[1].tolist() == places[second].tolist()
    assert set(again[2].tolist()) == {0}


def test_a_window_does_not_fit_into_a_shorter_stretch():
    with pytest.raises(ValueError, match="does not fit"):
        anchors.anchors(*buffer([b"x" * 50]), 30, 20)


def test_a_shared_stretch_has_a_shared_anchor():
    rng = random.Random(2)
    for _ in range(60):
        shared = bytes(rng.choices(range(256), k=50))
        parts = [
            bytes(rng.choices(range(256), k=rng.randrange(300)))
            + shared
            + bytes(rng.choices(range(256), k=rng.randrange(300)))
            for _ in range(2)
        ]
        hashes, _, owners = anchors.anchors(*buffer(parts), 20, 50)
        assert set(hashes[owners == 0].tolist()) & set(hashes[owners == 1].tolist())


def test_hashes_are_those_of_the_bytes_wherever_they_stand():
    rng = random.Random(3)
    text = bytes(rng.choices(range(256), k=60))
    seen = {}
    for shift in range(17):
        hashes, places, _ = anchors.anchors(*buffer([b"-" * shift, text]), 20, 50)
        seen[shift] = [
            (place - shift, value) for place, value in zip(places.tolist(), hashes.tolist(), strict=True)
        ]
    assert all(found == seen[0] for found in seen.values())
    assert len({value for _, value in seen[0]}) == len(seen[0])


def test_contexts_end_at_whole_characters_and_equal_ones_have_equal_hashes():
    text = "ab€€€€€€cd".encode()
    data, starts, ends = buffer([text, b"xx" + text])
    own = np.array([0, 1])
    places = np.array([8, len(text) + 10])
    low, high, hashes = anchors.contexts(data, starts[own], ends[own], places, 8, 12)
    for first, last in zip(low, high, strict=True):
        bytes(data[first:last]).decode()
    assert (low <= places - 4).all()
    assert (high >= places + 12).all()
    assert hashes[0] == hashes[1]


def test_equal_text_around_another_place_is_another_context():
    data, starts, ends = buffer([b"abcdef"])
    low, high, hashes = anchors.contexts(data, starts[[0, 0]], ends[[0, 0]], np.array([2, 3]), 8, 20)
    assert low.tolist() == [0, 0]
    assert high.tolist() == [6, 6]
    assert hashes[0] != hashes[1]


def test_a_match_reaches_both_ways():
    left, right = (np.frombuffer(text, np.uint8) for text in (b"xxHELLO WORLDyy", b"HELLO WORLD!"))
    assert anchors.match(left, 5, right, 3) == (3, 8)
    assert anchors.match(left, 0, right, 3) == (0, 0)


@pytest.mark.parametrize("before", [0, 7, 8, 9, 30])
@pytest.mark.parametrize("after", [0, 1, 8, 15, 40])
def test_a_match_of_any_length_ends_at_the_first_difference(before, after):
    same = bytes(range(65, 65 + before + after))
    left, right = (np.frombuffer(text, np.uint8) for text in (b"<" + same + b">", b"..(" + same + b")"))
    assert anchors.match(left, 1 + before, right, 3 + before) == (before, after)
    assert anchors.match(left[1:-1], before, right[3:-1], before) == (before, after)


def test_keys_of_two_documents_have_met_and_those_repeated_in_one_have_not():
    rng = random.Random(4)
    keys = [rng.randrange(60) << 40 | 7 for _ in range(200)]
    documents = [rng.randrange(4) for _ in range(200)]
    owners = {key: {d for k, d in zip(keys, documents, strict=True) if k == key} for key in keys}
    found = anchors.met(np.array(keys, np.uint64), np.array(documents, np.int64))
    assert found.tolist() == [len(owners[key]) > 1 for key in keys]
    assert set(found.tolist()) == {True, False}
    assert anchors.met(np.zeros(0, np.uint64), np.zeros(0, np.int64)).tolist() == []


def test_contexts_of_one_kind_need_the_bytes_of_the_first_only():
    texts = [b"..middle--", b"??middle--", b"", b"##middle++"]
    data, starts, ends = buffer(texts)
    numbers = [np.array(values) for values in ([7, 7, 7, 7], [0, 1, 2, 3], [0, 1, 1, 2], [4] * 4, [6] * 4)]
    keys, documents, kinds, before, after = numbers
    left, right, other = anchors.longest(
        keys.astype(np.uint64), documents, kinds, before, after, data, starts, ends, 6
    )
    assert other.tolist() == [-1, 0, 1, 0]
    assert left.tolist() == [0, 2, 4, 2]
    assert right.tolist() == [0, 6, 6, 4]
