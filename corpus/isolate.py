"""Isolate: call plug-in code in a process of its own, so that a document that kills it costs that document.

The process is forked from the worker at the first call and kept, so a model is loaded once; it is watched
for processor time, silence, memory and death, and forked again after each.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import os
import pickle
import resource
import signal
import sys
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any

from corpus.errors import SignalError

__all__ = ["Answer", "Isolated", "Limits", "close_all", "isolated"]

#: Waiting is not looping: a call that uses no processor is ended after this many times its limit. Generous:
#: one that loops on a busy machine gets its processor time late.
_WAITING = 10
#: Building (loading a model) has no limit of its own; silence for this long, in seconds, is an error.
_BUILD_SECONDS = 900.0
_PR_SET_PDEATHSIG = 1

#: What to call in the process, made there: loading a model may fail, too.
Make = Callable[[], Callable[[Any], Any]]


@dataclass(frozen=True)
class Limits:
    """What one call may take: processor seconds, and bytes of memory beyond what is held before it."""

    seconds: float
    memory_bytes: int


@dataclass(frozen=True)
class Answer:
    """The value a call gave, or the reason why it gave none."""

    value: Any = None
    reason: str = ""
    is_slow: bool = False


class Isolated:
    """A callable in a process of its own. `name` is for messages; arguments and values are pickled."""

    def __init__(self, name: str, make: Make, limits: Limits) -> None:
        self.name, self.make, self.limits = name, make, limits
        self._pid = 0
        self._pipe: Connection | None = None

    def parts(self, whole: Any, singles: Iterable[Any], failed: Callable[[str], Any]) -> list[Any]:
        """The value for `whole`, or, where its call ended the process, those of `singles`, one by one.

        A single counts as failed only where a process that has seen nothing else fails on it too (one that
        takes too long is not tried again); its value is then `failed(reason)`.
        Raises SignalError where the callable cannot be made, or raises SignalError itself.
        """
        answer = self.call(whole)
        if not answer.reason:
            return [answer.value]
        values = []
        for single in singles:
            was_fresh = self._pipe is None
            answer = self.call(single)
            if answer.reason and not answer.is_slow and not was_fresh:
                answer = self.call(single)
            values.append(failed(f"{self.name}: {answer.reason}") if answer.reason else answer.value)
        return values

    def call(self, argument: Any) -> Answer:
        """One call; after a failure the next one gets a fresh process."""
        try:
            pipe = self._pipe or self._start()
            return self._ask(pipe, argument)
        except BaseException:
            self.close()
            raise

    def _ask(self, pipe: Connection, argument: Any) -> Answer:
        try:
            pipe.send_bytes(pickle.dumps(argument, pickle.HIGHEST_PROTOCOL))
            if not pipe.poll(self.limits.seconds * _WAITING):
                self.close()
                seconds = self.limits.seconds * _WAITING
                return Answer(reason=f"gave no answer in {seconds:g} s", is_slow=True)
            return self._answer(pipe.recv_bytes())
        except (EOFError, ConnectionError):
            return self._died()

    def _answer(self, data: bytes) -> Answer:
        kind, value = pickle.loads(data)
        if kind == "value":
            return Answer(value)
        self.close()
        if kind == "memory":
            size = self.limits.memory_bytes / 1e6
            return Answer(reason=f"needed more than {size:,.0f} MB of memory")
        raise SignalError(f"'{self.name}': {value}")

    def _died(self) -> Answer:
        status = self._reap()
        if os.WIFSIGNALED(status):
            number = os.WTERMSIG(status)
            if number == signal.SIGPROF:
                return Answer(reason=f"took more than {self.limits.seconds:g} s", is_slow=True)
            return Answer(reason=f"killed its process ({signal.Signals(number).name})")
        return Answer(reason=f"ended its process (exit code {os.waitstatus_to_exitcode(status)})")

    def _start(self) -> Connection:
        ours, theirs = Pipe()
        libc = ctypes.CDLL(None)
        parent = os.getpid()
        with warnings.catch_warnings():
            # Python 3.12 warns of forking beside other threads; the child uses none of what they may hold.
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
        if pid == 0:
            try:
                ours.close()
                _harden(libc, parent)
                _serve(theirs, self.make, self.limits)
            finally:
                os._exit(1)
        theirs.close()
        self._pid, self._pipe = pid, ours
        if not ours.poll(_BUILD_SECONDS):
            self.close()
            raise SignalError(f"'{self.name}': was not ready after {_BUILD_SECONDS:.0f} s")
        try:
            kind, value = pickle.loads(ours.recv_bytes())
        except (EOFError, ConnectionError):
            raise SignalError(f"'{self.name}': cannot be made: {self._died().reason}") from None
        if kind != "value":
            raise SignalError(f"'{self.name}': cannot be made: {value}")
        return ours

    def _reap(self) -> int:
        """Forget the process, once it has ended, and give its wait status."""
        pid, self._pid = self._pid, 0
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None
        try:
            return os.waitpid(pid, 0)[1] if pid else 0
        except ChildProcessError:  # whoever embeds this process collects its children
            return 0

    def close(self) -> None:
        """End the process; the next call starts another."""
        if self._pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
            self._reap()


def _harden(libc: ctypes.CDLL, parent: int) -> None:
    """Die with the parent and quietly; take no signal meant for it."""
    if sys.platform == "linux":
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it ended before this line
            os._exit(1)
    faulthandler.disable()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in ("SIGTERM", "SIGPROF", "SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGABRT"):
        signal.signal(getattr(signal, name), signal.SIG_DFL)


def _serve(pipe: Connection, make: Make, limits: Limits) -> None:
    """In the process: make the callable, then answer until the other end closes."""

    def reply(kind: str, value: Any = None) -> None:
        pipe.send_bytes(pickle.dumps((kind, value), pickle.HIGHEST_PROTOCOL))

    try:
        function = make()
    except Exception as error:  # noqa: BLE001  user code; told to the worker, which raises it
        return reply("error", f"{type(error).__name__}: {error}")
    _limit_memory(limits.memory_bytes)
    reply("value")
    while True:
        try:
            argument = pickle.loads(pipe.recv_bytes())
        except EOFError:
            return None
        try:
            signal.setitimer(signal.ITIMER_PROF, limits.seconds)  # SIGPROF ends the process
            value = function(argument)
            signal.setitimer(signal.ITIMER_PROF, 0)
        except MemoryError:
            return reply("memory")
        except SignalError as error:
            return reply("error", str(error))
        except Exception as error:  # noqa: BLE001  user code; told to the worker, which raises it
            return reply("error", f"{type(error).__name__}: {error}")
        reply("value", value)


def _limit_memory(size: int) -> None:
    """Let the address space grow by `size` bytes; no limit where the system cannot say how large it is."""
    statm = Path("/proc/self/statm")
    if statm.is_file():
        held = int(statm.read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (held + size, resource.RLIM_INFINITY))


_processes: dict[str, Isolated] = {}


def isolated(key: str, name: str, make: Make, limits: Limits) -> Isolated:
    """The process of this key, one per worker; `make` is what it runs."""
    found = _processes.get(key)
    if found is None or found.limits != limits:
        if found is not None:
            found.close()
        found = _processes[key] = Isolated(name, make, limits)
    return found


def close_all() -> None:
    """End every process."""
    while _processes:
        _processes.popitem()[1].close()
