"""Training of the language-identification model: softmax regression on n-grams; letters by script."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from corpus.kernels.lid import WIDTH, after_address, decode, extract

__all__ = ["histogram", "train"]

_ONE = np.uint64(1)
_SIXTEEN_BITS = np.uint64(0xFFFF)
#: A label less likely than this learns nothing from a step.
_NEGLIGIBLE = 1e-6


@njit(nogil=True, cache=True)
def histogram(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    scripts: NDArray[np.uint8],
    kinds: int,
    han: NDArray[np.int8],
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]:
    """For each window: letters by script (int32 [n, kinds]), the sum of `han` (int8 by code point) over them,
    and how many different letters there are (int64, modulo 64 of their code points)."""
    n = starts.size
    counts = np.zeros((n, kinds), np.int32)
    balance = np.zeros(n, np.int64)
    variety = np.zeros(n, np.int64)
    for w in range(n):
        seen = np.uint64(0)
        i = starts[w]
        end = ends[w]
        inside = False
        while i < end:
            if not inside:
                i = after_address(data, i, end)
                if i >= end:
                    break
            cp, step = decode(data, i, end)
            i += step
            inside = False
            if cp < 65536:
                s = scripts[cp]
                if s:
                    inside = True
                    counts[w, s] += 1
                    balance[w] += han[cp]
                    seen |= _ONE << np.uint64(cp & 63)
        while seen:
            seen &= seen - _ONE
            variety[w] += 1
    return counts, balance, variety


@njit(nogil=True, cache=True)
def _random(state: NDArray[np.uint64]) -> Any:
    state[0] ^= state[0] << np.uint64(13)
    state[0] ^= state[0] >> np.uint64(7)
    state[0] ^= state[0] << np.uint64(17)
    return state[0]


@njit(nogil=True, cache=True, inline="always")
def _dot(a: NDArray[np.float32], b: NDArray[np.float32]) -> Any:
    """Inner product of two rows, in a fixed order of eight sums: fast without reordering by the compiler."""
    s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = np.float32(0)
    for d in range(0, WIDTH, 8):
        s0 += a[d] * b[d]
        s1 += a[d + 1] * b[d + 1]
        s2 += a[d + 2] * b[d + 2]
        s3 += a[d + 3] * b[d + 3]
        s4 += a[d + 4] * b[d + 4]
        s5 += a[d + 5] * b[d + 5]
        s6 += a[d + 6] * b[d + 6]
        s7 += a[d + 7] * b[d + 7]
    return ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7))


@njit(nogil=True, cache=True)
def train(
    data: NDArray[np.uint8],
    item_starts: NDArray[np.int64],
    item_ends: NDArray[np.int64],
    cell_items: NDArray[np.int64],
    cell_offsets: NDArray[np.int64],
    cell_labels: NDArray[np.int64],
    cell_cumulative: NDArray[np.float64],
    folds: NDArray[np.uint16],
    plain_shares: NDArray[np.float64],
    prints: NDArray[np.uint16],
    shift: np.uint64,
    table: NDArray[Any],
    output: NDArray[np.float32],
    steps: int,
    rate: float,
    shortest: int,
    longest: int,
    state: NDArray[np.uint64],
    duel_share: float,
    duels: NDArray[np.int64],
    duel_cumulative: NDArray[np.float64],
    members: NDArray[np.int64],
    member_offsets: NDArray[np.int64],
    least_kept: float,
) -> float:
    """Softmax regression on the mean of embedding rows by plain SGD; changes `table` and `output` in place.

    Every step draws a cell (a label in a source) by `cell_cumulative`, an item of it, and a window whose
    length is log-uniform between `shortest` and `longest` bytes. One thread and its own random numbers:
    the same input gives the same bytes. A share of the steps are duels: the cell is drawn from `duels`, and
    only the labels `members[member_offsets[d]:member_offsets[d + 1]]` compete. A share of the features, from
    `least_kept` to 1, is kept in each step, so that no few words of a topic carry a language. Returns the
    mean loss of the last tenth, duels not counted.
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
        cell = min(np.int64(np.searchsorted(cell_cumulative, u)), np.int64(cell_labels.size - 1))
        duel = np.int64(-1)
        u = np.float64(_random(state) >> np.uint64(11)) / top
        if u < duel_share:
            u = np.float64(_random(state) >> np.uint64(11)) / top
            duel = min(np.int64(np.searchsorted(duel_cumulative, u)), np.int64(duels.size - 1))
            cell = duels[duel]
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
        fold = folds[1] if u < plain_shares[cell] else folds[0]
        known, _ = extract(data, begin, end, fold, prints, shift, scratch, rows)
        u = np.float64(_random(state) >> np.uint64(11)) / top
        threshold = np.uint64((least_kept + (1.0 - least_kept) * u) * 65536.0)
        kept = 0
        for k in range(known):
            if k & 3 == 0:
                _random(state)
            if (state[0] >> np.uint64(16 * (k & 3))) & _SIXTEEN_BITS < threshold:
                rows[kept] = rows[k]
                kept += 1
        known = kept
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
        playing = labels
        if duel >= 0:
            playing = member_offsets[duel + 1] - member_offsets[duel]
        best = np.float32(-1e30)
        for k in range(playing):
            label = k if duel < 0 else members[member_offsets[duel] + k]
            total = _dot(output[label], hidden)
            scores[k] = total
            best = max(best, total)
        mass = np.float32(0)
        for k in range(playing):
            scores[k] = np.exp(scores[k] - best)
            mass += scores[k]
        now = np.float32(rate * (1.0 - step / steps))
        gradient[:] = 0
        for k in range(playing):
            label = k if duel < 0 else members[member_offsets[duel] + k]
            p = scores[k] / mass
            if label == target:
                error = now * (np.float32(1) - p)
                if duel < 0 and step * 10 >= steps * 9:
                    loss -= np.log(max(p, np.float32(1e-9)))
                    counted += 1
            elif p < _NEGLIGIBLE:
                continue
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
