"""Compiled kernels are kept where the user's cache is, by what they were compiled from."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from corpus import kernels


def test_compiled_code_lies_in_the_folder_the_user_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    folder = kernels._cache_folder()
    assert folder.parent == tmp_path / "corpus" / "kernels"
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(folder))  # as a process that this one starts sees it
    assert kernels._cache_folder() == folder


def test_a_changed_kernel_has_a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = kernels._cache_folder()
    assert str(before) == os.environ["NUMBA_CACHE_DIR"]
    (tmp_path / "one.py").write_text("x = 1\n")
    monkeypatch.setattr(kernels, "__file__", str(tmp_path / "__init__.py"))
    first = kernels._cache_folder()
    (tmp_path / "one.py").write_text("x = 2\n")
    assert len({before, first, kernels._cache_folder()}) == 3


def test_folders_made_last_are_kept(tmp_path: Path) -> None:
    for age, name in enumerate("abcdef"):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (1000 - age, 1000 - age))
    kernels._forget(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "c", "d"]
