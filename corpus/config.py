"""YAML to typed, frozen configuration; all problems together, each with file:line:column and a suggestion.

The only module that reads YAML.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError

from corpus import lookup
from corpus.earlier import why_unusable
from corpus.edits import BUILTIN as BUILTIN_EDITS
from corpus.errors import ConfigError, Problem, SignalError
from corpus.filter import MAX_FILTERS, Filter, Range
from corpus.languages import LANGUAGES, UNDETERMINED
from corpus.objects import is_object_url
from corpus.recipe import (
    Bounds,
    FilterFile,
    FilterRecipe,
    HuggingFaceReader,
    MixtureFile,
    OptionsWithFiles,
    PackageReader,
    PipelineFile,
    SourcesFile,
    TokenizerFile,
)
from corpus.schema import DOCUMENTS
from corpus.signal import Edit, Plugin, Signal, load_plugin
from corpus.signals import GROUPS, group, options_of
from corpus.signals.benchmark_files import ENDINGS, ending
from corpus.source import Source

__all__ = ["Project", "load", "load_filters"]

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Project:
    """Everything a build needs to know, resolved and checked.

    signals   the built-in groups that are switched on, then those of plug-ins, in the order they are measured
    files     the recipe files read, for reports
    """

    path: Path
    name: str
    sources: tuple[Source, ...]
    pipeline_name: str
    pipeline: PipelineFile
    filters: tuple[Filter, ...]
    signals: tuple[Signal, ...]
    edits: Mapping[str, Edit]
    plugins: tuple[Plugin, ...]
    tokenizer: TokenizerFile
    mixture: MixtureFile
    files: tuple[Path, ...] = ()

    def plugin_digest(self, name: str) -> str:
        """The digest of the plug-in file that declares this signal or edit; empty for built-ins."""
        for plugin in self.plugins:
            names = {item.name for item in plugin.signals} | {item.name for item in plugin.edits}
            if name in names:
                return plugin.digest
        return ""

    def describe(self) -> dict[str, Any]:
        """The resolved recipe as JSON-able data: what a finished build says it was made with."""
        return {
            "pipeline": self.pipeline.model_dump(mode="json"),
            "sources": {source.name: source.recipe.model_dump(mode="json") for source in self.sources},
            "filters": [asdict(item) for item in self.filters],
            "signals": {item.name: list(item.columns) for item in self.signals},
            "tokenizer": self.tokenizer.model_dump(mode="json"),
            "mixture": self.mixture.model_dump(mode="json"),
        }

    @property
    def signal_files(self) -> dict[str, dict[str, Path]]:
        """Ready models and benchmarks, by signal group and the name of the artefact each becomes."""
        return {
            owner: {name: self.path.parent / path for name, path in options.files().items()}
            for owner, options in _with_files(self.pipeline)
        }

    @property
    def tokenizer_files(self) -> dict[str, Path]:
        """Files the tokenizer's recipe names, by the key that does."""
        return {key: self.path.parent / path for key, path in self.tokenizer.files().items()}

    @property
    def against(self) -> tuple[Path, ...]:
        """Folders of earlier builds whose documents stay out."""
        return tuple(self.path.parent / path for path in self.pipeline.dedup.against)

    def source(self, name: str) -> Source:
        """The source of this name; raises KeyError."""
        for source in self.sources:
            if source.name == name:
                return source
        raise KeyError(name)


def _with_files(pipeline: PipelineFile) -> Iterator[tuple[str, OptionsWithFiles]]:
    """The signal groups whose options name files, with them."""
    for name in GROUPS:
        options = options_of(pipeline, name)
        if isinstance(options, OptionsWithFiles):
            yield name, options


class _Document:
    """A parsed YAML file that knows where its values stand."""

    def __init__(self, path: Path, shown: str, problems: list[Problem]) -> None:
        self.path, self.shown, self.problems = path, shown, problems
        self.data: Any = None
        try:
            text = path.read_text(encoding="utf-8")
            self.data = YAML(typ="rt").load(text)
        except FileNotFoundError:
            self.add((), "no such file")
        except UnicodeDecodeError as error:
            self.add((), f"is not UTF-8 (byte {error.start})")
        except OSError as error:
            self.add((), f"cannot be read: {error.strerror}")
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
            problem = (error.problem or "").strip() or "is not valid YAML"
            problems.append(Problem(shown, line, column, problem))
        else:
            if not isinstance(self.data, CommentedMap):
                self.add((), "must be a mapping of keys to values")
                self.data = None

    def add(self, location: Sequence[str | int], message: str) -> None:
        """Record a problem at a path of keys and indexes; the deepest part that exists gives the position."""
        line, column = self._position(location)
        self.problems.append(Problem(self.shown, line, column, message))

    def _position(self, location: Sequence[str | int]) -> tuple[int, int]:
        node, place = self.data, (0, 0)
        for part in location:
            if isinstance(node, CommentedMap) and part in node:
                line, column = node.lc.key(part)
            elif isinstance(node, CommentedSeq) and isinstance(part, int) and part < len(node):
                line, column = node.lc.item(part)
            else:
                continue  # a discriminator or a missing key: stay with the parent
            place = (line + 1, column + 1)
            node = node[part]
        return place

    def validate(self, model: type[M]) -> M | None:
        """The typed form; problems are recorded and None given where it does not fit."""
        if self.data is None:
            return None
        try:
            return model.model_validate(_plain(self.data))
        except ValidationError as error:
            for detail in error.errors():
                self.add(detail["loc"], _message(model, detail))
            return None


def _plain(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {key: _plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_plain(value) for value in node]
    return node


def _message(model: type[BaseModel], detail: Any) -> str:
    where = ".".join(str(part) for part in detail["loc"])
    if detail["type"] == "extra_forbidden":
        key = str(detail["loc"][-1])
        return f"unknown key '{key}'" + _suggest(key, _keys_near(model, detail["loc"]))
    if detail["type"] == "missing":
        return f"'{where}' is missing"
    text = str(detail["msg"]).removeprefix("Value error, ")
    shown = repr(detail.get("input"))
    got = f" (got {shown})" if len(shown) < 60 and not isinstance(detail.get("input"), dict) else ""
    return f"'{where}': {text[0].lower() + text[1:]}{got}"


def _keys_near(model: type[BaseModel], location: Sequence[str | int]) -> list[str]:
    """All keys any model in this tree allows: enough for a suggestion."""
    keys: set[str] = set()
    pending: list[type[BaseModel]] = [model]
    seen: set[type[BaseModel]] = set()
    while pending:
        current = pending.pop()
        if current in seen:
            continue
        seen.add(current)
        for name, info in current.model_fields.items():
            keys.add(name)
            pending += [kind for kind in _models_in(info.annotation) if kind not in seen]
    return sorted(keys)


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    found: list[type[BaseModel]] = []
    for part in getattr(annotation, "__args__", ()):
        found += _models_in(part)
    return found


def _suggest(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f". Did you mean '{close[0]}'?" if close else ""


class _Loader:
    """Loads a project; collects problems on the way."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.folder = path.parent
        self.problems: list[Problem] = []
        self.files: list[Path] = []
        self.plugins: dict[Path, Plugin] = {}

    def document(self, path: Path) -> _Document:
        self.files.append(path)
        return _Document(path, str(path), self.problems)

    def named(
        self, kind: str, name: str, model: type[M], asking: _Document, at: Sequence[str | int]
    ) -> tuple[M | None, _Document | None]:
        path = lookup.find(kind, name, self.folder)
        if path is None:
            known = lookup.candidates(kind, self.folder)
            hint = _suggest(name, known) or f"; known are {', '.join(known)}"
            asking.add(at, f"no file '{name}' in {kind}/{hint}")
            return None, None
        document = self.document(path)
        return document.validate(model), document

    def load_plugins(self, names: Iterable[str], document: _Document) -> None:
        for index, name in enumerate(names):
            path = lookup.find("filters", name, document.path.parent)
            if path is None:
                document.add(("plugins", index), f"no plug-in file '{name}' beside this file")
            elif path not in self.plugins:
                try:
                    self.plugins[path] = load_plugin(path)
                except SignalError as error:
                    document.add(("plugins", index), str(error))

    def load(self) -> Project:
        document = self.document(self.path)
        sources = document.validate(SourcesFile)
        self._fail()
        assert sources is not None  # _fail raised otherwise
        self.load_plugins(sources.plugins, document)
        pipeline, pipeline_document = self.named(
            "pipelines", sources.pipeline, PipelineFile, document, ("pipeline",)
        )
        if pipeline is None or pipeline_document is None:
            raise ConfigError(sorted(self.problems))
        filters: list[tuple[str, FilterRecipe, _Document]] = []
        for index, name in enumerate(pipeline.filters):
            found, origin = self.named("filters", name, FilterFile, pipeline_document, ("filters", index))
            if found is not None and origin is not None:
                self.load_plugins(found.plugins, origin)
                filters += [(key, recipe, origin) for key, recipe in found.filters.items()]
        tokenizer, origin_of_tokenizer = self.named(
            "tokenizer", pipeline.tokenizer, TokenizerFile, pipeline_document, ("tokenizer",)
        )
        mixture, _ = self.named("tokenizer", pipeline.mixture, MixtureFile, pipeline_document, ("mixture",))
        if tokenizer is not None and origin_of_tokenizer is not None:
            for key, name in tokenizer.files().items():
                if not (self.folder / name).is_file():
                    origin_of_tokenizer.add((key,), f"'{name}' does not exist ({self.folder / name})")
        signals = self._signals(pipeline, document)
        edits = dict(BUILTIN_EDITS)
        for plugin in self.plugins.values():
            edits.update({item.name: item for item in plugin.edits})
        self._check_sources(sources, edits, document)
        self._check_files(pipeline, pipeline_document)
        self._check_prefer(pipeline, signals, pipeline_document)
        for name in pipeline.dedup.url.sources if pipeline.dedup.url else ():
            if name not in sources.sources:
                at = ("dedup", "url", "sources", name)
                pipeline_document.add(at, f"unknown source '{name}'" + _suggest(name, sources.sources))
        checked = self._check_filters(filters, signals)
        self._fail()
        assert tokenizer is not None and mixture is not None  # noqa: PT018  _fail raised otherwise
        return Project(
            path=self.path,
            name=sources.name,
            sources=tuple(Source(name, recipe, self.folder) for name, recipe in sources.sources.items()),
            pipeline_name=sources.pipeline,
            pipeline=pipeline,
            filters=tuple(checked),
            signals=tuple(signals),
            edits=edits,
            plugins=tuple(self.plugins.values()),
            tokenizer=tokenizer,
            mixture=mixture,
            files=tuple(self.files),
        )

    def _fail(self) -> None:
        if self.problems:
            raise ConfigError(sorted(self.problems))

    def _signals(self, pipeline: PipelineFile, document: _Document) -> list[Signal]:
        options = {name: options_of(pipeline, name) for name in GROUPS}
        signals = [group(name, chosen) for name, chosen in options.items() if chosen is not None]
        if pipeline.signals.text is not None and pipeline.signals.text.columns is not None:
            every = group("text").columns
            for column in sorted({*pipeline.signals.text.columns} - {*every}):
                document.add(
                    ("signals",), f"'columns' of 'text': unknown signal '{column}'" + _suggest(column, every)
                )
        taken = {column for item in signals for column in item.columns}
        for plugin in self.plugins.values():
            for item in plugin.signals:
                clash = sorted(taken & set(item.columns))
                if clash:
                    document.add(("plugins",), f"{plugin.path}: the signal '{clash[0]}' exists already")
                taken |= set(item.columns)
                signals.append(item)
        for item in signals:
            for column in sorted({*item.reads} - taken - {*DOCUMENTS.names}):
                owner = next((name for name in GROUPS if column in group(name).columns), "")
                remedy = f"switch on the group '{owner}'" if owner else "no group has it"
                if owner and options[owner] is not None:
                    remedy = f"name it under 'columns' of the group '{owner}'"
                document.add(("signals",), f"'{item.name}' reads the signal '{column}'; {remedy}")
        return signals

    def _check_sources(self, sources: SourcesFile, edits: Mapping[str, Edit], document: _Document) -> None:
        for name, recipe in sources.sources.items():
            at = ("sources", name)
            for language in recipe.languages:
                if language not in LANGUAGES and language != UNDETERMINED:
                    document.add(
                        (*at, "languages", language),
                        f"unknown language '{language}'" + _suggest(language, LANGUAGES),
                    )
            for index, edit in enumerate(recipe.clean):
                if edit not in edits:
                    document.add((*at, "clean", index), f"unknown edit '{edit}'" + _suggest(edit, edits))
            reader = recipe.reader
            if not isinstance(reader, PackageReader | HuggingFaceReader):
                root = self.folder / reader.path
                if not is_object_url(reader.path) and not root.exists():
                    document.add((*at, "reader", "path"), f"'{reader.path}' does not exist ({root})")

    def _check_files(self, pipeline: PipelineFile, document: _Document) -> None:
        """Models, benchmarks and earlier builds, relative to the project, are there and can be used."""
        for owner, options in _with_files(pipeline):
            for name, given in options.files().items():
                what, _, rest = name.partition("/")
                is_benchmark = what == "benchmark"
                at = ("decontaminate", "benchmarks", rest) if is_benchmark else ("signals", owner)
                shown = f"benchmark '{rest}'" if is_benchmark else "model"
                if not (self.folder / given).is_file():
                    document.add(at, f"{shown}: no such file '{given}' ({self.folder / given})")
                elif is_benchmark and not ending(given):
                    formats = ", ".join(ENDINGS)
                    document.add(at, f"{shown}: '{given}' is of no format that can be read: {formats}")
        for index, given in enumerate(pipeline.dedup.against):
            why = why_unusable(self.folder / given, pipeline.dedup)
            if why:
                document.add(("dedup", "against", index), f"earlier build '{given}': {why}")

    def _check_prefer(self, pipeline: PipelineFile, signals: Sequence[Signal], document: _Document) -> None:
        """The signal by which the best of duplicates is chosen is measured, and is a number."""
        if pipeline.dedup.prefer is None:
            return
        name, at = pipeline.dedup.prefer.signal, ("dedup", "prefer", "signal")
        kinds = {column: kind for item in signals for column, kind in item.columns.items()}
        if name not in kinds:
            document.add(at, f"unknown signal '{name}'" + _suggest(name, kinds))
        elif not (pa.types.is_integer(kinds[name]) or pa.types.is_floating(kinds[name])):
            document.add(at, f"'{name}' is of type {kinds[name]}; a number is needed")

    def _check_filters(
        self, filters: Sequence[tuple[str, FilterRecipe, _Document]], signals: Sequence[Signal]
    ) -> list[Filter]:
        kinds = {column: kind for item in signals for column, kind in item.columns.items()}
        checked: dict[str, Filter] = {}
        for name, recipe, document in filters:
            at = ("filters", name)
            if name in checked:
                document.add(at, f"the filter '{name}' is defined twice")
                continue
            if recipe.signal not in kinds:
                document.add(
                    (*at, "signal"),
                    f"unknown signal '{recipe.signal}'"
                    + _suggest(recipe.signal, kinds)
                    + "; is its group switched on under 'signals' of the pipeline, with all its columns?",
                )
                continue
            self._check_bounds(recipe, kinds[recipe.signal], document, at)
            checked[name] = _filter(name, recipe)
        if len(checked) > MAX_FILTERS:
            self.problems.append(
                Problem(
                    str(self.path),
                    0,
                    0,
                    f"{len(checked)} filters; at most {MAX_FILTERS} are possible, "
                    "a document's reasons being bits: copy a filter file, leave out what is not needed",
                )
            )
        return list(checked.values())

    def _check_bounds(
        self, recipe: FilterRecipe, kind: pa.DataType, document: _Document, at: tuple[str, ...]
    ) -> None:
        numeric = pa.types.is_integer(kind) or pa.types.is_floating(kind)
        if recipe.equals is not None and numeric:
            document.add((*at, "equals"), f"'{recipe.signal}' is a number; give min or max")
        if recipe.equals is None and not numeric:
            document.add(at, f"'{recipe.signal}' is of type {kind}; give equals, not min or max")
        if isinstance(recipe.equals, bool) != pa.types.is_boolean(kind) and recipe.equals is not None:
            document.add((*at, "equals"), f"'{recipe.signal}' is of type {kind}")
        bounds: list[tuple[tuple[str, ...], float | None, float | None]] = [(at, recipe.min, recipe.max)]
        for language, given in recipe.languages.items():
            if language not in LANGUAGES:
                document.add(
                    (*at, "languages", language),
                    f"unknown language '{language}'" + _suggest(language, LANGUAGES),
                )
            if isinstance(given, Bounds):
                bounds.append(((*at, "languages", language), given.min, given.max))
        for place, low, high in bounds:
            if low is not None and high is not None and low > high:
                document.add((*place, "min"), f"min {low} is above max {high}: nothing would be kept")


def _filter(name: str, recipe: FilterRecipe) -> Filter:
    return Filter(
        name=name,
        signal=recipe.signal,
        default=Range(recipe.min, recipe.max),
        equals=recipe.equals,
        applies_to=recipe.applies_to,
        sources=recipe.sources,
        except_sources=recipe.except_sources,
        action=recipe.action,
        languages={
            language: Range(given.min, given.max, given.set_by, given.fitted_on_bytes)
            if isinstance(given, Bounds)
            else None
            for language, given in recipe.languages.items()
        },
        description=recipe.description,
    )


def load(path: Path) -> Project:
    """The project of a sources.yaml; raises ConfigError with every problem of every file it names."""
    return _Loader(path).load()


def load_filters(path: Path) -> dict[str, FilterRecipe]:
    """The filters of one file, as written; raises ConfigError with every problem of it."""
    problems: list[Problem] = []
    found = _Document(path, str(path), problems).validate(FilterFile)
    if found is None or problems:
        raise ConfigError(sorted(problems))
    return dict(found.filters)
