"""The wheel has one top-level name and holds the recipes, and what it installs can make a project."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from what git tracks, so that nothing left lying about gets in."""
    folder = tmp_path_factory.mktemp("wheel")
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False).stdout
    if not names:
        pytest.skip("not a git checkout")
    source = folder / "source"
    for name in names.decode().split("\0"):
        if name and (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    done = subprocess.run(
        [*command, "--wheel-dir", str(folder), str(source)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (path,) = folder.glob("*.whl")
    return path


def test_the_wheel_holds_one_top_level_name_and_the_recipes(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"corpus"}
    for wanted in (
        "corpus/recipes/sources.yaml",
        "corpus/recipes/pipelines/bloom-fixed.yaml",
        "corpus/recipes/filters/shouting.py",
        "corpus/recipes/tokenizer/bpe-250k.yaml",
        "corpus/report/templates/report.html",
        "corpus/lid/model.lid",
        "corpus/py.typed",
    ):
        assert wanted in names
    source = wheel.parent / "source"
    modules = {str(path.relative_to(source)) for path in (source / "corpus").rglob("*.py")}
    assert modules <= set(names)
    assert Path(wheel).stat().st_size < 15_000_000


def test_what_the_wheel_installs_makes_a_project(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import corpus; from corpus.init import init\n"
        "assert corpus.__file__.startswith(sys.argv[1]); init('mine'); print(corpus.load('mine').name)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "site")],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.strip() == "mine", done.stderr
