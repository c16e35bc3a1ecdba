"""Step `tokenizer_languages`: what a tokenizer does to a language, measured on text held out of training."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from corpus.batch import text_buffer
from corpus.storage import write_json
from corpus.tokens import encoder
from corpus.tokens.aligned import ALIGNED
from corpus.tokens.by_language import read_language
from corpus.tokens.counts import HELD_OUT
from corpus.tokens.monolingual import monolingual_tokens
from corpus.work import Counts, Work

__all__ = ["adversarial", "language", "measure", "tokenizer"]


def language(work: Work) -> Counts:
    """Writes figures.json and used.npy (ids met, ascending) for the language that the task's key names.

    Inputs: tokenizer; held_out (held_out.parquet of each bucket; the first `sample_bytes` are used), counts
    (counts.parquet of each bucket) and aligned (aligned.parquet of each source of aligned text). Figures:
    those of `measure`; with the option `monolingual` monolingual_vocabulary and monolingual_tokens (see
    `corpus.tokens.monolingual`); with aligned text aligned_pairs, aligned_tokens and english_tokens.
    """
    options, name = work.options, work.key
    encoders = encoder.load(work.input("tokenizer"))
    texts: list[str] = []
    room = int(options["sample_bytes"])
    for path in work.each("held_out"):
        for text in read_language(path, HELD_OUT, name)["text"].to_pylist():
            if room > 0:
                room -= len(text.encode())
                texts.append(text)
    figures, used = measure(texts, encoders)
    counts = list(work.each("counts"))
    if options["monolingual"] and texts and counts:
        own = monolingual_tokens(counts, name, texts, encoders, str(options["pattern"]))
        figures["monolingual_vocabulary"], figures["monolingual_tokens"] = own
    pairs = [read_language(path, ALIGNED, name) for path in work.each("aligned")]
    if any(table.num_rows for table in pairs):
        both = pa.concat_tables(pairs)
        method = encoders.fast or encoders.reference
        figures["aligned_pairs"] = both.num_rows
        figures["aligned_tokens"] = len(method(both["text"].to_pylist())[0])
        figures["english_tokens"] = len(method(both["english"].to_pylist())[0])
    write_json(work.output("figures.json"), figures)
    np.save(work.output("used.npy"), used)
    return {"documents": len(texts), "round_trip_losses": figures["round_trip_losses"]}


def tokenizer(work: Work) -> Counts:
    """Writes tokenizer.json with what holds of the tokenizer whatever the language: vocabulary,
    special_tokens, normaliser, and `adversarial`: documents and round_trip_losses."""
    encoders = encoder.load(work.input("tokenizer"))
    odd = adversarial()
    losses = measure(odd, encoders)[0]["round_trip_losses"]
    facts: dict[str, Any] = {
        "vocabulary": encoders.vocabulary,
        "special_tokens": list(encoders.special),
        "normaliser": encoders.normaliser,
        "adversarial": {"documents": len(odd), "round_trip_losses": losses},
    }
    write_json(work.output("tokenizer.json"), facts)
    return {"adversarial": len(odd), "adversarial_losses": losses}


def adversarial() -> list[str]:
    """A thousand strings that tokenizers get wrong: twenty scripts mixed, stray marks, odd spaces and line
    ends, long runs, text of special tokens. Always the same ones."""
    rng = random.Random(20)
    blocks = (0x20, 0x300, 0x370, 0x400, 0x5D0, 0x620, 0x900, 0x980, 0xA00, 0xB80, 0xE00, 0x1000, 0x1200,
              0x1780, 0x2000, 0x3040, 0x4E00, 0xAC00, 0xFE00, 0x10D40, 0x1F600)  # fmt: skip
    odd = (
        "</s>",
        "<pad>",
        "'S",
        "\u017f",
        "\u200d",
        "\r\n",
        "   ",
        "\u3000",
        "\u00a0",
        "x" * 200,
        "\ufffd",
        "\0",
    )
    return [
        "".join(
            rng.choice(odd) if rng.random() < 0.1 else chr(rng.choice(blocks) + rng.randrange(96))
            for _ in range(rng.randint(1, 60))
        )
        for _ in range(1000)
    ]


def measure(texts: Sequence[str], encoders: encoder.Encoders) -> tuple[dict[str, int], NDArray[np.int64]]:
    """(figures, ids met) of these documents. Figures add up over languages: documents, bytes, characters,
    words (as all signals count them), tokens, byte_tokens (one byte of a longer character),
    round_trip_losses (documents that do not come back as they were)."""
    from corpus.kernels import words

    ids, offsets = (encoders.fast or encoders.reference)(list(texts))
    buffer = text_buffer(pa.array(texts, pa.large_string()))
    losses = 0
    for index, text in enumerate(texts):
        losses += encoders.decode(ids[offsets[index] : offsets[index + 1]].tolist()) != text
    figures = {
        "documents": len(texts),
        "bytes": len(buffer.data),
        "characters": sum(map(len, texts)),
        "words": len(words.split(buffer.data, buffer.offsets)[1]),
        "tokens": len(ids),
        "byte_tokens": int(np.count_nonzero(encoders.single_bytes[ids])),
        "round_trip_losses": losses,
    }
    return figures, np.unique(ids).astype(np.int64)
