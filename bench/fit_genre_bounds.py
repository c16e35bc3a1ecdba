"""Fits the bound of catalogues in filters/genre.yaml to each language: what its running text needs.

Of the sources that bench/quality.py takes its good text from, only the half it does not report on is read,
and no manuals of programs: they are half catalogue themselves. A bound drops 2 % of the source that is worst
off; the dialogues of tico19, line by line and without stops, are what widens it. No language is given a
narrower one, and none a wider one than lets a fifth of catalogues pass.

    python bench/fit_genre_bounds.py [--write]
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

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
OPTIONS = fit.FitOptions(tail=0.02, margin=0.0)
LEAST_WORDS = 20
#: A fifth of the UI strings no weight was fitted on, and not reported on, lies below.
WIDEST = 3.5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="replace filters/genre.yaml")
    arguments = parser.parse_args()
    batch = reference()
    table = fit.measure(batch.filter(pc.is_in(batch.column("source"), pa.array(MEASURED))))
    table = table.filter(pc.greater_equal(table.column("word_count"), LEAST_WORDS))
    filters = load_filters("genre")
    found = fit.propose(table, {"catalogue": filters["catalogue"]}, options=OPTIONS)
    proposals = [replace(item, value=min(item.value, WIDEST)) for item in found]
    text = comment(HEAD) + "filters:\n"
    text += "".join(fit.to_yaml(name, recipe, proposals) for name, recipe in filters.items())
    print(text)
    if arguments.write:
        (ROOT / "filters" / "genre.yaml").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
