"""Redaction: spans replaced once, from the right to the left, nothing else touched.

Policies: "tag" writes the placeholder of the kind (`<EMAIL>`), "roots" the ROOTS form (`PI:EMAIL`),
"surrogate" a stand-in (`corpus.pii.surrogate`). Dropping a document that holds too much personal data is a
filter's business (`pii_ratio`, `pii_count` in filters/pii.yaml).
"""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from corpus.errors import SignalError
from corpus.pii.kinds import KINDS, PLACEHOLDERS
from corpus.pii.surrogate import surrogate

__all__ = ["PLACEHOLDERS", "POLICIES", "counts", "redact"]

POLICIES = ("tag", "roots", "surrogate")


def redact(texts: pa.Array, spans: pa.Array, ids: pa.Array, policy: str, key: str = "") -> pa.Array:
    """The texts (large_string) with every span replaced; a document without spans keeps its bytes.

    texts, spans (`schema.SPANS`) and ids are row-aligned. `key` is used by the policy "surrogate" only.
    Raises SignalError on an unknown policy, on a missing key, and where spans overlap, lie outside their
    text or cut a character in two.
    """
    if policy not in POLICIES:
        raise SignalError(f"redaction policy '{policy}' is not known; write one of {', '.join(POLICIES)}")
    if policy == "surrogate" and not key:
        raise SignalError("redaction policy 'surrogate' needs a key; give a random string and keep it secret")
    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks()
    if texts.type != pa.large_string():
        texts = texts.cast(pa.large_string())
    rows = spans.to_pylist()
    changed = [i for i, row in enumerate(rows) if row]
    if not changed:
        return texts
    write = _writer(policy, key)
    result: list[pa.Array] = []
    done = 0
    for i in changed:
        if i > done:
            result.append(texts.slice(done, i - done))
        document = ids[i].as_py()
        new = _rewrite(texts[i].as_buffer().to_pybytes(), rows[i], document, write)
        result.append(pa.array([new], pa.large_binary()).view(pa.large_string()))
        done = i + 1
    if done < len(texts):
        result.append(texts.slice(done))
    return pa.concat_arrays(result)


def counts(spans: pa.Array) -> pa.Array:
    """Redactions of each document by kind: map<string, int32>, kinds in the order of KINDS."""
    rows = []
    for row in spans.to_pylist():
        found = [span["kind"] for span in row or ()]
        rows.append([(kind, found.count(kind)) for kind in KINDS if kind in found])
    return pa.array(rows, pa.map_(pa.string(), pa.int32()))


def _writer(policy: str, key: str) -> Callable[[str, str, bytes], str]:
    if policy == "tag":
        return lambda document, kind, value: KINDS[kind].tag
    if policy == "roots":
        return lambda document, kind, value: KINDS[kind].roots
    return lambda document, kind, value: surrogate(kind, value.decode("utf-8", "replace"), document, key)


def _rewrite(
    text: bytes, spans: list[dict[str, object]], document: str, write: Callable[[str, str, bytes], str]
) -> bytes:
    places = sorted((int(str(s["start"])), int(str(s["end"])), str(s["kind"])) for s in spans)
    pieces: list[bytes] = []
    right = len(text)
    for start, end, kind in reversed(places):
        if not 0 <= start < end <= right or _inside(text, start) or _inside(text, end):
            raise SignalError(
                f"document {document}: span {start}..{end} overlaps another, lies outside the text of "
                f"{len(text)} bytes or cuts a character; the spans belong to another version of the text"
            )
        if kind not in KINDS:
            raise SignalError(f"document {document}: unknown kind of personal data '{kind}'")
        pieces += [text[end:right], write(document, kind, text[start:end]).encode()]
        right = start
    pieces.append(text[:right])
    return b"".join(reversed(pieces))


def _inside(text: bytes, position: int) -> bool:
    return position < len(text) and text[position] & 0xC0 == 0x80
