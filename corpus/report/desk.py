"""The desk where reviewers overrule verdicts on adult content and accept words: forms of the dashboard.

What is sent counts only where it comes from a page of this dashboard: the token of the page, and the `Origin`
(or where there is none the `Sec-Fetch-Site`) that the browser adds and no other page can forge.
"""

from __future__ import annotations

import datetime
import hmac
import secrets
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import parse_qs

from starlette.exceptions import HTTPException
from starlette.requests import Request

from corpus import reviews
from corpus.errors import CorpusError
from corpus.reviews import DocumentReview, Reviews, WordReview

__all__ = ["Desk", "find_project"]

#: Longest form, bytes; a page of candidates is 20 kB.
_LONGEST = 200_000
_LONGEST_NAME, _LONGEST_NOTE = 100, 500


def find_project(name: str) -> Path | None:
    """The folder the dashboard was started in, where it holds the project of this name; None where not."""
    from corpus.api import load

    folder = Path.cwd()
    if not (folder / "sources.yaml").is_file():
        return None
    try:
        return folder if load(folder).name == name else None
    except CorpusError:
        return None  # a recipe that is being edited: its reviews wait


class Desk:
    """Writes what reviewers decide into the project in `folder`; where that is None nothing can be sent."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.token = secrets.token_urlsafe(32)
        self._lock = threading.Lock()

    def reviews(self) -> Reviews:
        """What was decided so far."""
        return reviews.load(self.folder) if self.folder is not None else Reviews()

    async def form(self, request: Request) -> Mapping[str, Sequence[str]]:
        """The fields of a form sent from a page of this dashboard; raises HTTPException for any other."""
        if self.folder is None:
            raise HTTPException(403, "Start the dashboard in the folder of the project to review it.")
        if not _is_own(request):
            raise HTTPException(403, "The form was not sent from a page of this dashboard.")
        kind = request.headers.get("content-type", "").partition(";")[0].strip()
        if kind != "application/x-www-form-urlencoded":
            raise HTTPException(415, "Not a form.")
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > _LONGEST:
                raise HTTPException(413, "The form is too long.")
        try:
            fields = parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=2000)
        except ValueError as error:
            raise HTTPException(400, "The form cannot be read.") from error
        if not hmac.compare_digest("".join(fields.get("token", [])).encode(), self.token.encode()):
            raise HTTPException(403, "The page is of an earlier start of the dashboard; load it again.")
        return fields

    def document(self, fields: Mapping[str, Sequence[str]], identifier: str, source: str) -> None:
        """Keep the verdict on a document."""
        verdict = _one(fields, "verdict")
        if verdict not in ("adult", "not adult"):
            raise HTTPException(400, "Choose a verdict.")
        note = _one(fields, "note")[:_LONGEST_NOTE]
        entry = DocumentReview(identifier, source, verdict == "adult", _name(fields), _now(), note)
        self._add(documents=[entry])

    def words(self, fields: Mapping[str, Sequence[str]], language: str, shown: Sequence[str]) -> int:
        """Keep what was ticked of the words shown, and words of one's own; gives how many."""
        reviewer, now = _name(fields), _now()
        accepted, refused = set(fields.get("accept", [])), set(fields.get("refuse", []))
        if accepted & refused:
            raise HTTPException(400, "A word is both accepted and refused.")
        entries = [
            WordReview(language, word, word in accepted, reviewer, now)
            for word in shown
            if word in accepted or word in refused
        ]
        for word in _one(fields, "own").split():
            entries.append(WordReview(language, word.lower(), True, reviewer, now))
        if not entries:
            raise HTTPException(400, "Tick a word, or write one.")
        self._add(words=entries)
        return len(entries)

    def _add(self, documents: Sequence[DocumentReview] = (), words: Sequence[WordReview] = ()) -> None:
        assert self.folder is not None  # `form` refused otherwise
        with self._lock:
            reviews.add(self.folder, documents, words)


def _is_own(request: Request) -> bool:
    origin = request.headers.get("origin")
    if origin is not None:
        return origin == f"http://{request.headers.get('host', '')}"
    return request.headers.get("sec-fetch-site") == "same-origin"


def _one(fields: Mapping[str, Sequence[str]], name: str) -> str:
    return " ".join("".join(fields.get(name, [])[:1]).split())


def _name(fields: Mapping[str, Sequence[str]]) -> str:
    name = _one(fields, "reviewer")
    if not name or len(name) > _LONGEST_NAME:
        raise HTTPException(400, "Write your name: a decision is kept with the name of who took it.")
    return name


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
