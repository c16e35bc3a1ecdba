"""Train a language-identification model from labelled text; two cores, minutes, the same bytes every time.

Three passes over the text, none of them parallel: the features each language uses more than the others
(weighted log ratio) become the vocabulary; a linear softmax classifier over 32-dimensional feature
embeddings is fitted by plain SGD (as fastText does, Joulin et al. 2016, arXiv 1607.01759, over our own
features, windows and sampling); the embeddings are rounded to int8.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.errors import SourceError
from corpus.kernels import lid as kernel
from corpus.kernels import lid_survey as lexicon_kernel
from corpus.languages import LANGUAGES, UNDETERMINED, is_code
from corpus.lid.characters import SCRIPTS, character_tables
from corpus.lid.clean import clean
from corpus.lid.heads import PAIRS, LeftOut, contrast, offset
from corpus.lid.labels import canonical
from corpus.lid.lexicon import Lexicon
from corpus.lid.lexicon import build as build_lexicon
from corpus.lid.model import Heads, Model, save
from corpus.lid.pseudo import shifted
from corpus.lid.relatives import CLOSE
from corpus.lid.text import Item, read_items

__all__ = ["TrainOptions", "Training", "train"]

_CHUNK = 1500
_SEED = 0x5DEECE66D
#: Languages whose tone marks or dotted vowels people mostly leave out (news, messages), as labels.
_TONAL = frozenset({"ak", "bm", "ee", "fon", "ig", "ki", "lg", "ln", "ny", "rn", "rw", "sn", "yo"})
#: Where invented languages come from: scripts that many languages share.
_PSEUDO_SCRIPTS = frozenset({"Latn", "Deva", "Arab"})
_PSEUDO_CHUNKS = 60
#: Text of a source read for the lexicon; a source with fewer words than the least is left out of it.
_LEXICON_BYTES = 400_000
_LEXICON_LEAST = 30
#: Text of a source read for the heads of close pairs.
_HEAD_BYTES = 300_000
#: Windows of a left-out source a head is balanced on, their bytes, and features (20 kB) of one that counts.
_HEAD_WINDOWS, _HEAD_WINDOW, _HEAD_LEAST = 60, 200, 100_000


@dataclass(frozen=True)
class TrainOptions:
    """Size and effort.

    slot_bits        log2 of the rows of the feature table
    steps            windows seen in training
    rate             learning rate at the start; falls to 0 linearly
    wanted_features  features taken for each language of `corpus` and, third part, for each other language
    other_weight     how often another language is drawn, against 1 for a language of `corpus`
    plain_share      share of windows read without diacritics, as people type; toneless_share where the
                     language's tone marks are mostly left out
    pseudo_weight    how often text of invented languages is drawn, as `und`, against 1 for a language
    duel_share       share of steps that only tell a close group apart, in a source that has several of it
    least_kept       smallest share of a window's features a step looks at
    vocabulary_bytes text of one language looked at for the vocabulary
    shortest, longest  window lengths in bytes
    calibration      temperature = a + b * log(features); measured on sources left out of training
    """

    slot_bits: int = 18
    steps: int = 700_000
    rate: float = 2.0
    wanted_features: int = 6000
    other_features: int = 800
    other_weight: float = 0.25
    plain_share: float = 0.08
    toneless_share: float = 0.4
    pseudo_weight: float = 6.0
    duel_share: float = 0.15
    least_kept: float = 0.35
    vocabulary_bytes: int = 600_000
    shortest: int = 24
    longest: int = 640
    calibration: tuple[float, float] = (0.8, 0.0)


class Training(NamedTuple):
    """What came out: counts for people, the model on disk."""

    languages: int
    text_bytes: int
    features: int
    loss: float
    path: Path


class _Text(NamedTuple):
    """Chunks of all text, grouped in cells: a cell is a label in a source."""

    data: NDArray[np.uint8]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    labels: tuple[str, ...]
    cell_labels: NDArray[np.int64]
    cell_sources: tuple[str, ...]
    cell_offsets: NDArray[np.int64]
    han: NDArray[np.int8]
    about: dict[str, dict[str, object]]


def train(
    inputs: Sequence[Path],
    output: Path,
    options: TrainOptions | None = None,
    exclude_sources: Collection[str] = (),
) -> Training:
    """Train on labelled text files (see `corpus.lid.text`) and write the model to `output`.

    Labels are BCP-47; a language is added by giving text of it. Raises SourceError where a file is wrong
    or fewer than two languages have text.
    """
    options = options or TrainOptions()
    items = [item for path in inputs for item in read_items(path) if item.source not in exclude_sources]
    text = _gather(clean(items))
    del items
    if len(text.labels) < 2:
        raise SourceError("lid train", "needs text of at least two languages")
    fold, plain, script_of = character_tables()
    hashes = _vocabulary(text, fold, plain, options)
    prints = _place(hashes, options.slot_bits)
    table, weights, loss = _fit(text, fold, plain, prints, options)
    scale = float(np.abs(table).max()) / 127.0
    # Rows beyond the clip are rare; clipping at 6 standard deviations keeps the small values apart.
    scale = min(scale, 6.0 * float(table[prints > 0].std()) / 127.0)
    small = np.clip(np.rint(table / scale), -127, 127).astype(np.int8)
    small[prints == 0] = 0
    allowed, usual = _profile(text, fold, script_of, prints, small)
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


def _gather(items: Iterable[Item]) -> _Text:
    cells: dict[tuple[str, str], list[bytes]] = defaultdict(list)
    about: dict[str, dict[str, object]] = {}
    hans, hant = np.zeros(65536, np.int64), np.zeros(65536, np.int64)
    for item in items:
        data = item.text.encode("utf-8", "ignore")
        cells[canonical(item.language), item.source].extend(_chunks(data))
        entry = about.setdefault(item.source, {"licence": item.licence, "bytes": 0})
        entry["bytes"] = int(str(entry["bytes"])) + len(data)
        if item.language in ("zh-Hans", "zh-Hant"):
            codes = np.frombuffer(item.text.encode("utf-16-le", "ignore"), "<u2")
            (hans if item.language == "zh-Hans" else hant)[:] += np.bincount(codes, minlength=65536)
    invented = _invented(cells)
    if invented:
        cells[UNDETERMINED, "invented"] = invented
    labels = tuple(sorted({label for label, _ in cells}))
    number = {label: index for index, label in enumerate(labels)}
    order = sorted(cells)
    chunks = [chunk for key in order for chunk in cells[key]]
    sizes = np.fromiter((len(chunk) for chunk in chunks), np.int64, len(chunks))
    ends = np.cumsum(sizes)
    return _Text(
        data=np.frombuffer(b"".join(chunks), np.uint8),
        starts=ends - sizes,
        ends=ends,
        labels=labels,
        cell_labels=np.array([number[label] for label, _ in order], np.int64),
        cell_sources=tuple(source for _, source in order),
        cell_offsets=np.concatenate([[0], np.cumsum([len(cells[key]) for key in order])]).astype(np.int64),
        han=_han_balance(hans, hant),
        about={source: about[source] for source in sorted(about)},
    )


def _invented(cells: dict[tuple[str, str], list[bytes]]) -> list[bytes]:
    """Chunks of invented languages, from an even choice of the text of each language of `corpus`."""
    scripts = {canonical(code): language.script for code, language in LANGUAGES.items()}
    chosen: list[bytes] = []
    for label, source in sorted(cells):
        if scripts.get(label, "") in _PSEUDO_SCRIPTS:
            chunks = cells[label, source]
            chosen += chunks[:: max(1, len(chunks) // _PSEUDO_CHUNKS)]
    return list(shifted(chosen, _SEED))


def _chunks(data: bytes) -> list[bytes]:
    """Pieces of at most 1,500 bytes, cut at a space where there is one, else at a character."""
    pieces, start = [], 0
    while len(data) - start > _CHUNK:
        cut = data.rfind(b" ", start + _CHUNK // 2, start + _CHUNK)
        if cut < 0:
            cut = start + _CHUNK
            while cut > start and data[cut] & 0xC0 == 0x80:
                cut -= 1
        pieces.append(data[start:cut])
        start = cut
    pieces.append(data[start:])
    return pieces


def _han_balance(hans: NDArray[np.int64], hant: NDArray[np.int64]) -> NDArray[np.int8]:
    """Log odds (in eighths) of Simplified against Traditional; 0 for characters that both use."""
    if not hans.sum() or not hant.sum():
        return np.zeros(65536, np.int8)
    p = (hans + 0.25) / (hans.sum() + 0.25)
    q = (hant + 0.25) / (hant.sum() + 0.25)
    odds = np.log(p / q)
    # Below e^2 the difference is one of topic, not of script.
    odds[(np.abs(odds) < 2.0) | (hans + hant < 2)] = 0
    odds[:0x3400] = 0
    odds[0xA000:] = 0
    return np.asarray(np.clip(np.rint(odds * 8), -127, 127), np.int8)


def _is_wanted(label: str) -> bool:
    return any(canonical(code) == label for code in LANGUAGES if not is_code(code))


def _vocabulary(
    text: _Text, fold: NDArray[np.uint16], plain: NDArray[np.uint16], options: TrainOptions
) -> NDArray[np.uint64]:
    """Hashes of the features worth a row, best first."""
    scratch = np.empty(_CHUNK * 8 + 64, np.uint64)
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
                toneless = text.labels[label] in _TONAL and (chunk // stride) % 5 < 2
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
    weight = np.array([1.0 if _is_wanted(label) else 0.3 for label in text.labels])
    background = np.bincount(inverse, share * weight[owner]) / weight.sum()
    score = share * np.log(share / background[inverse])
    best = np.zeros(unique.size, np.float64)
    bounds = np.concatenate([[0], np.cumsum([len(gram) for gram in grams])])
    for label in range(len(grams)):
        part = slice(bounds[label], bounds[label + 1])
        wanted = options.wanted_features if _is_wanted(text.labels[label]) else options.other_features
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


def _place(hashes: NDArray[np.uint64], slot_bits: int) -> NDArray[np.uint16]:
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


def _fit(
    text: _Text,
    fold: NDArray[np.uint16],
    plain: NDArray[np.uint16],
    prints: NDArray[np.uint16],
    options: TrainOptions,
) -> tuple[NDArray[np.float32], NDArray[np.float32], float]:
    generator = np.random.Generator(np.random.PCG64(_SEED))
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
    wanted = np.array([1.0 if _is_wanted(label) else options.other_weight for label in text.labels])
    # little text, drawn too often, is learned by heart
    label_bytes = np.bincount(text.cell_labels, sizes)
    wanted *= np.minimum(1.0, np.sqrt(label_bytes / 60_000))
    wanted[[label == UNDETERMINED for label in text.labels]] = options.pseudo_weight
    weight *= wanted[text.cell_labels] / total[text.cell_labels]
    cumulative = np.cumsum(weight / weight.sum())
    items = np.arange(text.starts.size, dtype=np.int64)
    plain_shares = np.array(
        [options.toneless_share if label in _TONAL else options.plain_share for label in text.labels]
    )[text.cell_labels]
    duels, duel_cumulative, members, offsets = _duels(text, sizes)
    duel_share = options.duel_share if duels.size else 0.0
    loss = kernel.train(
        text.data, text.starts, text.ends, items, text.cell_offsets, text.cell_labels, cumulative,
        np.stack([fold, plain]), plain_shares, prints, np.uint64(64 - options.slot_bits), table, output,
        options.steps, options.rate, options.shortest, options.longest, np.array([_SEED], np.uint64),
        duel_share, duels, duel_cumulative, members, offsets, options.least_kept,
    )  # fmt: skip
    return table, output, float(loss)


def _duels(
    text: _Text, sizes: NDArray[np.float64]
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
        if len(labels) < 2 or not any(_is_wanted(text.labels[label]) for label in labels):
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


def _heads(text: _Text, fold: NDArray[np.uint16], plain: NDArray[np.uint16]) -> Heads:
    """The heads of the close pairs that have text."""
    number = {label: index for index, label in enumerate(text.labels)}
    pairs = [pair for pair in PAIRS if all(label in number for label in pair)]
    counts: dict[str, dict[str, NDArray[np.float32]]] = defaultdict(dict)
    samples: dict[tuple[str, str], list[NDArray[np.int64]]] = {}
    scratch = np.empty(_CHUNK * 8 + 64, np.uint64)
    for name in sorted({label for pair in pairs for label in pair}):
        # tone marks say which source it is
        used = plain if name in _TONAL else fold
        for cell in np.flatnonzero(text.cell_labels == number[name]).tolist():
            chunks, source = _even(text, cell, _HEAD_BYTES), text.cell_sources[cell]
            starts, ends = text.starts[chunks], text.ends[chunks]
            counts[name][source] = kernel.count(text.data, starts, ends, used)
            windows = samples[name, source] = []
            for chunk in chunks[:: max(1, chunks.size // _HEAD_WINDOWS)]:
                end = min(text.ends[chunk], text.starts[chunk] + _HEAD_WINDOW)
                n = kernel.hashes(text.data, text.starts[chunk], end, used, scratch)
                windows.append((scratch[:n] >> kernel.HEAD_SHIFT).astype(np.int64))
    weights = np.zeros((len(pairs), kernel.HEAD_BUCKETS), np.float32)
    offsets = np.zeros(len(pairs), np.float32)
    for row, pair in enumerate(pairs):
        first, second = (counts[name] for name in pair)
        found = []
        for source in sorted(first.keys() | second.keys()):
            head = contrast(
                {name: count for name, count in first.items() if name != source},
                {name: count for name, count in second.items() if name != source},
            )
            for sign, name in zip((1, -1), pair, strict=True):
                if source in counts[name] and counts[name][source].sum() >= _HEAD_LEAST:
                    windows = samples[name, source]
                    sums = np.array([head[window].sum() for window in windows], np.float32)
                    sizes = np.array([window.size for window in windows], np.int64)
                    weight = float(np.sqrt(counts[name][source].sum()))
                    found.append(LeftOut(sign, sums, sizes, weight))
        weights[row] = contrast(first, second)
        offsets[row] = offset(found)
    scale = max(float(np.abs(weights).max(initial=0.0)), 1e-6) / 127.0
    numbers = tuple((number[first], number[second]) for first, second in pairs)
    return Heads(numbers, np.rint(weights / scale).astype(np.int8), offsets, scale)


def _even(text: _Text, cell: int, most: int) -> NDArray[np.int64]:
    """Chunks of a cell, evenly spread, of about `most` bytes together."""
    first, last = int(text.cell_offsets[cell]), int(text.cell_offsets[cell + 1])
    size = int((text.ends[first:last] - text.starts[first:last]).sum())
    return np.arange(first, last, max(1, size // most), dtype=np.int64)


def _lexicon(text: _Text, fold: NDArray[np.uint16], plain: NDArray[np.uint16]) -> Lexicon:
    """The common words of the languages of `corpus`, from an even choice of the chunks of each source."""
    found: dict[str, list[list[NDArray[np.uint64]]]] = {}
    scratch = np.empty(_CHUNK, np.uint64)
    for label, name in enumerate(text.labels):
        if not _is_wanted(name) or name == "zh":
            continue  # Chinese is written without spaces: a line is no word
        for cell in np.flatnonzero(text.cell_labels == label).tolist():
            chunks = _even(text, cell, _LEXICON_BYTES)
            forms = []
            # common words stand in running text with their marks, in messages without them
            for used in (fold, plain) if name in _TONAL else (fold,):
                parts = []
                for chunk in chunks:
                    n = lexicon_kernel.words(text.data, text.starts[chunk], text.ends[chunk], used, scratch)
                    parts.append(scratch[:n].copy())
                forms.append(np.concatenate(parts))
            if forms[0].size > _LEXICON_LEAST:
                found.setdefault(name, []).append(forms)
    return build_lexicon(found)


def _profile(
    text: _Text,
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
        found, _, _ = kernel.histogram(
            text.data, starts, ends, script_of, len(SCRIPTS), np.zeros(65536, np.int8)
        )
        letters[label] = found.sum(0)
        _, known, features = kernel.embed(text.data, starts, ends, fold, prints, shift, table)
        usual[label] = np.median(known / np.maximum(features, 1))
    letters[:, 0] = 0
    share = letters / np.maximum(letters.sum(1, keepdims=True), 1)
    return share >= 0.3, usual
