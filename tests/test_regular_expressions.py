"""Text that would make a regular expression look again and again takes no longer than other text."""

from __future__ import annotations

import time

import pytest

from corpus.edits import BUILTIN
from corpus.lid.code import programming_language
from corpus.readers.catalogue import says_something
from corpus.readers.code import guess

#: What stands many times over, before an x that ends the run and closes nothing.
REPEATED = (
    "\n", " ", "\t", "\u3000", "\u00a0", "\n \n", "\n\t", "a ", "1 ", "a1", "*", "-", "_", ".", ". ",
    "== ", "==a", "= =", "{", "{a|", "{{PLURAL:", "{{a|", "{a,plural,", "[", "[a|", "[[a|", "[http://",
    "<a ", "<a b=", "</", "%(", "${", "| ", "> ", "[1] ", "(~", "/*a", "//", "#\n", "#ifdef __cplusplus\n",
    "#include <a", "static a(\n", "extern a(b\n", "extern \n", "class a\n", "template", "namespace a\n",
    "typedef ", "def a(\n", "if a\n", "local a, ", "public a ", "const a", "->w ", "import a.", "case ",
)  # fmt: skip
SIZE = 16_000
FILES = [f"a.{extension}" for extension in "c h cpp cs go java js lua php py rb rs scala ts sc txt".split()]


def seconds(call: object, *arguments: object) -> float:
    start = time.process_time()
    assert callable(call)
    call(*arguments)
    return time.process_time() - start


@pytest.mark.parametrize("name", sorted(BUILTIN))
def test_no_edit_takes_long_on_any_text(name: str) -> None:
    for part in REPEATED:
        text = part * (SIZE // len(part)) + "x"
        assert seconds(BUILTIN[name].target, text) < 0.5, repr(part)


def test_a_message_without_letters_says_nothing_soon() -> None:
    for part in REPEATED:
        assert seconds(says_something, part * (SIZE // len(part))) < 0.5, repr(part)


@pytest.mark.parametrize("file", FILES)
def test_no_file_takes_long_to_be_told_by_its_content(file: str) -> None:
    for part in REPEATED:
        content = (part * (SIZE // len(part)) + "x").encode()
        assert seconds(programming_language, file, content) < 0.5, repr(part)
        assert seconds(guess, file, lambda content=content: content) < 0.5, repr(part)
