"""Loads of several bytes mean the same compiled and in plain Python, also where the array ends."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from corpus.kernels import wide


@njit
def compiled(data, at, bits):  # type: ignore[no-untyped-def]
    return (
        wide.four_bytes(data, at),
        wide.eight_bytes(data, at),
        wide.classes_of_64(data, at),
        wide.lowest_bit(bits),
        wide.bit_count(bits),
        wide.lines_of_64(data, at),
        wide.prefetch(data, at),
        wide.highest_bit(bits),
        wide.shapes_of_64(data, at),
        wide.signs_of_64(data, at),
    )


@settings(deadline=None)  # the first call compiles
@given(st.binary(min_size=1, max_size=150), st.data(), st.integers(0, 2**64 - 1))
def test_compiled_loads_are_those_of_plain_python(raw: bytes, draw: st.DataObject, bits: int) -> None:
    data = np.frombuffer(raw, np.uint8)
    at = draw.draw(st.integers(0, len(raw) - 1))
    value = np.uint64(bits)
    plain = (
        wide.four_bytes(data, at),
        wide.eight_bytes(data, at),
        wide.classes_of_64(data, at),
        wide.lowest_bit(value),
        wide.bit_count(value),
        wide.lines_of_64(data, at),
        wide.prefetch(data, at),
        wide.highest_bit(value),
        wide.shapes_of_64(data, at),
        wide.signs_of_64(data, at),
    )
    assert compiled(data, at, value) == plain


def test_bytes_behind_the_end_are_zeros() -> None:
    data = np.frombuffer(b"ab'\xff", np.uint8)
    four, eight, classes, lowest, count, lines, _, highest, *_ = compiled(data, 2, np.uint64(0))
    assert (four, eight, lowest, highest, count, lines) == (0xFF27, 0xFF27, 64, -1, 0, (0, 0))
    assert classes == (0, 1, 2)
    assert compiled(data, 0, np.uint64(8))[2:5] == ((3, 4, 8), 3, 1)


def test_every_byte_of_ascii_has_its_shape() -> None:
    for byte in range(256):
        _, _, _, _, _, _, _, _, shapes, signs = compiled(np.full(64, byte, np.uint8), 0, np.uint64(1))
        character = chr(byte)
        wanted = (
            [character.islower(), character.isupper(), character.isdigit()] if byte < 0x80 else [False] * 3
        )
        wanted += [character == c for c in " \n"]
        wanted += [character in "\t\r", character == "'", character == ".", character in ".!?"]
        wanted += [byte <= 0x20 or character in "\"')]", character in "#$%&+<=>\\^_`{|}~"]
        wanted += [byte >= 0x7F or (byte < 0x20 and character not in "\t\n\r")]
        assert [bits != 0 for bits in shapes] == wanted
        assert all(int(bits) in (0, 2**64 - 1) for bits in (*shapes, *signs))
        found = [bits != 0 for bits in signs]
        assert found == [character in kind for kind in ("#", "{}", "_", "$+<=>^`|~", "$%&{<~\\")]
