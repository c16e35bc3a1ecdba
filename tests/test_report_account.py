"""The account adds up, or says at which step it does not."""

from __future__ import annotations

import copy

import pytest

from corpus.errors import CorpusError
from corpus.report.account import account, named

STEPS = {
    "documents": {"documents_in/a/en": 10, "quarantined/a/en": 2, "empty/a/en": 1, "bytes_in/a/en": 800},
    "decisions": {
        "documents_in/a/en": 6, "documents_in/a/fr": 2, "kept/a/en": 4, "kept/a/fr": 2, "dropped/a/en": 1,
        "quarantined/a/en": 1, "failed/a/en": 1, "bytes_in/a/en": 600, "bytes_in/a/fr": 200,
    },
    "scatter": {"kept/a/en": 3, "duplicates/a/en": 1, "kept/a/fr": 2, "bytes_kept/a/en": 300},
    "text": {"documents": 5},
    "tokens": {"documents/a/en": 3, "documents/a/fr": 2, "tokens/a/en": 70, "tokens/a/fr": 9},
}  # fmt: skip


def test_every_document_is_in_exactly_one_column() -> None:
    found = account(STEPS)
    english = found.where("a", "en")
    assert (english.documents_in, english.kept, english.dropped, english.duplicates) == (8, 3, 1, 1)
    assert (english.quarantined, english.unreadable, english.failed, english.empty) == (3, 2, 1, 1)
    assert found.where().documents_in == 10
    assert found.where().bytes_in == 800
    assert found.where(language="fr").tokens == 9
    assert found.languages() == ["en", "fr"]


@pytest.mark.parametrize(
    ("step", "name", "change"),
    [
        ("decisions", "documents_in/a/en", -1),
        ("decisions", "dropped/a/en", 1),
        ("scatter", "kept/a/en", -1),
        ("scatter", "duplicates/a/en", 1),
        ("text", "documents", 1),
        ("tokens", "documents/a/fr", -1),
    ],
)
def test_a_lost_document_is_an_error_that_names_the_step(step: str, name: str, change: int) -> None:
    steps = copy.deepcopy(STEPS)
    steps[step][name] += change
    with pytest.raises(CorpusError, match=f"step '{step}'"):
        account(steps)


def test_tokens_are_unknown_before_the_text_is_encoded() -> None:
    assert not account({name: counts for name, counts in STEPS.items() if name != "tokens"}).has_tokens


def test_a_source_may_have_a_slash_in_its_name() -> None:
    assert named({"kept/a/b/en": 3, "kept_more/a/en": 1}, "kept") == {("a/b", "en"): 3}
