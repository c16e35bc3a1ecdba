"""Do the shipped filters separate good text from bad? Share kept and dropped, by language and kind.

Good: documents of sources that were not fitted on (masakhanews) or were held out from fitting, of 20 words
and more; of translated manuals without the lines that are still English. Bad: made from the good ones by a
seeded generator, or the held-out half (by hash of the id) of the UI-string and mail sources; pages of manuals
of which more than 30 % are still English are a bad kind of their own. The signals are those of
pipelines/bloom-fixed.yaml: language, text, genre and perplexity, its models trained on the text the bounds
were fitted on, which holds none of the documents measured here. "shipped" are the default filters on all
four, beside the text filters alone, datatrove's (Gopher) and the native speakers' of ROOTS. Text in another
language, whole or in part, counts as dropped where it is dropped or moved to a language not declared.

    python bench/quality.py [--json FILE] [--documents N] [--models FOLDER] [--signals FILE] [--half develop]

Prints, for every language, the share of good text kept with its 95 % range (Wilson), and the share of each
bad kind dropped, shipped / Gopher / ROOTS. A language that loses more than 5 % loses it beyond chance where
the whole range lies above 5 %: of 12 documents one is 8 %.

--models keeps the trained models, --signals the measured documents (Parquet), for the next run. `--half
develop` measures on the other half, the one bounds and weights may be chosen on; masakhanews is not in it.
"""

from __future__ import annotations

import argparse
import email
import json
import random
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from fit_filters import MOST_ENGLISH, documents, held_out, load_filters, reference, translated
from perplexity import train_on

from corpus import fit
from corpus.batch import Batch
from corpus.languages import LANGUAGES
from corpus.recipe import FilterRecipe, LanguageOptions, PerplexityOptions, TextOptions
from corpus.signals.genre import Genre
from corpus.signals.language import LanguageSignals
from corpus.signals.perplexity import Perplexity
from corpus.signals.text import TextStatistics

GOOD = ("za_sona_speeches", "tico19", "pratham_books", "debian_handbook", "masakhanews")
UI = ("libreoffice_ui_strings", "mediawiki_ui_strings")
MIN_WORDS = 20
SEED = 20260112
#: Good documents of each language that bad ones are made of.
BAD_DOCUMENTS = 20
MAILS = 200

Maker = Callable[[str, random.Random], str]


def word_list(text: str, rng: random.Random) -> str:
    """A vocabulary: the distinct words in alphabetical order, one a line."""
    words = sorted({word.strip(".,;:!?()\"'«»“”।。，、") for word in _tokens(text)} - {""})
    return "\n".join(words)


def shuffled(text: str, rng: random.Random) -> str:
    words = _tokens(text)
    rng.shuffle(words)
    return _join(text, words)


def ocr_noise(text: str, rng: random.Random) -> str:
    """A bad scan: one character in eight lost, doubled, split off or taken for a digit or sign."""
    out = []
    for character in text:
        if character.isspace() or rng.random() > 0.125:
            out.append(character)
            continue
        out.append(
            rng.choice(("", character * 2, f"{character} ", f" {character}", "1", "0", "|", "~", "^", "§"))
        )
    return "".join(out)


def repetition(text: str, rng: random.Random) -> str:
    """A model or template that loops: a few sentences over and over."""
    pieces = [piece for piece in text.replace("\n", " ").replace("。", "。 ").split(". ") if piece.strip()][
        :3
    ]
    base = ". ".join(pieces)[:400]
    return " ".join([base + "."] * 8)


def template(text: str, rng: random.Random) -> str:
    """Machine-made pages: one sentence frame, one word changed in each."""
    words = _tokens(text)
    frame = words[: min(12, len(words))]
    lines = []
    for _ in range(40):
        line = list(frame)
        line[rng.randrange(len(line))] = rng.choice(words)
        lines.append(_join(text, line) + ".")
    return "\n".join(lines)


def navigation(text: str, rng: random.Random) -> str:
    """A page's menu: entries of one to three words, separators, no sentence."""
    words = [word.strip('.,;:!?()"।。，、') for word in _tokens(text)]
    words = [word for word in words if word]
    lines, at = [], 0
    while at < min(len(words), 300):
        size = rng.randint(1, 3)
        lines.append(_join(text, words[at : at + size]))
        at += size
    return rng.choice(("\n", "\n- ", "\n» ", "\n| ")).join(lines)


def truncated(text: str, rng: random.Random) -> str:
    """A teaser page: each line cut after some words, with an ellipsis."""
    lines = []
    for line in text.splitlines():
        words = _tokens(line)
        if words:
            lines.append(_join(text, words[: rng.randint(4, 12)]) + "…")
    if len(lines) < 3:
        words = _tokens(text)
        lines = [_join(text, words[at : at + 9]) + "…" for at in range(0, min(len(words), 300), 9)]
    return "\n".join(lines)


def mojibake(text: str, rng: random.Random) -> str:
    """UTF-8 read as Windows-1252; text that is all ASCII cannot go wrong and gives an empty string."""
    data = text.encode()
    broken = data.decode("cp1252", errors="replace")
    return "" if broken == text else broken


MAKERS: dict[str, Maker] = {
    "word list": word_list, "shuffled words": shuffled, "OCR noise": ocr_noise, "repetition": repetition,
    "template": template, "navigation": navigation, "truncated": truncated, "mojibake": mojibake,
}  # fmt: skip


#: A Han character with the punctuation behind it, or a run without spaces.
_TOKEN = re.compile(r"[\u3400-\u9fff][\u3000-\u303f\uff00-\uff0f\uff1a-\uff20]*|[^\s\u3400-\u9fff]+")


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(text)


def _join(text: str, words: list[str]) -> str:
    """Words with spaces between them, but none beside a Han character."""
    line = " ".join(words)
    return re.sub(r"(?<=[\u3000-\u9fff\uff00-\uff20]) | (?=[\u3400-\u9fff])", "", line)


def good(limit: int, report: bool) -> Iterator[tuple[str, str, str]]:
    """(language, source, text), at most `limit` of a language and source, of the half to report on or not."""
    for source in GOOD:
        taken: dict[str, int] = {}
        for identifier, language, text in documents(source):
            fresh = report if source == "masakhanews" else held_out(identifier) == report
            page, english = translated(source, language, text)
            if fresh and english <= MOST_ENGLISH and taken.setdefault(language, 0) < limit:
                taken[language] += 1
                yield language, source, page


def half_english(limit: int, report: bool) -> Iterator[tuple[str, str, str]]:
    """(language, kind, text): pages of manuals that were not translated in full."""
    for source in GOOD:
        taken: dict[str, int] = {}
        for identifier, language, text in documents(source):
            if held_out(identifier) != report or taken.setdefault(language, 0) >= limit:
                continue
            if translated(source, language, text)[1] > MOST_ENGLISH:
                taken[language] += 1
                yield language, "half English", text


def bad(rows: list[tuple[str, str, str]], limit: int, report: bool) -> Iterator[tuple[str, str, str]]:
    """(language, kind, text)."""
    rng = random.Random(SEED)
    texts: dict[str, list[str]] = {}
    for language, _, text in rows:
        texts.setdefault(language, []).append(text)
    for language, found in sorted(texts.items()):
        others = [name for name in texts if name != language and not _close(name, language)]
        for text in found[:limit]:
            for kind, maker in MAKERS.items():
                made = maker(text[:6000], rng)
                if made:
                    yield language, kind, made
            yield language, "wrong language", rng.choice(texts[rng.choice(others)])[:6000]
    for source in UI:
        taken: dict[str, int] = {}
        for identifier, language, text in documents(source):
            if held_out(identifier) == report and taken.setdefault(language, 0) < limit:
                taken[language] += 1
                yield language, "UI strings", text
    yield from half_english(limit, report)
    taken_mail = 0
    for identifier, language, text in documents("spamassassin_mail"):
        if "spam" in identifier and held_out(identifier) == report and taken_mail < MAILS:
            taken_mail += 1
            yield language, "spam mail", body(text)


def _close(a: str, b: str) -> bool:
    return LANGUAGES[a].genus == LANGUAGES[b].genus or {a, b} <= {"hi", "mr", "ne"} or {a, b} <= {"bn", "as"}


def body(text: str) -> str:
    """What a mail says, without its header."""
    payload = email.message_from_string(text).get_payload()
    return payload if isinstance(payload, str) else "\n".join(str(part.get_payload()) for part in payload)


def trained(folder: Path) -> dict[str, Path]:
    """A model of every natural language with reference text, trained where the folder has none yet."""
    text = None
    paths = {}
    for language in LANGUAGES:
        path = folder / f"{language}.lm"
        if not path.is_file() and not language.startswith("code-"):
            text = text or reference()
            rows = text.filter(pc.equal(text.column("language"), language)).column("text").to_pylist()
            if not rows:
                continue
            made, _ = train_on(language, rows, folder / "training" / language)
            shutil.move(made, path)
            shutil.rmtree(folder / "training")
        if path.is_file():
            paths[f"language_model/{language}"] = path
    return paths


def measured(rows: list[tuple[str, str, str]], models: dict[str, Path]) -> pa.Table:
    """Signals of (declared language, source or kind, text); `language` is the one they count as."""
    statistics, genre = TextStatistics(TextOptions()), Genre()
    perplexity = Perplexity(PerplexityOptions(), models)
    judge = LanguageSignals(LanguageOptions(), {})
    parts = []
    for at in range(0, len(rows), 500):
        declared, kind, text = (list(column) for column in zip(*rows[at : at + 500], strict=True))
        record = pa.record_batch({"text": pa.array(text, pa.large_string()), "language": declared})
        found = judge(Batch(record))
        record = record.append_column("language_assigned", found.column("language_assigned"))
        columns = {"declared": pa.array(declared), "source": pa.array(kind)}
        columns["language"] = found.column("language_assigned")
        batch = Batch(record)
        text_columns = statistics(batch)
        for part in (found, text_columns, genre(batch.with_columns(text_columns)), perplexity(batch)):
            columns.update(zip(part.schema.names, part.columns, strict=True))
        parts.append(pa.table(columns))
    return pa.concat_tables(parts)


def wilson(part: int, whole: int) -> tuple[float, float]:
    """The 95 % range of a share (Wilson 1927)."""
    z = 1.96
    share, spread = part / whole, z * z / whole
    middle = share + spread / 2
    reach = z * np.sqrt(share * (1 - share) / whole + spread / (4 * whole))
    return float((middle - reach) / (1 + spread)), float((middle + reach) / (1 + spread))


def by_language(
    settings: dict[str, np.ndarray], kinds: np.ndarray, languages: np.ndarray
) -> dict[str, dict[str, dict[str, float]]]:
    """Share dropped by setting, kind and language."""
    return {
        name: {
            kind: {
                language: float(drop[(kinds == kind) & (languages == language)].mean())
                for language in sorted(set(languages[kinds == kind]))
            }
            for kind in sorted(set(kinds))
        }
        for name, drop in settings.items()
    }


def dropped(table: pa.Table, filters: dict[str, FilterRecipe]) -> np.ndarray:
    masks = list(fit.loss(table, filters).values())
    return np.logical_or.reduce(masks)


def collected(arguments: argparse.Namespace) -> pa.Table:
    """Signals of the good documents (column bad false) and of what was made of them."""
    if arguments.signals and arguments.signals.is_file():
        return pq.read_table(arguments.signals)
    with tempfile.TemporaryDirectory() as scratch:
        models = trained(arguments.models or Path(scratch))
        report = arguments.half == "report"
        rows = list(good(arguments.documents, report))
        clean = measured(rows, models)
        long_enough = np.asarray(clean.column("word_count")) >= MIN_WORDS
        clean = clean.filter(pa.array(long_enough))
        rows = [row for row, keep in zip(rows, long_enough, strict=True) if keep]
        spoilt = measured(list(bad(rows, BAD_DOCUMENTS, report)), models)
    table = pa.concat_tables(
        part.append_column("bad", pa.array([made] * part.num_rows))
        for part, made in ((clean, False), (spoilt, True))
    )
    if arguments.signals:
        pq.write_table(table, arguments.signals)
    return table


def settings() -> dict[str, dict[str, FilterRecipe]]:
    text, gopher, roots = (load_filters(name) for name in ("text", "gopher", "roots"))
    shipped = load_filters("language") | text | load_filters("genre") | load_filters("perplexity")
    return {"shipped": shipped, "text": text, "gopher": gopher, "roots": roots}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--documents", type=int, default=40, help="of each language and source")
    parser.add_argument("--models", type=Path, help="folder of trained models, kept")
    parser.add_argument("--signals", type=Path, help="file of measured documents, kept")
    parser.add_argument("--half", choices=("report", "develop"), default="report", help="which to measure")
    arguments = parser.parse_args()
    table = collected(arguments)
    made = np.asarray(table.column("bad"))
    clean, spoilt = table.filter(pa.array(~made)), table.filter(pa.array(made))
    languages, kinds, bad_languages, counted = (
        np.array(column.to_pylist())
        for column in (
            clean.column("declared"), spoilt.column("source"), spoilt.column("declared"),
            spoilt.column("language"),
        )
    )  # fmt: skip
    moved = np.isin(kinds, ("wrong language", "half English")) & (counted != bad_languages)
    kept: dict[str, dict[str, float]] = {}
    caught: dict[str, dict[str, float]] = {}
    lost: dict[str, np.ndarray] = {}
    bad_drops: dict[str, np.ndarray] = {}
    for name, filters in settings().items():
        good_drop, bad_drop = dropped(clean, filters), dropped(spoilt, filters)
        if name == "shipped":
            bad_drop |= moved
            alone = fit.loss(clean, filters)
            print("good text dropped, by filter: " + ", ".join(
                f"{key} {mask.sum()}" for key, mask in sorted(alone.items(), key=lambda item: -item[1].sum())
                if mask.sum()) + f" of {len(good_drop)}")  # fmt: skip
        kept[name] = {"all": 1 - good_drop.mean()} | {
            language: 1 - good_drop[languages == language].mean() for language in sorted(set(languages))
        }
        caught[name] = {kind: bad_drop[kinds == kind].mean() for kind in sorted(set(kinds))}
        lost[name], bad_drops[name] = good_drop, bad_drop
    per_language = by_language(bad_drops, kinds, bad_languages)
    ranges = {
        language: wilson(
            int((~lost["shipped"][languages == language]).sum()), int((languages == language).sum())
        )
        for language in sorted(set(languages))
    }
    print(f"{'good text kept':22}" + "".join(f"{name:>9}" for name in kept))
    for language in kept["shipped"]:
        number = len(languages) if language == "all" else int((languages == language).sum())
        low, high = ranges.get(language, (float("nan"), float("nan")))
        shares = "".join(f"{kept[name][language]:9.3f}" for name in kept)
        print(f"{language:12}{number:8}  {shares}   {low:.3f} to {high:.3f}")
    print(f"\n{'bad text dropped':22}" + "".join(f"{name:>9}" for name in kept) + "   weakest languages")
    for kind in caught["shipped"]:
        weakest = sorted(per_language["shipped"][kind].items(), key=lambda item: item[1])[:6]
        print(
            f"{kind:16}{int((kinds == kind).sum()):6}"
            + "".join(f"{caught[name][kind]:9.3f}" for name in kept)
            + "   " + " ".join(f"{language} {share:.2f}" for language, share in weakest)
        )  # fmt: skip
    compared = ("shipped", "gopher", "roots")
    print(f"\nshare dropped, %, {' / '.join(compared)}")
    print("language  " + "".join(f"{kind:>15}" for kind in caught["shipped"]))
    for language in sorted(set(bad_languages)):
        cells = [
            "/".join(f"{100 * per_language[name][kind][language]:.0f}" for name in compared)
            if language in per_language["shipped"][kind]
            else ""
            for kind in caught["shipped"]
        ]
        print(f"{language:10}" + "".join(f"{cell:>15}" for cell in cells))
    total, worst = kept["shipped"]["all"], min(kept["shipped"].values())
    beyond = sorted(language for language, (_, high) in ranges.items() if high < 0.95)
    print(f"\nlanguages that lose more than 5 % beyond chance: {', '.join(beyond) or 'none'}")
    goals = {
        "good_kept": {"value": total, "goal": 0.97, "met": bool(total >= 0.97)},
        "worst_language_kept": {"value": worst, "goal": 0.95, "met": bool(worst >= 0.95)},
        "languages_below_beyond_chance": {"value": len(beyond), "goal": 0, "met": not beyond},
    } | {
        f"dropped: {kind}": {"value": share, "goal": 0.9, "met": bool(share >= 0.9)}
        for kind, share in caught["shipped"].items()
    }
    for name, goal in goals.items():
        print(
            f"{name:28} {goal['value']:.3f}  goal {goal['goal']:.2f}  {'met' if goal['met'] else 'NOT met'}"
        )
    if arguments.json:
        result = {
            "goals": goals, "kept": kept, "ranges": ranges, "dropped": caught,
            "dropped_by_language": per_language,
        }  # fmt: skip
        arguments.json.write_text(json.dumps(result, indent=1, default=float), encoding="utf-8")


if __name__ == "__main__":
    main()
