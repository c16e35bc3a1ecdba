"""Labelled text without the lines that are plainly in another language than the label.

Translated manuals and interfaces are full of sentences nobody translated; learned as they are labelled,
they teach that English is Hindi. Two rules, both from the text itself: a line of a language not written in
Latin letters must not be mostly Latin; a line of another language must not be made of the commonest words of
English, as far as those are not words of that language too.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from corpus.lid.labels import canonical
from corpus.lid.text import Item

__all__ = ["clean"]

_ENGLISH = "en"
#: Varieties that share the commonest words with English by right.
_LIKE_ENGLISH = frozenset({"en", "pcm", "sco", "bi", "tpi", "pis", "kri", "jam", "djk", "und"})
_COMMON = 80
#: English text is 40 to 50 % words of this list; other languages, by chance, below 6 % (measured).
_MOST_ENGLISH = 0.2
_SAMPLE = 200_000


def clean(items: Sequence[Item]) -> Iterator[Item]:
    """The items with such lines left out, in order; an item with nothing left is left out."""
    latin, other, foreign = _profiles(items)
    for item in items:
        label = canonical(item.language)
        lines = item.text.split("\n")
        if label in latin:
            words = foreign.get(label, frozenset())
            kept = [line for line in lines if not words or _share(line, words) < _MOST_ENGLISH]
        elif label in other:
            kept = [line for line in lines if not _mostly_latin(line)]
        else:
            kept = lines
        if len(kept) == len(lines):
            yield item
        elif any(not line.isspace() for line in kept if line):
            yield item._replace(text="\n".join(kept))


def _profiles(items: Sequence[Item]) -> tuple[set[str], set[str], dict[str, frozenset[str]]]:
    """(labels in Latin letters, labels in others, English words by label that are no words of its own).

    Labels written in both, as Serbian and Azerbaijani are, are neither.
    """
    ascii_letters: Counter[str] = Counter()
    others: Counter[str] = Counter()
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    sizes: Counter[tuple[str, str]] = Counter()
    for item in items:
        key = canonical(item.language), item.source
        if sizes[key] > _SAMPLE:
            continue
        sizes[key] += len(item.text)
        head = item.text[:4000]
        ascii_here = sum(head.count(letter) for letter in "aeioun")
        ascii_letters[key[0]] += ascii_here
        others[key[0]] += sum(1 for character in head if ord(character) > 0x0300)
        counts[key].update(item.text.lower().split())
    # the six counted letters are a third of Latin text
    latin = {label for label in ascii_letters if ascii_letters[label] * 2 > others[label]}
    other = {label for label in ascii_letters if ascii_letters[label] * 5 < others[label]}
    english: Counter[str] = Counter()
    for key in sorted(counts):
        if key[0] == _ENGLISH:
            total = sum(counts[key].values())
            english.update({word: round(1e6 * count / total) for word, count in counts[key].items()})
    common = [word for word, _ in sorted(english.items(), key=lambda pair: (-pair[1], pair[0]))]
    common = [word for word in common if word.isalpha()][:_COMMON]
    result: dict[str, frozenset[str]] = {}
    for label in sorted(latin - _LIKE_ENGLISH):
        keys = [key for key in sorted(counts) if key[0] == label and sizes[key] > 2000]
        own = {
            word
            for word in common
            # a word of the language is there in every source of it, a contamination is not
            if keys and min(counts[key][word] / max(1, sum(counts[key].values())) for key in keys) > 0.001
        }
        result[label] = frozenset(common) - own
    return latin, other, result


def _share(line: str, words: frozenset[str]) -> float:
    found = line.lower().split()
    if len(found) < 4:
        return 0.0
    return sum(word in words for word in found) / len(found)


def _mostly_latin(line: str) -> bool:
    if line.isascii():
        return sum(character.isalpha() for character in line) > 12
    return False if len(line) < 12 else sum(c.isascii() and c.isalpha() for c in line) * 2 > len(line)
