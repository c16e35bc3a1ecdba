"""Packing: rows without needless cuts, every token accounted for, a removal that stays local."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.errors import StorageError
from corpus.recipe import MixtureFile, PackOptions
from corpus.tokens.dataset import Tokens
from corpus.tokens.encode import SIDECAR, SUMMARY
from corpus.tokens.megatron import read, write_index
from corpus.tokens.pack import Layout, concat_layout, fit_layout
from tests.tokens_world import SYLLABLES, World, rows


def check(layout: Layout, sizes: list[int], length: int) -> None:
    """Every token of every document lies in exactly one place, and no two in the same one."""
    taken = np.zeros(layout.row_count * length, int)
    covered = [np.zeros(size, int) for size in sizes]
    for document, offset, size, row, start in zip(*layout[:5], strict=True):
        assert size > 0
        assert start + size <= length
        taken[row * length + start : row * length + start + size] += 1
        covered[document][offset : offset + size] += 1
    assert taken.max(initial=0) <= 1
    assert all((counts == 1).all() for counts in covered)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 200), max_size=80), st.integers(2, 64))
def test_every_token_is_packed_once(sizes: list[int], length: int) -> None:
    check(fit_layout(np.array(sizes, np.int64), length, 0.005), sizes, length)
    check(concat_layout(np.array(sizes, np.int64), length), sizes, length)


def test_best_fit_is_dense_and_cuts_no_document_that_fits() -> None:
    rng = np.random.default_rng(2)
    sizes = np.minimum(rng.lognormal(6, 1.2, 50_000).astype(np.int64) + 1, 20_000)
    layout = fit_layout(sizes, 2048, 0.005)
    padding = layout.row_count * 2048 - sizes.sum()
    assert padding / (layout.row_count * 2048) <= 0.005
    pieces = np.bincount(layout.documents)
    assert (pieces[sizes <= 2048] == 1).all()
    assert (pieces == -(-sizes // 2048)).all()
    concat = concat_layout(sizes, 2048)
    assert (np.bincount(concat.documents)[sizes <= 2048] > 1).mean() > 0.1


def test_padding_above_the_bound_is_bought_with_few_cuts() -> None:
    sizes = np.full(1000, 60, np.int64)
    layout = fit_layout(sizes, 100, 0.005)
    check(layout, sizes.tolist(), 100)
    assert (layout.row_count * 100 - sizes.sum()) / (layout.row_count * 100) <= 0.01
    assert fit_layout(sizes, 100, 0.5).row_count == 1000


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World(tmp_path_factory.mktemp("pack"))
    world.build(rows(90))
    return world


def sequences(world: World) -> dict[str, list[int]]:
    found = {}
    for path in sorted((world.folder / "encode").rglob("*.parquet")):
        if path.name == "summary.parquet":
            continue
        indexed = read(path)
        for row in pq.read_table(path).to_pylist():
            found[row["id"]] = indexed.tokens[row["offset"] : row["offset"] + row["tokens"]].tolist()
    return found


@pytest.mark.parametrize("split", ["train", "validation"])
def test_every_row_traces_back_to_its_documents(world: World, split: str) -> None:
    documents = sequences(world)
    tokens = Tokens(world.folder / "pack", split)
    rebuilt: dict[str, dict[int, list[int]]] = {}
    for number in range(tokens.rows):
        row = tokens.row(number)
        assert len(row) == 64
        filled = 0
        for part in tokens.stretches(number):
            assert part.start == filled
            filled += part.tokens
            piece = row[part.start : filled].tolist()
            assert piece == documents[part.id][part.document_offset : part.document_offset + part.tokens]
            rebuilt.setdefault(part.id, {})[part.document_offset] = piece
        assert set(row[filled:].tolist()) <= {3}
        assert tokens.boundaries(number)[-1] == 64
    whole = {name: [token for at in sorted(parts) for token in parts[at]] for name, parts in rebuilt.items()}
    assert whole == {name: documents[name] for name in whole}
    assert whole


def test_a_document_is_in_training_or_validation_never_in_both(world: World) -> None:
    train, held = (
        {part.id for number in range(tokens.rows) for part in tokens.stretches(number)}
        for tokens in (Tokens(world.folder / "pack"), Tokens(world.folder / "pack", "validation"))
    )
    assert not train & held
    assert train | held == {row["id"] for row in rows(90)}
    assert held


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_removing_a_document_touches_its_bucket_and_its_shard_only(world: World, tmp_path: Path) -> None:
    train = Tokens(world.folder / "pack")
    gone = train.stretches(0)[0].id
    other = World(tmp_path)
    kept = [row for row in rows(90) if row["id"] != gone]
    other.build(kept, world.folder / "train" / "all" / "tokenizer.json")
    bucket, shard = f"{int(gone[:8], 16) % 2:05d}", train.shards[0].stem
    for step, own in (("encode", f"{bucket}/"), ("pack", f"{shard}/")):
        before, after = digests(world.folder / step), digests(other.folder / step)
        changed = {name for name in before if after.get(name) != before[name]}
        assert changed
        assert all(name.startswith(own) for name in changed)
    plan = Path("mixture/all/plan.json")
    assert (other.folder / plan).read_bytes() == (world.folder / plan).read_bytes()
    left = pa.concat_tables(
        [pq.read_table(path) for path in sorted((other.folder / "pack").rglob("*.parquet"))]
    )
    assert gone not in left["id"].to_pylist()


def test_the_same_input_gives_the_same_bytes(world: World, tmp_path: Path) -> None:
    other = World(tmp_path)
    other.build(rows(90))
    assert digests(other.folder / "pack") == digests(world.folder / "pack")


def test_epochs_repeat_documents_and_part_of_one_draws_some(tmp_path: Path, world: World) -> None:
    recipe = MixtureFile(target_tokens=10**9, max_epochs=2.5, validation_ratio=0.0)
    other = World(tmp_path, mixture=recipe)
    other.build(rows(90), world.folder / "train" / "all" / "tokenizer.json")
    table = pa.concat_tables(
        [pq.read_table(path) for path in sorted((tmp_path / "pack").rglob("0*.parquet"))]
    )
    instances = {(row["id"], row["epoch"]) for row in table.to_pylist()}
    times = Counter(Counter(name for name, _ in instances).values())
    assert set(times) == {2, 3}
    assert 25 <= times[3] <= 65
    shards = {path.parent.name for path in (tmp_path / "pack").rglob("0*.parquet")}
    assert len(shards) == 3


def test_resuming_and_ranks_give_every_row_once(world: World) -> None:
    folder = world.folder / "pack"
    everything = [row.tobytes() for row in Tokens(folder)]
    assert len(everything) == len(Tokens(folder)) > 20
    assert [row.tobytes() for row in Tokens(folder, start=7)] == everything[7:]
    parts = [list(Tokens(folder, start=5, rank=rank, ranks=3)) for rank in range(3)]
    assert sorted(row.tobytes() for part in parts for row in part) == sorted(everything[5:])
    second = Tokens(folder, start=5, rank=1, ranks=3)
    assert [second[i].tobytes() for i in range(len(second))] == [row.tobytes() for row in second]
    assert second[-1].tobytes() == list(second)[-1].tobytes()
    with pytest.raises(IndexError):
        second[len(second)]


def test_reading_in_order_is_reading_the_mixture(tmp_path: Path, world: World) -> None:
    documents = rows(3000, longest=8)
    other = World(tmp_path, pack=PackOptions(length=64, shards=2))
    other.build(documents, world.folder / "train" / "all" / "tokenizer.json")
    tables = [pq.read_table(path) for path in sorted((tmp_path / "pack").rglob("0*.parquet"))]
    languages = np.concatenate([table["language"].to_numpy() for table in tables])
    sizes = np.concatenate([table["tokens"].to_numpy() for table in tables])
    ends = np.cumsum(sizes)
    window = 60_000
    totals = {name: sizes[languages == name].sum() / ends[-1] for name in SYLLABLES}
    for start in range(0, int(ends[-1]) - window, window // 2):
        inside = slice(*np.searchsorted(ends, [start, start + window]))
        for name, share in totals.items():
            found = sizes[inside][languages[inside] == name].sum() / sizes[inside].sum()
            assert abs(found - share) < 0.04


def test_every_window_of_a_million_tokens_holds_the_mixture(tmp_path: Path) -> None:
    """Six million tokens of documents of 20 to 4,000, in eight languages of very different size."""
    rng = np.random.default_rng(5)
    names = np.array(["en", "zh-Hans", "fr", "ar", "hi", "sw", "yo", "code-python"])
    chosen = rng.choice(len(names), 12_000, p=np.array([30, 20, 15, 12, 10, 6, 4, 3]) / 100)
    sizes = np.clip(rng.lognormal(5.7, 1.0, len(chosen)), 20, 4000).astype(np.int64)
    folder = tmp_path / "encode" / "00000"
    folder.mkdir(parents=True)
    summary = []
    for number, name in enumerate(names):
        mine = sizes[chosen == number]
        np.full(int(mine.sum()), number + 10, "<u2").tofile(folder / f"{name}.bin")
        write_index(folder / f"{name}.idx", mine, np.dtype("<u2"))
        ids = [
            hashlib.md5(f"{name}{i}".encode(), usedforsecurity=False).hexdigest() for i in range(len(mine))
        ]
        total, offsets = int(mine.sum()), np.cumsum(mine) - mine
        columns = [ids, ["s"] * len(mine), [name] * len(mine), mine.astype(np.int32), offsets, mine]
        columns += [np.ones(len(mine), np.int32), np.zeros(len(mine), np.uint64)]
        pq.write_table(pa.table(columns, schema=SIDECAR), folder / f"{name}.parquet")
        summary.append(
            {
                "language": name,
                "source": "s",
                "cluster_class": 0,
                "documents": len(mine),
                "tokens": total,
                "bytes": total,
            }
        )
    metadata = {"item_bytes": "2", "padding": "3", "end_of_document": "2", "vocabulary": "700"}
    table = pa.Table.from_pylist(summary, schema=SUMMARY.with_metadata(metadata))
    pq.write_table(table, folder / "summary.parquet")
    recipe = MixtureFile(
        target_tokens=6_000_000, weights={"mode": "power", "alpha": 0.5}, max_epochs=4, validation_ratio=0.0
    )
    world = World(tmp_path, mixture=recipe, pack=PackOptions(length=2048, shards=1))
    world.packed([sorted(folder.iterdir())])
    planned = json.loads((tmp_path / "mixture" / "all" / "mixture.json").read_text())["languages"]
    stream = np.concatenate(list(Tokens(tmp_path / "pack")))
    assert len(stream) > 5_000_000
    worst = 0.0
    for start in range(0, len(stream) - 1_000_000, 250_000):
        found = np.bincount(stream[start : start + 1_000_000], minlength=20)
        for number, name in enumerate(names):
            share = found[number + 10] / found[10:].sum()
            worst = max(worst, abs(share - planned[name]["weight"]))
    assert worst < 0.02


def test_positions_begin_anew_with_every_document(world: World) -> None:
    tokens = Tokens(world.folder / "pack")
    several = 0
    for number in range(tokens.rows):
        expected = np.full(tokens.length, -1)
        for stretch in tokens.stretches(number):
            expected[stretch.start : stretch.start + stretch.tokens] = range(stretch.tokens)
        padding = int((expected < 0).sum())
        expected[expected < 0] = range(padding)
        assert tokens.positions(number).tolist() == expected.tolist()
        several += len(tokens.stretches(number)) > 1
    assert several


def test_a_folder_without_rows_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="no packed rows"):
        _ = Tokens(tmp_path).rows
    with pytest.raises(ValueError, match="split"):
        Tokens(tmp_path, "test")


def test_torch_is_asked_for_only_where_it_is_used(world: World) -> None:
    tokens = Tokens(world.folder / "pack")
    try:
        import torch  # noqa: F401
    except ModuleNotFoundError:
        for iterable in (False, True):
            with pytest.raises(StorageError, match="PyTorch"):
                tokens.to_torch(iterable)
    else:
        assert tokens.to_torch()[0].tolist() == tokens[0].tolist()
        streamed = [row.tolist() for row in tokens.to_torch(iterable=True)]
        assert streamed == [row.tolist() for row in tokens]
