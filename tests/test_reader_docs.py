"""docs/sources.md is complete: every key, reader, parser and edit; sources.yaml holds what it says."""

from __future__ import annotations

import re
import typing
from pathlib import Path

import pytest
from pydantic import BaseModel

from corpus import recipe
from corpus.edits import BUILTIN
from corpus.languages import LANGUAGES

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")

READERS = [
    recipe.JsonlReader,
    recipe.ParquetReader,
    recipe.HuggingFaceReader,
    recipe.TextReader,
    recipe.CodeReader,
    recipe.PackageReader,
]


@pytest.mark.parametrize("model", [recipe.SourcesFile, recipe.SourceRecipe, *READERS])
def test_every_key_is_explained(model: type[BaseModel]) -> None:
    missing = [name for name in model.model_fields if name != "type" and f"`{name}`" not in PAGE]
    assert not missing


def test_every_reader_parser_and_edit_is_explained() -> None:
    kinds = [typing.get_args(model.model_fields["type"].annotation)[0] for model in READERS]
    parsers = typing.get_args(recipe.PackageReader.model_fields["parser"].annotation)
    assert [kind for kind in kinds if f"### `{kind}`" not in PAGE] == []
    assert [name for name in (*parsers, *BUILTIN) if f"`{name}`" not in PAGE] == []


def test_the_catalogue_declares_all_languages_and_names_licence_and_custodian() -> None:
    from corpus.config import load

    project = load(ROOT / "sources.yaml")
    declared = {language for source in project.sources for language in source.recipe.languages}
    assert declared == set(LANGUAGES)
    for source in project.sources:
        assert source.recipe.licence
        assert source.recipe.custodian
        assert source.recipe.homepage.startswith("https://")
        assert source.recipe.description
    assert not re.search(r"deb\.debian|npmjs|pythonhosted|pypi\.org", (ROOT / "sources.yaml").read_text())
