"""Which features get a row of the table: those a language uses more than the others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from corpus.kernels import lid as kernel
from corpus.languages import UNDETERMINED
from corpus.lid.gather import CHUNK, TONAL, Text, is_wanted
from corpus.lid.options import TrainOptions

__all__ = ["place", "vocabulary"]


def vocabulary(
    text: Text, fold: NDArray[np.uint16], plain: NDArray[np.uint16], options: TrainOptions
) -> NDArray[np.uint64]:
    """Hashes of the features worth a row, best first."""
    scratch = np.empty(CHUNK * 8 + 64, np.uint64)
    grams: list[NDArray[np.uint64]] = []
    shares: list[NDArray[np.float32]] = []
    for label in range(len(text.labels)):
        cells = np.flatnonzero(text.cell_labels == label)
        if text.labels[label] == UNDETERMINED:
            cells = cells[:0]  # invented words are no features
        found, weights = [], []
        for cell in cells:
            parts, size = [], 0
            first, last = text.cell_offsets[cell], text.cell_offsets[cell + 1]
            # every k-th chunk, so that a long source is read throughout
            length = int((text.ends[first:last] - text.starts[first:last]).sum())
            stride = max(1, length * len(cells) // options.vocabulary_bytes)
            for chunk in range(first, last, stride):
                toneless = text.labels[label] in TONAL and (chunk // stride) % 5 < 2
                used = plain if toneless else fold
                n = kernel.hashes(text.data, text.starts[chunk], text.ends[chunk], used, scratch)
                parts.append(scratch[:n].copy())
                size += n
            if size:
                found.append(np.concatenate(parts))
                # a source counts with the square root of its size: breadth before volume
                weights.append(np.sqrt(size))
        if not found:
            grams.append(np.zeros(0, np.uint64))
            shares.append(np.zeros(0, np.float32))
            continue
        unique, counts, share = _share(found, weights)
        share /= share.sum()
        keep = counts >= 2
        grams.append(unique[keep])
        shares.append(share[keep])
    everything = np.concatenate(grams)
    share = np.concatenate(shares)
    owner = np.repeat(np.arange(len(grams)), [len(gram) for gram in grams])
    unique, inverse = np.unique(everything, return_inverse=True)
    # weight of a language in the background: the wanted count as much as all others together
    weight = np.array([1.0 if is_wanted(label) else 0.3 for label in text.labels])
    background = np.bincount(inverse, share * weight[owner]) / weight.sum()
    score = share * np.log(share / background[inverse])
    best = np.zeros(unique.size, np.float64)
    bounds = np.concatenate([[0], np.cumsum([len(gram) for gram in grams])])
    for label in range(len(grams)):
        part = slice(bounds[label], bounds[label + 1])
        wanted = options.wanted_features if is_wanted(text.labels[label]) else options.other_features
        order = np.argsort(-score[part], kind="stable")[:wanted]
        order = order[score[part][order] > 0]
        # rank, not score, so that every language gets its share of the table
        rank = 1.0 / (1.0 + np.arange(order.size) / wanted)
        np.maximum.at(best, inverse[part][order], rank + 1e-3 * score[part][order])
    chosen = np.flatnonzero(best)
    return unique[chosen[np.argsort(-best[chosen], kind="stable")]]


def _share(
    found: list[NDArray[np.uint64]], weights: list[float]
) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.float32]]:
    """Features of a language, their counts, and their share: the squared mean over sources of its root.

    The mean of roots favours what all sources have over what one has often, which is its topic.
    """
    unique, inverse = np.unique(np.concatenate(found), return_inverse=True)
    counts = np.bincount(inverse)
    root = np.zeros(unique.size, np.float64)
    start = 0
    for part, weight in zip(found, weights, strict=True):
        own = np.bincount(inverse[start : start + part.size], minlength=unique.size)
        root += weight / sum(weights) * np.sqrt(own / part.size)
        start += part.size
    return unique, counts, (root**2).astype(np.float32)


def place(hashes: NDArray[np.uint64], slot_bits: int) -> NDArray[np.uint16]:
    """Fingerprints by slot: two places for each hash; who comes later and finds both taken is left out."""
    prints = np.zeros(1 << slot_bits, np.uint16)
    slots = (hashes >> np.uint64(64 - slot_bits)).astype(np.int64) & ~1
    marks = ((hashes >> np.uint64(24)) & np.uint64(0xFFFF) | np.uint64(1)).astype(np.uint16)
    for slot, mark in zip(slots.tolist(), marks.tolist(), strict=True):
        if prints[slot] == 0:
            prints[slot] = mark
        elif prints[slot] != mark and prints[slot + 1] == 0:
            prints[slot + 1] = mark
    return prints
