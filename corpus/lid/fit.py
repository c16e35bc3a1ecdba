"""Fit the embeddings of the features: which text is drawn how often, and the contests of close languages."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from corpus.kernels import lid as kernel
from corpus.kernels import lid_train as train_kernel
from corpus.languages import UNDETERMINED
from corpus.lid.gather import SEED, TONAL, Text, is_wanted
from corpus.lid.options import TrainOptions
from corpus.lid.relatives import CLOSE

__all__ = ["fit"]


def fit(
    text: Text,
    fold: NDArray[np.uint16],
    plain: NDArray[np.uint16],
    prints: NDArray[np.uint16],
    options: TrainOptions,
) -> tuple[NDArray[np.float32], NDArray[np.float32], float]:
    """(embeddings by slot, weights of labels, mean loss of the last tenth): float32 [slots, D] and [L, D]."""
    generator = np.random.Generator(np.random.PCG64(SEED))
    start = generator.uniform(-1, 1, (prints.size, kernel.WIDTH)) / kernel.WIDTH
    table: NDArray[np.float32] = np.asarray(start, np.float32)
    output = np.zeros((len(text.labels), kernel.WIDTH), np.float32)
    sizes = np.array(
        [
            (text.ends[first:last] - text.starts[first:last]).sum()
            for first, last in zip(text.cell_offsets[:-1], text.cell_offsets[1:], strict=True)
        ],
        np.float64,
    )
    weight = np.sqrt(np.clip(sizes, 1, 400_000))
    total = np.bincount(text.cell_labels, weight)
    wanted = np.array([1.0 if is_wanted(label) else options.other_weight for label in text.labels])
    # little text, drawn too often, is learned by heart
    label_bytes = np.bincount(text.cell_labels, sizes)
    wanted *= np.minimum(1.0, np.sqrt(label_bytes / 60_000))
    wanted[[label == UNDETERMINED for label in text.labels]] = options.pseudo_weight
    weight *= wanted[text.cell_labels] / total[text.cell_labels]
    cumulative = np.cumsum(weight / weight.sum())
    items = np.arange(text.starts.size, dtype=np.int64)
    plain_shares = np.array(
        [options.toneless_share if label in TONAL else options.plain_share for label in text.labels]
    )[text.cell_labels]
    duels, duel_cumulative, members, offsets = _duels(text, sizes)
    duel_share = options.duel_share if duels.size else 0.0
    loss = train_kernel.train(
        text.data, text.starts, text.ends, items, text.cell_offsets, text.cell_labels, cumulative,
        np.stack([fold, plain]), plain_shares, prints, np.uint64(64 - options.slot_bits), table, output,
        options.steps, options.rate, options.shortest, options.longest, np.array([SEED], np.uint64),
        duel_share, duels, duel_cumulative, members, offsets, options.least_kept,
    )  # fmt: skip
    return table, output, float(loss)


def _duels(
    text: Text, sizes: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """(cells, cumulative weight, labels in play, offsets into those by cell) for close languages.

    Mostly within a source that has several of a group: a topic or a style cannot tell them apart there, so
    what is learned is the language. A part also across sources, since not every pair shares one.
    """
    number = {label: index for index, label in enumerate(text.labels)}
    cells: list[int] = []
    weights: list[float] = []
    members: list[list[int]] = []

    def add(found: list[int], factor: float) -> None:
        labels = sorted({int(text.cell_labels[cell]) for cell in found})
        if len(labels) < 2 or not any(is_wanted(text.labels[label]) for label in labels):
            return
        for label in labels:
            own = [cell for cell in found if text.cell_labels[cell] == label]
            least = min(sum(sizes[c] for c in found if text.cell_labels[c] == other) for other in labels)
            for cell in own:
                cells.append(cell)
                weights.append(factor * float(np.sqrt(min(least, 300_000.0))) / len(own))
                members.append(labels)

    for group in CLOSE:
        close = {number[label] for label in group if label in number}
        inside = [cell for cell in range(text.cell_labels.size) if int(text.cell_labels[cell]) in close]
        for source in sorted({text.cell_sources[cell] for cell in inside}):
            add([cell for cell in inside if text.cell_sources[cell] == source], 1.0)
        add(inside, 0.7)
    flat = [label for labels in members for label in labels]
    offsets = np.concatenate([[0], np.cumsum([len(labels) for labels in members])]).astype(np.int64)
    cumulative = np.cumsum(np.array(weights, np.float64) / max(sum(weights), 1e-9))
    return np.array(cells, np.int64), cumulative, np.array(flat, np.int64), offsets
