# ruff: noqa: E501
"""The detector finds each kind, in every script, and leaves look-alikes alone. No value is anybody's."""

from __future__ import annotations

import random
import time
from pathlib import Path

import numpy as np
import phonenumbers
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.batch import Batch
from corpus.kernels import digits as kernel
from corpus.languages import LANGUAGES
from corpus.pii.detector import Detector
from corpus.pii.kinds import KINDS, Span, masked, resolve
from corpus.pii.redact import redact
from corpus.recipe import PiiOptions
from corpus.schema import SPANS
from corpus.signals.pii import PersonalData

DETECTOR = Detector()
REAL = Path(__file__).parents[1].parent / "shared" / "real_input"


def found(text: str, language: str = "en") -> list[tuple[str, str]]:
    data = text.encode()
    return [(s.kind, data[s.start : s.end].decode()) for s in DETECTOR.document(text, language)]


KEY = "AK" + "IA" + "QWERTYUIOPASDFGH"[:16].replace("I", "J").replace("O", "N")

RANDOM = "a1B2c3D4e5F6g7H8i9J0k1L2m"

POSITIVES = [
    ("en", "write to ann.lee+news@mail.uni.edu, please", "email", "ann.lee+news@mail.uni.edu"),
    ("zh-Hans", "请发邮件到a.b@x.cn联系", "email", "a.b@x.cn"),
    ("hi", "लिखें अजय@डाटा.भारत पर", "email", "अजय@डाटा.भारत"),
    ("en", "ann [at] posta [dot] org", "email", "ann [at] posta [dot] org"),
    ("en", "ann at posta dot org", "email", "ann at posta dot org"),
    ("en", "ring +1 (415) 555-2671 today", "phone", "+1 (415) 555-2671"),
    ("en", "Tel: (415) 555-2671x123 or", "phone", "(415) 555-2671x123"),
    ("en", "paid 2720314170586499 once", "card", "2720314170586499"),
    ("pt", "cadastro 39053344705 de", "national_id", "39053344705"),
    ("zh-Hans", "身份证：61010319610830263X。", "national_id", "61010319610830263X"),
    ("fr", "le 06 12 34 56 78 est", "phone", "06 12 34 56 78"),
    ("fr", "06 12 34 56 78 à midi", "phone", "06 12 34 56 78"),
    ("en", "lives there, 082 123 4567-Office", "phone", "082 123 4567"),
    ("en", "call me on 24 381 7725 today", "phone", "24 381 7725"),
    ("fr", "Identité : 253072B07300470.", "national_id", "253072B07300470"),
    ("fr", "Identité : 756.9217.0769.85.", "national_id", "756.9217.0769.85"),
    ("en", "the card 5018 3812 3468 once", "card", "5018 3812 3468"),
    ("ar", "اتصل على ٠١٠٠١٢٣٤٥٦٧", "phone", "٠١٠٠١٢٣٤٥٦٧"),
    ("hi", "फ़ोन ९८७६५४३२१०", "phone", "९८७६५४३२१०"),
    ("zh-Hans", "电话13812345678。", "phone", "13812345678"),
    ("zh-Hans", "电话：１３８１２３４５６７８", "phone", "１３８１２３４５６７８"),
    ("en", "from 81.2.69.142 today", "ip", "81.2.69.142"),
    ("en", "at 2a02:6b8:1:2::feed:ff on", "ip", "2a02:6b8:1:2::feed:ff"),
    ("en", "has 00:1B:44:11:3A:B7 on", "mac", "00:1B:44:11:3A:B7"),
    ("en", "has 00-1B-44-11-3A-B7 on", "mac", "00-1B-44-11-3A-B7"),
    ("en", "paid 4111 1111 1111 1111 once", "card", "4111 1111 1111 1111"),
    ("zh-Hans", "卡号5555555555554444。", "card", "5555555555554444"),
    ("en", "to GB82 WEST 1234 5698 7654 32 by Monday", "iban", "GB82 WEST 1234 5698 7654 32"),
    ("pt", "CPF 390.533.447-05", "national_id", "390.533.447-05"),
    ("es", "con 54362315K en", "national_id", "54362315K"),
    ("zh-Hans", "号360426199101010071在", "national_id", "360426199101010071"),
    ("en", "id 750330 5044 089 of", "national_id", "750330 5044 089"),
    ("zh-Hant", "身分證A123456789。", "national_id", "A123456789"),
    ("en", "at 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed now", "wallet", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"),
    ("en", "to 1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2 now", "wallet", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2"),
    ("en", "to bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr now", "wallet", "bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr"),
    ("en", "follow @amina_bello9 there", "handle", "@amina_bello9"),
    ("en", "postgres://amina:tR7wq9Zx@db.posta.org/x", "credentials", "amina:tR7wq9Zx"),
    ("en", f"key {KEY} leaked", "secret", KEY),
    ("code-python", 'api_key = "aB3' + 'dE6gH9jK2mN5pQ8"', "secret", "aB3" + "dE6gH9jK2mN5pQ8"),
    ("code-python", 'set("X_TOKEN", "aB3' + 'dE6gH9jK2mN5pQ8")', "secret", "aB3" + "dE6gH9jK2mN5pQ8"),
    ("code-python", "X_TOKEN=aB3" + "dE6gH9jK2mN5pQ8\n", "secret", "aB3" + "dE6gH9jK2mN5pQ8"),
    ("sw", "key gsk" + "_" + RANDOM * 2 + "ab leaked", "secret", "gsk" + "_" + RANDOM * 2 + "ab"),
    ("en", "key waka" + "_" + RANDOM + RANDOM[:16] + " leaked", "secret", "waka" + "_" + RANDOM + RANDOM[:16]),
    ("ar", "رقم الهوية: 41201600000606600001.", "national_id", "41201600000606600001"),
    ("es", "DNI: x-2482300w.", "national_id", "x-2482300w"),
    ("pt", "NIF: PT 501 964 843.", "national_id", "PT 501 964 843"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "text", "kind", "value"), POSITIVES)
def test_each_kind_is_found_exactly(language: str, text: str, kind: str, value: str) -> None:
    assert found(text, language) == [(kind, value)]


NEGATIVES = [
    "section 4.3.2.1 of", "version 10.1.2.3", "v8.44.12.7", "see 978-3-16-148410-0", "on 2020-05-12 at 12:30:45",
    "12.05.2020", "in 1939-1945 and 1990 1991 1992 1993", "550e8400-e29b-41d4-a716-446655440000",
    "da39a3ee5e6b4b0d3255bfef95601890afd80709", "costs $1,234,567.89", "population 1 234 567", "3.14159265358979",
    "-33.868820, 151.209290", "@property", "@Override", "@media print", "lodash@4.17.21", "@babel/core",
    "192.168.1.1", "127.0.0.1", "::1", "8.8.8.8", "user@example.com", "icon@2x.png", "git@github.com:a/b.git",
    "std::vector", "ISSN 1234-5678", "doi:10.1000/1234567", "20200512123045", "0x1234567890", "1234567890123456",
    "x-2482300w", "41201600000606600001", "rnd_" + "randomnumbergeneratorofthis", "r8_" + "abcdefghijklmnopqrstuvwxyzabcdefghijk",
    "video.ico-7a388b69018576d24b59331fd60aab0c.png", "TOKEN=" + RANDOM, "xoxb-my-bot-token-here",
    "192.168.100.0/24", "population 130 692 544", "a at b", "meet at noon", "ff:ff:ff:ff:ff:ff", "news/business-12345678", "abc 12:34 def", "$ { 5 }",
]  # fmt: skip


@pytest.mark.parametrize("text", NEGATIVES)
def test_look_alikes_are_left_alone(text: str) -> None:
    assert found(f"so {text} it is") == []


@pytest.mark.parametrize(
    "text", ["@Override", "@param x", "@app.route('/')", "x = 0.123456789", "id = 13812345678"]
)
def test_code_has_no_handles_and_no_plain_numbers(text: str) -> None:
    assert found(text, "code-java") == []


@pytest.mark.parametrize(
    "text",
    [
        "token = generate_token_for_user_2",
        "secret: sha256WithRSAEncryption1",
        "tokens = count_of_tokens1 + 2",
        "key=a1b2",
    ],
)
def test_names_and_calls_behind_an_assignment_are_no_secrets(text: str) -> None:
    assert found(f"{text}\n", "code-python") == []


@pytest.mark.parametrize(
    "value", ["changeme123!", "your-api-key-here", "${API_KEY_1}", "%(password)s1", "test1234TEST"]
)
def test_assigned_placeholders_are_no_secrets(value: str) -> None:
    assert found(f'password = "{value}"', "code-python") == []


def test_international_example_numbers_of_all_regions_are_found_in_any_language() -> None:
    missed = []
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        number = phonenumbers.example_number(region)
        text = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
        if found(f"x {text} y", "tum") != [("phone", text)]:
            missed.append((region, text))
    assert missed == []


def test_national_numbers_are_found_with_a_label_in_each_language_with_regions() -> None:
    missed = []
    for code, language in LANGUAGES.items():
        for region in language.regions[:2]:
            number = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
            if (
                number is None or len(str(number.national_number)) < 7
            ):  # Andorra: six digits are below the gate
                continue
            text = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
            if [kind for kind, _ in found(f"Tel: {text}", code)] != ["phone"]:
                missed.append((code, region, text))
    assert missed == []


def test_invisible_and_bidirectional_characters_belong_to_the_number_they_stand_in() -> None:
    assert found("ring +1\u200b415\u200b555\u200b2671 x") == [("phone", "+1\u200b415\u200b555\u200b2671")]
    assert found("ring \u202a+1 415 555 2671\u202c x") == [("phone", "+1 415 555 2671")]
    assert found("4111\u20601111\u20601111\u20601111") == [("card", "4111\u20601111\u20601111\u20601111")]


def test_cards_one_behind_the_other_are_found_and_tables_of_figures_are_not() -> None:
    assert found("4111111111111111 5555-5555-5555-4444 4012 8888 8888 1881") == [
        ("card", "4111111111111111"),
        ("card", "5555-5555-5555-4444"),
        ("card", "4012 8888 8888 1881"),
    ]
    assert found("4111 1111 1111 1111 2020 4012 8888 8888 1881 1999") == []
    assert found("to bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcx now") == []


def test_overlapping_matches_keep_the_higher_rank_then_the_longer() -> None:
    spans = [Span(0, 9, "phone", 1, "a"), Span(5, 20, "email", 1, "b"), Span(20, 25, "phone", 1, "c")]
    assert resolve(list(spans)) == spans[1:]
    assert resolve([Span(0, 4, "phone", 1, "a"), Span(0, 6, "phone", 1, "b")]) == [
        Span(0, 6, "phone", 1, "b")
    ]


@settings(max_examples=150, deadline=None)
@given(
    st.text(max_size=60)
    | st.text(alphabet="0123456789 .-+()@:/a\u200b٣१\n", max_size=80)
    | st.lists(st.sampled_from([row[1] for row in POSITIVES] + NEGATIVES + [" ", "\u202e", "\0", "字"]), max_size=5).map("".join),
    st.sampled_from(["en", "zh-Hans", "hi", "code-go", "und"]),
)  # fmt: skip
def test_any_text_gives_ordered_spans_inside_it_that_can_be_redacted(text: str, language: str) -> None:
    data = text.encode()
    spans = DETECTOR.document(text, language)
    right = 0
    for span in spans:
        assert right <= span.start < span.end <= len(data)
        assert span.kind in KINDS
        assert 0 < span.score <= 1
        data[span.start : span.end].decode()
        right = span.end
    rows = pa.array([[span._asdict() for span in spans]], SPANS)
    (result,) = redact(pa.array([text], pa.large_string()), rows, pa.array(["d"]), "tag").to_pylist()
    pieces = [
        data[a:b].decode()
        for a, b in zip([0, *(s.end for s in spans)], [*(s.start for s in spans), len(data)], strict=True)
    ]
    expected = pieces[0] + "".join(
        KINDS[s.kind].tag + piece for s, piece in zip(spans, pieces[1:], strict=True)
    )
    assert result == expected


def test_a_batch_gives_what_its_documents_give_alone() -> None:
    rows = [(text, language) for language, text, _, _ in POSITIVES] + [(text, "en") for text in NEGATIVES]
    random.Random(3).shuffle(rows)
    record = pa.record_batch(
        [pa.array([r[0] for r in rows], pa.large_string()), pa.array([r[1] for r in rows])],
        ["text", "language_assigned"],
    )
    result = PersonalData(PiiOptions())(Batch(record))
    assert result.schema.field("pii_spans").type == SPANS
    for (text, language), spans, count, ratio in zip(
        rows, *(result.column(i).to_pylist() for i in range(3)), strict=True
    ):
        alone = DETECTOR.document(text, language)
        assert [(s["start"], s["end"], s["kind"]) for s in spans] == [s[:3] for s in alone]
        assert count == len(alone)
        assert ratio == pytest.approx(sum(s.end - s.start for s in alone) / len(text.encode()))


def test_no_value_is_in_what_the_signal_stores() -> None:
    rows = [(text, language, value) for language, text, _, value in POSITIVES]
    texts, languages, values = (list(column) for column in zip(*rows, strict=True))
    record = pa.record_batch(
        [pa.array(texts, pa.large_string()), pa.array(languages)], ["text", "language_assigned"]
    )
    result = PersonalData(PiiOptions())(Batch(record))
    assert sum(result["pii_count"].to_pylist()) == len(rows)
    stored = result.serialize().to_pybytes()
    assert [value for value in values if value.encode() in stored] == []


def test_a_sample_for_a_reviewer_shows_shape_and_context_and_no_value() -> None:
    data = "Write to Ann (ann@posta.org), ٣ times".encode()
    (span,) = DETECTOR.document(data.decode(), "en")
    assert masked(data, span, 6) == " aaa ([email aaa@aaaaa.aaa]), 9 "


def test_options_choose_kinds_and_score() -> None:
    text = "ann@posta.org and 81.2.69.142"
    assert [s.kind for s in Detector(frozenset(["ip"])).document(text, "en")] == ["ip"]
    extra = Detector(
        extra=lambda text, language: [Span(0, 3, "person", 0.9, "mine"), Span(1, 5, "person", 0.9, "mine")]
    )
    assert [s.kind for s in extra.document(text, "en")] == ["email", "ip"]
    assert [s.kind for s in Detector(None, 0.95).document(text, "en")] == ["email"]


@pytest.mark.parametrize(
    "unit", ["1", "1 ", "a@", "a@a.", ":", "1::", "+1", "(1)", "eyJ", "GB82 ", "a at b dot ", "joe@corp.org ", "\u202e1", "1\u200b",
             "eyJabcdefghijk.", "token=a1B2c3D4e5F6g7H8i9 ", "secret='a1", "STS.a1", "A3-ABCDEF-", "FlyV1 a1"]
)  # fmt: skip
def test_time_grows_linearly_on_hostile_text(unit: str) -> None:
    def seconds(size: int) -> float:
        text = unit * (size // len(unit))
        begun = time.process_time()
        DETECTOR.document(text, "en")
        return time.process_time() - begun

    seconds(1000)
    # Quadratic work would take 16 times as long; generous for a busy machine.
    assert seconds(80_000) < 9 * seconds(20_000) + 0.5


def test_a_megabyte_line_and_binary_noise_have_defined_results() -> None:
    line = "x" * 500_000 + " ann@posta.org " + "9" * 500_000
    assert found(line) == [("email", "ann@posta.org")]
    noise = np.random.Generator(np.random.PCG64(1)).bytes(200_000).decode("latin-1")
    assert DETECTOR.document(noise, "en") == DETECTOR.document(noise, "en")


def test_the_kernel_marks_candidates_in_text_order_within_documents() -> None:
    texts = ["a@b 12345678", "", "١٢٣٤٥٦٧٨ ab:cd:ef:01:02:03", "1.2.3.4"]
    data = np.frombuffer("".join(texts).encode(), np.uint8)
    offsets = np.cumsum([0] + [len(t.encode()) for t in texts])
    documents, starts, ends, whats, _ = kernel.find(data, offsets)
    assert documents.tolist() == [0, 0, 2, 2, 3]
    assert whats.tolist() == [kernel.AT, kernel.DIGITS, kernel.DIGITS, kernel.HEX, kernel.IPV4]
    assert bytes(data[starts[2] : ends[2]]).decode() == "١٢٣٤٥٦٧٨"


@pytest.mark.real
@pytest.mark.skipif(not REAL.exists(), reason="no real text here")
def test_news_in_six_languages_has_no_cards_accounts_keys_or_identity_numbers() -> None:
    import io
    import json

    import zstandard

    for language in ("fr", "ig", "sn", "sw", "yo", "en"):
        with (REAL / "masakhanews" / f"{language}.jsonl.zst").open("rb") as file:
            lines = io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(file), encoding="utf-8")
            for line, _ in zip(lines, range(300), strict=False):
                kinds = {span.kind for span in DETECTOR.document(json.loads(line)["text"], language)}
                assert not kinds & {"card", "iban", "secret", "national_id", "wallet", "credentials", "mac"}
