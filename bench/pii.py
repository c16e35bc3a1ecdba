"""Personal data: recall, precision, hard negatives, false hits on real text, speed; beside peers.

    python bench/pii.py [--real ../shared/real_input] [--peers presidio,datatrove,dolma,roots]
                        [--roots-rules FILE] [--json FILE]

Test set: bench/pii_set.py. A labelled item counts as found when spans cover 95 % of its characters; a span
is right when at least half of it lies in a labelled item. Real text: hits by kind and MB on prose of many
languages; `--sample N` prints N masked hits (every letter a, every digit 9) to be judged by hand. Speed is
CPU time of one process over real text, warm, batches of documents as the pipeline sends them.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import zstandard
from pii_set import Document, make

from corpus.batch import text_buffer
from corpus.languages import LANGUAGES
from corpus.pii.detector import Detector
from corpus.pii.kinds import Span

Found = list[tuple[int, int, str]]

_PROSE = [
    "masakhanews/en", "masakhanews/fr", "masakhanews/sw", "masakhanews/yo", "masakhanews/sn",
    "masakhanews/ig", "tico19/es", "tico19/pt", "tico19/ar", "tico19/hi", "tico19/bn", "tico19/id",
    "tico19/ur", "tico19/zh-Hans", "us_speeches/en", "bible_chapters/zh-Hans", "bible_chapters/eu",
    "pratham_books/ta", "za_sona_speeches/xh", "debian_handbook/vi", "debian_handbook/ca",
    "libreoffice_help/vi", "udhr/te", "udhr/ml", "udhr/kn",
]  # fmt: skip
_CODE = [
    "code_python_stdlib/code-python",
    "code_rust_crates/code-rust",
    "code_go_std/code-go",
    "code_three_js/code-javascript",
]
_CARRIER_SOURCES = (
    "udhr",
    "tico19",
    "udhr_extra",
    "pratham_books",
    "african_storybook",
    "mediawiki_ui_strings",
)


def read(path: Path, most: int) -> Iterator[str]:
    """Texts of a .jsonl.zst file, up to `most` bytes."""
    seen = 0
    with path.open("rb") as file:
        for line in io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(file), encoding="utf-8"):
            text = json.loads(line)["text"]
            seen += len(text.encode())
            yield text
            if seen > most:
                return


def carriers(real: Path) -> dict[str, list[str]]:
    """Stretches of real text without digits or @, by language; cut at spaces, in Chinese anywhere."""
    result: dict[str, list[str]] = {}
    for language in LANGUAGES:
        if language.startswith("code-"):
            continue
        pieces: list[str] = []
        for source in _CARRIER_SOURCES:
            path = real / source / f"{language}.jsonl.zst"
            if path.exists() and len(pieces) < 200:
                for text in read(path, 60_000):
                    flat = " ".join(text.split())
                    for i in range(0, min(len(flat), 6000) - 200, 200):
                        piece = flat[i : i + 150]
                        if not language.startswith("zh"):
                            piece = " ".join(piece.split(" ")[1:-1])
                        if len(piece) > 20 and not re.search(r"[@\d]|://", piece):
                            pieces.append(piece)
        if pieces:
            result[language] = pieces[:200]
    return result


def ours(documents: list[Document]) -> list[Found]:
    """Character spans of our detector."""
    detector = Detector()
    texts = [document.text for document in documents]
    data, offsets = text_buffer(pa.array(texts, pa.large_string()))
    found = detector.batch(data, offsets, [document.language for document in documents])
    return [_characters(text.encode(), spans) for text, spans in zip(texts, found, strict=True)]


def _characters(data: bytes, spans: list[Span]) -> Found:
    return [(len(data[: s.start].decode()), len(data[: s.end].decode()), s.kind) for s in spans]


def score(documents: list[Document], found: list[Found], kinds: set[str] | None = None) -> dict[str, object]:
    """Recall by kind and language, precision, hard-negative rate; `kinds` limits what counts as an item."""
    hits: Counter[tuple[str, str]] = Counter()
    total: Counter[tuple[str, str]] = Counter()
    right = wrong = 0
    negative_hits: Counter[str] = Counter()
    negatives: Counter[str] = Counter()
    missed: list[tuple[str, str, str]] = []
    for document, spans in zip(documents, found, strict=True):
        for item in document.items:
            covered = sum(max(0, min(e, item.end) - max(s, item.start)) for s, e, _ in spans)
            if item.kind.startswith("none:"):
                negatives[item.kind[5:]] += 1
                negative_hits[item.kind[5:]] += covered > 0
            elif kinds is None or item.kind in kinds:
                hit = covered >= 0.95 * (item.end - item.start)
                total[item.kind, document.language] += 1
                hits[item.kind, document.language] += hit
                if not hit:
                    missed.append(
                        (document.language, item.kind, document.text[max(0, item.start - 20) : item.end + 8])
                    )
        for start, end, _ in spans:
            inside = max(
                (
                    min(end, i.end) - max(start, i.start)
                    for i in document.items
                    if not i.kind.startswith("none:")
                ),
                default=0,
            )
            if inside * 2 >= end - start:
                right += 1
            else:
                wrong += 1

    def share(key: Callable[[tuple[str, str]], str]) -> dict[str, float]:
        sums: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
        for pair, number in total.items():
            sums[key(pair)][0] += hits[pair]
            sums[key(pair)][1] += number
        return {name: h / n for name, (h, n) in sorted(sums.items())}

    return {
        "recall": sum(hits.values()) / max(sum(total.values()), 1),
        "precision": right / max(right + wrong, 1),
        "hard_negatives": sum(negative_hits.values()) / max(sum(negatives.values()), 1),
        "by_kind": share(lambda pair: pair[0]),
        "by_language": share(lambda pair: pair[1]),
        "negatives_hit": {k: negative_hits[k] / negatives[k] for k in sorted(negatives) if negative_hits[k]},
        "missed": missed,
        "items": sum(total.values()),
    }


def speed(real: Path, names: list[str], most: int = 2_500_000) -> tuple[dict[str, float], float]:
    """MB per CPU second by file, and over all of them together."""
    detector = Detector()
    rates: dict[str, float] = {}
    size = seconds = 0.0
    for name in names:
        path = real / f"{name}.jsonl.zst"
        if not path.exists():
            continue
        texts = list(read(path, most))
        data, offsets = text_buffer(pa.array(texts, pa.large_string()))
        languages = [name.split("/")[1]] * len(texts)
        detector.batch(data, offsets, languages)  # phone metadata and compiled code are loaded once a worker
        begun = time.process_time()
        detector.batch(data, offsets, languages)
        used = time.process_time() - begun
        rates[name] = data.size / 1e6 / used
        size, seconds = size + data.size / 1e6, seconds + used
    return rates, size / max(seconds, 1e-9)


def mask(text: str) -> str:
    """The text with every letter a and every digit 9."""
    return re.sub(r"\d", "9", re.sub(r"[^\W\d_]", "a", text)).replace("\n", "~")


def real_hits(real: Path, names: list[str], sample: int) -> tuple[Counter[str], float]:
    """Hits by kind on real prose and the MB read; prints `sample` masked hits of each kind."""
    detector = Detector()
    counts: Counter[str] = Counter()
    size = 0.0
    for name in names:
        path = real / f"{name}.jsonl.zst"
        if not path.exists():
            continue
        for text in read(path, 2_000_000):
            data = text.encode()
            size += len(data) / 1e6
            for span in detector.document(text, name.split("/")[1]):
                counts[span.kind] += 1
                if counts[span.kind] <= sample:
                    left = data[max(0, span.start - 30) : span.start].decode("utf-8", "ignore")
                    right = data[span.end : span.end + 15].decode("utf-8", "ignore")
                    value = data[span.start : span.end].decode()
                    print(
                        f"  {name:24} {span.kind:12} {span.validator:14} {mask(left)} [[{mask(value)}]]"
                        f" {mask(right)}"
                    )
    return counts, size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--real", type=Path, default=Path(__file__).parents[2] / "shared" / "real_input")
    parser.add_argument("--documents", type=int, default=66, help="for each language")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--missed", type=int, default=0)
    parser.add_argument("--peers", default="", help="presidio, datatrove, dolma, roots; comma between")
    parser.add_argument("--roots-rules", type=Path, help="ROOTS' bigscience_pii_detect_redact.py")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()

    documents = make(arguments.seed, arguments.documents, carriers(arguments.real))
    result = score(documents, ours(documents))
    by_kind, by_language = dict(result["by_kind"]), dict(result["by_language"])  # type: ignore[call-overload]
    print(f"{len(documents)} documents, {len(by_language)} languages, {result['items']} items")
    for name in ("recall", "precision", "hard_negatives", "negatives_hit"):
        print(f"  {name:16} {result[name]}")
    print("  by kind     ", {k: round(v, 3) for k, v in by_kind.items()})
    print("  by language ", {k: round(v, 3) for k, v in by_language.items()})
    for row in list(result["missed"])[: arguments.missed]:  # type: ignore[call-overload]
        print("   missed", row)

    goals: dict[str, dict[str, object]] = {}

    def goal(name: str, value: float, bound: float, least: bool = True) -> None:
        goals[name] = {"value": value, "goal": bound, "met": value >= bound if least else value <= bound}

    goal("pii_recall", float(str(result["recall"])), 0.97)
    goal("pii_precision", float(str(result["precision"])), 0.97)
    goal("pii_worst_language_recall", min(by_language.values()), 0.93)
    goal("pii_worst_kind_recall", min(by_kind.values()), 0.93)
    goal("pii_hard_negative_hits", float(str(result["hard_negatives"])), 0.01, least=False)
    if arguments.real.exists():
        prose, all_prose = speed(arguments.real, _PROSE)
        code, all_code = speed(arguments.real, _CODE)
        for name, rate in {**prose, **code}.items():
            print(f"  {name:34} {rate:7.1f} MB/CPU-s")
        goal("pii_prose_mb_per_cpu_s", all_prose, 40)
        goal("pii_code_mb_per_cpu_s", all_code, 12)
        counts, size = real_hits(arguments.real, _PROSE, arguments.sample)
        print(f"  hits in {size:.1f} MB of prose (true and false): {dict(counts)}")
    if arguments.peers:
        from pii_peers import run

        for peer in arguments.peers.split(","):
            found, seconds, kinds = run(peer, documents, arguments.roots_rules)
            peer_score, own = score(documents, found, kinds), score(documents, ours(documents), kinds)
            print(f"  {peer}: {sorted(kinds)}")
            for name in ("recall", "precision", "hard_negatives"):
                print(f"    {name:16} {peer_score[name]:.3f}   ours {own[name]:.3f}")
            print(f"    {sum(len(d.text.encode()) for d in documents) / 1e6 / seconds:.2f} MB/CPU-s")
    for name, row in goals.items():
        print(f"{'met ' if row['met'] else 'NOT '} {name:28} {row['value']:.4f}  goal {row['goal']}")
    if arguments.json:
        arguments.json.write_text(json.dumps({"goals": goals}, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
