from __future__ import annotations

from pathlib import Path

import pytest

from corpus.config import load
from corpus.errors import ConfigError
from tests.small import write_project

SOURCES = """\
name: small
pipeline: plain
sources:
  notes:
    licence: CC0-1.0
    reader: {type: text, path: notes}
    languages: {en: ["*.txt"]}
"""
PIPELINE = "signals: {}\nfilters: [plain]\ntokenizer: tiny\nmixture: all\n"
PLUGIN = '''\
import corpus

@corpus.signal
def shouting_ratio(text: str) -> float:
    """Share of words written in capitals."""
    words = text.split()
    return sum(word.isupper() for word in words) / max(len(words), 1)
'''


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose every recipe file is its own."""
    for folder in ("notes", "pipelines", "filters", "tokenizer"):
        (tmp_path / folder).mkdir()
    (tmp_path / "notes" / "a.txt").write_text("A note.")
    (tmp_path / "sources.yaml").write_text(SOURCES)
    (tmp_path / "pipelines" / "plain.yaml").write_text(PIPELINE)
    (tmp_path / "filters" / "plain.yaml").write_text("plugins: [shouting.py]\nfilters: {}\n")
    (tmp_path / "filters" / "shouting.py").write_text(PLUGIN)
    (tmp_path / "tokenizer" / "tiny.yaml").write_text("vocabulary: 600\n")
    (tmp_path / "tokenizer" / "all.yaml").write_text("target_tokens: 1000\n")
    return tmp_path


def problems(project: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(project / "sources.yaml")
    return [str(problem).removeprefix(f"{project}/") for problem in caught.value.problems]


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_loads_a_whole_project(project: Path) -> None:
    loaded = load(project / "sources.yaml")
    assert loaded.name == "small"
    assert [source.name for source in loaded.sources] == ["notes"]
    assert [signal.name for signal in loaded.signals] == ["shouting_ratio"]
    assert loaded.plugin_digest("shouting_ratio")


def test_an_unknown_key_is_named_with_its_place_and_a_suggestion(project: Path) -> None:
    edit(project / "sources.yaml", "    licence:", "    license:")
    assert problems(project) == [
        "sources.yaml:4:3: 'sources.notes.licence' is missing",
        "sources.yaml:5:5: unknown key 'license'. Did you mean 'licence'?",
    ]


def test_problems_of_several_files_come_together(project: Path) -> None:
    edit(project / "sources.yaml", "{en:", "{eng:")
    edit(project / "sources.yaml", "path: notes", "path: nots")
    (project / "filters" / "plain.yaml").write_text(
        "filters:\n  loud: {signal: shouting_ratio, min: 2, max: 1, languages: {zz: off}}\n"
        "plugins: [shouting.py]\n"
    )
    edit(project / "pipelines" / "plain.yaml", "mixture: all", "mixture: al")
    found = problems(project)
    assert any(line.startswith("sources.yaml:6:26: 'nots' does not exist") for line in found)
    assert "sources.yaml:7:17: unknown language 'eng'. Did you mean 'en'?" in found
    assert "pipelines/plain.yaml:4:1: no file 'al' in tokenizer/. Did you mean 'all'?" in found
    assert "filters/plain.yaml:2:34: min 2.0 is above max 1.0: nothing would be kept" in found
    assert any("filters/plain.yaml:2:62: unknown language 'zz'" in line for line in found)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("type: text", "type: txt", "does not match any of the expected tags"),
        ("name: small", "name: ../up", "should match pattern"),
        ("pipeline: plain", "pipeline: plane", "Did you mean 'plain'?"),
        ("sources:\n", "sources: {}\nnotes:\n", "unknown key 'notes'"),
        ("name: small", "name: [", "expected"),
        ("name: small", "name: a\nname: b", "duplicate key"),
    ],
)
def test_mistakes_in_sources_are_explained(project: Path, old: str, new: str, message: str) -> None:
    edit(project / "sources.yaml", old, new)
    assert any(message in line for line in problems(project))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("filters: {a: {signal: nothing, max: 1}}", "unknown signal 'nothing'"),
        ("filters: {a: {signal: shouting_ratio}}", "has no bound"),
        ("filters: {a: {signal: shouting_ratio, equals: true}}", "is a number; give min or max"),
        ("filters: {a: {signal: shouting_ratio, max: high}}", "valid number"),
        ("plugins: [lost.py]", "no plug-in file 'lost.py'"),
    ],
)
def test_mistakes_in_filters_are_explained(project: Path, text: str, message: str) -> None:
    plugins = "" if text.startswith("plugins") else "plugins: [shouting.py]\n"
    (project / "filters" / "plain.yaml").write_text(plugins + text)
    assert any(message in line for line in problems(project))


def test_a_broken_plugin_is_named_with_its_line(project: Path) -> None:
    (project / "filters" / "shouting.py").write_text("import corpus\nraise KeyError('x')\n")
    assert any("shouting.py:2: KeyError" in line for line in problems(project))


def test_a_file_that_is_not_text_is_named(project: Path) -> None:
    (project / "sources.yaml").write_bytes(b"name: \xff\xfe")
    assert problems(project) == ["sources.yaml: is not UTF-8 (byte 6)"]


def test_a_group_that_reads_one_that_is_off_is_refused_with_its_name(tmp_path: Path) -> None:
    sources = write_project(tmp_path)
    (pipeline,) = (tmp_path / "pipelines").glob("*.yaml")
    pipeline.write_text(pipeline.read_text().replace("language: {}, ", "").replace("[language, ", "["))
    with pytest.raises(ConfigError, match="'text' reads the signal 'language_assigned'; switch on the group"):
        load(sources)


def test_a_filter_on_a_column_that_is_not_measured_is_refused(project: Path) -> None:
    on = "signals: {language: {}, genre: {}, text: {columns: [wordcount]}}"
    edit(project / "pipelines" / "plain.yaml", "signals: {}", on)
    filters = "filters: {long: {signal: line_count, max: 9}}\n"
    (project / "filters" / "plain.yaml").write_text(filters)
    text = "\n".join(problems(project))
    assert "'columns' of 'text': unknown signal 'wordcount'. Did you mean 'word_count'?" in text
    assert "unknown signal 'line_count'" in text
    assert "'words_per_sentence'; name it under 'columns' of the group 'text'" in text
    edit(
        project / "pipelines" / "plain.yaml",
        "genre: {}, text: {columns: [wordcount]",
        "text: {columns: [line_count]",
    )
    assert list(load(project / "sources.yaml").signals[1].columns) == ["line_count"]


def test_more_filters_than_reasons_can_hold_are_refused(project: Path) -> None:
    edit(project / "pipelines" / "plain.yaml", "signals: {}", "signals: {language: {}, text: {}}")
    rows = "".join(f"  f{number}: {{signal: word_count, max: {number}}}\n" for number in range(65))
    (project / "filters" / "plain.yaml").write_text("filters:\n" + rows)
    (problem,) = problems(project)
    assert "65 filters; at most 64 are possible" in problem
    assert "leave out what is not needed" in problem
