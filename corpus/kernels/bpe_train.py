"""Byte-pair merges from piece counts: the merges Hugging Face tokenizers would make, from 64-bit counts.

The order is that of its BpeTrainer: the pair with the highest count, on a tie the smaller (left, right) pair
of ids; the same lazy queue (an entry whose count is out of date goes back with the right one); and the same
rule that a merge whose text is already a token reuses that token's id. Cost: a merge reads the words that
hold its pair, adds up what it changes by neighbour, and touches the table of pairs once for each neighbour.
Memory: 4 bytes for each byte of distinct piece, 12 for each piece, 4 for each occurrence of a pair that
waits in the queue, 24 for each entry of the queue and about 24 for each pair that occurs.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from corpus.kernels.bpe_queue import compact, count_of, longer, new_counts, pop, push, refill, slot, with_room
from corpus.kernels.bpe_tokens import first_tokens, join, new_tokens

__all__ = ["train", "words"]

#: Before the symbols of a word come how many there are now, and how often it occurs, in two halves.
_HEADER = 3

# What one merge changes on one side: neighbours seen, and (neighbour, word) notes taken.
_SEEN, _NOTED = 0, 1


@njit(nogil=True, cache=True)
def words(data, starts, lengths, counts, least, alphabet):  # type: ignore[no-untyped-def]
    """Pieces data[starts[w]:starts[w] + lengths[w]] seen counts[w] times, as symbols for `train`; pieces seen
    fewer than `least` times and pieces of one byte, which hold no pair, are left out."""
    rank = np.empty(256, np.int32)
    for i in range(256):
        rank[alphabet[i]] = i
    size = np.int64(0)
    for w in range(len(starts)):
        if counts[w] >= least and lengths[w] > 1:
            size += _HEADER + lengths[w]
    symbols = np.empty(size, np.int32)
    at = np.int64(0)
    for w in range(len(starts)):
        if counts[w] < least or lengths[w] < 2:
            continue
        symbols[at] = lengths[w]
        symbols[at + 1] = np.int32(counts[w] & 0x7FFFFFFF)
        symbols[at + 2] = np.int32(counts[w] >> 31)
        for i in range(lengths[w]):
            symbols[at + _HEADER + i] = rank[data[starts[w] + i]]
        at += _HEADER + lengths[w]
    return symbols


@njit(nogil=True, cache=True)
def _amount(symbols, word):  # type: ignore[no-untyped-def]
    return np.int64(symbols[word + 2]) << 31 | np.int64(symbols[word + 1])


@njit(nogil=True, cache=True)
def _first_pairs(symbols, positions, totals, sizes, last, ends):  # type: ignore[no-untyped-def]
    """Pairs of bytes: what they add up to and how many words hold each; with `positions`, those words."""
    last[:] = -1
    word = 0
    while word < len(symbols):
        begin, amount = word + _HEADER, _amount(symbols, word)
        for i in range(begin, begin + symbols[word] - 1):
            pair = symbols[i] << 8 | symbols[i + 1]
            new = last[pair] != word
            last[pair] = word
            if len(positions):
                if new and sizes[pair] > 1:
                    positions[ends[pair]] = word
                if new:
                    ends[pair] = ends[pair] + 1 if sizes[pair] > 1 else word
            else:
                totals[pair] += amount
                sizes[pair] += new
        word = begin + symbols[word]


@njit(nogil=True, cache=True)
def _note(delta, notes, seen, log, state, other, amount, note, word):  # type: ignore[no-untyped-def]
    """Adds to what changes beside one neighbour; `note` once for each word that holds the new pair."""
    if delta[other] == 0 and notes[other, 0] == 0:
        seen[state[_SEEN]] = other
        state[_SEEN] += 1
    delta[other] += amount
    if note and (notes[other, 0] == 0 or notes[other, 1] != word):
        notes[other, 0] += 1
        notes[other, 1] = word
        log[state[_NOTED], 0] = other
        log[state[_NOTED], 1] = word
        state[_NOTED] += 1


@njit(nogil=True, cache=True)
def _merge(symbols, word, a, b, joined, deltas, notes, seen, logs, states):  # type: ignore[no-untyped-def]
    """Merges a and b in one word and notes the neighbours, left ones in row 0 and right ones in row 1."""
    begin = word + _HEADER
    end = begin + symbols[word]
    amount = _amount(symbols, word)
    at = begin
    while at + 1 < end and (symbols[at] != a or symbols[at + 1] != b):
        at += 1
    out = at
    while at < end:
        symbol = symbols[at]
        if symbol != a or at + 1 == end or symbols[at + 1] != b:
            symbols[out] = symbol
            out += 1
            at += 1
            continue
        if out > begin:
            _note(deltas[0], notes[0], seen[0], logs[0], states[0], symbols[out - 1], amount, True, word)
        if at + 2 < end:
            other = symbols[at + 2]
            # (joined, joined) is one pair, whichever side it came from: its words are noted on the left.
            same = other == joined
            _note(deltas[1], notes[1], seen[1], logs[1], states[1], other, amount, not same, word)
            if same:
                _note(deltas[0], notes[0], seen[0], logs[0], states[0], other, 0, True, word)
        symbols[out] = joined
        out += 1
        at += 2
    symbols[word] = out - begin


@njit(nogil=True, cache=True)
def _add(table, used, key, amount):  # type: ignore[no-untyped-def]
    place = slot(table, key)
    if table[place, 0] != key:
        table[place, 0], table[place, 1] = key, 0
        used += 1
    table[place, 1] += amount
    return used


@njit(nogil=True, cache=True)
def train(symbols, alphabet, tokens, least, longest, texts, text_offsets):  # type: ignore[no-untyped-def]
    """Merges over `symbols` from `words`, which are used up.

    alphabet uint8[256]: bytes in the order of their ids 0..255. tokens: how many to make, the alphabet
    included. least: lowest pair count merged. longest: a token has fewer bytes than this, 0 for any. texts:
    bytes no token may be equal to. Gives left and right int32 of each merge, token bytes and their offsets.
    """
    arena, ends, known = new_tokens(tokens)
    first_tokens(arena, ends, known, alphabet)
    made = 256

    totals = np.zeros(1 << 16, np.int64)
    sizes = np.zeros(1 << 16, np.int64)
    last = np.empty(1 << 16, np.int64)
    starts = np.zeros(1 << 16, np.int64)
    _first_pairs(symbols, np.empty(0, np.int32), totals, sizes, last, starts)
    listed = np.int64(0)
    for pair in range(1 << 16):
        starts[pair] = listed
        listed += sizes[pair] if sizes[pair] > 1 else 0
    positions = np.empty(listed + listed // 16 + 1024, np.int32)
    _first_pairs(symbols, positions, totals, sizes, last, starts)

    table, used = new_counts(200_000), np.int64(0)
    near, ready = np.empty((1 << 10, 3), np.int64), np.int64(0)
    far, waiting = np.empty((1 << 16, 3), np.int64), np.int64(0)
    lowest = np.int64(0x7FFFFFFFFFFFFFFF)
    for pair in range(1 << 16):
        if totals[pair] > 0 and (longest == 0 or longest > 2):
            size = sizes[pair]
            key = np.int64(pair >> 8) << 32 | (pair & 0xFF)
            used = _add(table, used, key, totals[pair])
            far[waiting, 0], far[waiting, 1] = totals[pair], key
            far[waiting, 2] = (starts[pair] - size if size > 1 else starts[pair]) << 32 | size
            waiting += 1

    deltas = np.zeros((2, tokens), np.int64)
    notes = np.zeros((2, tokens, 2), np.int32)
    seen = np.empty((2, tokens), np.int32)
    logs = np.empty((2, 1 << 10, 2), np.int32)
    states = np.zeros((2, 2), np.int64)
    left = np.empty(tokens, np.int32)
    right = np.empty(tokens, np.int32)
    merges = 0
    while made < tokens and ready + waiting > 0:
        if ready == 0:
            near, ready, waiting, lowest = refill(near, far, waiting)
        count, key, place = near[0, 0], near[0, 1], near[0, 2]
        total = count_of(table, key)
        if count == total and (count < 1 or count < least):
            break
        pop(near, ready)
        ready -= 1
        if count != total:
            if total > 0:
                if total >= lowest:
                    push(near, ready, total, key, place)
                    ready += 1
                else:
                    if waiting == len(far):
                        far = longer(far, len(far) + len(far) // 8)
                    far[waiting, 0], far[waiting, 1], far[waiting, 2] = total, key, place
                    waiting += 1
            continue
        a, b = np.int32(key >> 32), np.int32(key & 0xFFFFFFFF)
        arena, joined = join(arena, ends, known, made, a, b, texts, text_offsets)
        if joined < 0:
            continue
        made += joined == made
        if merges == len(left):
            left, right = longer(left, 2 * merges), longer(right, 2 * merges)
        left[merges], right[merges] = a, b
        merges += 1

        start, size = place >> 32, place & 0xFFFFFFFF
        for i in range(size):
            word = np.int64(positions[start + i]) if size > 1 else start
            room = max(states[0, _NOTED], states[1, _NOTED]) + symbols[word]
            if room > logs.shape[1]:
                wider = np.empty((2, room + room // 4, 2), np.int32)
                wider[:, : logs.shape[1]] = logs
                logs = wider
            _merge(symbols, word, a, b, joined, deltas, notes, seen, logs, states)

        # Counts of the pairs that went and came, then room for the words of those that came.
        table, used = with_room(table, used, 2 * (states[0, _SEEN] + states[1, _SEEN]))
        width = ends[joined + 1] - ends[joined]
        needed = np.int64(0)
        for side in range(2):
            for i in range(states[side, _SEEN]):
                other = seen[side, i]
                amount = deltas[side, other]
                old = np.int64(b) << 32 | other if side else np.int64(other) << 32 | a
                new = np.int64(joined) << 32 | other if side else np.int64(other) << 32 | joined
                used = _add(table, used, old, -amount)
                if longest == 0 or ends[other + 1] - ends[other] + width < longest:
                    used = _add(table, used, new, amount)
                else:
                    notes[side, other, 0] = 0
                needed += notes[side, other, 0] if notes[side, other, 0] > 1 else 0
        if listed + needed > len(positions):
            listed = compact(positions, near, ready, far, waiting)
            if 8 * (listed + needed) > 7 * len(positions):
                positions = longer(positions, (listed + needed) + (listed + needed) // 6)
        for side in range(2):
            for i in range(states[side, _SEEN]):
                other = seen[side, i]
                if notes[side, other, 0] > 1:
                    notes[side, other, 1] = listed
                    listed += notes[side, other, 0]
            for i in range(states[side, _NOTED]):
                other = logs[side, i, 0]
                if notes[side, other, 0] > 1:
                    positions[notes[side, other, 1]] = logs[side, i, 1]
                    notes[side, other, 1] += 1
        for side in range(2):
            for i in range(states[side, _SEEN]):
                other = seen[side, i]
                size = np.int64(notes[side, other, 0])
                new = np.int64(joined) << 32 | other if side else np.int64(other) << 32 | joined
                total = count_of(table, new) if size else np.int64(0)
                begin = np.int64(notes[side, other, 1]) - (size if size > 1 else 0)
                notes[side, other, 0], deltas[side, other] = 0, 0
                if total <= 0:
                    continue
                if total >= lowest:
                    if ready == len(near):
                        near = longer(near, 2 * len(near))
                    push(near, ready, total, new, begin << 32 | size)
                    ready += 1
                else:
                    if waiting == len(far):
                        far = longer(far, len(far) + len(far) // 8)
                    far[waiting, 0], far[waiting, 1], far[waiting, 2] = total, new, begin << 32 | size
                    waiting += 1
        states[:] = 0
    return left[:merges].copy(), right[:merges].copy(), arena[: ends[made]].copy(), ends[: made + 1].copy()
