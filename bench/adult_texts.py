"""Texts on medicine, sex education, identity and religion for bench/adult.py, WRITTEN FOR THIS PURPOSE.

No package of the registries in reach ships MedQuAD, HateCheck or sex-education text, so these stand in for
them: whole documents from forms, and single sentences in the manner of HateCheck (counter-speech, reclaimed
and quoted words, neutral and positive statements about groups). They test the machinery, not the world. The
second half of each, by hash, is never shown to the classifier that the benchmark trains.
"""

from __future__ import annotations

import itertools

__all__ = ["documents", "sentences"]

_WHO = (
    "students patients couples parents teenagers women men nurses gay&men lesbian&women trans&people"
    " Muslims Jews"
    " Christians"
).split()
_ORGANS = "penis vagina breast rectum anus nipple uterus prostate vulva testicles".split()
_SYMPTOMS = "bleeding|discharge|fear of sex|sexual violence|nudity|rape|infertility|incest".split("|")
_FORMS = {
    "medical": (
        "The clinic advised {who} that pain in the {organ} after surgery is common, and that {symptom}"
        " should be"
        " reported to a doctor. Treatment of the {organ} with cream or antibiotics usually helps within"
        " two weeks."
    ),
    "sex education": (
        "In the lesson {who} learn how condoms prevent infection during sexual intercourse, what consent"
        " means, and"
        " why {symptom} needs a test. The {organ} is explained with a diagram; questions about"
        " masturbation, orgasm"
        " and pregnancy are answered without shame."
    ),
    "frank sex education": (
        "Many {who} ask about oral sex and anal sex. Both can pass on infections, so use a condom or a"
        " dental dam. It"
        " is normal to feel horny, to have erotic dreams or a wet dream, and nobody may push you. What"
        " porn shows is"
        " acted: a real {organ} looks different, and {symptom} is a reason to talk to someone you trust."
    ),
    "identity": (
        "The survey asked {who} about sexuality, faith and discrimination at work. Many spoke of insults"
        " heard at"
        " school, of {symptom}, and of the support that a community centre near the {organ} clinic gave them."
    ),
    "religion": (
        "The preacher told {who} that the law of Moses speaks of circumcision, of the womb and the"
        " {organ}, of"
        " adultery, the harlot and the eunuch, and asked how {symptom} is to be understood today."
    ),
}

_GROUPS = {
    "en": (
        "gay people|lesbians|trans women|bisexual men|Muslims|Jews|black women|Latinas|Asian women"
        "|disabled people"
        "|immigrants|sex workers|asexual people|queer teens"
    ),
    "fr": "les gays|les lesbiennes|les femmes trans|les musulmans|les juifs|les femmes noires|les"
    " réfugiés|les migrants",
    "es": "los gais|las lesbianas|las mujeres trans|los musulmanes|los judíos|las mujeres negras|los"
    " refugiados",
    "pt": "os gays|as lésbicas|as mulheres trans|os muçulmanos|os judeus|as mulheres negras|os refugiados",
}
_SENTENCES = {
    "en": (
        "{} deserve the same rights as everyone else.|I am proud to stand with {}.|Calling {} sluts is"
        " disgusting and"
        " you should stop.|He shouted that {} are whores, and the whole bus told him to shut up.|People"
        " who say fuck"
        " {} have never met any.|We reclaimed the word dyke and the word queer, say {} in the interview."
        "|Porn sites"
        " use {} as a keyword, which says more about their customers.|{} are not a fetish.|My doctor"
        " knows nothing"
        " about the sexual health of {}.|{} were fired after nude photos were stolen and shared.|The"
        " court ruled that"
        " {} may not be asked about their sex life.|The film shows {} without making them sexy or"
        " tragic.|Rape in war"
        " is a crime, and {} were its victims.|{} read the holy book together after prayer.|What the"
        " hell, {} can be"
        " pastors too.|The escort of police brought {} safely to the church."
    ),
    "fr": (
        "{} ont les mêmes droits que tout le monde.|Traiter {} de putes est une insulte.|Le médecin"
        " parle avec {} de santé"
        " sexuelle, de grossesse et de préservatifs.|{} ont témoigné du viol et des violences sexuelles."
        "|La pornographie"
        " donne une fausse image de ce que vivent {}.|{} prient ensemble au temple."
    ),
    "es": (
        "{} tienen los mismos derechos que los demás.|Llamar putas a {} es un insulto.|El médico habla"
        " con {} de salud sexual,"
        " embarazo y preservativos.|{} denunciaron la violación y el acoso sexual.|La pornografía da una"
        " imagen falsa de"
        " {}.|{} rezan juntos en el templo."
    ),
    "pt": (
        "{} têm os mesmos direitos que todos.|Chamar {} de putas é um insulto.|O médico fala com {}"
        " sobre saúde sexual,"
        " gravidez e preservativos.|{} denunciaram a violência sexual.|A pornografia dá uma imagem falsa"
        " do que vivem"
        " {}.|{} rezam juntos no templo."
    ),
}


def documents() -> dict[str, list[str]]:
    """English documents by topic."""
    return {
        topic: [
            form.format(who=who.replace("&", " "), organ=organ, symptom=symptom)
            for who, organ, symptom in itertools.product(_WHO, _ORGANS, _SYMPTOMS)
        ]
        for topic, form in _FORMS.items()
    }


def sentences() -> dict[str, list[str]]:
    """Single sentences about groups of people, by language."""
    return {
        language: [
            form.format(group)
            for form, group in itertools.product(
                _SENTENCES[language].split("|"), _GROUPS[language].split("|")
            )
        ]
        for language in _GROUPS
    }
