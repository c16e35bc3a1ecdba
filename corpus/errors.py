"""The errors `corpus` raises, as a tree; every one says what happened, where, and what to do.

CorpusError
├── ConfigError      a recipe file is wrong                    exit code 2
├── SourceError      an input cannot be read or fetched        exit code 1
├── SignalError      a signal or edit fails on a document      exit code 1
├── TaskError        a task of a step failed                   exit code 1
├── ManifestError    an output is not what its manifest says   exit code 1
├── StorageError     a path cannot be read or written          exit code 1
└── GateError        a gate of the build was not met           exit code 3
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = [
    "ConfigError",
    "CorpusError",
    "GateError",
    "ManifestError",
    "Problem",
    "SignalError",
    "SourceError",
    "StorageError",
    "TaskError",
]


class CorpusError(Exception):
    """Base of every error a user can cause or meet."""

    exit_code = 1


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake in a recipe file; `line` and `column` count from 1, 0 means the whole file."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{place}: {self.message}"


class ConfigError(CorpusError):
    """Recipe files do not make sense; holds all problems found, not only the first."""

    exit_code = 2

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)

    def __reduce__(self) -> tuple[type[ConfigError], tuple[tuple[Problem, ...]]]:
        return type(self), (self.problems,)


class SourceError(CorpusError):
    """An input cannot be read: says which source, which file, and what to do."""

    def __init__(self, source: str, message: str, path: str = "", offset: int = -1) -> None:
        place = f"source '{source}'"
        if path:
            place += f", {path}"
        if offset >= 0:
            place += f" at {offset}"
        super().__init__(f"{place}: {message}")
        self.source, self.message, self.path, self.offset = source, message, path, offset

    def __reduce__(self) -> tuple[type[SourceError], tuple[str, str, str, int]]:
        return type(self), (self.source, self.message, self.path, self.offset)


class SignalError(CorpusError):
    """A signal or edit is declared wrongly, or returned what it must not."""


class TaskError(CorpusError):
    """A task failed; names the step and the shard."""

    def __init__(self, step: str, shard: str, message: str) -> None:
        super().__init__(f"step '{step}', shard '{shard}': {message}")
        self.step, self.shard, self.message = step, shard, message

    def __reduce__(self) -> tuple[type[TaskError], tuple[str, str, str]]:
        return type(self), (self.step, self.shard, self.message)


class ManifestError(CorpusError):
    """A file is not what its manifest says."""


class StorageError(CorpusError):
    """A path cannot be read or written."""


class GateError(CorpusError):
    """A gate was not met (wipe-out guard, quarantine limit, approval)."""

    exit_code = 3
