"""Fits the weights of the genre scores: corpus/signals/genre_weights.py.

Running text is the reference text of bench/fit_filters.py; catalogues are the halves of the UI-string
sources, and advertising mail the half of the spam, that bench/quality.py does not report on. A passage of
about the size of a document of the other kind is cut from each long document, so that size says nothing. Each
source weighs as the square root of its documents, and both sides the same: logistic regression with an L2
penalty.

    python bench/fit_genre.py [--write]

Without --write it prints what the weights give on the halves held out, and what they give where one source is
left out of the fit altogether: the share of catalogues and mail beyond the 99 % quantile of the running text.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from fit_filters import documents, held_out, reference
from numpy.typing import NDArray

from corpus.batch import Batch
from corpus.recipe import TextOptions
from corpus.signals.genre import FEATURES, features, line_layout
from corpus.signals.text import TextStatistics

ROOT = Path(__file__).parents[1]
UI = ("libreoffice_ui_strings", "mediawiki_ui_strings")
MAIL = "spamassassin_mail"
#: Documents of a language and source of running text, at most.
MOST_DOCUMENTS = 60
MOST_CHARACTERS = 20_000
LEAST_WORDS = 10
PENALTY = 10.0
SEED = 20260112
MOST_DEVIATIONS = 3.0


class Row(NamedTuple):
    kind: str
    source: str
    language: str
    is_held_out: bool
    text: str


def rows() -> list[Row]:
    """Running text not held out; catalogues and mail, of both halves."""
    from quality import body

    found = []
    for source in UI:
        for identifier, language, text in documents(source):
            found.append(Row("catalogue", source, language, held_out(identifier), text[:MOST_CHARACTERS]))
    for identifier, language, text in documents(MAIL):
        if "spam" in identifier:
            mail = body(text)[:MOST_CHARACTERS]
            found.append(Row("advertising", MAIL, language, held_out(identifier), mail))
    sizes = {
        kind: [len(row.text) for row in found if row.kind == kind] for kind in ("catalogue", "advertising")
    }
    text = reference()
    taken: Counter[tuple[str, str]] = Counter()
    dice = random.Random(SEED)
    for body_text, language, source in zip(*(column.to_pylist() for column in text.columns), strict=True):
        taken[language, source] += 1
        if taken[language, source] > MOST_DOCUMENTS:
            continue
        whole = body_text[:MOST_CHARACTERS]
        found.append(Row("text", source, language, False, whole))
        for lengths in sizes.values():
            size = dice.choice(lengths)
            if len(whole) > 1.2 * size:
                found.append(Row("text", source, language, False, passage(whole, size, dice)))
    return found


def passage(text: str, size: int, dice: random.Random) -> str:
    """About `size` characters of the text, from one line end to another, or to a sentence end."""
    lines = text.split("\n")
    begun = "\n".join(lines[dice.randrange(len(lines)) :])
    if len(begun) < size / 2:
        begun = text[-size:]
    if len(begun) <= size:
        return begun
    end = begun.rfind("\n", size // 2, size)
    if end < 0:
        end = max(begun.rfind(sign, size // 2, size) + 1 for sign in ".!?。।۔")
    return begun[: end if end > 0 else size]


def measured(found: list[Row]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(features of each row, words of each row)"""
    signal = TextStatistics(TextOptions())
    parts, words = [], []
    for at in range(0, len(found), 500):
        part = found[at : at + 500]
        text = pa.array([row.text for row in part], pa.large_string())
        batch = Batch(pa.record_batch({"text": text, "language_assigned": [row.language for row in part]}))
        columns = line_layout(batch)
        record = signal(batch)
        for name, column in zip(record.schema.names, record.columns, strict=True):
            if name in FEATURES or name in ("word_count", "mean_word_length"):
                columns[name] = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
        parts.append(features(columns))
        words.append(columns["word_count"])
    return np.concatenate(parts), np.concatenate(words)


class Scale(NamedTuple):
    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]

    def apply(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        scaled = (matrix - self.mean) / self.deviation
        return np.clip(np.nan_to_num(scaled), -MOST_DEVIATIONS, MOST_DEVIATIONS)


def weights_of(sources: NDArray[np.str_], bad: NDArray[np.bool_]) -> NDArray[np.float64]:
    found = np.zeros(len(sources))
    for side in (bad, ~bad):
        for source in np.unique(sources[side]):
            members = side & (sources == source)
            found[members] = 1 / np.sqrt(members.sum())
        found[side] /= found[side].sum()
    return found * len(sources)


def logistic(
    matrix: NDArray[np.float64], bad: NDArray[np.bool_], weight: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Weights of the columns and, last, the constant: Newton's method."""
    wide = np.column_stack([matrix, np.ones(len(matrix))])
    penalty = np.r_[np.full(matrix.shape[1], PENALTY), 1e-9]
    found = np.zeros(wide.shape[1])
    for _ in range(50):
        likely = 1 / (1 + np.exp(-np.clip(wide @ found, -30, 30)))
        gradient = wide.T @ (weight * (likely - bad)) + penalty * found
        curvature = (wide * (weight * likely * (1 - likely))[:, None]).T @ wide + np.diag(penalty)
        step = np.linalg.solve(curvature, gradient)
        found -= step
        if np.abs(step).max() < 1e-9:
            break
    return found


def module(scale: Scale, catalogue: NDArray[np.float64], advertising: NDArray[np.float64]) -> str:
    lines = [
        '"""Weights of the genre scores; written by bench/fit_genre.py.',
        "",
        "Feature: mean and standard deviation over its documents, weight in the score for catalogues and in",
        "the score for advertising mail. Fitted to numbers only: no word of any text is in here.",
        '"""',
        "",
        "from __future__ import annotations",
        "",
        '__all__ = ["WEIGHTS"]',
        "",
        "WEIGHTS: dict[str, tuple[float, float, float, float]] = {",
    ]
    columns = (scale.mean, scale.deviation, catalogue[:-1], advertising[:-1])
    for name, *values in zip(FEATURES, *columns, strict=True):
        lines.append(f'    "{name}": ({", ".join(f"{value:.4f}" for value in values)}),')
    lines.append(f'    "constant": (0.0, 1.0, {catalogue[-1]:.4f}, {advertising[-1]:.4f}),')
    return "\n".join([*lines, "}", ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="replace corpus/signals/genre_weights.py")
    arguments = parser.parse_args()
    found = rows()
    matrix, words = measured(found)
    kind, source = (np.array(column) for column in list(zip(*found, strict=True))[:2])
    aside = np.array([row.is_held_out for row in found])
    scale = Scale(*(np.array([f(matrix[~aside], axis=0)]).ravel() for f in (np.nanmean, np.nanstd)))
    scaled = scale.apply(matrix)
    results = {}
    for name in ("catalogue", "advertising"):
        for left_out in ("", *(UI if name == "catalogue" else ()), *sorted(set(source[kind == "text"]))):
            used = np.isin(kind, ("text", name)) & (words >= LEAST_WORDS) & ~aside & (source != left_out)
            bad = kind[used] == name
            fitted = logistic(scaled[used], bad, weights_of(source[used], bad))
            score = scaled @ fitted[:-1] + fitted[-1]
            bound = np.quantile(score[used][~bad], 0.99)
            if not left_out:
                results[name] = fitted
            judged = (words >= LEAST_WORDS) & (source == left_out if left_out else aside)
            rest = ", ".join(
                f"{which}: {(score[judged & (kind == which)] > bound).mean():.3f} of "
                f"{(judged & (kind == which)).sum()}"
                for which in (name, "text") if (judged & (kind == which)).any()
            )  # fmt: skip
            print(f"{name:12} without {left_out or 'nothing':24} beyond {bound:6.2f}  {rest}")
    text = module(scale, results["catalogue"], results["advertising"])
    if arguments.write:
        (ROOT / "corpus" / "signals" / "genre_weights.py").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
