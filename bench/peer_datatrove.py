"""Runs inside datatrove's own environment, started by bench/signals.py: `peer_datatrove.py FILE
spacy|plain|parity`."""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path


def filters() -> list[object]:
    from datatrove.pipeline.filters import (
        C4QualityFilter,
        FineWebQualityFilter,
        GopherQualityFilter,
        GopherRepetitionFilter,
    )

    big = 1e9
    grams = dict.fromkeys(range(2, 11), big)
    return [
        GopherRepetitionFilter(
            dup_line_frac=big, dup_para_frac=big, dup_line_char_frac=big, dup_para_char_frac=big,
            top_n_grams=tuple((n, grams[n]) for n in (2, 3, 4)),
            dup_n_grams=tuple((n, grams[n]) for n in range(5, 11)),
        ),
        GopherQualityFilter(
            min_doc_words=1, max_doc_words=10**9, min_avg_word_length=1, max_avg_word_length=10**6,
            max_symbol_word_ratio=big, max_bullet_lines_ratio=big, max_ellipsis_lines_ratio=big,
            max_non_alpha_words_ratio=1e-9, min_stop_words=0,
        ),
        C4QualityFilter(
            filter_no_terminal_punct=False, min_num_sentences=-1, min_words_per_line=-1, max_word_length=-1,
            filter_lorem_ipsum=False, filter_javascript=False, filter_curly_bracket=False,
            filter_policy=False, remove_citations=False,
        ),
        FineWebQualityFilter(
            line_punct_thr=-1, short_line_thr=big, char_duplicates_ratio=big, new_line_ratio=big
        ),
    ]  # fmt: skip


def race(rows: list[dict[str, object]], plain: bool) -> dict[str, object]:
    from datatrove.data import Document

    if plain:
        import datatrove.pipeline.filters.fineweb_quality_filter as fineweb
        import datatrove.pipeline.filters.gopher_quality_filter as quality
        import datatrove.pipeline.filters.gopher_repetition_filter as repetition

        def split(text: str, language: str = "") -> list[str]:
            return re.findall(r"\w+|[^\w\s]", text)

        for module in (fineweb, quality, repetition):
            module.split_into_words = split
    chain = filters()
    warm = Document(text="One two three four. Five six seven.", id="warm")
    for step in chain:
        step.filter(warm)
    size = 0
    start = time.process_time()
    passed = 0
    for index, row in enumerate(rows):
        document = Document(text=str(row["text"]), id=str(index))
        passed += all(step.filter(document) is True for step in chain)
        size += len(str(row["text"]).encode())
    seconds = time.process_time() - start
    return {"mb_per_second": size / 1e6 / seconds, "passed": passed, "documents": len(rows)}


def parity(rows: list[dict[str, object]]) -> dict[str, list[float | None]]:
    """datatrove's own functions on the words given, for the columns that claim the same quantity."""
    from datatrove.pipeline.filters.gopher_repetition_filter import (
        find_all_duplicate,
        find_duplicates,
        find_top_duplicate,
        get_n_grams,
    )

    result: dict[str, list[float | None]] = {}
    for row in rows:
        text, words = str(row["text"]), list(row["words"])  # type: ignore[call-overload]
        values: dict[str, float | None] = {}
        for n in (2, 3, 4):
            grams = get_n_grams(words, n)
            values[f"top_{n}_gram_ratio"] = find_top_duplicate(grams) / len(text) if grams else None
        for n in range(5, 11):
            enough = len(words) >= n
            values[f"duplicate_{n}_gram_ratio"] = find_all_duplicate(words, n) / len(text) if enough else None
        lines = [line for line in re.split("\n+", text) if line.strip()]
        number, characters = find_duplicates(lines)
        values["duplicate_line_ratio"] = number / len(lines)
        values["duplicate_line_character_ratio"] = characters / len(text)
        paragraphs = re.split(r"\n{2,}", text.strip())
        number, characters = find_duplicates(paragraphs)
        values["duplicate_paragraph_ratio"] = number / len(paragraphs)
        values["duplicate_paragraph_character_ratio"] = characters / len(text)
        values["hash_ratio"] = text.count("#") / len(words)
        values["ellipsis_ratio"] = (text.count("...") + text.count("…")) / len(words)
        values["newline_ratio"] = text.count("\n") / len(words)
        values["mean_word_length"] = sum(map(len, words)) / len(words)
        values["letter_word_ratio"] = sum(any(c.isalpha() for c in word) for word in words) / len(words)
        values["short_line_ratio"] = sum(len(line) <= 30 for line in lines) / len(lines)
        for name, value in values.items():
            result.setdefault(name, []).append(value)
    return result


def main() -> None:
    path, mode = Path(sys.argv[1]), sys.argv[2]
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    print(json.dumps(parity(rows) if mode == "parity" else race(rows, mode == "plain")))


if __name__ == "__main__":
    main()
