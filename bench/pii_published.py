"""Personal data in strings other people published: a third test set beside bench/pii.py and pii_faker.py.

    python bench/pii_published.py [--presidio-tests FOLDER] [--missed N] [--json FILE]

synthetic   presidio-evaluator's synth_dataset_v2 (1,500 English sentences, MIT), from its source distribution
phones      libphonenumber's example numbers of every region: international, E.164; national with and without
            a label in a language of that region
identity    the valid examples in the documentation of python-stdnum, for the numbers the detector looks for,
            behind a label
recognizers (with --presidio-tests) the strings in a checkout of presidio-analyzer/tests: tuples of text,
            expected count and expected positions; addresses that are nobody's (private, documentation,
            loopback) are counted apart, since the detector leaves them alone on purpose

Examples of gitleaks' author: pii_secrets.py.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import ipaddress
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import phonenumbers
from pii import mask, ours, score
from pii_set import ID_LABEL, PHONE_LABEL, Document, Item

from corpus.languages import LANGUAGES
from corpus.pii import identity

_SYNTHETIC = {
    "CREDIT_CARD": "card", "PHONE_NUMBER": "phone", "EMAIL_ADDRESS": "email",
    "IBAN_CODE": "iban", "US_SSN": "national_id", "IP_ADDRESS": "ip",
}  # fmt: skip
_RECOGNIZERS = {
    "credit_card": "card", "phone": "phone", "email": "email", "iban": "iban", "ip": "ip",
    "crypto": "wallet", "mac": "mac", "us_ssn": "national_id",
}  # fmt: skip


def synthetic() -> list[Document]:
    """The sentences of presidio-evaluator, downloaded with pip."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:"]
        subprocess.run([*command, "-d", folder, "presidio-evaluator==0.3.2"], check=True)
        with tarfile.open(next(Path(folder).glob("*.tar.gz"))) as archive:
            member = next(m for m in archive.getmembers() if m.name.endswith("data/synth_dataset_v2.json"))
            file = archive.extractfile(member)
            assert file is not None
            rows = json.load(file)
    return [
        Document(
            row["full_text"],
            "en",
            tuple(
                Item(span["start_position"], span["end_position"], _SYNTHETIC[span["entity_type"]])
                for span in row["spans"]
                if span["entity_type"] in _SYNTHETIC
            ),
        )
        for row in rows
    ]


def _placed(label: str, value: str, kind: str, language: str) -> Document:
    text = f"{label}{value}."
    return Document(text, language, (Item(len(label), len(label) + len(value), kind),))


def phones() -> dict[str, list[Document]]:
    """Example numbers by way of writing."""
    language_of = {region: code for code, known in LANGUAGES.items() for region in known.regions}
    style = phonenumbers.PhoneNumberFormat
    found: dict[str, list[Document]] = {}
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE):
            number = phonenumbers.example_number_for_type(region, kind)
            if number is None:
                continue
            language = language_of.get(region, "en")
            for name, form in (("international", style.INTERNATIONAL), ("E.164", style.E164)):
                document = _placed("", phonenumbers.format_number(number, form), "phone", "en")
                found.setdefault(name, []).append(document)
            if region in language_of:
                value = phonenumbers.format_number(number, style.NATIONAL)
                label = PHONE_LABEL.get(language, "Tel: ")
                found.setdefault("national, label", []).append(_placed(label, value, "phone", language))
                found.setdefault("national, bare", []).append(_placed("", value, "phone", language))
    return found


def identities() -> list[Document]:
    """Valid numbers in the docstrings of python-stdnum's modules the detector uses."""
    documents = []
    for known in (*identity.NUMERIC, *(lettered for lettered, _ in identity.LETTERED)):
        try:
            doc = importlib.import_module(f"stdnum.{known.name}").__doc__ or ""
        except ModuleNotFoundError:  # a number python-stdnum does not have
            continue
        language = next((c for c, row in LANGUAGES.items() if set(known.regions) & set(row.regions)), "")
        for value, answer in re.findall(r">>> validate\('([^']+)'\)\n(\S+)", doc):
            if language and answer.startswith("'"):
                label = ID_LABEL.get(language, "ID number: ")
                documents.append(_placed(label, value, "national_id", language))
    return documents


def recognizers(folder: Path) -> Iterator[tuple[str, Document]]:
    """(kind, document) of the parametrised strings in Presidio's tests."""
    for name, kind in _RECOGNIZERS.items():
        path = folder / f"test_{name}_recognizer.py"
        if not path.is_file():
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Tuple):
                continue
            try:
                text, expected, *rest = ast.literal_eval(node)
            except ValueError:
                continue
            if not isinstance(text, str) or not isinstance(expected, int) or not text:
                continue
            places = next(
                (p for p in rest if isinstance(p, tuple) and all(isinstance(q, tuple) for q in p)), ()
            )
            if len(places) == expected:
                yield kind, Document(text, "en", tuple(Item(s, e, kind) for s, e in places))


def _nobodys(document: Document) -> bool:
    """Whether the document's addresses are private, reserved or for documentation."""
    for item in document.items:
        text = document.text[item.start : item.end].split("/")[0].split("%")[0]
        try:
            if not ipaddress.ip_address(text).is_global:
                return True
        except ValueError:
            continue
    return False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--presidio-tests", type=Path)
    parser.add_argument("--missed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()

    sets = {"synthetic": synthetic(), "identity, label": identities()}
    sets |= {f"phones {name}": documents for name, documents in phones().items()}
    if arguments.presidio_tests:
        for kind, document in recognizers(arguments.presidio_tests):
            apart = ", nobody's" if kind == "ip" and _nobodys(document) else ""
            sets.setdefault(f"recognizer {kind}{apart}", []).append(document)
    goals = {}
    print(f"{'set':28} {'items':>6} {'recall':>7} {'precision':>9}")
    for name, documents in sets.items():
        result = score(documents, ours(documents))
        print(f"{name:28} {result['items']:6} {result['recall']:7.3f} {result['precision']:9.3f}")
        if name == "synthetic":
            print("   ", {kind: round(share, 3) for kind, share in dict(result["by_kind"]).items()})
        for language, kind, text in list(result["missed"])[: arguments.missed]:
            print("    missed", language, kind, mask(text))
        if name == "phones national, bare" or "nobody's" in name:
            continue  # left alone on purpose: without a label only numbers in their region's own grouping
        for figure in ("recall", "precision"):
            value = float(result[figure])
            goals[f"{name} {figure}"] = {"value": value, "goal": 0.97, "met": value >= 0.97}
    if arguments.json:
        arguments.json.write_text(json.dumps({"goals": goals}, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
