"""The signal group `language`: what a document is written in, and whether that agrees with its source.

Sources are hand-picked, so this verifies the declared language more than it guesses: the declared language
stays unless the text makes it implausible. Natural language is judged window by window with the model of
`corpus.lid`; documents declared `code-*` by extension and content, never by natural language.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from corpus.batch import Batch
from corpus.languages import LANGUAGES, UNDETERMINED, is_code
from corpus.lid.code import programming_language
from corpus.lid.identify import name, script_name
from corpus.lid.labels import canonical
from corpus.lid.model import SHIPPED, load
from corpus.lid.relatives import kinship
from corpus.lid.score import score, vote, windows
from corpus.recipe import LanguageOptions
from corpus.signal import signal

__all__ = ["LanguageSignals"]

_COLUMNS = {
    "language_predicted": pa.string(),
    "language_score": pa.float32(),
    "language_margin": pa.float32(),
    "language_script": pa.string(),
    "foreign_ratio": pa.float32(),
    "declared_score": pa.float32(),
    "language_assigned": pa.string(),
    "language_agrees": pa.bool_(),
}
#: A code file counts as something else only where its content says so this clearly.
_NOT_CODE = 0.8
_CERTAIN = 0.9


class _Row(NamedTuple):
    """The columns of one document, in the order of _COLUMNS."""

    predicted: str
    score: float
    margin: float
    script: str
    foreign: float
    declared: float
    assigned: str
    agrees: bool


@signal(name="language", columns=_COLUMNS, version=1)
class LanguageSignals:
    """Language, score, script, foreign windows, and agreement with the declared language.

    language_predicted  BCP-47 of the likeliest language (also one `corpus` has no sources of), `code-*` for
                        declared code, `und` where nothing can be said
    language_score      calibrated probability of the prediction, 0 to 1; 0 with `und`
    language_margin     its lead over the second, 0 to 1
    language_script     ISO 15924 of most letters; Hans or Hant for Chinese; Zyyy without letters
    foreign_ratio       share of the windows (by letters) whose likeliest language is not the assigned one
    declared_score      plausibility of the declared language, 0 to 1; relatives count in part; 1 where the
                        text cannot be judged
    language_assigned   the language the document counts as from here on
    language_agrees     false: the declared language is implausible and there is no language to move to
    """

    def __init__(self, options: LanguageOptions, artefacts: Mapping[str, Path]) -> None:
        self.options = options
        path = artefacts.get("language", Path(options.model) if options.model else SHIPPED)
        self.model = load(path)
        self.kinship = kinship(self.model.labels)
        self.number = {label: index for index, label in enumerate(self.model.labels)}

    def __call__(self, batch: Batch) -> pa.RecordBatch:
        data, offsets = batch.text
        declared = batch.column("language").to_pylist()
        files = batch.column("file") if "file" in batch.record.schema.names else None
        starts, ends, document = windows(data, offsets, most=self.options.windows)
        scores = score(self.model, data, starts, ends)
        votes = vote(scores, document, len(batch), self.model)
        own = np.array([self.number.get(canonical(label or ""), -1) for label in declared], np.int64)
        plausible = self._plausible(votes.probability, own)
        best, second = _first_two(votes.probability)
        assigned_label = np.full(len(batch), -1, np.int64)
        rows: list[_Row] = []
        for index, label in enumerate(declared):
            label = label or UNDETERMINED
            if is_code(label):
                file = files[index].as_py() if files is not None else ""
                content = data[offsets[index] : min(offsets[index + 1], offsets[index] + 65_536)].tobytes()
                rows.append(_code_row(label, file or "", content))
                continue
            row, number = self._row(
                label,
                int(own[index]),
                votes.probability[index],
                int(best[index]),
                int(second[index]),
                float(plausible[index]),
                int(votes.script[index]),
                int(votes.han[index]),
                int(votes.letters[index]),
            )
            assigned_label[index] = number
            rows.append(row)
        foreign = _foreign(scores.probability, scores.letters, document, assigned_label)
        columns = list(zip(*rows, strict=True)) if rows else [()] * len(_COLUMNS)
        columns[4] = tuple(foreign.tolist())
        return pa.record_batch(
            [pa.array(list(values), kind) for values, kind in zip(columns, _COLUMNS.values(), strict=True)],
            list(_COLUMNS),
        )

    def _plausible(self, probability: NDArray[np.float32], own: NDArray[np.int64]) -> NDArray[np.float32]:
        weights = np.where((own >= 0)[:, None], self.kinship[np.maximum(own, 0)], 0)
        return np.asarray((probability * weights).sum(1), np.float32)

    def _row(
        self,
        declared: str,
        own: int,
        probability: NDArray[np.float32],
        best: int,
        second: int,
        plausible: float,
        script: int,
        han: int,
        letters: int,
    ) -> tuple[_Row, int]:
        written = script_name(self.model, script, han)
        top = float(probability[best])
        if top <= 0:
            return _Row(UNDETERMINED, 0.0, 0.0, written, 0.0, 1.0, declared, True), own
        predicted = name(self.model, best, han)
        margin = top - float(probability[second])
        known = predicted in LANGUAGES
        if declared == UNDETERMINED:
            sure = known and top >= self.options.move and letters >= self.options.letters
            assigned, agrees = (predicted if sure else declared), True
            return _Row(predicted, top, margin, written, 0.0, 1.0, assigned, agrees), best if sure else -1
        if own < 0:
            # the model has no text of the declared language: its relatives are all that can speak for it
            plausible = max(plausible, 0.0 if known and top >= 0.9 and not self._kin(declared, best) else 1.0)
        if declared.startswith("zh") and predicted.startswith("zh"):
            # one language in two scripts: the characters decide, where there are enough of them
            moved = predicted != declared and letters >= self.options.letters and abs(han) > 8 * letters // 10
            assigned = predicted if moved else declared
            return _Row(predicted, top, margin, written, 0.0, plausible, assigned, True), own
        # `und` means like nothing the model knows: reason to drop only where that is certain
        enough = _CERTAIN if predicted == UNDETERMINED else self.options.move
        implausible = (
            letters >= self.options.letters and plausible < self.options.implausible and top >= enough
        )
        if not implausible:
            return _Row(predicted, top, margin, written, 0.0, plausible, declared, True), own
        if known:
            return _Row(predicted, top, margin, written, 0.0, plausible, predicted, True), best
        return _Row(predicted, top, margin, written, 0.0, plausible, declared, False), own

    def _kin(self, declared: str, label: int) -> bool:
        genus = LANGUAGES[declared].genus if declared in LANGUAGES else ""
        code = self.model.labels[label]
        return any(
            language.genus == genus and canonical(known) == code for known, language in LANGUAGES.items()
        )


def _first_two(probability: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The likeliest and the second label of each document."""
    rest = probability.copy()
    best = rest.argmax(1)
    rest[np.arange(best.size), best] = -1
    return best, rest.argmax(1)


def _code_row(declared: str, file: str, content: bytes) -> _Row:
    guess = programming_language(file, content, declared)
    agrees = not (guess.language == UNDETERMINED and guess.score >= _NOT_CODE)
    assigned = guess.language if is_code(guess.language) and guess.score >= _NOT_CODE else declared
    plausible = 1.0 if guess.language in (declared, UNDETERMINED) and agrees else 1.0 - guess.score
    return _Row(guess.language, guess.score, guess.score, "Zyyy", 0.0, plausible, assigned, agrees)


def _foreign(
    probability: NDArray[np.float32],
    letters: NDArray[np.int64],
    document: NDArray[np.int64],
    assigned: NDArray[np.int64],
) -> NDArray[np.float32]:
    """Share of letters in windows that vote for another language than the assigned one."""
    says = probability.any(1) & (assigned[document] >= 0)
    weight = np.where(says, letters, 0).astype(np.float64)
    other = weight * (probability.argmax(1) != assigned[document])
    total = np.bincount(document, weight, assigned.size)
    return np.asarray(np.bincount(document, other, assigned.size) / np.maximum(total, 1), np.float32)
