"""Clusters inside components: every member is similar to its survivor, not only to a neighbour.

Documents are taken in survivor order. Each is compared with the survivors before it that share its content
hash, its URL or a band (in small components: with all of them), and joins the most similar one that is
similar enough; otherwise it becomes a survivor itself. So there are no chains, and the result depends on the
order of documents by rank only.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from corpus.kernels.minhash import agreement
from corpus.kernels.shingles import jaccard
from corpus.kernels.simhash import distance

__all__ = [
    "EXACT",
    "KINDS",
    "MINHASH",
    "SIMHASH",
    "SMALL",
    "SURVIVOR",
    "URL",
    "Documents",
    "Limits",
    "clusters",
    "slack",
]

#: Names of the kinds in the column `kind`; the position is the kernel's number.
KINDS = ("survivor", "exact", "url", "minhash", "simhash")
SURVIVOR, EXACT, URL, MINHASH, SIMHASH = range(5)

#: Up to this many documents a component is compared pair by pair, bands or not: 2,000 signature comparisons.
SMALL = 64
#: Survivors one document is compared with at most; only templates of more than 10,000 pages reach it.
MOST = 10_000


class Documents(NamedTuple):
    """Documents sorted by component and survivor order. Ids are dense, -1 where a document has none.

    starts int64 [components + 1] · fixed bool (never a duplicate: an earlier corpus) · content, url int64 ·
    bands int64 [documents, bands] · sketches uint16 [documents, minima] · sets uint32 and offsets int64:
    the shingles · simhashes uint64, where `hashed`; their keys are further columns of `bands`
    """

    starts: NDArray[np.int64]
    fixed: NDArray[np.bool_]
    content: NDArray[np.int64]
    url: NDArray[np.int64]
    bands: NDArray[np.int64]
    sketches: NDArray[np.uint16]
    simhashes: NDArray[np.uint64]
    hashed: NDArray[np.bool_]
    sets: NDArray[np.uint32]
    offsets: NDArray[np.int64]


class Limits(NamedTuple):
    """exact      content hashes count
    url        least Jaccard index of equal URLs, above 1 for none
    near       least Jaccard index of near duplicates, above 1 for none
    shortest   least shingles of a near duplicate
    distance   most bits between SimHashes, below 0 for none
    slack      how far the estimate of signatures may fall below `near`, see `slack`
    """

    exact: bool
    url: float
    near: float
    shortest: int
    distance: int
    slack: float


def slack(near: float, minima: int) -> float:
    """Four standard errors of the estimate: one pair in 30,000 at the threshold itself would be missed."""
    return 4 * math.sqrt(near * (1 - near) / minima)


def clusters(
    documents: Documents, limits: Limits
) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.uint8], int]:
    """(survivor int64, similarity float32, kind uint8) of every document, and how many met `MOST`.

    A survivor is its own survivor, with similarity 1.
    """
    size = len(documents.content)
    survivor = np.full(size, -1, np.int64)
    similarity = np.ones(size, np.float32)
    kind = np.zeros(size, np.uint8)
    largest = [int(ids.max(initial=-1)) + 1 for ids in (documents.content, documents.url, documents.bands)]
    capped = _clusters(*documents, *limits, *largest, survivor, similarity, kind)
    return survivor, similarity, kind, int(capped)


@njit(nogil=True, cache=True)
def _clusters(  # type: ignore[no-untyped-def]
    starts, fixed, content, url, bands, sketches, simhashes, hashed, sets, offsets,
    exact, url_least, near_least, shortest, furthest, slack, contents, urls, keys, survivor, similarity, kind,
):  # fmt: skip
    count = bands.shape[1]
    size = len(content)
    # Linked lists of the survivors of each content hash, URL and band key.
    content_head = np.full(contents, -1, np.int64)
    url_head = np.full(urls, -1, np.int64)
    url_next = np.full(size, -1, np.int64)
    band_head = np.full(keys, -1, np.int64)
    band_next = np.full((size, count), -1, np.int64)
    seen = np.full(size, -1, np.int64)  # the document a survivor was last compared with
    capped = 0
    for component in range(len(starts) - 1):
        first, last = starts[component], starts[component + 1]
        for i in range(first, last):
            best, best_similarity, best_kind = -1, 0.0, 0
            compared = 0
            if not fixed[i]:
                if exact and content[i] >= 0 and content_head[content[i]] >= 0:
                    survivor[i] = content_head[content[i]]
                    kind[i] = 1
                    continue
                mine = sets[offsets[i] : offsets[i + 1]]
                if url_least <= 1 and url[i] >= 0:
                    j = url_head[url[i]]
                    while j >= 0 and compared < MOST:
                        compared += 1
                        found = jaccard(mine, sets[offsets[j] : offsets[j + 1]])
                        if found >= url_least and (found > best_similarity or best < 0):
                            best, best_similarity, best_kind = j, found, 2
                        j = url_next[j]
                if (near_least <= 1 and len(mine) >= shortest) or (furthest >= 0 and hashed[i]):
                    if last - first <= SMALL:
                        for j in range(first, i):
                            if survivor[j] == j:
                                found, how = _compare(
                                    i,
                                    j,
                                    sketches,
                                    simhashes,
                                    hashed,
                                    sets,
                                    offsets,
                                    near_least,
                                    shortest,
                                    furthest,
                                    slack,
                                )
                                if found > best_similarity:
                                    best, best_similarity, best_kind = j, found, how
                    else:
                        for band in range(count):
                            if bands[i, band] < 0:
                                continue
                            j = band_head[bands[i, band]]
                            while j >= 0 and compared < MOST:
                                if seen[j] != i:
                                    seen[j] = i
                                    compared += 1
                                    found, how = _compare(
                                        i,
                                        j,
                                        sketches,
                                        simhashes,
                                        hashed,
                                        sets,
                                        offsets,
                                        near_least,
                                        shortest,
                                        furthest,
                                        slack,
                                    )
                                    # Of equally similar survivors the first in order, in whatever order met.
                                    if found > best_similarity or (
                                        found > 0 and found == best_similarity and best_kind >= 3 and j < best
                                    ):
                                        best, best_similarity, best_kind = j, found, how
                                j = band_next[j, band]
                if compared >= MOST:
                    capped += 1
            if best >= 0:
                survivor[i] = best
                similarity[i] = best_similarity
                kind[i] = best_kind
                continue
            survivor[i] = i
            if content[i] >= 0 and content_head[content[i]] < 0:
                content_head[content[i]] = i
            if url[i] >= 0:
                url_next[i] = url_head[url[i]]
                url_head[url[i]] = i
            for band in range(count):
                if bands[i, band] >= 0:
                    band_next[i, band] = band_head[bands[i, band]]
                    band_head[bands[i, band]] = i
    return capped


@njit(nogil=True, cache=True)
def _compare(  # type: ignore[no-untyped-def]
    i, j, sketches, simhashes, hashed, sets, offsets, least, shortest, furthest, slack
):
    """(similarity, kind) of two documents: their Jaccard index, or the share of equal SimHash bits, or 0."""
    n, m = offsets[i + 1] - offsets[i], offsets[j + 1] - offsets[j]
    if (
        least <= 1
        and min(n, m) >= shortest
        and min(n, m) >= least * max(n, m)
        and agreement(sketches[i], sketches[j]) >= least - slack
    ):
        found = jaccard(sets[offsets[i] : offsets[i + 1]], sets[offsets[j] : offsets[j + 1]])
        if found >= least:
            return found, 3
    if furthest >= 0 and hashed[i] and hashed[j]:
        bits = distance(simhashes[i], simhashes[j])
        if bits <= furthest:
            return 1 - bits / 64, 4
    return 0.0, 0
