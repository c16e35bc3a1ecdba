import random

import numpy as np
import pytest

from corpus.kernels import windows


def buffer(parts):
    offsets = np.zeros(len(parts) + 1, np.int64)
    offsets[1:] = np.cumsum([len(part) for part in parts])
    return np.frombuffer(b"".join(parts), np.uint8), offsets


def brute(text, window, stretch):
    """Chosen windows by definition: of every run, the rightmost smallest hash."""
    data, offsets = buffer([text])
    # A stretch of exactly one window chooses every window: the hashes of all of them.
    hashes, starts, _ = windows.anchors(data, offsets, window, window)
    assert starts.tolist() == list(range(len(text) - window + 1))
    run = stretch - window + 1
    chosen = set()
    for first in range(max(1, len(hashes) - run + 1)):
        part = hashes[first : first + run]
        chosen.add(first + len(part) - 1 - int(np.argmin(part[::-1])))
    return sorted(chosen)


@pytest.mark.parametrize("alphabet", [b"ab", b"abcdefghij ", bytes(range(256)), b"a"])
def test_anchors_are_the_smallest_hash_of_every_stretch(alphabet):
    rng = random.Random(1)
    for length in (20, 21, 49, 50, 51, 120, 400):
        text = bytes(rng.choices(alphabet, k=length))
        data, offsets = buffer([text])
        _, starts, owners = windows.anchors(data, offsets, 20, 50)
        assert starts.tolist() == brute(text, 20, 50)
        assert set(owners.tolist()) == {0}


def test_documents_do_not_see_each_other_and_short_ones_have_no_anchor():
    parts = [b"x" * 5, bytes(range(100)), b"", bytes(range(100))]
    hashes, starts, owners = windows.anchors(*buffer(parts), 20, 50)
    assert sorted(set(owners.tolist())) == [1, 3]
    first, second = owners == 1, owners == 3
    assert (hashes[first] == hashes[second]).all()
    assert (starts[second] - starts[first] == 100).all()


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
        hashes, _, owners = windows.anchors(*buffer(parts), 20, 50)
        assert set(hashes[owners == 0].tolist()) & set(hashes[owners == 1].tolist())


def test_a_match_reaches_both_ways_but_not_too_far():
    left, right = (np.frombuffer(text, np.uint8) for text in (b"xxHELLO WORLDyy", b"HELLO WORLD!"))
    assert windows.match(left, 5, right, 3, 100) == (3, 8)
    assert windows.match(left, 5, right, 3, 2) == (2, 2)
    assert windows.match(left, 0, right, 3, 9) == (0, 0)


def test_word_windows_depend_on_their_words_and_size_only():
    hashes = np.array([5, 6, 7, 8, 5, 6, 7], np.uint64)
    values, offsets = windows.word_windows(hashes, np.array([0, 4, 7, 7], np.int64), 3)
    assert np.diff(offsets).tolist() == [2, 1, 0]
    assert values[0] == values[2] != values[1]
    longer, _ = windows.word_windows(hashes, np.array([0, 4], np.int64), 4)
    assert longer[0] not in values
