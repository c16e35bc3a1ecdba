"""Step `card`: what a tokenizer does to each language, from the figures of all of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from corpus.errors import GateError
from corpus.storage import read_json
from corpus.tokens.aligned import ENGLISH
from corpus.work import Counts, Work

__all__ = ["card", "card_page", "gate"]

#: Held-out text a language must have for its gap to stop a build.
GATE_BYTES = 20_000

#: Figures that add up over languages.
_SUMS = ("documents", "bytes", "characters", "words", "tokens", "byte_tokens", "round_trip_losses")


def card(work: Work) -> Counts:
    """Writes card.json, and card.md for people, from the inputs `tokenizer` (tokenizer.json of
    `corpus.tokens.judge:tokenizer`), `figures` and `used` (of each language, as the option `languages` names
    them).

    Of each language and of all together: documents, bytes, tokens, words, bytes_per_token,
    characters_per_token, fertility (tokens a word, by the words all signals share; punctuation and spaces
    count as tokens, not as words), byte_ratio (tokens that are one byte of a longer character),
    distinct_tokens, round_trip_losses (must be 0). Of each language also: parity (tokens for one of English
    that says the same) with aligned_pairs, where there is aligned text; fertility_to_english, of texts that
    do not say the same; monolingual_vocabulary and monolingual_gap (tokens more than with a tokenizer of its
    own; 0.1 is ten points), where that was asked for. Options: pad_vocabulary_to, max_monolingual_gap.
    Raises GateError where a gap is above the latter (None: shown only) on GATE_BYTES of text or more.
    """
    names = list(work.options["languages"])
    figures = dict(zip(names, map(read_json, work.each("figures")), strict=True))
    used = dict(zip(names, map(np.load, work.each("used")), strict=True))
    facts = read_json(work.input("tokenizer"))
    multiple = int(work.options["pad_vocabulary_to"])
    languages = {name: _entry(figures[name], len(used[name])) for name in sorted(names)}
    _compare(languages, figures)
    everything = {key: sum(found[key] for found in figures.values()) for key in _SUMS}
    distinct = len(np.unique(np.concatenate([np.zeros(0, np.int64), *used.values()])))
    result = {
        "vocabulary": facts["vocabulary"],
        "padded_vocabulary": -(-facts["vocabulary"] // multiple) * multiple,
        "special_tokens": facts["special_tokens"],
        "normaliser": facts["normaliser"],
        "all": _entry(everything, distinct),
        "adversarial": facts["adversarial"],
        "languages": languages,
    }
    text = json.dumps(result, indent=1, ensure_ascii=False)
    work.output("card.json").write_text(text, encoding="utf-8")
    work.output("card.md").write_text(card_page(result), encoding="utf-8")
    gate(languages, work.options["max_monolingual_gap"])
    return {
        "languages": len(languages),
        "documents": everything["documents"],
        "round_trip_losses": everything["round_trip_losses"],
    }


def _entry(figures: Mapping[str, int], distinct: int) -> dict[str, float]:
    tokens = max(figures["tokens"], 1)
    if not figures["documents"]:
        return {"documents": 0, "bytes": 0, "round_trip_losses": 0}
    return {
        "documents": figures["documents"],
        "bytes": figures["bytes"],
        "tokens": figures["tokens"],
        "words": figures["words"],
        "bytes_per_token": round(figures["bytes"] / tokens, 4),
        "characters_per_token": round(figures["characters"] / tokens, 4),
        "fertility": round(figures["tokens"] / max(figures["words"], 1), 4),
        "byte_ratio": round(figures["byte_tokens"] / tokens, 6),
        "distinct_tokens": distinct,
        "round_trip_losses": figures["round_trip_losses"],
    }


def _compare(languages: dict[str, dict[str, float]], figures: Mapping[str, Mapping[str, int]]) -> None:
    """Adds what compares a language with English, and with a tokenizer of its own."""
    english = languages.get(ENGLISH, {}).get("fertility")
    for name, entry in languages.items():
        found = figures[name]
        if found.get("english_tokens"):
            entry["aligned_pairs"] = found["aligned_pairs"]
            entry["parity"] = round(found["aligned_tokens"] / found["english_tokens"], 4)
        if english and "fertility" in entry:
            entry["fertility_to_english"] = round(entry["fertility"] / english, 4)
        if "monolingual_tokens" in found:
            entry["monolingual_vocabulary"] = found["monolingual_vocabulary"]
            entry["monolingual_gap"] = round(entry["tokens"] / max(found["monolingual_tokens"], 1) - 1, 4)


def gate(languages: Mapping[str, Mapping[str, float]], most: float | None) -> None:
    """Raises GateError where a language's gap is above `most`; None lets all pass."""
    lines = [
        f"tokenizer: '{name}' needs {entry['monolingual_gap']:.1%} more tokens than with a tokenizer of its "
        f"own, {most:.1%} at most"
        for name, entry in languages.items()
        if most is not None and entry["bytes"] >= GATE_BYTES and entry.get("monolingual_gap", 0.0) > most
    ]
    if lines:
        raise GateError("\n".join([*lines, "give these languages more weight, or raise max_monolingual_gap"]))


def card_page(card: Mapping[str, Any]) -> str:
    """The card as Markdown."""
    odd = card["adversarial"]
    compared = sum("parity" in entry for entry in card["languages"].values())
    parity = (
        f"Parity: tokens for one of English in text that says the same; {compared} of the languages have "
        "such text, most of which training has seen."
        if compared
        else "There is no aligned text, so no parity with English."
    )
    lines = [
        "# Tokenizer card",
        "",
        f"{card['vocabulary']:,} entries ({card['padded_vocabulary']:,} padded). "
        f"Special tokens: {', '.join(f'`{text}`' for text in card['special_tokens']) or 'none'}.",
        "",
        f"Text is normalised ({card['normaliser']}) first, so not all of it comes back as it was."
        if card["normaliser"]
        else "Text is not normalised.",
        "",
        f"{odd['documents'] - odd['round_trip_losses']:,} of {odd['documents']:,} adversarial strings come "
        "back as they were. The table is measured on documents held out of training. Gap: tokens more than "
        "with a tokenizer of the language's own, as large as the part of this vocabulary the language uses. "
        f"To English: tokens a word against those of English. {parity}",
        "",
        "| language | documents | bytes a token | tokens a word | to English | parity | lone bytes | gap "
        "| lost |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for name, entry in {**card["languages"], "all": card["all"]}.items():
        cells = (
            name,
            f"{entry['documents']:,}",
            _shown(entry.get("bytes_per_token")),
            _shown(entry.get("fertility")),
            _shown(entry.get("fertility_to_english")),
            _shown(entry.get("parity")),
            _shown(entry.get("byte_ratio"), ".2%"),
            _shown(entry.get("monolingual_gap"), "+.1%"),
            str(entry["round_trip_losses"]),
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _shown(value: float | None, form: str = ".2f") -> str:
    return "" if value is None else format(value, form)
