"""128-bit content hashes of normalised UTF-8 text, and 64-bit hashes of short strings.

The hash is MurmurHash3 x64 128, seed 0 (Appleby, public domain algorithm), over the normalised bytes, so it
can be recomputed with any library that has it. It is no defence against collisions made on purpose.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from corpus.kernels.mix import mix
from corpus.kernels.unicode import readonly

__all__ = ["KEEP_ALL", "ONE_SPACE", "ROOTS", "content_hashes", "string_hashes"]

#: How text is normalised before it is hashed: not at all; every run of white space one space and none at
#: the ends; ROOTS: white space, digits and ASCII punctuation deleted.
KEEP_ALL, ONE_SPACE, ROOTS = range(3)

_C1 = np.uint64(0x87C37B91114253D5)
_C2 = np.uint64(0x4CF5AD432745937F)

# What a byte can be: part of another character, ASCII white space, or the first of wide white space.
_PLAIN, _SPACE, _LEAD = range(3)
_WHITE = np.zeros(256, np.uint8)
_WHITE[[9, 10, 11, 12, 13, 28, 29, 30, 31, 32]] = _SPACE
_WHITE[[0xC2, 0xE1, 0xE2, 0xE3]] = _LEAD
_DELETED = _WHITE == _SPACE
_DELETED[33:65] = True
_DELETED[91:97] = True
_DELETED[123:127] = True


def content_hashes(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], mode: int = ONE_SPACE
) -> NDArray[np.uint64]:
    """Hashes uint64 [documents, 2] of data[offsets[i]:offsets[i+1]] normalised as `mode` says."""
    out = np.empty((len(offsets) - 1, 2), np.uint64)
    longest = int(np.diff(offsets).max(initial=0))
    scratch = np.zeros((longest + 16) // 8 + 2, np.uint64)
    with np.errstate(over="ignore"):
        _content_hashes(
            readonly(data), readonly(offsets), mode, _WHITE, _DELETED, scratch, scratch.view(np.uint8), out
        )
    return out


def string_hashes(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Hash uint64 [strings] of each string's bytes as they are."""
    return content_hashes(data, offsets, KEEP_ALL)[:, 0].copy()


@njit(nogil=True, cache=True)
def _content_hashes(data, offsets, mode, white, deleted, words, scratch, out):  # type: ignore[no-untyped-def]
    for document in range(len(offsets) - 1):
        text = data[offsets[document] : offsets[document + 1]]
        if mode == 1:
            size = _one_space(text, white, scratch)
        elif mode == 2:
            size = _without(text, deleted, scratch)
        else:
            size = len(text)
            scratch[:size] = text
        scratch[size : (size + 15) // 16 * 16] = 0
        _murmur(words, size, out[document])


@njit(nogil=True, cache=True, inline="always")
def _wide(text, at):  # type: ignore[no-untyped-def]
    """Bytes of the white space character other than ASCII at this place, 0 where there is none."""
    lead = text[at]
    if lead == 0xC2:
        if at + 1 < len(text) and (text[at + 1] == 0xA0 or text[at + 1] == 0x85):
            return 2
        return 0
    if at + 2 >= len(text):
        return 0
    second, third = text[at + 1], text[at + 2]
    if lead == 0xE3:
        return 3 if second == 0x80 and third == 0x80 else 0
    if lead == 0xE1:
        return 3 if second == 0x9A and third == 0x80 else 0
    if lead == 0xE2:
        if second == 0x80 and (third <= 0x8A or third == 0xA8 or third == 0xA9 or third == 0xAF):
            return 3
        if second == 0x81 and third == 0x9F:
            return 3
    return 0


@njit(nogil=True, cache=True)
def _one_space(text, white, scratch):  # type: ignore[no-untyped-def]
    size = 0
    at = 0
    end = len(text)
    while True:
        while at < end:  # white space
            lead = white[text[at]]
            if lead == _PLAIN:
                break
            wide = 1 if lead == _SPACE else _wide(text, at)
            if not wide:
                break
            at += wide
        if at == end:
            return size
        if size:
            scratch[size] = 32
            size += 1
        while at < end:  # and what stands between it: most bytes meet one test
            byte = text[at]
            lead = white[byte]
            if lead != _PLAIN and (lead == _SPACE or _wide(text, at)):
                break
            scratch[size] = byte
            size += 1
            at += 1


@njit(nogil=True, cache=True)
def _without(text, deleted, scratch):  # type: ignore[no-untyped-def]
    size = 0
    at = 0
    while at < len(text):
        byte = text[at]
        wide = _wide(text, at) if byte == 0xC2 or (byte >= 0xE1 and byte <= 0xE3) else 0
        if wide:
            at += wide
            continue
        scratch[size] = byte
        size += not deleted[byte]
        at += 1
    return size


@njit(nogil=True, cache=True, inline="always")
def _rotate(value, bits):  # type: ignore[no-untyped-def]
    return (value << np.uint64(bits)) | (value >> np.uint64(64 - bits))


@njit(nogil=True, cache=True)
def _murmur(words, size, out):  # type: ignore[no-untyped-def]
    """MurmurHash3 x64 128 over the first `size` bytes; the bytes up to the next multiple of 16 are zero."""
    h1 = h2 = np.uint64(0)
    for block in range(size // 16):
        k1, k2 = words[2 * block], words[2 * block + 1]
        h1 = h1 ^ np.uint64(_rotate(np.uint64(k1 * _C1), 31) * _C2)
        h1 = np.uint64(np.uint64(_rotate(h1, 27) + h2) * np.uint64(5) + np.uint64(0x52DCE729))
        h2 = h2 ^ np.uint64(_rotate(np.uint64(k2 * _C2), 33) * _C1)
        h2 = np.uint64(np.uint64(_rotate(h2, 31) + h1) * np.uint64(5) + np.uint64(0x38495AB5))
    if size % 16:
        # A tail that is zero leaves the state as it is: rotate and multiply map 0 to 0.
        k1, k2 = words[2 * (size // 16)], words[2 * (size // 16) + 1]
        h2 = h2 ^ np.uint64(_rotate(np.uint64(k2 * _C2), 33) * _C1)
        h1 = h1 ^ np.uint64(_rotate(np.uint64(k1 * _C1), 31) * _C2)
    h1 = h1 ^ np.uint64(size)
    h2 = h2 ^ np.uint64(size)
    h1 = np.uint64(h1 + h2)
    h2 = np.uint64(h2 + h1)
    h1 = mix(h1)
    h2 = mix(h2)
    h1 = np.uint64(h1 + h2)
    h2 = np.uint64(h2 + h1)
    out[0] = h1
    out[1] = h2
