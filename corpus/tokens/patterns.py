"""The pre-tokenisers by name: number of the scanner and the `pre_tokenizer` block of tokenizer.json."""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["PATTERNS", "Pattern"]


class Pattern(NamedTuple):
    """`scanner` is the number `corpus.kernels.bpe_split` knows it by; `regex` is Oniguruma's dialect."""

    scanner: int
    regex: str

    def pre_tokenizer(self) -> dict[str, Any]:
        byte_level = {
            "type": "ByteLevel",
            "add_prefix_space": False,
            "trim_offsets": True,
            "use_regex": False,
        }
        split = {
            "type": "Split",
            "pattern": {"Regex": self.regex},
            "behavior": "Isolated",
            "invert": False,
        }
        return {"type": "Sequence", "pretokenizers": [split, byte_level]}


_END = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_CAPITAL = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"
_SMALL = r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
_SPACES = r"\s*[\r\n]+|\s+(?!\S)|\s+"

PATTERNS = {
    # Words keep their combining marks: without \p{M} every Brahmic vowel sign cuts a word (1.8 times the
    # tokens for Gujarati at 32,000 entries).
    "o200k": Pattern(
        0,
        rf"[^\r\n\p{{L}}\p{{N}}]?{_CAPITAL}*{_SMALL}+{_END}?|[^\r\n\p{{L}}\p{{N}}]?{_CAPITAL}+{_SMALL}*{_END}?"
        rf"|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|{_SPACES}",
    ),
    "gpt4": Pattern(
        1,
        rf"{_END}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|{_SPACES}",
    ),
    "gpt2": Pattern(
        2,
        r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    ),
    # The nested class is BLOOM's own; Oniguruma and Rust read it as the complement of the whole.
    "bloom": Pattern(3, r" ?[^(\s|[.,!?…。，、।۔،])]+"),
}
