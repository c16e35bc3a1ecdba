"""What a change runs again: a source, a plug-in; and that the result is the one of a build from scratch."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import corpus
from corpus.errors import CorpusError, GateError
from corpus.recipe import PipelineFile
from corpus.run import Result
from tests.small import write_project
from tests.test_build import files

PLUGIN = """
import corpus

@corpus.signal
def {name}(text: str) -> int:
    return text.count("{character}")
"""


def write_plugin(folder: Path, name: str, character: str) -> None:
    (folder / "filters" / f"{name}.py").write_text(PLUGIN.format(name=name, character=character))
    (folder / "filters" / f"{name}.yaml").write_text(
        f"plugins: [{name}.py]\nfilters: {{{name}: {{signal: {name}, max: 100000}}}}\n"
    )


def ran(result: Result) -> dict[str, int]:
    return {step.name: step.ran for step in result.steps if step.ran}


def test_adding_a_source_reads_and_measures_that_source_and_gives_the_bytes_of_a_build_from_scratch(
    tmp_path: Path,
) -> None:
    sources = write_project(tmp_path / "project")
    first = corpus.build(sources, output=tmp_path / "grown", executor="local")
    whole = {step.name: step.tasks for step in first.steps}
    letters = tmp_path / "project" / "letters"
    letters.mkdir()
    story = json.loads((tmp_path / "project" / "stories" / "en.jsonl").read_text().splitlines()[3])["text"]
    rows = [{"id": "copy", "text": story}, {"id": "new", "text": story.replace("river", "road") * 2}]
    (letters / "en.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    sources.write_text(
        sources.read_text() + "  letters:\n    licence: CC0-1.0\n    reader: {type: jsonl, path: letters}\n"
        "    languages: {en: [en.jsonl]}\n"
    )
    grown = corpus.build(sources, output=tmp_path / "grown", executor="local")
    scratch = corpus.build(sources, output=tmp_path / "scratch", executor="local")
    again = ran(grown)
    assert again["documents"] == again["decisions"] == 1 < whole["documents"]
    assert again["scatter"] == 2  # the new shard, and that of the story which now has a copy
    assert again["signals"] == whole["signals"] // whole["decisions"]
    assert grown.root_digest == scratch.root_digest != first.root_digest
    assert files(tmp_path / "grown" / "small") == files(tmp_path / "scratch" / "small")


def test_changing_a_plug_in_measures_its_signal_again_and_no_other(tmp_path: Path) -> None:
    sources = write_project(tmp_path / "project")
    for name, character in (("rivers", "r"), ("mills", "m")):
        write_plugin(tmp_path / "project", name, character)
    pipeline = tmp_path / "project" / "pipelines" / "small.yaml"
    pipeline.write_text(pipeline.read_text().replace("filters: [", "filters: [rivers, mills, "))
    first = corpus.build(sources, output=tmp_path, executor="local")
    shards = next(step.tasks for step in first.steps if step.name == "decisions")
    write_plugin(tmp_path / "project", "mills", "l")
    why = {step.step.name: step.why for step in corpus.plan(sources, output=tmp_path)}
    assert why["signals"] == {"changed: options": shards}
    again = corpus.build(sources, output=tmp_path, executor="local")
    assert ran(again) == {"signals": shards, "decisions": shards}  # the same verdicts: nothing after runs
    assert again.root_digest == first.root_digest


def test_a_document_may_take_ten_seconds_and_one_in_a_thousand_may_be_lost() -> None:
    defaults = {name: field.default for name, field in PipelineFile.model_fields.items()}
    assert defaults["max_document_seconds"] == 10
    assert defaults["max_quarantine_ratio"] == 0.001


def test_losing_more_than_that_is_exit_code_1(tmp_path: Path) -> None:
    sources = write_project(tmp_path / "project")
    pipeline = tmp_path / "project" / "pipelines" / "small.yaml"
    pipeline.write_text(pipeline.read_text().replace("max_quarantine_ratio: 0.05\n", ""))
    with pytest.raises(CorpusError, match=r"max_quarantine_ratio 0\.10%") as failure:
        corpus.build(sources, output=tmp_path, executor="local")
    assert failure.value.exit_code == 1
    assert not isinstance(failure.value, GateError)
