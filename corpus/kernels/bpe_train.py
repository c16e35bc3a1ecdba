"""Byte-pair merges from piece counts: the merges Hugging Face tokenizers would make, from 64-bit counts.

The order is that of its BpeTrainer: the pair with the highest count, on a tie the smaller (left, right) pair
of ids; the same lazy queue (an entry whose count is out of date goes back with the right one); and the same
rule that a merge whose text is already a token reuses that token's id. Cost: a merge reads the words that
hold its pair and adds up what it changes by neighbour. Pairs below the floor of the last survey are neither
counted nor listed (see `corpus.kernels.bpe_survey`); when none is left above it, or what was listed takes
more room than it may, all words are surveyed again, and what merges made free is given back. Memory: 4 bytes
for each byte of distinct piece, 12 for each piece, a quarter of that for what the survey keeps, and about 60
for each token.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from corpus.kernels.bpe_queue import longer, pop, push, slot
from corpus.kernels.bpe_survey import HEADER, amount_of, survey
from corpus.kernels.bpe_tokens import first_tokens, join, new_tokens

__all__ = ["train", "words"]

#: A survey lists one word for so many symbols, as a power of two.
LISTED = 2

# What one merge changes on one side: neighbours seen, and (neighbour, word) notes taken.
_SEEN, _NOTED = 0, 1


@njit(nogil=True, cache=True)
def words(data, starts, lengths, counts, least, alphabet, symbols):  # type: ignore[no-untyped-def]
    """Fills `symbols` int32 with the pieces data[starts[w]:starts[w] + lengths[w]] seen counts[w] times, for
    `train`; pieces seen fewer than `least` times and pieces of one byte, which hold no pair, are left out.
    Each takes HEADER + lengths[w] entries."""
    rank = np.empty(256, np.int32)
    for i in range(256):
        rank[alphabet[i]] = i
    at = np.int64(0)
    for w in range(len(starts)):
        if counts[w] < least or lengths[w] < 2:
            continue
        symbols[at] = lengths[w]
        symbols[at + 1] = np.int32(counts[w] & 0x7FFFFFFF)
        symbols[at + 2] = np.int32(counts[w] >> 31)
        for i in range(lengths[w]):
            symbols[at + HEADER + i] = rank[data[starts[w] + i]]
        at += HEADER + lengths[w]


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
    begin = word + HEADER
    end = begin + symbols[word]
    amount = amount_of(symbols, word)
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
    if out < end:
        symbols[out] = out - end  # what is free now, see `survey`


@njit(nogil=True, cache=True)
def _sum_up(table, deltas, notes, seen, states, a, b, joined, floor):  # type: ignore[no-untyped-def]
    """Lowers the counts of the pairs that went. Gives how many of those that came are counted from now on and
    how many words they list; the others have no notes from here on."""
    # Of a b a b, the second merge takes away the (joined, a) that the first one made.
    again = deltas[0, joined]
    deltas[1, a] -= again
    pairs, words = 0, np.int64(0)
    for side in range(2):
        for i in range(states[side, _SEEN]):
            other = np.int64(seen[side, i])
            amount = deltas[side, other]
            if side == 1 or other != joined:
                place = slot(table, np.int64(b) << 32 | other if side else other << 32 | a)
                if table[place, 0] >= 0:
                    table[place, 1] -= amount + again if side == 1 and other == a else amount
            if amount < floor:
                notes[side, other, 0] = 0
            elif notes[side, other, 0] > 0:
                pairs += 1
                words += notes[side, other, 0]
    return pairs, words


@njit(nogil=True, cache=True)
def _queue_up(table, deltas, notes, seen, logs, states, joined, positions, listed, queue, queued):  # type: ignore[no-untyped-def]
    """Counts, lists and queues the pairs that came and have notes; there must be room. Gives what is listed
    and queued then."""
    for side in range(2):
        for i in range(states[side, _SEEN]):
            other = np.int64(seen[side, i])
            size = np.int64(notes[side, other, 0])
            if size == 0:
                continue
            key = np.int64(joined) << 32 | other if side else other << 32 | joined
            place = slot(table, key)
            table[place, 0], table[place, 1] = key, deltas[side, other]
            push(queue, queued, deltas[side, other], key, listed << 32 | size)
            queued += 1
            notes[side, other, 1] = listed
            listed += size
        for i in range(states[side, _NOTED]):
            other = np.int64(logs[side, i, 0])
            if notes[side, other, 0] > 0:
                positions[notes[side, other, 1]] = logs[side, i, 1]
                notes[side, other, 1] += 1
    return listed, queued


@njit(nogil=True, cache=True)
def _revive(revived, left, right, counts, merges, seen, states, joined):  # type: ignore[no-untyped-def]
    """Adds pairs with the token `joined` that were merged before and now occur again: the reference never
    takes what a merged pair counted away."""
    for side in range(2):
        for i in range(states[side, _SEEN]):
            a, b = (joined, seen[side, i]) if side else (seen[side, i], joined)
            key = np.int64(a) << 32 | np.int64(b)
            known = False
            for k in range(len(revived)):
                known = known or revived[k, 0] == key
            for k in range(0 if known else merges):
                if left[k] == a and right[k] == b:
                    revived = longer(revived, len(revived) + 1)
                    revived[-1, 0], revived[-1, 1] = key, counts[k]
    return revived


@njit(nogil=True, cache=True)
def _forget(deltas, notes, seen, states):  # type: ignore[no-untyped-def]
    for side in range(2):
        for i in range(states[side, _SEEN]):
            other = seen[side, i]
            deltas[side, other], notes[side, other, 0] = 0, 0
    states[:] = 0


def train(symbols, alphabet, tokens, least, longest, texts, text_offsets):  # type: ignore[no-untyped-def]
    """Merges over `symbols`, an array that owns its memory, filled by `words`. They are used up: what merges
    make free is given back as they go.

    alphabet uint8[256]: bytes in the order of their ids 0..255. tokens: how many to make, the alphabet
    included. least: lowest pair count merged. longest: a token has fewer bytes than this, 0 for any. texts:
    bytes no token may be equal to. Gives left and right int32 of each merge, token bytes and their offsets.
    """
    arena, ends, known = new_tokens(tokens)
    first_tokens(arena, ends, known, alphabet)
    space = (
        np.zeros((2, tokens), np.int64),
        np.zeros((2, tokens, 2), np.uint32),
        np.empty((2, tokens), np.int32),
        np.empty((2, 1 << 10, 2), np.uint32),
        np.zeros((2, 2), np.int64),
    )
    merged = np.empty(tokens, np.int32), np.empty(tokens, np.int32), np.empty(tokens, np.int64)
    most_words = (len(symbols) >> LISTED) + 1024
    odd = np.empty((0, 2), np.int64), np.empty(0, np.int64)
    made, merges, more = 256, 0, True
    while more:
        used, more, made, merges, arena, merged, odd = _round(
            symbols, most_words, tokens, least, longest, texts, text_offsets,
            made, merges, arena, ends, known, *space, merged, odd,
        )  # fmt: skip
        # In place: whoever holds the array holds what is left of it.
        symbols.resize(used, refcheck=False)
    left, right, _ = merged
    return left[:merges].copy(), right[:merges].copy(), arena[: ends[made]].copy(), ends[: made + 1].copy()


@njit(nogil=True, cache=True)
def _round(  # type: ignore[no-untyped-def]
    symbols, most_words, tokens, least, longest, texts, text_offsets,
    made, merges, arena, ends, known, deltas, notes, seen, logs, states, merged, odd,
):  # fmt: skip
    """One survey, and merges until what it counted is used up or takes more room than it may. Gives the
    symbols in use, whether more can be merged, and what has grown."""
    left, right, counts = merged
    revived, barred = odd
    used, floor, table, held, queue, queued, positions, listed = survey(
        symbols, np.int64(len(symbols)), made, ends, longest, max(least, 1), most_words, tokens - made,
        revived, barred,
    )  # fmt: skip
    more = queued > 0 and made < tokens
    while made < tokens and queued > 0:
        count, key, place = queue[0, 0], queue[0, 1], queue[0, 2]
        pop(queue, queued)
        queued -= 1
        total = table[slot(table, key), 1]
        if count != total:
            if total >= floor:
                push(queue, queued, total, key, place)
                queued += 1
            continue
        a, b = np.int32(key >> 32), np.int32(key & 0xFFFFFFFF)
        arena, joined = join(arena, ends, known, made, a, b, texts, text_offsets)
        if joined < 0:
            barred = longer(barred, len(barred) + 1)
            barred[-1] = key
            continue
        if merges == len(left):
            left, right = longer(left, 2 * merges), longer(right, 2 * merges)
            counts = longer(counts, 2 * merges)
        left[merges], right[merges] = a, b

        start, size = place >> 32, place & 0xFFFFFFFF
        for i in range(start, start + size):
            word = np.int64(positions[i])
            room = max(states[0, _NOTED], states[1, _NOTED]) + symbols[word]
            if room > logs.shape[1]:
                wider = np.empty((2, room + room // 4, 2), np.uint32)
                wider[:, : logs.shape[1]] = logs
                logs = wider
            _merge(symbols, word, a, b, joined, deltas, notes, seen, logs, states)
        reused = joined != made
        pairs, words_ = np.int64(0), np.int64(0)
        if not reused:
            made += 1
            pairs, words_ = _sum_up(table, deltas, notes, seen, states, a, b, joined, floor)
        counts[merges] = table[slot(table, key), 1]
        for k in range(len(revived)):
            if revived[k, 0] == key:
                revived[k, 1] = counts[merges]
        merges += 1
        if reused:
            revived = _revive(revived, left, right, counts, merges, seen, states, joined)
        full = (
            listed + words_ > len(positions)
            or queued + pairs > len(queue)
            or 4 * (held + pairs) > 3 * len(table)
        )
        if not reused and not full:
            listed, queued = _queue_up(
                table, deltas, notes, seen, logs, states, joined, positions, listed, queue, queued
            )
            held += pairs
        _forget(deltas, notes, seen, states)
        if reused or full:
            break
    return used, more and made < tokens, made, merges, arena, (left, right, counts), (revived, barred)
