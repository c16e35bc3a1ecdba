"""Fits the bounds of filters/perplexity.yaml by leaving one kind of text out.

A model of a language never sees every kind of text a corpus will hold. For each language and each source of
its reference text (bench/fit_filters.py: no document that bench/quality.py reports on) a model is trained on
the other sources and the source left out is judged: what it scores is what good text of an unseen kind
scores. A language's bound is the widest 2 % quantile over its sources, never outside the limits below; a
language of one source, or too little text, gets what three quarters of the others get by with.

    python bench/fit_perplexity.py [--write]
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from fit_filters import comment, reference
from numpy.typing import NDArray
from perplexity import MOST_DOCUMENTS, MOST_LETTERS, train_on

from corpus.batch import Batch
from corpus.languages import LANGUAGES
from corpus.recipe import PerplexityOptions
from corpus.signals.perplexity import Perplexity

ROOT = Path(__file__).parents[1]
TAIL = 0.02
HEAD = (
    "Perplexity under a model of the document's own language, trained in the build on its reference text. "
    "Noise is on a scale of the language's own: its held-out passages are 0, the same passages damaged 1. "
    "Order compares a document with itself, its words in other orders, in standard errors. A language "
    "without a model has neither, and what has none is kept. Fitted by bench/fit_perplexity.py: each source "
    f"of reference text was judged by a model of the others; a bound drops {TAIL:.0%} of the source that is "
    "worst off, unless that would keep much damaged text. The filter's own bound is what three quarters of "
    "the languages get by with; a language with little text, no source of which could be left out, has a "
    "wide one."
)
LEAST_DOCUMENTS = 10
#: A language with less reference text has limits of its own, and the first of them where no source could be
#: left out. Under such models a bound of 1.4 for the order loses two thirds of the good text that 1.7 does;
#: where a source left out loses more all the same (isiXhosa), the bound keeps it: nothing else speaks for
#: text of other kinds.
FEW_BYTES = 300_000


class Bound(NamedTuple):
    """A filter: its signal, its side, the tightest and widest bound it may get, and the same for a language
    with little text."""

    name: str
    signal: str
    side: str
    tight: float
    wide: float
    few: tuple[float, float]
    description: str


#: Between its limits the order finds 93 to 94 % of shuffled text, and loses 0.2 to 0.4 % of text of kinds the
#: model knows and 2 % of others; the noise loses 0.1 to 0 % and 2 to 0.1 % of the same (models of 60 kB and
#: more, a quarter of the documents, neither trained nor reported on).
BOUNDS = (
    Bound("perplexity_noise", "perplexity_noise_level", "max", 1.1, 1.6, (1.6, 1.6),
          "stranger than reference text with letters exchanged and words shuffled"),
    Bound("perplexity_order", "perplexity_order_evidence", "min", 2.0, 1.7, (1.4, 0),
          "words that fit together hardly better than in other orders"),
)  # fmt: skip


def judged(
    language: str, rows: dict[str, list[str]], folder: Path
) -> dict[str, dict[str, NDArray[np.float64]]]:
    """By source left out: the signals of its documents under a model of the other sources."""
    found = {}
    for source, texts in rows.items():
        rest = [text for other, kept in rows.items() if other != source for text in kept]
        if len(texts) < LEAST_DOCUMENTS or not rest:
            continue
        path, counts = train_on(language, rest, folder)
        if counts["trained"]:
            part = [text[:MOST_LETTERS] for text in texts[:MOST_DOCUMENTS]]
            record = pa.record_batch(
                {"text": pa.array(part, pa.large_string()), "language_assigned": [language] * len(part)}
            )
            measured = Perplexity(PerplexityOptions(), {f"language_model/{language}": path})(Batch(record))
            noise, order = (
                measured.column(bound.signal).to_numpy(zero_copy_only=False).astype(float) for bound in BOUNDS
            )
            # The order is null where it is beyond doubt too: such documents are of the source like others.
            order[np.isnan(order) & ~np.isnan(noise)] = np.inf
            found[source] = {
                bound.signal: values for bound, values in zip(BOUNDS, (noise, order), strict=True)
            }
        shutil.rmtree(folder)
    return found


def fitted(bound: Bound, values: list[NDArray[np.float64]], size: int) -> float:
    """The widest quantile over sources, inside the limits, to two digits outward."""
    side = 1 if bound.side == "max" else -1
    quantiles = [np.quantile(side * found[~np.isnan(found)], 1 - TAIL, method="higher") for found in values]
    limits = bound.few if size < FEW_BYTES else (bound.tight, bound.wide)
    widest = float(np.clip(side * max(quantiles), *sorted(limits)))
    return round((np.ceil if side > 0 else np.floor)(round(100 * widest, 6)) / 100, 2)


def yaml(found: dict[str, dict[str, tuple[float, int, int]]], sizes: dict[str, int]) -> str:
    """`found`: filter, then language, to (bound, sources, bytes); `sizes`: bytes of each language."""
    lines = [comment(HEAD).rstrip(), "filters:"]
    for bound in BOUNDS:
        values = sorted((row[0] for row in found[bound.name].values()), reverse=bound.side == "min")
        common = values[min(len(values) - 1, int(np.ceil(0.75 * len(values))) - 1)]
        lines += [f"  {bound.name}:", f"    signal: {bound.signal}", f"    {bound.side}: {common:g}"]
        lines += [f"    description: {bound.description}", "    languages:"]
        for language, (value, sources, size) in sorted(found[bound.name].items()):
            left_out = "one source left out" if sources == 1 else f"{sources} sources, each left out in turn"
            origin = f'fitted_on_bytes: {size}, note: "{left_out}"'
            lines.append(f"      {language}: {{{bound.side}: {value:g}, set_by: fitted, {origin}}}")
        for language, size in sorted(sizes.items()):
            if language not in found[bound.name] and size < FEW_BYTES:
                origin = f'fitted_on_bytes: {size}, note: "the model knows little"'
                bounds = f"{bound.side}: {bound.few[0]:g}, set_by: inherited"
                lines.append(f"      {language}: {{{bounds}, {origin}}}")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="replace filters/perplexity.yaml")
    arguments = parser.parse_args()
    least = PerplexityOptions().min_reference_bytes
    sizes: dict[str, int] = {}
    texts: dict[str, dict[str, list[str]]] = {}
    for text, language, source in zip(*(column.to_pylist() for column in reference().columns), strict=True):
        kind = "sentences" if source.startswith("lid/") else source
        texts.setdefault(language, {}).setdefault(kind, []).append(text)
    found: dict[str, dict[str, tuple[float, int, int]]] = {bound.name: {} for bound in BOUNDS}
    with tempfile.TemporaryDirectory() as scratch:
        for language in LANGUAGES:
            rows = texts.get(language, {})
            size = sum(len(text.encode()) for kept in rows.values() for text in kept)
            if size >= least:
                sizes[language] = size
            measured = judged(language, rows, Path(scratch) / language)
            if len(measured) < (1 if size < FEW_BYTES else 2):
                continue
            for bound in BOUNDS:
                values = [row[bound.signal] for row in measured.values()]
                values = [column for column in values if (~np.isnan(column)).sum() >= LEAST_DOCUMENTS]
                if values:
                    found[bound.name][language] = fitted(bound, values, size), len(values), size
                spread = {
                    source: np.nanquantile(row[bound.signal], (0.02, 0.5, 0.98), method="nearest").round(2)
                    for source, row in measured.items()
                    if not np.isnan(row[bound.signal]).all()
                }
                shares = " ".join(f"{source} {part}" for source, part in spread.items())
                print(language, bound.name, found[bound.name].get(language), shares, flush=True)
    if arguments.write:
        (ROOT / "filters" / "perplexity.yaml").write_text(yaml(found, sizes), encoding="utf-8")


if __name__ == "__main__":
    main()
