"""Step `train`: one tokenizer.json from the piece counts of all buckets."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from corpus.errors import ConfigError, Problem
from corpus.footprint import release_memory
from corpus.tokens.by_language import row_groups
from corpus.tokens.counts import COUNTS
from corpus.tokens.patterns import PATTERNS
from corpus.tokens.weights import count_weights
from corpus.work import Counts, Work

if TYPE_CHECKING:
    from corpus.kernels.bpe_count import Table

__all__ = [
    "adopt",
    "byte_characters",
    "learn",
    "piece_sizes",
    "symbols_of",
    "train",
    "weighted",
    "write_tokenizer",
]

#: Lines of tokenizer.json written at a time.
_AT_ONCE = 1 << 14


def train(work: Work) -> Counts:
    """Trains byte-level BPE on the inputs `counts` and writes tokenizer.json and weights.json.

    min_frequency and min_piece_count are in counts of the language with the smallest weight. Options:
    vocabulary (entries in all: special tokens, 256 bytes, merges), pattern, special (texts, ids from
    0 on), min_frequency, max_token_bytes (0: any), min_piece_count (rarer pieces are left out), weights (see
    `corpus.tokens.weights`). The vocabulary is smaller than asked for where the text runs out of pairs.
    """
    options = work.options
    special = list(options["special"])
    wanted = int(options["vocabulary"]) - len(special)
    if wanted < 256:
        problem = (
            f"vocabulary must be at least {256 + len(special)}: {len(special)} special tokens, 256 bytes"
        )
        raise ConfigError([Problem("tokenizer", 0, 0, problem)])
    paths = list(work.each("counts"))
    sizes = piece_sizes(paths)
    weights, one = count_weights(sizes, options.get("weights", {}))
    table = weighted(paths, weights)
    least = max(one * int(options.get("min_piece_count", 1)), 1)
    pieces = int(np.count_nonzero(table.counts >= least))
    table = table._replace(slots=np.zeros(0, np.int64))
    symbols = symbols_of(table, least)
    del table  # as large as the symbols, and nothing reads it any more
    release_memory()
    left, right, arena, ends = learn(
        symbols,
        wanted,
        one * int(options["min_frequency"]),
        int(options.get("max_token_bytes", 0)),
        special,
    )
    write_tokenizer(work.output("tokenizer.json"), arena, ends, left, right, special, str(options["pattern"]))
    work.output("weights.json").write_text(
        json.dumps({"bytes": sizes, "weights": weights}, indent=1, sort_keys=True), encoding="utf-8"
    )
    made = len(ends) - 1
    return {
        "pieces": pieces,
        "merges": len(left),
        "vocabulary": len(special) + made,
        "missing": wanted - made,
    }


def symbols_of(table: Table, least: int) -> NDArray[np.int32]:
    """The pieces counted `least` times or more, as `learn` takes them. Raises ConfigError for too many."""
    from corpus.kernels.bpe_survey import HEADER
    from corpus.kernels.bpe_train import words

    kept = (table.counts >= least) & (table.sizes > 1)
    size = int(((table.sizes + HEADER) * kept).sum())
    if size >= 1 << 32:
        problem = f"{size:,} bytes of distinct pieces are more than 2^32; raise min_piece_count"
        raise ConfigError([Problem("tokenizer", 0, 0, problem)])
    alphabet = np.array(_byte_order(), np.uint8)
    symbols = np.empty(size, np.int32)
    words(table.arena, table.starts, table.sizes, table.counts, least, alphabet, symbols)
    return symbols


def learn(
    symbols: NDArray[np.int32], tokens: int, min_frequency: int, max_token_bytes: int, special: Sequence[str]
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.uint8], NDArray[np.int64]]:
    """Left and right token of each merge, bytes of all tokens and where each begins and ends; the symbols are
    used up. A pair merged twice is given where it was merged last, as Hugging Face tokenizers does."""
    from corpus.kernels.bpe_train import train as merge

    forbidden = _forbidden(special)
    left, right, arena, ends = merge(  # type: ignore[no-untyped-call]
        symbols,
        np.array(_byte_order(), np.uint8),
        tokens,
        min_frequency,
        max_token_bytes,
        np.frombuffer(b"".join(forbidden), np.uint8),
        np.cumsum([0, *map(len, forbidden)]).astype(np.int64),
    )
    pairs = left.astype(np.int64) << 32 | right
    last = np.sort(len(pairs) - 1 - np.unique(pairs[::-1], return_index=True)[1])
    return left[last], right[last], arena, ends


def _forbidden(special: Sequence[str]) -> list[bytes]:
    """What no token may spell: the text of a special token, and bytes whose name in the vocabulary is that
    text. Raises ConfigError where the name of a single byte is."""
    byte_of = {character: byte for byte, character in enumerate(byte_characters())}
    taken = [text for text in special if text in byte_of]
    if taken:
        problem = f"special tokens are the names of bytes: {', '.join(map(repr, taken))}; take longer ones"
        raise ConfigError([Problem("tokenizer", 0, 0, problem)])
    named = [bytes(byte_of[c] for c in text) for text in special if all(c in byte_of for c in text)]
    return list(dict.fromkeys([*(text.encode() for text in special), *named]))


def adopt(work: Work) -> Counts:
    """Takes the input `model`, an existing tokenizer.json or SentencePiece .model, instead of training one;
    its bytes are kept.

    Options: required (texts that must be tokens of it). Raises ConfigError where it cannot be used.
    """
    from tokenizers import Tokenizer

    path = work.input("model")
    if path.suffix == ".model":
        return _adopt_pieces(work, path)
    text = path.read_text(encoding="utf-8")
    try:
        known = "model" in json.loads(text)
    except json.JSONDecodeError:
        known = False
    if not known:
        raise ConfigError([Problem(path.name, 0, 0, "is no tokenizer.json of Hugging Face tokenizers")])
    tokenizer = Tokenizer.from_str(text)
    _check_special(path, tokenizer.token_to_id, work.options["required"])
    work.output("tokenizer.json").write_bytes(path.read_bytes())
    return {"vocabulary": tokenizer.get_vocab_size(), "missing": 0}


def _adopt_pieces(work: Work, path: Path) -> Counts:
    from corpus.tokens import encoder

    work.output("tokenizer.model").write_bytes(path.read_bytes())
    encoders = encoder.load(path)
    _check_special(path, encoders.token_id, work.options["required"])
    return {"vocabulary": encoders.vocabulary, "missing": 0}


def _check_special(path: Path, token_id: Callable[[str], int | None], required: Sequence[str]) -> None:
    missing = [text for text in required if token_id(text) is None]
    if missing:
        problem = f"lacks special tokens the recipe names: {', '.join(missing)}"
        raise ConfigError([Problem(path.name, 0, 0, problem)])


def byte_characters() -> list[str]:
    """The printable character that stands for each byte in a byte-level vocabulary (GPT-2)."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = iter(range(256, 512))
    return [chr(byte) if byte in printable else chr(next(others)) for byte in range(256)]


def _byte_order() -> list[int]:
    """Bytes in the order of their characters, which is the order of their ids in Hugging Face tokenizers."""
    characters = byte_characters()
    return sorted(range(256), key=lambda byte: characters[byte])


def write_tokenizer(
    path: Path,
    arena: NDArray[np.uint8],
    ends: NDArray[np.int64],
    left: NDArray[np.int32],
    right: NDArray[np.int32],
    special: Sequence[str],
    pattern: str,
) -> None:
    """Writes tokenizer.json. Token i spells arena[ends[i]:ends[i + 1]] and has the id len(special) + i; merge
    k joins tokens left[k] and right[k]."""
    from corpus.kernels.bpe_json import merge_lines, vocabulary_lines

    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    document: dict[str, Any] = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": index, "content": text, **flags} for index, text in enumerate(special)],
        "normalizer": None,
        "pre_tokenizer": PATTERNS[pattern].pre_tokenizer(),
        "post_processor": None,
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": {text: index for index, text in enumerate(special)},
            "merges": [],
        },
    }
    head, tail, comma = json.dumps(document, ensure_ascii=False, separators=(",", ":")), "]}}", ","
    head = head.removesuffix('},"merges":[]}}')
    escaped = [json.dumps(c, ensure_ascii=False)[1:-1].encode() for c in byte_characters()]
    letters = np.frombuffer(b"".join(escaped), np.uint8)
    offsets = np.cumsum([0, *map(len, escaped)]).astype(np.int64)
    with path.open("wb") as file:
        file.write(head.encode() + (comma.encode() if special else b""))
        for first in range(0, len(ends) - 1, _AT_ONCE):
            last = min(first + _AT_ONCE, len(ends) - 1)
            lines = vocabulary_lines(arena, ends, first, last, len(special), letters, offsets)
            # Every line ends in a comma; the very last must not.
            file.write(lines[: len(lines) - (last == len(ends) - 1)])
        file.write(b'},"merges":[')
        for first in range(0, len(left), _AT_ONCE):
            last = min(first + _AT_ONCE, len(left))
            lines = merge_lines(arena, ends, left, right, first, last, letters, offsets)
            file.write(lines[: len(lines) - (last == len(left))])
        file.write(tail.encode())


def _batches(paths: Sequence[Path], language: str | None = None) -> Any:
    for path in paths:
        for batch in row_groups(path, COUNTS.names, 1 << 16, language):
            offsets = np.frombuffer(batch["piece"].buffers()[1], np.int64)
            first = batch["piece"].offset
            yield batch, offsets[first : first + batch.num_rows + 1], batch["count"].to_numpy()


def piece_sizes(paths: Sequence[Path]) -> dict[str, int]:
    """Bytes of text behind the counts, by language."""
    sizes: dict[str, int] = {}
    for batch, offsets, counts in _batches(paths):
        names = batch["language"].dictionary_encode()
        which = names.indices.to_numpy()
        sums = np.zeros(len(names.dictionary), np.int64)
        np.add.at(sums, which, counts * np.diff(offsets))
        for name, size in zip(names.dictionary.to_pylist(), sums.tolist(), strict=True):
            sizes[name] = sizes.get(name, 0) + size
    return dict(sorted(sizes.items()))


def weighted(paths: Sequence[Path], weights: Mapping[str, int], language: str | None = None) -> Table:
    """All pieces of the languages `weights` names, with their weighted counts, summed over languages and
    files. `language`: the only one that is read."""
    from corpus.kernels.bpe_count import add_pieces, larger, new_table

    table = new_table(1 << 22, 1 << 27)
    total = 0
    for batch, offsets, counts in _batches(paths, language):
        names = batch["language"].dictionary_encode()
        factors = np.array([weights.get(name, 0) for name in names.dictionary.to_pylist()], np.int64)
        amounts = counts * factors[names.indices.to_numpy()]
        total += int(counts.sum()) * int(factors.max(initial=0))
        if total >= 1 << 62:
            problem = "weighted counts exceed 62 bits; lower max_factor or raise alpha"
            raise ConfigError([Problem("tokenizer", 0, 0, problem)])
        buffer = batch["piece"].buffers()[2]
        data = np.frombuffer(buffer, np.uint8) if buffer is not None else np.zeros(0, np.uint8)
        data.flags.writeable = False
        row = 0
        if not amounts.any():
            continue
        while row < batch.num_rows:
            row = add_pieces(data, offsets, amounts, row, *table)
            if row < batch.num_rows:
                table = larger(table, 1 << 32, 1 << 62) or table
    return table
