"""Deduplication against brute force and against others: quality, templates, speed.

    python bench/dedup.py                     quality and templates, on real text
    python bench/dedup.py --substrings        exact substrings: planted copies, and speed
    python bench/dedup.py --speed             our speed, text to decision, CPU seconds
    python bench/dedup.py --speed --peers     and that of others, each in an environment of its own
    python bench/dedup.py --peers             recall and precision beside theirs
    python bench/dedup.py --core FILE         text-dedup's CORE benchmark, from the published file

Ground truth is the Jaccard index of sets of word tuples, compared pair by pair in plain Python: no
hash, and no kernel but the word boundaries.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import resource
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import xxhash
import zstandard

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench import dedup_core
from bench.dedup_peers import PEERS, Runner
from corpus.batch import Batch, text_buffer
from corpus.duplicates import find_duplicates
from corpus.footprint import keep_freed_memory
from corpus.kernels import content, words
from corpus.recipe import DedupOptions, MinHashOptions, SubstringOptions
from corpus.schema import DOCUMENTS
from corpus.signals.fingerprint import Fingerprint
from corpus.stages.dedup import Shard, deduplicate, run_steps
from corpus.stages.dedup_substrings import substring_steps
from corpus.storage import write_parquet

REAL = Path(__file__).parents[1].parent / "shared" / "real_input"
OPTIONS = DedupOptions(minhash=MinHashOptions(), partitions=2)

#: One or two sources for each kind of script.
SCRIPTS = {
    "Latin, en": ("us_speeches/en", "masakhanews/en"),
    "Latin, sw": ("masakhanews/sw", "bible_chapters/sw"),
    "Latin, vi": ("debian_handbook/vi",),
    "Arabic": ("ms_edgeai_docs/ar",),
    "Devanagari": ("ms_edgeai_docs/hi", "pratham_books/hi"),
    "Bengali": ("ms_edgeai_docs/bn",),
    "Tamil": ("ms_edgeai_docs/ta",),
    "Ethiopic": ("masakhanews/x-am",),
    "Han": ("debian_handbook/zh-Hans", "bible_chapters/zh-Hans"),
    "Thai": ("ms_edgeai_docs/x-th",),
    "code": ("code_python_stdlib/code-python", "code_go_std/code-go"),
}


def texts_of(name: str) -> Iterator[str]:
    path = REAL / f"{name}.jsonl.zst"
    with path.open("rb") as raw, zstandard.ZstdDecompressor().stream_reader(raw) as stream:
        data = stream.read()
    for line in data.decode().split("\n"):  # not splitlines: U+2028 stands in texts
        if line:
            yield json.loads(line)["text"]


def spans(text: str) -> list[str]:
    """The words of a text, as strings."""
    data = text.encode()
    _, starts, ends, _ = words.split(np.frombuffer(data, np.uint8), np.array([0, len(data)], np.int64))
    return [data[a:b].decode().casefold() for a, b in zip(starts.tolist(), ends.tolist(), strict=True)]


def tuples(text: str, size: int = 5) -> frozenset[tuple[str, ...]]:
    found = spans(text)
    if not found:
        return frozenset()
    return frozenset(tuple(found[i : i + size]) for i in range(max(1, len(found) - size + 1)))


def true_jaccard(a: frozenset[Any], b: frozenset[Any]) -> float:
    shared = len(a & b)
    return shared / (len(a) + len(b) - shared) if shared else 0.0


# ------------------------------------------------------------------ planting


def replaced(text: str, ratio: float, rng: random.Random, pool: list[str]) -> str:
    """The share `ratio` of the words, drawn at random, exchanged for words of other documents."""
    data = text.encode()
    _, starts, ends, _ = words.split(np.frombuffer(data, np.uint8), np.array([0, len(data)], np.int64))
    count = len(starts)
    parts: list[bytes] = []
    at = 0
    for word in sorted(rng.sample(range(count), min(count, round(ratio * count)))):
        parts += [data[at : starts[word]], rng.choice(pool).encode()]
        at = int(ends[word])
    return b"".join([*parts, data[at:]]).decode()


def inserted(text: str, rng: random.Random, pool: list[str]) -> str:
    lines = text.split("\n")
    for _ in range(max(1, len(lines) // 20)):
        lines.insert(rng.randrange(len(lines) + 1), " ".join(rng.choices(pool, k=12)))
    return "\n".join(lines)


def planted(text: str, rng: random.Random, pool: list[str], wrap: str) -> Iterator[str]:
    for ratio in (0.0, 0.005, 0.01, 0.02, 0.04, 0.08, 0.2, 0.5):
        yield replaced(text, ratio, rng, pool)
    yield inserted(text, rng, pool)
    for share in (0.97, 0.9, 0.8):
        yield text[: int(len(text) * share)]
    yield f"{wrap}\n{text}\n{wrap[::-1]}"
    paragraphs = text.split("\n")
    rng.shuffle(paragraphs)
    yield "\n".join(paragraphs)


def sample(script: str, originals: int, apart: bool) -> list[str]:
    """Originals of 400 to 6,000 characters, each with all its edited copies, or (`apart`) with one of them.

    Apart is harder: in a family, a copy that shares no band with the original can be found over another copy.
    """
    rng = random.Random(script)
    found = [text for name in SCRIPTS[script] for text in texts_of(name)]
    found = [text[:6000] for text in found if len(text) >= 400]
    chosen = rng.sample(found, min(originals, len(found)))
    pool = sorted({word for text in found[:50] for word in spans(text)})
    wrap = " ".join(rng.choices(pool, k=30))
    found = []
    for number, one in enumerate(chosen):
        copies = list(planted(one, rng, pool, wrap))
        found += [one, copies[number % len(copies)]] if apart else [one, *copies]
    return found


# ------------------------------------------------------------------ running


def write(texts: list[str], folder: Path, shards: int = 1) -> list[tuple[Path, str]]:
    """Documents in Parquet, as ingest leaves them; (path, shard key)."""
    files = []
    for shard, part in enumerate(np.array_split(np.arange(len(texts)), shards)):
        chosen = [texts[i] for i in part]
        columns: dict[str, Any] = {field.name: [""] * len(chosen) for field in DOCUMENTS}
        columns |= {
            "id": [xxhash.xxh3_128_hexdigest(str(i).encode()) for i in part],
            "source": ["bench"] * len(chosen),
            "text": chosen,
            "row": list(range(len(chosen))),
            "native_id": [str(i) for i in part],
        }
        path = folder / f"documents-{shard:05d}.parquet"
        write_parquet(pa.table(columns, schema=DOCUMENTS), path)
        files.append((path, f"bench/{shard:05d}"))
    return files


def fingerprinted(path: Path, key: str, options: DedupOptions) -> Shard:
    """What the signal pass and the decisions add to a shard."""
    table = pq.read_table(path).combine_chunks()
    # In batches, as `corpus.stages.annotate` measures them.
    rows = max(1, table.num_rows * 8_000_000 // max(table.nbytes, 1))
    fingerprint = Fingerprint(options)
    signals = [fingerprint(Batch(record)) for record in table.to_batches(rows)]
    shard = Shard(key, path, path.with_suffix(".fingerprint"), path.with_suffix(".decisions"))
    write_parquet(pa.Table.from_batches(signals), shard.fingerprint)
    kept = {"language": ["en"] * len(table), "verdict": ["kept"] * len(table)}
    pq.write_table(pa.table(kept), shard.decisions)
    return shard


def deduplicated(texts: list[str], options: DedupOptions = OPTIONS) -> dict[int, tuple[int, float]]:
    """{document: (survivor, similarity)} of the documents that are removed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shards = [fingerprinted(path, key, options) for path, key in write(texts, folder)]
        deduplicate(shards, options, folder / "out")
        number = {xxhash.xxh3_128_hexdigest(str(i).encode()): i for i in range(len(texts))}
        found = {}
        for shard in shards:
            rows = pq.read_table(folder / "out/dedup.duplicates/all" / f"{shard.key}.parquet").to_pylist()
            for row in rows:
                if row["id"] != row["survivor"]:
                    found[number[row["id"]]] = (number[row["survivor"]], row["similarity"])
        return found


# ------------------------------------------------------------------ claims


def quality(originals: int) -> dict[str, Any]:
    """Recall of pairs that are at least 0.8 similar, and precision of deletions at the threshold."""
    threshold = OPTIONS.minhash.threshold if OPTIONS.minhash else 0.0
    print(
        f"{'script':12} {'copies':8} {'docs':>5} {'J>=.8':>6} {'missed':>6} {'recall':>7}"
        f" {'deleted':>7} {'wrong':>5}"
    )
    totals: Counter[str] = Counter()
    largest = 0.0
    for script in SCRIPTS:
        for apart in (False, True):
            texts = sample(script, originals * 8 if apart else originals, apart)
            sets = [tuples(text) for text in texts]
            removed = deduplicated(texts)
            pairs = list(similar(sets, 0.8))
            missed = sum(i not in removed and j not in removed for i, j in pairs)
            truth = {i: true_jaccard(sets[i], sets[j]) for i, (j, _) in removed.items()}
            wrong = sum(found < threshold for found in truth.values())
            largest = max(largest, *(abs(truth[i] - similarity) for i, (_, similarity) in removed.items()))
            how = "apart" if apart else "families"
            totals.update({f"{how} pairs": len(pairs), f"{how} missed": missed})
            totals.update({"deleted": len(removed), "wrong": wrong})
            recall = 1 - missed / max(len(pairs), 1)
            print(
                f"{script:12} {how:8} {len(texts):5} {len(pairs):6} {missed:6} {recall:7.4f}"
                f" {len(removed):7} {wrong:5}"
            )
    recall = {
        how: 1 - totals[f"{how} missed"] / max(totals[f"{how} pairs"], 1) for how in ("families", "apart")
    }
    return {
        "recall at J >= 0.8, families": goal(recall["families"], 0.995),
        "recall at J >= 0.8, single copies": goal(recall["apart"], 0.995),
        "precision at the threshold": goal(1 - totals["wrong"] / max(totals["deleted"], 1), 0.999),
        "largest error of a reported similarity": goal(largest, 0.005, smaller=True),
    }


def similar(sets: list[frozenset[Any]], least: float) -> Iterator[tuple[int, int]]:
    """All pairs with a true Jaccard index of at least `least`."""
    for i, left in enumerate(sets):
        for j in range(i):
            right = sets[j]
            # The sizes bound the index, so most pairs need no look at their elements.
            fits = min(len(left), len(right)) >= least * max(len(left), len(right))
            if fits and true_jaccard(left, right) >= least:
                yield i, j


#: Written with spaces: the peers take what stands between spaces for words, which elsewhere is a sentence.
SPACED = tuple(script for script in SCRIPTS if script not in ("Han", "Thai"))


def beside_peers(originals: int, peers: list[str]) -> dict[str, Any]:
    """Recall and precision as in `quality`, ours and that of others at 16 bands of 8, on the same texts."""
    samples = [sample(script, originals, apart=True) for script in SPACED]
    texts = [text for found in samples for text in found]
    sets = [tuples(text) for text in texts]
    pairs, first = [], 0
    for found in samples:  # documents of different scripts have nothing in common
        part = sets[first : first + len(found)]
        pairs += [(first + i, first + j) for i, j in similar(part, 0.7)]
        first += len(found)
    close = [(i, j) for i, j in pairs if true_jaccard(sets[i], sets[j]) >= 0.8]
    near: dict[int, list[int]] = {}
    for i, j in pairs:
        near.setdefault(i, []).append(j)
        near.setdefault(j, []).append(i)
    same = DedupOptions(minhash=MinHashOptions(bands=16, rows=8), partitions=2)
    removals = {"corpus, 16 x 8": set(deduplicated(texts, same)), "corpus": set(deduplicated(texts))}
    with tempfile.TemporaryDirectory() as name:
        for peer in peers:
            runner = Runner(peer, texts, Path(name) / peer)
            if runner.once():
                removals[peer] = set(runner.removed)
    print(
        f"{len(texts)} documents, {len(close)} pairs with J >= 0.8; wrong: nothing that is kept has J >= 0.7"
    )
    print(f"{'':28} {'removed':>7} {'missed':>6} {'recall':>7} {'wrong':>5} {'precision':>9}")
    rates = {}
    for who, removed in removals.items():
        missed = sum(i not in removed and j not in removed for i, j in close)
        wrong = sum(all(j in removed for j in near.get(i, ())) for i in removed)
        rates[who] = 1 - missed / max(len(close), 1), 1 - wrong / max(len(removed), 1)
        recall, precision = rates[who]
        print(f"{who:28} {len(removed):7} {missed:6} {recall:7.4f} {wrong:5} {precision:9.4f}")
    return {
        f"{what} no worse than {peer}": goal(rates["corpus, 16 x 8"][n] - rates[peer][n], 0)
        for peer in peers
        if peer in rates
        for n, what in enumerate(("recall", "precision"))
    }


def templated(pages: int) -> list[str]:
    """Pages of one template: 80 % of the words of each are the same, the rest is its own."""
    rng = random.Random(80)
    pool = sorted({word for text in list(texts_of("masakhanews/en"))[:400] for word in spans(text)})
    frame = rng.choices(pool, k=160)
    found = []
    for _ in range(pages):
        own = rng.choices(pool, k=40)
        found.append(" ".join([*frame[:60], *own[:20], *frame[60:120], *own[20:], *frame[120:]]))
    return found


def templates(pages: int) -> dict[str, Any]:
    texts = templated(pages)
    removed = deduplicated(texts)
    print(f"template: {len(texts)} distinct pages, 80 % shared: {len(removed)} deleted")
    return {"wrong deletions among templated pages": goal(len(removed), 0, smaller=True)}


def substrings(megabytes: float) -> dict[str, Any]:
    """Planted copies of 100 to 400 bytes of real text: all found, none invented; and speed."""
    rng = random.Random(100)
    texts = [text.encode() for text in speed_sample(megabytes)]
    copies: list[tuple[int, int, bytes]] = []
    for _ in range(1000):
        giver, taker = rng.sample(range(len(texts)), 2)
        start = rng.randrange(len(texts[giver]))
        stretch = texts[giver][start : start + rng.randrange(100, 400)].decode("utf-8", "ignore").encode()
        if len(stretch) >= 100:
            at = len(texts[taker][: rng.randrange(len(texts[taker]))].decode("utf-8", "ignore").encode())
            texts[taker] = texts[taker][:at] + stretch + texts[taker][at:]
            copies.append((giver, taker, stretch))
    ids = [xxhash.xxh3_128_hexdigest(str(i).encode()) for i in range(len(texts))]
    removed: set[str] = set()
    options = SubstringOptions(partitions=2)
    size = sum(map(len, texts)) / 1e6
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        strings = [text.decode() for text in texts]
        shards = [fingerprinted(path, key, OPTIONS) for path, key in write(strings, folder)]
        # After the other kinds, as in a build; they are not timed here.
        deduplicate(shards, OPTIONS, folder / "out")
        for shard in shards:
            table = pq.read_table(folder / "out/dedup.duplicates/all" / f"{shard.key}.parquet")
            removed |= {row["id"] for row in table.to_pylist() if row["kind"] != "survivor"}
        steps = substring_steps(options)
        seconds = []
        for name in ("warm", "1", "2", "out"):
            if name != "out":
                shutil.copytree(folder / "out", folder / name, symlinks=True)
            place = folder / name
            seconds.append(cpu(lambda place=place: run_steps(steps, shards, options.partitions, place)))
        rows = [
            row
            for shard in shards
            for row in pq.read_table(
                folder / "out/substrings.spans" / shard.key / "spans.parquet"
            ).to_pylist()
        ]
    found = {row["id"]: row["spans"] for row in rows}
    missed = planted_copies = 0
    for giver, taker, stretch in copies:
        later = max(giver, taker, key=lambda i: ids[i])
        if {ids[giver], ids[taker]} & removed:
            continue
        if stretch not in texts[giver] or stretch not in texts[taker]:
            continue  # another copy was planted into it
        planted_copies += 1
        start = texts[later].index(stretch)
        spans_of = found.get(ids[later], ())
        missed += not any(s["start"] <= start and start + len(stretch) <= s["end"] for s in spans_of)
    invented, looked_at = invented_spans(texts, ids, found, rng)
    rate = size / min(seconds)
    print(
        f"substrings: {len(texts)} documents, {size:.1f} MB, {planted_copies} copies of 100 to 400 bytes: "
        f"{missed} missed; of {sum(map(len, found.values()))} spans {looked_at} looked up: "
        f"{invented} invented; {rate:.1f} MB a CPU second"
    )
    return {
        "planted substrings missed": goal(missed, 0, smaller=True),
        "substrings invented": goal(invented, 0, smaller=True),
        "substrings, MB a CPU second": goal(rate, 60),
    }


def core(path: Path) -> dict[str, Any]:
    """text-dedup's CORE benchmark; `bench/dedup_core.py` says how it is counted."""
    texts, ids, truth = dedup_core.texts_and_truth(path)
    clusters: dict[int, set[int]] = {}
    seconds = cpu(lambda: clusters.update(clustered(texts, dedup_core.OPTIONS)))
    others = {ids[i]: frozenset(ids[j] for j in same if j != i) for same in clusters.values() for i in same}
    found = dedup_core.scores(others, truth)
    print(f"CORE: {len(texts)} documents, {len(clusters)} clusters, {seconds:.1f} CPU seconds")
    for name, value in found.items():
        print(f"  {name:36} {value:.4f}")
    return {"CORE, macro-F1": goal(found["macro-F1 as text-dedup publishes it"], 0.952)}


def clustered(texts: list[str], options: DedupOptions) -> dict[int, set[int]]:
    """{survivor: all documents of its cluster}"""
    clusters: dict[int, set[int]] = {}
    for document, (survivor, _) in deduplicated(texts, options).items():
        clusters.setdefault(survivor, {survivor}).add(document)
    return clusters


_WINDOW = 94


def invented_spans(
    texts: list[bytes], ids: list[str], found: dict[str, Any], rng: random.Random, most: int = 200
) -> tuple[int, int]:
    """(spans of which some bytes stand in no other document, spans looked up): by plain search."""
    everything = b"\xff".join(texts)  # no byte of UTF-8
    number = {document: i for i, document in enumerate(ids)}
    places = [(document, span) for document, spans in sorted(found.items()) for span in spans]
    chosen = rng.sample(places, min(most, len(places)))
    invented = 0
    for document, span in chosen:
        text = texts[number[document]]
        start, end = span["start"], span["end"]
        at = start
        while at < end:
            # 94: a stretch of 100 bytes less pieces of characters at its ends. Spans that touch are one, so
            # the stretch that holds this byte may have begun before it.
            first = min(at, end - _WINDOW)
            windows = (text[i : i + _WINDOW] for i in range(first, max(start, at - _WINDOW + 1) - 1, -1))
            step = next((n for n, w in enumerate(windows) if everything.count(w) > text.count(w)), None)
            if step is None:
                invented += 1
                break
            at = first - step + _WINDOW
    return invented, len(chosen)


def speed_sample(megabytes: float) -> list[str]:
    """Real text of many languages, with one edited copy of every tenth document."""
    rng = random.Random(0)
    found: list[str] = []
    size = 0
    names = sorted({name for group in SCRIPTS.values() for name in group})
    readers = [texts_of(name) for name in names]
    while size < megabytes * 1e6 and readers:
        for reader in list(readers):
            text = next(reader, None)
            if text is None:
                readers.remove(reader)
                continue
            found.append(text)
            size += len(text.encode())
            if len(found) % 10 == 0:
                found.append(replaced(text, 0.02, rng, ["changed"]))
                size += len(text.encode())
    return found


def cpu(call: Callable[[], object]) -> float:
    """CPU seconds of this process and its children."""
    before = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    call()
    after = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(b.ru_utime + b.ru_stime - a.ru_utime - a.ru_stime for a, b in zip(before, after, strict=True))


def ours(files: list[tuple[Path, str]], folder: Path) -> int:
    keep_freed_memory()  # as a worker of a build does
    shards = [fingerprinted(path, key, OPTIONS) for path, key in files]
    return deduplicate(shards, OPTIONS, folder)["dedup.clusters"].get("duplicates", 0)


def exact_speed(texts: list[str]) -> float:
    """MB a CPU second from Arrow text to 128-bit hashes to the number of distinct texts."""
    buffer = text_buffer(pa.array(texts, pa.large_string()))

    def call() -> None:
        hashes = content.content_hashes(buffer.data, buffer.offsets)
        np.unique(hashes[:, 0])

    call()
    return min(cpu(call) for _ in range(3))


def speed(megabytes: float, peers: list[str], rounds: int) -> dict[str, Any]:
    """Programs are measured beside the steps of a build, from Parquet to Parquet; libraries, which are given
    texts in memory as lists of str, beside `find_duplicates` of the same as Arrow. Of a list, which it would
    have to encode first, its speed is shown."""
    texts = speed_sample(megabytes)
    size = sum(len(text.encode()) for text in texts) / 1e6
    print(f"speed: {len(texts)} documents, {size:.1f} MB; text to decision, best of {rounds} runs")
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        places = (folder / str(number) for number in itertools.count())
        files = write(texts, folder)
        (folder / "few").mkdir()
        few = write(texts[:10], folder / "few")
        array, encoded = pa.array(texts, pa.large_string()), [text.encode() for text in texts]
        calls: dict[str, tuple[Callable[[Any], object], Callable[[], tuple[Any, Any]]]] = {
            "steps of a build": (lambda shards: ours(shards, next(places)), lambda: (files, few)),
            "Arrow in memory": (find_duplicates, lambda: (array, array[:10])),
            # Made anew: a str keeps its UTF-8 once it is encoded.
            "list of str": (find_duplicates, lambda: ([text.decode() for text in encoded], texts[:10])),
        }
        ours(files, next(places))  # kernels are compiled once per machine, not per run
        exact = size / exact_speed(texts)
        print(f"  {'corpus, exact hashes':28} {exact:8.1f} MB/s")
        results["exact, MB a CPU second"] = goal(exact, 300)
        for peer in peers or [""]:
            runner = Runner(peer, texts, folder / peer) if peer else None
            seconds: dict[str, list[tuple[float, float]]] = {way: [] for way in calls}
            for _ in range(rounds):  # by turns: other work on the machine slows both
                for way, (call, given) in calls.items():
                    whole, ten = given()
                    seconds[way].append((cpu(partial(call, whole)), cpu(partial(call, ten))))
                if runner and not runner.once():
                    break
            mine = {}
            for way, found in seconds.items():
                all_texts, start = map(min, zip(*found, strict=True))
                mine[way] = size / (all_texts - start)
                print(f"  {'corpus, ' + way:28} {mine[way]:8.2f} MB/s  start {start:.2f} s")
            if runner and len(runner.seconds["all"]) == rounds:
                way = "Arrow in memory" if runner.peer.in_memory else "steps of a build"
                ratio = mine[way] / runner.rate()
                print(
                    f"  {peer:28} {runner.rate():8.2f} MB/s  start {min(runner.seconds['start']):.2f} s; "
                    f"{len(runner.removed)} removed; we are {ratio:.1f} times as fast ({way})"
                )
                results[f"times {peer}"] = goal(ratio, runner.peer.times)
    return results


def goal(value: float, bound: float, smaller: bool = False) -> dict[str, Any]:
    return {"value": value, "goal": bound, "met": bool(value <= bound if smaller else value >= bound)}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--originals", type=int, default=40, help="originals a script (default 40)")
    parser.add_argument("--pages", type=int, default=5000)
    parser.add_argument("--megabytes", type=float, default=8)
    parser.add_argument("--substrings", action="store_true", help="measure exact substrings")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each, of which the best counts")
    parser.add_argument("--speed", action="store_true", help="measure speed instead of quality")
    parser.add_argument("--peers", nargs="*", choices=sorted(PEERS), help="compare (none named: all)")
    parser.add_argument("--core", type=Path, metavar="FILE", help="CORE's data set: Parquet or JSON Lines")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.speed:
        chosen = sorted(PEERS) if options.peers == [] else options.peers or []
        goals = speed(options.megabytes, chosen, options.rounds)
    elif options.core:
        goals = core(options.core)
    elif options.substrings:
        goals = substrings(options.megabytes)
    elif options.peers is not None:
        # Daft's expression decides nothing; data-juicer's operator decides as data-juicer does.
        deciding = sorted(set(PEERS) - {"daft minhash expression", "data-juicer operator"})
        goals = beside_peers(options.originals, options.peers or deciding)
    else:
        goals = {**quality(options.originals), **templates(options.pages)}
        print("not run: text-dedup's CORE benchmark, whose data set is not fetched; see --core FILE")
    for name, found in goals.items():
        print(f"{'met ' if found['met'] else 'MISSED'} {name}: {found['value']:.6g} (goal {found['goal']:g})")
    if options.json:
        options.json.write_text(json.dumps({"goals": goals}, indent=1) + "\n")


if __name__ == "__main__":
    main()
