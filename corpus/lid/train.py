"""Train a language-identification model from labelled text; two cores, minutes, the same bytes every time.

Three passes over the text, none of them parallel: the features each language uses more than the others
(weighted log ratio) become the vocabulary; a linear softmax classifier over 32-dimensional feature
embeddings is fitted by plain SGD (as fastText does, Joulin et al. 2016, arXiv 1607.01759, over our own
features, windows and sampling); the embeddings are rounded to int8.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.errors import SourceError, StorageError
from corpus.kernels import lid as kernel
from corpus.kernels import lid_heads as head_kernel
from corpus.kernels import lid_survey as lexicon_kernel
from corpus.kernels import lid_train as train_kernel
from corpus.lid.characters import SCRIPTS, character_tables
from corpus.lid.clean import clean
from corpus.lid.fit import fit
from corpus.lid.gather import CHUNK, TONAL, Text, even, gather, is_wanted
from corpus.lid.heads import BOUND, EVEN_BOUND, PAIRS, aligned, contrast
from corpus.lid.lexicon import Lexicon
from corpus.lid.lexicon import build as build_lexicon
from corpus.lid.model import Heads, Model, save
from corpus.lid.options import TrainOptions
from corpus.lid.respell import ALIGNED, RESPELLED, respelled
from corpus.lid.text import read_items
from corpus.lid.vocabulary import place, vocabulary

__all__ = ["TrainOptions", "Training", "common_words", "profile", "train"]

#: Text of a source read for the lexicon; a source with fewer words than the least is left out of it.
_LEXICON_BYTES = 400_000
_LEXICON_LEAST = 30
#: Text of a source read for the heads of close pairs.
_HEAD_BYTES = 300_000


class Training(NamedTuple):
    """What came out: counts for people, the model on disk."""

    languages: int
    text_bytes: int
    features: int
    loss: float
    path: Path


def train(
    inputs: Sequence[Path],
    output: Path,
    options: TrainOptions | None = None,
    exclude_sources: Collection[str] = (),
) -> Training:
    """Train on labelled text files (see `corpus.lid.text`) and write the model to `output`.

    Labels are BCP-47; a language is added by giving text of it. Raises SourceError where a file is wrong
    or fewer than two languages have text, StorageError where the folder of `output` is not there.
    """
    if not output.parent.is_dir():
        raise StorageError(f"{output}: there is no such folder to write to")
    options = options or TrainOptions()
    items = [item for path in inputs for item in read_items(path) if item.source not in exclude_sources]
    text = gather(clean(items))
    del items
    if len(text.labels) < 2:
        raise SourceError("lid train", "needs text of at least two languages")
    fold, plain, script_of = character_tables()
    hashes = vocabulary(text, fold, plain, options)
    prints = place(hashes, options.slot_bits)
    table, weights, loss = fit(text, fold, plain, prints, options)
    scale = float(np.abs(table).max()) / 127.0
    # Rows beyond the clip are rare; clipping at 6 standard deviations keeps the small values apart.
    scale = min(scale, 6.0 * float(table[prints > 0].std()) / 127.0)
    small = np.clip(np.rint(table / scale), -127, 127).astype(np.int8)
    small[prints == 0] = 0
    allowed, usual = profile(text, fold, script_of, prints, small)
    model = Model(
        labels=text.labels,
        scripts=SCRIPTS,
        fold=fold,
        script_of=script_of,
        han=text.han,
        prints=prints,
        table=small,
        output=weights,
        allowed=allowed,
        usual=usual,
        heads=_heads(text, fold, plain),
        scale=scale,
        calibration=options.calibration,
        lexicon=_lexicon(text, fold, plain),
        about={"sources": text.about, "loss": round(loss, 4), "steps": options.steps},
    )
    save(model, output)
    return Training(len(text.labels), int(text.data.size), int((prints > 0).sum()), loss, output)


def _heads(text: Text, fold: NDArray[np.uint16], plain: NDArray[np.uint16]) -> Heads:
    """The heads of the close pairs that have text."""
    number = {label: index for index, label in enumerate(text.labels)}
    pairs = [pair for pair in PAIRS if all(label in number for label in pair)]
    counts: dict[str, dict[str, NDArray[np.float32]]] = defaultdict(dict)
    cells: dict[tuple[str, str], list[bytes]] = {}
    for name in sorted({label for pair in pairs for label in pair}):
        # tone marks say which source it is
        used = plain if name in TONAL else fold
        for cell in np.flatnonzero(text.cell_labels == number[name]).tolist():
            chunks = even(text, cell, _HEAD_BYTES)
            starts, ends = text.starts[chunks], text.ends[chunks]
            counts[name][text.cell_sources[cell]] = head_kernel.count(text.data, starts, ends, used)
            if name in RESPELLED and text.cell_sources[cell] != ALIGNED:
                parts = zip(starts.tolist(), ends.tolist(), strict=True)
                cells[name, text.cell_sources[cell]] = [text.data[a:b].tobytes() for a, b in parts]
    for (name, source), found in respelled(cells).items():
        ends = np.cumsum([len(chunk) for chunk in found]).astype(np.int64)
        starts = np.concatenate([[0], ends[:-1]]).astype(np.int64)
        made = head_kernel.count(np.frombuffer(b"".join(found), np.uint8), starts, ends, plain)
        counts[name][source] = made + counts[name].get(source, np.float32(0))
    weights = np.zeros((len(pairs), head_kernel.BUCKETS), np.float32)
    for row, (first, second) in enumerate(pairs):
        bound = EVEN_BOUND if {first, second} == RESPELLED else BOUND
        weights[row] = contrast(counts[first], counts[second], bound)
        if {first, second} == RESPELLED and ALIGNED in counts[first].keys() & counts[second].keys():
            weights[row] += aligned(counts[first][ALIGNED], counts[second][ALIGNED])
    scale = max(float(np.abs(weights).max(initial=0.0)), 1e-6) / 127.0
    numbers = tuple((number[first], number[second]) for first, second in pairs)
    return Heads(numbers, np.rint(weights / scale).astype(np.int8), scale)


def _lexicon(text: Text, fold: NDArray[np.uint16], plain: NDArray[np.uint16]) -> Lexicon:
    """The common words of the languages of `corpus`, from an even choice of the chunks of each source."""
    found: dict[str, list[list[NDArray[np.uint64]]]] = {}
    for label, name in enumerate(text.labels):
        if not is_wanted(name) or name == "zh":
            continue  # Chinese is written without spaces: a line is no word
        if words := common_words(text, label, fold, plain):
            found[name] = words
    return build_lexicon(found)


def common_words(
    text: Text, label: int, fold: NDArray[np.uint16], plain: NDArray[np.uint16]
) -> list[list[NDArray[np.uint64]]]:
    """Hashes of the words of each source of a label, as people write and, with tone marks, as they type."""
    found = []
    scratch = np.empty(CHUNK, np.uint64)
    for cell in np.flatnonzero(text.cell_labels == label).tolist():
        chunks = even(text, cell, _LEXICON_BYTES)
        forms = []
        # common words stand in running text with their marks, in messages without them
        for used in (fold, plain) if text.labels[label] in TONAL else (fold,):
            parts = []
            for chunk in chunks:
                n = lexicon_kernel.words(text.data, text.starts[chunk], text.ends[chunk], used, scratch)
                parts.append(scratch[:n].copy())
            forms.append(np.concatenate(parts))
        if forms[0].size > _LEXICON_LEAST:
            found.append(forms)
    return found


def profile(
    text: Text,
    fold: NDArray[np.uint16],
    script_of: NDArray[np.uint8],
    prints: NDArray[np.uint16],
    table: NDArray[np.int8],
) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """Which scripts each label is written in (30 % of its letters), and its usual share of known features."""
    count = len(text.labels)
    letters = np.zeros((count, len(SCRIPTS)), np.float64)
    usual = np.zeros(count, np.float32)
    shift = np.uint64(64 - int(prints.size).bit_length() + 1)
    for label in range(count):
        chunks = np.concatenate(
            [
                np.linspace(text.cell_offsets[cell], text.cell_offsets[cell + 1] - 1, 60).astype(np.int64)
                for cell in np.flatnonzero(text.cell_labels == label)
            ]
        )
        starts, ends = text.starts[chunks], text.ends[chunks]
        found, _, _ = train_kernel.histogram(
            text.data, starts, ends, script_of, len(SCRIPTS), np.zeros(65536, np.int8)
        )
        letters[label] = found.sum(0)
        _, known, features = kernel.embed(text.data, starts, ends, fold, prints, shift, table)
        usual[label] = np.median(known / np.maximum(features, 1))
    letters[:, 0] = 0
    share = letters / np.maximum(letters.sum(1, keepdims=True), 1)
    return share >= 0.3, usual
