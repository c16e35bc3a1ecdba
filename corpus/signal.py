"""Signals and edits: `@corpus.signal` measures a document, `@corpus.edit` rewrites its text.

Both leave the function a plain function: it can be called, tested and imported as before.
"""

from __future__ import annotations

import importlib.util
import inspect
import traceback
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, TypeVar, overload

import pyarrow as pa
import xxhash

from corpus.batch import Batch
from corpus.errors import SignalError

__all__ = ["Edit", "Plugin", "Signal", "edit", "load_plugin", "signal"]

Form = Literal["document", "arrow", "batch"]
F = TypeVar("F", bound=Callable[..., Any])

_ARROW_TYPES: dict[Any, pa.DataType] = {
    bool: pa.bool_(),
    int: pa.int64(),
    float: pa.float64(),
    str: pa.string(),
}
_MARK = "__corpus__"


@dataclass(frozen=True)
class Signal:
    """A measurement: one or more columns for every document, never a decision.

    form       what `target` takes: "document" a str, "arrow" a pa.RecordBatch, "batch" a `Batch`
    columns    name and Arrow type of what it gives; one column per name
    reads      signal columns of other groups it needs, which are therefore measured first
    version    raised when the computation changes; part of the fingerprint
    is_class   `target` is a class: built once per worker, then called
    """

    name: str
    form: Form
    target: Callable[..., Any]
    columns: Mapping[str, pa.DataType]
    reads: tuple[str, ...] = ()
    version: int = 1
    is_class: bool = False
    doc: str = ""

    def build(self, options: Any = None, artefacts: Mapping[str, Path] | None = None) -> Callable[..., Any]:
        """The callable that measures; a class is instantiated with the keywords it declares."""
        if not self.is_class:
            return self.target
        wanted = inspect.signature(self.target).parameters
        offered = {"options": options, "artefacts": artefacts or {}}
        return typing.cast(
            Callable[..., Any], self.target(**{k: v for k, v in offered.items() if k in wanted})
        )

    def measure(self, call: Callable[..., Any], batch: Batch) -> pa.RecordBatch:
        """The columns of this signal for the batch, rows aligned; `call` comes from `build`."""
        if self.form == "document":
            texts = batch.column("text")
            (name, kind), *_ = self.columns.items()
            values = pa.array([call(text.as_py()) for text in texts], kind)
            result = pa.record_batch([values], [name])
        elif self.form == "arrow":
            result = self._named(call(batch.record))
        else:
            result = self._named(call(batch))
        if result.num_rows != len(batch):
            raise SignalError(
                f"signal '{self.name}' gave {result.num_rows} values for {len(batch)} documents"
            )
        return result

    def _named(self, result: Any) -> pa.RecordBatch:
        if isinstance(result, pa.ChunkedArray):
            result = result.combine_chunks()
        if isinstance(result, pa.Array):
            result = pa.record_batch([result], [next(iter(self.columns))])
        if not isinstance(result, pa.RecordBatch):
            raise SignalError(f"signal '{self.name}' returned {type(result).__name__}, expected Arrow values")
        if set(result.schema.names) != set(self.columns):
            raise SignalError(
                f"signal '{self.name}' gave columns {result.schema.names}, declared {list(self.columns)}"
            )
        return pa.record_batch(
            [result.column(name).cast(kind) for name, kind in self.columns.items()], list(self.columns)
        )


@dataclass(frozen=True)
class Edit:
    """A rewrite of a document's text: cleaning. `target` is str -> str; empty text drops the document."""

    name: str
    target: Callable[[str], str]
    version: int = 1
    doc: str = ""


@dataclass(frozen=True)
class Plugin:
    """What a plug-in file declares; `digest` (xxh3-128 of its bytes) is part of every fingerprint."""

    path: Path
    module: ModuleType
    digest: str
    signals: tuple[Signal, ...] = ()
    edits: tuple[Edit, ...] = field(default=())


def _form_of(name: str, target: Callable[..., Any]) -> tuple[Form, Any]:
    call = target.__call__ if inspect.isclass(target) else target
    try:
        hints = typing.get_type_hints(call)
    except NameError as error:
        raise SignalError(f"signal '{name}': annotation cannot be resolved: {error}") from error
    returned = hints.pop("return", None)
    taken = next(iter(hints.values()), None)
    if taken is str and returned in _ARROW_TYPES:
        return "document", returned
    if taken is pa.RecordBatch:
        return "arrow", returned
    if taken is Batch:
        return "batch", returned
    raise SignalError(
        f"signal '{name}': annotate it as (text: str) -> float|int|bool|str, "
        "or (batch: pa.RecordBatch) -> pa.Array, so that its form is known"
    )


@overload
def signal(target: F, /) -> F: ...
@overload
def signal(
    *,
    name: str | None = None,
    columns: Mapping[str, pa.DataType] | None = None,
    reads: Iterable[str] = (),
    version: int = 1,
) -> Callable[[F], F]: ...


def signal(
    target: F | None = None,
    /,
    *,
    name: str | None = None,
    columns: Mapping[str, pa.DataType] | None = None,
    reads: Iterable[str] = (),
    version: int = 1,
) -> F | Callable[[F], F]:
    """Declare a function or class as a signal; the annotation chooses its form.

    ``(text: str) -> float|int|bool|str`` is called per document; ``(batch: pa.RecordBatch) -> pa.Array`` per
    batch, and needs no `columns` when it gives one float column of its own name. A class with ``__init__``
    (loads a model) and an annotated ``__call__`` is built once per worker.

    Raises SignalError where the annotation does not name a form.
    """

    def mark(function: F) -> F:
        label = name or function.__name__
        form, returned = _form_of(label, function)
        kinds = dict(columns or {label: _ARROW_TYPES.get(returned, pa.float64())})
        declared = Signal(
            name=label,
            form=form,
            target=function,
            columns=kinds,
            reads=tuple(reads),
            version=version,
            is_class=inspect.isclass(function),
            doc=inspect.getdoc(function) or "",
        )
        setattr(function, _MARK, declared)
        return function

    return mark(target) if target is not None else mark


@overload
def edit(target: F, /) -> F: ...
@overload
def edit(*, name: str | None = None, version: int = 1) -> Callable[[F], F]: ...


def edit(target: F | None = None, /, *, name: str | None = None, version: int = 1) -> F | Callable[[F], F]:
    """Declare a function str -> str as an edit, to be named under `clean:` of a source."""

    def mark(function: F) -> F:
        declared = Edit(name or function.__name__, function, version, inspect.getdoc(function) or "")
        setattr(function, _MARK, declared)
        return function

    return mark(target) if target is not None else mark


def declared(thing: object) -> Signal | Edit | None:
    """What `@signal` or `@edit` declared on a function or class; None where neither did."""
    found = vars(thing).get(_MARK) if hasattr(thing, "__dict__") else None
    return found if isinstance(found, Signal | Edit) else None


def load_plugin(path: Path) -> Plugin:
    """Run a plug-in file and collect its signals and edits.

    Raises SignalError, with the file and line, where the file cannot be run or declares nothing.
    """
    data = path.read_bytes()
    digest = xxhash.xxh3_128_hexdigest(data)
    spec = importlib.util.spec_from_file_location(f"corpus_plugin_{path.stem}_{digest[:8]}", path)
    if spec is None or spec.loader is None:
        raise SignalError(f"{path}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except SignalError as error:
        raise SignalError(f"{path}: {error}") from error
    except Exception as error:  # a plug-in may raise anything while it is run
        frames = traceback.extract_tb(error.__traceback__)
        line = next((frame.lineno for frame in reversed(frames) if frame.filename == str(path)), 0)
        raise SignalError(f"{path}:{line}: {type(error).__name__}: {error}") from error
    found = [declared(value) for value in vars(module).values()]
    signals = tuple(item for item in found if isinstance(item, Signal))
    edits = tuple(item for item in found if isinstance(item, Edit))
    if not signals and not edits:
        raise SignalError(f"{path}: declares no signal and no edit; mark functions with @corpus.signal")
    return Plugin(path, module, digest, signals, edits)
