"""Source code parses or it does not, and by how much."""

from __future__ import annotations

import sys

import pyarrow as pa
import pytest

from corpus.batch import Batch
from corpus.errors import SignalError
from corpus.recipe import ParseOptions
from corpus.signals import parse
from corpus.signals.parse import GRAMMARS, Parse

WHOLE = {
    "code-c": "#include <stdio.h>\nint main(void) { int a[2] = {1, 2}; return a[0] - 1; }\n",
    "code-cpp": "template <typename T> class A { public: T get() const { return t_; } private: T t_; };\n",
    "code-csharp": "using System;\nclass A { static void Main() { var x = new[] { 1 }; F(x); } }\n",
    "code-go": 'package main\n\nimport "fmt"\n\nfunc main() { for i := 0; i < 3; i++ { fmt.Println(i) } }\n',
    "code-java": "class A { int f(int x) { if (x > 1) { return x; } return f(x + 1); } }\n",
    "code-javascript": "const f = async (x) => { await g(x); return { ...x, y: [1, 2] }; };\n",
    "code-lua": "local function f(a)\n  if a then return { 1, b = 2 } end\nend\nreturn f\n",
    "code-php": "<?php\nfunction f(array $a): int { return count($a) + 1; }\n",
    "code-python": "def f(x):\n    if x:\n        return [y for y in x]\n    return None\n",
    "code-ruby": "class A\n  def f(x)\n    x.map { |y| y + 1 }\n  end\nend\n",
    "code-rust": "fn f<T: Clone>(x: &T) -> Vec<T> { let mut v = vec![]; v.push(x.clone()); v }\n",
    "code-scala": "object A { def f(x: Int): Int = x match { case 1 => 2; case y => y + 1 } }\n",
    "code-typescript": "interface A<T> { x: T; f(y?: number): Promise<T>; }\nexport const a = (b as A<T>);\n",
}
PROSE = "The river had risen in the night, and by morning the road to the village lay under water. "


def measured(
    text: str, language: str, options: ParseOptions | None = None
) -> tuple[float | None, str | None]:
    batch = Batch(
        pa.record_batch({"text": pa.array([text], pa.large_string()), "language_assigned": [language]})
    )
    record = Parse(options or ParseOptions())(batch)
    ratio, outcome = (column.to_pylist()[0] for column in record.columns)
    return ratio, outcome


@pytest.fixture
def grammars() -> None:
    """The extra `code` is installed."""
    for names in GRAMMARS.values():
        pytest.importorskip(names[0].partition(":")[0].replace("-", "_"))


@pytest.mark.usefixtures("grammars")
@pytest.mark.parametrize("language", GRAMMARS)
def test_whole_files_parse_and_broken_ones_do_not(language: str) -> None:
    text = WHOLE[language]
    assert measured(text, language) == (0.0, "parsed")
    for broken in (text.replace("(", ") ((", 1), PROSE * 3):
        ratio, outcome = measured(broken, language)
        assert outcome == "parsed"
        assert ratio is not None
        assert 0 < ratio <= 1


@pytest.mark.usefixtures("grammars")
@pytest.mark.parametrize("language", ["code-c", "code-go", "code-java", "code-rust"])
def test_a_file_that_was_cut_off_does_not_parse(language: str) -> None:
    ratio, _ = measured(WHOLE[language] * 9 + WHOLE[language][:-10], language)
    assert ratio is not None
    assert ratio > 0


@pytest.mark.usefixtures("grammars")
def test_more_damage_gives_a_larger_share() -> None:
    whole = WHOLE["code-python"] * 20
    one, all_of_it = measured(whole + "def (:\n", "code-python")[0], measured(PROSE * 20, "code-python")[0]
    assert one is not None
    assert all_of_it is not None
    assert 0 < one < 0.05 < 0.8 < all_of_it


@pytest.mark.usefixtures("grammars")
def test_jsx_in_typescript_is_no_error() -> None:
    assert measured("export const A = () => <b className='x'>{1 + 1}</b>;\n", "code-typescript")[0] == 0


@pytest.mark.usefixtures("grammars")
def test_prose_is_not_parsed_and_empty_files_are_whole() -> None:
    assert measured(PROSE, "en") == (None, None)
    assert measured("", "code-java") == (0.0, "parsed")


@pytest.mark.usefixtures("grammars")
def test_a_parser_that_takes_too_many_steps_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parse, "_FREE_STEPS", 0)
    text = WHOLE["code-go"] * 2000
    assert measured(text, "code-go") == (0.0, "parsed")
    assert measured(text, "code-go", ParseOptions(steps_per_kilobyte=1)) == (None, "stopped")


@pytest.mark.usefixtures("grammars")
def test_a_language_without_a_parser_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(GRAMMARS, "code-lua", ("tree-sitter-no-such-grammar:language",))
    assert measured(WHOLE["code-lua"], "code-lua") == (None, "no parser")


def test_without_the_library_the_group_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tree_sitter", None)
    with pytest.raises(SignalError, match=r"corpus-works\[code\]"):
        Parse(ParseOptions())


def test_every_programming_language_has_a_grammar() -> None:
    from corpus.languages import LANGUAGES

    assert set(GRAMMARS) == {code for code in LANGUAGES if code.startswith("code-")}
