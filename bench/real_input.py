"""Sources of the shared real text, for benchmarks and end-to-end runs.

    python bench/real_input.py ../shared/real_input /tmp/real/sources.yaml

Reads <folder>/<source>/<label>.jsonl.zst and writes a catalogue beside which a build can run. A label `x-…`
is none of our languages and is declared `und`. The licences are those that <folder>/SOURCES.md states.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

__all__ = ["write_sources"]

#: Edited prose in the language it is declared as: no machine translations (ms_*), questions, mail or code, no
#: pages that are English under another name.
_REFERENCE = {
    "african_storybook",
    "bible_chapters",
    "bible_chichewa",
    "debian_handbook",
    "libreoffice_help",
    "libreoffice_ui_strings",
    "masakhanews",
    "mediawiki_ui_strings",
    "pratham_books",
    "tico19",
    "tldr_pages",
    "ud_wolof",
    "udhr",
    "udhr_extra",
    "us_speeches",
    "za_sona_speeches",
}


def _licences(folder: Path) -> dict[str, str]:
    table = folder / "SOURCES.md"
    if not table.is_file():
        return {}
    rows = [
        line.split("|") for line in table.read_text(encoding="utf-8").splitlines() if line.startswith("| ")
    ]
    return {row[1].strip(): row[2].strip() for row in rows if len(row) > 3}


def write_sources(folder: Path, output: Path, pipeline: str = "bloom-fixed") -> Path:
    """Write the catalogue of all sources in the folder to `output` and return it; its paths are relative."""
    output.parent.mkdir(parents=True, exist_ok=True)
    licences = _licences(folder)
    lines = ["name: real-input", f"pipeline: {pipeline}", "", "sources:"]
    for source in sorted(path for path in folder.iterdir() if path.is_dir()):
        files = sorted(source.glob("*.jsonl.zst"))
        if not files:
            continue
        languages: dict[str, list[str]] = {}
        for file in files:
            label = file.name.removesuffix(".jsonl.zst")
            languages.setdefault("und" if label.startswith("x-") else label, []).append(file.name)
        path = os.path.relpath(source.resolve(), output.parent.resolve())
        lines += [f"  {source.name.replace('_', '-')}:"]
        lines += [f'    licence: "{licences.get(source.name, "as stated in each record")}"']
        lines += [f'    reader: {{type: jsonl, path: "{path}"}}']
        lines += ["    languages:"]
        lines += [f"      {language}: [{', '.join(names)}]" for language, names in sorted(languages.items())]
        if source.name in _REFERENCE:
            lines += ["    reference: true"]
        lines += [""]
    output.write_text("\n".join(lines), encoding="utf-8")
    return output


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("output", type=Path)
    arguments = parser.parse_args()
    print(write_sources(arguments.folder, arguments.output))
