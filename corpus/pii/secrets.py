"""Keys and tokens: strings with a prefix or shape that a vendor has given them, and assigned passwords.

Each row: name, gate (short, for the set that reads every document), full pattern. The formats are those of
the vendors' own documentation.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import NamedTuple

__all__ = [
    "ASSIGNMENT",
    "ASSIGNMENT_GATE",
    "SECRETS",
    "UNQUOTED",
    "Secret",
    "assigned",
    "gibberish",
    "is_random",
    "unquoted",
]


class Secret(NamedTuple):
    """`gate` is a cheap regular expression that every match of `pattern` contains; `prefix` matches what is
    not random in a key whose rest must have digits and letters, and be no hash in hexadecimal."""

    name: str
    gate: str
    pattern: str
    prefix: str = ""


_W = "[A-Za-z0-9_-]"
_A = "[A-Za-z0-9]"

SECRETS: tuple[Secret, ...] = (
    Secret("aws", r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{4}", r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}"),
    Secret("github", r"gh[pousr]_[A-Za-z0-9]{4}", rf"gh[pousr]_{_A}{{36,251}}"),
    Secret("github-fine", r"github_pat_", r"github_pat_[A-Za-z0-9_]{50,255}"),
    Secret(
        "gitlab",
        r"gl(?:pat|dt|ptt|rt|ft|cbt|agent|soat|ffct|imt|oas)-|GR1348941",
        rf"(?:gl(?:pat|dt|ptt|rt|ft|cbt|agent|soat|ffct|imt|oas)-|GR1348941){_W}{{20,64}}",
    ),
    Secret("slack", r"xox[a-eoprs]-[0-9A-Za-z]", r"xox[a-eoprs]-[0-9A-Za-z_%/+=-]{10,400}", "xox"),
    Secret("gitlab-session", r"_gitlab_session=", r"_gitlab_session=[0-9a-z]{32}"),
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
    Secret("hugging-face", r"(?:hf|api_org)_[A-Za-z]{4}", r"(?:hf|api_org)_[A-Za-z]{34}"),
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
        r"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.(?:[A-Za-z0-9_-]{10,})?",
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
        r"gl(?:c|sa)_[A-Za-z0-9+/]{4}",
        r"glc_[A-Za-z0-9+/]{32,400}={0,2}|glsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}",
    ),
    Secret("vault", r"hv[sbr]\.[A-Za-z0-9_-]{4}", r"hv[sbr]\.[A-Za-z0-9_-]{24,300}"),
    Secret("terraform", r"\.atlasv1\.", r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,70}"),
    Secret("doppler", r"dp\.(?:pt|st|ct|sa)\.", r"dp\.(?:pt|st|ct|sa)\.[A-Za-z0-9.]{40,60}"),
    Secret("dynatrace", r"dt0[a-z][0-9]{2}\.", r"dt0[a-z][0-9]{2}\.[A-Za-z0-9]{24}\.[A-Za-z0-9]{64}"),
    Secret("easypost", r"EZ[AT]K[A-Za-z0-9]{4}", r"EZ[AT]K[A-Za-z0-9]{54}"),
    Secret("flutterwave", r"FLW(?:SEC|PUB)K", r"FLW(?:SEC|PUB)K(?:_TEST)?-[a-h0-9A-Z]{12,40}(?:-X)?"),
    Secret("paystack", r"[sp]k_(?:live|test)_[a-f0-9]{4}", r"[sp]k_(?:live|test)_[a-f0-9]{40}"),
    Secret("pulumi", r"pul-[a-f0-9]{4}", r"pul-[a-f0-9]{40}"),
    Secret("netlify", r"nfp_[A-Za-z0-9]{4}", r"nfp_[A-Za-z0-9]{36}"),
    Secret("planetscale", r"pscale_(?:tkn|oauth|pw)_", r"pscale_(?:tkn|oauth|pw)_[A-Za-z0-9_.=-]{32,64}"),
    Secret("sentry", r"sntry[su]_", r"sntry[su]_[A-Za-z0-9+/=_]{60,400}"),
    Secret("supabase", r"sbp_[a-z0-9_-]{4}", r"sbp_[a-z0-9_-]{40}"),
    Secret("age", r"AGE-SECRET-KEY-1", r"AGE-SECRET-KEY-1[0-9A-Z]{58}"),
    Secret("alibaba", r"LTAI[A-Za-z0-9]{4}", r"LTAI[A-Za-z0-9]{17,21}"),
    Secret(
        "facebook",
        r"EAA[A-Z][A-Za-z0-9]{4}",
        r"EAACEdEose0cBA[0-9A-Za-z]{20,300}|EAA[A-Z][A-Za-z0-9]{80,300}",
    ),
    Secret("typeform", r"tfp_[A-Za-z0-9]{4}", r"tfp_[A-Za-z0-9_.=-]{44,64}"),
    Secret("airtable", r"pat[A-Za-z0-9]{14}\.", r"pat[A-Za-z0-9]{14}\.[a-f0-9]{64}"),
    Secret("adafruit", r"aio_[A-Za-z]{4}", r"aio_[A-Za-z]{4}[0-9]{2}[A-Za-z0-9]{22}"),
    Secret("clojars", r"CLOJARS_[a-z0-9]", r"CLOJARS_[a-z0-9]{60}"),
    Secret("duffel", r"duffel_(?:test|live)_", r"duffel_(?:test|live)_[A-Za-z0-9_=-]{43}"),
    Secret("readme", r"rdme_[a-z0-9]{4}", r"rdme_[a-z0-9]{70}"),
    Secret(
        "1password",
        r"A3-[A-Z0-9]{6}-",
        r"A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}",
    ),
    Secret("clickhouse", r"4b1d[A-Za-z0-9]{38}", r"4b1d[A-Za-z0-9]{38}"),
    Secret("sendinblue", r"xkeysib-", r"xkeysib-[a-f0-9]{64}-[A-Za-z0-9]{16}"),
)

#: Vendors whose keys are a prefix and random characters: name, prefix, characters, least number of them.
_PREFIXED = r"""
1password-service  ops_eyJ                         [A-Za-z0-9+/=]      200
adobe              p8e-                            [A-Za-z0-9]         32
aikido             AIK_(?:CLIENT|SECRET|CI)_       [A-Za-z0-9]         20
alibaba-sts        STS\.                           [A-Za-z0-9]         16
aws-bedrock        ABSK                            [A-Za-z0-9+/=]      100
aws-bedrock-short  bedrock-api-key-                [A-Za-z0-9+/=]      28
bitbucket          BBDC-                           [A-Za-z0-9+/=]      32
canva              cnvca                           [A-Za-z0-9_-]       51
cerebras           csk-                            [A-Za-z0-9]         48
circleci           CCIPAT_                         [A-Za-z0-9_]        60
cloudsmith         csa_                            [A-Za-z0-9]         36
cockroachdb        CCDB1_                          [A-Za-z0-9_]        60
configcat          configcat-sdk-1/                [A-Za-z0-9_/-]      45
deno               dd[po]_                         [A-Za-z0-9]         36
devin              (?:apk(?:_user)?_|cog_)         [A-Za-z0-9+/=]      50
docker-hub         dckr_[po]at_                    [A-Za-z0-9_-]       27
docker-swarm       SWM(?:TKN|KEY)-1-               [A-Za-z0-9+/-]      40
elastic            essu_                           [A-Za-z0-9_=-]      60
figma              fig[a-z]_                       [A-Za-z0-9_-]       38
fly                FlyV1\                          [A-Za-z0-9=_,/+-]   100
frame-io           fio-u-                          [A-Za-z0-9_=-]      64
grafana-old        eyJrIjoi                        [A-Za-z0-9+/=]      40
groq               gsk_                            [A-Za-z0-9]         52
heroku             HRKU-AA                         [A-Za-z0-9_-]       58
infracost          ico-                            [A-Za-z0-9]         32
ionic              ion_                            [A-Za-z0-9]         42
langsmith          lsv2_[ps][tk]_                  [A-Za-z0-9_]        42
lichess            lip_                            [A-Za-z0-9]         16
mailersend         mlsn\.                          [A-Za-z0-9]         30
mercury            mercury_production_             [A-Za-z0-9_]        40
mergify            mergify_application_key_        [A-Za-z0-9_-]       40
minimax            sk-api-                         [A-Za-z0-9_-]       80
mongodb-atlas      mdb_sa_(?:id|sk)_               [A-Za-z0-9_-]       24
neon               napi_                           [A-Za-z0-9]         64
nvidia             nvapi-                          [A-Za-z0-9_-]       60
onesignal          os_v2_(?:app|org)_              [a-z2-7]            100
openrouter         sk-or-v1-                       [0-9a-f]            64
openshift          sha256~                         [A-Za-z0-9_-]       43
paddle             pdl_(?:live|sdbx)_apikey_       [A-Za-z0-9_]        50
perplexity         pplx-                           [A-Za-z0-9]         48
persona            persona_(?:production|sandbox)_ [A-Za-z0-9_-]       20
pinecone           pcsk_                           [A-Za-z0-9_]        60
pinterest          pina_                           [A-Za-z0-9_-]       32
polar              polar_[a-z]{1,3}_               [A-Za-z0-9_-]       20
posthog            ph[cx]_                         [A-Za-z0-9_-]       41
prefect            pn[ua]_                         [A-Za-z0-9]         36
proof              prf_(?:cli_)?                   [A-Za-z0-9_-]       30
ramp               ramp_(?:id|sec)_                [A-Za-z0-9]         40
runpod             rpa_                            [A-Za-z0-9]         30
render             rnd_                            [A-Za-z0-9]         28
replicate          r8_                             [A-Za-z0-9]         37
rootly             rootly_                         [0-9a-f]            64
salesforce         00[A-Za-z0-9]{13}!              [A-Za-z0-9._-]      80
samsara            samsara_api_                    [A-Za-z0-9]         26
scalingo           tk-us-                          [A-Za-z0-9_-]       48
segment            sgp_                            [A-Za-z0-9_]        40
settlemint         sm_[aps]at_                     [A-Za-z0-9]         16
shippo             shippo_(?:live|test)_           [0-9a-fA-F]         40
supabase-key       sb_(?:secret|publishable)_      [A-Za-z0-9_-]       31
tailscale          tskey-[a-z]{3,9}-               [A-Za-z0-9_-]       20
teams              \.webhook\.office\.com/webhookb2/  [A-Za-z0-9@/-]   80
thunderstore       tss_                            [A-Za-z0-9_-]       30
together           tgp_v1_                         [A-Za-z0-9_-]       43
unkey              unkey_                          [A-Za-z0-9]         20
val-town           vtwn_                           [A-Za-z0-9_-]       20
vercel             vc[acikpr]_                     [A-Za-z0-9_-]       56
wakatime           waka_                           [A-Za-z0-9-]        36
weights-biases     wandb_v1_                       [A-Za-z0-9_]        70
xai                xai-                            [A-Za-z0-9_-]       70
zuplo              zpka_                           [A-Za-z0-9_]        40
"""


def _prefixed() -> tuple[Secret, ...]:
    rows = []
    for line in _PREFIXED.strip().splitlines():
        name, prefix, characters, least = line.replace("\\ ", "\\x20").split()
        # Bounded repeats make RE2's program long: what is at least there, and any more.
        pattern = f"{prefix}{characters}{{{least}}}{characters}*"
        rest_is_hex = "a-f" in characters
        rows.append(Secret(name, f"{prefix}{characters}{{4}}", pattern, "" if rest_is_hex else prefix))
    return tuple(rows)


SECRETS += _prefixed()

#: A value assigned to a name that says it is secret: name, then = : or =>, then a quoted or bare value.
_NAMED = (
    r"(?i)(?:passw(?:or)?d|passwd|pwd|passphrase|secret|token|api_?-?key|access_?-?key|auth_?-?key|private_?-?key"
    r"|client_?-?secret|credential)[a-z0-9_]{0,20}"
)
_BECOMES = r"[\"']?\s{0,4}(?:[:?]{0,3}=|=>|:)\s{0,4}"
ASSIGNMENT = _NAMED + rf"(?:{_BECOMES}|[\"'],\s{{0,4}})[\"'`]([^\"'`\s]{{8,200}})[\"'`]"
#: The same without quotes, as in configuration: only what no program would write, see `unquoted`.
UNQUOTED = _NAMED + _BECOMES + r"([A-Za-z0-9+/=_-]{16,200})(?:[\s;,&]|$)"
ASSIGNMENT_GATE = (
    r"(?i)(?:passw(?:or)?d|pwd|passphrase|secret|token|key|credential)[a-z0-9_]{0,20}"
    r"(?:[\"']?\s{0,4}[:=?]|[\"'],)"
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


def is_random(text: str, prefix: str) -> bool:
    """Whether what follows the prefix of a key has digits and letters and is no hash."""
    rest = re.sub(f"^(?:{prefix})", "", text)
    is_hash = re.fullmatch(r"[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}", rest)
    return not is_hash and bool(re.search("[0-9]", rest) and re.search("[A-Za-z]", rest))


def assigned(value: str) -> float:
    """Score of a value assigned to a secret-sounding name; placeholders, templates and plain words are 0."""
    if _TEMPLATE.search(value) or _PLACEHOLDER.search(value):
        return 0.0
    classes = sum(bool(re.search(form, value)) for form in ("[a-z]", "[A-Z]", "[0-9]", "[^A-Za-z0-9]"))
    entropy = _entropy(value)
    if (classes >= 3 and entropy >= 2.8) or (classes == 2 and len(value) >= 16 and entropy >= 3.3):
        return 0.8
    return 0.0


def unquoted(value: str) -> float:
    """Score of such a value without quotes: letters and digits take turns as in no name or word."""
    turns = len(re.findall("[0-9](?=[A-Za-z])|[A-Za-z](?=[0-9])", value))
    return 0.7 if turns >= 5 and assigned(value) else 0.0
