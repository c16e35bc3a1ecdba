"""Doctor: says what is fit and what is not, with exit code 1 where something needed is broken."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from corpus import doctor
from corpus.cli import app
from corpus.errors import CorpusError, StorageError


def statuses(*names: str) -> dict[str, str]:
    return {item.name: item.status for item in doctor.examine(names)}


def test_every_dependency_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    assert statuses("versions")["python"] == "ok"
    monkeypatch.setattr(doctor, "_requirements", lambda: ["pyarrow", "no-such-distribution"])
    found = statuses("versions")
    assert found["pyarrow"] == "ok"
    assert found["no-such-distribution"] == "broken"


def test_kernels_and_the_language_model_answer_rightly() -> None:
    assert statuses("kernels", "models") == {"kernels": "ok", "language model": "ok"}


def test_a_client_that_is_missing_is_a_warning_with_its_consequence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (npm,) = [item for item in doctor.examine(["clients"]) if item.name == "npm"]
    assert (npm.status, npm.advice) == (
        "warning",
        "sources that are npm packages cannot be fetched; others can",
    )


def test_little_disk_is_a_warning(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(doctor, "_DISK_BYTES", 1 << 62)
    found = {item.name: item for item in doctor.examine(["resources"], tmp_path)}
    assert found["disk"].status == "warning"
    assert found["open files"].value.startswith("at most")


def test_an_error_of_a_check_is_a_finding_and_the_others_still_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(folder: Path) -> None:
        raise StorageError("model.lid: not a language model of this version")

    monkeypatch.setitem(doctor.CHECKS, "models", broken)
    found = statuses("models", "clients")
    assert found["models"] == "broken"
    assert "pip" in found


def test_an_unknown_check_is_an_error() -> None:
    with pytest.raises(CorpusError, match="no check 'heart'; there are versions, kernels"):
        statuses("heart")


def test_the_smoke_run_builds_a_megabyte_twice() -> None:
    (finding,) = doctor.examine(["smoke"])
    assert finding.status == "ok", finding
    assert "twice to the same bytes" in finding.value


def test_the_verb_exits_with_1_where_something_is_broken(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    app(["doctor", "clients", "--json"], standalone_mode=False)
    assert {item["name"] for item in json.loads(capsys.readouterr().out)} == {"pip", "npm", "apt-get"}
    monkeypatch.setattr(doctor, "_requirements", lambda: ["no-such-distribution"])
    assert app(["doctor", "versions"], standalone_mode=False) == 1
