"""Labelled text as training reads it: chunks of bytes, in cells of a label and a source."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.languages import LANGUAGES, UNDETERMINED, is_code
from corpus.lid.labels import canonical
from corpus.lid.pseudo import shifted
from corpus.lid.text import Item

__all__ = ["CHUNK", "SEED", "TONAL", "Text", "even", "gather", "is_wanted"]

#: Bytes of a chunk, at most.
CHUNK = 1500
SEED = 0x5DEECE66D
#: Languages whose tone marks or dotted vowels people mostly leave out (news, messages), as labels.
TONAL = frozenset({"ak", "bm", "ee", "fon", "ig", "ki", "lg", "ln", "ny", "rn", "rw", "sn", "yo"})
#: Where invented languages come from: scripts that many languages share.
_PSEUDO_SCRIPTS = frozenset({"Latn", "Deva", "Arab"})
_PSEUDO_CHUNKS = 60


class Text(NamedTuple):
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


def gather(items: Iterable[Item]) -> Text:
    """All items in cells, with invented languages and what tells Simplified from Traditional characters."""
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
    return Text(
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
    return list(shifted(chosen, SEED))


def _chunks(data: bytes) -> list[bytes]:
    """Pieces of at most 1,500 bytes, cut at a space where there is one, else at a character."""
    pieces, start = [], 0
    while len(data) - start > CHUNK:
        cut = data.rfind(b" ", start + CHUNK // 2, start + CHUNK)
        if cut < 0:
            cut = start + CHUNK
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


def is_wanted(label: str) -> bool:
    """Whether it is the label of a language of `corpus`."""
    return any(canonical(code) == label for code in LANGUAGES if not is_code(code))


def even(text: Text, cell: int, most: int) -> NDArray[np.int64]:
    """Chunks of a cell, evenly spread, of about `most` bytes together."""
    first, last = int(text.cell_offsets[cell]), int(text.cell_offsets[cell + 1])
    size = int((text.ends[first:last] - text.starts[first:last]).sum())
    return np.arange(first, last, max(1, size // most), dtype=np.int64)
