"""Peers of bench/pii.py, each in an environment of its own (bench/.env-pii, made here with pip).

presidio   Presidio's own recognizers with the engine that needs no language model: e-mail, phone, IP, card,
           IBAN, crypto, MAC, national numbers; its English configuration for every language
datatrove  formatter of FineWeb: e-mail and public IPv4
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

__all__ = ["environment_python", "run"]

_ENVIRONMENT = Path(__file__).parent / ".env-pii"
_PACKAGES = ("presidio-analyzer==2.2.366", "datatrove==0.10.1", "faker>=40")

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

_SCRIPTS = {"presidio": _PRESIDIO, "datatrove": _DATATROVE}


def environment_python() -> Path:
    python = _ENVIRONMENT / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(_ENVIRONMENT)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", *_PACKAGES], check=True)
    return python


def run(peer: str, documents: list[Any]) -> tuple[list[list[tuple[int, int, str]]], float, set[str]]:
    """(spans of each document, CPU seconds, kinds looked for); raises KeyError for an unknown peer."""
    script = _SCRIPTS[peer]
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.json", Path(folder) / "out.json"
        source.write_text(json.dumps([document.text for document in documents]), "utf-8")
        command = [str(environment_python()), "-c", script, str(source), str(target)]
        subprocess.run(command, check=True, capture_output=True)
        found, seconds, kinds = json.loads(target.read_text("utf-8"))
    return [[(s, e, k) for s, e, k in spans] for spans in found], seconds, set(kinds)
