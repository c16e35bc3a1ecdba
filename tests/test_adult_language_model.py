"""The ratio of a language model of adult text to one of clean text, on invented words and invented models."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import corpus
from corpus.batch import Batch
from corpus.errors import ConfigError, StorageError
from corpus.models.ccnet import CcnetModel
from corpus.recipe import AdultLanguageModels, AdultOptions, CcnetContrast
from corpus.signals import group
from corpus.signals.adult import AdultContent
from corpus.signals.adult_language_model import read
from corpus.stages.adult import adult_labels
from corpus.stages.adult_language_model import train
from corpus.work import Counts, Work
from tests.perplexity_world import document, write_documents
from tests.small import write_project

ACCEPTED = {"sw": ("zorbo", "flimmed", "quax")}
ON = AdultOptions(accepted=ACCEPTED, language_models=AdultLanguageModels())
RATIO = "adult_language_model_ratio"


def hot(seed: int, words: int = 100) -> str:
    dice = random.Random(seed)
    return " ".join(f"{dice.choice(['tiri', 'nosa'])} {dice.choice(['sene', 'rota'])}" for _ in range(words))


def documents(path: Path, adult: int = 40, clean: int = 80) -> Path:
    """Adult documents hold listed words and a context of their own; among clean ones one has no words."""
    rows = [(f"{i:032x}", "sw", f"zorbo {hot(i)} flimmed quax zorbo quax") for i in range(adult)]
    rows += [(f"{1000 + i:032x}", "sw", document(i)) for i in range(clean)]
    return write_documents(path, [*rows, (f"{2000:032x}", "sw", "...")])


def labels(folder: Path, source: Path, **options: Any) -> Path:
    options = {"negatives": 1.0, "seed": 1, "adult": {"accepted": ACCEPTED}, **options}
    work = Work("adult_labels", "a/0", {"documents": (source,)}, options, folder)
    folder.mkdir(parents=True)
    adult_labels(work)
    assert sorted(path.name for path in folder.iterdir()) == sorted(work.outputs)
    return folder


def trained(folder: Path, source: Path, **options: Any) -> tuple[Path, Counts]:
    text = labels(folder / "labels", source, text=True) / "text.parquet"
    (folder / "model").mkdir()
    options = {"min_bytes": 5000, "max_bytes": 1_000_000, **options}
    counts = train(Work("adult_model", "language_models", {"text": (text,)}, options, folder / "model"))
    assert [path.name for path in (folder / "model").iterdir()] == ["adult.lms"]
    return folder / "model" / "adult.lms", counts


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    path, counts = trained(folder, documents(folder / "documents.parquet"))
    assert counts["languages"] == 1
    return path


def measure(options: AdultOptions, artefacts: dict[str, Path], texts: list[str], languages: list[str]) -> Any:
    columns = [
        [f"{i:032x}" for i in range(len(texts))],
        pa.array(texts, pa.large_string()),
        [""] * len(texts),
    ]
    names = ["id", "text", "url", "language_assigned"]
    batch = Batch(pa.record_batch([*columns, languages], names))
    signal = group("adult", options)
    return signal.measure(signal.build(options, artefacts), batch)


def test_unseen_adult_text_is_above_zero_and_clean_text_below(model: Path) -> None:
    texts = [hot(99), document(99), f"{hot(98, 50)} {document(98, 100)}"]
    found = measure(ON, {"adult_language_models": model}, texts, ["sw"] * 3)[RATIO].to_pylist()
    adult, clean, both = found
    assert adult > 0.5
    assert clean < -0.5
    assert clean < both < adult


def test_the_ratio_is_in_log10_a_word(model: Path) -> None:
    batch = Batch(pa.record_batch({"text": pa.array([hot(99, 7)], pa.large_string())}))
    pair = read(model)["sw"]
    adult, clean = (one.score(batch.text, batch.words, np.array([0])) for one in pair)
    (found,) = measure(ON, {"adult_language_models": model}, [hot(99, 7)], ["sw"])[RATIO].to_pylist()
    assert found == pytest.approx((clean.cost[0] - adult.cost[0]) / 14)
    assert pair.adult.pieces is not None
    assert pair.adult.pieces == pair.clean.pieces


def test_it_is_null_without_words_and_without_models_for_the_language(model: Path) -> None:
    texts = [hot(99), "...", "", hot(99)]
    found = measure(ON, {"adult_language_models": model}, texts, ["yo", "sw", "sw", "sw"])[RATIO]
    assert [value is None for value in found.to_pylist()] == [True, True, True, False]
    assert measure(ON, {}, texts, ["sw"] * 4)[RATIO].null_count == 4


def test_it_is_in_no_score(model: Path) -> None:
    off = AdultOptions(accepted=ACCEPTED)
    texts, languages = [hot(99), "zorbo zorbo quax", document(99)], ["sw"] * 3
    with_models = measure(ON, {"adult_language_models": model}, texts, languages)
    assert with_models.drop_columns(RATIO).equals(measure(off, {}, texts, languages))


def test_switched_off_there_is_no_column_no_text_and_nothing_new_in_the_labels(tmp_path: Path) -> None:
    off = AdultOptions(accepted=ACCEPTED)
    assert RATIO not in group("adult", off).columns
    assert RATIO not in AdultContent(off)(_one("zorbo")).schema.names
    assert group("adult", ON).columns == group("adult", off).columns | {RATIO: pa.float64()}
    source = documents(tmp_path / "documents.parquet")
    without, with_text = labels(tmp_path / "off", source), labels(tmp_path / "on", source, text=True)
    assert [path.name for path in without.iterdir()] == ["labels.parquet"]
    assert (without / "labels.parquet").read_bytes() == (with_text / "labels.parquet").read_bytes()


def _one(text: str) -> Batch:
    columns = {"id": ["0"], "text": pa.array([text], pa.large_string()), "url": [""]}
    return Batch(pa.record_batch({**columns, "language_assigned": ["sw"]}))


def test_a_language_with_too_little_text_of_either_kind_has_no_models(tmp_path: Path) -> None:
    for name, counts in (("adult", (3, 80)), ("clean", (80, 3)), ("neither", (0, 0))):
        (tmp_path / name).mkdir()
        source = documents(tmp_path / name / "documents.parquet", *counts)
        path, found = trained(tmp_path / name, source)
        assert found == {"languages": 0, "bytes": 0}
        assert read(path) == {}
        assert measure(ON, {"adult_language_models": path}, [hot(99)], ["sw"])[RATIO].null_count == 1


def test_both_models_read_as_much_and_no_more_than_allowed(tmp_path: Path) -> None:
    source = documents(tmp_path / "documents.parquet", 40, 400)
    text = pq.read_table(labels(tmp_path / "0", source, text=True) / "text.parquet")
    adult = sum(len(row["text"]) for row in text.to_pylist() if row["label"])
    _, whole = trained(tmp_path / "1", source)
    assert 1.9 * adult < whole["bytes"] <= 2 * adult
    _, part = trained(tmp_path / "2", source, max_bytes=10_000)
    assert 15_000 < part["bytes"] <= 20_000


def test_training_twice_gives_the_same_bytes(model: Path, tmp_path: Path) -> None:
    source = documents(tmp_path / "documents.parquet")
    assert trained(tmp_path / "again", source)[0].read_bytes() == model.read_bytes()


def test_text_is_cut_where_the_features_are(tmp_path: Path) -> None:
    rows = [("0" * 32, "sw", " ".join(["wéra"] * 2500)), ("1" * 32, "sw", "ko ko ko…")]
    source = write_documents(tmp_path / "documents.parquet", rows)
    text = pq.read_table(labels(tmp_path / "labels", source, text=True) / "text.parquet")
    assert text["text"].to_pylist() == [" ".join(["wéra"] * 2000), "ko ko ko"]
    assert text["label"].to_pylist() == [False, False]


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    from corpus.models import array_file

    array_file.write(tmp_path / "a", {"kind": "other", "version": 1}, {})
    with pytest.raises(StorageError, match="not corpus adult language models 1"):
        read(tmp_path / "a")


def _ccnet(folder: Path) -> CcnetContrast:
    """Pieces of the letters of the two languages; a unigram model that prefers those of each."""
    sentencepiece = pytest.importorskip("sentencepiece")
    pytest.importorskip("kenlm")
    source = folder / "text.txt"
    source.write_text("\n".join([document(1), hot(1)]), encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(source), model_prefix=str(folder / "xx.sp"), vocab_size=30, minloglevel=2
    )
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "xx.sp.model"))
    names = [pieces.id_to_piece(at) for at in range(3, len(pieces))]
    for kind, text in (("adult", hot(1)), ("clean", document(1))):
        found = {name for line in text.split("\n") for name in pieces.encode(line, out_type=str)}
        lines = ["\\data\\", f"ngram 1={len(names) + 3}", "ngram 2=1", "", "\\1-grams:"]
        lines += ["-5\t<unk>\t0", "-99\t<s>\t-0.3", "-1\t</s>\t0"]
        lines += [f"{-1 if name in found else -3}\t{name}\t0" for name in names]
        lines += ["", "\\2-grams:", f"-0.5\t<s> {names[0]}", "", "\\end\\", ""]
        (folder / f"{kind}.arpa").write_text("\n".join(lines), encoding="utf-8")
    return CcnetContrast(pieces="xx.sp.model", adult="adult.arpa", clean="clean.arpa")


def test_ready_models_stand_in_for_trained_ones(tmp_path: Path, model: Path) -> None:
    given = _ccnet(tmp_path)
    options = AdultOptions(language_models=AdultLanguageModels(ccnet={"sw": given}))
    assert options.files() == {
        "ccnet/sw/pieces": "xx.sp.model", "ccnet/sw/adult": "adult.arpa", "ccnet/sw/clean": "clean.arpa",
    }  # fmt: skip
    artefacts = {name: tmp_path / path for name, path in options.files().items()}
    texts = [hot(99), document(99), "..."]
    for more in ({}, {"adult_language_models": model}):
        found = measure(options.without_paths(), {**artefacts, **more}, texts, ["sw"] * 3)[RATIO].to_pylist()
        assert found[0] > 0.5
        assert found[1] < -0.5
        assert found[2] is None
    adult, clean = (
        CcnetModel(tmp_path / given.pieces, tmp_path / path) for path in (given.adult, given.clean)
    )
    assert found[0] == pytest.approx((adult.score(texts[0]).log - clean.score(texts[0]).log) / 200)


def _project(folder: Path) -> tuple[Path, Path]:
    path = write_project(folder, documents=30)
    web = [{"id": f"bad{i}", "text": f"zorbo {hot(i)} quax flimmed zorbo quax."} for i in range(10)]
    (folder / "web.jsonl").write_text("".join(json.dumps(row) + "\n" for row in web), encoding="utf-8")
    with path.open("a", encoding="utf-8") as file:
        file.write("  web:\n    licence: CC0-1.0\n    reader: {type: jsonl, path: web.jsonl}\n")
        file.write("    languages: {en: ['*']}\n")
    pipeline = folder / "pipelines" / "small.yaml"
    adult = "adult: {accepted: {en: [zorbo, quax, flimmed]}}"
    pipeline.write_text(pipeline.read_text().replace("language: {}", f"language: {{}}, {adult}"))
    return path, pipeline


def _steps(path: Path) -> set[str]:
    result = corpus.build(path, output=path.parent / "build", executor="local")
    return {step.name for step in result.steps if step.ran}


def test_a_build_trains_them_where_asked_a_filter_reads_them_and_off_again_nothing_is_left(
    tmp_path: Path,
) -> None:
    path, pipeline = _project(tmp_path)
    off = pipeline.read_text()
    _steps(path)
    before = sorted(str(file) for file in (tmp_path / "build" / "small").rglob("*adult*"))
    on = off.replace("flimmed]}", "flimmed]}, language_models: {min_bytes: 1KB}")
    pipeline.write_text(on)
    assert {"adult_labels", "adult_model", "signals"} <= _steps(path)
    columns = [
        pq.read_table(file)
        for file in (tmp_path / "build" / "small" / "signals" / "adult").rglob("*.parquet")
    ]
    assert all(RATIO in table.column_names for table in columns)
    assert any(table[RATIO].null_count < len(table) for table in columns)
    (tmp_path / "filters" / "ratio.yaml").write_text(f"filters:\n  ratio: {{signal: {RATIO}, max: 0.5}}\n")
    pipeline.write_text(on.replace("filters: [", "filters: [ratio, "))
    assert not {"adult_labels", "adult_model", "signals"} & _steps(path)
    pipeline.write_text(off.replace("filters: [", "filters: [ratio, "))
    with pytest.raises(ConfigError, match=f"unknown signal '{RATIO}'"):
        corpus.load(path)
    pipeline.write_text(off)
    _steps(path)
    assert sorted(str(file) for file in (tmp_path / "build" / "small").rglob("*adult*")) == before


def test_ready_models_count_by_what_they_hold_and_not_by_where_they_lie(tmp_path: Path) -> None:
    path, pipeline = _project(tmp_path)
    _ccnet(tmp_path)
    on = "language_models: {min_bytes: 1GB, ccnet: {en: {pieces: xx.sp.model, adult: %s, clean: clean.arpa}}}"
    off = pipeline.read_text()

    def build(adult: str) -> bool:
        pipeline.write_text(off.replace("flimmed]}", "flimmed]}, " + on % adult))
        return "signals" in _steps(path)

    assert build("adult.arpa")
    (tmp_path / "other.arpa").write_bytes((tmp_path / "adult.arpa").read_bytes())
    assert not build("other.arpa")
    (tmp_path / "other.arpa").write_bytes((tmp_path / "clean.arpa").read_bytes())
    assert build("other.arpa")
    with pytest.raises(ConfigError, match=r"no such file 'none\.arpa'"):
        build("none.arpa")
