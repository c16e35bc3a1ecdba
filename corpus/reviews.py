"""What reviewers decided: documents that are adult content or not, and words of adult content by language.

`reviews/adult.json` lies beside sources.yaml, so that it is read, kept and discussed with the recipes;
entries are only added, and the last one on a document or word counts. A build takes it as input: the
verdicts replace the measured score of their documents and teach the classifier, the words accepted join the
lists. Names and times are in no fingerprint.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from corpus.config import Project
from corpus.errors import StorageError
from corpus.storage import read_json, write_json

__all__ = ["FILE", "DocumentReview", "Reviews", "WordReview", "add", "applied", "load"]

FILE = "reviews/adult.json"


@dataclass(frozen=True)
class DocumentReview:
    """A reviewer's verdict on a document; `time` is UTC, ISO 8601."""

    id: str
    source: str
    is_adult: bool
    reviewer: str
    time: str
    note: str = ""


@dataclass(frozen=True)
class WordReview:
    """A word that a reviewer accepted for the list of a language, or refused."""

    language: str
    word: str
    is_accepted: bool
    reviewer: str
    time: str


@dataclass(frozen=True)
class Reviews:
    """All entries, oldest first."""

    documents: tuple[DocumentReview, ...] = ()
    words: tuple[WordReview, ...] = ()

    def verdicts(self) -> dict[str, dict[str, bool]]:
        """Source to id to whether it is adult."""
        found: dict[str, dict[str, bool]] = {}
        for item in self.documents:
            found.setdefault(item.source, {})[item.id] = item.is_adult
        return {source: dict(sorted(found[source].items())) for source in sorted(found)}

    def decided(self, language: str) -> dict[str, WordReview]:
        """The words of a language that were accepted or refused, each with its last entry."""
        return {item.word: item for item in self.words if item.language == language}

    def accepted(self) -> dict[str, tuple[str, ...]]:
        """Language to the words accepted, sorted."""
        found = {}
        for language in sorted({item.language for item in self.words}):
            words = [word for word, item in self.decided(language).items() if item.is_accepted]
            if words:
                found[language] = tuple(sorted(words))
        return found


def load(folder: Path) -> Reviews:
    """The reviews of the project in `folder`; none where it has no such file. Raises StorageError."""
    path = folder / FILE
    if not path.is_file():
        return Reviews()
    found = read_json(path)
    try:
        if found["format"] != 1:
            raise StorageError(f"{path}: format {found['format']} is of a later version of corpus; update it")
        return Reviews(
            tuple(DocumentReview(**item) for item in found["documents"]),
            tuple(WordReview(**item) for item in found["words"]),
        )
    except (KeyError, TypeError) as error:
        raise StorageError(f"{path}: is damaged; take it from version control again") from error


def add(folder: Path, documents: Iterable[DocumentReview] = (), words: Iterable[WordReview] = ()) -> Reviews:
    """Add entries to the file of the project, which is written whole or not at all; gives all reviews."""
    old = load(folder)
    new = Reviews((*old.documents, *documents), (*old.words, *words))
    (folder / FILE).parent.mkdir(exist_ok=True)
    write_json(
        folder / FILE,
        {
            "format": 1,
            "documents": [asdict(item) for item in new.documents],
            "words": [asdict(item) for item in new.words],
        },
    )
    return new


def applied(project: Project) -> Project:
    """The project with its reviews among the options of the adult signals."""
    adult = project.pipeline.signals.adult
    if adult is None:
        return project
    reviews = load(project.path.parent)
    accepted = {language: tuple(words) for language, words in adult.accepted.items()}
    for language, words in reviews.accepted().items():
        accepted[language] = tuple(sorted({*accepted.get(language, ()), *words}))
    adult = adult.model_copy(update={"accepted": accepted, "reviewed": reviews.verdicts()})
    signals = project.pipeline.signals.model_copy(update={"adult": adult})
    return replace(project, pipeline=project.pipeline.model_copy(update={"signals": signals}))
