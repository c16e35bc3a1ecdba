"""An example of a signal in a plug-in file: name it under `plugins:` and bound it like any other."""

import corpus


@corpus.signal
def shouting_ratio(text: str) -> float:
    """Share of words written in capitals."""
    words = text.split()
    return sum(word.isupper() for word in words) / max(len(words), 1)
