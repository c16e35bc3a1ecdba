"""Windows over words depend on their words and on nothing else."""

import numpy as np

from corpus.kernels import windows


def test_word_windows_depend_on_their_words_and_size_only():
    hashes = np.array([5, 6, 7, 8, 5, 6, 7], np.uint64)
    values, offsets = windows.word_windows(hashes, np.array([0, 4, 7, 7], np.int64), 3)
    assert np.diff(offsets).tolist() == [2, 1, 0]
    assert values[0] == values[2] != values[1]
    longer, _ = windows.word_windows(hashes, np.array([0, 4], np.int64), 4)
    assert longer[0] not in values
