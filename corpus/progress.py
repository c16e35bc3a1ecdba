"""What the terminal shows: the progress of a build, and the distribution of a signal."""

from __future__ import annotations

import time

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from corpus.distribution import PERCENTILES, Preview
from corpus.run import StepResult
from corpus.steps import Step
from corpus.task import Outcome

__all__ = ["TerminalListener", "show_preview"]


#: Columns of a terminal that every percentile fits in, and those shown in a narrower one.
_WIDE = 130
_FEW = (1, 50, 99)


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


_BAR = 50


def show_preview(preview: Preview, console: Console) -> None:
    """Histogram, percentiles by language, documents at the ends and beside the bounds."""
    tallest = max(preview.counts, default=0) or 1
    console.print(f"[bold]{preview.signal}[/]   min {_number(preview.min)}   max {_number(preview.max)}\n")
    for low, high, count in zip(preview.edges, preview.edges[1:], preview.counts, strict=False):
        outside = (preview.min is not None and high <= preview.min) or (
            preview.max is not None and low >= preview.max
        )
        bar = "█" * round(_BAR * count / tallest) or ("▏" if count else "")
        console.print(f"{_number(low):>10}  [{'red' if outside else 'green'}]{bar}[/] {count or ''}")
    shown = PERCENTILES if console.width >= _WIDE else _FEW
    table = Table(box=None, pad_edge=False)
    for title in ("language", "documents", "missing", *(f"p{p}" for p in shown), "kept", "dropped"):
        table.add_column(title, no_wrap=True)
    for item in preview.languages:
        found = dict(zip(PERCENTILES, item.percentiles, strict=bool(item.percentiles)))
        values = [_number(found[p]) if found else "" for p in shown]
        kept = _range(item.min, item.max) if item is not preview.languages[0] else ""
        dropped = f"{item.below + item.above:.1%}"
        table.add_row(item.language, str(item.documents), str(item.missing), *values, kept, dropped)
    console.print()
    console.print(table)
    console.print()
    for example in preview.examples:
        line = " ".join(example.excerpt.split())
        console.print(
            f"{example.where:12} {_number(example.value):>10}  {example.language:8} {escape(line)}",
            no_wrap=True,
            overflow="ellipsis",
        )


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.3g}" if abs(value) < 1e3 else f"{value:.0f}"


def _range(low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return "all"
    return f"{'' if low is None else _number(low)}–{'' if high is None else _number(high)}"
