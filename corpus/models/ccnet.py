"""Models in the format of CCNet: a SentencePiece model and a KenLM binary, scored as CCNet scores.

Source: Wenzek et al. 2020, arXiv 1911.00359, and the definitions ROOTS used: text is lower-cased, accents are
removed, digits become 0 and punctuation its ASCII form; each line is scored on its own, and a document's
perplexity is 10 ** (-log10 P / tokens), where the end of a line is a token. One Python string for each line:
five to ten times slower than corpus.models.language_model (bench/perplexity.py).
"""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Any, NamedTuple

from corpus.errors import StorageError

__all__ = ["CcnetModel", "CcnetScore", "normalise"]

_PUNCTUATION = {
    "，": ",", "。": ".", "、": ",", "．": ".", "；": ";", "：": ":", "∶": ":", "？": "?", "！": "!",
    "（": "(", "）": ")", "％": "%", "～": "~", "〈": "<", "〉": ">", "【": "[", "】": "]", "━": "-",
    "「": '"', "」": '"', "《": '"', "》": '"', "„": '"', "“": '"', "”": '"', "«": '"', "»": '"',
    "’": "'", "´": "'", "–": "-", "►": "-", "—": " - ", "…": "...",
}  # fmt: skip
_TABLE = str.maketrans(_PUNCTUATION)


class CcnetScore(NamedTuple):
    """log10 of a document's probability, and the tokens it was scored as."""

    log: float
    tokens: int

    @property
    def perplexity(self) -> float:
        """10 ** (-log / tokens); infinite where the model's float32 says so."""
        return float(10.0 ** min(-self.log / max(self.tokens, 1), 300.0))


class CcnetModel:
    """A pair `<language>.sp.model` and `<language>.arpa.bin` (or `.arpa`).

    Raises StorageError where a file cannot be loaded or a library is absent.
    """

    def __init__(self, pieces: Path, model: Path) -> None:
        for path in (pieces, model):
            if not path.is_file():
                raise StorageError(
                    f"{path}: no such file; a CCNet model is two files, .sp.model and .arpa.bin"
                )
        try:
            import kenlm
            import sentencepiece
        except ImportError as error:
            raise StorageError(
                f"{model}: a CCNet model needs the library '{error.name}'; install it with "
                "pip install 'corpus-works[ccnet]'"
            ) from error
        try:
            self._pieces: Any = sentencepiece.SentencePieceProcessor(model_file=str(pieces))
            quiet = kenlm.Config()
            quiet.show_progress = False
            quiet.arpa_complain = kenlm.ARPALoadComplain.NONE
            self._model: Any = kenlm.Model(str(model), quiet)
        except (OSError, RuntimeError) as error:
            raise StorageError(f"{model}: cannot be loaded as a CCNet model: {error}") from error

    def score(self, text: str) -> CcnetScore:
        """The score of a document, line by line; lines without anything give nothing."""
        log, tokens = 0.0, 0
        for line in text.split("\n"):
            line = normalise(line)
            if line:
                pieces = self._pieces.encode(line, out_type=str)
                log += self._model.score(" ".join(pieces))
                tokens += len(pieces) + 1
        return CcnetScore(log, tokens)


def normalise(line: str) -> str:
    """A line as the models were trained on it."""
    line = line.strip().lower()
    line = "".join(
        letter for letter in unicodedata.normalize("NFD", line) if unicodedata.category(letter) != "Mn"
    )
    line = "".join("0" if letter.isdecimal() else letter for letter in line).translate(_TABLE)
    return "".join(letter for letter in line if unicodedata.category(letter) != "Cc")
