import numpy as np
import pytest

from corpus.kernels import clusters, content, minhash, shingles, simhash, unionfind, words


def buffer(texts):
    parts = [text if isinstance(text, bytes) else text.encode() for text in texts]
    offsets = np.zeros(len(parts) + 1, np.int64)
    offsets[1:] = np.cumsum([len(part) for part in parts])
    return np.frombuffer(b"".join(parts), np.uint8), offsets


def sets_of(texts, size=5):
    split = words.split(*buffer(texts))
    return shingles.sorted_sets(*shingles.shingles(split[0], split[3], size))


def hexadecimal(texts, mode):
    return [f"{a:016x}{b:016x}" for a, b in content.content_hashes(*buffer(texts), mode).tolist()]


def test_the_content_hash_is_murmur3():
    assert hexadecimal(["", "hello", "The quick brown fox jumps over the lazy dog"], content.KEEP_ALL) == [
        "0" * 32,
        "cbd8a7b341bd9b025b1e906a48ae1d19",
        "e34bbc7bbc071b6c7a433ca9c49a9347",
    ]


@pytest.mark.parametrize(
    ("left", "right"),
    [("a b", " a \n\t b\n"), ("a b", "a\u00a0\u3000b\u2028"), ("", " \n\u2003"), ("a b", "a\u1680b\u205f")],
)
def test_white_space_does_not_change_the_content_hash(left, right):
    first, second = hexadecimal([left, right], content.ONE_SPACE)
    assert first == second


@pytest.mark.parametrize(
    ("left", "right"), [("ab", "a b"), ("a", "A"), ("a.", "a"), ("é", "e"), ("a1", "a2")]
)
def test_all_else_changes_the_content_hash(left, right):
    first, second = hexadecimal([left, right], content.ONE_SPACE)
    assert first != second


def test_roots_normalisation_ignores_white_space_digits_and_punctuation():
    first, second, third = hexadecimal(["A b, 12!", "Ab", "ab"], content.ROOTS)
    assert first == second != third


def test_a_hash_of_16_bytes_is_not_the_hash_of_the_same_bytes_and_zeros():
    hashes = hexadecimal([b"a" * 16, b"a" * 16 + b"\0", b"a" * 16 + b"\0" * 16], content.KEEP_ALL)
    assert len(set(hashes)) == 3


def test_shingles_are_hashes_of_runs_of_words():
    split = words.split(*buffer(["a b c d e f", "b c d e f", "a b c", "", "a b c d e g"]))
    values, offsets = shingles.shingles(split[0], split[3], 5)
    assert np.diff(offsets).tolist() == [2, 1, 1, 0, 2]
    assert values[1] == values[2]
    assert values[0] == values[4]
    assert len(set(values.tolist())) == 4


def test_scripts_without_spaces_have_character_shingles():
    values, offsets = sets_of(["天地玄黃宇宙洪荒", "天地玄黃宇宙洪水"])
    assert np.diff(offsets).tolist() == [4, 4]
    assert shingles.jaccard(values[:4], values[4:]) == pytest.approx(3 / 5)


def test_jaccard_of_sorted_sets_is_shared_over_all():
    rng = np.random.default_rng(3)
    for _ in range(50):
        left = np.unique(rng.integers(0, 60, rng.integers(0, 50)).astype(np.uint32))
        right = np.unique(rng.integers(0, 60, rng.integers(0, 50)).astype(np.uint32))
        shared = len(np.intersect1d(left, right))
        expected = shared / len(np.union1d(left, right)) if shared else 0.0
        assert shingles.jaccard(left, right) == expected


def test_signatures_do_not_depend_on_order_or_repetition():
    values = np.array([5, 9, 1, 1, 9, 5, 5, 1], np.uint32)
    first, second = minhash.signatures(values, np.array([0, 3, 8], np.int64), 128)
    assert (first == second).all()


def test_fewer_minima_are_the_first_of_more():
    values = np.arange(50, dtype=np.uint32)
    offsets = np.array([0, 50], np.int64)
    few, many = (minhash.signatures(values, offsets, count) for count in (16, 128))
    assert (few == many[:, :16]).all()


def test_agreement_estimates_jaccard_without_bias():
    rng = np.random.default_rng(11)
    errors = []
    for share in np.linspace(0.1, 0.9, 60):
        pool = rng.integers(0, 1 << 32, 800).astype(np.uint32)
        left, right = pool[: int(400 + 400 * share)], pool[int(400 - 400 * share) :]
        left, right = np.unique(left), np.unique(right)
        offsets = np.array([0, len(left), len(left) + len(right)], np.int64)
        first, second = minhash.signatures(np.concatenate([left, right]), offsets, 128)
        errors.append(minhash.agreement(first, second) - shingles.jaccard(left, right))
    # 60 estimates, each with a standard error of at most 0.044.
    assert abs(np.mean(errors)) < 4 * 0.044 / np.sqrt(60)
    assert np.sqrt(np.mean(np.square(errors))) < 0.055


def test_band_keys_are_equal_where_the_rows_of_a_band_are():
    rng = np.random.default_rng(5)
    first = rng.integers(0, 1 << 16, 128).astype(np.uint16)
    second = first.copy()
    second[17] += 1
    keys = minhash.band_keys(np.stack([first, second]), 16, 8)
    assert (keys[0] == keys[1]).tolist() == [band != 2 for band in range(16)]
    repeated = np.tile(first[:8], 16)[None, :]
    assert len(np.unique(minhash.band_keys(repeated, 16, 8))) == 16


def test_union_find_gives_the_smallest_member_in_any_order():
    rng = np.random.default_rng(7)
    left, right = rng.integers(0, 300, (2, 220))
    parents = []
    for order in (np.arange(220), rng.permutation(220)):
        parent = unionfind.forest(300)
        for part in np.array_split(order, 3):
            unionfind.union(parent, left[part], right[part])
        unionfind.roots(parent)
        parents.append(parent)
    assert (parents[0] == parents[1]).all()
    neighbours = {member: {member} for member in range(300)}
    for a, b in zip(left.tolist(), right.tolist(), strict=True):
        merged = neighbours[a] | neighbours[b]
        for member in merged:
            neighbours[member] = merged
    assert parents[0].tolist() == [min(neighbours[member]) for member in range(300)]


def documents(texts, starts, bands=16, rows=8):
    sets, offsets = sets_of(texts)
    sketches = minhash.signatures(sets, offsets, bands * rows)
    keys = minhash.band_keys(sketches, bands, rows)
    ids = np.unique(keys, return_inverse=True)[1].reshape(keys.shape)
    none = np.full(len(texts), -1, np.int64)
    fixed = np.zeros(len(texts), np.bool_)
    simhashes = np.zeros(len(texts), np.uint64)
    return clusters.Documents(
        np.array(starts), fixed, none, none, ids, sketches, simhashes, fixed, sets, offsets
    )


def chain(count):
    """Windows of 100 words, each 8 words on: a Jaccard index of 0.85 with the next, 0.71 with the second."""
    pool = [f"w{i}" for i in range(8 * count + 100)]
    return [" ".join(pool[8 * i : 8 * i + 100]) for i in range(count)]


@pytest.mark.parametrize("count", [12, 90])  # compared pair by pair, and by bands
def test_members_of_a_chain_are_similar_to_their_survivor(count):
    world = documents(chain(count), [0, count], bands=32, rows=4)
    limits = clusters.Limits(exact=False, url=2.0, near=0.7, shortest=1, distance=-1, slack=0.16)
    survivor, similarity, kind, capped = clusters.clusters(world, limits)
    assert capped == 0
    for member in range(count):
        left, right = (
            world.sets[world.offsets[i] : world.offsets[i + 1]] for i in (member, survivor[member])
        )
        assert similarity[member] == np.float32(shingles.jaccard(left, right))
        assert (kind[member] == clusters.SURVIVOR) == (survivor[member] == member)
        assert similarity[member] >= 0.7
    assert survivor.tolist() == [3 * (member // 3) for member in range(count)]


def test_components_do_not_see_each_other():
    world = documents(["a b c d e f g h"] * 4, [0, 2, 4])
    limits = clusters.Limits(exact=False, url=2.0, near=0.7, shortest=1, distance=-1, slack=0.16)
    assert clusters.clusters(world, limits)[0].tolist() == [0, 0, 2, 2]


def test_simhashes_of_close_texts_are_close_and_share_a_key():
    rng = np.random.default_rng(2)
    base = [f"w{i}" for i in rng.integers(0, 900, 400)]
    near = [*base[:200], "other", *base[201:]]
    far = [f"w{i}" for i in rng.integers(0, 900, 400)]
    split = words.split(*buffer([" ".join(text) for text in (base, near, far)]))
    hashes = simhash.simhashes(split[0], split[3])
    assert simhash.distance(hashes[0], hashes[1]) <= 6
    assert simhash.distance(hashes[0], hashes[2]) > 16


def test_hashes_within_the_distance_always_share_a_key():
    rng = np.random.default_rng(3)
    for _ in range(200):
        first = rng.integers(0, 1 << 63, dtype=np.uint64)
        second = first
        for bit in rng.choice(64, 4, replace=False):
            second ^= np.uint64(1) << np.uint64(bit)
        assert simhash.distance(first, second) == 4
        keys = simhash.block_keys(np.array([first, second]))
        assert keys.shape == (2, 15)
        assert (keys[0] == keys[1]).any()


def test_characters_are_those_of_words_without_case():
    data, offsets = buffer(["Ab, c!", "ab C", "Éa"])
    split = words.split(data, offsets)
    tokens, owners = simhash.characters(data, *split[1:])
    assert owners.tolist() == [0, 3, 6, 8]
    assert (tokens[:3] == tokens[3:6]).all()
