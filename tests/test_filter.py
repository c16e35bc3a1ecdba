from __future__ import annotations

import pyarrow as pa

from corpus.filter import Filter, Range, reasons

LENGTH = Filter("length", "words", Range(min=2, max=10), languages={"fr": Range(min=5), "yo": None})
CODE = Filter("code_length", "words", Range(max=3), applies_to="code")
AGREES = Filter("agrees", "agrees", equals=True, applies_to="all")


def masks(words: list[float | None], agrees: list[bool | None], languages: list[str]) -> list[int]:
    columns = {"words": pa.array(words, pa.float64()), "agrees": pa.array(agrees, pa.bool_())}
    return [int(mask) for mask in reasons([LENGTH, CODE, AGREES], columns, pa.array(languages))]


def test_gives_every_reason_and_not_only_the_first() -> None:
    assert masks([1, 1, 5], [False, True, True], ["en", "en", "en"]) == [0b101, 0b001, 0]


def test_bounds_of_a_language_replace_the_default_and_off_is_off() -> None:
    assert masks([3, 3, 99, 0], [True] * 4, ["en", "fr", "fr", "yo"]) == [0, 1, 0, 0]


def test_bounds_are_inclusive() -> None:
    assert masks([2, 10, 10.5], [True] * 3, ["en"] * 3) == [0, 0, 1]


def test_text_filters_leave_code_alone_and_the_other_way_round() -> None:
    assert masks([99, 1], [True, True], ["code-go", "code-go"]) == [0b010, 0]


def test_a_missing_value_never_drops() -> None:
    assert masks([None, float("nan")], [None, None], ["en", "en"]) == [0, 0]


def test_no_documents_give_no_reasons() -> None:
    assert masks([], [], []) == []


def test_a_filter_for_crawls_leaves_hand_picked_sources_alone() -> None:
    item = Filter("crawl_length", "words", Range(min=2), sources="crawl")
    columns = {"words": pa.array([1.0])}
    assert reasons([item], columns, pa.array(["en"]), crawl=False).tolist() == [0]
    assert reasons([item], columns, pa.array(["en"]), crawl=True).tolist() == [1]


def test_a_filter_leaves_the_sources_alone_that_it_names() -> None:
    item = Filter("length", "words", Range(min=2), except_sources=("messages-*", "songs"))
    columns = {"words": pa.array([1.0])}
    found = [
        reasons([item], columns, pa.array(["en"]), source=name)[0]
        for name in ("songs", "messages-yo", "news")
    ]
    assert found == [0, 0, 1]
