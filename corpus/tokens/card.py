"""Step `card`: what a tokenizer does to each language, measured on text it was not trained on."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from corpus.batch import text_buffer
from corpus.errors import GateError
from corpus.tokens import encoder
from corpus.tokens.monolingual import monolingual_tokens
from corpus.work import Counts, Work

__all__ = ["adversarial", "card", "card_page", "gate", "measure"]

#: Held-out text a language must have for its gap to stop a build.
GATE_BYTES = 20_000


def card(work: Work) -> Counts:
    """Writes card.json, and card.md for people, from the inputs `tokenizer` (tokenizer.json), `held_out`
    (held_out.parquet of each bucket; the first `sample_bytes` of each language are used) and `counts`.

    Of each language and of all together: bytes_per_token, characters_per_token, fertility (tokens a word, by
    the words all signals share; punctuation and spaces count as tokens, not as words), byte_ratio (tokens
    that are one byte of a longer character), round_trip_losses (documents that do not come back as they
    were; must be 0). Of each language also: fertility_to_english, and with the option `monolingual`
    monolingual_vocabulary and monolingual_gap (tokens more than with a tokenizer of its own, see
    `corpus.tokens.monolingual`; 0.1 is ten points). A language without held-out text is not in it. Raises
    GateError where a gap is above the option max_monolingual_gap (None: shown only) on
    GATE_BYTES of text or more.
    """
    path = work.input("tokenizer")
    texts: dict[str, list[str]] = {}
    room: dict[str, int] = {}
    for source in work.each("held_out"):
        table = pq.read_table(source)
        for name, text in zip(table["language"].to_pylist(), table["text"].to_pylist(), strict=True):
            if room.setdefault(name, int(work.options["sample_bytes"])) > 0:
                room[name] -= len(text.encode())
                texts.setdefault(name, []).append(text)
    encoders = encoder.load(path)
    languages = {name: measure(texts[name], encoders) for name in sorted(texts)}
    english = languages.get("en", {}).get("fertility")
    counts = list(work.each("counts"))
    for name, entry in languages.items():
        if english:
            entry["fertility_to_english"] = round(entry["fertility"] / english, 4)
        if work.options.get("monolingual") and counts:
            found = monolingual_tokens(counts, name, texts[name], encoders, str(work.options["pattern"]))
            entry["monolingual_vocabulary"] = found[0]
            entry["monolingual_gap"] = round(entry["tokens"] / max(found[1], 1) - 1, 4)
    multiple = int(work.options["pad_vocabulary_to"])
    vocabulary = encoders.vocabulary
    everything = [text for name in sorted(texts) for text in texts[name]]
    odd = adversarial()
    result = {
        "vocabulary": vocabulary,
        "padded_vocabulary": -(-vocabulary // multiple) * multiple,
        "special_tokens": list(encoders.special),
        "normaliser": encoders.normaliser,
        "all": measure(everything, encoders),
        "adversarial": {
            "documents": len(odd),
            "round_trip_losses": measure(odd, encoders)["round_trip_losses"],
        },
        "languages": languages,
    }
    text = json.dumps(result, indent=1, ensure_ascii=False)
    work.output("card.json").write_text(text, encoding="utf-8")
    work.output("card.md").write_text(card_page(result), encoding="utf-8")
    losses = sum(int(entry["round_trip_losses"]) for entry in languages.values())
    gate(languages, work.options.get("max_monolingual_gap"))
    return {"languages": len(languages), "documents": len(everything), "round_trip_losses": losses}


def gate(languages: dict[str, dict[str, float]], most: float | None) -> None:
    """Raises GateError where a language's gap is above `most`; None lets all pass."""
    lines = [
        f"tokenizer: '{name}' needs {entry['monolingual_gap']:.1%} more tokens than with a tokenizer of its "
        f"own, {most:.1%} at most"
        for name, entry in languages.items()
        if most is not None and entry["bytes"] >= GATE_BYTES and entry.get("monolingual_gap", 0.0) > most
    ]
    if lines:
        raise GateError("\n".join([*lines, "give these languages more weight, or raise max_monolingual_gap"]))


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


def card_page(card: dict[str, Any]) -> str:
    """The card as Markdown."""
    odd = card["adversarial"]
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
        "with a tokenizer of the language's own, as large as the part of this vocabulary the language uses.",
        "",
        "| language | documents | bytes a token | tokens a word | to English | lone bytes | gap | lost |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for name, entry in {**card["languages"], "all": card["all"]}.items():
        parity, gap = entry.get("fertility_to_english"), entry.get("monolingual_gap")
        cells = (
            name,
            f"{entry['documents']:,}",
            f"{entry['bytes_per_token']:.2f}",
            f"{entry['fertility']:.2f}",
            "" if parity is None else f"{parity:.2f}",
            f"{entry['byte_ratio']:.2%}",
            "" if gap is None else f"{gap:+.1%}",
            str(entry["round_trip_losses"]),
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def measure(texts: Sequence[str], encoders: encoder.Encoders) -> dict[str, float]:
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
        "byte_ratio": round(float(np.count_nonzero(encoders.single_bytes[ids])) / count, 6),
        "distinct_tokens": len(np.unique(ids)),
        "round_trip_losses": losses,
    }
