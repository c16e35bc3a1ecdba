"""The languages `corpus` knows: 46 natural languages of ROOTS and 13 programming languages.

Sources: ROOTS (Laurençon et al. 2022, arXiv 2303.03915, table of languages), BCP-47, ISO 639-3, ISO 15924.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["LANGUAGES", "UNDETERMINED", "Language", "is_code", "is_known"]

UNDETERMINED = "und"


class Language(NamedTuple):
    """One row of the table.

    `script` is an ISO 15924 code; `genus` is the family unit used to group related languages;
    `regions` are ISO 3166 codes where the language is used in daily life, most speakers first.
    """

    code: str
    name: str
    iso639_3: str
    script: str
    genus: str
    regions: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()


_TABLE = """
en      English             eng Latn Germanic             US GB IN NG ZA CA AU KE GH
zh-Hans Simplified-Chinese  zho Hans Chinese              CN SG
fr      French              fra Latn Romance              FR CA BE CH CD CI SN CM
es      Spanish             spa Latn Romance              ES MX CO AR PE VE CL EC GT
pt      Portuguese          por Latn Romance              BR PT AO MZ
ar      Arabic              arb Arab Semitic              EG SA DZ MA IQ SD SY AE JO TN
vi      Vietnamese          vie Latn Viet-Muong           VN
hi      Hindi               hin Deva Indic                IN
id      Indonesian          ind Latn Malayo-Sumbawan      ID
bn      Bengali             ben Beng Indic                BD IN
ca      Catalan             cat Latn Romance              ES AD
ta      Tamil               tam Taml Southern-Dravidian   IN LK SG MY
ml      Malayalam           mal Mlym Southern-Dravidian   IN
te      Telugu              tel Telu South-Central-Dravidian IN
ur      Urdu                urd Arab Indic                PK IN
ne      Nepali              nep Deva Indic                NP IN
eu      Basque              eus Latn Basque               ES FR
kn      Kannada             kan Knda Southern-Dravidian   IN
mr      Marathi             mar Deva Indic                IN
pa      Punjabi             pan Guru Indic                IN
gu      Gujarati            guj Gujr Indic                IN
or      Odia                ori Orya Indic                IN
zh-Hant Traditional-Chinese zho Hant Chinese              TW HK MO
as      Assamese            asm Beng Indic                IN
sw      Swahili             swh Latn Bantoid              TZ KE UG CD
yo      Yoruba              yor Latn Defoid               NG BJ
rw      Kinyarwanda         kin Latn Bantoid              RW
xh      isiXhosa            xho Latn Bantoid              ZA
ig      Igbo                ibo Latn Igboid               NG
zu      isiZulu             zul Latn Bantoid              ZA
sn      chiShona            sna Latn Bantoid              ZW
lg      Luganda             lug Latn Bantoid              UG
wo      Wolof               wol Latn Wolof                SN GM
rn      Kirundi             run Latn Bantoid              BI
fon     Fon                 fon Latn Kwa                  BJ
nso     Northern-Sotho      nso Latn Bantoid              ZA
ln      Lingala             lin Latn Bantoid              CD CG
tn      Setswana            tsn Latn Bantoid              BW ZA
tw      Twi                 twi Latn Kwa                  GH
ny      Chichewa            nya Latn Bantoid              MW ZM
st      Sesotho             sot Latn Bantoid              LS ZA
ts      Xitsonga            tso Latn Bantoid              ZA MZ
ak      Akan                aka Latn Kwa                  GH
bm      Bambara             bam Latn Western-Mande        ML
ki      Kikuyu              kik Latn Bantoid              KE
tum     Chitumbuka          tum Latn Bantoid              MW ZM
"""

_CODE_TABLE = """
code-c          C           c h
code-cpp        C++         cpp cc cxx hpp hh hxx
code-csharp     C#          cs
code-go         Go          go
code-java       Java        java
code-javascript JavaScript  js mjs cjs jsx
code-lua        Lua         lua
code-php        PHP         php phpt php3 php4 php5 phps
code-python     Python      py pyi
code-ruby       Ruby        rb
code-rust       Rust        rs
code-scala      Scala       scala sc
code-typescript TypeScript  ts tsx mts cts
"""


def _natural(line: str) -> Language:
    code, name, iso, script, genus, *regions = line.split()
    return Language(code, name.replace("-", " "), iso, script, genus, regions=tuple(regions))


def _code(line: str) -> Language:
    code, name, *extensions = line.split()
    return Language(code, name, "", "Code", "Programming", extensions=tuple(extensions))


LANGUAGES: dict[str, Language] = {
    language.code: language
    for language in [
        *map(_natural, _TABLE.strip().splitlines()),
        *map(_code, _CODE_TABLE.strip().splitlines()),
    ]
}


def is_code(language: str) -> bool:
    """Whether the label names a programming language."""
    return language.startswith("code-")


def is_known(language: str) -> bool:
    """Whether the label is one of the 46 + 13."""
    return language in LANGUAGES
