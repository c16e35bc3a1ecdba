"""Add languages to a model from text of them alone, where the text the model was trained on is not to be had.

The features and the languages of the model stay as they are; a new language is one more row of `output`,
fitted by logistic regression against all others. What those look like is replayed from the model itself:
windows are drawn for each label from the features that speak for it, P(feature | label) in proportion to
P(label | feature) (generative replay, Shin et al. 2017, arXiv 1705.08690). Text of languages the model has is
used as what the new ones are not. The commonest words of the new languages join the lexicon.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.errors import SourceError
from corpus.kernels import lid as kernel
from corpus.languages import UNDETERMINED
from corpus.lid.characters import character_tables
from corpus.lid.clean import clean
from corpus.lid.gather import SEED, Text, gather
from corpus.lid.labels import to_bcp47
from corpus.lid.lexicon import with_language
from corpus.lid.model import SHIPPED, Model, load, save
from corpus.lid.score import windows
from corpus.lid.text import read_items
from corpus.lid.train import common_words, profile

__all__ = ["Extension", "extend"]

#: Text of a new language, bytes, at least. With 6 kB 19 of 20 sentences were found.
LEAST_BYTES = 4_000
#: Bytes of the windows a new language is learned from, about a sentence.
_WINDOW = 200
#: Windows replayed for each label, and features in one.
_REPLAYED, _FEATURES = 40, 80
#: What all text of a new language counts as, in windows. More finds a little more of it and takes
#: its relatives along: of 11,468 texts in languages of `corpus` 217 became Lunyole with 40, 13 with 8.
_WEIGHT = 8.0
_PENALTY = 0.1
_ROUNDS, _ENOUGH = 60, 1e-5
#: Windows looked at of a label, about.
_MOST = 5_000
#: Every so many-th window is held out for the figures.
_HELD_OUT = 5


class Extension(NamedTuple):
    """What came out: of each new language the share of held-out windows (200 bytes) that were found."""

    found: dict[str, float]
    text_bytes: int
    path: Path


class _Sample(NamedTuple):
    """Windows as the model sees them: mean rows float64 [n, D], and what each counts, float64 [n]."""

    rows: NDArray[np.float64]
    weight: NDArray[np.float64]


def extend(
    inputs: Sequence[Path], output: Path, base: Path = SHIPPED, exclude_sources: Collection[str] = ()
) -> Extension:
    """Write the model `base` with the languages of these files added (see `corpus.lid.text`) to `output`.

    Raises SourceError where a file is wrong, no language is new, or a new one has too little text, a script
    that the model does not know, or a label that is not BCP-47.
    """
    model = load(base)
    items = [item for path in inputs for item in read_items(path) if item.source not in exclude_sources]
    text = gather(clean(items))
    new = [label for label in text.labels if label not in model.labels and label != UNDETERMINED]
    if not new:
        raise SourceError("lid train", f"has no language that {base.name} lacks, so there is nothing to add")
    own = {label: _windows(model, text, text.labels.index(label)) for label in text.labels}
    sizes = {label: _size(text, text.labels.index(label)) for label in new}
    for label in new:
        if (code := to_bcp47(label)) != label:
            raise SourceError("lid train", f"has the label '{label}', which is '{code}' in BCP-47")
        if sizes[label] < LEAST_BYTES:
            raise SourceError(
                "lid train", f"has {sizes[label]} bytes of '{label}'; a new language needs {LEAST_BYTES}"
            )
        if len(own[label]) < min(sizes[label] // _WINDOW, _MOST) // 2:
            raise SourceError(
                "lid train",
                f"{base.name} does not know the script of '{label}'; train a model of its own",
            )
    replayed = _replay(model)
    found: dict[str, float] = {}
    weights = model.output
    for label in new:
        others = [_Sample(rows, _even(len(rows), _REPLAYED)) for name, rows in own.items() if name != label]
        rest = _joined([replayed, *others])
        held_out = np.arange(len(own[label])) % _HELD_OUT == 0
        trial = _fit(model, weights, own[label][~held_out], rest)
        seen = own[label][held_out]
        found[label] = float((seen @ trial > (seen @ weights.T).max(1)).mean())
        weights = np.vstack([weights, _fit(model, weights, own[label], rest)]).astype(np.float32)
    save(_with(model, text, new, weights), output)
    return Extension(found, sum(sizes.values()), output)


def _size(text: Text, label: int) -> int:
    cells = np.flatnonzero(text.cell_labels == label)
    return int(
        sum(text.ends[text.cell_offsets[c + 1] - 1] - text.starts[text.cell_offsets[c]] for c in cells)
    )


def _windows(model: Model, text: Text, label: int) -> NDArray[np.float64]:
    """The mean rows of the windows of a label that have features the model knows."""
    parts = []
    for cell in np.flatnonzero(text.cell_labels == label).tolist():
        chunks = slice(text.cell_offsets[cell], text.cell_offsets[cell + 1])
        offsets = np.append(text.starts[chunks], text.ends[chunks][-1])
        starts, ends, _ = windows(text.data, offsets, _WINDOW)
        sums, known, _ = kernel.embed(
            text.data, starts, ends, model.fold, model.prints, model.shift, model.table
        )
        parts.append(sums[known > 0] * model.scale / known[known > 0, None])
    rows = np.concatenate(parts).astype(np.float64)
    return rows[:: max(1, len(rows) // _MOST)]


def _replay(model: Model) -> _Sample:
    """Windows as text of each label would look, drawn from the features that speak for it."""
    generator = np.random.Generator(np.random.PCG64(SEED))
    features = model.table[model.prints > 0].astype(np.float32) * np.float32(model.scale)
    total = np.empty(len(features), np.float32)
    for start in range(0, len(features), 8192):  # all at once would be 400 MB
        part = features[start : start + 8192] @ model.columns
        total[start : start + 8192] = np.logaddexp.reduce(part, axis=1)
    rows = []
    for weights in model.output:
        cumulative = np.cumsum(np.exp((features @ weights - total).astype(np.float64)))
        drawn = generator.random((_REPLAYED, _FEATURES)) * cumulative[-1]
        rows.append(features[np.searchsorted(cumulative, drawn)].mean(1))
    found = np.concatenate(rows).astype(np.float64)
    return _Sample(found, np.ones(len(found)))


def _even(count: int, total: float) -> NDArray[np.float64]:
    return np.full(count, total / max(count, 1))


def _joined(samples: Sequence[_Sample]) -> _Sample:
    return _Sample(np.concatenate([s.rows for s in samples]), np.concatenate([s.weight for s in samples]))


def _fit(
    model: Model, weights: NDArray[np.float32], own: NDArray[np.float64], rest: _Sample
) -> NDArray[np.float64]:
    """The row of one more language beside the others: penalised logistic regression by Newton's method."""
    sample = _joined([rest, _Sample(own, _even(len(own), _WEIGHT))])
    first, second = model.calibration
    temperature = first + second * np.log(_FEATURES)
    rows = sample.rows / temperature
    others = np.logaddexp.reduce(rows @ weights.T.astype(np.float64), axis=1)
    is_own = np.arange(len(rows)) >= len(rest.rows)
    side = np.where(is_own, 1.0, -1.0)

    def loss(row: NDArray[np.float64]) -> float:
        cost = np.logaddexp(0, side * (others - rows @ row))
        return float(sample.weight @ cost + _PENALTY / 2 * row @ row)

    row = np.zeros(rows.shape[1])
    best = loss(row)
    for _ in range(_ROUNDS):
        p = 1 / (1 + np.exp(np.clip(others - rows @ row, -40, 40)))
        slope = rows.T @ (sample.weight * (p - is_own)) + _PENALTY * row
        curve = (rows * (sample.weight * p * (1 - p))[:, None]).T @ rows + _PENALTY * np.eye(row.size)
        step = np.linalg.solve(curve, slope)
        while (next_loss := loss(row - step)) > best and np.abs(step).max() > _ENOUGH:
            step /= 2
        if np.abs(step).max() <= _ENOUGH:
            break
        row, best = row - step, next_loss
    return np.asarray(np.round(row, 3), np.float64)  # the last digits depend on the machine


def _with(model: Model, text: Text, new: Sequence[str], weights: NDArray[np.float32]) -> Model:
    fold, plain, script_of = character_tables()
    allowed, usual = profile(text, fold, script_of, model.prints, model.table)
    own = [text.labels.index(label) for label in new]
    lexicon = model.lexicon
    for label, number in zip(new, own, strict=True):
        lexicon = with_language(lexicon, label, common_words(text, number, fold, plain))
    added = [{"languages": list(new), "sources": text.about}]
    return replace(
        model,
        labels=(*model.labels, *new),
        output=weights,
        allowed=np.vstack([model.allowed, allowed[own]]),
        usual=np.append(model.usual, usual[own]),
        lexicon=lexicon,
        about={**model.about, "added": [*model.about.get("added", []), *added]},
    )
