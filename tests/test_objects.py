"""Object stores: a run and its inputs on an S3-compatible service, played by moto on this machine."""

from __future__ import annotations

import itertools
import json
import logging
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from starlette.testclient import TestClient

import corpus
from corpus import near, object_place, objects
from corpus.diff import diff
from corpus.errors import ManifestError, SourceError, StorageError
from corpus.explain import explain, trace
from corpus.manifest import RunFolder
from corpus.object_inputs import list_objects
from corpus.object_place import ObjectPlace
from corpus.objects import Objects
from corpus.opened import run_of
from corpus.parquet_parts import FOOTER, fetch_part
from corpus.readers import list_units
from corpus.recipe import SourceRecipe
from corpus.remove import remove
from corpus.report.dashboard import application
from corpus.source import Source
from corpus.stages.dedup_files import header, read_partition, write_partitions
from corpus.storage import digest_file
from corpus.task import External, Task, located, run_job
from corpus.tokens.export import export
from corpus.work import Work
from tests.small import write_project

BUCKET = "corpora"


class Service:
    """moto behind a door that can fail: `fault` is asked about each request and may name a failure."""

    def __init__(self) -> None:
        from moto.server import DomainDispatcherApplication, create_backend_app
        from werkzeug.serving import make_server

        self.requests: list[str] = []
        self.fault: Callable[[str], str] = lambda request: ""
        self._inner = DomainDispatcherApplication(create_backend_app)
        self._server = make_server("127.0.0.1", 0, self, threaded=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        request = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}?{environ['QUERY_STRING']}"
        self.requests.append(request)
        fault = self.fault(request)
        if fault:
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        if fault == "cut":
            start("200 OK", [("Content-Length", "100"), ("Connection", "close"), ("ETag", '"x"')])
            return [b"half"]
        if fault:
            start(fault, [("Content-Type", "application/xml")])
            return [f"<Error><Code>{fault.partition(' ')[2]}</Code></Error>".encode()]
        answer: Iterable[bytes] = self._inner(environ, start)
        return answer

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A server that speaks S3, and an environment in which it is found."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    found = Service()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("AWS_REGION", "us-east-1")
        patch.setenv("AWS_ENDPOINT_URL", found.url)
        patch.setenv("CORPUS_SCRATCH", str(tmp_path_factory.mktemp("scratch")))
        patch.setattr(objects, "_FIRST_WAIT", 0.001)
        objects._client.cache_clear()
        near.near.cache_clear()
        objects._client(os.getpid()).create_bucket(Bucket=BUCKET)
        yield found
    found.close()
    objects._client.cache_clear()
    near.near.cache_clear()


@pytest.fixture
def store(service: Service, request: pytest.FixtureRequest) -> Iterator[Objects]:
    """A place for the objects of one test."""
    yield Objects(f"s3://{BUCKET}/{request.node.name[:40]}")
    service.fault = lambda request: ""


def put_folder(folder: Path, store: Objects) -> str:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            store.write(str(path.relative_to(folder)), path.read_bytes())
    return store.url()


@pytest.fixture(scope="module")
def built(service: Service, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str, Path]:
    """A build whose sources and output are objects, the same in folders, and the project of the first.

    Of the requests of the first every seventh is refused.
    """
    root = tmp_path_factory.mktemp("built")
    sources = write_project(root / "project", documents=12)
    corpus.build(sources, output=root / "build", executor="local")
    for name in ("stories", "programs"):
        url = put_folder(root / "project" / name, Objects(f"s3://{BUCKET}/sources/{name}"))
        sources.write_text(sources.read_text().replace(f"path: {name}", f"path: {url}"))
        shutil.rmtree(root / "project" / name)
    turn = itertools.count()
    service.fault = lambda request: "503 SlowDown" if next(turn) % 7 == 3 else ""
    corpus.build(sources, output=f"s3://{BUCKET}/builds", executor="local")
    service.fault = lambda request: ""
    return f"s3://{BUCKET}/builds/small", str(root / "build" / "small"), sources


def test_inputs_and_output_on_objects_give_the_bytes_of_folders(built: tuple[str, str, Path]) -> None:
    there, here, _ = built
    assert corpus.verify(there) == corpus.verify(here) == corpus.open(here).manifest["root_digest"]
    names = {head.name for head in Objects(there).below()}
    folder = {str(path.relative_to(here)) for path in Path(here).rglob("*") if path.is_file()}
    assert folder - names == {".lock", "inputs.json"}
    assert names - folder == set()


def test_a_second_build_finds_all_done_and_reads_no_input(
    built: tuple[str, str, Path], service: Service
) -> None:
    there, here, sources = built
    service.requests.clear()
    again = corpus.build(sources, output=there.rpartition("/")[0], executor="local")
    assert (again.ran, again.root_digest) == (0, corpus.open(here).manifest["root_digest"])
    assert not [name for name in service.requests if "/corpora/sources/" in name]
    assert {step.pending for step in corpus.plan(sources, output=there.rpartition("/")[0])} == {0}


def test_what_reads_a_build_reads_objects_too(built: tuple[str, str, Path]) -> None:
    there, here = corpus.open(built[0]), corpus.open(built[1])
    assert there.report["totals"] == here.report["totals"]
    assert there.table("documents").equals(here.table("documents"))
    assert there.table("text").num_rows == here.table("text").num_rows
    assert np.array_equal(there.tokens()[0], here.tokens()[0])
    for row in here.table("decisions").slice(0, 3).to_pylist():
        assert explain(there, row["id"]) == explain(here, row["id"])
    assert diff(there, here)["totals"] == {**diff(here, here)["totals"]}
    file = f"{there.url}/packed/00000.bin"
    found = run_of(Path(file))
    assert found is not None
    ours = trace(found, file, 5)
    assert ours["document"] == trace(here, here.root / "packed" / "00000.bin", 5)["document"]


def test_the_dashboard_shows_and_export_writes_a_build_on_objects(
    built: tuple[str, str, Path], tmp_path: Path
) -> None:
    pages = []
    for run in built[:2]:
        with TestClient(application(run), base_url="http://127.0.0.1:8765") as client:
            copy = corpus.open(run).table("duplicates")["id"][0].as_py()
            addresses = ("/filters", f"/document/{copy}", f"/cluster/{copy}", "/", "/source/stories")
            pages.append([client.get(address) for address in addresses])
    assert {page.status_code for found in pages for page in found} == {200}
    # the others show when, and from where, the run was made
    assert [page.text for page in pages[0][:3]] == [page.text for page in pages[1][:3]]
    for format in ("npy", "metaseq"):
        there, here = (export(run, format, tmp_path / format / str(n)) for n, run in enumerate(built[:2]))
        assert [path.name for path in there] == [path.name for path in here] != []
        assert [path.read_bytes() for path in there] == [path.read_bytes() for path in here]


def test_what_needs_a_folder_says_how_to_get_one(built: tuple[str, str, Path]) -> None:
    with pytest.raises(StorageError, match="works on folders only; copy the run first: aws s3 sync s3://"):
        _ = corpus.open(built[0]).root


def test_verify_names_an_object_that_was_changed(built: tuple[str, str, Path], store: Objects) -> None:
    run = Objects(built[0])
    name = next(head.name for head in run.below("text"))
    whole = run.read(name)
    assert whole is not None
    run.write(name, whole[:-1] + b"?")
    with pytest.raises(ManifestError, match=name):
        corpus.verify(built[0])
    run.write(name, whole)


def test_a_source_that_changed_is_read_again_and_no_other(
    built: tuple[str, str, Path], tmp_path: Path
) -> None:
    _, _, sources = built
    corpus.build(sources, output=tmp_path, executor="local", limit=4)
    stories = Objects(f"s3://{BUCKET}/sources/stories")
    before = stories.read("fr.jsonl")
    assert before is not None
    stories.write("fr.jsonl", before + json.dumps({"id": "new", "text": "le moulin " * 40}).encode() + b"\n")
    planned = {step.step.name: step for step in corpus.plan(sources, output=tmp_path, limit=4)}
    stories.write("fr.jsonl", before)
    (why,) = planned["documents"].why.items()
    assert why[0].startswith("changed: input root")
    assert why[1] == 1  # of the two tasks


@pytest.mark.parametrize(
    ("reader", "names"),
    [
        ({"type": "csv"}, ["a.csv", "b/c.tsv.gz"]),
        ({"type": "warc"}, ["crawl.warc.gz", "crawl.warc.wet.gz"]),
        ({"type": "text", "parser": "html"}, ["a.html", "b/c.htm"]),
        ({"type": "jsonl"}, ["a.jsonl", "b.jsonl.zst"]),
    ],
)
def test_the_files_of_every_reader_are_found_on_objects(
    store: Objects, tmp_path: Path, reader: dict[str, Any], names: list[str]
) -> None:
    for name in [*names, "notes.md", "b/picture.png"]:
        path = tmp_path / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode() * 10)
    url = put_folder(tmp_path / "files", store)
    recipe = {"licence": "CC0-1.0", "reader": {**reader, "path": url}, "languages": {"en": ()}}
    there = Source("s", SourceRecipe.model_validate(recipe), tmp_path)
    found = [item.unit for item in list_objects(there)[1]]
    assert found == list_units("s", there.recipe, tmp_path / "files")
    assert [unit.name for unit in found] == names


def test_a_source_that_is_not_there_is_said(store: Objects, tmp_path: Path) -> None:
    sources = write_project(tmp_path)
    sources.write_text(sources.read_text().replace("path: stories", f"path: {store.url('nothing')}"))
    with pytest.raises(SourceError, match="there is no such object, and none below it"):
        corpus.plan(sources, output=tmp_path / "build")


_KILL = """
import os, sys
import corpus
from corpus.manifest import RunFolder

store = RunFolder.store
def dies(self, manifest):
    if manifest.step == "scatter":
        os._exit(9)  # its outputs are there, its manifest is not
    store(self, manifest)
RunFolder.store = dies
corpus.build(sys.argv[1], output=sys.argv[2], executor="local")
"""


_CONTINUE = """
import sys
import corpus
from corpus import object_place

object_place.LEASE = 0.5
done = corpus.build(sys.argv[1], output=sys.argv[2], executor="ray", workers=2)
print(done.root_digest, next(step.ran for step in done.steps if step.name == "documents"))
"""


def test_a_build_killed_before_a_manifest_is_ended_by_two_ray_workers(
    built: tuple[str, str, Path], store: Objects
) -> None:
    _, here, sources = built
    arguments = [str(sources), store.url()]
    assert subprocess.run([sys.executable, "-c", _KILL, *arguments], timeout=240, check=False).returncode == 9
    killed = Objects(f"{store.url()}/small")
    assert list(killed.below("scatter"))
    assert not list(killed.below("manifests/scatter"))
    objects._client(os.getpid()).create_multipart_upload(Bucket=BUCKET, Key=f"{killed.prefix}text/left")
    command = [sys.executable, "-c", _CONTINUE, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [corpus.open(here).manifest["root_digest"], "0"]
    assert killed.abort_uploads() == 0
    assert killed.head(".lock") is None


def test_a_document_is_removed_from_objects_as_from_folders(
    built: tuple[str, str, Path], tmp_path: Path
) -> None:
    there, here, sources = built
    copied = shutil.copytree(Path(here).parents[1], tmp_path / "copy")
    documents = corpus.open(here).table("text").to_pylist()
    project = write_project(tmp_path / "project", documents=12)
    ours = remove(project, ids=[documents[0]["id"]], output=copied / "build")
    theirs = remove(sources, ids=[documents[0]["id"]], output=there.rpartition("/")[0])
    assert theirs["root_digest"] == ours["root_digest"]
    assert theirs["removed_from"] == ours["removed_from"]
    assert theirs["receipt"] == f"{there}/receipts/0001.json"
    assert corpus.verify(there) == theirs["root_digest"]["after"]


# --------------------------------------------------------------------- the service fails


def test_what_passes_is_tried_again(store: Objects, service: Service, tmp_path: Path) -> None:
    faults = {
        "PUT": iter(["503 SlowDown", "500 InternalError", ""]),
        "GET": iter(["cut", "429 Throttling", "", "cut", ""]),
        "HEAD": iter(["502 BadGateway", ""]),
    }
    service.fault = lambda request: next(faults[request.partition(" ")[0]])
    store.write("a", b"whole")
    assert store.read("a") == b"whole"
    found = store.head("a")
    assert found is not None
    store.fetch(found, tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b"whole"


def test_what_does_not_pass_after_many_tries_is_an_error(
    store: Objects, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects, "_TRIES", 3)
    service.requests.clear()
    service.fault = lambda request: "503 SlowDown"
    with pytest.raises(
        StorageError, match=r"did not answer 3 times \(503 SlowDown\); run the same command again"
    ):
        store.read("a")
    assert len(service.requests) == 3


def test_what_will_not_pass_is_an_error_at_once(store: Objects, service: Service) -> None:
    service.requests.clear()
    service.fault = lambda request: "403 AccessDenied"
    with pytest.raises(StorageError, match="access denied: the credentials need s3:GetObject"):
        store.read("a")
    service.fault = lambda request: ""
    with pytest.raises(StorageError, match="there is no such bucket"):
        list(Objects("s3://another-bucket/x").below())
    assert len(service.requests) == 2
    assert store.read("nothing") is None


def test_a_service_that_is_not_there_is_an_error(store: Objects, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "_TRIES", 2)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    objects._client.cache_clear()
    try:
        with pytest.raises(StorageError, match="did not answer 2 times"):
            store.read("a")
    finally:
        objects._client.cache_clear()


# --------------------------------------------------------------------- objects


@pytest.fixture
def large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of three parts."""
    monkeypatch.setattr(objects, "_PART_BYTES", 5 << 20)
    path = tmp_path / "large"
    path.write_bytes(np.random.default_rng(1).bytes(11 << 20))
    return path


def test_a_large_file_goes_and_comes_in_parts(
    store: Objects, service: Service, large: Path, tmp_path: Path
) -> None:
    service.requests.clear()
    store.send(large, "large", digest_file(large))
    assert sum("partNumber" in name for name in service.requests) == 3
    found = store.head("large")
    assert found is not None
    assert (found.size_bytes, found.digest) == (11 << 20, digest_file(large))
    store.fetch(found, tmp_path / "copy")
    assert digest_file(tmp_path / "copy") == found.digest


def test_an_upload_that_fails_leaves_nothing(store: Objects, service: Service, large: Path) -> None:
    service.fault = lambda request: "403 AccessDenied" if "partNumber=2" in request else ""
    with pytest.raises(StorageError, match="access denied"):
        store.send(large, "large", "")
    assert store.head("large") is None
    assert store.abort_uploads() == 0


def test_an_upload_whose_last_answer_is_lost_is_whole(store: Objects, service: Service, large: Path) -> None:
    lost = iter([True])

    def fault(request: str) -> str:
        is_last = request.startswith("POST") and "uploadId" in request
        if is_last and next(lost, False):
            upload = request.partition("uploadId=")[2]
            client = objects._client(os.getpid())
            parts = client.list_parts(Bucket=BUCKET, Key=f"{store.prefix}large", UploadId=upload)["Parts"]
            listed = [{"PartNumber": part["PartNumber"], "ETag": part["ETag"]} for part in parts]
            client.complete_multipart_upload(
                Bucket=BUCKET, Key=f"{store.prefix}large", UploadId=upload, MultipartUpload={"Parts": listed}
            )
            return "500 InternalError"
        return ""

    service.fault = fault
    store.send(large, "large", digest_file(large))
    assert store.head("large") is not None


def test_bytes_that_are_not_what_was_written_are_never_given(store: Objects, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    store.send(path, "a", "0" * 32)
    place = ObjectPlace(store.url())
    with pytest.raises(ManifestError, match="its bytes are not what was written"):
        place.path("a")
    place.close()


def test_an_object_that_changed_since_it_was_listed_is_not_read(store: Objects) -> None:
    tag = store.write("a", b"one")
    place = ObjectPlace(store.url(), [("a", tag)])
    assert place.path("a").read_bytes() == b"one"
    store.write("a", b"two")
    with pytest.raises(StorageError, match="has changed since it was listed"):
        place.path("a")
    place.close()


def test_a_file_of_the_driver_is_found_by_workers_on_other_machines(store: Objects, tmp_path: Path) -> None:
    source = tmp_path / "in.txt"
    source.write_text("abc")
    task = Task("upper", "0", "tests.test_task:copy_upper", 1, {"text": (External(str(source), "digest"),)})
    folder = RunFolder(store.url())
    (job,) = [located((task,), folder)]
    source.unlink()
    assert run_job(job, store.url())[0].ran
    assert store.read("upper/out.txt") == b"ABC"
    folder.place.sweep()
    assert {head.name for head in store.below()} == {"manifests/upper/0.json", "upper/out.txt"}


def test_of_a_part_only_its_bytes_are_fetched(store: Objects, tmp_path: Path) -> None:
    rows = 400_000
    table = pa.table({"key": np.random.default_rng(1).integers(0, 2**63, rows).astype(np.uint64)})
    work = Work("step", "key", {}, {}, tmp_path)
    write_partitions(work, "a.parquet", table, range(0, rows + 1, rows // 4), {"shard": "s"}, rows=1 << 20)
    store.send(tmp_path / "a.parquet", "a.parquet", "")
    copy = tmp_path / "parts" / "a.parquet"
    assert fetch_part(store, "a.parquet", "2", copy)
    assert read_partition(copy, 2).equals(read_partition(tmp_path / "a.parquet", 2))
    assert copy.stat().st_blocks * 512 < copy.stat().st_size / 2
    assert not fetch_part(store, "none.parquet", "2", copy)
    assert fetch_part(store, "a.parquet", FOOTER, copy.with_name("footer.parquet"))
    assert header(copy.with_name("footer.parquet")) == header(tmp_path / "a.parquet")
    assert copy.with_name("footer.parquet").stat().st_blocks * 512 < 200_000


# --------------------------------------------------------------------- the lease


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_place, "BEAT", 0.05)
    monkeypatch.setattr(object_place, "LEASE", 2.5)  # a service tells the age of an object in whole seconds


def test_a_second_build_is_refused_while_the_first_lives(store: Objects, quick: None) -> None:
    first, second = ObjectPlace(store.url()), ObjectPlace(store.url())
    busy = pytest.raises(StorageError, match="another build is working here")
    with first.lock():
        owner = first.owner()
        assert owner
        with busy, second.lock():
            pass
        assert second.owner() == owner
    with second.lock():
        assert second.owner() not in (b"", owner)
    assert second.owner() == b""


def test_a_build_whose_lease_was_taken_over_writes_nothing_more(store: Objects, quick: None) -> None:
    place = ObjectPlace(store.url())

    def write_on() -> None:
        with place.lock():
            store.write(".lock", b'{"owner":"another"}')
            deadline = time.monotonic() + 10
            while time.monotonic() < deadline:
                place.write("a", b"")
                time.sleep(0.02)

    with pytest.raises(StorageError, match="another build has taken the run folder over"):
        write_on()
    assert place.owner() == b"another"


def test_of_many_that_take_over_one_gets_the_lease(store: Objects, quick: None) -> None:
    store.write(".lock", b'{"owner":"dead"}')
    held, refused = [], []
    together = threading.Barrier(4)

    def build() -> None:
        together.wait()
        try:
            with ObjectPlace(store.url()).lock():
                held.append(1)
                time.sleep(1)
        except StorageError as error:
            refused.append(str(error))

    threads = [threading.Thread(target=build) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(held), len(refused)) == (1, 3)


# --------------------------------------------------------------------- near


def kept(near: near.Near) -> set[str]:
    return {path.name for path in (near.root / "files").glob("*/*")}


def test_what_was_not_used_for_longest_goes_first_and_what_is_open_stays(tmp_path: Path) -> None:
    cache = near.Near(tmp_path, limit=100)
    space = near.Workspace(cache)
    for number, key in enumerate(("aa", "bb", "cc")):
        cache.keep(key, lambda path: path.write_bytes(b"x" * 40))
        assert cache.link(key, space.folder / key)
        os.utime(space.folder / key, (number, number))
    cache.shrink()
    assert kept(cache) == {"bb", "cc"}
    assert (space.folder / "aa").read_bytes() == b"x" * 40
    space.close()
    assert not space.folder.exists()


def test_what_a_killed_process_left_is_deleted(tmp_path: Path) -> None:
    code = (
        "import os, pathlib, sys; from corpus.near import Near, Workspace; "
        "space = Workspace(Near(pathlib.Path(sys.argv[1]))); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], timeout=60, check=False)
    (left,) = (tmp_path / "open").iterdir()
    os.utime(left, (1, 1))
    mine = near.Workspace(near.Near(tmp_path))
    near.Near(tmp_path).shrink()
    assert list((tmp_path / "open").iterdir()) == [mine.folder]
    mine.close()
