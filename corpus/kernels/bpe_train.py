"""Byte-pair merges from piece counts: the merges Hugging Face tokenizers would make, from 64-bit counts.

The order is that of its BpeTrainer: the pair with the highest count, on a tie the smaller (left, right) pair
of ids; the same lazy queue (an entry whose count is out of date goes back with the right one); and the same
rule that a merge whose text is already a token reuses that token's id. Cost: a merge reads the words that
hold its pair. Memory: 4 bytes for each byte of distinct piece, 8 for each occurrence still waiting in the
queue, about 50 for each distinct pair.
"""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["train"]


# Columns of the record arrays: one cache line for all that is known of a pair, a word, a queue entry.
_KEY, _TOTAL, _WAITING = 0, 1, 2
_BEGIN, _SIZE, _AMOUNT = 0, 1, 2
_COUNT, _PAIR, _HEAD = 0, 1, 2
_WORD, _NEXT = 0, 1

# Numbers that change as arrays fill: pairs used, nodes used, first free node, pairs touched.
_PAIRS, _NODES, _FREE, _TOUCHED = 0, 1, 2, 3


@njit(nogil=True, cache=True)
def _grow(array, rows):  # type: ignore[no-untyped-def]
    grown = np.empty((rows, array.shape[1]), array.dtype)
    grown[: len(array)] = array
    return grown


@njit(nogil=True, cache=True)
def _longer(array, size):  # type: ignore[no-untyped-def]
    grown = np.empty(size, array.dtype)
    grown[: len(array)] = array
    return grown


@njit(nogil=True, cache=True)
def _find(index, pairs, key):  # type: ignore[no-untyped-def]
    """Place in `index` of the pair, or the free place where it belongs."""
    mask = np.uint64(len(index) - 1)
    mixed = np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)
    place = np.int64((mixed ^ (mixed >> np.uint64(29))) & mask)
    while index[place] >= 0 and pairs[index[place], _KEY] != key:
        place = np.int64(np.uint64(place + 1) & mask)
    return place


@njit(nogil=True, cache=True)
def _reindex(pairs, used, size):  # type: ignore[no-untyped-def]
    index = np.full(size, -1, np.int32)
    for pair in range(used):
        index[_find(index, pairs, pairs[pair, _KEY])] = pair
    return index


@njit(nogil=True, cache=True)
def _change(p, q, amount, gained, word, index, pairs, nodes, touched, state):  # type: ignore[no-untyped-def]
    """Adds to the count of a pair; a pair that gained notes the word, once."""
    key = np.int64(p) << 32 | np.int64(q)
    place = _find(index, pairs, key)
    pair = np.int64(index[place])
    if pair < 0:
        pair = state[_PAIRS]
        state[_PAIRS] += 1
        index[place] = pair
        pairs[pair, _KEY] = key
        pairs[pair, _TOTAL] = 0
        pairs[pair, _WAITING] = -1
    pairs[pair, _TOTAL] += amount
    if not gained:
        return
    before = pairs[pair, _WAITING]
    if before >= 0:
        if nodes[before, _WORD] == word:
            return
    else:
        touched[state[_TOUCHED]] = pair
        state[_TOUCHED] += 1
    node = state[_FREE]
    if node >= 0:
        state[_FREE] = nodes[node, _NEXT]
    else:
        node = state[_NODES]
        state[_NODES] += 1
    nodes[node, _WORD] = word
    nodes[node, _NEXT] = before
    pairs[pair, _WAITING] = node


@njit(nogil=True, cache=True)
def _push(queue, used, count, key, head):  # type: ignore[no-untyped-def]
    """Adds an entry to the heap of `used` entries: highest count first, then lowest key."""
    i = used
    while i > 0:
        up = (i - 1) >> 1
        if queue[up, _COUNT] > count or (queue[up, _COUNT] == count and queue[up, _PAIR] <= key):
            break
        for k in range(3):
            queue[i, k] = queue[up, k]
        i = up
    queue[i, _COUNT], queue[i, _PAIR], queue[i, _HEAD] = count, key, head


@njit(nogil=True, cache=True)
def _sink(queue, size, count, key, head):  # type: ignore[no-untyped-def]
    """Puts an entry in place of the first one of a heap of `size` entries."""
    i = 0
    while True:
        child = 2 * i + 1
        if child >= size:
            break
        other = child + 1
        if other < size and (
            queue[other, _COUNT] > queue[child, _COUNT]
            or (queue[other, _COUNT] == queue[child, _COUNT] and queue[other, _PAIR] < queue[child, _PAIR])
        ):
            child = other
        if count > queue[child, _COUNT] or (count == queue[child, _COUNT] and key <= queue[child, _PAIR]):
            break
        for k in range(3):
            queue[i, k] = queue[child, k]
        i = child
    queue[i, _COUNT], queue[i, _PAIR], queue[i, _HEAD] = count, key, head


@njit(nogil=True, cache=True)
def _token_hash(arena, start, end):  # type: ignore[no-untyped-def]
    value = np.uint64(0xCBF29CE484222325)
    for i in range(start, end):
        value = (value ^ np.uint64(arena[i])) * np.uint64(0x100000001B3)
    return value ^ (value >> np.uint64(31))


@njit(nogil=True, cache=True)
def _token_place(table, arena, starts, start, end):  # type: ignore[no-untyped-def]
    """Place in the table of the token whose bytes are arena[start:end], or a free one."""
    mask = np.uint64(len(table) - 1)
    place = np.int64(_token_hash(arena, start, end) & mask)
    while table[place] >= 0:
        first, last = starts[table[place]], starts[table[place] + 1]
        if last - first == end - start:
            same = True
            for i in range(end - start):
                if arena[first + i] != arena[start + i]:
                    same = False
                    break
            if same:
                return place
        place = np.int64(np.uint64(place + 1) & mask)
    return place


@njit(nogil=True, cache=True)
def _is_forbidden(arena, start, end, texts, text_offsets):  # type: ignore[no-untyped-def]
    for k in range(len(text_offsets) - 1):
        first = text_offsets[k]
        if text_offsets[k + 1] - first == end - start:
            same = True
            for i in range(end - start):
                if texts[first + i] != arena[start + i]:
                    same = False
                    break
            if same:
                return True
    return False


@njit(nogil=True, cache=True)
def train(data, starts, lengths, counts, alphabet, tokens, least, longest, texts, text_offsets):  # type: ignore[no-untyped-def]
    """Merges over words data[starts[w]:starts[w] + lengths[w]] seen counts[w] times each.

    alphabet uint8[256]: bytes in the order of their ids 0..255. tokens: how many to make, the alphabet
    included. least: lowest pair count merged. longest: a token has fewer bytes than this, 0 for any. texts:
    bytes no token may be equal to. Gives (left, right, new) int32 of each merge, token bytes and offsets.
    """
    rank = np.empty(256, np.int32)
    for i in range(256):
        rank[alphabet[i]] = i
    words = np.empty((len(starts), 3), np.int64)
    used = np.int64(0)
    for w in range(len(starts)):
        words[w, _BEGIN], words[w, _SIZE], words[w, _AMOUNT] = used, lengths[w], counts[w]
        used += lengths[w]
    symbols = np.empty(used, np.int32)
    for w in range(len(starts)):
        for i in range(lengths[w]):
            symbols[words[w, _BEGIN] + i] = rank[data[starts[w] + i]]

    # Token bytes, and a table from bytes to id.
    arena = np.empty(max(1 << 16, 16 * tokens), np.uint8)
    ends = np.empty(tokens + 2, np.int64)
    table_size = 1024
    while table_size < 2 * tokens:
        table_size *= 2
    table = np.full(table_size, -1, np.int32)
    ends[0] = 0
    for i in range(256):
        arena[i] = alphabet[i]
        ends[i + 1] = i + 1
        table[_token_place(table, arena, ends, i, i + 1)] = i
    made = 256

    state = np.zeros(4, np.int64)
    state[_FREE] = -1
    pairs = np.empty((1 << 16, 3), np.int64)
    index = np.full(1 << 17, -1, np.int32)
    nodes = np.empty((1 << 16, 2), np.int32)
    touched = np.empty(1 << 16, np.int64)
    queue = np.empty((1 << 16, 3), np.int64)
    queued = 0

    merges = 0
    left = np.empty(tokens, np.int32)
    right = np.empty(tokens, np.int32)
    new = np.empty(tokens, np.int32)

    # The first round counts the pairs of all words; every later one makes one merge, in the words of `head`.
    head = np.int64(-1)
    a, b, joined = np.int32(-1), np.int32(-1), np.int32(-1)
    first_round = True
    word = np.int64(0)
    while True:
        while word < len(words) if first_round else head >= 0:
            if not first_round:
                word = np.int64(nodes[head, _WORD])
            begin, size, amount = words[word, _BEGIN], words[word, _SIZE], words[word, _AMOUNT]
            room = 2 * size
            if state[_PAIRS] + room > len(pairs):
                pairs = _grow(pairs, len(pairs) + len(pairs) // 2 + room)
            if 3 * (state[_PAIRS] + room) > 2 * len(index):
                wider = 2 * len(index)
                while 3 * (state[_PAIRS] + room) > 2 * wider:
                    wider *= 2
                index = _reindex(pairs, state[_PAIRS], wider)
            if state[_NODES] + room > len(nodes):
                nodes = _grow(nodes, len(nodes) + len(nodes) // 2 + room)
            if state[_TOUCHED] + room > len(touched):
                touched = _longer(touched, 2 * len(touched) + room)
            if first_round:
                for i in range(size - 1):
                    p, q = symbols[begin + i], symbols[begin + i + 1]
                    if longest == 0 or longest > 2:
                        _change(p, q, amount, True, word, index, pairs, nodes, touched, state)
                word += 1
                continue
            out = np.int64(0)
            at = np.int64(0)
            width = ends[joined + 1] - ends[joined]
            while at < size:
                symbol = symbols[begin + at]
                if symbol != a or at + 1 == size or symbols[begin + at + 1] != b:
                    symbols[begin + out] = symbol
                    out += 1
                    at += 1
                    continue
                if out > 0:
                    other = symbols[begin + out - 1]
                    _change(other, a, -amount, False, word, index, pairs, nodes, touched, state)
                    if longest == 0 or ends[other + 1] - ends[other] + width < longest:
                        _change(other, joined, amount, True, word, index, pairs, nodes, touched, state)
                if at + 2 < size:
                    other = symbols[begin + at + 2]
                    _change(b, other, -amount, False, word, index, pairs, nodes, touched, state)
                    if longest == 0 or ends[other + 1] - ends[other] + width < longest:
                        _change(joined, other, amount, True, word, index, pairs, nodes, touched, state)
                symbols[begin + out] = joined
                out += 1
                at += 2
            words[word, _SIZE] = out
            spent = head
            head = np.int64(nodes[head, _NEXT])
            nodes[spent, _NEXT] = state[_FREE]
            state[_FREE] = spent
        first_round = False

        if queued + state[_TOUCHED] > len(queue):
            queue = _grow(queue, len(queue) + len(queue) // 2 + state[_TOUCHED])
        for k in range(state[_TOUCHED]):
            pair = touched[k]
            if pairs[pair, _TOTAL] > 0:
                _push(queue, queued, pairs[pair, _TOTAL], pairs[pair, _KEY], pairs[pair, _WAITING])
                queued += 1
            pairs[pair, _WAITING] = -1
        state[_TOUCHED] = 0

        # The next merge.
        chosen = False
        while made < tokens and queued > 0 and not chosen:
            count, key, head = queue[0, _COUNT], queue[0, _PAIR], queue[0, _HEAD]
            total = pairs[index[_find(index, pairs, key)], _TOTAL]
            if count != total:
                _sink(queue, queued, total, key, head)
                continue
            if count < 1 or count < least:
                break
            queued -= 1
            if queued > 0:
                _sink(queue, queued, queue[queued, _COUNT], queue[queued, _PAIR], queue[queued, _HEAD])
            a, b = np.int32(key >> 32), np.int32(key & 0xFFFFFFFF)
            end = ends[made]
            size_a, size_b = ends[a + 1] - ends[a], ends[b + 1] - ends[b]
            if end + size_a + size_b > len(arena):
                arena = _longer(arena, 2 * len(arena) + size_a + size_b)
            for i in range(size_a):
                arena[end + i] = arena[ends[a] + i]
            for i in range(size_b):
                arena[end + size_a + i] = arena[ends[b] + i]
            if _is_forbidden(arena, end, end + size_a + size_b, texts, text_offsets):
                head = np.int64(-1)
                continue
            place = _token_place(table, arena, ends, end, end + size_a + size_b)
            if table[place] < 0:
                table[place] = made
                ends[made + 1] = end + size_a + size_b
                made += 1
            joined = table[place]
            if merges == len(left):
                left, right, new = (
                    _longer(left, 2 * merges),
                    _longer(right, 2 * merges),
                    _longer(new, 2 * merges),
                )
            left[merges], right[merges], new[merges] = a, b, joined
            merges += 1
            chosen = True
        if not chosen:
            break
    return (
        left[:merges].copy(),
        right[:merges].copy(),
        new[:merges].copy(),
        arena[: ends[made]].copy(),
        ends[: made + 1].copy(),
    )
