"""Step `card`: what a tokenizer does to each language, measured on text it was not trained on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from corpus.batch import text_buffer
from corpus.tokens import encoder
from corpus.tokens.train import byte_characters
from corpus.work import Counts, Work

__all__ = ["card", "measure", "token_bytes"]


def card(work: Work) -> Counts:
    """Writes card.json from the inputs `tokenizer` (tokenizer.json) and `held_out` (held_out.parquet of each
    bucket; the first `sample_bytes` of each language are used).

    Of each language and of all together: bytes_per_token, characters_per_token, fertility (tokens a word, by
    the words all signals share; punctuation and spaces count as tokens, not as words), byte_ratio (tokens
    that are one byte of a longer character), round_trip_losses (documents that do not come back as they
    were; must be 0). A language without held-out text is not in it.
    """
    path = work.input("tokenizer")
    content = json.loads(path.read_text(encoding="utf-8"))
    texts: dict[str, list[str]] = {}
    room: dict[str, int] = {}
    for source in work.each("held_out"):
        table = pq.read_table(source)
        for name, text in zip(table["language"].to_pylist(), table["text"].to_pylist(), strict=True):
            if room.setdefault(name, int(work.options["sample_bytes"])) > 0:
                room[name] -= len(text.encode())
                texts.setdefault(name, []).append(text)
    encoders = encoder.load(path)
    sizes = token_bytes(content)
    languages = {name: measure(texts[name], encoders, sizes) for name in sorted(texts)}
    multiple = int(work.options["pad_vocabulary_to"])
    vocabulary = encoders.vocabulary
    everything = [text for name in sorted(texts) for text in texts[name]]
    result = {
        "vocabulary": vocabulary,
        "padded_vocabulary": -(-vocabulary // multiple) * multiple,
        "special_tokens": [token["content"] for token in content["added_tokens"]],
        "merges": len(content["model"]["merges"]) if "merges" in content["model"] else 0,
        "all": measure(everything, encoders, sizes),
        "languages": languages,
    }
    text = json.dumps(result, indent=1, ensure_ascii=False)
    work.output("card.json").write_text(text, encoding="utf-8")
    losses = sum(int(entry["round_trip_losses"]) for entry in languages.values())
    return {"languages": len(languages), "documents": len(everything), "round_trip_losses": losses}


def token_bytes(content: dict[str, Any]) -> NDArray[np.int32]:
    """What each id of a byte-level tokenizer stands for: its one byte where that is 0x80 or above, -1 where
    it is anything else."""
    byte_of = {character: byte for byte, character in enumerate(byte_characters())}
    vocabulary = content["model"]["vocab"]
    size = 1 + max([*vocabulary.values(), *(token["id"] for token in content["added_tokens"])])
    result = np.full(size, -1, np.int32)
    for name, index in vocabulary.items():
        if len(name) == 1 and byte_of.get(name, 0) >= 0x80:
            result[index] = byte_of[name]
    return result


def measure(texts: Sequence[str], encoders: encoder.Encoders, high: NDArray[np.int32]) -> dict[str, float]:
    """The card's figures for these documents."""
    from corpus.kernels import words

    ids, offsets = encoders.reference(list(texts))
    buffer = text_buffer(pa.array(texts, pa.large_string()))
    starts = words.split(buffer.data, buffer.offsets)[1]
    characters = sum(map(len, texts))
    count = max(len(ids), 1)
    losses = 0
    for index, text in enumerate(texts):
        decoded = encoders.decode(ids[offsets[index] : offsets[index + 1]].tolist())
        losses += decoded != text
    return {
        "documents": len(texts),
        "bytes": len(buffer.data),
        "tokens": len(ids),
        "words": len(starts),
        "bytes_per_token": round(len(buffer.data) / count, 4),
        "characters_per_token": round(characters / count, 4),
        "fertility": round(len(ids) / max(len(starts), 1), 4),
        "byte_ratio": round(float(np.count_nonzero(high[ids] >= 0)) / count, 6),
        "distinct_tokens": len(np.unique(ids)),
        "round_trip_losses": losses,
    }
