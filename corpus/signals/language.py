"""The signal group `language`: what a document is written in, and whether that agrees with its source.

Sources are hand-picked, so this verifies the declared language more than it guesses: the declared language
stays unless the text makes it implausible. Natural language is judged window by window with the model of
`corpus.lid`, all documents of a batch at once; documents declared `code-*` by extension and content, never
by natural language.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from corpus.batch import Batch
from corpus.languages import LANGUAGES, UNDETERMINED, is_code
from corpus.lid.backends import Backend, open_backend
from corpus.lid.code import programming_language
from corpus.lid.labels import canonical
from corpus.lid.model import SHIPPED, load
from corpus.lid.relatives import kinship
from corpus.lid.score import Scores, Votes, confidence, first_two, score, vote, windows
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
#: Letters of an English word, on the mean.
_ENGLISH_WORD = 4.7
#: Where the declared language has most common words of English too, they estimate nothing.
_LEAST_RATE = 0.1
#: A word used many times in a short text (`file`) is no English.
_LEAST_ENGLISH = 6
#: A code file counts as something else only where its content says so this clearly.
_NOT_CODE = 0.8
#: `und` means like nothing the model knows: reason to drop only where that is certain.
_CERTAIN = 0.9


class _Declared(NamedTuple):
    """The declared languages of a batch: their names once, and for each document its name and model label."""

    names: list[str]
    kind: NDArray[np.int64]
    label: NDArray[np.int64]


class _Verdict(NamedTuple):
    """One entry for each document; languages are positions in `names`, -1 for the declared one."""

    predicted: NDArray[np.int64]
    score: NDArray[np.float32]
    margin: NDArray[np.float32]
    plausible: NDArray[np.float32]
    moved: NDArray[np.int64]
    agrees: NDArray[np.bool_]


@signal(name="language", columns=_COLUMNS, version=8)
class LanguageSignals:
    """Language, score, script, foreign share, and agreement with the declared language.

    language_predicted  BCP-47 of the likeliest language (also one `corpus` has no sources of), `code-*` for
                        declared code, `und` where nothing can be said: no words, or program code
    language_score      probability of the prediction, 0 to 1; 0 with `und`
    language_margin     its lead over the second, 0 to 1
    language_script     ISO 15924 of most letters; Hans or Hant for Chinese; Zyyy without letters
    foreign_ratio       share of the document that is not in the assigned language: windows (by letters) whose
                        likeliest language is another one, or what its English words amount to; the larger
    declared_score      plausibility of the declared language, 0 to 1; relatives count in part; 1 where the
                        text cannot be judged
    language_assigned   the language the document counts as from here on
    language_agrees     false: the declared language is implausible and there is no language to move to, or
                        more of the document than `foreign` of the options is English, but not the rest
    """

    def __init__(self, options: LanguageOptions, artefacts: Mapping[str, Path]) -> None:
        self.options = options
        path = artefacts.get("language", Path(options.model) if options.model else SHIPPED)
        self.model = load(path)
        self.kinship = kinship(self.model.labels)
        self.number = {label: index for index, label in enumerate(self.model.labels)}
        self.chinese = self.number.get("zh", -1)
        names = ["zh-Hans" if label == "zh" else label for label in self.model.labels]
        self.names = pa.array([*names, "zh-Hant", UNDETERMINED])
        self.is_known = np.array([name in LANGUAGES for name in self.names.to_pylist()])
        scripts = ["Hans" if script == "Hani" else script for script in self.model.scripts]
        self.scripts = pa.array([*scripts, "Hant"])
        self.han = self.model.scripts.index("Hani")
        self.backend = None if options.backend == "ours" else open_backend(options.backend, artefacts)

    def __call__(self, batch: Batch) -> pa.RecordBatch:
        data, offsets = batch.text
        declared = self._declared(batch)
        starts, ends, document = windows(data, offsets, most=self.options.windows)
        scores = score(self.model, data, starts, ends, declared.label[document])
        votes = vote(scores, document, len(batch), self.model)
        if self.backend is not None:
            votes = votes._replace(probability=self._answers(self.backend, batch, votes))
            scores = scores._replace(probability=votes.probability[document])
        found = self._decide(votes, declared)
        english = self._english(votes, declared)
        counted = np.where(found.moved >= 0, found.moved, declared.label)
        counted = np.where(counted >= len(self.model.labels), self.chinese, counted)
        foreign = _foreign(scores, document, counted)
        # Half a page of English makes the declared language implausible; it does not make the page English.
        to_english = (found.moved == self.number.get("en", -2)) & (found.plausible < 1)
        mixed = to_english & (foreign > self.options.foreign)
        moved = np.where(mixed, -1, found.moved)
        if mixed.any():
            foreign = np.where(mixed, _foreign(scores, document, declared.label), foreign)
        stays = moved < 0
        agrees = found.agrees & ~mixed & ~(stays & (english > self.options.foreign))
        script = np.where((votes.script == self.han) & (votes.han < 0), len(self.scripts) - 1, votes.script)
        assigned = np.where(stays, declared.kind, moved + len(declared.names))
        choice = pa.concat_arrays([pa.array(declared.names, pa.string()), self.names])
        columns = [
            self.names.take(pa.array(found.predicted)),
            pa.array(found.score),
            pa.array(found.margin),
            self.scripts.take(pa.array(script)),
            pa.array(np.where(stays, np.maximum(foreign, english), foreign).astype(np.float32)),
            pa.array(found.plausible),
            choice.take(pa.array(assigned)),
            pa.array(agrees),
        ]
        if any(map(is_code, declared.names)):
            columns = self._with_code(batch, declared, columns)
        return pa.record_batch(columns, list(_COLUMNS))

    def _answers(self, backend: Backend, batch: Batch, votes: Votes) -> NDArray[np.float32]:
        """What another back end says of each document, over the labels of the model; others are `und`."""
        result = np.zeros_like(votes.probability)
        undetermined = self.number.get(UNDETERMINED, -1)
        for row, text in enumerate(batch.column("text").to_pylist()):
            guess = backend(text or "")
            found = ((guess.second, guess.score - guess.margin), (guess.language, guess.score))
            for language, share in found:
                if share > 0:
                    result[row, self.number.get(canonical(language), undetermined)] += share
        return result

    def _declared(self, batch: Batch) -> _Declared:
        column = batch.column("language").cast(pa.string()).fill_null(UNDETERMINED).dictionary_encode()
        names: list[str] = column.dictionary.to_pylist()
        kind = column.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        labels = np.array([self.number.get(canonical(name), -1) for name in names], np.int64)
        return _Declared(names, kind, labels[kind])

    def _decide(self, votes: Votes, declared: _Declared) -> _Verdict:
        """Documents move or disagree where their declared language is implausible; without it, they move."""
        probability, own = votes.probability, declared.label
        first, second = first_two(probability)
        rows = np.arange(own.size)
        top = probability[rows, first]
        says = top > 0
        plausible = (probability * np.where((own >= 0)[:, None], self.kinship[own], 0)).sum(1)
        predicted = np.where((first == self.chinese) & (votes.han < 0), len(self.model.labels), first)
        predicted = np.where(says, predicted, len(self.names) - 1)
        is_known = self.is_known[predicted]
        # the model has no text of the declared language: its relatives are all that can speak for it
        related = self._related(declared.names)[declared.kind, first]
        strange = (own < 0) & ~(is_known & (top >= _CERTAIN) & ~related)
        plausible = np.where(strange, 1.0, plausible)
        judged = says & (votes.letters >= self.options.letters)
        undeclared = np.array([name == UNDETERMINED for name in declared.names], np.bool_)[declared.kind]
        enough = np.where(first == self.number.get(UNDETERMINED, -1), _CERTAIN, self.options.move)
        # the lexicon belongs to our model: it was fitted beside it
        sure = confidence(self.model, votes, first, top) if self.backend is None else top
        likely = np.minimum(sure, top)
        implausible = judged & (plausible < self.options.implausible) & (likely >= enough) & (first != own)
        implausible &= ~undeclared
        moves = (implausible | (undeclared & judged & (likely >= self.options.move))) & is_known
        # one language in two scripts: the characters decide, where there are enough of them
        target = np.array([_TWO_SCRIPTS.get(name, -1) for name in declared.names], np.int64)[declared.kind]
        other = (target >= 0) & (first == self.chinese) & says & (target != (votes.han < 0))
        moves |= other & judged & (np.abs(votes.han) > 8 * votes.letters // 10)
        plausible = np.where(undeclared | ~says, 1.0, plausible)
        return _Verdict(
            predicted,
            sure,
            np.where(says, top - probability[rows, second], 0).astype(np.float32),
            plausible.astype(np.float32),
            np.where(moves, predicted, -1),
            ~implausible | is_known,
        )

    def _english(self, votes: Votes, declared: _Declared) -> NDArray[np.float64]:
        """Share of each document that is English, by common words the declared language does not have."""
        bit = self.model.bit[declared.label]
        rate = self.model.lexicon.english_rate[bit]
        letters = votes.foreign / np.maximum(rate, _LEAST_RATE) * _ENGLISH_WORD
        judged = (rate >= _LEAST_RATE) & (votes.foreign >= _LEAST_ENGLISH)
        judged &= votes.letters >= self.options.letters
        return np.where(judged, np.minimum(1, letters / np.maximum(votes.weight.sum(1), 1)), 0)

    def _related(self, names: Sequence[str]) -> NDArray[np.bool_]:
        """Bool [names, labels]: the label is of the genus of the language of that name."""
        genus = {name: LANGUAGES[name].genus if name in LANGUAGES else "" for name in names}
        rows = [
            [label in kin for label in self.model.labels]
            for name in names
            for kin in [{canonical(code) for code, known in LANGUAGES.items() if known.genus == genus[name]}]
        ]
        return np.array(rows, np.bool_).reshape(len(names), len(self.model.labels))

    def _with_code(self, batch: Batch, declared: _Declared, columns: list[pa.Array]) -> list[pa.Array]:
        data, offsets = batch.text
        files = batch.column("file") if "file" in batch.record.schema.names else None
        lists = [column.to_pylist() for column in columns]
        code = np.array([is_code(name) for name in declared.names])[declared.kind]
        for index in np.flatnonzero(code).tolist():
            file = files[index].as_py() if files is not None else ""
            content = data[offsets[index] : min(offsets[index + 1], offsets[index] + 65_536)].tobytes()
            row = _code_row(declared.names[declared.kind[index]], file or "", content)
            for values, value in zip(lists, row, strict=True):
                values[index] = value
        return [pa.array(values, kind) for values, kind in zip(lists, _COLUMNS.values(), strict=True)]


#: Whether a declared language is Chinese in Traditional characters.
_TWO_SCRIPTS = {"zh-Hans": 0, "zh-Hant": 1}


def _code_row(declared: str, file: str, content: bytes) -> tuple[object, ...]:
    """The columns of a document declared as code, in their order."""
    guess = programming_language(file, content, declared)
    agrees = not (guess.language == UNDETERMINED and guess.score >= _NOT_CODE)
    assigned = guess.language if is_code(guess.language) and guess.score >= _NOT_CODE else declared
    plausible = 1.0 if guess.language in (declared, UNDETERMINED) and agrees else 1.0 - guess.score
    return guess.language, guess.score, guess.score, "Zyyy", 0.0, plausible, assigned, agrees


def _foreign(scores: Scores, document: NDArray[np.int64], assigned: NDArray[np.int64]) -> NDArray[np.float64]:
    """Share of letters in windows that vote for another language than the assigned one."""
    says = scores.probability.any(1) & (assigned[document] >= 0)
    weight = np.where(says, scores.weight.max(1), 0).astype(np.float64)
    other = weight * (scores.probability.argmax(1) != assigned[document])
    total = np.bincount(document, weight, assigned.size)
    return np.asarray(np.bincount(document, other, assigned.size) / np.maximum(total, 1))
