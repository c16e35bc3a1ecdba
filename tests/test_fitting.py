"""`corpus fit`: reference text in, bounds and stop words out."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

import kenlm
import pyarrow as pa
import pytest
from typer.testing import CliRunner

from corpus import fitting
from corpus.cli import app
from corpus.config import load_filters
from corpus.errors import ConfigError
from corpus.fitting_models import fit_models
from corpus.recipe import FilterRecipe

FILTERS = {
    "digits": FilterRecipe(signal="digit_ratio", max=0.01),
    "symbols": FilterRecipe(signal="symbol_ratio", max=0.5),
}
YAML = """filters:
  digits: {signal: digit_ratio, max: 0.01}
  word_length: {signal: mean_word_length, min: 1}
"""


def passage(seed: int) -> str:
    dice = random.Random(seed)
    words = [*"na ya wa kwa ni hii".split(), *(f"neno{'abcdefgh'[at]}" for at in range(8))]
    lines = (" ".join(dice.choices(words, k=9)) + f" {dice.randint(10, 99)}." for _ in range(12))
    return "\n".join(lines)


def rows(count: int = 60) -> list[dict[str, str]]:
    return [{"text": passage(at), "language": "sw", "source": f"book-{at % 2}"} for at in range(count)]


def batch(found: list[dict[str, str]]) -> pa.RecordBatch:
    return pa.record_batch({name: [row[name] for row in found] for name in ("text", "language", "source")})


def write(path: Path, found: list[dict[str, str]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in found), encoding="utf-8")
    return path


def test_a_bound_that_drops_reference_text_is_widened_with_its_range_and_its_text() -> None:
    fitted = fitting.fit_filters(batch(rows()), FILTERS)
    (found,) = fitted.proposals
    assert (found.filter, found.language, found.side) == ("digits", "sw", "max")
    assert found.value > 0.01
    assert found.low <= found.high <= found.value
    assert found.reference_drop == 0
    assert found.documents == 60
    assert found.bytes == sum(len(row["text"]) for row in rows())


def test_what_a_bound_would_drop_of_crawl_text_is_counted() -> None:
    crawl = [{"text": "12345 67890 " * 30, "language": "sw", "source": "web"}, *rows(1)]
    fitted = fitting.fit_filters(batch(rows()), FILTERS, crawl=batch(crawl))
    assert fitted.proposals[0].crawl_drop == 0.5


def test_the_filter_set_written_can_be_read_and_says_where_it_comes_from(tmp_path: Path) -> None:
    fitted = fitting.fit_filters(batch(rows()), FILTERS)
    path = tmp_path / "fitted.yaml"
    path.write_text(fitted.filters_yaml(), encoding="utf-8")
    found = load_filters(path)
    bounds = found["digits"].languages["sw"]
    assert bounds != "off"
    assert bounds.max == fitted.proposals[0].value
    assert bounds.set_by == "fitted"
    assert "#   book-0: 30 documents" in path.read_text(encoding="utf-8")


def test_stop_words_are_fitted_likewise() -> None:
    fitted = fitting.fit_filters(batch(rows()), FILTERS)
    assert {"na", "ya", "kwa"} <= set(fitted.stop_words["sw"])
    assert '"kwa"' in fitted.stop_words_yaml()


def test_the_same_text_gives_the_same_file() -> None:
    first, second = (fitting.fit_filters(batch(rows()), FILTERS).filters_yaml() for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "is not JSON"),
        ('{"text": "a"}', "needs the fields text and language"),
        ('{"text": "a", "language": ["en"]}', "needs the fields text and language"),
        ('{"text": "a", "language": "xx"}', "unknown language 'xx'"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "text.jsonl"
    path.write_text(json.dumps(rows(1)[0]) + "\n" + line + "\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=f"text.jsonl:2:1: {message}"):
        fitting.read_reference(path)


def test_reference_text_may_be_compressed_and_have_blank_lines(tmp_path: Path) -> None:
    plain = write(tmp_path / "text.jsonl", rows(3))
    packed = tmp_path / "text.jsonl.gz"
    packed.write_bytes(gzip.compress(b"\xef\xbb\xbf" + plain.read_bytes().replace(b"\n", b"\n\n", 1)))
    assert fitting.read_reference(packed).equals(fitting.read_reference(plain))
    packed.write_bytes(packed.read_bytes()[:-20])
    with pytest.raises(ConfigError, match=r"text\.jsonl\.gz: compressed data ends early"):
        fitting.read_reference(packed)
    plain.write_bytes(b'{"text": "caf\xe9", "language": "fr"}\n')
    with pytest.raises(ConfigError, match=r"text.jsonl:1:1: is not UTF-8 \(byte 13 of the line\)"):
        fitting.read_reference(plain)


def test_too_little_text_is_said_to_propose_nothing(tmp_path: Path) -> None:
    reference = write(tmp_path / "good.jsonl", rows(2))
    (tmp_path / "text.yaml").write_text(YAML, encoding="utf-8")
    result = CliRunner().invoke(app, ["fit", str(reference), "--filters", str(tmp_path / "text.yaml")])
    assert result.exit_code == 0, result.output
    assert "no bound proposed" in result.stdout


def test_a_filter_that_is_not_there_cannot_be_tightened() -> None:
    with pytest.raises(ConfigError, match="no filter named colours; there are digits, symbols"):
        fitting.fit_filters(batch(rows()), FILTERS, tighten=["colours"])


def test_the_command_prints_proposals_and_writes_files(tmp_path: Path) -> None:
    reference = write(tmp_path / "good.jsonl", rows())
    (tmp_path / "text.yaml").write_text(YAML, encoding="utf-8")
    asked = ["fit", str(reference), "--filters", str(tmp_path / "text.yaml"), "--tighten", "word_length"]
    written = ["--output", str(tmp_path / "new.yaml"), "--stop-words", str(tmp_path / "words.yaml")]
    result = CliRunner().invoke(app, [*asked, *written, "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert {item["filter"] for item in found["proposals"]} == {"digits", "word_length"}
    assert "kwa" in found["stop_words"]["sw"]
    assert set(load_filters(tmp_path / "new.yaml")) == {"digits", "word_length"}
    assert "stop_words" in (tmp_path / "words.yaml").read_text(encoding="utf-8")
    assert "digits" in CliRunner().invoke(app, asked).stdout


def test_the_day_stands_in_the_files_where_it_is_given() -> None:
    fitted = fitting.fit_filters(batch(rows()), FILTERS, day="2026-05-04")
    assert "corpus fit on 2026-05-04:" in fitted.filters_yaml().splitlines()[0]
    assert "on 2026-05-04" in fitted.stop_words_yaml()


def test_models_are_trained_and_load_in_kenlm(tmp_path: Path) -> None:
    reference = write(tmp_path / "good.jsonl", [*rows(120), {"text": "kidogo", "language": "yo"}])
    (tmp_path / "text.yaml").write_text(YAML, encoding="utf-8")
    asked = ["fit", str(reference), "--filters", str(tmp_path / "text.yaml")]
    result = CliRunner().invoke(app, [*asked, "--models", str(tmp_path / "models"), "--json"])
    assert result.exit_code == 0, result.output
    swahili, yoruba = json.loads(result.stdout)["models"]
    assert (swahili["language"], swahili["documents"]) == ("sw", 120)
    assert swahili["ngrams"] > 100
    assert yoruba["path"] is None
    assert "60000 bytes" in yoruba["reason"]
    quiet = kenlm.Config()
    quiet.show_progress, quiet.arpa_complain = False, kenlm.ARPALoadComplain.NONE
    assert kenlm.Model(swahili["path"], quiet).order == 5
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["sw.arpa"]


def test_a_model_does_not_depend_on_the_order_of_the_documents(tmp_path: Path) -> None:
    for name, found in (("a", rows(120)), ("b", rows(120)[::-1])):
        fit_models(batch(found), tmp_path / name)
    assert (tmp_path / "a" / "sw.arpa").read_bytes() == (tmp_path / "b" / "sw.arpa").read_bytes()
