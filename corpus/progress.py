"""Progress of a build on the terminal: one line a step while it runs, and one when it has ended."""

from __future__ import annotations

import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from corpus.run import StepResult
from corpus.steps import Step
from corpus.task import Outcome

__all__ = ["TerminalListener"]


class TerminalListener:
    """Shows steps on stderr. On a terminal a bar with ETA; elsewhere one line when a step has ended."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._bar: Progress | None = None
        self._started = 0.0
        self._bytes = 0

    def notify(self, what: str, name: str) -> None:
        if what == "fetch":
            self.console.print(f"[dim]fetch[/] {name}")

    def step_started(self, step: Step, tasks: int, done: int) -> None:
        self._started, self._bytes = time.monotonic(), 0
        if tasks == done or not self.console.is_terminal:
            return
        self._bar = Progress(
            TextColumn("{task.description:32}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=self.console,
            transient=True,
        )
        self._bar.start()
        self._bar.add_task(step.title, total=tasks, completed=done, rate="")

    def task_ended(self, step: Step, outcome: Outcome) -> None:
        self._bytes += outcome.input_bytes
        if self._bar is not None:
            seconds = max(time.monotonic() - self._started, 1e-9)
            self._bar.update(self._bar.task_ids[0], advance=1, rate=f"{self._bytes / 1e6 / seconds:.1f} MB/s")

    def step_ended(self, step: Step, result: StepResult) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
        if result.ran:
            rate = result.input_bytes / 1e6 / max(result.seconds, 1e-9)
            self.console.print(
                f"{step.title:32} {result.ran:6} of {result.tasks} tasks"
                f"  {result.seconds:7.1f} s  {rate:7.1f} MB/s"
            )
