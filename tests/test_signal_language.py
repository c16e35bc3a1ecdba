"""The signal group `language`: columns, agreement with the declared language, bad input."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import xxhash
import zstandard

import corpus
from corpus.batch import Batch
from corpus.errors import ConfigError, StorageError
from corpus.languages import LANGUAGES
from corpus.lid.model import SHIPPED
from corpus.recipe import LanguageOptions
from corpus.signal import Signal, declared
from corpus.signals.language import LanguageSignals
from tests.programs import PROGRAMS
from tests.sentences import SAYS_NOTHING, SENTENCES
from tests.small import write_project

SHARED = Path(__file__).parents[1].parent / "shared" / "real_input"


def measure(rows: list[tuple[str, str]], file: str = "a/b.txt", **options: Any) -> list[dict[str, Any]]:
    found = declared(LanguageSignals)
    assert isinstance(found, Signal)
    call = found.build(LanguageOptions(**options), {})
    texts = pa.array([text.encode("utf-8", "replace").decode() for _, text in rows], pa.large_string())
    record = pa.record_batch(
        {"language": [language for language, _ in rows], "text": texts, "file": [file] * len(rows)}
    )
    return list(found.measure(call, Batch(record)).to_pylist())


def test_a_truly_declared_document_stays() -> None:
    for language, row in zip(SENTENCES, measure([(c, t * 3) for c, t in SENTENCES.items()]), strict=True):
        assert row["language_predicted"] == row["language_assigned"] == language
        assert row["language_agrees"] is True
        assert row["declared_score"] > 0.5
        assert row["foreign_ratio"] == 0


def test_english_declared_as_another_language_is_moved() -> None:
    text = (SENTENCES["en"] + " ") * 4
    for language in ("yo", "hi", "zh-Hant", "ca", "sw", "tum"):
        (row,) = measure([(language, text)])
        assert row["language_assigned"] == "en"
        assert row["language_agrees"] is True


def test_keywords_of_a_program_are_no_english_sentences() -> None:
    listing = "\nif x(1) is not y(2) then open it; do this and that = z or be in it with y(3);\n"
    page = (SENTENCES["sw"] * 2 + listing) * 4
    (row,) = measure([("sw", page)])
    assert (row["language_predicted"], row["language_agrees"]) == ("sw", True)
    assert row["foreign_ratio"] < 0.2
    plain = page.replace(";", "").replace("=", "").replace("#", "").replace("(", "").replace(")", "")
    assert measure([("sw", plain)])[0]["foreign_ratio"] > 0.2


def test_a_program_in_a_declared_language_cannot_be_judged() -> None:
    (row,) = measure([("sw", PROGRAMS["code-java"] * 5)])
    assert (row["language_predicted"], row["language_score"]) == ("und", 0)
    assert (row["language_assigned"], row["language_agrees"], row["foreign_ratio"]) == ("sw", True, 0)


def test_a_language_outside_the_list_is_not_moved_but_disagrees() -> None:
    german = (
        "Der Ausschuss traf sich am Dienstag und beschloss, dass die Straße ausgebessert werden soll. " * 3
    )
    (row,) = measure([("sw", german)])
    assert row["language_predicted"] == "de"
    assert row["language_assigned"] == "sw"
    assert row["language_agrees"] is False


def test_short_text_is_left_to_its_source() -> None:
    (row,) = measure([("sw", "Click here to continue")])
    assert row["language_assigned"] == "sw"
    assert row["language_agrees"] is True


def test_text_that_says_nothing_keeps_its_declared_language() -> None:
    for row in measure([("ny", text) for text in SAYS_NOTHING]):
        assert (row["language_predicted"], row["language_score"]) == ("und", 0.0)
        assert row["language_assigned"] == "ny"
        assert row["language_agrees"] is True


def test_undeclared_documents_take_the_predicted_language() -> None:
    rows = measure([("und", SENTENCES["sw"] * 3), ("und", "123")])
    assert [row["language_assigned"] for row in rows] == ["sw", "und"]


def test_twi_and_akan_go_by_their_source() -> None:
    text = (
        "Nnipa nyinaa yɛ pɛ wɔ nidi ne kyɛfa mu, na wɔn nyinaa wɔ adwene ne ahonim, na ɛsɛ sɛ obiara "
        "bu ne yɔnko sɛ onua. "
    )
    for row, language in zip(measure([("tw", text), ("ak", text)]), ("tw", "ak"), strict=True):
        assert row["language_assigned"] == language
        assert row["language_agrees"] is True


def test_simplified_text_declared_traditional_is_moved() -> None:
    (row,) = measure([("zh-Hant", SENTENCES["zh-Hans"] * 4)])
    assert row["language_assigned"] == "zh-Hans"
    assert row["language_script"] == "Hans"


def test_foreign_windows_are_counted() -> None:
    text = SENTENCES["sw"] * 30 + SENTENCES["en"] * 15
    (row,) = measure([("sw", text)])
    assert row["language_assigned"] == "sw"
    assert 0.2 < row["foreign_ratio"] < 0.5


#: Our own words around commands: more Latin letters than Han characters, and no word of another language.
TECHNICAL = {
    "zh-Hant": "您可以用 ldd(1) 來檢查程式所需要的函式庫：\n\n$ ldd /usr/bin/python3\n"
    "\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f01)\n"
    "\tlibpthread.so.0 => /lib/x86_64-linux-gnu/libpthread.so.0 (0x00007f02)\n"
    "\n如果找不到檔案，請先執行下列指令安裝套件，再重新編譯：\n\n"
    "$ sudo apt-get install --reinstall libc6-dev\n",
    "zh-Hans": "如果要列出已安装的软件包，请运行下面的命令：\n\n$ dpkg --get-selections | grep -v deinstall\n"
    "$ COLUMNS=120 dpkg -l package_name_pattern > /tmp/installed_packages.txt\n"
    "\n然后把这个文件复制到另一台机器，并在那里读入：\n\n"
    "$ dpkg --set-selections < /tmp/installed_packages.txt\n",
}


@pytest.mark.parametrize("language", sorted(TECHNICAL))
def test_chinese_with_commands_and_paths_in_it_stays_chinese(language: str) -> None:
    (row,) = measure([(language, TECHNICAL[language])])
    assert row["language_predicted"] == row["language_assigned"] == language
    assert row["language_agrees"] is True
    assert row["language_script"] == language[3:]


@pytest.mark.parametrize("language", ["hi", "ar", "ta"])
def test_the_script_of_most_letters_limits_where_a_document_may_move(language: str) -> None:
    code = "\n$ systemctl --user restart dbus.service; journalctl -xe --unit=dbus_1 > /var/tmp/a.log\n"
    (row,) = measure([(language, (SENTENCES[language] + code) * 3)])
    assert row["language_assigned"] == row["language_predicted"] == language
    assert row["language_agrees"] is True


def test_a_half_translated_page_disagrees_and_a_page_with_code_does_not() -> None:
    half = "\n".join([SENTENCES["sw"] * 5, SENTENCES["en"] * 4, SENTENCES["sw"] * 2, SENTENCES["en"]])
    code = "\n".join(
        [SENTENCES["sw"], "total += items.pop(0)[key]; print(open_file, name[i], end='', flush=True)"] * 4
    )
    first, second = measure([("sw", half), ("sw", code)])
    assert (first["language_assigned"], first["language_agrees"]) == ("sw", False)
    assert first["foreign_ratio"] > 0.3
    assert (second["language_assigned"], second["language_agrees"]) == ("sw", True)
    (row,) = measure([("sw", half)], foreign=1.0)
    assert row["language_agrees"] is True


def test_a_page_that_is_mostly_english_moves_unless_the_rest_is_much() -> None:
    most, part = ("\n".join([SENTENCES["en"] * count, SENTENCES["zh-Hans"] * 2]) for count in (24, 6))
    first, second, undeclared = measure([("zh-Hans", most), ("zh-Hans", part), ("und", part)])
    assert (first["language_assigned"], first["language_agrees"]) == ("en", True)
    assert (second["language_assigned"], second["language_agrees"]) == ("zh-Hans", False)
    assert 0.2 < second["foreign_ratio"] < 0.8
    assert (undeclared["language_assigned"], undeclared["language_agrees"]) == ("en", True)


def test_natural_language_never_moves_code() -> None:
    python = "def f(x):\n    # Kamati ilikutana siku ya Jumanne na kuamua kwamba barabara\n    return x\n" * 5
    (row,) = measure([("code-python", python)], file="pkg/a.py")
    assert row["language_assigned"] == row["language_predicted"] == "code-python"
    assert row["language_agrees"] is True


def test_a_header_of_another_programming_language_is_moved() -> None:
    header = "#pragma once\n#include <vector>\nnamespace a {\nclass B {\n public:\n  virtual ~B();\n};\n}\n"
    (row,) = measure([("code-c", header)], file="src/b.h")
    assert row["language_assigned"] == "code-cpp"


def test_markup_declared_as_code_disagrees() -> None:
    (row,) = measure([("code-php", "<!DOCTYPE html>\n<html><body>Hello</body></html>\n")], file="a.php")
    assert row["language_agrees"] is False


def test_another_shipped_model_is_another_version() -> None:
    """What a build keeps is measured again by its version alone: change the two together."""
    digest = xxhash.xxh3_64_hexdigest(SHIPPED.read_bytes())
    assert (declared(LanguageSignals).version, digest) == (8, "b9416ad2ad73db16")


def test_an_empty_batch_gives_empty_columns() -> None:
    assert measure([]) == []


def test_a_batch_gives_what_its_documents_give_one_by_one() -> None:
    rows = [(language, text * 2) for language, text in SENTENCES.items()]
    assert measure(rows) == [row for pair in rows for row in measure([pair])]


@pytest.mark.real
@pytest.mark.skipif(not SHARED.exists(), reason="needs the real text")
def test_real_sources_keep_their_declared_language() -> None:
    total, touched = 0, 0
    for source in ("masakhanews", "african_storybook", "tico19"):
        for path in sorted((SHARED / source).glob("*.jsonl.zst")):
            language = path.name.removesuffix(".jsonl.zst")
            if language not in LANGUAGES:
                continue
            with path.open("rb") as file:
                stream = zstandard.ZstdDecompressor().stream_reader(file)
                lines = io.TextIOWrapper(stream, "utf-8")
                texts = [json.loads(line)["text"] for line, _ in zip(lines, range(40), strict=False)]
            for row in measure([(language, text) for text in texts]):
                total += 1
                touched += row["language_assigned"] != language or not row["language_agrees"]
    assert total > 900
    assert touched / total < 0.01


def test_another_back_end_names_the_language(tmp_path: Path) -> None:
    fasttext = pytest.importorskip("fasttext")
    names = {"en": "eng_Latn", "sw": "swh_Latn", "fr": "fra_Latn", "de": "deu_Latn"}
    german = "Der Ausschuss traf sich am Dienstag und beschloss, dass die Straße ausgebessert wird."
    texts = {code: SENTENCES.get(code, german) for code in names}
    lines = tmp_path / "train.txt"
    lines.write_text("\n".join(f"__label__{names[c]} {t}" for c, t in texts.items() for _ in range(50)))
    model = fasttext.train_supervised(
        str(lines), dim=8, epoch=20, minn=2, maxn=3, thread=1, verbose=0, bucket=2000
    )
    model.save_model(str(tmp_path / "tiny.bin"))
    rows = [("sw", texts["sw"]), ("sw", texts["fr"]), ("sw", texts["de"]), ("sw", ""), ("sw", "1 2 3")]
    found = measure(rows, backend=f"fasttext:{tmp_path / 'tiny.bin'}")
    assert [row["language_predicted"] for row in found] == ["sw", "fr", "de", "und", "und"]
    assert [row["language_assigned"] for row in found] == ["sw", "fr", "sw", "sw", "sw"]
    assert [row["language_agrees"] for row in found] == [True, True, False, True, True]
    both = measure(rows[:3], backend=f"ours+fasttext:{tmp_path / 'tiny.bin'}")
    assert [row["language_predicted"] for row in both] == ["sw", "fr", "de"]


def test_a_back_end_that_is_not_there_is_named() -> None:
    with pytest.raises(StorageError, match=r"no-such-file\.ftz"):
        measure([("sw", SENTENCES["sw"])], backend="fasttext:no-such-file.ftz")


def test_a_model_of_ones_own_is_an_input_by_content_not_by_place(tmp_path: Path) -> None:
    sources = write_project(tmp_path / "project")
    (pipeline,) = (tmp_path / "project" / "pipelines").glob("*.yaml")
    text = pipeline.read_text()

    def use(name: str) -> None:
        pipeline.write_text(
            text.replace("language: {}", f"language: {{model: {name}, backend: ours+{name}}}")
        )

    def pending() -> set[str]:
        return {planned.step.name for planned in corpus.plan(sources, output=tmp_path) if planned.pending}

    use("here.lid")
    with pytest.raises(ConfigError, match=r"no such file 'here\.lid'"):
        corpus.load(sources)
    shutil.copy(SHIPPED, tmp_path / "project" / "here.lid")
    corpus.build(sources, output=tmp_path, executor="local")
    shutil.copy(SHIPPED, tmp_path / "project" / "there.lid")
    use("there.lid")
    assert pending() == set()
    with (tmp_path / "project" / "there.lid").open("ab") as file:
        file.write(b"more")
    assert "signals" in pending()
