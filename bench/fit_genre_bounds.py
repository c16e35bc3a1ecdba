"""Fits the bound of catalogues in filters/genre.yaml to each language: what its running text needs.

Of the sources that bench/quality.py takes its good text from, only the half it does not report on is read,
and no manuals of programs: they are half catalogue themselves. A bound drops 2 % of the source that is worst
off; the dialogues of tico19, line by line and without stops, are what widens it.

Of a few documents no such quantile can be told, but their middle can. So a language whose documents score
higher than those of others in the same sources gets a bound that is wider by that much, drawn towards nothing
the fewer they are: the language's effect in a model of sources and languages, shrunk as by Efron and Morris
(1975). The wider of the two counts. No language is given a narrower one than all, and none a wider one than
lets a fifth of catalogues pass.

    python bench/fit_genre_bounds.py [--write]
"""

from __future__ import annotations

import argparse
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from fit_filters import MEASURED, comment, load_filters, reference

from corpus import fit

ROOT = Path(__file__).parents[1]
HEAD = (
    "Text that is not running text, told by how its lines are laid and by its signs "
    "(corpus/signals/genre.py). The scores are log-odds; their weights were fitted by bench/fit_genre.py, "
    "the filters' own bounds chosen and those of languages fitted (bench/fit_genre_bounds.py) on the halves "
    "of documents that bench/quality.py does not report on. Messages were picked by hand as the only text "
    "there is in some languages: `except_sources`."
)
OPTIONS = fit.FitOptions(tail=0.02, margin=0.0, confirm=True, min_documents=1)
LEAST_WORDS = 20
#: A fifth of the UI strings no weight was fitted on, and not reported on, lies below.
WIDEST = 3.5


def effects(table: pa.Table) -> dict[str, float]:
    """How much higher each language's documents score than those of others in the same sources, shrunk."""
    score, language, source = (
        np.array(table.column(name).to_pylist()) for name in ("catalogue_score", "language", "source")
    )
    names = np.unique(language)
    count = {name: int((language == name).sum()) for name in names}
    found = dict.fromkeys(names, 0.0)
    spread = 0.0
    for one in np.unique(source):
        inside = source == one
        cells = {name: score[inside & (language == name)] for name in np.unique(language[inside])}
        middle = np.median([np.median(cell) for cell in cells.values()])
        for name, cell in cells.items():
            found[name] += (np.median(cell) - middle) * len(cell) / count[name]
            spread += cell.std() * len(cell) / len(score)
    error = {name: math.pi / 2 * spread**2 / count[name] for name in names}  # of a median
    between = max(np.var(list(found.values())) - np.mean(list(error.values())), 0.0)
    return {name: float(found[name] * between / (between + error[name])) for name in names}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="replace filters/genre.yaml")
    arguments = parser.parse_args()
    batch = reference()
    table = fit.measure(batch.filter(pc.is_in(batch.column("source"), pa.array(MEASURED))))
    table = table.filter(pc.greater_equal(table.column("word_count"), LEAST_WORDS))
    filters = load_filters("genre")
    found = fit.propose(table, {"catalogue": filters["catalogue"]}, options=OPTIONS)
    effect, least = effects(table), float(filters["catalogue"].max or 0)
    wanted = {item.language: max(item.value, least + effect[item.language]) for item in found}
    proposals = [
        replace(item, value=round(min(wanted[item.language], WIDEST), 2))
        for item in found
        if wanted[item.language] > least
    ]
    text = comment(HEAD) + "filters:\n"
    text += "".join(fit.to_yaml(name, recipe, proposals) for name, recipe in filters.items())
    print(text)
    if arguments.write:
        (ROOT / "filters" / "genre.yaml").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
