"""Text in many scripts, buckets made of it, and the token steps run on them as the runner does."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import xxhash

from corpus.recipe import CountWeights, MixtureFile, PackOptions, TokenizerFile
from corpus.schema import TEXT
from corpus.tokens import judge, options
from corpus.tokens.card import card
from corpus.tokens.counts import count
from corpus.tokens.encode import encode
from corpus.tokens.mixture import mixture
from corpus.tokens.pack import pack
from corpus.tokens.scatter import VALIDATION, scatter
from corpus.tokens.train import train
from corpus.work import Counts, Former, Work

PLACEHOLDERS = ("<EMAIL>", "<PHONE>")

SYLLABLES = {
    "en": "the ing er ant ion wh old sea red ship It's WE'LL don't".split(),
    "hi": "हिन् दी का में है और नदी के प्र ज़".split(),
    "zh-Hans": "中 文 你 好 的 是 山 水 人 大".split(),
    "ar": "ال مك تب في من سَ لام ـه".split(),
    "yo": "ọ̀ ṣ un á bí ẹ́ gb kò fẹ́ ilé".split(),
    "code-python": ["def f(x):\n    return ", "x_1 + ", "if a == 10:\n\t", "# ----\n", "foo.bar()", "'s\n"],
}


def sentence(language: str, rng: random.Random) -> str:
    parts = SYLLABLES[language]
    words = ["".join(rng.choices(parts, k=rng.randint(1, 3))) for _ in range(rng.randint(4, 12))]
    gap = "" if language == "zh-Hans" else " "
    return gap.join(words) + rng.choice(
        [".", "!\n", " 12345,", "。", "…\r\n\r\n", "   ", " www.example.org/a "]
    )


def document(language: str, rng: random.Random, sentences: int) -> str:
    return " ".join(sentence(language, rng) for _ in range(sentences))


def rows(number: int, seed: int = 1, longest: int = 40) -> list[dict[str, Any]]:
    """Documents in all languages; every tenth is redacted, every eleventh writes about it."""
    rng = random.Random(seed)
    names = list(SYLLABLES)
    found = []
    for index in range(number):
        language = names[index % len(names)]
        text = document(language, rng, rng.randint(1, longest))
        redactions = []
        if index % 10 == 0:
            text, redactions = (
                f"{text} <EMAIL> x<PHONE>",
                [
                    {"kind": "email", "count": 1},
                    {"kind": "phone", "count": 1},
                ],
            )
        elif index % 11 == 0:
            text += " <EMAIL></s>"
        found.append(
            {
                "id": xxhash.xxh3_128_hexdigest(f"{seed}/{index}".encode()),
                "source": f"source-{index % 3}",
                "language": language,
                "text": text,
                "url": "",
                "licence": "CC0-1.0",
                "cluster_size": 1,
                "redactions": redactions,
            }
        )
    return found


class World:
    """A run in `folder`: every method runs one step and gives the paths it wrote."""

    def __init__(
        self,
        folder: Path,
        tokenizer: TokenizerFile | None = None,
        mixture: MixtureFile | None = None,
        pack: PackOptions | None = None,
        seed: int = 7,
    ) -> None:
        weights = CountWeights(mode="power", alpha=0.5)
        self.folder, self.seed = folder, seed
        self.tokenizer = tokenizer or TokenizerFile(vocabulary=700, weights=weights, held_out_ratio=0.05)
        self.mixture = mixture or MixtureFile(validation_ratio=0.1)
        self.pack = pack or PackOptions(length=64, shards=3)
        self.counts: dict[str, Counts] = {}

    def run(
        self,
        function: Callable[[Work], Counts],
        key: str,
        inputs: Mapping[str, Sequence[Path]],
        settings: Mapping[str, Any],
        former: Former | None = None,
    ) -> list[Path]:
        folder = self.folder / function.__name__ / key
        folder.mkdir(parents=True)
        paths = {role: tuple(found) for role, found in inputs.items()}
        work = Work(function.__name__, key, paths, settings, folder, former=former)
        self.counts[f"{function.__name__}/{key}"] = function(work)
        written = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
        assert written == sorted(work.outputs)
        return [folder / name for name in work.outputs]

    def buckets(self, documents: Sequence[Mapping[str, Any]], number: int = 2) -> list[Path]:
        paths = []
        for bucket in range(number):
            chosen = sorted(
                (row for row in documents if int(row["id"][:8], 16) % number == bucket),
                key=lambda row: row["id"],
            )
            paths.append(self.folder / "text" / f"{bucket:05d}.parquet")
            paths[-1].parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(pa.Table.from_pylist(chosen, schema=TEXT), paths[-1])
        return paths

    def train(self, texts: Sequence[Path]) -> Path:
        settings = options.count_options(self.tokenizer, PLACEHOLDERS, self.seed)
        counted = [self.run(count, path.stem, {"text": [path]}, settings) for path in texts]
        settings = options.train_options(self.tokenizer, PLACEHOLDERS)
        path = self.run(train, "all", {"counts": [found[0] for found in counted]}, settings)[0]
        self.judge(path, counted)
        return path

    def judge(
        self, tokenizer: Path, counted: Sequence[Sequence[Path]], aligned: Sequence[Path] = ()
    ) -> dict[str, Any]:
        """The card of a tokenizer, from what `count` wrote for each bucket."""
        facts = self.run(judge.tokenizer, "@tokenizer", {"tokenizer": [tokenizer]}, {})
        inputs = {"tokenizer": [tokenizer], "aligned": list(aligned)}
        inputs |= {"counts": [found[0] for found in counted], "held_out": [found[1] for found in counted]}
        tables = [pq.read_table(path, columns=["language"]) for path in (*inputs["held_out"], *aligned)]
        names = sorted({name for table in tables for name in table["language"].to_pylist()})
        settings = options.language_options(self.tokenizer)
        made = [self.run(judge.language, name, inputs, settings) for name in names]
        inputs = {"tokenizer": facts, "figures": [found[0] for found in made]}
        inputs["used"] = [found[1] for found in made]
        settings = {**options.card_options(self.tokenizer), "languages": names}
        found: dict[str, Any] = json.loads(self.run(card, "all", inputs, settings)[0].read_text())
        return found

    def encode(self, text: Path, tokenizer: Path, former: Former | None = None) -> list[Path]:
        settings = options.encode_options(self.tokenizer, PLACEHOLDERS, self.seed)
        return self.run(encode, text.stem, {"text": [text], "tokenizer": [tokenizer]}, settings, former)

    def packed(self, encoded: Sequence[Sequence[Path]]) -> Path:
        """Mixture, scatter and pack; gives the folder of the packed rows."""
        summaries = [path for paths in encoded for path in paths if path.name == "summary.parquet"]
        settings = options.mixture_options(self.mixture, self.pack, self.seed)
        plan = self.run(mixture, "all", {"summaries": summaries}, settings)[0]
        parts: list[Path] = []
        for paths in encoded:
            inputs = {"tokens": paths, "plan": [plan]}
            settings = options.scatter_options(self.pack.shards, self.seed)
            parts += self.run(scatter, paths[0].parent.name, inputs, settings)
        for name in (*(f"{number:05d}" for number in range(self.pack.shards)), VALIDATION):
            mine = [path for path in parts if path.stem == name]
            self.run(pack, name, {"parts": mine}, options.pack_options(self.pack))
        return self.folder / "pack"

    def build(self, documents: Sequence[Mapping[str, Any]], tokenizer: Path | None = None) -> Path:
        texts = self.buckets(documents)
        trained = tokenizer or self.train(texts)
        return self.packed([self.encode(text, trained) for text in texts])
