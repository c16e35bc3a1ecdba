"""Layout of lines, and the scores for message catalogues and advertising mail."""

from __future__ import annotations

import math

import pyarrow as pa
import pytest

from corpus.batch import Batch
from corpus.errors import SignalError
from corpus.recipe import TextOptions
from corpus.signals.genre import COLUMNS, FEATURES, Genre
from corpus.signals.genre_weights import WEIGHTS
from corpus.signals.text import TextStatistics

CATALOGUE = "\n".join(
    f"{verb} the {thing}{end}"
    for verb in ("Open", "Close", "Save", "Cannot find", "Delete")
    for thing, end in (("file", "..."), ("selected %s", ""), ("_window", ""), ("last {0} entries?", ""))
)
ADVERTISING = """\
CLICK HERE NOW!!! ==>> http://www.example.invalid/offer.asp?id=99213 <<==
<b>*** 100% FREE ***</b> Save up to $5,000 TODAY!!! Only $19.95 + S&H!!!
<a href="http://www.example.invalid/buy">ORDER NOW</a> & GET 2 FREE!!! CALL 1-800-555-0199
---------------------------------------------------------------
To be REMOVED from this list, send mail to remove@example.invalid #33-AX-8812
"""
PROSE = """\
The river had risen in the night, and by the morning the road to the village lay under water. Nobody was
surprised. It did so every spring, when the snow on the hills began to melt, and the children were glad of it.

"We shall have to take the boat," said the old man, who had lived beside the ford since he was a boy. He went
to look for the oars. They were where he had left them in the autumn, behind the stove, dry and a little warm.
"""


def measured(*texts: str, language: str = "en") -> list[dict[str, float]]:
    text = pa.array(texts, pa.large_string())
    batch = Batch(pa.record_batch({"text": text, "language_assigned": [language] * len(texts)}))
    record = Genre()(batch.with_columns(TextStatistics(TextOptions())(batch)))
    assert record.schema.names == list(COLUMNS)
    return [dict(row) for row in record.to_pylist()]


def test_messages_advertising_and_prose_are_told_apart() -> None:
    catalogue, advertising, prose = measured(CATALOGUE, ADVERTISING, PROSE)
    assert catalogue["catalogue_score"] > 1.5 > prose["catalogue_score"]
    assert advertising["advertising_score"] > 2 > prose["advertising_score"]
    assert prose["catalogue_score"] < -3
    assert prose["advertising_score"] < -3


def test_lines_are_counted_by_their_words() -> None:
    (found,) = measured("One two three.\n\nfour five\nsix. Seven\nEight nine ten. Eleven!\n")
    # lines of 3, 2, 2 and 4 words; the second and third are open, the third is not gone on with
    assert found["words_per_line"] == pytest.approx((9 + 4 + 4 + 16) / 11)
    assert found["open_word_ratio"] == pytest.approx(4 / 11)
    assert found["loose_word_ratio"] == pytest.approx(2 / 11)
    assert found["paragraph_word_ratio"] == pytest.approx(4 / 11)
    assert found["exclamation_ratio"] == pytest.approx(1 / 11)


def test_signs_are_counted_in_every_script() -> None:
    han, arabic, latin = (
        row
        for text, language in (
            ("他说：「好，走吧。」", "zh-Hans"),
            ("نعم، لا؛ (ربما)", "ar"),
            ("“a, b; c’s”", "en"),
        )
        for row in measured(text, language=language)
    )
    assert han["comma_ratio"] == pytest.approx(1 / 5)
    assert han["bracket_ratio"] == pytest.approx(2 / 5)  # corner brackets
    assert han["open_word_ratio"] == 0
    assert (arabic["comma_ratio"], arabic["bracket_ratio"]) == pytest.approx((2 / 3, 2 / 3))
    assert (latin["comma_ratio"], latin["quote_ratio"]) == pytest.approx((2 / 3, 2 / 3))


@pytest.mark.parametrize("text", ["", "\n\n", "…!?", "word", "\u200b", "a" * 5000])
def test_text_of_few_words_has_no_score(text: str) -> None:
    (found,) = measured(text)
    assert found["catalogue_score"] is None
    assert found["advertising_score"] is None


def test_a_score_does_not_depend_on_the_other_documents() -> None:
    together = measured(PROSE, CATALOGUE, "")
    assert [measured(text)[0] for text in (PROSE, CATALOGUE, "")] == together


def test_the_group_text_is_needed() -> None:
    batch = Batch(pa.record_batch({"text": pa.array(["a b"], pa.large_string())}))
    with pytest.raises(SignalError, match="needs the group 'text'"):
        Genre()(batch)


def test_every_feature_has_a_weight() -> None:
    assert set(WEIGHTS) == {*FEATURES, "constant"}
    assert all(math.isfinite(value) for row in WEIGHTS.values() for value in row)
    assert all(deviation > 0 for _, deviation, *_ in WEIGHTS.values())
