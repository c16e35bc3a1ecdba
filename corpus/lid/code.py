"""Which programming language a file is in, by its name and by what stands in it.

The extension decides where only one language uses it. Extensions that several formats share (.h, .cs, .rs,
.ts, .sc, .php, .m) are settled by marks in the first 16 KB: words and signs that one of them has and the
others do not. A file whose content is clearly something else (HTML, XML, prose) says so.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from corpus.languages import LANGUAGES, UNDETERMINED, is_code

__all__ = ["CodeGuess", "programming_language"]

_LOOK = 16_384


class CodeGuess(NamedTuple):
    """Label (`code-*`, or `und` where the content is none of the 13) and how sure, 0 to 1."""

    language: str
    score: float


_BY_EXTENSION = {
    extension: code
    for code, language in LANGUAGES.items()
    if is_code(code)
    for extension in language.extensions
}


def _marks(**patterns: str) -> dict[str, re.Pattern[bytes]]:
    return {
        "code-" + name: re.compile(pattern.encode(), re.MULTILINE | re.VERBOSE)
        for name, pattern in patterns.items()
    }


#: What a line of each language looks like; each match is one point. Written for this purpose. Nothing at the
#: beginning of a line may run over to the next: 16 KB of blank lines would take a minute.
_MARKS = _marks(
    c=r"""
        ^[ \t]*\#[ \t]*(?:include[ \t]*["<][\w/.+-]+\.h[">]|ifndef|define|ifdef|endif|pragma)
        | ^[ \t]*typedef\s+(?:struct|enum|union|unsigned|int|char|void)\b
        | ^[ \t]*(?:static|extern)\s+\w+[\s*]+\w+\s*\( | \bsizeof\s*\( | \w->\w
        | \b(?:malloc|printf|memcpy|NULL)\b | ^(?:int|void|char|struct\s\w+)[\s*]+\w+\s*\(""",
    cpp=r"""
        \bstd:: | ^[ \t]*template\s*<
        | ^[ \t]*(?:class|struct)\s+\w+(?:\s+final)?\s*(?::\s*(?:public|private|protected)\b|\{)
        | ^[ \t]*(?:public|private|protected)[ \t]*:[ \t]*$ | ^[ \t]*namespace\s+[\w:]*\s*\{
        | ^[ \t]*using\s+namespace\b | ^[ \t]*\#[ \t]*include[ \t]*<\w+> | \bvirtual\s+\w
        | \w::~?\w+\s*\( | \b(?:static|dynamic|reinterpret)_cast< | \bconstexpr\b | \bnullptr\b
        | \bnoexcept\b""",
    csharp=r"""
        ^[ \t]*using\s+(?:static\s+)?[A-Z][\w.]*\s*; | ^[ \t]*namespace\s+[A-Z][\w.]*\s*[;{]?[ \t]*$
        | \{\s*get\s*;
        | ^[ \t]*(?:public|private|internal|protected)\s+
          (?:(?:static|sealed|abstract|override|async|partial|readonly|virtual)\s+)*
          (?:class|interface|struct|void|string|int|bool|Task|var|enum|record)\b
        | \bforeach\s*\( | \bvar\s+\w+\s*= | \bstring\.\w""",
    go=r"""
        ^package[ \t]+\w+[ \t]*$ | ^func\s+(?:\(\w+\s+\*?[\w\[\]]+\)\s*)?\w+\s*[\[(] | ^import\s+(?:\(|")
        | := | ^type\s+\w+\s+(?:struct|interface|func)\b | \bif\s+err\s*!=\s*nil\b | \bchan\s+\w
        | ^//go:""",
    java=r"""
        ^[ \t]*import\s+(?:static\s+)?[a-z]\w*(?:\.\w+)+(?:\.\*)?\s*; | ^[ \t]*package\s+[a-z][\w.]*\s*;
        | ^[ \t]*(?:public|private|protected)\s+(?:(?:static|final|abstract|synchronized|native)\s+)*
          (?:[\w<>\[\],.?]+[ \t]+)+\w+\s*[({=;]
        | ^[ \t]*@(?:Override|Deprecated|Test|SuppressWarnings)\b | \bfinal\s+\w+ | \bthrows\s+\w
        | \bextends\s+\w+ | \bSystem\.out\b""",
    javascript=r"""
        \b(?:const|let|var)\s+[\w$\{\[][^=\n]*= | =>\s*[\{(\w] | \bfunction\s*\*?\s*\w*\s*\(
        | \brequire\s*\(\s*['"]
        | ^[ \t]*(?:export|import)\s+(?:default|\{|\*|\w+\s+from|const|class|function) | ===
        | \bmodule\.exports\b | \bundefined\b | \bprototype\b | \bconsole\.log\b | \bthis\.\w""",
    lua=r"""
        ^[ \t]*local\s+(?:function\s+)?[\w, ]+ | ^[ \t]*end[,)]+ | ^[ \t]*--(?:\[\[|\s) | \bthen[ \t]*$ | ~=
        | \bnil\b | \belseif\b | ^[ \t]*function\s+[\w.:]+\s*\( | \brequire\s*\(?\s*['"]
        | \w\s*\.\.\s*["\w]""",
    php=r"""
        <\?(?:php|=) | \$\w+\s*(?:=|->|\[) | \$this-> | \w::\w+\(
        | ^[ \t]*(?:public|private|protected)\s+(?:static\s+)?function\b | ^[ \t]*use\s+[A-Z]\w*(?:\\\w+)+
        | \becho\s | \barray\s*\( | ^[ \t]*namespace\s+[\w\\]+;""",
    python=r"""
        ^[ \t]*def\s+\w+\s*\((?:.*:[ \t]*|[^)\n]*)$
        | ^[ \t]*(?:from\s+[\w.]+\s+)?import\s+[\w.*(]+(?<!\._)(?:[ ,].*)?$
        | ^[ \t]*class\s+\w+.*:[ \t]*$
        | ^[ \t]*(?:if|for|while|elif|with|try|else|except)\b[^;{}\n]*:[ \t]*(?:\#.*)?$ | \bself\.\w
        | ^[ \t]*@\w[\w.]*(?:\(.*\))?[ \t]*$ | \bNone\b | ^\#!.*python | ^[ \t]*(?:\"\"\"|''')""",
    ruby=r"""
        ^[ \t]*def\s+(?:self\.)?\w+[?!=]?(?:[ \t]|\(|$)[^:\n]*$ | ^[ \t]*end\b(?!\s*[,)])
        | ^[ \t]*require(?:_relative)?\s+['"] | ^[ \t]*module\s+[A-Z]\w* | \bdo\s*\|[\w, ]+\|
        | ^[ \t]*attr_(?:reader|accessor|writer)\b | @\w+\s*(?:=|\|\|=) | \.each\b
        | ^[ \t]*class\s+[A-Z]\w*(?:\s*<\s*\w)?.*$ | \bputs\s | \bnil\b | :\w+\s*=>""",
    rust=r"""
        ^[ \t]*(?:pub(?:\(\w+\))?\s+)?(?:unsafe\s+|async\s+|const\s+)*fn\s+\w+ | \blet\s+(?:mut\s+)?\w+
        | ^[ \t]*(?:pub\s+)?use\s+[\w:]+(?:::\{|::\w+|;) | ^[ \t]*impl\b | ^[ \t]*\#!?\[[\w(]
        | &(?:mut\s|'\w|self\b) | \w!\s*[(\[{] | ->\s*[\w&<(]+.*\{
        | ^[ \t]*(?:pub\s+)?(?:mod|trait|enum|struct)\s+\w+ | \bmatch\s+\w | ::<""",
    scala=r"""
        ^[ \t]*(?:(?:override|private|protected|implicit|final|lazy|sealed|abstract)\s+)*def\s+\w+.*=
        | \bval\s+\w+ | ^[ \t]*(?:case\s+)?(?:object|class)\s+\w+ | ^[ \t]*(?:sealed\s+)?trait\s+\w+
        | ^[ \t]*import\s+[\w.]+\.(?:_|\{.*)[ \t]*$ | \bextends\s+\w+ | ^[ \t]*case\s+.*=>
        | ^package[ \t]+[\w.]+[ \t]*$ | :\s*(?:Int|String|Unit|Boolean|Option\[)""",
    typescript=r"""
        ^[ \t]*(?:export\s+)?(?:declare\s+)?(?:interface|type|enum|namespace)\s+\w+
        | \w\??\s*:\s*(?:string|number|boolean|any|void|unknown|never)\b
        | \bas\s+(?:const|any|unknown|string)\b | ^[ \t]*import\s+type\b
        | ^[ \t]*(?:private|public|protected|readonly)\s+\w+ | \bimplements\s+\w | <\w+(?:\[\])?>\s*\(
        | =>\s*[\{(\w] | \b(?:const|let)\s+\w+ | ^[ \t]*(?:export|import)\s+""",
)  # fmt: skip
_MARKUP = re.compile(
    rb"\A\xef?\xbb?\xbf?\s*<(?:\?xml|!DOCTYPE|html|TS\b|svg|[A-Za-z][\w:-]*(?:\s[^<>]*)?>)", re.IGNORECASE
)
_PHP = re.compile(rb"<\?(?:php\b|=)")
_TEXTUAL = re.compile(rb"\b[A-Za-z]{2,20}(?: [A-Za-z]{2,20}){7,40}[.,]")
_SIGNS = re.compile(rb"[{}()\[\];=<>]")
#: Code has one of these signs in 9 to 25 bytes (measured), prose fewer than one in 60.
_LEAST_SIGNS = 1 / 60


def programming_language(file: str, content: bytes, declared: str = "") -> CodeGuess:
    """The programming language of a file: BCP-47-like `code-*` label, or `und` where it is none of the 13.

    `file` gives the extension (what stands before `::` in the name of an archive member does not matter);
    `declared` is preferred where extension and content leave a choice.
    """
    head = content[:_LOOK]
    extension = file.rpartition("/")[2].rpartition(".")[2].lower() if "." in file else ""
    named = _BY_EXTENSION.get(extension, "")
    if not head.strip():
        return CodeGuess(named or UNDETERMINED, 0.0)
    if named == "code-php" or declared == "code-php":
        if _PHP.search(content[: 4 * _LOOK]):
            return CodeGuess("code-php", 1.0)
        return CodeGuess(UNDETERMINED, 0.9) if _MARKUP.match(head) else CodeGuess("code-php", 0.3)
    if _MARKUP.match(head) and extension not in ("jsx", "tsx"):
        return CodeGuess(UNDETERMINED, 0.95)
    if extension in ("h", "c") and named:
        points = _points("code-c", head)
        if extension == "h" and (other := _points("code-cpp", head)) >= 2 and points <= 3 * other:
            return CodeGuess("code-cpp", 0.9)
        return CodeGuess("code-c", 0.95 if points else 0.6)
    if named:
        return _confirm(named, head)
    return _by_content(head, declared)


def _points(code: str, head: bytes) -> int:
    return sum(1 for _ in _MARKS[code].finditer(head))


def _confirm(named: str, head: bytes) -> CodeGuess:
    own = _points(named, head)
    signs = len(_SIGNS.findall(head)) / len(head)
    if own == 0 and signs < _LEAST_SIGNS and len(_TEXTUAL.findall(head)) >= 2:
        return CodeGuess(UNDETERMINED, 0.8)
    return CodeGuess(named, 1.0 if own >= 2 else 0.9 if own else 0.6)


def _by_content(head: bytes, declared: str) -> CodeGuess:
    points = {code: _points(code, head) for code in _MARKS}
    lines = max(1, head.count(b"\n"))
    order = sorted(points, key=lambda code: (-points[code], code != declared, code))
    best, second = order[0], order[1]
    if points[best] == 0 or points[best] / lines < 0.02:
        return CodeGuess(UNDETERMINED, 0.0)
    if declared in points and points[declared] * 2 >= points[best]:
        best = declared
        second = order[0] if order[0] != declared else order[1]
    return CodeGuess(best, round(points[best] / (points[best] + points[second]), 3))
