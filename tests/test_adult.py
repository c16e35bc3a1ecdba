"""The adult signals, on lists of invented words: no real list is needed or stored."""

from __future__ import annotations

import io
import json
import tarfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from corpus.batch import Batch
from corpus.errors import SourceError
from corpus.kernels import flagged
from corpus.languages import LANGUAGES
from corpus.recipe import AdultOptions, FilterFile
from corpus.signals.adult import SUSPICIOUS_SCORE, AdultContent
from corpus.signals.adult_candidates import candidates, count_words
from corpus.signals.adult_classifier import LEAST_POSITIVES, AdultClassifier, platt
from corpus.signals.adult_lists import ALLOWED, LISTED, UNLISTED, UrlList, read_words, word_lists
from corpus.stages.adult import adult_labels, adult_model, adult_urls
from corpus.work import Work

ENTRIES = ["zorbo", "flimmed", "quax", "pluvy dorn", "vagina", "sexual", "cock", "naked", "bitch"]


@pytest.fixture
def package(tmp_path: Path) -> Path:
    path = tmp_path / "words-1.0.tgz"
    with tarfile.open(path, "w:gz") as archive:
        for name, entries in (("en", ENTRIES), ("hi", ["झोर्बो"]), ("xx", ["a"])):
            data = json.dumps(entries).encode()
            member = tarfile.TarInfo(f"package/{name}.json")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
        member = tarfile.TarInfo("package/package.json")
        archive.addfile(member, io.BytesIO(b""))
    return path


def _batch(texts: list[str], languages: list[str], urls: list[str] | None = None) -> Batch:
    ids = pa.array([f"{i:032x}" for i in range(len(texts))])
    addresses = pa.array(urls or [""] * len(texts))
    return Batch(
        pa.record_batch(
            [ids, pa.array(texts, pa.large_string()), addresses, pa.array(languages)],
            ["id", "text", "url", "language_assigned"],
        )
    )


def _scores(signals: AdultContent, texts: list[str], language: str = "en") -> list[float]:
    return signals(_batch(texts, [language] * len(texts)))["adult_score"].to_pylist()


def test_listed_words_and_phrases_count_in_any_case_and_a_language_without_a_list_is_null(
    package: Path,
) -> None:
    signals = AdultContent(AdultOptions(), {"adult_words": package})
    texts = ["Zorbo ZORBO quax and a Pluvy Dorn", "pluvy and dorn", "zorbo", "झोर्बो zorbo", ""]
    result = signals(_batch(texts, ["en", "en", "yo", "hi", "en"]))
    # an entry of a published list in another language counts where it is known to be sexual, and no other
    assert result["adult_flagged_ratio"].to_pylist() == [5 / 7, 0.0, None, 0.5, 0.0]
    assert result["adult_score"].to_pylist()[2] is None
    assert result["adult_url"].null_count == 5
    assert result["adult_classifier"].null_count == 5


def test_medical_words_alone_and_one_quotation_stay_below_the_quarantine_bound(package: Path) -> None:
    signals = AdultContent(AdultOptions(), {"adult_words": package})
    medical = "sexual health and the vagina, explained by a nurse"
    quoted = "he said zorbo and left"
    much = "zorbo flimmed quax pluvy dorn here now"
    low, lone, high = signals(_batch([medical, quoted, much], ["en"] * 3))["adult_score"].to_pylist()
    assert low == 0
    assert 0 < lone < 0.5
    assert high > 0.9


def test_a_few_words_in_a_long_text_weigh_little(package: Path) -> None:
    signals = AdultContent(AdultOptions(), {"adult_words": package})
    long = "zorbo quax flimmed " + "plain words of a long book " * 2000
    assert signals(_batch([long], ["en"]))["adult_score"].to_pylist()[0] < 0.2


def test_addresses_match_host_parents_and_pages_and_the_allow_list_wins(tmp_path: Path) -> None:
    file = tmp_path / "list.txt"
    file.write_text("\n".join(["bad.example", "site.example/page", ALLOWED[0], "mine.example"]), "utf-8")
    urls = UrlList.read(file, ["mine.example"])
    assert [
        urls.holds(url)
        for url in (
            "http://bad.example/x", "https://www.a.bad.example", "http://notbad.example", "http://site.example/page/",
            "http://site.example/other",
            f"https://{ALLOWED[0]}/x", "http://mine.example", "", "http://[::1", "a b",
        )
    ] == [True, True, False, True, False, False, False, False, False, False]  # fmt: skip
    work = Work("adult_urls", "all", {"list": (file,)}, {}, tmp_path / "out")
    assert adult_urls(work) == {"addresses": 4}
    assert UrlList.read(tmp_path / "out" / "urls.npy").hashes.tolist() == urls.hashes.tolist()


def test_a_listed_address_alone_quarantines_but_does_not_reach_the_drop_band(tmp_path: Path) -> None:
    file = tmp_path / "list.txt"
    file.write_text("bad.example\n", "utf-8")
    signals = AdultContent(AdultOptions(), {"adult_urls": file})
    result = signals(_batch(["a", "b", "c"], ["yo"] * 3, ["http://bad.example", "http://good.example", ""]))
    assert result["adult_url"].to_pylist() == [True, False, None]
    assert result["adult_score"].to_pylist() == [pytest.approx(0.8), 0.0, None]


def test_without_lists_every_value_is_null() -> None:
    result = AdultContent()(_batch(["zorbo"], ["en"], ["http://bad.example"]))
    assert {name for name in result.schema.names if result[name].null_count == 0} == {"adult_mentions"}


def test_a_file_that_is_no_package_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "words.tgz"
    file.write_bytes(b"no archive")
    with pytest.raises(SourceError, match=r"words\.tgz"):
        word_lists(file)


def test_a_folder_of_the_user_serves_any_language(tmp_path: Path) -> None:
    (tmp_path / "yo.txt").write_text("# reviewed by a speaker\nzorbo\n", "utf-8")
    assert set(read_words(tmp_path).by_language) == {"yo"}
    assert AdultContent(AdultOptions(), {"adult_words": tmp_path}).count(
        _batch(["zorbo"], ["yo"]), ["yo"]
    ).strong.tolist() == [1]


def test_words_accepted_by_a_reviewer_count_for_a_language_without_a_list(package: Path) -> None:
    signals = AdultContent(AdultOptions(accepted={"yo": ("zorbo", "quax")}), {"adult_words": package})
    result = signals(_batch(["zorbo quax here", "flimmed"], ["yo", "sw"]))
    assert result["adult_flagged_ratio"].to_pylist() == [2 / 3, None]
    assert result["adult_evidence"].to_pylist() == ["words", None]
    assert AdultContent(AdultOptions(accepted={"yo": ("zorbo",)})).tables.keys() == {"yo"}


def test_swearing_and_slurs_are_no_evidence_and_slang_only_where_kinds_of_it_meet(package: Path) -> None:
    signals = AdultContent(AdultOptions(), {"adult_words": package})
    texts = [
        "bitch bitch bitch",
        "the cock crows and crows",
        "naked cock",
        "naked cock " + "plain words " * 200,
    ]
    swearing, one, two, long = _scores(signals, texts)
    assert swearing == one == 0
    assert two > 0.5
    assert long < 0.25


def test_words_of_health_outweigh_what_sex_education_says(package: Path) -> None:
    signals = AdultContent(AdultOptions(), {"adult_words": package})
    frank = "naked cock and zorbo and vagina"
    advice = "the clinic says a condom prevents infection and pregnancy"
    sold, taught = _scores(signals, [frank, f"{frank} {advice}"])
    assert sold > 0.75
    assert taught < 0.2


@pytest.mark.parametrize(
    ("text", "disguised", "links"),
    [
        ("q4ax", 0, 0), ("qu4x", 1, 0), ("QU4X!", 1, 0), ("z0rbo", 1, 0), ("z0rb0", 1, 0), ("z*rbo", 1, 0),
        ("zorbo", 0, 0), ("q u a x", 1, 0), ("q.u.a.x", 1, 0), ("q\nu\na\nx", 0, 0), ("a q u a x", 0, 0),
        ("quaaax", 1, 0), ("qu<!-- y -->ax", 1, 0), ("ｑｕａｘ", 1, 0), ("quаx", 1, 0), ("куах", 0, 0),
        ("$4", 0, 0), ("100", 0, 0), ("see http://www.pornhouse.example/a", 0, 1),
        ("www.pornhouse.example", 0, 1), ("http://a.example/porn", 0, 0), ("http://", 0, 0), ("www.", 0, 0),
        ("<!--", 0, 0), ("q<!-- ", 0, 0), ("", 0, 0), ("q!", 0, 0),
    ],
)  # fmt: skip
def test_disguised_words_and_hosts_are_found_and_plain_ones_left_to_the_lists(
    text: str, disguised: int, links: int, package: Path
) -> None:
    signals = AdultContent(AdultOptions(), {"adult_words": package})
    found = signals.count(_batch(["x", text, "x"], ["en"] * 3), ["en"] * 3)
    assert found.spelling.tolist() == [[0, 0], [disguised, links], [0, 0]]


def test_evidence_and_mentions_are_named_and_mentions_are_no_evidence(package: Path) -> None:
    signals = AdultContent(AdultOptions(), {"adult_words": package})
    texts = ["zorbo z0rbo http://porn.example", "the doctor and the church and the women", "plain"]
    result = signals(_batch([*texts, "plain"], ["en", "en", "en", "yo"]))
    assert result["adult_evidence"].to_pylist() == ["words+spelling+links", "", "", None]
    assert result["adult_mentions"].to_pylist() == ["", "identity+health+religion", "", None]
    assert result["adult_score"].to_pylist()[1:] == [0, 0, None]


def test_a_verdict_of_a_reviewer_replaces_the_score(package: Path) -> None:
    reviewed = {"web": {f"{0:032x}": False, f"{2:032x}": True}}
    signals = AdultContent(AdultOptions(reviewed=reviewed), {"adult_words": package})
    texts = ["zorbo flimmed quax", "zorbo flimmed quax", "plain"]
    result = signals(_batch(texts, ["en", "en", "yo"]))
    assert result["adult_score"].to_pylist() == [0.0, pytest.approx(0.9, abs=0.02), 1.0]
    assert result["adult_reviewed"].to_pylist() == [False, None, True]
    assert result["adult_evidence"].to_pylist() == ["words", "words", "reviewer"]


def test_candidates_are_the_words_that_mark_documents() -> None:
    texts = ["zorbo and the plain words", "plain words and the others"] * 20
    batch = _batch(texts, ["yo"] * 40)
    counts = count_words([(batch, np.array([True, False] * 20))])
    assert counts.marked["zorbo"] == 20
    assert counts.others["zorbo"] == 0
    found = candidates(counts)
    assert found[0].word == "zorbo"
    assert found[0].rank > 3 * abs(found[1].rank)
    assert candidates(counts, least_documents=21) == []


def test_each_natural_language_is_said_to_have_a_list_or_none() -> None:
    natural = {code for code in LANGUAGES if not code.startswith("code-")}
    assert set(LISTED) | set(UNLISTED) == natural
    assert not set(LISTED) & set(UNLISTED)


def test_the_longest_entry_wins_and_equal_entries_take_the_higher_tier() -> None:
    table = flagged.table(
        [((1,), flagged.WEAK), ((1, 2), flagged.STRONG), ((3,), flagged.WEAK), ((3,), flagged.STRONG)]
    )
    hashes = np.array([1, 2, 9, 3, 9], np.uint64)
    result = flagged.count(hashes, np.array([0, 5], np.int64), np.array([0]), table)
    assert result.tolist() == [[0, 0, 0, 0, 3, 2]]


def test_platt_gives_a_rising_curve_through_the_labels() -> None:
    scores = np.linspace(-3, 3, 400)
    labels = (np.sin(np.arange(400) * 12.9898) * 3 < scores).astype(np.float64)
    slope, shift = platt(scores, labels)
    p = 1 / (1 + np.exp(-(slope * scores + shift)))
    assert slope > 0
    assert p.mean() == pytest.approx(labels.mean(), abs=0.02)


def _documents(path: Path, positives: int, negatives: int) -> None:
    """Adult documents hold listed words and a context of their own; clean ones have another context."""
    random = np.random.Generator(np.random.PCG64(5))
    hot = [f"hot{i}" for i in range(60)]
    cold = [f"cold{i}" for i in range(60)]
    both = [f"word{i}" for i in range(200)]
    texts = []
    for i in range(positives + negatives):
        context = hot if i < positives else cold
        words = [*random.choice(context, 8), *random.choice(both, 30)]
        if i < positives:
            words += ["zorbo", "flimmed", "quax", "pluvy dorn", "zorbo", "mixtral"]
        texts.append(" ".join(random.permutation(words).tolist()))
    count = len(texts)
    table = pa.table(
        {
            "id": [f"{i:032x}" for i in range(count)],
            "language": ["en"] * count,
            "text": pa.array(texts, pa.large_string()),
            "url": ["http://bad.example/x" if i < positives else "" for i in range(count)],
        }
    )
    pq.write_table(table, path)


def _train(tmp_path: Path, package: Path, positives: int) -> tuple[dict[str, int], Path]:
    documents, urls = tmp_path / "documents.parquet", tmp_path / "list.txt"
    _documents(documents, positives, 900)
    urls.write_text("bad.example\n", "utf-8")
    inputs = {"documents": (documents,), "adult_words": (package,), "adult_urls": (urls,)}
    labels = Work("adult_labels", "a/0", inputs, {"negatives": 0.9, "seed": 1}, tmp_path / "labels")
    counts = adult_labels(labels)
    assert counts["positives"] == positives
    work = Work(
        "adult_model", "all",
        {"labels": (tmp_path / "labels" / "labels.parquet",), "adult_words": (package,)},
        {"seed": 1, "negatives": 0.9}, tmp_path / "model",
    )  # fmt: skip
    return adult_model(work), tmp_path / "model" / "adult.npz"


def test_the_classifier_learns_the_context_and_not_the_labelling_words(tmp_path: Path, package: Path) -> None:
    counts, path = _train(tmp_path, package, 300)
    assert counts["languages"] == 1
    signals = AdultContent(AdultOptions(), {"adult_model": path})
    hot = " ".join(f"hot{i} word{i}" for i in range(12))
    cold = " ".join(f"cold{i} word{i}" for i in range(12))
    words = "zorbo flimmed quax pluvy dorn"
    result = signals(_batch([hot, cold, f"{cold} {words}", hot], ["en", "en", "en", "fr"]))
    warm, cool, masked, other = result["adult_classifier"].to_pylist()
    assert warm > 0.9
    assert cool < 0.1
    assert masked < 0.2
    assert other is None


def test_what_looks_suspicious_and_holds_a_listed_word_is_quarantined_and_no_more(
    tmp_path: Path, package: Path
) -> None:
    _, path = _train(tmp_path, package, 300)
    model = AdultClassifier.load(path)
    assert model is not None
    strict = {"en": model.calibration["en"]._replace(shift=-60.0)}  # no probability, only suspicion
    signals = AdultContent(AdultOptions(), {"adult_words": package})
    signals.classifier = AdultClassifier(model.weights, model.masked, strict)
    plain = " ".join(f"hot{i} word{i}" for i in range(12))
    hot = f"naked {plain}"
    cold = "naked " + " ".join(f"cold{i} word{i}" for i in range(12))
    short = "naked " + " ".join(f"hot{i}" for i in range(12))
    result = signals(_batch([hot, cold, short, f"{hot} the doctor and the hospital", plain], ["en"] * 5))
    assert result["adult_score"].to_pylist() == pytest.approx([SUSPICIOUS_SCORE, 0, 0, 0, 0])
    assert result["adult_evidence"].to_pylist() == ["classifier", "", "", "", ""]


@pytest.mark.parametrize(
    "unit",
    [
        "a ",
        "z*",
        "z.",
        "http://",
        "www.porn",
        "<!--",
        "q u a x ",
        "$",
        "zorbo ",
        "pluvy ",
        "\u200b",
        "字",
        "é",
        "\0",
    ],
)
def test_time_grows_linearly_on_hostile_text(unit: str, package: Path) -> None:
    signals = AdultContent(AdultOptions(), {"adult_words": package})

    def seconds(size: int) -> float:
        batch = _batch([unit * (size // len(unit.encode()))], ["en"])
        begun = time.process_time()
        score = signals(batch)["adult_score"][0].as_py()
        assert 0 <= score <= 1
        return time.process_time() - begun

    seconds(1000)
    # Quadratic work would take 16 times as long; generous for a busy machine.
    assert seconds(800_000) < 9 * seconds(200_000) + 0.5


def test_training_twice_gives_the_same_bytes(tmp_path: Path, package: Path) -> None:
    (tmp_path / "1").mkdir()
    (tmp_path / "2").mkdir()
    first = _train(tmp_path / "1", package, 220)[1].read_bytes()
    assert _train(tmp_path / "2", package, 220)[1].read_bytes() == first


def test_with_too_few_positives_there_is_no_classifier_and_the_signal_is_null(
    tmp_path: Path, package: Path
) -> None:
    counts, path = _train(tmp_path, package, LEAST_POSITIVES // 2)
    assert counts["languages"] == 0
    assert AdultClassifier.load(path) is None
    result = AdultContent(AdultOptions(), {"adult_model": path})(_batch(["hot1 hot2"], ["en"]))
    assert result["adult_classifier"].to_pylist() == [None]


def test_a_corpus_without_labelled_documents_trains_no_classifier(tmp_path: Path, package: Path) -> None:
    documents = tmp_path / "documents.parquet"
    _documents(documents, 0, 5)
    inputs = {"documents": (documents,), "adult_words": (package,)}
    work = Work("adult_labels", "a/0", inputs, {"negatives": 0.0, "seed": 1}, tmp_path / "labels")
    assert adult_labels(work) == {"positives": 0, "negatives": 0, "doubtful": 0}
    labels = (tmp_path / "labels" / "labels.parquet",)
    model = Work(
        "adult_model",
        "all",
        {"labels": labels, "adult_words": (package,)},
        {"seed": 1, "negatives": 0.0},
        tmp_path / "model",
    )
    assert adult_model(model) == {"positives": 0, "negatives": 0, "languages": 0}
    assert AdultClassifier.load(tmp_path / "model" / "adult.npz") is None


@pytest.mark.parametrize("name", ["pii", "adult"])
def test_shipped_filters_name_columns_that_exist(name: str) -> None:
    from ruamel.yaml import YAML

    from corpus.signal import declared
    from corpus.signals.pii import PersonalData

    data = YAML(typ="safe").load((Path(__file__).parents[1] / "filters" / f"{name}.yaml").read_text("utf-8"))
    columns = {
        column
        for signal in (declared(AdultContent), declared(PersonalData))
        for column in getattr(signal, "columns", {})
    }
    recipe = FilterFile.model_validate(data)
    assert recipe.filters
    assert {item.signal for item in recipe.filters.values()} <= columns
