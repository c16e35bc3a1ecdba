"""Object stores: a run and its inputs on an S3-compatible service, played by moto on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import corpus
from corpus import near, objects
from tests.small import write_project

BUCKET = "corpora"


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    """The address of a server that speaks S3."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def store(service: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """The s3:// address of an empty bucket; what is fetched lies in the test's own folder."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": service,
        "CORPUS_SCRATCH": str(tmp_path / "scratch"),
    }.items():
        monkeypatch.setenv(name, value)
    objects._client.cache_clear()
    near.near.cache_clear()
    client = objects._client(os.getpid())
    client.create_bucket(Bucket=BUCKET)
    yield f"s3://{BUCKET}"
    found = objects.Objects(f"s3://{BUCKET}")
    found.delete([item.name for item in found.below()])
    client.delete_bucket(Bucket=BUCKET)
    objects._client.cache_clear()
    near.near.cache_clear()


def test_a_build_on_objects_is_the_build_in_a_folder(store: str, tmp_path: Path) -> None:
    sources = write_project(tmp_path / "project")
    here = corpus.build(sources, output=tmp_path / "build", executor="local")
    there = corpus.build(sources, output=f"{store}/builds", executor="local")
    assert there.root_digest == here.root_digest
    assert corpus.verify(f"{store}/builds/small") == here.root_digest
    again = corpus.build(sources, output=f"{store}/builds", executor="local")
    assert (again.ran, again.root_digest) == (0, here.root_digest)
