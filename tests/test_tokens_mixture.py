"""The mixture: budgets, weights, caps, floors, and what cannot be met."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from corpus.errors import ConfigError
from corpus.recipe import MixtureFile, PackOptions, TokenizerFile
from corpus.tokens import options
from corpus.tokens.encode import SUMMARY
from corpus.tokens.mixture import fill, mixture, stage_ranges
from corpus.tokens.upsample import cluster_class, cluster_factor
from tests.tokens_world import World, rows


def solved(
    folder: Path, sizes: dict[tuple[str, str], int], **recipe: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    """plan.json and mixture.json for languages and sources of these sizes, in two buckets."""
    world = World(folder, mixture=MixtureFile.model_validate({"validation_ratio": 0.0, **recipe}))
    paths = []
    for bucket in range(2):
        columns = [(*group, 0, 10, size // 2, 4 * size) for group, size in sizes.items()]
        paths.append(folder / f"{bucket:05d}" / "summary.parquet")
        paths[-1].parent.mkdir(parents=True)
        arrays = [
            pa.array(column, kind)
            for column, kind in zip(zip(*columns, strict=True), SUMMARY.types, strict=True)
        ]
        pq.write_table(pa.Table.from_arrays(arrays, schema=SUMMARY), paths[-1])
    settings = options.mixture_options(world.mixture, PackOptions(length=100), 1)
    world.run(mixture, "all", {"summaries": paths}, settings)
    out = folder / "mixture" / "all"
    return json.loads((out / "plan.json").read_text()), json.loads((out / "mixture.json").read_text())


SIZES = {("en", "a"): 60_000, ("en", "b"): 20_000, ("yo", "a"): 2_000, ("fr", "b"): 18_000}


def test_without_a_target_everything_is_seen_once(tmp_path: Path) -> None:
    plan, report = solved(tmp_path, SIZES)
    assert [entry[3] for entry in plan["epochs"]] == [1.0] * 4
    assert report["planned_tokens"] == report["available_tokens"] == 100_000
    assert report["cannot_be_met"] == []


def test_a_target_above_what_there_is_repeats_up_to_the_cap_and_says_so(tmp_path: Path) -> None:
    plan, report = solved(tmp_path, SIZES, target_tokens="1M", max_epochs=4)
    assert {entry[3] for entry in plan["epochs"]} == {4.0}
    assert report["planned_tokens"] == 400_000
    assert "cannot be met" in report["cannot_be_met"][0]


def test_power_weights_raise_small_languages(tmp_path: Path) -> None:
    _, report = solved(
        tmp_path, SIZES, target_tokens=100_000, weights={"mode": "power", "alpha": 0.5}, max_epochs=9
    )
    shares = {name: entry["weight"] for name, entry in report["languages"].items()}
    expected = {name: size**0.5 for name, size in (("en", 80_000), ("fr", 18_000), ("yo", 2_000))}
    for name, value in expected.items():
        assert shares[name] == pytest.approx(value / sum(expected.values()), abs=0.01)


def test_a_capped_language_leaves_its_part_to_the_others(tmp_path: Path) -> None:
    weights = {"mode": "explicit", "shares": {"en": 0.5, "yo": 0.5}}
    _, report = solved(tmp_path, SIZES, target_tokens=50_000, weights=weights, max_epochs=2)
    assert report["languages"]["yo"]["planned_tokens"] == 4_000
    assert report["languages"]["en"]["planned_tokens"] == pytest.approx(46_000, rel=0.02)
    assert report["languages"]["fr"]["planned_tokens"] == 0
    assert any("'yo'" in note for note in report["cannot_be_met"])


def test_a_minimum_share_lifts_the_smallest(tmp_path: Path) -> None:
    _, report = solved(tmp_path, SIZES, target_tokens=50_000, min_share=0.1, max_epochs=4)
    assert report["languages"]["yo"]["weight"] == pytest.approx(0.1, abs=0.01)


def test_explicit_shares_are_those_of_the_plan(tmp_path: Path) -> None:
    weights = {"mode": "explicit", "shares": {"en": 0.535, "fr": 0.465}}
    _, report = solved(tmp_path, SIZES, target_tokens=30_000, weights=weights, max_epochs=4)
    shares = {name: entry["weight"] for name, entry in report["languages"].items()}
    assert shares["en"] == pytest.approx(0.535, abs=0.01)
    assert shares["fr"] == pytest.approx(0.465, abs=0.01)
    assert shares["yo"] == 0
    assert report["cannot_be_met"] == []


def test_a_source_factor_shifts_shares_inside_a_language(tmp_path: Path) -> None:
    plan, _ = solved(tmp_path, SIZES, target_tokens=40_000, sources={"b": 3.0}, max_epochs=4)
    epochs = {(language, source): value for language, source, _, value in plan["epochs"]}
    assert epochs["en", "b"] == pytest.approx(3 * epochs["en", "a"], rel=0.1)


def test_documents_of_large_clusters_are_seen_more_often(tmp_path: Path) -> None:
    """Three quarters of the documents stand for themselves, the others for 16 and for 100 (class 6)."""
    found = rows(240)
    for number, row in enumerate(found):
        row["cluster_size"] = {0: 16, 1: 100}.get(number % 8, 1)
    size_of = {row["id"]: row["cluster_size"] for row in found}
    recipe = {"validation_ratio": 0.0, "max_epochs": 9, "upsample": {"cluster_size": "sqrt", "cap": 6}}
    seen = []
    for folder in (tmp_path / "a", tmp_path / "b"):
        world = World(folder, mixture=MixtureFile.model_validate(recipe))
        packed = world.build(found)
        table = pa.concat_tables([pq.read_table(path) for path in sorted(packed.rglob("*.parquet"))])
        instances = set(zip(table["id"].to_pylist(), table["epoch"].to_pylist(), strict=True))
        seen.append(Counter(id for id, _ in instances))
    assert seen[0] == seen[1]
    assert {size_of[id]: count for id, count in seen[0].items()} == {1: 1, 16: 4, 100: 6}
    assert len(seen[0]) == 240
    report = json.loads((tmp_path / "a" / "mixture" / "all" / "mixture.json").read_text())
    assert {(row["clusters_of"], row["epochs"]) for row in report["sources"]} == {
        (1, 1.0),
        (16, 4.0),
        (64, 6.0),
    }
    assert report["planned_tokens"] == report["target_tokens"] > report["available_tokens"]


def test_upsampling_keeps_to_the_budget_and_the_most_epochs(tmp_path: Path) -> None:
    found = rows(240)
    for number, row in enumerate(found):
        row["cluster_size"] = 1 if number % 8 else 1024
    recipe = {"target_tokens": 20_000, "max_epochs": 2, "upsample": {"cluster_size": "log"}}
    world = World(tmp_path, mixture=MixtureFile.model_validate(recipe))
    world.build(found)
    report = json.loads((tmp_path / "mixture" / "all" / "mixture.json").read_text())
    assert report["planned_tokens"] == pytest.approx(20_000, rel=0.03)
    for row in report["sources"]:
        assert row["epochs"] <= 2
        if row["clusters_of"] == 1:
            assert row["epochs"] < 1


@pytest.mark.parametrize(("rule", "factors"), [("sqrt", [1, 1.414, 2, 10]), ("log", [1, 2, 3, 10])])
def test_factors_grow_by_powers_of_two_up_to_the_cap(rule: str, factors: list[float]) -> None:
    classes = cluster_class(np.array([1, 2, 3, 4, 7, 8, 1 << 20], np.int32))
    assert classes.tolist() == [0, 1, 1, 2, 2, 3, 20]
    found = [cluster_factor({"cluster_size": rule, "cap": 10}, number) for number in (0, 1, 2, 20)]
    assert found == pytest.approx(factors, abs=1e-3)
    assert cluster_factor(None, 20) == 1


def test_stages_are_ranges_of_the_same_stream(tmp_path: Path) -> None:
    stages = [{"name": "16B", "tokens": 60_000}, {"name": "101B", "tokens": 20_000}]
    _, report = solved(tmp_path, SIZES, stages=stages)
    assert [(s["first_row"], s["end_row"]) for s in report["stages"]] == [(0, 600), (600, 800)]
    scaled = stage_ranges(stages, 40_000, 100)
    assert scaled[-1]["end_row"] == 400


def test_blend_files_hold_the_shares_of_the_plan(tmp_path: Path) -> None:
    _, report = solved(
        tmp_path, SIZES, target_tokens=50_000, weights={"mode": "power", "alpha": 0.5}, max_epochs=4
    )
    lines = (tmp_path / "mixture" / "all" / "megatron.txt").read_text().split()
    weights = dict(zip(lines[1::2], map(float, lines[::2]), strict=True))
    assert sum(weights.values()) == pytest.approx(1)
    assert weights["00000/en"] + weights["00001/en"] == pytest.approx(report["languages"]["en"]["weight"])
    nanotron = json.loads((tmp_path / "mixture" / "all" / "nanotron.yaml").read_text())
    assert dict(zip(nanotron["dataset_folder"], nanotron["dataset_weights"], strict=True)) == weights
    olmo = json.loads((tmp_path / "mixture" / "all" / "olmo-core.yaml").read_text())
    assert sum(entry["target_ratio"] for entry in olmo["sources"]) == pytest.approx(1)
    for entry in olmo["sources"]:
        assert entry["paths"] == [f"{bucket}/{entry['source_name']}.npy" for bucket in ("00000", "00001")]


def test_a_source_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nope"):
        solved(tmp_path, SIZES, sources={"nope": 2.0})


def test_a_minimum_share_for_too_many_languages_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="min_share"):
        solved(tmp_path, SIZES, min_share=0.4)


def test_removing_a_document_leaves_the_plan_as_it_was(tmp_path: Path) -> None:
    plan, _ = solved(tmp_path / "before", SIZES, target_tokens="366B", max_epochs=1)
    fewer = {**SIZES, ("yo", "a"): 1_700}
    assert solved(tmp_path / "after", fewer, target_tokens="366B", max_epochs=1)[0] == plan


@given(
    st.lists(st.tuples(st.floats(0.01, 10), st.floats(0, 1000)), min_size=1, max_size=12),
    st.floats(0, 20_000),
)
def test_filling_never_passes_a_limit_and_gives_all_there_is(
    parts: list[tuple[float, float]], amount: float
) -> None:
    shares, limits = (np.array(column) for column in zip(*parts, strict=True))
    drawn = fill(amount, shares, limits)
    assert (drawn <= limits + 1e-6).all()
    assert drawn.sum() == pytest.approx(min(amount, limits.sum()), abs=1e-3)


@pytest.mark.parametrize("text", ["366 apples", "B", "1.2.3B", "-5"])
def test_a_number_of_tokens_must_be_one(text: str) -> None:
    with pytest.raises(ValidationError):
        MixtureFile.model_validate({"target_tokens": text})


def test_the_end_of_a_document_must_be_a_special_token() -> None:
    with pytest.raises(ValidationError, match="end_of_document"):
        TokenizerFile(end_of_document="<nope>")
