import numpy as np
import pyarrow as pa
import pytest

from corpus.batch import Batch
from corpus.recipe import DedupOptions, FingerprintOptions, MinHashOptions, UrlOptions, UrlRule
from corpus.signal import declared
from corpus.signals.fingerprint import Fingerprint, sketch_array, sketch_column
from corpus.signals.url_key import UrlKeys


def measure(texts, options=None, urls=None):
    batch = Batch(
        pa.record_batch(
            {
                "source": ["s"] * len(texts),
                "language": ["en"] * len(texts),
                "text": pa.array(texts, pa.large_string()),
                "url": urls or [""] * len(texts),
            }
        )
    )
    signal = declared(Fingerprint)
    return signal.measure(signal.build(options), batch)


TEXTS = ["", "one", "one two three four five six", "天地玄黃宇宙洪荒", "!", "ሰላም ለዓለም", "x" * 100_000, "a\0b"]


def test_one_batch_and_single_documents_give_the_same():
    together = measure(TEXTS)
    assert together.num_rows == len(TEXTS)
    for row, text in enumerate(TEXTS):
        assert measure([text]).to_pylist() == together.slice(row, 1).to_pylist()


def test_texts_without_words_have_no_signature():
    found = measure(["", "!!!", "word"])
    assert found["minhash"].is_valid().to_pylist() == [False, False, True]
    assert found["shingle_count"].to_pylist() == [0, 0, 1]


def test_capitals_and_punctuation_do_not_change_the_signature_but_the_content_hash():
    first, second = measure(["One, two three four five.", "one two three four five"]).to_pylist()
    assert first["minhash"] == second["minhash"]
    assert first["content_hash"] != second["content_hash"]


def test_columns_not_asked_for_are_null():
    found = measure(["a"], FingerprintOptions(normalise=None, url=None, minima=0), ["https://x.org/"])
    assert [found[name].null_count for name in ("content_hash", "url_hash", "minhash")] == [1, 1, 1]
    assert DedupOptions().fingerprint is None


def test_the_threshold_chooses_bands_and_rows_but_not_what_is_measured():
    shapes = {t: MinHashOptions(threshold=t).shape for t in (0.5, 0.7, 0.8, 0.9)}
    assert shapes[0.7] == (21, 6)
    for threshold, (bands, rows) in shapes.items():
        similar = min(threshold + 0.1, (1 + threshold) / 2)
        assert (1 - similar**rows) ** bands <= 0.005
        options = DedupOptions(minhash=MinHashOptions(threshold=threshold))
        assert len(measure(["a b c"], options)["minhash"][0].as_py()) == 2 * 128


def test_bands_that_need_more_minima_are_refused():
    with pytest.raises(ValueError, match="need minima: 256"):
        MinHashOptions(bands=32, rows=8)
    with pytest.raises(ValueError, match="together"):
        MinHashOptions(bands=32)
    assert MinHashOptions(bands=32, rows=8, minima=256).shape == (32, 8)


def test_signature_columns_survive_the_way_to_arrays_and_back():
    rng = np.random.default_rng(1)
    sketches = rng.integers(0, 1 << 16, (9, 4)).astype(np.uint16)
    valid = np.array([True, False, True, True, False, True, True, True, False])
    column = sketch_column(sketches, valid)
    for start, stop in ((0, 9), (1, 9), (3, 4), (2, 5)):
        found, found_valid = sketch_array(column.slice(start, stop - start))
        assert (found_valid == valid[start:stop]).all()
        assert (found[found_valid] == sketches[start:stop][found_valid]).all()


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/a/b?x=1&y=2",
        "http://www.example.org/a/b/?y=2&x=1",
        "https://example.org:443/a/b/index.html?x=1&y=2#part",
        "https://EXAMPLE.org/a/%62?x=1&utm_source=z&y=2&gclid=3",
    ],
)
def test_spellings_of_one_url_have_one_key(url):
    assert UrlKeys(UrlOptions()).key(url) == "example.org/a/b?x=1&y=2"


@pytest.mark.parametrize(
    "url", ["", "debian:package", "not a url", "https://", "file:///etc/x", "http://[x/"]
)
def test_what_is_no_web_address_has_no_key(url):
    assert UrlKeys(UrlOptions()).key(url) == ""


def test_pages_stay_apart():
    keys = UrlKeys(UrlOptions())
    urls = [
        "https://x.org/a",
        "https://x.org/A",
        "https://x.org/a?p=1",
        "https://x.org:8080/a",
        "https://y.org/a",
    ]
    assert len({keys.key(url) for url in urls}) == len(urls)


def test_a_source_may_have_a_rule_of_its_own():
    keys = UrlKeys(UrlOptions(sources={"news": UrlRule(query="drop", cut=("/amp",))}))
    assert keys.key("https://x.org/1/amp?s=2", "news") == keys.key("https://x.org/1", "news") == "x.org/1"
    assert keys.key("https://x.org/1/amp?s=2", "other") == "x.org/1/amp?s=2"


def test_only_web_addresses_have_a_url_hash():
    found = measure(["a", "b", "c"], None, ["https://x.org/a", "debian:x", "http://x.org/a/"])[
        "url_hash"
    ].to_pylist()
    assert found[0] == found[2] is not None
    assert found[1] is None
