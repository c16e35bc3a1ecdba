"""Duplicates among texts in memory: what `dedup` finds by `exact` and `minhash`, without a build.

Kernels and survivor order are those of a build. Texts are split into words once and their shingles are kept,
so nothing is read twice, and nothing is written.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from corpus.batch import TextBuffer, text_buffer
from corpus.kernels import clusters, content, minhash, radix, shingles, unionfind, words
from corpus.recipe import MinHashOptions
from corpus.signals.fingerprint import fixed_binary
from corpus.strings import Texts, batches, strings

__all__ = ["find_duplicates"]

#: Text split at a time, bytes: its words stay in the cache until they are shingles.
_BATCH_BYTES = 1_000_000
#: Keys compared at a time, of as many bands as make so many, or of one: 60 bytes each.
_KEYS = 1 << 20

_COLUMNS = pa.schema(
    [
        ("row", pa.int64()),
        ("survivor", pa.int64()),
        ("cluster_size", pa.int32()),
        ("similarity", pa.float32()),
        ("kind", pa.string()),
    ]
)


def find_duplicates(texts: Texts, **options: Any) -> pa.Table:
    """Which of these texts are duplicates, and of which; in this process, on one core.

    texts    strings, or an Arrow array of them; null is an empty text, half a surrogate pair U+FFFD
    options  those of `minhash` in a pipeline: threshold (0.7), shingle (5 words), bands, rows, minima (128),
             min_shingles (20; shorter texts are duplicates where they are equal)

    Gives a row for every text that has duplicates, in order: row (its position), survivor (the position of
    what stays), cluster_size (texts with this survivor), similarity (0 to 1: the Jaccard index of both sets
    of shingles), kind ("survivor", "exact": equal but for white space, "minhash"). The longest text in bytes
    survives, of equally long ones the first; all others are similar to their survivor, not only to a
    neighbour (Broder 1997; chains are cut).

    Memory beside the texts as Arrow: 4 bytes a word and 0.8 kB a text. Raises TypeError for what is no text,
    ValueError for options out of their range.
    """
    near = MinHashOptions(**options)
    array = strings(texts)
    text = text_buffer(array)
    found = _fingerprints(text, near)
    contents = _contents(array, found)
    is_long = np.diff(found.offsets) >= near.min_shingles
    component, linked = _components(found, contents, is_long, near.shape)
    linked = linked[np.lexsort((linked, -np.diff(text.offsets)[linked], component[linked]))]
    keys = minhash.band_keys(found.sketches[linked], *near.shape)
    bands = np.unique(keys, return_inverse=True)[1].reshape(keys.shape)
    bands[~is_long[linked]] = -1
    sets, offsets = shingles.sorted_sets(found.shingles, found.offsets, linked)
    size = len(linked)
    documents = clusters.Documents(
        starts=np.append(np.unique(component[linked], return_index=True)[1], size),
        fixed=np.zeros(size, np.bool_),
        content=contents[linked],
        url=np.full(size, -1, np.int64),
        bands=bands,
        sketches=found.sketches[linked],
        simhashes=np.zeros(size, np.uint64),
        hashed=np.zeros(size, np.bool_),
        sets=sets,
        offsets=offsets,
    )
    limits = clusters.Limits(
        exact=True,
        url=2.0,
        near=near.threshold,
        shortest=near.min_shingles,
        distance=-1,
        slack=clusters.slack(near.threshold, near.minima),
    )
    survivor, similarity, kind, _ = clusters.clusters(documents, limits)
    sizes = np.bincount(survivor, minlength=size)[survivor]
    shown = np.argsort(linked)
    shown = shown[sizes[shown] > 1]
    kinds = np.array(clusters.KINDS, object)[kind[shown]]
    columns = [linked[shown], linked[survivor[shown]], sizes[shown], similarity[shown], kinds]
    return pa.table([pa.array(c, field.type) for c, field in zip(columns, _COLUMNS, strict=True)], _COLUMNS)


class _Fingerprints(NamedTuple):
    """sketches uint16 [texts, minima] · shingles uint32 in text order: text i owns offsets[i]:offsets[i+1]"""

    sketches: NDArray[np.uint16]
    shingles: NDArray[np.uint32]
    offsets: NDArray[np.int64]


def _fingerprints(text: TextBuffer, near: MinHashOptions) -> _Fingerprints:
    size = len(text.offsets) - 1
    sketches = np.empty((size, near.minima), np.uint16)
    offsets = np.zeros(size + 1, np.int64)
    # A word needs a byte and most a separator; memory that is never written to is never taken.
    values = np.empty(len(text.data) // 2 + size, np.uint32)
    for first, last in batches(text.offsets, _BATCH_BYTES):
        hashes, _, _, owners = words.split(text.data, text.offsets[first : last + 1])
        part, places = shingles.shingles(hashes, owners, near.shingle, values[offsets[first] :])
        sketches[first:last] = minhash.signatures(part, places, near.minima)
        offsets[first + 1 : last + 1] = offsets[first] + places[1:]
    return _Fingerprints(sketches, values[: offsets[size]], offsets)


def _contents(array: pa.Array, found: _Fingerprints) -> NDArray[np.int64]:
    """Numbers, the same for equal texts; -1 where none can be equal: equal texts have equal signatures."""
    whole = minhash.band_keys(found.sketches, 1, found.sketches.shape[1]).ravel()
    first, other = radix.equal(whole ^ minhash.splitmix(np.diff(found.offsets).astype(np.uint64)))
    twins = np.union1d(first, other)
    text = text_buffer(array.take(pa.array(twins)))
    hashes = fixed_binary(content.content_hashes(text.data, text.offsets))
    numbers = np.full(len(array), -1, np.int64)
    numbers[twins] = hashes.dictionary_encode().indices.to_numpy()
    return numbers


def _components(
    found: _Fingerprints, contents: NDArray[np.int64], is_long: NDArray[np.bool_], shape: tuple[int, int]
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """(the first of its component, by text; the texts that share a band or their content with another)"""
    parent = unionfind.forest(len(contents))
    is_linked = np.zeros(len(contents), np.bool_)

    def link(rows: NDArray[np.int64], keys: NDArray[np.uint64]) -> None:
        first, other = radix.equal(keys)
        unionfind.union(parent, rows[first], rows[other])
        is_linked[rows[first]] = is_linked[rows[other]] = True

    twins = np.flatnonzero(contents >= 0)
    link(twins, contents[twins].astype(np.uint64))
    rows = np.flatnonzero(is_long)
    bands, width = shape
    step = max(1, _KEYS // max(len(rows), 1))
    for first in range(0, bands, step):
        count = min(step, bands - first)
        part = np.ascontiguousarray(found.sketches[rows, first * width : (first + count) * width])
        link(np.repeat(rows, count), minhash.band_keys(part, count, width).ravel())
    unionfind.roots(parent)
    return parent, np.flatnonzero(is_linked)
