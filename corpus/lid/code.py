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


#: What a line of each language looks like; each match is one point. Written for this purpose.
_MARKS = _marks(
    c=r"""
        ^[ \t]*\#[ \t]*(?:include[ \t]*["<][\w/.+-]+\.h[">]|ifndef|define|ifdef|endif|pragma)
        | ^\s*typedef\s+(?:struct|enum|union|unsigned|int|char|void)\b
        | ^\s*(?:static|extern)\s+\w+[\s*]+\w+\s*\( | \bsizeof\s*\( | \w->\w
        | \b(?:malloc|printf|memcpy|NULL)\b | ^(?:int|void|char|struct\s\w+)[\s*]+\w+\s*\(""",
    cpp=r"""
        \bstd:: | ^\s*template\s*<
        | ^\s*(?:class|struct)\s+\w+(?:\s+final)?\s*(?::\s*(?:public|private|protected)\b|\{)
        | ^\s*(?:public|private|protected)\s*:\s*$ | ^\s*namespace\s+[\w:]*\s*\{
        | ^\s*using\s+namespace\b | ^[ \t]*\#[ \t]*include[ \t]*<\w+> | \bvirtual\s+\w
        | \w::~?\w+\s*\( | \b(?:static|dynamic|reinterpret)_cast< | \bconstexpr\b | \bnullptr\b
        | \bnoexcept\b""",
    csharp=r"""
        ^\s*using\s+(?:static\s+)?[A-Z][\w.]*\s*; | ^\s*namespace\s+[A-Z][\w.]*\s*[;{]?\s*$
        | \{\s*get\s*;
        | ^\s*(?:public|private|internal|protected)\s+
          (?:(?:static|sealed|abstract|override|async|partial|readonly|virtual)\s+)*
          (?:class|interface|struct|void|string|int|bool|Task|var|enum|record)\b
        | \bforeach\s*\( | \bvar\s+\w+\s*= | \bstring\.\w""",
    go=r"""
        ^package\s+\w+\s*$ | ^func\s+(?:\(\w+\s+\*?[\w\[\]]+\)\s*)?\w+\s*[\[(] | ^import\s+(?:\(|")
        | := | ^type\s+\w+\s+(?:struct|interface|func)\b | \bif\s+err\s*!=\s*nil\b | \bchan\s+\w
        | ^//go:""",
    java=r"""
        ^\s*import\s+(?:static\s+)?[a-z]\w*(?:\.\w+)+(?:\.\*)?\s*; | ^\s*package\s+[a-z][\w.]*\s*;
        | ^\s*(?:public|private|protected)\s+(?:(?:static|final|abstract|synchronized|native)\s+)*
          [\w<>\[\],.? ]+\s+\w+\s*[({=;]
        | ^\s*@(?:Override|Deprecated|Test|SuppressWarnings)\b | \bfinal\s+\w+ | \bthrows\s+\w
        | \bextends\s+\w+ | \bSystem\.out\b""",
    javascript=r"""
        \b(?:const|let|var)\s+[\w$\{\[][^=\n]*= | =>\s*[\{(\w] | \bfunction\s*\*?\s*\w*\s*\(
        | \brequire\s*\(\s*['"]
        | ^\s*(?:export|import)\s+(?:default|\{|\*|\w+\s+from|const|class|function) | ===
        | \bmodule\.exports\b | \bundefined\b | \bprototype\b | \bconsole\.log\b | \bthis\.\w""",
    lua=r"""
        ^\s*local\s+(?:function\s+)?[\w, ]+ | ^\s*end[,)]+ | ^\s*--(?:\[\[|\s) | \bthen\s*$ | ~=
        | \bnil\b | \belseif\b | ^\s*function\s+[\w.:]+\s*\( | \brequire\s*\(?\s*['"]
        | \w\s*\.\.\s*["\w]""",
    php=r"""
        <\?(?:php|=) | \$\w+\s*(?:=|->|\[) | \$this-> | \w::\w+\(
        | ^\s*(?:public|private|protected)\s+(?:static\s+)?function\b | ^\s*use\s+[A-Z]\w*(?:\\\w+)+
        | \becho\s | \barray\s*\( | ^\s*namespace\s+[\w\\]+;""",
    python=r"""
        ^\s*def\s+\w+\s*\((?:.*:\s*|[^)]*)$ | ^\s*(?:from\s+[\w.]+\s+)?import\s+[\w.*(]+(?<!\._)(?:[ ,].*)?$
        | ^\s*class\s+\w+.*:\s*$
        | ^\s*(?:if|for|while|elif|with|try|else|except)\b[^;{}]*:\s*(?:\#.*)?$ | \bself\.\w
        | ^\s*@\w[\w.]*(?:\(.*\))?\s*$ | \bNone\b | ^\#!.*python | ^\s*(?:\"\"\"|''')""",
    ruby=r"""
        ^\s*def\s+(?:self\.)?\w+[?!=]?(?:\s|\(|$)[^:]*$ | ^\s*end\b(?!\s*[,)])
        | ^\s*require(?:_relative)?\s+['"] | ^\s*module\s+[A-Z]\w* | \bdo\s*\|[\w, ]+\|
        | ^\s*attr_(?:reader|accessor|writer)\b | @\w+\s*(?:=|\|\|=) | \.each\b
        | ^\s*class\s+[A-Z]\w*(?:\s*<\s*\w)?.*$ | \bputs\s | \bnil\b | :\w+\s*=>""",
    rust=r"""
        ^\s*(?:pub(?:\(\w+\))?\s+)?(?:unsafe\s+|async\s+|const\s+)*fn\s+\w+ | \blet\s+(?:mut\s+)?\w+
        | ^\s*(?:pub\s+)?use\s+[\w:]+(?:::\{|::\w+|;) | ^\s*impl\b | ^\s*\#!?\[[\w(]
        | &(?:mut\s|'\w|self\b) | \w!\s*[(\[{] | ->\s*[\w&<(]+.*\{
        | ^\s*(?:pub\s+)?(?:mod|trait|enum|struct)\s+\w+ | \bmatch\s+\w | ::<""",
    scala=r"""
        ^\s*(?:(?:override|private|protected|implicit|final|lazy|sealed|abstract)\s+)*def\s+\w+.*=
        | \bval\s+\w+ | ^\s*(?:case\s+)?(?:object|class)\s+\w+ | ^\s*(?:sealed\s+)?trait\s+\w+
        | ^\s*import\s+[\w.]+\.(?:_|\{.*)\s*$ | \bextends\s+\w+ | ^\s*case\s+.*=>
        | ^package\s+[\w.]+\s*$ | :\s*(?:Int|String|Unit|Boolean|Option\[)""",
    typescript=r"""
        ^\s*(?:export\s+)?(?:declare\s+)?(?:interface|type|enum|namespace)\s+\w+
        | \w\??\s*:\s*(?:string|number|boolean|any|void|unknown|never)\b
        | \bas\s+(?:const|any|unknown|string)\b | ^\s*import\s+type\b
        | ^\s*(?:private|public|protected|readonly)\s+\w+ | \bimplements\s+\w | <\w+(?:\[\])?>\s*\(
        | =>\s*[\{(\w] | \b(?:const|let)\s+\w+ | ^\s*(?:export|import)\s+""",
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
        points = _points(head)
        if points["code-cpp"] >= 2 and points["code-cpp"] * 3 >= points["code-c"] and extension == "h":
            return CodeGuess("code-cpp", 0.9)
        return CodeGuess("code-c", 0.95 if points["code-c"] else 0.6)
    if named:
        return _confirm(named, head)
    return _by_content(head, declared)


def _points(head: bytes) -> dict[str, int]:
    return {code: sum(1 for _ in pattern.finditer(head)) for code, pattern in _MARKS.items()}


def _confirm(named: str, head: bytes) -> CodeGuess:
    own = sum(1 for _ in _MARKS[named].finditer(head))
    signs = len(_SIGNS.findall(head)) / len(head)
    if own == 0 and signs < _LEAST_SIGNS and len(_TEXTUAL.findall(head)) >= 2:
        return CodeGuess(UNDETERMINED, 0.8)
    return CodeGuess(named, 1.0 if own >= 2 else 0.9 if own else 0.6)


def _by_content(head: bytes, declared: str) -> CodeGuess:
    points = _points(head)
    lines = max(1, head.count(b"\n"))
    order = sorted(points, key=lambda code: (-points[code], code != declared, code))
    best, second = order[0], order[1]
    if points[best] == 0 or points[best] / lines < 0.02:
        return CodeGuess(UNDETERMINED, 0.0)
    if declared in points and points[declared] * 2 >= points[best]:
        best = declared
        second = order[0] if order[0] != declared else order[1]
    return CodeGuess(best, round(points[best] / (points[best] + points[second]), 3))
