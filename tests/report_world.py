"""A finished build with all that a report has to show: the small project and a hostile source."""

from __future__ import annotations

import atexit
import functools
import json
import shutil
import tempfile
from pathlib import Path

import corpus
from tests.small import write_project

__all__ = ["HOSTILE", "SECRETS", "SOURCE", "build_world", "world", "write_world"]

HOSTILE = "<script>alert('x')</script><img src=x onerror=alert(1)>"
#: The name of a source is data too.
SOURCE = 'odd "name" <b>'
#: Values that must be in no page and no file of a report. Written in parts: they are no one's.
SECRETS = (
    "kofi.sam@" + "hill-farm.net",
    "4111 1111 " + "1111 1111",
    "anna.maria@" + "mill-river.net",
)
_ARABIC = "هذا نص عربي عن النهر والقرية والأطفال الذين يمشون إلى البيت في المساء تحت الأشجار الكبيرة " * 4
#: Two languages in one document, with a value where one begins.
_MIXED = (
    "The children walk home along the river and talk about the long warm day they had together. " * 6
    + f"\n{SECRETS[0]} A comissão reuniu-se na terça-feira e decidiu que a estrada devia ser reparada. "
    + "As crianças voltam para casa ao longo do rio com os seus livros e falam do dia. " * 6
)
#: Declared English: a language there is to move to, and one there is not.
_OTHERS = {
    "portuguese": "As crianças voltam para casa ao longo do rio com os seus livros e falam do dia. " * 3,
    "finnish": "Lapset kävelevät kotiin joen vartta kirjat kainalossa ja puhuvat pitkästä päivästä. " * 3,
}
_PLUGIN = """\
import corpus

@corpus.signal
def fragile(text: str) -> float:
    if "POISON" in text:
        raise ValueError("cannot measure " + text)
    return len(text.split())

@corpus.signal
def exclamations(text: str) -> int:
    return text.count("!")
"""
_FILTERS = """\
plugins: [fragile.py]
filters:
  characters: {signal: character_count, min: 100, languages: {ar: {min: 50, set_by: person}, fr: off}}
  words: {signal: fragile, min: 20, languages: {en: {min: 18, set_by: fitted, fitted_on_bytes: 5000}}}
  loud: {signal: exclamations, max: 3, action: quarantine, applies_to: all, description: "<i>shouting</i>"}
"""


def write_world(folder: Path) -> Path:
    """The small project, with a source of hostile text, personal data, and documents for every verdict."""
    path = write_project(folder)
    prose = "The children walk home along the river with their books and talk about the long warm day. " * 3
    secret = f"Write to {SECRETS[0]} or pay with card {SECRETS[1]} today. "
    rows = [
        {"id": "script", "text": prose + HOSTILE, "url": f"https://example.org/{HOSTILE}"},
        {"id": "secret", "text": secret + prose + "\u200b with   spaces", "url": f"mailto:{SECRETS[0]}"},
        {"id": "loud", "text": prose + "Stop! Stop! Stop! Stop! Stop! " + secret},
        {"id": "poison", "text": prose + "POISON " + secret},
        {"id": "short", "text": "Too short <b>bold</b>."},
        {"id": "twin", "text": prose + "One more line about the mill and the market that closes its doors."},
        {
            "id": "twin-2",
            "text": prose + "One more line about the mill and the market that closes its gates.",
        },
    ]
    rows.append({"id": "mixed", "text": _MIXED})
    rows += [{"id": f"declared-{name}", "text": text} for name, text in _OTHERS.items()]
    (folder / "hostile").mkdir()
    english = [json.dumps(row) for row in rows] + [f'{{"id": 1, "text": "{secret}'] + ["[]"]
    (folder / "hostile" / "en.jsonl").write_text("\n".join(english) + "\n", encoding="utf-8")
    arabic = json.dumps({"id": "ar", "text": _ARABIC}, ensure_ascii=False)
    (folder / "hostile" / "ar.jsonl").write_text(arabic + "\n", encoding="utf-8")
    with path.open("a", encoding="utf-8") as file:
        file.write(
            f"  {json.dumps(SOURCE)}:\n    licence: {json.dumps(HOSTILE)}\n    description: '& <b>all</b>'\n"
            "    reader: {type: jsonl, path: hostile}\n    languages: {en: [en.jsonl], ar: [ar.jsonl]}\n"
        )
    pipeline = folder / "pipelines" / "small.yaml"
    text = pipeline.read_text().replace("max_quarantine_ratio: 0.05", "max_quarantine_ratio: 0.5")
    pipeline.write_text(text)
    (folder / "filters" / "length.yaml").write_text(_FILTERS)
    (folder / "filters" / "fragile.py").write_text(_PLUGIN)
    return path


def build_world(folder: Path) -> Path:
    """Build it in this process; the folder of the run."""
    project = write_world(folder / "project")
    corpus.build(project, output=folder / "build", executor="local")
    return folder / "build" / "small"


@functools.cache
def world() -> Path:
    """One build for all tests that only read."""
    folder = Path(tempfile.mkdtemp(prefix="corpus-report-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return build_world(folder)
