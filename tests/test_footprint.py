"""What a process of a build does without."""

from __future__ import annotations

import subprocess
import sys


def run(code: str) -> str:
    head = "import sys, pyarrow as pa\nfrom corpus.footprint import without_pandas\n"
    command = [sys.executable, "-c", head + code]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def test_arrays_are_made_without_pandas_and_data_frames_with_it() -> None:
    code = """
without_pandas()
table = pa.table({"a": [1, 2]})
assert "pandas" not in sys.modules
print(len(table.to_pandas()), "pandas" in sys.modules)
"""
    assert run(code).split() == ["2", "True"]


def test_a_series_of_a_plug_in_is_still_seen_as_one() -> None:
    code = """
without_pandas()
import pandas
without_pandas()
print(pa.array(pandas.Series([1.0, float("nan")])).null_count)
"""
    assert run(code).strip() == "1"
