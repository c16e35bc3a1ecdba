"""The public names, and who may import what."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import corpus

PACKAGE = Path(corpus.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))

#: The one module that may import a heavy library, relative to the package.
WRAPPERS = {
    "ray": {"executor.py"},
    "ruamel": {"config.py"},
    "uvicorn": {"report/dashboard.py"},
    "typer": {"cli.py"},
    "kenlm": {"models/ccnet.py"},
    "botocore": {"objects.py"},
}


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names


@pytest.mark.parametrize("library", WRAPPERS)
def test_a_heavy_library_is_imported_in_one_module(library: str) -> None:
    users = {str(path.relative_to(PACKAGE)) for path in MODULES if library in imported(path)}
    assert users <= WRAPPERS[library]


def test_every_public_name_is_there_and_none_is_private() -> None:
    assert corpus.__all__ == [
        "ConfigError",
        "CorpusError",
        "Edit",
        "Filter",
        "Project",
        "Run",
        "Signal",
        "Source",
        "build",
        "edit",
        "find_duplicates",
        "load",
        "open",
        "plan",
        "preview",
        "signal",
        "verify",
    ]
    for name in corpus.__all__:
        assert getattr(corpus, name) is not None
    assert callable(corpus.signal)


def test_import_brings_no_numba_and_no_ray() -> None:
    code = "import sys, corpus; print(sorted({'numba', 'ray', 'datasets', 'duckdb'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = corpus.nothing  # type: ignore[attr-defined]
