"""Language labels as BCP-47: what other tools and files call a language, in the one form `corpus` uses.

Sources: ISO 639-3 to ISO 639-1 code pairs, BCP-47 (RFC 5646) script subtags, fastText label prefixes.
"""

from __future__ import annotations

import re

__all__ = ["SAME_TEXT", "canonical", "to_bcp47"]

_TWO_LETTER = dict(
    pair.split(":")
    for pair in """
    aar:aa abk:ab afr:af aka:ak amh:am arb:ar ara:ar asm:as ava:av aym:ay ayr:ay azj:az aze:az
    bak:ba bam:bm bel:be ben:bn bih:bho bis:bi bod:bo bos:bs bre:br bul:bg cat:ca ces:cs cha:ch
    che:ce chv:cv cmn:zh cor:kw cos:co cym:cy dan:da deu:de div:dv dzo:dz ell:el eng:en epo:eo
    est:et ekk:et eus:eu ewe:ee fao:fo fas:fa pes:fa fij:fj fin:fi fra:fr fri:fy fry:fy ful:ff
    fuv:ff gla:gd gle:ga glg:gl glv:gv grn:gn gug:gn guj:gu hat:ht hau:ha heb:he her:hz hin:hi
    hmo:ho hrv:hr hun:hu hye:hy ibo:ig ido:io iii:ii iku:iu ike:iu ina:ia ind:id isl:is ita:it
    jav:jv jpn:ja kal:kl kan:kn kas:ks kat:ka kau:kr knc:kr kaz:kk khm:km kik:ki kin:rw kir:ky
    kmr:ku kng:kg kon:kg kor:ko kua:kj kur:ku lao:lo lat:la lav:lv lvs:lv lim:li lin:ln lit:lt
    ltz:lb lub:lu lug:lg mah:mh mal:ml mar:mr mkd:mk mlg:mg plt:mg mlt:mt mon:mn khk:mn mri:mi
    msa:ms zlm:ms zsm:ms mya:my nau:na nav:nv nbl:nr nde:nd ndo:ng nep:ne npi:ne nld:nl nno:nn
    nob:nb nor:nb nya:ny oci:oc oji:oj ojb:oj ori:or ory:or orm:om gaz:om gax:om oss:os pan:pa
    pol:pl por:pt pus:ps pbu:ps pbt:ps que:qu roh:rm ron:ro run:rn rus:ru sag:sg san:sa sin:si
    slk:sk slv:sl sme:se smo:sm sna:sn snd:sd som:so sot:st spa:es sqi:sq als:sq srd:sc src:sc
    srp:sr ssw:ss sun:su swa:sw swh:sw swe:sv tah:ty tam:ta tat:tt tel:te tgk:tg tgl:tl fil:tl
    tha:th tir:ti ton:to tsn:tn tso:ts tuk:tk tur:tr twi:tw uig:ug ukr:uk urd:ur uzb:uz uzn:uz
    ven:ve vie:vi vol:vo wln:wa wol:wo xho:xh yid:yi ydd:yi yor:yo zha:za zho:zh zul:zu
    """.split()
)
#: Labels whose text cannot be told apart by text: the source's own label decides between them.
SAME_TEXT = {"tw": "ak", "fat": "ak"}


def to_bcp47(label: str) -> str:
    """The BCP-47 code behind a label such as `__label__swh_Latn`, `zho_Hans`, `zh-CN`, `eng` or `x-af`.

    A script subtag stays only for Chinese; a label that is no language code is lower-cased and kept.
    """
    name = label.removeprefix("__label__").removeprefix("x-").replace("_", "-")
    parts = [part for part in re.split("-", name) if part]
    if not parts:
        return "und"
    base = _TWO_LETTER.get(parts[0].lower(), parts[0].lower())
    rest = [part.lower() for part in parts[1:]]
    if base == "zh":
        if any(part in ("hant", "tw", "hk", "mo") for part in rest):
            return "zh-Hant"
        return "zh-Hans" if any(part in ("hans", "cn", "sg") for part in rest) else "zh"
    return base


def canonical(language: str) -> str:
    """The label the model uses for a language: Chinese is one, Twi is Akan."""
    if language.startswith("zh"):
        return "zh"
    return SAME_TEXT.get(language, language)
