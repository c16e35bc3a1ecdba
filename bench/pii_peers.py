"""Peers of bench/pii.py, each in an environment of its own (bench/.env-pii-<peer>, made here with pip).

presidio   Presidio's own recognizers with the engine that needs no language model: e-mail, phone, IP, card,
           IBAN, crypto, MAC, national numbers; its English configuration for every language
datatrove  formatter of FineWeb: e-mail and public IPv4
dolma      its tagger FastPiiRegex: e-mail, US-style phone, IPv4
roots      the rules ROOTS ran, from its own script (bigscience-workshop/data-preparation,
           preprocessing/training/02_pii/bigscience_pii_detect_redact.py); in no package: --roots-rules
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

__all__ = ["environment_python", "run"]

#: Their dependencies contradict each other: an environment for each.
_PACKAGES = {
    "presidio": ("presidio-analyzer==2.2.366",),
    "datatrove": ("datatrove==0.10.1", "regex>=2024"),
    "dolma": ("dolma==1.2.1", "boto3==1.28.17"),  # the boto3 its s3fs agrees with
    "roots": ("regex>=2024",),
    "faker": ("faker>=40",),
}

_PRESIDIO = """
import json, sys, time
from presidio_analyzer import AnalyzerEngine
from presidio_analyzer.nlp_engine import NlpEngineProvider
KINDS = {"EMAIL_ADDRESS": "email", "PHONE_NUMBER": "phone", "IP_ADDRESS": "ip", "CREDIT_CARD": "card",
         "IBAN_CODE": "iban", "CRYPTO": "wallet", "MAC_ADDRESS": "mac", "US_SSN": "national_id"}
engine = NlpEngineProvider(nlp_configuration={
    "nlp_engine_name": "no_op", "models": [{"lang_code": "en", "model_name": "no_op"}]}).create_engine()
analyzer = AnalyzerEngine(nlp_engine=engine, supported_languages=["en"])
have = set(analyzer.get_supported_entities("en"))
wanted = [name for name in KINDS if name in have]
documents = json.load(open(sys.argv[1]))
analyzer.analyze("warm 1", "en", entities=wanted)
begun = time.process_time()
found = [[(r.start, r.end, KINDS[r.entity_type]) for r in analyzer.analyze(text, "en", entities=wanted)]
         for text in documents]
json.dump([found, time.process_time() - begun, [KINDS[name] for name in wanted]], open(sys.argv[2], "w"))
"""

_DATATROVE = """
import json, sys, time
from datatrove.pipeline.formatters.pii import PIIFormatter
formatter = PIIFormatter()
replacers = [(formatter.emails_replacer, "email"), (formatter.ip_replacer, "ip")]
documents = json.load(open(sys.argv[1]))
begun = time.process_time()
found = []
for text in documents:
    spans = []
    for replacer, kind in replacers:
        for match in replacer.regex.finditer(text):
            if replacer.validator is None or replacer.validator(match.group(0)):
                spans.append((match.start(), match.end(), kind))
    found.append(spans)
json.dump([found, time.process_time() - begun, ["email", "ip"]], open(sys.argv[2], "w"))
"""

_DOLMA = """
import json, sys, time
from dolma.core.data_types import Document
from dolma.taggers.pii import FastPiiRegex
KINDS = {"EMAIL_ADDRESS": "email", "PHONE_NUMBER": "phone", "IP_ADDRESS": "ip"}
tagger = FastPiiRegex()
documents = json.load(open(sys.argv[1]))
begun = time.process_time()
found = [[(span.start, span.end, KINDS[span.type]) for span in
          tagger.predict(Document(id="", source="", text=text)).spans if span.type in KINDS]
         for text in documents]
json.dump([found, time.process_time() - begun, list(KINDS.values())], open(sys.argv[2], "w"))
"""

_ROOTS = """
import importlib.util, json, sys, time
spec = importlib.util.spec_from_file_location("rules", sys.argv[3])
rules = importlib.util.module_from_spec(spec)
spec.loader.exec_module(rules)
KINDS = {"KEY": "secret", "EMAIL": "email", "USER": "handle", "IP_ADDRESS": "ip"}
documents = json.load(open(sys.argv[1]))
begun = time.process_time()
found = []
for text in documents:
    spans = []
    for value, (start, end), _, tag, _ in rules.detect_pii(text, "en", rules.high_risk_tags):
        at = text.index(value, start)
        spans.append((at, at + len(value), KINDS[tag]))
    found.append(spans)
json.dump([found, time.process_time() - begun, list(KINDS.values())], open(sys.argv[2], "w"))
"""

_SCRIPTS = {"presidio": _PRESIDIO, "datatrove": _DATATROVE, "dolma": _DOLMA, "roots": _ROOTS}


def environment_python(peer: str) -> Path:
    """The Python of the peer's environment, made on first use; raises KeyError for an unknown peer."""
    packages = _PACKAGES[peer]
    folder = Path(__file__).parent / f".env-pii-{peer}"
    python, done = folder / "bin" / "python", folder / "packages"
    if not done.exists() or done.read_text() != " ".join(packages):
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", *packages], check=True)
        done.write_text(" ".join(packages))
    return python


def run(
    peer: str, documents: list[Any], rules: Path | None = None
) -> tuple[list[list[tuple[int, int, str]]], float, set[str]]:
    """(spans of each document, CPU seconds, kinds looked for); raises KeyError for an unknown peer."""
    script = _SCRIPTS[peer]
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.json", Path(folder) / "out.json"
        source.write_text(json.dumps([document.text for document in documents]), "utf-8")
        command = [str(environment_python(peer)), "-c", script, str(source), str(target), str(rules or "")]
        subprocess.run(command, check=True, capture_output=True)
        found, seconds, kinds = json.loads(target.read_text("utf-8"))
    return [[(s, e, k) for s, e, k in spans] for spans in found], seconds, set(kinds)
