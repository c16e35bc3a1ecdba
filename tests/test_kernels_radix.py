"""Orders by digits are those of NumPy."""

import numpy as np
import pytest

from corpus.kernels.radix import order


@pytest.mark.parametrize("highest", [1, 7, 2**11, 2**32, 2**64])
@pytest.mark.parametrize("size", [0, 1, 2, 1000])
def test_the_order_is_the_stable_one(highest, size):
    keys = np.random.default_rng(size).integers(0, highest, size, dtype=np.uint64)
    assert order(keys).tolist() == np.argsort(keys, kind="stable").tolist()


def test_the_first_key_counts_first():
    rng = np.random.default_rng(1)
    first, second = rng.integers(0, 5, 500), rng.integers(0, 9, 500, dtype=np.uint32)
    assert order(first, second).tolist() == np.lexsort((second, first)).tolist()


def test_an_order_needs_a_key():
    with pytest.raises(ValueError, match="no key"):
        order()
