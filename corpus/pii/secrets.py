"""Keys and tokens: strings with a prefix or shape that a vendor has given them, and assigned passwords.

Each row: name, gate (short, for the set that reads every document), full pattern. The formats are those of
the vendors' own documentation.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import NamedTuple

__all__ = ["ASSIGNMENT", "SECRETS", "Secret", "assigned", "gibberish"]


class Secret(NamedTuple):
    """`gate` is a cheap regular expression that every match of `pattern` contains."""

    name: str
    gate: str
    pattern: str


_W = "[A-Za-z0-9_-]"
_A = "[A-Za-z0-9]"

SECRETS: tuple[Secret, ...] = (
    Secret("aws", r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{4}", r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}"),
    Secret("github", r"gh[pousr]_[A-Za-z0-9]{4}", rf"gh[pousr]_{_A}{{36,251}}"),
    Secret("github-fine", r"github_pat_", r"github_pat_[A-Za-z0-9_]{50,255}"),
    Secret(
        "gitlab",
        r"gl(?:pat|dt|ptt|rt|ft|cbt|agent|soat)-",
        rf"gl(?:pat|dt|ptt|rt|ft|cbt|agent|soat)-{_W}{{20,64}}",
    ),
    Secret("slack", r"xox[abeprs]-[0-9A-Za-z]", r"xox[abeprs]-[0-9A-Za-z-]{10,250}"),
    Secret("slack-app", r"xapp-[0-9]-", r"xapp-[0-9]-[A-Z0-9]{5,20}-[0-9]{5,20}-[a-z0-9]{30,80}"),
    Secret(
        "slack-hook", r"hooks\.slack\.com/", r"hooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9+/]{43,60}"
    ),
    Secret("google", r"AIza[0-9A-Za-z_-]{4}", r"AIza[0-9A-Za-z_-]{35}"),
    Secret("google-oauth", r"GOCSPX-|ya29\.", r"GOCSPX-[A-Za-z0-9_-]{28}|ya29\.[A-Za-z0-9_-]{30,300}"),
    Secret("stripe", r"[srw][kh](?:_live|_test|sec)_", rf"(?:[sr]k_(?:live|test)|whsec)_{_A}{{16,247}}"),
    Secret("twilio", r"(?:SK|AC)[0-9a-f]{6}", r"(?:SK|AC)[0-9a-f]{32}"),
    Secret("sendgrid", r"SG\.[A-Za-z0-9_-]{4}", r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}"),
    Secret("mailgun", r"key-[0-9a-f]{4}", r"key-[0-9a-f]{32}"),
    Secret("mailchimp", r"[0-9a-f]{4}-us[0-9]", r"[0-9a-f]{32}-us[0-9]{1,2}"),
    Secret("npm", r"npm_[A-Za-z0-9]{4}", r"npm_[A-Za-z0-9]{36}"),
    Secret("pypi", r"pypi-AgE", r"pypi-AgE[A-Za-z0-9_-]{50,1000}"),
    Secret("rubygems", r"rubygems_", r"rubygems_[a-f0-9]{48}"),
    Secret(
        "openai",
        r"sk-(?:proj|svcacct|admin)?|T3BlbkFJ",
        rf"sk-(?:(?:proj|svcacct|admin)-)?{_W}{{15,120}}T3BlbkFJ{_W}{{15,120}}",
    ),
    Secret("anthropic", r"sk-ant-", rf"sk-ant-(?:api|admin)[0-9]{{2}}-{_W}{{80,120}}"),
    Secret("hugging-face", r"hf_[A-Za-z]{4}", r"(?:hf|api_org)_[A-Za-z]{34}"),
    Secret("digitalocean", r"do[opr]_v1_", r"do[opr]_v1_[a-f0-9]{64}"),
    Secret("shopify", r"shp(?:at|ca|pa|ss)_", r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"),
    Secret(
        "square",
        r"sq0[a-z]{3}-|EAAA[A-Za-z0-9]",
        r"sq0(?:atp|csp|idp)-[A-Za-z0-9_-]{22,43}|EAAA[A-Za-z0-9_-]{60}",
    ),
    Secret("telegram", r":AA[A-Za-z0-9_-]{4}", r"[0-9]{8,10}:AA[A-Za-z0-9_-]{33}"),
    Secret(
        "discord",
        r"discord(?:app)?\.com/api/webhooks/",
        r"discord(?:app)?\.com/api/webhooks/[0-9]{17,20}/[A-Za-z0-9_-]{60,80}",
    ),
    Secret(
        "jwt",
        r"eyJ[A-Za-z0-9_-]{4}",
        r"eyJ[A-Za-z0-9_-]{10,600}\.eyJ[A-Za-z0-9_-]{10,900}\.[A-Za-z0-9_-]{10,600}",
    ),
    Secret(
        "private-key",
        r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY",
        r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY(?: BLOCK)?-----[^-]{20,}-----END [A-Z ]{0,20}PRIVATE KEY(?:"
        r" BLOCK)?-----",
    ),
    Secret("azure-storage", r"AccountKey=", r"AccountKey=[A-Za-z0-9+/]{86}=="),
    Secret("azure-ad", r"[0-9]Q~", r"[A-Za-z0-9_~.]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34}"),
    Secret("databricks", r"dapi[a-f0-9]{4}", r"dapi[a-f0-9]{32}(?:-[0-9])?"),
    Secret(
        "atlassian", r"ATATT3|ATCTT3|ATBB", r"(?:ATATT3|ATCTT3)[A-Za-z0-9_=-]{60,300}|ATBB[A-Za-z0-9]{32}"
    ),
    Secret("linear", r"lin_api_", r"lin_api_[A-Za-z0-9]{40}"),
    Secret("notion", r"ntn_[0-9A-Za-z]", r"ntn_[0-9]{11}[A-Za-z0-9]{35}"),
    Secret("postman", r"PMAK-", r"PMAK-[a-f0-9]{24}-[a-f0-9]{34}"),
    Secret("new-relic", r"NR(?:AK|II|JS)-", r"NR(?:AK|II|JS)-[A-Za-z0-9_-]{19,42}"),
    Secret(
        "grafana",
        r"gl(?:c|sa)_[A-Za-z0-9]{4}",
        r"glc_[A-Za-z0-9+/]{32,400}={0,2}|glsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}",
    ),
    Secret("vault", r"hv[sbr]\.[A-Za-z0-9]{4}", r"hv[sbr]\.[A-Za-z0-9_-]{24,300}"),
    Secret("terraform", r"\.atlasv1\.", r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,70}"),
    Secret("doppler", r"dp\.(?:pt|st|ct|sa)\.", r"dp\.(?:pt|st|ct|sa)\.[A-Za-z0-9.]{40,60}"),
    Secret("dynatrace", r"dt0[a-z][0-9]{2}\.", r"dt0[a-z][0-9]{2}\.[A-Z0-9]{24}\.[A-Z0-9]{64}"),
    Secret("easypost", r"EZ[AT]K[A-Za-z0-9]{4}", r"EZ[AT]K[A-Za-z0-9]{54}"),
    Secret("flutterwave", r"FLW(?:SEC|PUB)K", r"FLW(?:SEC|PUB)K(?:_TEST)?-[a-h0-9A-Z]{12,40}-X"),
    Secret("paystack", r"[sp]k_(?:live|test)_[a-f0-9]{4}", r"[sp]k_(?:live|test)_[a-f0-9]{40}"),
    Secret("pulumi", r"pul-[a-f0-9]{4}", r"pul-[a-f0-9]{40}"),
    Secret("netlify", r"nfp_[A-Za-z0-9]{4}", r"nfp_[A-Za-z0-9]{36}"),
    Secret("planetscale", r"pscale_(?:tkn|oauth|pw)_", r"pscale_(?:tkn|oauth|pw)_[A-Za-z0-9_.=-]{32,64}"),
    Secret("sentry", r"sntry[su]_", r"sntry[su]_[A-Za-z0-9+/=_]{60,400}"),
    Secret("supabase", r"sbp_[a-f0-9]{4}", r"sbp_[a-f0-9]{40}"),
    Secret("age", r"AGE-SECRET-KEY-1", r"AGE-SECRET-KEY-1[0-9A-Z]{58}"),
    Secret("alibaba", r"LTAI[A-Za-z0-9]{4}", r"LTAI[A-Za-z0-9]{17,21}"),
    Secret(
        "facebook",
        r"EAA(?:CEdEose0cBA|[A-Z]{2}[A-Za-z0-9]{4})",
        r"EAACEdEose0cBA[0-9A-Za-z]{20,300}|EAA[A-Z]{2}[A-Za-z0-9]{80,300}",
    ),
    Secret("typeform", r"tfp_[A-Za-z0-9]{4}", r"tfp_[A-Za-z0-9_.=-]{44,64}"),
    Secret("airtable", r"pat[A-Za-z0-9]{14}\.", r"pat[A-Za-z0-9]{14}\.[a-f0-9]{64}"),
    Secret("adafruit", r"aio_[A-Za-z]{4}", r"aio_[A-Za-z]{4}[0-9]{2}[A-Za-z0-9]{22}"),
    Secret("clojars", r"CLOJARS_[a-z0-9]", r"CLOJARS_[a-z0-9]{60}"),
    Secret("duffel", r"duffel_(?:test|live)_", r"duffel_(?:test|live)_[A-Za-z0-9_=-]{43}"),
    Secret("readme", r"rdme_[a-z0-9]{4}", r"rdme_[a-z0-9]{70}"),
    Secret("sendinblue", r"xkeysib-", r"xkeysib-[a-f0-9]{64}-[A-Za-z0-9]{16}"),
)

#: A value assigned to a name that says it is secret: name, then = : or =>, then a quoted or bare value.
ASSIGNMENT = (
    r"(?i)(?:passw(?:or)?d|passwd|pwd|passphrase|secret|token|api_?-?key|access_?-?key|auth_?-?key|private_?-?key"
    r"|client_?-?secret|credential)[a-z0-9_]{0,20}[\"']?\s{0,4}(?::=|=>|=|:)\s{0,4}[\"'`]([^\"'`\s]{8,200})[\"'`]"
)
ASSIGNMENT_GATE = (
    r"(?i)(?:passw(?:or)?d|pwd|passphrase|secret|token|key|credential)[a-z0-9_]{0,20}[\"']?\s{0,4}[:=]"
)

_TEMPLATE = re.compile(
    r"[{}<>$%()\[\]\\]|\.\.\.|xxx|\*\*\*|^[A-Z_]+$|^[a-z]+(?:[-_. ][a-z]+)*$|^[A-Za-z]+$|^https?:|^/"
)
_PLACEHOLDER = re.compile(
    r"(?i)example|changeme|password|placeholder|your[-_]|dummy|sample|test|secret|todo|insert|foo|bar|1234567|abcdef"
)


def _entropy(text: str) -> float:
    """Shannon entropy in bits a character."""
    counts = Counter(text).values()
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts)


def gibberish(text: str) -> bool:
    """Whether a token looks random rather than written: not one repeated or counted-up character."""
    return len(set(text)) >= min(8, len(text) // 3) and _entropy(text) >= 2.5


def assigned(value: str) -> float:
    """Score of a value assigned to a secret-sounding name; placeholders, templates and plain words are 0."""
    if _TEMPLATE.search(value) or _PLACEHOLDER.search(value):
        return 0.0
    classes = sum(bool(re.search(form, value)) for form in ("[a-z]", "[A-Z]", "[0-9]", "[^A-Za-z0-9]"))
    entropy = _entropy(value)
    if (classes >= 3 and entropy >= 2.8) or (classes == 2 and len(value) >= 16 and entropy >= 3.3):
        return 0.8
    return 0.0
