"""Identification, spans, the model file, back ends and training."""

from __future__ import annotations

import gzip
import json
import random
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus import lid
from corpus.errors import CorpusError, SourceError, StorageError
from corpus.kernels import lid as kernel
from corpus.kernels.lid_survey import survey
from corpus.languages import LANGUAGES, is_code
from corpus.lid.backends import FastText, Together, open_backend
from corpus.lid.clean import clean
from corpus.lid.labels import canonical, to_bcp47
from corpus.lid.lexicon import build
from corpus.lid.model import SHIPPED, load, save
from corpus.lid.pseudo import shifted
from corpus.lid.score import score
from corpus.lid.text import Item, read_items
from corpus.lid.train import TrainOptions, train
from tests.programs import PROGRAMS
from tests.sentences import SAYS_NOTHING, SENTENCES


@pytest.mark.parametrize("language", sorted(SENTENCES))
def test_a_plain_sentence_is_recognised(language: str) -> None:
    guess = lid.identify(SENTENCES[language])
    assert guess.language == language
    assert 0.5 < guess.score <= 1
    assert 0 <= guess.margin <= guess.score


@pytest.mark.parametrize("text", SAYS_NOTHING)
def test_text_that_says_nothing_is_undetermined_with_score_0(text: str) -> None:
    guess = lid.identify(text)
    assert (guess.language, guess.score) == ("und", 0.0)


@pytest.mark.parametrize("code", sorted(PROGRAMS))
def test_a_program_is_no_language(code: str) -> None:
    program = PROGRAMS[code]
    assert code in LANGUAGES
    for text in (program, program * 20, program.replace("\n", "\r\n")):
        guess = lid.identify(text)
        assert (guess.language, guess.score) == ("und", 0.0)
    assert [(span.language, span.score) for span in lid.spans(program)] == [("und", 0.0)]


def test_every_programming_language_has_a_program() -> None:
    assert PROGRAMS.keys() == {code for code in LANGUAGES if is_code(code)}


@pytest.mark.parametrize("language", sorted(SENTENCES))
def test_prose_that_holds_commands_and_markup_stays_prose(language: str) -> None:
    """As manuals hold them: options, calls, placeholders, paths, a line of a program."""
    prose = (
        f"== {SENTENCES[language]} ==\n{SENTENCES[language]} (ls(1), `print(x)`, _{{name}}_)\n"
        f"    $ apt-get install --yes {{{{package}}}} /etc/hosts; ls -l\n{SENTENCES[language]}\n"
    )
    assert lid.identify(prose).language == language


def test_code_beside_prose_leaves_the_language_to_the_prose() -> None:
    text = SENTENCES["sw"] * 6 + "\n" + PROGRAMS["code-c"] * 4
    assert lid.identify(text).language == "sw"


@given(st.one_of(st.text(max_size=300), st.binary(max_size=300)))
@settings(max_examples=150, deadline=None)
def test_any_text_or_bytes_give_an_answer(text: str | bytes) -> None:
    guess = lid.identify(text)
    assert 0 <= guess.score <= 1
    assert (guess.score > 0) or guess.language == "und"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SENTENCES["hi"] * 2 + "the rain", "hi"),  # two scripts: that of most letters
        ("the rain " + SENTENCES["zh-Hans"] * 2, "zh-Hans"),
        (SENTENCES["sw"] + " \ud800 " + SENTENCES["sw"], "sw"),
        (SENTENCES["sw"] + " https://www.example.org/the/road/should/be/repaired/before/the/rains", "sw"),
        (SENTENCES["sw"].upper() + " 2026 😀🎉", "sw"),
    ],
)
def test_mixed_and_broken_text_has_the_language_of_its_words(text: str, expected: str) -> None:
    assert lid.identify(text).language == expected


def test_bytes_and_text_give_the_same_answer() -> None:
    for text in SENTENCES.values():
        assert lid.identify(text) == lid.identify(text.encode())


def test_the_script_is_named() -> None:
    assert lid.identify(SENTENCES["ar"]).script == "Arab"
    assert lid.identify(SENTENCES["zh-Hans"]).script == "Hans"
    assert lid.identify(SENTENCES["zh-Hant"]).script == "Hant"


def test_spans_cover_the_text_and_find_the_change() -> None:
    text = "\n".join([SENTENCES["en"], SENTENCES["en"], SENTENCES["sw"], SENTENCES["sw"], SENTENCES["hi"]])
    found = lid.spans(text)
    assert [span.language for span in found] == ["en", "sw", "hi"]
    assert found[0].start == 0
    assert found[-1].end == len(text)
    assert all(a.end == b.start for a, b in pairwise(found))
    assert text[found[1].start : found[1].end].strip().startswith("Kamati")


def test_spans_of_nothing_and_of_digits() -> None:
    assert lid.spans("") == []
    assert [(span.language, span.score) for span in lid.spans("1 2 3\n" * 100)] == [("und", 0.0)]


def test_the_shipped_model_is_small_and_knows_the_languages() -> None:
    model = load()
    assert SHIPPED.stat().st_size <= 10_000_000
    missing = {canonical(c) for c in LANGUAGES if not is_code(c)} - set(model.labels)
    assert missing == set()
    assert len(model.labels) > 190
    assert all(source["licence"] for name, source in model.about["sources"].items() if name != "invented")


def test_the_kernel_without_the_compiler_gives_the_same() -> None:
    model = load()
    data = np.frombuffer(SENTENCES["sw"].encode(), np.uint8)
    ends = np.array([data.size], np.int64)
    sums, known, features = kernel.embed(
        data, np.zeros(1, np.int64), ends, model.fold, model.prints, model.shift, model.table
    )
    scratch, rows = np.empty(2000, np.uint64), np.empty(2000, np.int64)
    plain = getattr(kernel.extract, "py_func", kernel.extract)
    with np.errstate(over="ignore"):
        found, total = plain(data, 0, data.size, model.fold, model.prints, model.shift, scratch, rows)
    assert (found, total) == (known[0], features[0])
    assert (model.table[rows[:found]].astype(np.int64).sum(0) == sums[0]).all()


def test_common_words_tell_a_language_from_a_made_up_relative() -> None:
    real = SENTENCES["sw"] * 2
    relative = next(shifted([real.encode()], 5)).decode()
    assert lid.identify(real).score > 0.9
    found = lid.identify(relative)
    assert found.language != "sw" or found.score < 0.5


def test_a_list_of_names_does_not_say_how_many_common_words_to_expect() -> None:
    generator = np.random.Generator(np.random.PCG64(3))
    words = generator.integers(1, 2**63, 400).astype(np.uint64)
    often = 1 / np.arange(1, 401)
    text = [generator.choice(words, 20_000, p=often / often.sum())]
    names = [generator.integers(1, 2**63, 900).astype(np.uint64)]
    alone, beside = build({"aa": [text]}), build({"aa": [text, names]})
    assert alone.expected[0] == beside.expected[0] > 0.3
    more = build({"aa": [text, [generator.choice(words, 20_000, p=often / often.sum())]]})
    assert more.expected[0] > 1.5 * alone.expected[0]


def test_the_survey_without_the_compiler_gives_the_same() -> None:
    model = load()
    text = "\n".join(
        [
            "$ ls -l /usr/bin; f(a_b)",
            "{{x}} = a[0]",
            SENTENCES["en"],
            SENTENCES["zh-Hant"],
            "https://example.org/a",
        ]
    )
    data = np.frombuffer(text.encode(), np.uint8)
    arguments = (
        data, np.zeros(1, np.int64), np.array([data.size], np.int64), model.script_of, model.worth,
        model.latin, model.fold, model.han, model.lexicon.keys, model.lexicon.holders,
        np.full(1, -1, np.int64), 63,
    )  # fmt: skip
    plain = getattr(survey, "py_func", survey)
    with np.errstate(over="ignore"):
        slow = plain(*arguments)
    for one, other in zip(survey(*arguments), slow, strict=True):
        assert (np.asarray(one) == np.asarray(other)).all()


def test_commands_paths_and_addresses_do_not_count_as_letters() -> None:
    model = load()

    def latin(text: str) -> int:
        data = np.frombuffer(text.encode(), np.uint8)
        own = np.full(1, -1, np.int64)
        found = score(model, data, np.zeros(1, np.int64), np.array([data.size], np.int64), own)
        return int(found.weight[0, model.latin])

    assert latin("the road and the rain") == 17
    for text in (
        "/usr/bin/env",
        "$HOME",
        "name_of_it",
        "--prefix",
        "ls(1)",
        "a.txt",
        "x=y",
        "https://a.org/b",
    ):
        assert latin(f"the {text} and") == 6, text
    assert latin("well-known, isn't it?") == 15


def test_a_file_that_is_no_model_says_so(tmp_path: Path) -> None:
    for name, data in (("empty", b""), ("text", b"not a model" * 10), ("cut", SHIPPED.read_bytes()[:5000])):
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises(StorageError):
            load(path)
    with pytest.raises(StorageError, match="cannot read"):
        load(tmp_path / "missing")


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ("__label__swh_Latn", "sw"), ("__label__en", "en"), ("zho_Hans", "zh-Hans"), ("zh-TW", "zh-Hant"),
        ("__label__cmn_Hani", "zh"), ("x-af", "af"), ("nso", "nso"), ("", "und"), ("fon_Latn", "fon"),
    ],
)  # fmt: skip
def test_labels_of_other_tools_become_bcp_47(label: str, code: str) -> None:
    assert to_bcp47(label) == code


def test_every_three_letter_code_of_the_table_is_known() -> None:
    for code, language in LANGUAGES.items():
        if not is_code(code):
            assert canonical(to_bcp47(language.iso639_3)) == canonical(code)


MADE = (("qaa", "aeioklmnst", 1), ("qab", "uyöäbdgprv", 2), ("qac", "wxzqjcfh", 3))


def _text_of(letters: str, words: int, seed: int) -> str:
    generator = random.Random(seed)
    vocabulary = ["".join(generator.choices(letters, k=generator.randint(2, 7))) for _ in range(60)]
    return " ".join(generator.choices(vocabulary, k=words))


@pytest.fixture(scope="module")
def own_text(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("own")
    first, second = folder / "a.jsonl", folder / "b.tsv"
    rows = [
        {"language": language, "source": "made", "licence": "CC0-1.0", "text": text[start : start + 200]}
        for language, letters, seed in MADE[:2]
        for text in [_text_of(letters, 3000, seed)]
        for start in range(0, len(text) - 200, 200)
    ]
    first.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    second.write_text("lang\ttext\nqac\t" + _text_of("wxzqjcfh", 2000, 3) + "\n", encoding="utf-8")
    return first, second


SMALL = TrainOptions(slot_bits=12, steps=15_000, wanted_features=500, other_features=500, rate=1.0)


def test_training_adds_a_language_from_own_text_and_gives_the_same_bytes(
    own_text: tuple[Path, Path], tmp_path: Path
) -> None:
    report = train(own_text, tmp_path / "one.lid", SMALL)
    train(own_text, tmp_path / "two.lid", SMALL)
    assert (tmp_path / "one.lid").read_bytes() == (tmp_path / "two.lid").read_bytes()
    assert report.languages >= 3
    for language, letters, seed in (
        ("qaa", "aeioklmnst", 1),
        ("qab", "uyöäbdgprv", 2),
        ("qac", "wxzqjcfh", 3),
    ):
        text = _text_of(letters, 40, seed)
        assert lid.identify(text, tmp_path / "one.lid").language == language
    assert load(tmp_path / "one.lid").about["sources"]["made"]["licence"] == "CC0-1.0"


def test_a_source_left_out_is_not_in_the_model(own_text: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="at least two languages"):
        train(own_text[:1], tmp_path / "x.lid", SMALL, exclude_sources=("made",))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", b"x", "neither .jsonl nor .tsv"),
        ("a.jsonl", b"{}", "line 1 lacks 'lang'"),
        ("a.jsonl", b'\n{"lang": "en"}', "line 2 lacks 'text'"),
        ("a.jsonl", b"nonsense", "line 1 is not JSON"),
        ("a.jsonl", b'{"lang": "fr", "text": "caf\xe9"}', "line 1 is not UTF-8 (its byte 27)"),
        ("a.tsv", b"one\ttwo\n", "the first line must name the columns"),
        ("a.tsv", b"lang\ttext\nen\n", "line 2 has 1 columns, not 2"),
        ("a.jsonl", b'{"lang": "en", "text": 5}', "line 1 holds a field that is no text"),
        ("a.jsonl", b'{"lang": 5, "text": "words"}', "line 1 holds a field that is no text"),
        ("a.jsonl", b"[]", "line 1 is no object"),
        ("a.jsonl.gz", gzip.compress(b'{"lang": "en", "text": "words"}\n')[:-9], "ends early"),
        ("gone/a.tsv", b"", "cannot be read: No such file or directory"),
    ],
)
def test_wrong_training_files_are_named(name: str, content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / name
    if path.parent.is_dir():
        path.write_bytes(content)
    with pytest.raises(SourceError, match=rf"{re.escape(name)}: .*{re.escape(message)}"):
        list(read_items(path))


def test_training_text_may_begin_with_a_byte_order_mark_and_be_compressed(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv.gz"
    path.write_bytes(gzip.compress(b"\xef\xbb\xbflang\ttext\nen\tsome words\n"))
    assert list(read_items(path)) == [Item("en", tmp_path.name, "", "some words")]


def test_a_folder_that_is_not_there_is_named_before_training(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="no such folder"):
        train([tmp_path / "a.tsv"], tmp_path / "gone" / "own.lid")
    with pytest.raises(StorageError, match="cannot write"):
        save(load(), tmp_path / "gone" / "own.lid")


def test_untranslated_lines_are_left_out_of_training() -> None:
    english = [SENTENCES["en"], "You can use this when it is not there and they have been to the other one."]
    items = [
        Item("en", "s", "CC0-1.0", "\n".join(english * 20)),
        Item("hi", "s", "CC0-1.0", SENTENCES["hi"] * 20),
    ]
    mixed = Item("hi", "t", "CC0-1.0", SENTENCES["hi"] + "\n" + SENTENCES["en"])
    latin = Item("sw", "t", "CC0-1.0", (SENTENCES["sw"] + "\n") * 60 + english[1])
    other = Item("sw", "u", "CC0-1.0", (SENTENCES["sw"] + "\n") * 60)
    found = list(clean([*items, mixed, latin, other]))
    assert found[0].text.startswith(SENTENCES["en"])
    assert found[2].text == SENTENCES["hi"]
    assert english[1] not in found[3].text
    assert SENTENCES["sw"] in found[3].text


def test_invented_languages_differ_from_their_model_and_repeat() -> None:
    chunk = SENTENCES["sw"].encode() * 3
    once, again = list(shifted([chunk], 7)), list(shifted([chunk], 7))
    assert once == again
    assert once[0] != chunk.lower()
    assert len(once[0].split()) == len(chunk.split())
    assert list(shifted([b"1 2 3"], 7)) == []


def test_a_fasttext_file_answers_with_bcp_47_labels(tmp_path: Path) -> None:
    fasttext = pytest.importorskip("fasttext")
    lines = tmp_path / "train.txt"
    lines.write_text(
        "\n".join(
            f"__label__{label} {SENTENCES[code]}"
            for _ in range(40)
            for label, code in (("eng_Latn", "en"), ("swh_Latn", "sw"))
        ),
        encoding="utf-8",
    )
    model = fasttext.train_supervised(
        str(lines), dim=8, epoch=20, minn=2, maxn=3, thread=1, verbose=0, bucket=2000
    )
    model.save_model(str(tmp_path / "tiny.bin"))
    backend = open_backend(str(tmp_path / "tiny.bin"))
    assert isinstance(backend, FastText)
    assert backend(SENTENCES["sw"] + "\n" + SENTENCES["sw"]).language == "sw"
    assert backend("").score == 0
    assert backend("123").language == "und"
    both = Together([backend, open_backend("corpus")])
    assert both(SENTENCES["en"]).language == "en"
    assert both("").score == 0


def test_a_missing_back_end_is_named() -> None:
    with pytest.raises(StorageError):
        open_backend("no-such-file.ftz")
    try:
        import pycld2  # noqa: F401
    except ImportError:
        with pytest.raises(CorpusError, match="pip install pycld2"):
            open_backend("cld2")
    else:
        assert open_backend("cld2")(SENTENCES["fr"]).language == "fr"


def test_many_texts_are_told_as_each_is() -> None:
    odd: list[str | None] = [
        "",
        "12 345",
        "🙂🙂",
        "a" * 5000,
        "\ud800 half",
        "def f(x): return x[1]",
        "x",
        "中文。" * 40,
        None,
    ]
    texts = [*SENTENCES.values(), *odd, *(text * 30 for text in SENTENCES.values())] * 3
    found = lid.identify_all(texts).to_pylist()
    assert len(found) == len(texts)
    for text, row in zip(texts, found, strict=True):
        expected = lid.identify(text or "")._asdict()
        assert {name: row[name] for name in ("language", "script", "second")} == {
            name: expected[name] for name in ("language", "script", "second")
        }
        assert row["score"] == pytest.approx(expected["score"], abs=1e-6)
        assert row["margin"] == pytest.approx(expected["margin"], abs=1e-6)
    assert lid.identify_all(pa.chunked_array([texts[:2], texts[2:4]])).to_pylist() == found[:4]
    assert lid.identify_all([]).num_rows == 0
    with pytest.raises(TypeError, match="a list of strings"):
        lid.identify_all("one")
