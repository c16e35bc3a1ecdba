"""Language-identification features of UTF-8 bytes: folding, hashed n-grams, int8 embedding sums, scripts.

A text is read as lower-case letters with one space (code 32) for every run of anything else. Features are
the character 2- to 5-grams of that stream (single characters too from U+0900 on), whole words and pairs of
words, each a 64-bit hash. The model keeps a few hundred thousand of them in a table of two-way buckets:
`prints` holds 16-bit fingerprints (0 = empty), so that a feature the model never saw costs one look at
half a megabyte and adds no noise. `fold` maps a code point of the BMP to its folded form, 0 for none.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["LONGEST_GRAM", "cut", "embed", "extract", "hashes", "histogram", "train"]

LONGEST_GRAM = 5
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


@njit(nogil=True, cache=True, inline="always")
def _decode(data, i, end):
    """Code point at byte i and its length; (0, 1) for a byte that begins nothing valid."""
    b = data[i]
    if b < 0x80:
        return np.int64(b), 1
    if b >= 0xC2 and b < 0xE0 and i + 1 < end:
        return np.int64((np.int64(b) & 0x1F) << 6 | (np.int64(data[i + 1]) & 0x3F)), 2
    if b >= 0xE0 and b < 0xF0 and i + 2 < end:
        return (
            np.int64(
                (np.int64(b) & 0x0F) << 12 | (np.int64(data[i + 1]) & 0x3F) << 6 | (np.int64(data[i + 2]) & 0x3F)
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
def _after_address(data, i, end):
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


@njit(nogil=True, cache=True, inline="always")
def _slot(h, prints, shift):
    """Row of the feature in the table, -1 where the model does not know it."""
    mark = np.uint16(((h >> _PRINT_SHIFT) & _PRINT_MASK) | _ONE)
    slot = np.int64(h >> shift) & ~np.int64(1)
    if prints[slot] == mark:
        return slot
    if prints[slot + 1] == mark:
        return slot + 1
    return np.int64(-1)


@njit(nogil=True, cache=True)
def hashes(data, start, end, fold, out):
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
                i = _after_address(data, i, end)
                if i >= end:
                    continue
            cp, step = _decode(data, i, end)
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
def extract(data, start, end, fold, prints, shift, scratch, rows):
    """Table rows of the known features of data[start:end] into `rows`; returns (known, all)."""
    total = hashes(data, start, end, fold, scratch)
    known = 0
    for k in range(total):
        slot = _slot(scratch[k], prints, shift)
        if slot >= 0:
            rows[known] = slot
            known += 1
    return known, total


@njit(nogil=True, cache=True)
def embed(data, starts, ends, fold, prints, shift, table):
    """Sums of int8 table rows for each window: (int32 [n, D], known int32 [n], features int32 [n])."""
    n = starts.size
    width = table.shape[1]
    sums = np.zeros((n, width), np.int32)
    known = np.zeros(n, np.int32)
    features = np.zeros(n, np.int32)
    longest = 0
    for w in range(n):
        longest = max(longest, ends[w] - starts[w])
    scratch = np.empty(longest * 7 + 64, np.uint64)
    rows = np.empty(scratch.size, np.int64)
    for w in range(n):
        found, total = extract(data, starts[w], ends[w], fold, prints, shift, scratch, rows)
        known[w] = found
        features[w] = total
        line = sums[w]
        for k in range(found):
            row = table[rows[k]]
            for d in range(width):
                line[d] += row[d]
    return sums, known, features


@njit(nogil=True, cache=True)
def histogram(data, starts, ends, scripts, kinds, han):
    """Letters by script, (int32 [n, kinds]), and the sum of `han` (int8 by code point) for each window."""
    n = starts.size
    counts = np.zeros((n, kinds), np.int32)
    balance = np.zeros(n, np.int64)
    for w in range(n):
        i = starts[w]
        end = ends[w]
        inside = False
        while i < end:
            if not inside:
                i = _after_address(data, i, end)
                if i >= end:
                    break
            cp, step = _decode(data, i, end)
            i += step
            inside = False
            if cp < 65536:
                s = scripts[cp]
                if s:
                    inside = True
                    counts[w, s] += 1
                    balance[w] += han[cp]
    return counts, balance


@njit(nogil=True, cache=True)
def _random(state):
    state[0] ^= state[0] << np.uint64(13)
    state[0] ^= state[0] >> np.uint64(7)
    state[0] ^= state[0] << np.uint64(17)
    return state[0]


@njit(nogil=True, cache=True, fastmath=False)
def train(
    data, item_starts, item_ends, cell_items, cell_offsets, cell_labels, cell_cumulative,
    folds, plain_share, prints, shift, table, output, steps, rate, shortest, longest, state,
):  # fmt: skip
    """Softmax regression on the mean of embedding rows by plain SGD; changes `table` and `output` in place.

    Every step draws a cell (a label in a source) by `cell_cumulative`, an item of it, and a window whose
    length is log-uniform between `shortest` and `longest` bytes. One thread and its own random numbers:
    the same input gives the same bytes. Returns the mean loss of the last tenth.
    """
    width = table.shape[1]
    labels = output.shape[0]
    scratch = np.empty(longest * 7 + 64, np.uint64)
    rows = np.empty(scratch.size, np.int64)
    hidden = np.empty(width, np.float32)
    gradient = np.empty(width, np.float32)
    scores = np.empty(labels, np.float32)
    ratio = np.log(longest / shortest)
    loss = 0.0
    counted = 0
    top = 2.0**53
    for step in range(steps):
        u = np.float64(_random(state) >> np.uint64(11)) / top
        cell = np.searchsorted(cell_cumulative, u)
        cell = min(cell, cell_labels.size - 1)
        target = cell_labels[cell]
        first = cell_offsets[cell]
        size = cell_offsets[cell + 1] - first
        item = cell_items[first + np.int64(_random(state) % np.uint64(size))]
        u = np.float64(_random(state) >> np.uint64(11)) / top
        length = np.int64(shortest * np.exp(u * ratio))
        begin = item_starts[item]
        end = item_ends[item]
        if end - begin > length:
            begin += np.int64(_random(state) % np.uint64(end - begin - length + 1))
            while begin < end and (data[begin] & 0xC0) == 0x80:
                begin += 1
            end = min(end, begin + length)
        u = np.float64(_random(state) >> np.uint64(11)) / top
        fold = folds[1] if u < plain_share else folds[0]
        known, _ = extract(data, begin, end, fold, prints, shift, scratch, rows)
        if known == 0:
            continue
        hidden[:] = 0
        for k in range(known):
            row = table[rows[k]]
            for d in range(width):
                hidden[d] += row[d]
        inverse = np.float32(1.0 / known)
        for d in range(width):
            hidden[d] *= inverse
        best = np.float32(-1e30)
        for label in range(labels):
            total = np.float32(0)
            weights = output[label]
            for d in range(width):
                total += weights[d] * hidden[d]
            scores[label] = total
            best = max(best, total)
        mass = np.float32(0)
        for label in range(labels):
            scores[label] = np.exp(scores[label] - best)
            mass += scores[label]
        now = np.float32(rate * (1.0 - step / steps))
        gradient[:] = 0
        for label in range(labels):
            p = scores[label] / mass
            if label == target:
                error = now * (np.float32(1) - p)
                if step * 10 >= steps * 9:
                    loss -= np.log(max(p, np.float32(1e-9)))
                    counted += 1
            else:
                error = -now * p
            weights = output[label]
            for d in range(width):
                gradient[d] += error * weights[d]
                weights[d] += error * hidden[d]
        for d in range(width):
            gradient[d] *= inverse
        for k in range(known):
            row = table[rows[k]]
            for d in range(width):
                row[d] += gradient[d]
    return loss / max(counted, 1)


@njit(nogil=True, cache=True)
def cut(data, offsets, size, most):
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
