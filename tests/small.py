"""A small corpus project for tests: English, French and Python, with a duplicate and a mail address."""

from __future__ import annotations

import json
import random
from pathlib import Path

__all__ = ["write_project"]

_ENGLISH = (
    "the river bends slowly past the old mill and the children walk home with their books under the trees "
    "every evening when the light is low and the market closes its doors for the night because people "
    "have to cook and to talk about what they have seen during the long warm day near the water"
).split()
_FRENCH = (
    "la rivière coule lentement devant le vieux moulin et les enfants rentrent à la maison avec leurs "
    "livres sous les arbres chaque soir quand la lumière est basse et que le marché ferme ses portes pour "
    "la nuit parce que les gens doivent préparer le repas et parler de ce qu'ils ont vu pendant la longue "
    "journée"
).split()
_PIPELINE = """\
seed: 7
shard_bytes: 20KB
buckets: 3
max_quarantine_ratio: 0.05
signals: {language: {}, text: {}, code: {}, pii: {}}
filters: [language, length]
dedup: {exact: {}, minhash: {}, partitions: 2}
tokenizer: tiny
mixture: everything
pack: {length: 64, shards: 2}
"""
_FILTERS = """\
filters:
  characters: {signal: character_count, min: 100}
"""


def _story(words: list[str], rng: random.Random, sentences: int) -> str:
    lines = []
    for _ in range(sentences):
        chosen = [rng.choice(words) for _ in range(rng.randint(8, 16))]
        lines.append(" ".join(chosen).capitalize() + ".")
    return "\n".join(lines)


def write_project(folder: Path, documents: int = 40, seed: int = 1) -> Path:
    """Write the project into `folder` and give the path of its sources.yaml.

    English holds, besides `documents` stories: one exact copy, one story too short, one with an e-mail
    address, and one line that is no JSON.
    """
    rng = random.Random(seed)
    for name in ("stories", "programs", "pipelines", "filters", "tokenizer"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    english = [
        {
            "id": f"en-{i}",
            "text": _story(_ENGLISH, rng, rng.randint(6, 30)),
            "url": f"https://example.org/{i}",
        }
        for i in range(documents)
    ]
    english.append({"id": "copy", "text": english[0]["text"], "url": "https://example.org/copy"})
    english.append({"id": "short", "text": "Too short.", "url": ""})
    mail = "Write to anna.maria@" + "mill-river.net" + " if you have seen the children."
    english.append({"id": "mail", "text": _story(_ENGLISH, rng, 12) + "\n" + mail, "url": ""})
    lines = [json.dumps(row) for row in english]
    lines.insert(5, '{"id": "broken", "text": ')
    (folder / "stories" / "en.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    french = [
        {"id": f"fr-{i}", "text": _story(_FRENCH, rng, rng.randint(6, 30))} for i in range(documents // 2)
    ]
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in french)
    (folder / "stories" / "fr.jsonl").write_text(text, encoding="utf-8")
    for i in range(6):
        body = "".join(
            f"def step_{i}_{j}(value: int) -> int:\n    return value * {j} + {i}\n\n\n" for j in range(8)
        )
        (folder / "programs" / f"module_{i}.py").write_text(body, encoding="utf-8")
    (folder / "sources.yaml").write_text(
        "name: small\npipeline: small\nsources:\n"
        "  stories:\n    licence: CC0-1.0\n    reader: {type: jsonl, path: stories}\n"
        "    languages: {en: [en.jsonl], fr: [fr.jsonl]}\n    priority: 2\n"
        "  programs:\n    licence: MIT\n    reader: {type: code, path: programs}\n"
        '    languages: {code-python: ["*.py"]}\n'
    )
    (folder / "pipelines" / "small.yaml").write_text(_PIPELINE)
    (folder / "filters" / "length.yaml").write_text(_FILTERS)
    (folder / "tokenizer" / "tiny.yaml").write_text("vocabulary: 600\n")
    (folder / "tokenizer" / "everything.yaml").write_text("target_tokens: null\n")
    return folder / "sources.yaml"
