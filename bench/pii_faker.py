"""A second test set for bench/pii.py whose values come from the package Faker, not from us.

    python bench/pii_faker.py [--real ../shared/real_input] [--json FILE]

Faker draws addresses, numbers and keys in the forms of 20 locales; they stand in real carrier text of that
language, phone and identity numbers after a label half of the time. Faker does not keep to numbering plans:
the share of its phone numbers that libphonenumber holds for valid is printed, and recall is given for all and
for the valid ones. E-mail addresses at example domains are left out (they are nobody's).
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

import phonenumbers
from pii import carriers, ours, score
from pii_peers import environment_python
from pii_set import ID_LABEL, PHONE_LABEL, Document, Item

from corpus.languages import LANGUAGES

_LOCALES = {
    "en": "en_US", "fr": "fr_FR", "es": "es_ES", "pt": "pt_BR", "ar": "ar_SA", "vi": "vi_VN", "hi": "hi_IN",
    "id": "id_ID", "bn": "bn_BD", "ta": "ta_IN", "ne": "ne_NP", "gu": "gu_IN", "or": "or_IN", "sw": "sw",
    "yo": "yo_NG", "zh-Hans": "zh_CN", "zh-Hant": "zh_TW", "zu": "zu_ZA", "ig": "ig_NG", "ca": "es_CA",
}  # fmt: skip

_SCRIPT = """
import json, sys
from faker import Faker
found = {}
cards, ibans = Faker("en_US"), Faker("de_DE")
cards.seed_instance(7), ibans.seed_instance(7)
for language, locale in json.load(open(sys.argv[1])).items():
    fake = Faker(locale)
    fake.seed_instance(7)
    rows = []
    for _ in range(12):
        rows += [("email", fake.free_email()), ("phone", fake.phone_number()), ("ip", fake.ipv4_public()),
                 ("mac", fake.mac_address()), ("card", cards.credit_card_number()),
                 ("iban", ibans.iban()), ("handle", "@" + fake.user_name())]
        if locale in ("en_US", "zh_CN", "pt_BR", "es_ES"):
            rows.append(("national_id", fake.ssn() if locale != "es_ES" else fake.nif()))
    found[language] = rows
json.dump(found, open(sys.argv[2], "w"))
"""


def values() -> dict[str, list[tuple[str, str]]]:
    """(kind, value) by language, drawn by Faker in its own environment."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.json", Path(folder) / "out.json"
        source.write_text(json.dumps(_LOCALES), "utf-8")
        command = [str(environment_python("faker")), "-c", _SCRIPT, str(source), str(target)]
        subprocess.run(command, check=True)
        found = json.loads(target.read_text("utf-8"))
    return {language: [(kind, value) for kind, value in rows] for language, rows in found.items()}


def _valid(value: str, language: str) -> bool:
    for region in LANGUAGES[language].regions or ("ZZ",):
        try:
            if phonenumbers.is_valid_number(phonenumbers.parse(value, region)):
                return True
        except phonenumbers.NumberParseException:
            continue
    return False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--real", type=Path, default=Path(__file__).parents[2] / "shared" / "real_input")
    parser.add_argument("--missed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    draw = random.Random(5)
    texts = carriers(arguments.real)
    documents: list[Document] = []
    phones: Counter[bool] = Counter()
    valid: list[Document] = []
    for language, rows in values().items():
        for kind, value in rows:
            label = ""
            if kind in ("phone", "national_id") and draw.random() < 0.5:
                table = PHONE_LABEL if kind == "phone" else ID_LABEL
                label = table.get(language, "Tel: " if kind == "phone" else "ID number: ")
            before = f"{draw.choice(texts[language])} {label}"
            item = Item(len(before), len(before) + len(value), kind)
            document = Document(f"{before}{value}, {draw.choice(texts[language])}", language, (item,))
            documents.append(document)
            good = kind != "phone" or _valid(value, language)
            if kind == "phone":
                phones[good] += 1
            if good:
                valid.append(document)
    goals = {}
    for name, chosen in (("all", documents), ("valid", valid)):
        result = score(chosen, ours(chosen))
        print(f"{name}: {len(chosen)} documents")
        print(f"  recall {result['recall']:.4f}, precision {result['precision']:.4f}")
        print("  by kind", {k: round(v, 3) for k, v in dict(result["by_kind"]).items()})
        print("  by language", {k: round(v, 3) for k, v in dict(result["by_language"]).items()})
        for row in list(result["missed"])[: arguments.missed]:
            print("   missed", row)
        if name == "valid":
            for key, value in (("recall", result["recall"]), ("precision", result["precision"])):
                goals[f"pii_faker_{key}"] = {"value": value, "goal": 0.97, "met": bool(value >= 0.97)}
    print(f"phone numbers of Faker that are valid: {phones[True]} of {sum(phones.values())}")
    for name, row in goals.items():
        print(f"{'met ' if row['met'] else 'NOT '} {name:24} {row['value']:.4f}  goal {row['goal']}")
    if arguments.json:
        arguments.json.write_text(json.dumps({"goals": goals}, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
