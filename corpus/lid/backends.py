"""Other identifiers behind the same call: any fastText model file, CLD2, or several that vote.

A back end is called with a text and answers with a `Guess`, as `identify` does; labels are BCP-47 whatever
the model calls them. None of them is needed: `fasttext` is imported when a file is opened, `pycld2` when it
is asked for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from corpus.errors import CorpusError, StorageError
from corpus.languages import UNDETERMINED
from corpus.lid.identify import Guess, identify
from corpus.lid.labels import canonical, to_bcp47
from corpus.lid.model import SHIPPED, load

__all__ = ["Backend", "Cld2", "FastText", "Own", "Together", "open_backend"]

_UNKNOWN = Guess(UNDETERMINED, 0.0, 0.0, "Zyyy", UNDETERMINED)


class Backend(Protocol):
    """What every back end does."""

    name: str

    def __call__(self, text: str) -> Guess:
        """The language of the text; `und` with score 0 where nothing can be said."""


class Own:
    """A model made by `corpus lid train`; the one in the package unless another path is given."""

    def __init__(self, path: Path = SHIPPED) -> None:
        load(path)
        self.path = path
        self.name = "corpus" if path == SHIPPED else path.stem

    def __call__(self, text: str) -> Guess:
        return identify(text, self.path)


class FastText:
    """A fastText classifier, .bin or .ftz: lid.176, GlotLID, OpenLID or one's own."""

    def __init__(self, path: Path) -> None:
        import fasttext

        if not path.is_file():
            raise StorageError(f"{path}: no such fastText model")
        try:
            self.model: Any = fasttext.load_model(str(path))
        except ValueError as error:
            raise StorageError(f"{path}: not a fastText model: {error}") from error
        self.name = path.stem

    def __call__(self, text: str) -> Guess:
        # predict reads one line; a model answers nothing at all where it knows no n-gram
        labels, scores = self.model.predict(" ".join(text.split()), k=2)
        found = [
            (to_bcp47(label), min(1.0, float(score))) for label, score in zip(labels, scores, strict=True)
        ]
        if not found or not any(character.isalpha() for character in text):
            return _UNKNOWN
        best, second = found[0], found[1] if len(found) > 1 else (UNDETERMINED, 0.0)
        return Guess(best[0], best[1], best[1] - second[1], "Zyyy", second[0])


class Cld2:
    """Compact Language Detector 2 through `pycld2`; its share of the text stands for a probability."""

    name = "cld2"

    def __init__(self) -> None:
        try:
            import pycld2
        except ImportError as error:
            raise CorpusError(
                "the back end 'cld2' needs the package pycld2, which is not installed; pip install pycld2"
            ) from error
        self.module: Any = pycld2

    def __call__(self, text: str) -> Guess:
        data = "".join(character for character in text if character.isprintable() or character.isspace())
        try:
            _, _, details = self.module.detect(data.encode("utf-8", "ignore"), bestEffort=True)
        except self.module.error:
            return _UNKNOWN
        found = [(to_bcp47(code), percent / 100) for _, code, percent, _ in details if code != "un"]
        if not found:
            return _UNKNOWN
        best, second = found[0], found[1] if len(found) > 1 else (UNDETERMINED, 0.0)
        return Guess(best[0], best[1], best[1] - second[1], "Zyyy", second[0])


class Together:
    """Back ends that vote: each adds its scores, times its weight, to its first and second language."""

    def __init__(self, backends: Sequence[Backend], weights: Sequence[float] | None = None) -> None:
        self.backends = tuple(backends)
        self.weights = tuple(weights) if weights is not None else (1.0,) * len(self.backends)
        if len(self.weights) != len(self.backends) or not self.backends:
            raise ValueError("needs at least one back end, and one weight for each")
        self.name = "+".join(backend.name for backend in self.backends)

    def __call__(self, text: str) -> Guess:
        votes: dict[str, float] = defaultdict(float)
        script, given = "Zyyy", 0.0
        spelling: dict[str, str] = {}
        for backend, weight in zip(self.backends, self.weights, strict=True):
            guess = backend(text)
            script = guess.script if script == "Zyyy" else script
            if guess.score <= 0:
                continue
            given += weight
            for language, score in (
                (guess.language, guess.score),
                (guess.second, guess.score - guess.margin),
            ):
                votes[canonical(language)] += weight * score
                spelling.setdefault(canonical(language), language)
        if not votes:
            return _UNKNOWN
        order = sorted(votes, key=lambda label: (-votes[label], label))
        top = votes[order[0]] / given
        second = votes[order[1]] / given if len(order) > 1 else 0.0
        other = spelling[order[1]] if len(order) > 1 else UNDETERMINED
        return Guess(spelling[order[0]], top, top - second, script, other)


def open_backend(names: str, files: Mapping[str, Path] | None = None) -> Backend:
    """`ours`, `cld2`, `fasttext:PATH`, the path of a model, or several of these with `+` between, which vote.

    A path that ends in .bin or .ftz is fastText's, any other is ours. `files` says where the model of the
    first name is ("backend/0"), and so on, where not at its path. Raises CorpusError where a package is
    missing, StorageError where the file cannot be read.
    """
    found = [
        _one(name, (files or {}).get(f"backend/{number}")) for number, name in enumerate(names.split("+"))
    ]
    return found[0] if len(found) == 1 else Together(found)


def _one(name: str, file: Path | None) -> Backend:
    if name in ("ours", "corpus"):
        return Own()
    if name == "cld2":
        return Cld2()
    given = Path(name.removeprefix("fasttext:"))
    is_fasttext = name.startswith("fasttext:") or given.suffix in (".bin", ".ftz")
    path = file or given
    return FastText(path) if is_fasttext else Own(path)
