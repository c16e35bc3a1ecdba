"""Programming languages by extension and content."""

# ruff: noqa: E501

from __future__ import annotations

import pytest

from corpus.languages import LANGUAGES, is_code
from corpus.lid.code import programming_language

C_HEADER = b"#ifndef A_H\n#define A_H\n#include <stdio.h>\nstruct point { int x; int y; };\nint add(int a, int b);\n#endif\n"
CPP_HEADER = b"#pragma once\n#include <vector>\nnamespace geo {\nclass Shape {\n public:\n  virtual ~Shape() = default;\n};\n}\n"
CSHARP = b"using System;\nnamespace App.Core\n{\n    public class Point { public int X { get; set; } }\n}\n"
RUST = b'use std::io;\n\npub fn main() {\n    let mut x = 1;\n    println!("{}", x);\n}\n'
PHP_IN_HTML = b"<html><body><ul>\n<?php foreach ($rows as $row) { echo $row; } ?>\n</ul></body></html>\n"
HTML = b"<!DOCTYPE html>\n<html><body><p>Nothing but markup here.</p></body></html>\n"
QT_TRANSLATION = (
    b'<?xml version="1.0"?>\n<!DOCTYPE TS>\n<TS language="fr"><context><name>Main</name></context></TS>\n'
)
PROSE = b"The meeting was moved to the next day because most people could not come. " * 4 + (
    b"Nobody minded, since the room was free and the weather looked good enough for a walk.\n"
)
SAMPLES = {
    "code-c": C_HEADER + b"static int f(void) { return sizeof(int); }\n",
    "code-cpp": b"#include <iostream>\nint main() { std::cout << 1; std::vector<int> v; return 0; }\n",
    "code-csharp": CSHARP,
    "code-go": b'package main\n\nimport "fmt"\n\nfunc main() {\n\tx := 1\n\tif err != nil { fmt.Println(x) }\n}\n',
    "code-java": b"package org.a;\nimport java.util.List;\npublic class A {\n    @Override\n    public String b() { return null; }\n}\n",
    "code-javascript": b"const a = require('b');\nmodule.exports = function (x) { return x === undefined; };\n",
    "code-lua": b"local M = {}\nfunction M.f(x)\n  if x == nil then\n    return 'a' .. x\n  end\nend\nreturn M\n",
    "code-php": b"<?php\nnamespace A\\B;\n$x = array(1);\necho $x[0];\n",
    "code-python": b"import os\n\n\ndef f(self, x):\n    if x is None:\n        return self.y\n",
    "code-ruby": b"require 'a'\nmodule A\n  class B < C\n    attr_reader :x\n    def f\n      @x.each do |y|\n        puts y\n      end\n    end\n  end\nend\n",
    "code-rust": RUST,
    "code-scala": b"package a\nimport a.b._\nobject A extends App {\n  val x: Int = 1\n  def f(y: String): Unit = println(y)\n}\n",
    "code-typescript": b"export interface A { x: number; y?: string }\nexport const f = (a: A): void => { return; };\n",
}  # fmt: skip


@pytest.mark.parametrize("language", sorted(SAMPLES))
def test_content_alone_tells_the_language(language: str) -> None:
    assert programming_language("file", SAMPLES[language]).language == language


def test_every_programming_language_has_a_sample() -> None:
    assert set(SAMPLES) == {code for code in LANGUAGES if is_code(code)}


@pytest.mark.parametrize(
    ("file", "content", "expected"),
    [
        ("a/point.h", C_HEADER, "code-c"),
        ("a/shape.h", CPP_HEADER, "code-cpp"),
        ("a/Point.cs", CSHARP, "code-csharp"),
        ("a/lib.rs", RUST, "code-rust"),
        ("a/kernel.rs", b'<?xml version="1.0"?>\n<renderscript/>\n', "und"),
        ("a/list.php", PHP_IN_HTML, "code-php"),
        ("a/page.php", HTML, "und"),
        ("a/main.ts", SAMPLES["code-typescript"], "code-typescript"),
        ("a/main_fr.ts", QT_TRANSLATION, "und"),
        ("a/notes.cs", PROSE, "und"),
        ("a/build.sc", SAMPLES["code-scala"], "code-scala"),
    ],
)
def test_ambiguous_extensions_are_settled_by_content(file: str, content: bytes, expected: str) -> None:
    assert programming_language(file, content).language == expected


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\xfe\x00", b"a" * 1_000_000, b"{" * 50_000])
@pytest.mark.parametrize("file", ["", "x", "x.py", "x.php", ".h"])
def test_any_bytes_give_an_answer(file: str, content: bytes) -> None:
    guess = programming_language(file, content)
    assert 0 <= guess.score <= 1
    assert guess.language in LANGUAGES or guess.language == "und"


def test_an_empty_file_is_what_it_is_called_with_no_certainty() -> None:
    assert programming_language("a/__init__.py", b"") == ("code-python", 0.0)


def test_the_declared_language_is_preferred_where_content_leaves_a_choice() -> None:
    shared = b"const x = (y) => { return y; };\nexport const z = 1;\n"
    assert programming_language("x", shared, "code-typescript").language == "code-typescript"
    assert programming_language("x", shared, "code-javascript").language == "code-javascript"
