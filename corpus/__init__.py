"""corpus: hand-picked sources in, packed training tokens out.

The public names, and nothing else. They are loaded on first use, so that `import corpus` is fast.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

# Not lazy: the module corpus.signal would hide the function of that name as soon as anything imports it.
from corpus.signal import Edit, Signal, edit, signal

if TYPE_CHECKING:
    from corpus.api import build, load, plan, preview, verify
    from corpus.config import Project
    from corpus.duplicates import find_duplicates
    from corpus.errors import ConfigError, CorpusError
    from corpus.filter import Filter
    from corpus.opened import Run
    from corpus.opened import open_run as open
    from corpus.source import Source

__version__ = "0.1.0"

_PLACES = {
    "ConfigError": "corpus.errors",
    "CorpusError": "corpus.errors",
    "Filter": "corpus.filter",
    "Project": "corpus.config",
    "Run": "corpus.opened",
    "Source": "corpus.source",
    "build": "corpus.api",
    "find_duplicates": "corpus.duplicates",
    "load": "corpus.api",
    "open": "corpus.opened:open_run",
    "plan": "corpus.api",
    "preview": "corpus.api",
    "verify": "corpus.api",
}

__all__ = [
    "ConfigError",
    "CorpusError",
    "Edit",
    "Filter",
    "Project",
    "Run",
    "Signal",
    "Source",
    "build",
    "edit",
    "find_duplicates",
    "load",
    "open",
    "plan",
    "preview",
    "signal",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'corpus' has no attribute '{name}'")
    module, _, attribute = _PLACES[name].partition(":")
    value = getattr(importlib.import_module(module), attribute or name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
