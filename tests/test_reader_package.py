"""Packages: the parsers for what is inside, and the way from a package file to documents."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from corpus.errors import SourceError
from corpus.readers import Record, Unit, Unreadable, list_units, read_unit
from corpus.readers.catalogue import read_mo, read_po
from corpus.readers.parsers import PARSERS
from corpus.recipe import PackageReader, SourceRecipe


def reader(parser: str, **more: Any) -> PackageReader:
    base = {"type": "package", "registry": "npm", "package": "p", "version": "1", "sha256": "0" * 64}
    return PackageReader(**{**base, "parser": parser, **more})


def parse(parser: str, data: str | bytes, name: str = "a", **more: Any) -> list[str]:
    raw = data if isinstance(data, bytes) else data.encode()
    return [one.text for one in PARSERS[parser](name, raw, reader(parser, **more)) if isinstance(one, Record)]


def refusal(parser: str, data: str | bytes, name: str = "a") -> str:
    raw = data if isinstance(data, bytes) else data.encode()
    (found,) = PARSERS[parser](name, raw, reader(parser))
    assert isinstance(found, Unreadable)
    return found.error


# ---------------------------------------------------------------- HTML

PAGE = """<!DOCTYPE html><html><head><title>The  page</title><script>var hidden = 1;</script></head>
<body><header>Site name</header><nav><a href="/">Home</a></nav><div class="side-bar">Menu</div>
<main><h1>Heading</h1><p>First <b>bold</b>, then
a line&nbsp;break.<br>After it.</p><ul><li>one<li>two</ul>
<table><tr><td>left</td><td>right</td></tr></table><pre>  code {
    more }
</pre><h2>Second</h2><p>Last words.</p></main><footer>Copyright</footer></body></html>"""


def test_html_gives_the_main_text_and_no_furniture() -> None:
    (text,) = parse("html", PAGE)
    assert text.split("\n") == [
        *("Heading", "", "First bold, then a line\u00a0break.", "After it.", "", "one", "two", ""),
        *("left right", "", "  code {", "    more }", "", "Second", "", "Last words."),
    ]


@pytest.mark.parametrize(
    "data",
    [
        "<p>déjà – vu".encode(),
        '<?xml version="1.0" encoding="UTF-8"?><meta charset="latin1"><p>déjà – vu'.encode(),
        '<?xml version="1.0" encoding="windows-1252"?><p>déjà – vu'.encode("cp1252"),
        '<meta charset="iso-8859-1"><p>déjà – vu'.encode("cp1252"),
        '<meta http-equiv="Content-Type" content="text/html; charset=utf-16"><p>déjà – vu'.encode(),
        '<meta charset="klingon"><p>déjà – vu'.encode(),
        '<meta charset="hex"><p>déjà – vu'.encode(),
        '<meta charset="ascii"><p>déjà – vu'.encode("utf-16"),
        "<p>déjà – vu".encode("utf-8-sig"),
        '<META CONTENT="text/html;charset=koi8-r"><p>пример'.encode("koi8-r"),
    ],
)
def test_html_is_decoded_as_it_declares(data: bytes) -> None:
    assert parse("html", data)[0] in ("déjà – vu", "пример")


def test_html_that_declares_no_encoding_is_not_guessed() -> None:
    data = "<p>déjà – vu".encode("cp1252")
    assert "declares no encoding and is not utf-8" in refusal("html", data)
    assert parse("html", data, encoding="windows-1252") == ["déjà – vu"]


def test_html_sections_begin_at_headings_and_the_title_is_kept() -> None:
    records = list(PARSERS["html"]("a", PAGE.encode(), reader("html", split="section")))
    assert [record.text.split("\n")[0] for record in records if isinstance(record, Record)] == [
        "Heading",
        "Second",
    ]
    assert [record.meta for record in records if isinstance(record, Record)] == [{"title": "The page"}] * 2
    assert [record.row for record in records] == [0, 1]


def test_html_lists_of_links_go_and_links_in_prose_stay() -> None:
    links = "".join(f'<li><a href="{n}">Chapter number {n}</a></li>' for n in range(6))
    prose = (
        "<p>"
        + " ".join(f'See <a href="{n}">part {n}</a> of the long explanation.' for n in range(6))
        + "</p>"
    )
    (text,) = parse("html", f"<body><ul>{links}</ul>{prose}</body>")
    assert "Chapter" not in text
    assert text.startswith("See part 0 of the long explanation.")


def test_cells_of_a_table_stay_apart_in_every_script() -> None:
    table = "<table><tr>\n<th>软件包</th>\n<th>大小</th>\n</tr><tr><td>a</td><td>1</td></tr></table>"
    assert parse("html", table) == ["软件包 大小\na 1"]


def test_html_line_breaks_between_han_characters_leave_no_space() -> None:
    assert parse("html", "<p>第一行\n第二行 English\n words</p>") == ["第一行第二行 English words"]


@pytest.mark.parametrize("encoding", ["utf-8", "windows-1252"])
def test_html_is_read_in_the_encoding_it_declares(encoding: str) -> None:
    page = f'<html><head><meta charset="{encoding}"></head><body><p>déjà vu</p></body></html>'
    assert parse("html", page.encode(encoding)) == ["déjà vu"]


def test_html_tags_that_are_never_closed_lose_no_word() -> None:
    page = "<body>" + "".join(f"<font>word{number} " for number in range(1500))
    assert parse("html", page) == [" ".join(f"word{number}" for number in range(1500))]
    assert "nested too deeply to be read whole, line 1" in refusal("html", "<font>word " * 3000)


def test_html_menus_inside_one_another_are_told_in_no_time() -> None:
    start = time.process_time()
    (text,) = parse("html", "<div><a href=x>one</a> <a href=x>two</a> and more words " * 1000)
    assert time.process_time() - start < 2
    assert text.count("and more words") == 1000


def test_html_without_a_page_is_unreadable_or_empty() -> None:
    assert "not an HTML page" in refusal("html", b"")
    assert parse("html", "<html><head><title>only</title></head></html>") == []


# ---------------------------------------------------------------- manuals

MALLARD = """<?xml version="1.0"?><page xmlns="http://projectmallard.org/1.0/" id="a">
<info><link type="guide"/>
<credit><name>Somebody</name></credit><desc>Hidden</desc></info><title>Title</title>
<p>Press <gui>OK</gui>
and <code>wait</code>.</p><steps><item><p>First.</p></item><item><p>Second.</p></item></steps>
<section><title>More</title><media type="image" src="a.png">alt</media><screen>$ ls
$ cd</screen></section></page>"""

DOCBOOK = """<?xml version="1.0"?><!DOCTYPE article [<!ENTITY product "Corpus">]>
<article><info><author/>x</info>
<title>About &product;</title><para>It is <emphasis>good</emphasis>.
<indexterm><primary>good</primary></indexterm>
</para><section><title>Next</title><itemizedlist><listitem><para>point</para></listitem></itemizedlist>
<programlisting>a = 1
  b</programlisting></section></article>"""


def test_mallard_and_docbook_give_running_text() -> None:
    (text,) = parse("mallard", MALLARD)
    assert text == "Title\n\nPress OK and wait.\n\nFirst.\n\nSecond.\n\nMore\n\n$ ls\n$ cd"
    (text,) = parse("docbook", DOCBOOK)
    assert text == "About Corpus\n\nIt is good.\n\nNext\n\npoint\n\na = 1\n  b"
    assert [part.split("\n")[0] for part in parse("docbook", DOCBOOK, split="section")] == [
        "About Corpus",
        "Next",
    ]


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 9))


@pytest.mark.parametrize(
    ("declaration", "why"),
    [
        (f'<!ENTITY l0 "lol">{LAUGHS}', "entity expansion"),
        ('<!ENTITY x SYSTEM "file:///etc/passwd">', "outside the document"),
        ('<!ENTITY x PUBLIC "a" "http://example.invalid/x">', "outside the document"),
        ('<!ENTITY % p "text">', "outside the document"),
        (f'<!ENTITY x "{"a" * 2001}">', "too many or too long"),
        ("".join(f'<!ENTITY x{n} "a">' for n in range(501)), "too many or too long"),
    ],
)
def test_entities_that_expand_or_reach_outside_are_refused(declaration: str, why: str) -> None:
    document = f"<!DOCTYPE a [{declaration}]><a><p>&x;&l8;</p></a>"
    assert why in refusal("docbook", document)
    assert why in refusal("mallard", document.encode("utf-16"))


def test_broken_and_bottomless_xml_is_unreadable() -> None:
    assert "not well-formed" in refusal("docbook", "<a><b></a>")
    assert "not well-formed" in refusal("docbook", "<a>" * 100_000)
    assert "not well-formed" in refusal("docbook", "<a>" * 5000 + "</a>" * 5000)


# ---------------------------------------------------------------- catalogues

PAIRS = [
    ("Open the file now", "Vula ifayela manje khona"),
    ("OK", "Kulungile"),
    ("one|%d files are left", "kusele ifayela elilodwa nje"),
    ("Not translated at all", "Not translated at all"),
    ("Open the file", "Vula ifayela manje khona"),
]


def compiled(pairs: list[tuple[str, str]], order: str) -> bytes:
    keys = [key.encode() for key, _ in [("", "header\n"), *pairs]]
    values = [value.encode() for _, value in [("", "header\n"), *pairs]]
    count, at = len(keys), 28 + 16 * len(keys)
    tables, body = b"", b""
    for text in [*keys, *values]:
        tables += struct.pack(f"{order}2I", len(text), at + len(body))
        body += text + b"\0"
    return struct.pack(f"{order}7I", 0x950412DE, 0, count, 28, 28 + 8 * count, 0, 0) + tables + body


@pytest.mark.parametrize("order", ["<", ">"])
def test_compiled_catalogues_give_translated_sentences_once(order: str) -> None:
    data = compiled(PAIRS, order)
    assert read_mo(data) == PAIRS
    assert parse("catalogue", data, "a.mo") == ["Vula ifayela manje khona\nkusele ifayela elilodwa nje"]
    assert len(parse("catalogue", data, "a.mo", split="paragraph")) == 2


def test_a_compiled_catalogue_is_read_as_gettext_reads_it() -> None:
    import gettext

    catalogue = gettext.GNUTranslations(io.BytesIO(compiled(PAIRS, "<")))
    assert [(key, catalogue.gettext(key)) for key, _ in PAIRS] == PAIRS


@pytest.mark.parametrize("cut", [3, 20, 40, 150, -1])
def test_a_damaged_catalogue_is_unreadable(cut: int) -> None:
    data = compiled(PAIRS, "<")
    assert refusal("catalogue", data[:cut] if cut > 0 else data[:-20], "a.mo")


PO = r"""# comment
msgid ""
msgstr "Language: zu\n"

#: place
msgctxt "menu"
msgid "Open the file now"
msgstr ""
"Vula ifayela "
"manje\tkhona"

#, fuzzy
msgid "Guessed by a machine only"
msgstr "Akuyona le neze nje"

msgid "one file is left"
msgid_plural "%d files are left"
msgstr[0] "kusele ifayela elilodwa nje"
msgstr[1] "kusele amafayela angu-%d"

#~ msgid "obsolete message is here"
#~ msgstr "umlayezo omdala ulapha namanje"
"""


def test_written_catalogues_give_current_translations() -> None:
    assert read_po(PO) == [
        ("Open the file now", "Vula ifayela manje\tkhona"),
        ("one file is left", "kusele ifayela elilodwa nje"),
        ("one file is left", "kusele amafayela angu-%d"),
    ]
    assert "without quotes" in refusal("catalogue", 'msgid "a"\nmsgstr broken', "a.po")


def test_json_catalogues_give_every_sentence_and_skip_what_is_about_the_file() -> None:
    data = '{"@metadata": {"authors": ["Somebody with a long name"]}, "a": "Ẹ ṣe gan-an ni o",'
    data += '"b": ["ok", {"c": "Ẹ ṣe gan-an ni o", "d": "這個訊息有超過十二個字所以會被收進來"}], "n": 5}'
    assert parse("json-catalogue", data) == ["Ẹ ṣe gan-an ni o\n這個訊息有超過十二個字所以會被收進來"]
    assert "not JSON" in refusal("json-catalogue", "{")


@pytest.mark.parametrize(
    ("parser", "data"),
    [
        ("html", "<div>" * 50_000 + "deep" + "</div>" * 50_000),
        ("html", "<b>" * 50_000),
        ("json-catalogue", "[" * 900 + '"a message of four words"' + "]" * 900),
        ("json-catalogue", "[" * 100_000),
    ],
)
def test_bottomless_nesting_ends_in_text_or_a_named_error(parser: str, data: str) -> None:
    for found in PARSERS[parser]("a", data.encode(), reader(parser)):
        assert isinstance(found, Record) or found.error


def test_long_catalogues_are_cut_into_documents_of_about_four_thousand_characters() -> None:
    data = "[" + ",".join(f'"message with the number {n} in it"' for n in range(1000)) + "]"
    whole = parse("json-catalogue", data)[0]
    parts = parse("json-catalogue", data, split="section")
    assert "\n".join(parts) == whole
    assert all(3900 < len(part) < 4200 for part in parts[:-1])


# ---------------------------------------------------------------- from package to documents

FILES = {
    "package/yo/a.html": b"<p>Ojo dara loni pupo</p>",
    "package/yo/b.html.gz": gzip.compress(b"<p>E kaabo si ile wa</p>"),
    "package/en/a.html": b"<p>It is a fine day</p>",
    "package/en/bad.html": b"",
    "package/README.md": b"not asked for",
}


@pytest.fixture
def package(tmp_path: Path) -> Path:
    path = tmp_path / "p-1-000000000000"
    with tarfile.open(path, "w:gz") as tar:
        for name, data in FILES.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def source(languages: dict[str, Any], parser: str = "html", **more: Any) -> SourceRecipe:
    return SourceRecipe(licence="CC0-1.0", reader=reader(parser), languages=languages, **more)


def test_members_become_units_of_their_language_and_units_become_documents(package: Path) -> None:
    recipe = source({"yo": ("*/yo/*",), "en": ("*/en/*",)})
    units = list_units("demo", recipe, package)
    assert units == sorted(
        [
            Unit("package/yo/a.html", "yo", len(FILES["package/yo/a.html"])),
            Unit("package/yo/b.html.gz", "yo", len(FILES["package/yo/b.html.gz"])),
            Unit("package/en/a.html", "en", len(FILES["package/en/a.html"])),
            Unit("package/en/bad.html", "en", 0),
        ]
    )
    found = {unit.name: list(read_unit("demo", recipe, package, unit)) for unit in units}
    assert found["package/yo/b.html.gz"] == [Record("E kaabo si ile wa")]
    assert found["package/en/a.html"] == [Record("It is a fine day")]
    assert isinstance(found["package/en/bad.html"][0], Unreadable)


def test_patterns_that_match_no_member_and_missing_packages_are_errors(package: Path) -> None:
    with pytest.raises(SourceError, match=r"'fr': pattern '\*/fr/\*' matches no file"):
        list_units("demo", source({"fr": ("*/fr/*",)}), package)
    with pytest.raises(SourceError, match="fetch it first"):
        list_units("demo", source({"en": ()}), package.with_name("gone"))


def test_a_package_can_hold_code(tmp_path: Path) -> None:
    path = tmp_path / "wheel"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/one.py", "x = 1\n")
        archive.writestr("a/two.h", "typedef struct a { int b; } a;\n")
        archive.writestr("a/notes.txt", "none")
    recipe = source({"code-python": (), "code-c": ("a/*.h",)}, "code")
    assert [(unit.name, unit.language) for unit in list_units("demo", recipe, path)] == [
        ("a/one.py", "code-python"),
        ("a/two.h", "code-c"),
    ]


def test_text_members_are_cut_as_asked() -> None:
    data = "first\n\nsecond\n\n" + "third " * 900
    assert len(parse("text", data)) == 1
    assert parse("text", data, split="paragraph")[:2] == ["first", "second"]
    assert [len(part) > 4000 for part in parse("text", "third word\n\n" * 900, split="section")] == [
        True,
        True,
        False,
    ]
    assert "for example windows-1252" in refusal("text", b"caf\xe9")
    assert parse("text", b"caf\xe9", encoding="windows-1252") == ["café"]
