"""Language-identification features of UTF-8 bytes: folding, hashed n-grams, int8 embedding sums, scripts.

A text is read as lower-case letters with one space (code 32) for every run of anything else. Features are
the character 2- to 5-grams of that stream (single characters too from U+0900 on), whole words and pairs of
words, each a 64-bit hash. The model keeps a few hundred thousand of them in a table of two-way buckets:
`prints` holds 16-bit fingerprints (0 = empty), so that a feature the model never saw costs one look at
half a megabyte and adds no noise. `fold` maps a code point of the BMP to its folded form, 0 for none.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["WIDTH", "after_address", "cut", "decode", "embed", "extract", "hashes", "softmax"]

_SPACE = 32
_SINGLE_FROM = 0x0900
_K1 = np.uint64(0x9E3779B97F4A7C15)
_K2 = np.uint64(0xC2B2AE3D27D4EB4F)
_K3 = np.uint64(0x165667B19E3779F9)
_WORD = np.uint64(0xD6E8FEB86659FD93)
_PAIR = np.uint64(0xA0761D6478BD642F)
_PRINT_SHIFT = np.uint64(24)
_PRINT_MASK = np.uint64(0xFFFF)
_ONE = np.uint64(1)
#: Numbers in a row of the table.
WIDTH = 32
_FLUSH = 256
#: A label this far (in log odds) below the best has the probability 0: most of the exponentials, saved.
_FAR = np.float32(12)
_BIAS = np.uint64(0x8080808080808080)
_LANES = np.uint64(0x00FF00FF00FF00FF)
_LANE = np.uint64(0xFFFF)
_EIGHT = np.uint64(8)


@njit(nogil=True, cache=True, inline="always")
def decode(data: NDArray[np.uint8], i: int, end: int) -> tuple[Any, int]:
    """Code point at byte i and its length; (0, 1) for a byte that begins nothing valid.

    Inlined and without the checks of `corpus.kernels.words.decode`, with which features take 1.2 times and
    the survey 1.6 times as long: what is not UTF-8 has no letters in any language.
    """
    b = data[i]
    if b < 0x80:
        return np.int64(b), 1
    if b >= 0xC2 and b < 0xE0 and i + 1 < end:
        return np.int64((np.int64(b) & 0x1F) << 6 | (np.int64(data[i + 1]) & 0x3F)), 2
    if b >= 0xE0 and b < 0xF0 and i + 2 < end:
        return (
            np.int64(
                (np.int64(b) & 0x0F) << 12
                | (np.int64(data[i + 1]) & 0x3F) << 6
                | (np.int64(data[i + 2]) & 0x3F)
            ),
            3,
        )
    if b >= 0xF0 and b < 0xF5 and i + 3 < end:
        return (
            np.int64(
                (np.int64(b) & 0x07) << 18
                | (np.int64(data[i + 1]) & 0x3F) << 12
                | (np.int64(data[i + 2]) & 0x3F) << 6
                | (np.int64(data[i + 3]) & 0x3F)
            ),
            4,
        )
    return np.int64(0), 1


@njit(nogil=True, cache=True, inline="always")
def after_address(data: NDArray[np.uint8], i: int, end: int) -> int:
    """Where a web address that begins at i ends; i where none begins there. Addresses are no language."""
    if i + 8 > end:
        return i
    b = data[i] | 32
    if b == 104 and data[i + 1] | 32 == 116 and data[i + 2] | 32 == 116 and data[i + 3] | 32 == 112:  # http
        k = i + 4
        if data[k] | 32 == 115:
            k += 1
        if data[k] != 58 or data[k + 1] != 47:  # :/
            return i
    elif b != 119 or data[i + 1] | 32 != 119 or data[i + 2] | 32 != 119 or data[i + 3] != 46:  # www.
        return i
    k = i + 4
    while k < end and data[k] > 32 and data[k] < 0x80 and data[k] != 60 and data[k] != 34:
        k += 1
    return k


@njit(nogil=True, cache=True)
def hashes(
    data: NDArray[np.uint8], start: int, end: int, fold: NDArray[np.uint16], out: NDArray[np.uint64]
) -> int:
    """All feature hashes of data[start:end] into `out` (uint64); returns how many were written."""
    c1 = np.uint64(_SPACE)
    c2 = np.uint64(0)
    c3 = np.uint64(0)
    c4 = np.uint64(0)
    have = 1
    word = np.uint64(0)
    length = 0
    previous = np.uint64(0)
    n = 0
    room = out.size - 8
    i = start
    while i <= end and n < room:
        if i < end:
            if length == 0:
                i = after_address(data, i, end)
                if i >= end:
                    continue
            cp, step = decode(data, i, end)
            i += step
            c = np.int64(fold[cp]) if cp < 65536 else np.int64(0)
        else:
            i += 1
            c = np.int64(0)
        if c == 0:
            if length == 0:
                continue
            h = (word ^ _WORD) * _K1
            out[n] = h
            n += 1
            if previous != 0:
                out[n] = ((previous ^ _PAIR) * _K2 + word) * _K1
                n += 1
            previous = word
            word = np.uint64(0)
            length = 0
            c = np.int64(_SPACE)
        else:
            word = (word + np.uint64(c)) * _K3
            length += 1
        c0 = np.uint64(c)
        h = (c0 + _ONE) * _K2
        if c >= _SINGLE_FROM:
            out[n] = h * _K1
            n += 1
        if have >= 1:
            h = (h + c1) * _K1
            h ^= h >> np.uint64(29)
            out[n] = h * _K1
            n += 1
        if have >= 2:
            h = (h + c2) * _K1
            h ^= h >> np.uint64(29)
            out[n] = h * _K1
            n += 1
        if have >= 3:
            h = (h + c3) * _K1
            h ^= h >> np.uint64(29)
            out[n] = h * _K1
            n += 1
        if have >= 4:
            h = (h + c4) * _K1
            h ^= h >> np.uint64(29)
            out[n] = h * _K1
            n += 1
        c4 = c3
        c3 = c2
        c2 = c1
        c1 = c0
        have += 1
    return n


@njit(nogil=True, cache=True)
def extract(
    data: NDArray[np.uint8],
    start: int,
    end: int,
    fold: NDArray[np.uint16],
    prints: NDArray[np.uint16],
    shift: np.uint64,
    scratch: NDArray[np.uint64],
    rows: NDArray[np.int64],
) -> tuple[int, int]:
    """Table rows of the known features of data[start:end] into `rows`; returns (known, all).

    A third of the features is unknown, at random: without branches this is 1.4 times as fast.
    """
    total = hashes(data, start, end, fold, scratch)
    known = np.int64(0)
    for k in range(total):
        h = scratch[k]
        mark = np.uint16(((h >> _PRINT_SHIFT) & _PRINT_MASK) | _ONE)
        slot = np.int64(h >> shift) & ~np.int64(1)
        first = np.int64(prints[slot] == mark)
        second = np.int64(prints[slot + 1] == mark)
        rows[known] = slot + 1 - first
        known += first | second
    return int(known), total


@njit(nogil=True, cache=True)
def embed(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    fold: NDArray[np.uint16],
    prints: NDArray[np.uint16],
    shift: np.uint64,
    table: NDArray[Any],
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Sums of int8 table rows for each window: (int32 [n, 32], known int32 [n], features int32 [n]).

    A row is read as four 64-bit words of eight biased bytes, added up in 16-bit lanes that are emptied before
    they can overflow: 2.1 times as fast as adding bytes to 32-bit numbers one by one.
    """
    n = starts.size
    sums = np.zeros((n, WIDTH), np.int32)
    known = np.zeros(n, np.int32)
    features = np.zeros(n, np.int32)
    longest = 0
    for w in range(n):
        longest = max(longest, ends[w] - starts[w])
    scratch = np.empty(longest * 7 + 64, np.uint64)
    rows = np.empty(scratch.size, np.int64)
    words = table.view(np.uint64)
    for w in range(n):
        found, total = extract(data, starts[w], ends[w], fold, prints, shift, scratch, rows)
        known[w] = found
        features[w] = total
        line = sums[w]
        k = 0
        while k < found:
            stop = min(found, k + _FLUSH)
            a0 = b0 = a1 = b1 = a2 = b2 = a3 = b3 = np.uint64(0)
            for r in range(k, stop):
                row = words[rows[r]]
                v0 = row[0] ^ _BIAS
                v1 = row[1] ^ _BIAS
                v2 = row[2] ^ _BIAS
                v3 = row[3] ^ _BIAS
                a0 += v0 & _LANES
                b0 += (v0 >> _EIGHT) & _LANES
                a1 += v1 & _LANES
                b1 += (v1 >> _EIGHT) & _LANES
                a2 += v2 & _LANES
                b2 += (v2 >> _EIGHT) & _LANES
                a3 += v3 & _LANES
                b3 += (v3 >> _EIGHT) & _LANES
            bias = 128 * (stop - k)
            for lane in range(4):
                by = np.uint64(16 * lane)
                line[2 * lane] += np.int32((a0 >> by) & _LANE) - bias
                line[2 * lane + 1] += np.int32((b0 >> by) & _LANE) - bias
                line[2 * lane + 8] += np.int32((a1 >> by) & _LANE) - bias
                line[2 * lane + 9] += np.int32((b1 >> by) & _LANE) - bias
                line[2 * lane + 16] += np.int32((a2 >> by) & _LANE) - bias
                line[2 * lane + 17] += np.int32((b2 >> by) & _LANE) - bias
                line[2 * lane + 24] += np.int32((a3 >> by) & _LANE) - bias
                line[2 * lane + 25] += np.int32((b3 >> by) & _LANE) - bias
            k = stop
    return sums, known, features


@njit(nogil=True, cache=True)
def softmax(
    sums: NDArray[np.int32],
    known: NDArray[np.int32],
    columns: NDArray[np.float32],
    scale: float,
    temperature: NDArray[np.float32],
    written: NDArray[np.bool_],
    script: NDArray[np.int64],
    mute: NDArray[np.bool_],
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Probabilities (float32 [n, L]) of windows and their likeliest labels (int64 [n], -1 for none).

    From embedding sums (int32 [n, 32]) and `columns` (float32 [32, L]).
    Labels not written in the window's script (written: bool [scripts, L]) get 0; mute rows get 0 throughout.
    One window at a time and in a fixed order, so that a batch gives what its windows give one by one; a
    matrix product does not. Dimension by dimension over all labels: 2.5 times as fast as label by label.
    """
    n = sums.shape[0]
    labels = columns.shape[1]
    result = np.zeros((n, labels), np.float32)
    top = np.full(n, -1, np.int64)
    for w in range(n):
        if mute[w]:
            continue
        factor = np.float32(scale / (known[w] * temperature[w]))
        row = result[w]
        for d in range(WIDTH):
            value = factor * np.float32(sums[w, d])
            column = columns[d]
            for k in range(labels):
                row[k] += value * column[k]
        allowed = written[script[w]]
        best = np.float32(-1e30)
        for k in range(labels):
            if allowed[k] and row[k] > best:
                best = row[k]
                top[w] = k
        mass = np.float32(0)
        for k in range(labels):
            if allowed[k] and row[k] > best - _FAR:
                row[k] = np.exp(row[k] - best)
                mass += row[k]
            else:
                row[k] = 0
        if mass > 0:
            inverse = np.float32(1) / mass
            for k in range(labels):
                row[k] *= inverse
    return result, top


@njit(nogil=True, cache=True)
def cut(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], size: int, most: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Windows of about `size` bytes, cut at characters: (starts, ends, document), all int64.

    A document longer than most * size (with most > 0) gives `most` windows, evenly spread over it.
    """
    documents = offsets.size - 1
    count = 0
    for d in range(documents):
        length = offsets[d + 1] - offsets[d]
        pieces = max(1, (length + size // 2) // size)
        count += min(pieces, most) if most > 0 else pieces
    starts = np.empty(count, np.int64)
    ends = np.empty(count, np.int64)
    document = np.empty(count, np.int64)
    k = 0
    for d in range(documents):
        begin = offsets[d]
        stop = offsets[d + 1]
        length = stop - begin
        pieces = max(1, (length + size // 2) // size)
        if most > 0 and pieces > most:
            for w in range(most):
                a = begin + (length - size) * w // (most - 1) if most > 1 else begin
                b = min(a + size, stop)
                while a > begin and a < stop and (data[a] & 0xC0) == 0x80:
                    a -= 1
                while b < stop and (data[b] & 0xC0) == 0x80:
                    b += 1
                starts[k] = a
                ends[k] = b
                document[k] = d
                k += 1
        else:
            a = begin
            for w in range(pieces):
                b = begin + length * (w + 1) // pieces
                while b < stop and (data[b] & 0xC0) == 0x80:
                    b += 1
                starts[k] = a
                ends[k] = b
                document[k] = d
                k += 1
                a = b
    return starts, ends, document
