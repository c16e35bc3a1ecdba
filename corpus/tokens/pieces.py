"""SentencePiece: training from piece counts, and models as encoders.

Training reads a table of words and counts (`--input_format=tsv`), so it costs no second pass over text and
its result does not depend on order or sampling. Text is not normalised, no space is added or taken away, and
what no piece spells becomes bytes; only U+2581, SentencePiece's own sign for a space, comes back as a space.
"""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.errors import ConfigError, Problem
from corpus.tokens.train import piece_sizes, weighted
from corpus.tokens.weights import count_weights
from corpus.work import Counts, Work

__all__ = ["load_model", "normaliser", "train_pieces"]

#: What a line of the table cannot hold; such characters become bytes.
_APART = re.compile(rb"[\t\n\r\0]+")


def _library() -> Any:
    try:
        import sentencepiece
    except ImportError:
        problem = "a SentencePiece tokenizer needs the library: pip install 'corpus-works[sentencepiece]'"
        raise ConfigError([Problem("tokenizer", 0, 0, problem)]) from None
    return sentencepiece


def load_model(path: Path) -> Any:
    """The SentencePieceProcessor of a .model file. Raises ConfigError where it is none."""
    try:
        return _library().SentencePieceProcessor(model_file=str(path))
    except (RuntimeError, OSError):
        raise ConfigError([Problem(path.name, 0, 0, "is no SentencePiece model")]) from None


def normaliser(path: Path) -> str:
    """Name of the rules a .model normalises text by: "identity" changes nothing, "nmt_nfkc" much."""
    model = path.read_bytes()
    # ModelProto.normalizer_spec is field 3, its name field 1; both are length-delimited.
    spec = {field.number: field.content for field in _fields(model)}.get(3, b"")
    return {field.number: field.content for field in _fields(spec)}.get(1, b"").decode() or "identity"


class _Field(NamedTuple):
    """A field of a protocol buffer: what it holds, where it is length-delimited, and all its bytes."""

    number: int
    content: bytes
    raw: bytes


def _fields(message: bytes) -> list[_Field]:
    at, found = 0, []

    def number() -> int:
        nonlocal at
        value, shift = 0, 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(message):
        start, tag, content = at, number(), b""
        if tag & 7 == 2:
            size = number()
            content = message[at : at + size]
            at += size
        elif tag & 7 == 0:
            number()
        else:
            at += 8 if tag & 7 == 1 else 4
        found.append(_Field(tag >> 3, content, message[start:at]))
    return found


def _without_paths(model: bytes) -> bytes:
    """The model without the paths its trainer was given, which are no part of what it learned: fields 1
    (input) and 2 (model_prefix) of ModelProto.trainer_spec, its field 2."""
    parts = []
    for field in _fields(model):
        if field.number == 2:
            spec = b"".join(inner.raw for inner in _fields(field.content) if inner.number > 2)
            size, length = len(spec), b""
            while size >= 0x80:
                length += bytes([size & 0x7F | 0x80])
                size >>= 7
            parts.append(b"\x12" + length + bytes([size]) + spec)
        else:
            parts.append(field.raw)
    return b"".join(parts)


def train_pieces(work: Work) -> Counts:
    """Trains a SentencePiece model on the inputs `counts` and writes tokenizer.model and weights.json.

    Options: trainer (sentencepiece-unigram or sentencepiece-bpe), vocabulary, special, min_piece_count and
    weights as for `corpus.tokens.train:train`. Special tokens are control symbols, which text never becomes.
    The id 0 is <unk>, then come the special tokens. The vocabulary is smaller where the text gives no more.
    """
    options = work.options
    library = _library()
    paths = list(work.each("counts"))
    sizes = piece_sizes(paths)
    weights, one = count_weights(sizes, options.get("weights", {}))
    table = weighted(paths, weights)
    least = max(one * int(options.get("min_piece_count", 1)), 1)
    special = [text for text in options["special"] if text != "<unk>"]
    with tempfile.TemporaryDirectory(prefix="pieces-") as folder:
        words = _write_words(Path(folder) / "words.tsv", table, least, one)
        library.SentencePieceTrainer.train(
            input=str(Path(folder) / "words.tsv"),
            input_format="tsv",
            model_prefix=str(Path(folder) / "tokenizer"),
            model_type=str(options["trainer"]).removeprefix("sentencepiece-"),
            vocab_size=int(options["vocabulary"]),
            hard_vocab_limit=False,
            control_symbols=special,
            unk_id=0,
            bos_id=-1,
            eos_id=-1,
            pad_id=-1,
            byte_fallback=True,
            normalization_rule_name="identity",
            add_dummy_prefix=False,
            remove_extra_whitespaces=False,
            character_coverage=0.9999,
            input_sentence_size=0,
            max_sentence_length=1 << 20,
            num_threads=1,
            minloglevel=2,
        )
        model = _without_paths((Path(folder) / "tokenizer.model").read_bytes())
    path = work.output("tokenizer.model")
    path.write_bytes(model)
    work.output("weights.json").write_text(
        json.dumps({"bytes": sizes, "weights": weights}, indent=1, sort_keys=True), encoding="utf-8"
    )
    made = load_model(path).get_piece_size()
    return {"pieces": words, "vocabulary": made, "missing": max(0, int(options["vocabulary"]) - made)}


def _write_words(path: Path, table: Any, least: int, one: int) -> int:
    """Words and their counts, most frequent first, ties by their bytes; gives how many."""
    counts: NDArray[np.int64] = table.counts
    totals: dict[bytes, int] = {}
    for entry in np.flatnonzero(counts >= least).tolist():
        start = table.starts[entry]
        for part in _APART.split(table.arena[start : start + table.sizes[entry]].tobytes()):
            if part:
                totals[part] = totals.get(part, 0) + int(counts[entry])
    with path.open("wb") as file:
        for word, count in sorted(totals.items(), key=lambda item: (-item[1], item[0])):
            file.write(word + b"\t%d\n" % max(1, count // one))
    return len(totals)
