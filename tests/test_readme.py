"""The README is true: its commands run, its examples load, every verb and recipe it names is there."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from typer.main import get_command

import corpus
from corpus.cli import app
from corpus.lookup import RECIPES
from tests.small import write_project

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.S)


def test_the_two_commands_are_targets_of_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"^make (\w+)", README, flags=re.M):
        assert re.search(rf"^{target}:", makefile, flags=re.M)


def test_every_verb_is_documented_and_every_documented_verb_exists() -> None:
    verbs = set(get_command(app).commands)  # type: ignore[attr-defined]
    named = set(re.findall(r"corpus ([a-z]+)\b", " ".join(blocks("bash")))) | set(
        re.findall(r"`corpus ([a-z]+)", README)
    )
    assert named <= verbs
    assert verbs <= named


def test_every_pipeline_is_documented_and_loads() -> None:
    names = {path.stem for path in (RECIPES / "pipelines").glob("*.yaml")}
    assert names == set(re.findall(r"`([a-z0-9-]+)`", README.partition("## Recipes")[2].partition("##")[0]))


@pytest.mark.parametrize("name", ["bloom-fixed", "bloom-roots", "opt-175b", "flm-101b", "smoke"])
def test_a_project_on_every_packaged_pipeline_loads(name: str, tmp_path: Path) -> None:
    sources = write_project(tmp_path)
    sources.write_text(sources.read_text().replace("pipeline: small", f"pipeline: {name}"))
    assert corpus.load(sources).pipeline_name == name


def test_the_packaged_catalogue_loads_and_covers_what_is_said() -> None:
    project = corpus.load(RECIPES / "sources.yaml")
    languages = {language for source in project.sources for language in source.recipe.languages}
    assert len([code for code in languages if not code.startswith("code-")]) >= 44
    assert len([code for code in languages if code.startswith("code-")]) == 13
    for source in project.sources:
        assert source.recipe.licence
        assert source.recipe.custodian


def test_paths_of_files_named_are_there() -> None:
    for link in re.findall(r"\]\((docs/[^)]+)\)", README):
        assert (ROOT / link).is_file(), link


def test_your_own_sources_and_filter_work_as_written(tmp_path: Path) -> None:
    write_project(tmp_path)
    (example,) = [block for block in blocks("yaml") if "# sources.yaml" in block]
    (tmp_path / "letters" / "fr").mkdir(parents=True)
    (tmp_path / "letters" / "wo").mkdir()
    for language in ("fr", "wo"):
        shutil.copyfile(tmp_path / "stories" / "fr.jsonl", tmp_path / "letters" / language / "a.jsonl")
    (tmp_path / "sources.yaml").write_text(
        example.replace("pipeline: bloom-fixed", "pipeline: small").replace(".jsonl.zst", ".jsonl")
    )
    (signal,) = [block for block in blocks("python") if "@corpus.signal" in block]
    (tmp_path / "filters" / "shouting.py").write_text(signal)
    (bounds,) = [block for block in blocks("yaml") if "shouting_ratio" in block]
    (tmp_path / "filters" / "shouting.yaml").write_text(bounds)
    pipeline = tmp_path / "pipelines" / "small.yaml"
    pipeline.write_text(pipeline.read_text().replace("[language, length]", "[language, length, shouting]"))

    shown = corpus.preview(tmp_path / "sources.yaml", "shouting_ratio", sample=10)
    assert shown.languages[0].documents == 10

    corpus.build(tmp_path / "sources.yaml", output=tmp_path / "build", executor="local")
    run = corpus.open(tmp_path / "build" / "mine")
    assert run.signals("shouting_ratio").to_table()["shouting_ratio"].to_pylist()
    assert "shouting" in [item["name"] for item in run.report["filters"]]
    assert run.text().count_rows() > 0
    assert next(iter(run.tokens())).shape == (64,)


def test_the_clean_text_loads_as_a_data_set(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    corpus.build(write_project(tmp_path), output=tmp_path / "build", executor="local")
    loaded = datasets.load_dataset(
        "parquet", data_dir=str(tmp_path / "build" / "small" / "text"), cache_dir=str(tmp_path / "cache")
    )
    assert set(loaded["train"].column_names) >= {"id", "language", "text", "licence"}
