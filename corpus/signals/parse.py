"""Whether source code parses: the share of a file that the grammar of its language cannot make sense of.

tree-sitter parses with error recovery (Wagner 1998), so a file cut off or in another language gives a share
and not a mere no. The grammars are wheels of the extra `code`; a language whose grammar is not installed says
so. A group of its own: parsing runs at one to four MB/s, two hundred times below the statistics of the group
`code`.
"""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Callable, Iterator
from importlib import metadata
from typing import Any

import numpy as np
import pyarrow as pa

from corpus.batch import Batch
from corpus.errors import SignalError
from corpus.recipe import ParseOptions
from corpus.signal import signal

__all__ = ["COLUMNS", "GRAMMARS", "Parse"]

#: Language to its grammars, "package:function" each; of two the one with fewer errors counts. Outside `<?php`
#: the grammar of PHP finds no errors, so a file without such a tag is read as code from its beginning.
GRAMMARS = {
    "code-c": ("tree-sitter-c:language",),
    "code-cpp": ("tree-sitter-cpp:language",),
    "code-csharp": ("tree-sitter-c-sharp:language",),
    "code-go": ("tree-sitter-go:language",),
    "code-java": ("tree-sitter-java:language",),
    "code-javascript": ("tree-sitter-javascript:language",),
    "code-lua": ("tree-sitter-lua:language",),
    "code-php": ("tree-sitter-php:language_php",),
    "code-python": ("tree-sitter-python:language",),
    "code-ruby": ("tree-sitter-ruby:language",),
    "code-rust": ("tree-sitter-rust:language",),
    "code-scala": ("tree-sitter-scala:language",),
    "code-typescript": ("tree-sitter-typescript:language_typescript", "tree-sitter-typescript:language_tsx"),
}
COLUMNS = {"code_parse_error_ratio": pa.float32(), "code_parse_outcome": pa.string()}

_BARE_PHP = "code-php without a tag"
_PARSED, _ABSENT, _STOPPED = "parsed", "no parser", "stopped"
_CHUNK = 1 << 16
#: Calls back a parser may make whatever the size: files of a few lines that are all error need some hundred.
_FREE_STEPS = 1000


def _version() -> int:
    """A number that changes with the installed grammars: what they cannot parse differs."""
    packages = sorted({name.partition(":")[0] for names in GRAMMARS.values() for name in names})
    found = " ".join(f"{name} {_installed(name)}" for name in ("tree-sitter", *packages))
    return 1 + zlib.crc32(found.encode()) % 100_000


def _installed(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


@signal(name="parse", columns=COLUMNS, reads=("language_assigned",), version=_version())
class Parse:
    """code_parse_error_ratio  bytes in nodes of error, and one for each missing node, of all bytes
    code_parse_outcome      parsed; "no parser" where the grammar of the language is not installed;
                            "stopped" where it took more than `options.steps_per_kilobyte` steps a kilobyte

    Both null for prose, the ratio also where the file was not parsed. Steps and not seconds: a busy machine
    changes no value. Raises SignalError where tree-sitter itself is not installed.
    """

    def __init__(self, options: ParseOptions) -> None:
        try:
            self._library: Any = importlib.import_module("tree_sitter")
        except ImportError as error:
            raise SignalError(
                "the signal group 'parse' needs tree-sitter: pip install 'corpus-works[code]'"
            ) from error
        self._steps = options.steps_per_kilobyte
        self._parsers: dict[str, tuple[Any, ...]] = {}

    def __call__(self, batch: Batch) -> pa.RecordBatch:
        languages = batch.column("language_assigned").to_pylist()
        data, offsets = batch.text
        ratios = np.full(len(batch), np.nan)
        outcomes: list[str | None] = [None] * len(batch)
        for row, language in enumerate(languages):
            if language not in GRAMMARS:
                continue
            text = data[offsets[row] : offsets[row + 1]].tobytes()
            parsers = self._parsers_of(
                _BARE_PHP if language == "code-php" and b"<?" not in text else language
            )
            found = [ratio for ratio in self._ratios(parsers, text) if ratio is not None]
            outcomes[row] = _ABSENT if not parsers else _PARSED if found else _STOPPED
            if found:
                ratios[row] = min(found)
        return pa.record_batch(
            {
                "code_parse_error_ratio": pa.array(ratios.astype(np.float32), mask=np.isnan(ratios)),
                "code_parse_outcome": pa.array(outcomes, pa.string()),
            }
        )

    def _parsers_of(self, language: str) -> tuple[Any, ...]:
        if language not in self._parsers:
            names = ("tree-sitter-php:language_php_only",) if language == _BARE_PHP else GRAMMARS[language]
            found = (_grammar(name) for name in names)
            self._parsers[language] = tuple(
                self._library.Parser(self._library.Language(grammar()))
                for grammar in found
                if grammar is not None
            )
        return self._parsers[language]

    def _ratios(self, parsers: tuple[Any, ...], text: bytes) -> Iterator[float | None]:
        """The share of errors for each parser, until one finds none; None where it was stopped."""
        limit = _FREE_STEPS + self._steps * len(text) // 1000
        for parser in parsers:
            ratio = _error_ratio(parser, text, limit)
            yield ratio
            if ratio == 0:
                return


def _grammar(name: str) -> Callable[[], object] | None:
    package, _, function = name.partition(":")
    try:
        module = importlib.import_module(package.replace("-", "_"))
    except ImportError:
        return None
    found: Callable[[], object] = getattr(module, function)
    return found


def _error_ratio(parser: Any, text: bytes, limit: int) -> float | None:
    steps = 0

    def stop(offset: int, has_error: bool) -> bool:
        nonlocal steps
        steps += 1
        return steps > limit

    def read(offset: int, point: object) -> bytes:
        return text[offset : offset + _CHUNK]

    try:
        tree = parser.parse(read, progress_callback=stop)
    except ValueError:  # how the binding says that the parser was stopped
        parser.reset()
        return None
    size, nodes = 0, [tree.root_node]
    while nodes:
        node = nodes.pop()
        if node.is_error or node.is_missing:
            size += max(1, node.end_byte - node.start_byte)
        elif node.has_error:
            nodes += node.children
    return min(1.0, size / max(len(text), 1))
