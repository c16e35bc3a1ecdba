"""Source code: the language of a file from its extension and, where that is shared, its content.

Extensions: `corpus.languages`. `.h` is C or C++; `.ts` is also a translation file; `.sc` is also
SuperCollider.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from corpus.languages import LANGUAGES
from corpus.readers.match import assign, files_below, folder_of, path_of
from corpus.readers.record import Record, Unit, Unreadable
from corpus.readers.text import decode
from corpus.recipe import CodeReader, ParsedReader, SourceRecipe

__all__ = ["Guess", "guess", "parse", "pick", "read", "units"]

_BY_EXTENSION = {f".{ext}": code for code, row in LANGUAGES.items() for ext in row.extensions}
_BY_CAPITAL = {".C": "code-cpp", ".H": "code-cpp"}
SHARED_EXTENSIONS = (".h", ".ts", ".sc")
#: How much of a file is looked at: includes, classes and templates come within the first pages.
_LOOK = 65_536

# Every pattern ends with its line or after so many characters: files are not always what they are called, and
# thousands of blank lines, or of openings that nothing closes, must not take minutes.
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)|//[^\n]*", re.DOTALL)
_CPP = re.compile(
    r"^[ \t]*(?:template\s*<|namespace[ \t]+\w*\s*\{|using[ \t]+(?:namespace|\w+\s*=)"
    r"|class[ \t]+\w+[^;{]{0,200}\{|(?:public|private|protected)\s*:|#[ \t]*include[ \t]*<\w+>)"
    r"|\bstd::|\boperator\s*[=+\-*/<>\[(]|\b(?:constexpr|nullptr|virtual|typename|noexcept|explicit)\b"
    r"|\b(?:static|const|dynamic|reinterpret)_cast\s*<",
    re.MULTILINE,
)
_BOTH = re.compile(r"^[ \t]*#[ \t]*if(?:def[ \t]+|[ \t]+defined[ \t]*\(?[ \t]*)__cplusplus", re.MULTILINE)
_END = re.compile(r"^[ \t]*#[ \t]*(?:endif|else)[^\n]*$", re.MULTILINE)
_C = re.compile(
    r"\b(?:restrict|_Bool|_Static_assert|_Generic|_Noreturn)\b|^[ \t]*typedef[ \t]+(?:struct|enum|union)\b"
    r"|^[ \t]*(?:extern|static)[ \t][\w \t*]*\([^()]{0,1000}\)\s*;|^[ \t]*#[ \t]*include[ \t]*<\w+\.h>"
    r"|\bvoid\s*\)\s*;",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Guess:
    """The programming language of a file ("" if none); `ambiguous` where the content did not settle it."""

    language: str
    ambiguous: bool = False


def guess(name: str, head: Callable[[], bytes]) -> Guess:
    """The language of a file from its name; `head` gives its first bytes where the extension is shared.

    A header that shows neither language counts as C and is marked ambiguous, and so is one that says itself
    that it serves both (`__cplusplus`) when nothing outside the guarded part is C++.
    """
    extension = Path(name).suffix
    if extension in _BY_CAPITAL:
        return Guess(_BY_CAPITAL[extension])
    language = _BY_EXTENSION.get(extension.lower(), "")
    if extension.lower() not in SHARED_EXTENSIONS:
        return Guess(language)
    text = head()[:_LOOK].decode("utf-8", "replace")
    if extension == ".ts":
        other = text.lstrip().startswith("<") or "\0" in text
        return Guess("" if other else language)
    if extension == ".sc":
        return Guess("" if re.search(r"\bSynthDef\b|\{\s*\|\w+\|", text) else language)
    bare = _COMMENT.sub(" ", text)
    if _CPP.search(_unguarded(bare)):
        return Guess("code-cpp")
    return Guess("code-c", ambiguous=bool(_BOTH.search(bare)) or not _C.search(bare))


def _unguarded(text: str) -> str:
    """Without what only a C++ compiler reads, as far as it is closed."""
    parts, at = [], 0
    while (opened := _BOTH.search(text, at)) and (closed := _END.search(text, opened.end())):
        parts.append(text[at : opened.start()])
        at = closed.end()
    return "".join(parts) + text[at:]


def pick(
    source: str, recipe: SourceRecipe, names: Sequence[str], head: Callable[[str], bytes]
) -> list[tuple[str, str]]:
    """(name, language) of the files whose language is declared, by content; patterns narrow each language.

    Without a pattern a language takes every file that is written in it.
    """
    guessed = {name: guess(name, partial(head, name)).language for name in names}
    wanted = [name for name in names if guessed[name] in recipe.languages]
    found = []
    for language, patterns in recipe.languages.items():
        own = [name for name in wanted if guessed[name] == language]
        found += assign(source, recipe.model_copy(update={"languages": {language: patterns}}), own)
    return sorted(found)


def units(source: str, recipe: SourceRecipe, root: Path) -> list[Unit]:
    """One unit for each source file of a declared language, up to `max_bytes`."""
    reader = recipe.reader
    assert isinstance(reader, CodeReader)
    folder = folder_of(root)

    def head(name: str) -> bytes:
        with (folder / name).open("rb") as file:
            return file.read(_LOOK)

    sizes = {name: (folder / name).stat().st_size for name in files_below(source, root)}
    names = [name for name, size in sizes.items() if 0 < size <= reader.max_bytes]
    return [Unit(name, language, sizes[name]) for name, language in pick(source, recipe, names, head)]


def parse(name: str, data: bytes, reader: ParsedReader) -> Iterator[Record | Unreadable]:
    """The one document of a source file."""
    yield _record(name, data)


def _record(name: str, data: bytes) -> Record | Unreadable:
    """The record of one source file; Latin-1 is taken where UTF-8 fails and no NUL byte shows binary."""
    try:
        text = decode(data)
    except UnicodeDecodeError as error:
        if b"\0" in data:
            return Unreadable(0, error.start, "not text: the file holds NUL bytes")
        text = decode(data, "latin-1")
    if "\0" in text:
        return Unreadable(0, data.find(b"\0"), "not text: the file holds NUL bytes")
    ambiguous = guess(name, lambda: data).ambiguous
    return Record(text, meta={"ambiguous_extension": True} if ambiguous else {})


def read(source: str, recipe: SourceRecipe, root: Path, unit: Unit) -> Iterator[Record | Unreadable]:
    """The one document of a source file; `meta` says where C and C++ could not be told apart."""
    path = path_of(root, unit.name)
    yield _record(unit.name, path.read_bytes())
