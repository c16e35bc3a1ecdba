"""CCNet-format models: loaded by path, scored line by line as CCNet does."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from corpus.batch import Batch
from corpus.errors import StorageError
from corpus.models.ccnet import CcnetModel, normalise
from corpus.recipe import CcnetFiles, PerplexityOptions
from corpus.signal import Signal, declared
from corpus.signals.perplexity import Perplexity
from tests.perplexity_world import document

kenlm = pytest.importorskip("kenlm")
sentencepiece = pytest.importorskip("sentencepiece")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("ccnet")
    source = folder / "text.txt"
    source.write_text("\n".join(document(seed) for seed in range(20)), encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(source), model_prefix=str(folder / "xx.sp"), vocab_size=40, minloglevel=2
    )
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "xx.sp.model"))
    names = [pieces.id_to_piece(at) for at in range(3, len(pieces))]
    # One bigram, because KenLM takes no model without; the rest is unigrams.
    log = -float(np.log10(len(names) + 2))
    lines = ["\\data\\", f"ngram 1={len(names) + 3}", "ngram 2=1", "", "\\1-grams:"]
    lines += ["-5\t<unk>\t0", "-99\t<s>\t-0.3", f"{log}\t</s>\t0"]
    lines += [f"{log}\t{name}\t0" for name in names]
    lines += ["", "\\2-grams:", f"-0.5\t<s> {names[0]}"]
    (folder / "xx.arpa").write_text("\n".join([*lines, "", "\\end\\", ""]), encoding="utf-8")
    return folder / "xx.sp.model", folder / "xx.arpa"


def test_a_document_is_scored_line_by_line(files: tuple[Path, Path]) -> None:
    model = CcnetModel(*files)
    one, two = model.score("baba koko"), model.score("limu mu")
    both = model.score("  Baba KOKO \n\n \nlimu mu\n")
    assert both.tokens == one.tokens + two.tokens
    assert both.log == pytest.approx(one.log + two.log)
    assert both.perplexity == pytest.approx(10 ** (-both.log / both.tokens))
    assert model.score("").tokens == 0


def test_the_score_is_kenlms_on_sentencepieces(files: tuple[Path, Path]) -> None:
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(files[0])).encode("baba koko", out_type=str)
    score = CcnetModel(*files).score("baba koko")
    assert score.tokens == len(pieces) + 1
    assert score.log == pytest.approx(kenlm.Model(str(files[1])).score(" ".join(pieces)))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("  Été 1999 ", "ete 0000"),
        ("“Dit-il” … «oui»", '"dit-il" ... "oui"'),
        ("你好，世界！", "你好,世界!"),
        ("a\x00b\tc", "abc"),
        ("", ""),
    ],
)
def test_lines_are_normalised_as_the_models_expect(given: str, expected: str) -> None:
    assert normalise(given) == expected


def test_absent_files_and_libraries_are_named(
    files: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StorageError, match=r"none\.sp\.model: no such file"):
        CcnetModel(tmp_path / "none.sp.model", files[1])
    (tmp_path / "bad.sp.model").write_bytes(b"bad")
    with pytest.raises(StorageError, match="cannot be loaded"):
        CcnetModel(tmp_path / "bad.sp.model", files[1])
    monkeypatch.setitem(sys.modules, "sentencepiece", None)
    with pytest.raises(StorageError, match="needs the library 'sentencepiece'"):
        CcnetModel(*files)


def test_the_signal_uses_a_ccnet_model_in_place_of_a_trained_one(files: tuple[Path, Path]) -> None:
    texts = [document(3), "", "qqqq zzzz"]
    record = pa.record_batch({"text": pa.array(texts, pa.large_string()), "language_assigned": ["sw"] * 3})
    group = declared(Perplexity)
    assert isinstance(group, Signal)
    given = CcnetFiles(pieces=str(files[0]), model=str(files[1]))
    bare = group.measure(group.build(PerplexityOptions(ccnet={"sw": given}), {}), Batch(record)).to_pylist()
    expected = CcnetModel(*files).score(texts[0]).perplexity
    assert bare[0]["perplexity"] == pytest.approx(expected, rel=1e-5)
    assert bare[0]["perplexity_rank"] is None
    assert set(bare[1].values()) == {None}
    ranked = given.model_copy(update={"quantiles": (expected / 2, expected, expected * 1.01)})
    rows = group.measure(group.build(PerplexityOptions(ccnet={"sw": ranked}), {}), Batch(record)).to_pylist()
    assert rows[0]["perplexity_rank"] == pytest.approx(0.5)
    assert rows[0]["perplexity_bucket"] == "middle"
    assert rows[2]["perplexity_bucket"] == "tail"
    assert rows[0]["perplexity_noise_rank"] is None


def test_quantiles_that_fall_are_refused() -> None:
    with pytest.raises(ValueError, match="ascending"):
        CcnetFiles(pieces="a", model="b", quantiles=(3.0, 2.0))
