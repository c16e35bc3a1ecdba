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


@njit(nogil=True, cache=True)
def _grow(array, size):  # type: ignore[no-untyped-def]
    grown = np.empty(size, array.dtype)
    grown[: len(array)] = array
    return grown


@njit(nogil=True, cache=True)
def _find(index, keys, key):  # type: ignore[no-untyped-def]
    """Place in `index` of the pair, or the free place where it belongs."""
    mask = np.uint64(len(index) - 1)
    mixed = key * np.uint64(0x9E3779B97F4A7C15)
    place = np.int64((mixed ^ (mixed >> np.uint64(29))) & mask)
    while index[place] >= 0 and keys[index[place]] != key:
        place = np.int64(np.uint64(place + 1) & mask)
    return place


@njit(nogil=True, cache=True)
def _reindex(keys, used, size):  # type: ignore[no-untyped-def]
    index = np.full(size, -1, np.int32)
    for pair in range(used):
        index[_find(index, keys, keys[pair])] = pair
    return index


@njit(nogil=True, cache=True)
def _sift_up(i, keys, counts, pairs, heads):  # type: ignore[no-untyped-def]
    count, pair, head = counts[i], pairs[i], heads[i]
    while i > 0:
        up = (i - 1) >> 1
        if counts[up] > count or (counts[up] == count and keys[pairs[up]] <= keys[pair]):
            break
        counts[i], pairs[i], heads[i] = counts[up], pairs[up], heads[up]
        i = up
    counts[i], pairs[i], heads[i] = count, pair, head


@njit(nogil=True, cache=True)
def _sift_down(size, keys, counts, pairs, heads):  # type: ignore[no-untyped-def]
    """Moves the first entry down to where it belongs."""
    count, pair, head = counts[0], pairs[0], heads[0]
    i = 0
    while True:
        child = 2 * i + 1
        if child >= size:
            break
        other = child + 1
        if other < size and (
            counts[other] > counts[child]
            or (counts[other] == counts[child] and keys[pairs[other]] < keys[pairs[child]])
        ):
            child = other
        if count > counts[child] or (count == counts[child] and keys[pair] <= keys[pairs[child]]):
            break
        counts[i], pairs[i], heads[i] = counts[child], pairs[child], heads[child]
        i = child
    counts[i], pairs[i], heads[i] = count, pair, head


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
    included. least: lowest pair count merged. longest: a token has fewer bytes than this. texts: bytes no
    token may be equal to. Gives (left, right, new) int32 of each merge, token bytes and their offsets.
    """
    rank = np.empty(256, np.int32)
    for i in range(256):
        rank[alphabet[i]] = i
    words = len(starts)
    offsets = np.empty(words + 1, np.int64)
    offsets[0] = 0
    for w in range(words):
        offsets[w + 1] = offsets[w] + lengths[w]
    symbols = np.empty(offsets[words], np.int32)
    sizes = np.empty(words, np.int32)
    for w in range(words):
        sizes[w] = lengths[w]
        for i in range(lengths[w]):
            symbols[offsets[w] + i] = rank[data[starts[w] + i]]

    # Token bytes, and a table from bytes to id.
    arena = np.empty(max(1 << 16, 16 * tokens), np.uint8)
    token_starts = np.empty(tokens + 2, np.int64)
    table_size = 1024
    while table_size < 2 * tokens:
        table_size *= 2
    table = np.full(table_size, -1, np.int32)
    token_starts[0] = 0
    for i in range(256):
        arena[i] = alphabet[i]
        token_starts[i + 1] = i + 1
        table[_token_place(table, arena, token_starts, i, i + 1)] = i
    made = 256

    # Pairs: key, count, and the words they gain in the merge at hand as a list of nodes.
    pairs_used = 0
    keys = np.empty(1 << 16, np.uint64)
    totals = np.empty(1 << 16, np.int64)
    waiting = np.empty(1 << 16, np.int32)
    index = np.full(1 << 18, -1, np.int32)
    node_word = np.empty(1 << 16, np.int32)
    node_next = np.empty(1 << 16, np.int32)
    nodes_used, free = 0, np.int32(-1)
    touched = np.empty(1 << 12, np.int32)
    touched_used = 0

    queue_used = 0
    queue_count = np.empty(1 << 16, np.int64)
    queue_pair = np.empty(1 << 16, np.int32)
    queue_head = np.empty(1 << 16, np.int32)

    merges_used = 0
    left = np.empty(tokens, np.int32)
    right = np.empty(tokens, np.int32)
    new = np.empty(tokens, np.int32)

    # The first round counts the pairs of all words; every later one applies one merge.
    head = np.int32(-1)
    a, b, joined = np.int32(-1), np.int32(-1), np.int32(-1)
    first_round = True
    while True:
        word = 0 if first_round else (np.int64(node_word[head]) if head >= 0 else -1)
        while word >= 0:
            begin, size, amount = offsets[word], sizes[word], counts[word]
            out = 0
            i = 0
            while i < size:
                # Up to four changes of pair counts: two pairs go, two come.
                matched = not first_round and i + 1 < size and symbols[begin + i] == a
                matched = matched and symbols[begin + i + 1] == b
                for change in range(4):
                    if matched:
                        if change < 2:
                            if out == 0:
                                continue
                            p, q = symbols[begin + out - 1], (a if change == 0 else joined)
                        else:
                            if i + 2 >= size:
                                continue
                            p, q = (b if change == 2 else joined), symbols[begin + i + 2]
                        gained = change % 2 == 1
                    else:
                        if not first_round or change > 0 or i + 1 >= size:
                            break
                        p, q, gained = symbols[begin + i], symbols[begin + i + 1], True
                    if gained and longest > 0:
                        bytes_p = token_starts[p + 1] - token_starts[p]
                        if bytes_p + token_starts[q + 1] - token_starts[q] >= longest:
                            continue
                    key = np.uint64(p) << np.uint64(32) | np.uint64(q)
                    place = _find(index, keys, key)
                    pair = index[place]
                    if pair < 0:
                        if pairs_used == len(keys):
                            keys = _grow(keys, pairs_used + pairs_used // 2)
                            totals = _grow(totals, pairs_used + pairs_used // 2)
                            waiting = _grow(waiting, pairs_used + pairs_used // 2)
                        pair = np.int32(pairs_used)
                        keys[pair], totals[pair], waiting[pair] = key, 0, -1
                        index[place] = pair
                        pairs_used += 1
                        if 5 * pairs_used > 3 * len(index):
                            index = _reindex(keys, pairs_used, 2 * len(index))
                    if not gained:
                        totals[pair] -= amount
                        continue
                    totals[pair] += amount
                    before = waiting[pair]
                    if before >= 0 and node_word[before] == word:
                        continue
                    if free >= 0:
                        node = free
                        free = node_next[free]
                    else:
                        if nodes_used == len(node_word):
                            node_word = _grow(node_word, nodes_used + nodes_used // 2)
                            node_next = _grow(node_next, nodes_used + nodes_used // 2)
                        node = np.int32(nodes_used)
                        nodes_used += 1
                    node_word[node], node_next[node] = word, before
                    waiting[pair] = node
                    if before < 0:
                        if touched_used == len(touched):
                            touched = _grow(touched, 2 * touched_used)
                        touched[touched_used] = pair
                        touched_used += 1
                if matched:
                    symbols[begin + out] = joined
                    i += 2
                else:
                    symbols[begin + out] = symbols[begin + i]
                    i += 1
                out += 1
            sizes[word] = out
            if first_round:
                word = word + 1 if word + 1 < words else -1
            else:
                spent = head
                head = node_next[head]
                node_next[spent] = free
                free = spent
                word = np.int64(node_word[head]) if head >= 0 else -1
        first_round = False

        for k in range(touched_used):
            pair = touched[k]
            if totals[pair] > 0:
                if queue_used == len(queue_count):
                    queue_count = _grow(queue_count, queue_used + queue_used // 2)
                    queue_pair = _grow(queue_pair, queue_used + queue_used // 2)
                    queue_head = _grow(queue_head, queue_used + queue_used // 2)
                queue_count[queue_used] = totals[pair]
                queue_pair[queue_used] = pair
                queue_head[queue_used] = waiting[pair]
                queue_used += 1
                _sift_up(queue_used - 1, keys, queue_count, queue_pair, queue_head)
            waiting[pair] = -1
        touched_used = 0

        # The next merge.
        chosen = False
        while made < tokens and queue_used > 0 and not chosen:
            pair = queue_pair[0]
            if queue_count[0] != totals[pair]:
                queue_count[0] = totals[pair]
                _sift_down(queue_used, keys, queue_count, queue_pair, queue_head)
                continue
            if queue_count[0] < 1 or queue_count[0] < least:
                break
            head = queue_head[0]
            queue_used -= 1
            queue_count[0] = queue_count[queue_used]
            queue_pair[0] = queue_pair[queue_used]
            queue_head[0] = queue_head[queue_used]
            if queue_used > 0:
                _sift_down(queue_used, keys, queue_count, queue_pair, queue_head)
            a = np.int32(keys[pair] >> np.uint64(32))
            b = np.int32(keys[pair] & np.uint64(0xFFFFFFFF))
            end = token_starts[made]
            size_a = token_starts[a + 1] - token_starts[a]
            size_b = token_starts[b + 1] - token_starts[b]
            if end + size_a + size_b > len(arena):
                arena = _grow(arena, 2 * len(arena) + size_a + size_b)
            for i in range(size_a):
                arena[end + i] = arena[token_starts[a] + i]
            for i in range(size_b):
                arena[end + size_a + i] = arena[token_starts[b] + i]
            if _is_forbidden(arena, end, end + size_a + size_b, texts, text_offsets):
                continue
            place = _token_place(table, arena, token_starts, end, end + size_a + size_b)
            if table[place] < 0:
                table[place] = made
                token_starts[made + 1] = end + size_a + size_b
                made += 1
            joined = table[place]
            if merges_used == len(left):
                left = _grow(left, 2 * merges_used)
                right = _grow(right, 2 * merges_used)
                new = _grow(new, 2 * merges_used)
            left[merges_used], right[merges_used], new[merges_used] = a, b, joined
            merges_used += 1
            chosen = True
        if not chosen:
            break
    return (
        left[:merges_used].copy(),
        right[:merges_used].copy(),
        new[:merges_used].copy(),
        arena[: token_starts[made]].copy(),
        token_starts[: made + 1].copy(),
    )
