"""What a task's function is given: its inputs, its options, and where to put its outputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

__all__ = ["Counts", "Former", "Work"]

#: Named integers a task reports; they add up over tasks. Nested by "/" in the name, for example "dropped/en".
Counts = dict[str, int]


class Fetcher(Protocol):
    """Fetches files of a folder that is not on this machine."""

    def path(self, name: str) -> Path: ...


@dataclass(frozen=True)
class Former:
    """What a task made before from the same code and options: its outputs by name, and its counts."""

    outputs: Mapping[str, Path]
    counts: Counts


@dataclass(frozen=True)
class Work:
    """One task as its function sees it.

    A task function has the form ``def function(work: Work) -> Counts``. It reads `inputs` (paths by role),
    writes files under `folder` through `output`, and returns its counts. The folder is scratch: the runner
    digests what lies in it and publishes it under its final name only after the function has returned, so
    a function never cleans up, renames or writes anywhere else. Functions must give the same bytes for the
    same inputs and options: no clock, no random state, no set order, no dependence on absolute paths.
    `callables` holds plug-in signals and edits by name. `isolate` asks for every document to be measured in a
    process of its own, after a worker died of this task. `remote` are folders, by role, of which a file is
    fetched when it is asked for by `folder_with`. `former` is what the task made from other content of the
    input `Task.varies`, all else being the same: what it would make again may be taken over.
    """

    step: str
    key: str
    inputs: Mapping[str, tuple[Path, ...]]
    options: Mapping[str, Any]
    folder: Path
    callables: Mapping[str, Any] = field(default_factory=dict)
    outputs: list[str] = field(default_factory=list)
    parts: dict[str, str] = field(default_factory=dict)
    isolate: bool = False
    remote: Mapping[str, Fetcher] = field(default_factory=dict)
    former: Former | None = None

    def input(self, role: str) -> Path:
        """The only input of this role; raises ValueError where there is not exactly one."""
        paths = self.inputs[role]
        if len(paths) != 1:
            raise ValueError(f"expected one input '{role}', got {len(paths)}")
        return paths[0]

    def each(self, role: str) -> Iterator[Path]:
        """All inputs of this role, in plan order; none where the role is absent."""
        return iter(self.inputs.get(role, ()))

    def folder_with(self, role: str, name: str) -> Path:
        """The folder that is the only input of this role, with this file of it on this machine."""
        if role in self.remote:
            self.remote[role].path(name)
        return self.input(role)

    def output(self, name: str) -> Path:
        """Where to write the output file of this name (relative, may hold folders)."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        self.outputs.append(name)
        return path

    def part(self, name: str, part: str, digest: str) -> None:
        """Declare the digest of one part of an output, for tasks that read only that part of it."""
        self.parts[f"{name}#{part}"] = digest
