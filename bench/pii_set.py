# ruff: noqa: E501
"""The labelled test set of bench/pii.py: real carrier text, made-up personal data, hard negatives.

`make(seed, per_language, carriers)` gives documents: text, language, items (start, end, kind, in characters;
kind "none:<name>" marks a hard negative). Nothing in it belongs to anybody: numbers are drawn at random in the
valid ranges, keys are put together from prefix and random letters when the script runs.
"""

from __future__ import annotations

import itertools
import random
import string
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from corpus.languages import LANGUAGES

__all__ = ["ID_LABEL", "PHONE_LABEL", "Document", "Item", "make"]


class Item(NamedTuple):
    """A labelled place, in characters."""

    start: int
    end: int
    kind: str


class Document(NamedTuple):
    """One test document."""

    text: str
    language: str
    items: tuple[Item, ...]


_LOCAL_DIGITS = {
    "ar": "٠١٢٣٤٥٦٧٨٩", "ur": "۰۱۲۳۴۵۶۷۸۹", "hi": "०१२३४५६७८९", "mr": "०१२३४५६७८९", "ne": "०१२३४५६७८९",
    "bn": "০১২৩৪৫৬৭৮৯", "as": "০১২৩৪৫৬৭৮৯", "pa": "੦੧੨੩੪੫੬੭੮੯", "gu": "૦૧૨૩૪૫૬૭૮૯", "or": "୦୧୨୩୪୫୬୭୮୯",
    "ta": "௦௧௨௩௪௫௬௭௮௯", "te": "౦౧౨౩౪౫౬౭౮౯", "kn": "೦೧೨೩೪೫೬೭೮೯", "ml": "൦൧൨൩൪൫൬൭൮൯",
    "zh-Hans": "０１２３４５６７８９", "zh-Hant": "０１２３４５６７８９",
}  # fmt: skip
PHONE_LABEL = {
    "fr": "Téléphone : ", "es": "Teléfono: ", "pt": "Telefone: ", "zh-Hans": "电话：", "zh-Hant": "電話：", "ar": "هاتف: ",
    "hi": "फ़ोन: ", "mr": "फोन: ", "ne": "फोन: ", "bn": "ফোন: ", "as": "ফোন: ", "ta": "தொலைபேசி: ", "te": "ఫోన్: ",
    "kn": "ಫೋನ್: ", "ml": "ഫോൺ: ", "gu": "ફોન: ", "pa": "ਫ਼ੋਨ: ", "or": "ଫୋନ: ", "ur": "فون: ", "vi": "Điện thoại: ",
    "id": "Telepon: ", "ca": "Telèfon: ", "sw": "Simu: ",
}  # fmt: skip
ID_LABEL = {
    "en": "ID number: ", "fr": "Identité : ", "es": "DNI: ", "pt": "CPF: ", "zh-Hans": "身份证：", "zh-Hant": "身分證：",
    "ar": "رقم الهوية: ", "hi": "आधार: ", "mr": "आधार: ", "bn": "পরিচয়পত্র: ", "ta": "ஆதார்: ", "te": "ఆధార్: ", "kn": "ಆಧಾರ್: ",
    "ml": "ആധാർ: ", "gu": "આધાર: ", "or": "ଆଧାର: ", "pa": "ਆਧਾਰ: ", "ur": "شناختی کارڈ: ", "vi": "CCCD: ", "id": "NIK: ",
    "sw": "Kitambulisho: ",
}  # fmt: skip
_WORDS = "amina bello chidi dara efua farid gita hana ines jorge kwame lucia manu nandi omar pooja rosa sipho thabo uzma".split()
_HOSTS = "mailbox.org posta.africa correo.es courriel.fr surat.id dak.in post.co.za univ-lome.tg uni.edu.ng kampala.ug".split()


class Maker:
    """Draws items; all randomness is that of `seed`."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def pick(self, values: Sequence[str]) -> str:
        return self.random.choice(values)

    def digits(self, count: int) -> str:
        return "".join(self.random.choice(string.digits) for _ in range(count))

    def letters(self, alphabet: str, count: int) -> str:
        return "".join(self.random.choice(alphabet) for _ in range(count))

    # ------------------------------------------------------------ personal data

    def email(self, language: str) -> str:
        first, last, host = self.pick(_WORDS), self.pick(_WORDS), self.pick(_HOSTS)
        form = self.random.random()
        if form < 0.1:
            return f"{first} [at] {host.replace('.', ' [dot] ')}"
        if form < 0.15:
            return f"{first}.{last} (at) {host}"
        return self.pick(
            [f"{first}.{last}@{host}", f"{first}{self.digits(2)}@{host}", f"{first}_{last}+x@{host}"]
        )

    def phone(self, language: str) -> str:
        import phonenumbers as pn

        region = self.pick([r for r in LANGUAGES[language].regions if r in pn.SUPPORTED_REGIONS] or ["GB"])
        kind = self.pick([pn.PhoneNumberType.MOBILE, pn.PhoneNumberType.FIXED_LINE])
        example = pn.example_number_for_type(region, kind) or pn.example_number(region)
        for _ in range(40):
            changed = str(example.national_number)[:-4] + self.digits(4)
            number = pn.PhoneNumber(country_code=example.country_code, national_number=int(changed))
            number.italian_leading_zero, number.number_of_leading_zeros = (
                example.italian_leading_zero,
                example.number_of_leading_zeros,
            )
            if pn.is_valid_number(number):
                break
        else:
            number = example
        form = self.random.random()
        style = pn.PhoneNumberFormat
        if form < 0.35:
            text = pn.format_number(number, style.INTERNATIONAL)
        elif form < 0.5:
            text = pn.format_number(number, style.E164)
        else:
            text = pn.format_number(number, style.NATIONAL)
            if form < 0.65 or sum(c.isdigit() for c in text) < 8 or " " not in text.strip() or form > 0.9:
                # short or unbroken national numbers say nothing without a label
                text = PHONE_LABEL.get(language, "Tel: ") + "\0" + text
        if language in _LOCAL_DIGITS and self.random.random() < 0.25:
            text = text.translate(str.maketrans(string.digits, _LOCAL_DIGITS[language]))
        return text

    def ip(self, language: str) -> str:
        import ipaddress

        while True:
            if self.random.random() < 0.3:
                groups = [f"{self.random.getrandbits(16):x}" for _ in range(6)]
                text = "2a0" + self.digits(1) + ":" + ":".join(groups[:5]) + "::" + groups[5]
                return str(ipaddress.IPv6Address(text.replace("::", ":", 1) + ":" + groups[0]))
            text = ".".join(str(self.random.randrange(256)) for _ in range(4))
            address = ipaddress.IPv4Address(text)
            if address.is_global and not address.is_multicast and max(address.packed) > 40:
                return text

    def mac(self, language: str) -> str:
        sign = self.pick([":", "-"])
        return sign.join(f"{self.random.randrange(256):02x}" for _ in range(6))

    def card(self, language: str) -> str:
        from stdnum import luhn

        prefix, length = self.random.choice(
            [("4", 16), ("51", 16), ("55", 16), ("34", 15), ("37", 15), ("6011", 16)]
        )
        body = prefix + self.digits(length - len(prefix) - 1)
        number = body + luhn.calc_check_digit(body)
        if self.random.random() < 0.7:
            sign = self.pick([" ", "-"])
            cuts = (0, 4, 8, 12, 16) if length == 16 else (0, 4, 10, 15)
            return sign.join(number[a:b] for a, b in itertools.pairwise(cuts))
        return number

    def iban(self, language: str) -> str:
        country, bban = self.random.choice(
            [
                ("DE", self.digits(18)),
                ("SA", self.digits(20)),
                ("GB", self.letters(string.ascii_uppercase, 4) + self.digits(14)),
            ]
        )
        rest = "".join(str(int(c, 36)) for c in bban + country + "00")
        number = f"{country}{98 - int(rest) % 97:02d}{bban}"
        if self.random.random() < 0.6:
            return " ".join(number[i : i + 4] for i in range(0, len(number), 4))
        return number

    def national_id(self, language: str) -> str | None:
        makers = [m for region, m in _IDENTITIES if region in LANGUAGES[language].regions]
        if not makers:
            return None
        text = self.random.choice(makers)(self)
        if self.random.random() < 0.8:
            return ID_LABEL.get(language, "ID number: ") + "\0" + text
        return ID_LABEL.get(language, "ID no. ") + "\0" + text

    def wallet(self, language: str) -> str:
        import hashlib

        if self.random.random() < 0.5:
            return "0x" + self.letters("0123456789abcdef", 40)
        body = b"\0" + self.random.randbytes(20)
        number = int.from_bytes(body + hashlib.sha256(hashlib.sha256(body).digest()).digest()[:4], "big")
        alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
        text = ""
        while number:
            number, rest = divmod(number, 58)
            text = alphabet[rest] + text
        return "1" + text

    def handle(self, language: str) -> str:
        return f"@{self.pick(_WORDS)}_{self.pick(_WORDS)}{self.digits(1)}"

    def credentials(self, language: str) -> str:
        user = f"{self.pick(_WORDS)}:{self.letters(string.ascii_letters + string.digits, 12)}"
        return f"{self.pick(['https', 'postgres', 'ftp', 'mongodb'])}://\0{user}\0@{self.pick(_HOSTS)}/data"

    def secret(self, language: str) -> str:
        alnum = string.ascii_letters + string.digits
        upper = string.ascii_uppercase + "234567"
        hexadecimal = "0123456789abcdef"
        prefix, alphabet, count = self.random.choice(
            [
                ("AK" + "IA", upper, 16),
                ("gh" + "p_", alnum, 36),
                ("gl" + "pat-", alnum, 20),
                ("AI" + "za", alnum, 35),
                ("sk" + "_live_", alnum, 24),
                ("np" + "m_", alnum, 36),
                ("xo" + "xb-", string.digits, 24),
                ("h" + "f_", string.ascii_letters, 34),
                ("SK", hexadecimal, 32),
                ("dap" + "i", hexadecimal, 32),
                ("do" + "p_v1_", hexadecimal, 64),
                ("shp" + "at_", hexadecimal, 32),
                ("sb" + "p_", hexadecimal, 40),
            ]
        )
        return prefix + self.letters(alphabet, count)

    # ------------------------------------------------------------ hard negatives

    def negative(self) -> tuple[str, str]:
        r = self.random
        name = self.pick(_NEGATIVES)
        d = self.digits
        text = {
            "version": lambda: self.pick(["version ", "v", "Firefox/"]) + f"{r.randrange(1, 20)}.{r.randrange(30)}.{r.randrange(9)}.{r.randrange(9)}",
            "section": lambda: self.pick(["", "§ ", "section "]) + ".".join(str(r.randrange(1, 15)) for _ in range(4)),
            "isbn": lambda: f"978-{d(1)}-{d(4)}-{d(4)}-{d(1)}",
            "date": lambda: self.pick([f"{r.randrange(1900, 2030)}-{r.randrange(1, 13):02d}-{r.randrange(1, 29):02d}",
                                       f"{r.randrange(1, 29):02d}/{r.randrange(1, 13):02d}/{r.randrange(1900, 2030)}",
                                       f"{r.randrange(1, 29)}.{r.randrange(1, 13)}.{r.randrange(1900, 2030)}"]),
            "timestamp": lambda: f"{r.randrange(1990, 2030)}{r.randrange(1, 13):02d}{r.randrange(1, 29):02d}{r.randrange(24):02d}{r.randrange(60):02d}{r.randrange(60):02d}",
            "years": lambda: f"{r.randrange(1700, 1990)}–{r.randrange(1991, 2030)}",
            "uuid": lambda: "-".join(self.letters("0123456789abcdef", n) for n in (8, 4, 4, 4, 12)),
            "hash": lambda: self.letters("0123456789abcdef", self.random.choice([32, 40, 64])),
            "price": lambda: self.pick(["$", "€ ", "₹"]) + f"{r.randrange(1, 999)},{d(3)},{d(3)}.{d(2)}",
            "thousands": lambda: f"{r.randrange(1, 999)} {d(3)} {d(3)}",
            "coordinates": lambda: f"{r.randrange(90)}.{d(6)}, {r.randrange(180)}.{d(6)}",
            "decorator": lambda: self.pick(["@property", "@Override", "@pytest.fixture", "@media", "@param", "@staticmethod"]),
            "package": lambda: self.pick(["lodash", "react", "numpy"]) + f"@{r.randrange(20)}.{r.randrange(20)}.{r.randrange(20)}",
            "scope": lambda: self.pick(["@babel/core", "@angular/cli", "@types/node"]),
            "private-ip": lambda: self.pick([f"192.168.{r.randrange(256)}.{r.randrange(256)}", "127.0.0.1", f"10.{r.randrange(256)}.0.{r.randrange(256)}", "255.255.255.0"]),
            "example-mail": lambda: self.pick(_WORDS) + "@example." + self.pick(["com", "org", "net"]),
            "decimal": lambda: f"{r.randrange(100)}.{d(8)}",
            "identifier": lambda: self.pick(["ticket-", "PR_", "order/"]) + d(8),
            "time": lambda: f"{r.randrange(24):02d}:{r.randrange(60):02d}:{r.randrange(60):02d}",
            "retina": lambda: self.pick(["icon", "logo"]) + "@2x.png",
            "random-16": lambda: d(16),
            "issn": lambda: f"ISSN {d(4)}-{d(4)}",
            "doi": lambda: f"doi:10.{d(4)}/{d(7)}",
        }[name]()  # fmt: skip
        return name, text


_NEGATIVES = (
    "version section isbn date timestamp years uuid hash price thousands coordinates decorator package scope"
    " private-ip example-mail decimal identifier time retina random-16 issn doi"
).split()


def _tries(draw: Callable[[Maker], str], module: str) -> Callable[[Maker], str]:
    """Draw until python-stdnum accepts it."""

    def make_one(maker: Maker) -> str:
        import importlib

        check = importlib.import_module(f"stdnum.{module}")
        while True:
            text = draw(maker)
            if check.is_valid(text):
                return text

    return make_one


def _date(maker: Maker, form: str) -> str:
    return form.format(
        y=maker.random.randrange(50, 99), m=maker.random.randrange(1, 13), d=maker.random.randrange(1, 28)
    )


def _grouped(maker: Maker, sizes: Sequence[int], sign: str) -> str:
    return sign.join(maker.digits(size) for size in sizes)


_IDENTITIES: list[tuple[str, Callable[[Maker], str]]] = [
    ("US", _tries(lambda m: _grouped(m, (3, 2, 4), "-"), "us.ssn")),
    ("IN", _tries(lambda m: _grouped(m, (4, 4, 4), " "), "in_.aadhaar")),
    ("IN", _tries(lambda m: m.letters(string.ascii_uppercase, 3) + "P" + m.letters(string.ascii_uppercase, 1) + m.digits(4) + m.letters(string.ascii_uppercase, 1), "in_.pan")),
    ("ZA", _tries(lambda m: _date(m, "{y:02d}{m:02d}{d:02d}") + m.digits(7), "za.idnr")),
    ("CN", _tries(lambda m: "110105" + _date(m, "19{y:02d}{m:02d}{d:02d}") + m.digits(4), "cn.ric")),
    ("ES", _tries(lambda m: m.digits(8) + m.letters(string.ascii_uppercase, 1), "es.dni")),
    ("BR", _tries(lambda m: f"{m.digits(3)}.{m.digits(3)}.{m.digits(3)}-{m.digits(2)}", "br.cpf")),
    ("PT", _tries(lambda m: m.digits(9), "pt.nif")),
    ("PK", _tries(lambda m: f"{m.digits(5)}-{m.digits(7)}-{m.digits(1)}", "pk.cnic")),
    ("ID", _tries(lambda m: "317101" + _date(m, "{d:02d}{m:02d}{y:02d}") + m.digits(4), "id.nik")),
    ("EG", _tries(lambda m: m.digits(9), "eg.tn")),
    ("VN", _tries(lambda m: m.digits(10), "vn.mst")),
    ("FR", _tries(lambda m: "1" + _date(m, "{y:02d}{m:02d}") + "75" + m.digits(8), "fr.nir")),
    ("KE", lambda m: "A" + m.digits(9) + m.letters(string.ascii_uppercase, 1)),
    ("GH", _tries(lambda m: "P" + m.digits(10), "gh.tin")),
]  # fmt: skip

_KINDS = "email phone ip mac card iban national_id wallet handle credentials secret".split()


def make(seed: int, per_language: int, carriers: Mapping[str, Sequence[str]]) -> list[Document]:
    """`per_language` documents for each language of `carriers` (stretches of real text), each with two or three
    items in it: personal data and hard negatives, about two to one."""
    maker = Maker(seed)
    documents = []
    for language in sorted(carriers):
        spaced = not language.startswith("zh")
        for number in range(per_language):
            text = ""
            items: list[Item] = []
            for slot in range(3):
                text += maker.pick(carriers[language])
                if spaced or maker.random.random() < 0.3:
                    text += maker.pick([" ", " ", ": ", " (", "\n"])
                if slot == 2 or maker.random.random() < 0.2:
                    name, value = maker.negative()
                    if text[-1:].isascii() and text[-1:].isalnum():
                        text += " "
                    items.append(Item(len(text), len(text) + len(value), f"none:{name}"))
                    text += value
                else:
                    kind = _KINDS[(number * 2 + slot) % len(_KINDS)]
                    value = getattr(maker, kind)(language)
                    if value is None:
                        kind, value = "phone", maker.phone(language)
                    if text[-1:].isascii() and text[-1:].isalnum():
                        text += " "
                    before, middle, *after = value.split("\0") if "\0" in value else ("", value)
                    text += before
                    items.append(Item(len(text), len(text) + len(middle), kind))
                    text += middle + "".join(after)
                text += maker.pick([" ", ", ", ". ", ") "]) if spaced else maker.pick(["，", "。", " ", ""])
                if text[-1].isalnum() and text[-1].isascii():
                    text += "。"
            documents.append(Document(text + maker.pick(carriers[language]), language, tuple(items)))
    return documents
