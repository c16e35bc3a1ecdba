"""Several machines: Ray nodes that come and go during a build change nothing about its bytes.

The nodes are processes of this machine; files are shared as they would be on a network file system.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import corpus
from corpus.errors import StorageError
from tests.small import write_project

pytestmark = pytest.mark.filterwarnings("ignore")  # Ray's own, of its dependencies

_NODE = {"num_cpus": 1, "object_store_memory": 80_000_000}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A head that runs no tasks and two machines of one core."""
    from ray.cluster_utils import Cluster

    cluster = Cluster(
        initialize_head=True, head_node_args={**_NODE, "num_cpus": 0, "include_dashboard": False}
    )
    cluster.add_node(**_NODE)
    cluster.add_node(**_NODE)
    yield cluster
    cluster.shutdown()


def start(cluster: Any, sources: Path, output: Path) -> subprocess.Popen[str]:
    """A driver of its own, as a user starts it."""
    command = [sys.executable, "-m", "corpus", "build", str(sources), "--output", str(output)]
    environment = {**os.environ, "RAY_ADDRESS": cluster.address}
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def wait_for(folder: Path, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 120
    while not list(folder.rglob("*.parquet")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_machine_lost_and_one_gained_during_a_build_change_no_byte(cluster: Any, tmp_path: Path) -> None:
    sources = write_project(tmp_path / "project", documents=200)
    expected = corpus.build(sources, output=tmp_path / "alone", executor="local")
    lost = cluster.add_node(**_NODE)
    process = start(cluster, sources, tmp_path / "many")
    wait_for(tmp_path / "many" / "small" / "signals", process)
    cluster.remove_node(lost, allow_graceful=False)
    assert process.poll() is None  # the machine was lost while the build was under way
    cluster.add_node(**_NODE)
    said, _ = process.communicate(timeout=240)
    assert process.returncode == 0, said
    assert expected.root_digest in said
    assert corpus.verify(tmp_path / "many" / "small") == expected.root_digest
    assert not list((tmp_path / "many" / "small" / ".scratch").glob("*"))


def test_a_cluster_that_is_not_there_is_said_plainly(tmp_path: Path) -> None:
    sources = write_project(tmp_path)
    command = [sys.executable, "-m", "corpus", "build", str(sources), "--output", str(tmp_path / "build")]
    environment = {**os.environ, "RAY_ADDRESS": "not-an-address"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert "cannot start the cluster at RAY_ADDRESS=not-an-address" in done.stderr
    assert "--executor local" in done.stderr


def test_an_object_store_of_another_scheme_is_refused(tmp_path: Path) -> None:
    sources = write_project(tmp_path)
    for output in ("gs://bucket/builds", Path("az://bucket")):
        with pytest.raises(StorageError, match="give a folder or s3://BUCKET/PREFIX"):
            corpus.build(sources, output=output, executor="local")
