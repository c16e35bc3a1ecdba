"""Perplexity: speed beside SentencePiece and KenLM, and what the default bounds keep and drop.

    python bench/perplexity.py [--json FILE] [--only speed|quality]

Text: ../shared/real_input. Speed is CPU seconds in this process, best of three, side by side on the same
documents. The KenLM model is our model exported as ARPA, so its n-grams are the same; SentencePiece has a
unigram model of as many pieces trained on the same text, as CCNet and ROOTS used it.
Quality: for each language a model is trained on half of the documents of its good sources ("same kind": the
other half is judged), and again without one source, which is then judged ("other kind"; "not fitted on" are
those of its documents that bench/fit_perplexity.py did not read). Damage is made from
the judged documents. Only documents of 20 words or more have the ranks the default bounds act on.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import xxhash
import zstandard
from fit_filters import MEASURED, MOST_ENGLISH, held_out, translated
from ruamel.yaml import YAML

from corpus.batch import Batch
from corpus.languages import LANGUAGES
from corpus.models import artefact
from corpus.models.arpa import sentences, write_arpa
from corpus.recipe import FilterFile, PerplexityOptions
from corpus.signals.perplexity import Perplexity
from corpus.stages.language_model import train
from corpus.work import Work

ROOT = Path(__file__).resolve().parents[1]
REAL = ROOT.parent / "shared" / "real_input"
GOOD = (
    "african_storybook", "bible_chapters", "bible_chichewa", "debian_handbook", "gnome_help", "masakhanews",
    "pratham_books", "tico19", "ud_wolof", "udhr", "udhr_extra", "us_speeches", "za_sona_speeches",
)  # fmt: skip
MOST_DOCUMENTS, MOST_LETTERS = 120, 6000
NEIGHBOURS = {"zu": "xh", "xh": "zu", "nso": "st", "st": "tn", "tn": "nso", "rw": "rn", "rn": "rw",
              "es": "pt", "pt": "es", "ca": "es", "hi": "mr", "mr": "ne", "ne": "hi", "bn": "as", "as": "bn",
              "fr": "es", "en": "fr", "id": "en", "vi": "fr", "sw": "rw", "zh-Hans": "zh-Hant",
              "zh-Hant": "zh-Hans", "ar": "ur", "ur": "ar"}  # fmt: skip


def documents(source: str, language: str, fresh: bool = False) -> list[str]:
    """Texts of a source; `fresh` ones only, on which no bound was fitted (bench/fit_filters.py)."""
    path = REAL / source / f"{language}.jsonl.zst"
    if not path.is_file():
        return []
    with zstandard.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    if fresh:
        rows = [
            row for row in rows if source == "masakhanews" or (source in MEASURED and held_out(row["id"]))
        ]
    pages = (translated(source, language, row["text"]) for row in rows)
    return [page for page, english in pages if english <= MOST_ENGLISH]


def train_on(language: str, texts: list[str], folder: Path) -> tuple[Path, dict[str, int]]:
    folder.mkdir(parents=True, exist_ok=True)
    ids = [xxhash.xxh3_128_hexdigest(f"{at}".encode()) for at in range(len(texts))]
    table = {"id": ids, "language": [language] * len(texts), "text": pa.array(texts, pa.large_string())}
    pq.write_table(pa.table(table), folder / "documents.parquet")
    options = {"language": language, **PerplexityOptions().model_dump()}
    counts = train(Work("models", language, {"documents": (folder / "documents.parquet",)}, options, folder))
    return folder / f"{language}.lm", counts


# ----------------------------------------------------------------------- speed


def cpu(call: Callable[[], Any]) -> float:
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        call()
        best = min(best, time.process_time() - start)
    return best


def speed(folder: Path) -> dict[str, dict[str, float]]:
    import kenlm
    import sentencepiece

    rows = {}
    for language in ("sw", "en", "hi"):
        reference = [text for source in GOOD[:2] + GOOD[6:] for text in documents(source, language)]
        judged = [
            text[:20000] for text in documents("masakhanews" if language != "hi" else "tico19", language)
        ]
        judged = (judged * 20)[: max(1, 2_000_000 * len(judged) // max(sum(map(len, judged)), 1))]
        path, counts = train_on(language, reference, folder / language)
        model = artefact.read(path).model
        assert model is not None
        record = pa.record_batch({"text": pa.array(judged, pa.large_string())})
        batch = Batch(record)
        every = np.arange(len(judged))
        write_arpa(model, folder / "model.arpa")
        quiet = kenlm.Config()
        quiet.show_progress, quiet.arpa_complain = False, kenlm.ARPALoadComplain.NONE
        peer = kenlm.Model(str(folder / "model.arpa"), quiet)
        (folder / "text.txt").write_text("\n".join(reference), encoding="utf-8")
        sentencepiece.SentencePieceTrainer.train(
            input=str(folder / "text.txt"), model_prefix=str(folder / "sp"), vocab_size=7000,
            hard_vocab_limit=False, minloglevel=2, num_threads=1, max_sentence_length=100_000,
        )  # fmt: skip
        splitter = sentencepiece.SentencePieceProcessor(model_file=str(folder / "sp.model"))
        lines = [line for text in judged for line in text.split("\n") if line.strip()]
        tokens = model.encode(batch.text, batch.words, every)
        strings = list(sentences(model, tokens.ids))
        full, _ = model.score_tokens(tokens.ids)
        ours = -int(full.astype(np.int64).sum()) / 8192
        theirs = sum(peer.score(line) for line in strings)
        size = len(batch.text.data) / 1e6
        split = cpu(lambda: splitter.encode(lines, out_type=str))  # noqa: B023
        score = cpu(lambda: [peer.score(line) for line in strings])  # noqa: B023
        alone = cpu(lambda: model.score(batch.text, batch.words, every))  # noqa: B023
        words = cpu(lambda: Batch(record).words)  # noqa: B023
        kernel = cpu(lambda: model.score_tokens(tokens.ids))  # noqa: B023
        rows[language] = {
            "MB": size,
            "n-grams": counts["ngrams"],
            "SentencePiece MB/s": size / split,
            "KenLM MB/s": size / score,
            "both MB/s": size / (split + score),
            "ours MB/s": size / alone,
            "ours with word split MB/s": size / (alone + words),
            "n-gram kernel / KenLM": score / kernel,
            "ratio": (split + score) / (alone + words),
            "log10 difference per token": abs(ours - theirs) / len(tokens.ids),
        }
    return rows


# --------------------------------------------------------------------- quality


def damages(language: str, dice: random.Random) -> dict[str, Callable[[str], str]]:
    spaced = LANGUAGES[language].script not in ("Hans", "Hant")
    cut: Callable[[str], list[str]] = str.split if spaced else list
    glue = " " if spaced else ""

    def shuffled(text: str) -> str:
        words = cut(text)
        dice.shuffle(words)
        return glue.join(words)

    def noisy(text: str) -> str:
        letters = [letter for letter in text if letter.isalpha()] or ["a"]
        return "".join(dice.choice(letters) if at.isalpha() and dice.random() < 0.2 else at for at in text)

    return {
        "shuffled words": shuffled,
        "word list": lambda text: "\n".join(sorted(set(cut(text)))),
        "letters exchanged (1 in 5)": noisy,
        "mojibake": lambda text: text.encode().decode("latin-1"),
        "one sentence repeated": lambda text: (glue.join(cut(text)[:10]) + "\n") * (len(cut(text)) // 10 + 3),
    }


def bounds(language: str) -> list[tuple[str, float, float]]:
    loaded = FilterFile(**YAML(typ="safe").load((ROOT / "filters" / "perplexity.yaml").read_text("utf-8")))
    found = []
    for recipe in loaded.filters.values():
        own = recipe.languages.get(language)
        given = recipe if own is None or own == "off" else own
        low, high = given.min, given.max
        found.append((recipe.signal, -np.inf if low is None else low, np.inf if high is None else high))
    return found


def dropped(path: Path, language: str, texts: list[str]) -> tuple[int, int]:
    """How many documents the default bounds drop, of how many that are long enough to be judged."""
    if not texts:
        return 0, 0
    record = pa.record_batch(
        {"text": pa.array(texts, pa.large_string()), "language_assigned": [language] * len(texts)}
    )
    measured = Perplexity(PerplexityOptions(), {f"language_model/{language}": path})(Batch(record))
    out = np.zeros(len(texts), bool)
    # The order gain is null where a document is beyond doubt, the noise level only where it is too short.
    ranked = np.asarray(measured.column("perplexity_noise_level").is_valid())
    for name, low, high in bounds(language):
        values = measured.column(name).to_numpy(zero_copy_only=False).astype(np.float64)
        out |= (values < low) | (values > high)
    return int(out.sum()), int(ranked.sum())


def quality(folder: Path, languages: Iterable[str]) -> dict[str, dict[str, tuple[int, int]]]:
    found: dict[str, dict[str, tuple[int, int]]] = {}
    for language in languages:
        texts = {source: documents(source, language) for source in GOOD}
        texts = {source: rows for source, rows in texts.items() if rows}
        size = sum(len(text.encode()) for rows in texts.values() for text in rows)
        if size < 2 * PerplexityOptions().min_reference_bytes:
            continue
        dice = random.Random(language)
        half = [text for rows in texts.values() for text in rows[::2]]
        judged = [text[:MOST_LETTERS] for rows in texts.values() for text in rows[1::2][:MOST_DOCUMENTS]]
        path, counts = train_on(language, half, folder / language)
        if not counts["trained"]:
            continue
        row = {"good, same kind": dropped(path, language, judged)}
        others, unseen = [], []
        for source, rows in texts.items():
            rest = [text for other, kept in texts.items() if other != source for text in kept]
            if len(rows) < 10 or sum(map(len, rest)) < PerplexityOptions().min_reference_bytes:
                continue
            without, trained = train_on(language, rest, folder / f"{language}-{source}")
            if trained["trained"]:
                counted = dropped(without, language, [text[:MOST_LETTERS] for text in rows[:MOST_DOCUMENTS]])
                row[f"  without {source}"] = counted
                others.append(counted)
                fresh = [text[:MOST_LETTERS] for text in documents(source, language, True)[:MOST_DOCUMENTS]]
                unseen.append(dropped(without, language, fresh))
        for kind, parts in (("good, other kind", others), ("good, other kind, not fitted on", unseen)):
            if parts:
                row[kind] = (sum(out for out, _ in parts), sum(ranked for _, ranked in parts))
        for kind, damage in damages(language, dice).items():
            row[kind] = dropped(path, language, [damage(text) for text in judged])
        for kind, other in (("neighbour language", NEIGHBOURS.get(language)), ("English", "en")):
            if other and other != language:
                foreign = [text[:MOST_LETTERS] for source in GOOD for text in documents(source, other)[:40]]
                row[kind] = dropped(path, language, foreign)
        found[language] = row
    return found


# ---------------------------------------------------------------------- report


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--json", type=Path)
    arguments.add_argument("--only", choices=("speed", "quality"))
    arguments.add_argument("--languages", help="comma-separated; all by default")
    given = arguments.parse_args()
    goals: dict[str, dict[str, Any]] = {}
    result: dict[str, Any] = {"goals": goals}

    def goal(name: str, value: float, bound: float, at_least: bool) -> None:
        met = bool(value >= bound if at_least else value <= bound)
        goals[name] = {"value": round(value, 4), "goal": bound, "met": met}
        sign = ">=" if at_least else "<="
        print(f"{name:55} {value:8.4f}  goal {sign} {bound}  {'met' if met else 'NOT MET'}")

    with tempfile.TemporaryDirectory() as name:
        if given.only != "quality":
            rows = speed(Path(name))
            for language, row in rows.items():
                print(language, " ".join(f"{key}: {value:.3g}" for key, value in row.items()))
            result["speed"] = rows
            goal("times SentencePiece + KenLM, least", min(row["ratio"] for row in rows.values()), 3, True)
            goal("n-gram kernel, times KenLM, least",
                 min(row["n-gram kernel / KenLM"] for row in rows.values()), 1.5, True)  # fmt: skip
            goal("difference to KenLM, log10 per token, most",
                 max(row["log10 difference per token"] for row in rows.values()), 1e-4, False)  # fmt: skip
        if given.only != "speed":
            found = quality(Path(name), given.languages.split(",") if given.languages else LANGUAGES)
            result["quality"] = found
            totals: dict[str, list[int]] = defaultdict(lambda: [0, 0])
            for language, row in found.items():
                print(f"{language:8}", " | ".join(
                    f"{kind.strip()} {out}/{ranked}" for kind, (out, ranked) in row.items()))  # fmt: skip
                for kind, (out, ranked) in row.items():
                    if not kind.startswith("  "):
                        totals[kind][0] += out
                        totals[kind][1] += ranked
            for kind, (out, ranked) in totals.items():
                good = kind.startswith("good")
                goal(f"{kind}: dropped", out / max(ranked, 1), 0.02 if good else 0.9, not good)
            shares = {code: _share(row["good, same kind"]) for code, row in found.items()}
            worst = max(shares, key=lambda code: shares[code])
            goal(f"good, same kind, worst language ({worst})", shares[worst], 0.05, False)
    if given.json:
        given.json.write_text(json.dumps(result, indent=1), "utf-8")


def _share(counted: tuple[int, int]) -> float:
    return counted[0] / max(counted[1], 1)


if __name__ == "__main__":
    main()
