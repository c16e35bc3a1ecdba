from __future__ import annotations

import sys
from pathlib import Path

import pytest

from corpus.errors import ManifestError
from corpus.manifest import Manifest, Output, RunFolder
from corpus.steps.exchange import exchange
from corpus.totals import Totals


def manifest(key: str, digest: str = "d", part: str = "p") -> Manifest:
    output = f"{key}/out.parquet"
    return Manifest(
        "step", key, "f", (Output(output, 10, digest),), {"kept/en": 2}, {}, {f"{output}#3": part}
    )


def total(*manifests: Manifest) -> Totals:
    found = Totals("step")
    for item in manifests:
        found.add(item)
    return found


def test_totals_are_the_same_in_any_order() -> None:
    items = [manifest(f"a/{number}", str(number)) for number in range(50)]
    one, other = total(*items), total(*reversed(items))
    assert one.describe() == other.describe()
    assert (one.tasks, one.files, one.size_bytes, one.counts) == (50, 50, 500, {"kept/en": 100})
    assert one.digest != total(*items[1:], manifest("a/0", "other")).digest


def test_totals_know_their_tasks_and_outputs_and_no_others() -> None:
    found = total(manifest("a/0"), manifest("a/1"))
    assert found.knows_task()("a/1")
    assert not found.knows_task()("a/2")
    assert found.knows_output()("a/0/out.parquet")
    assert not found.knows_output()("a/0/old.parquet")


def test_totals_of_many_tasks_are_small() -> None:
    found = Totals("step")
    for number in range(20_000):
        found.add(manifest(f"a/{number}"))
    kept = (found._keys, found._names, found._outputs)
    assert sum(map(sys.getsizeof, kept)) < 20_000 * 60


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    found = RunFolder(tmp_path)
    for key, part in (("a/0", "x"), ("a/1", "y")):
        found.store(manifest(key, part=part))
    return found


def test_an_exchange_names_every_output_and_has_a_digest_for_each_part(folder: RunFolder) -> None:
    found = exchange(folder, "step", ["a/0", "a/1"], "/out.parquet")
    assert found.all().names.splitlines() == ["a/0/out.parquet", "a/1/out.parquet"]
    before = found.part("3").digest
    assert before != found.part("4").digest
    folder.store(manifest("a/1", digest="e", part="y"))
    again = exchange(folder, "step", ["a/0", "a/1"], "/out.parquet")
    assert again.part("3").digest == before
    assert again.all().digest != found.all().digest


def test_an_exchange_has_no_digest_while_a_task_is_missing(folder: RunFolder) -> None:
    found = exchange(folder, "step", ["a/0", "a/1", "a/2"], "/out.parquet")
    assert found.all().digest == found.part("3").digest == ""


def test_an_exchange_of_an_output_that_no_task_makes_is_an_error(folder: RunFolder) -> None:
    with pytest.raises(ManifestError, match=r"step/a/0: has no output 'a/0/other\.parquet'"):
        exchange(folder, "step", ["a/0"], "/other.parquet")
