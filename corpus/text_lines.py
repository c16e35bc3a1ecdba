"""The lines of a text file that a user names beside the sources, compressed or not, with their numbers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from corpus.compressed import chunks
from corpus.readers.jsonl import lines

__all__ = ["BadLine", "text_lines"]


class BadLine(Exception):
    """A line that is not text: its number, and the error of decoding it, None where it is too long."""

    def __init__(self, number: int, error: UnicodeDecodeError | None = None) -> None:
        super().__init__(number, error)
        self.number = number
        self.error = error


def text_lines(path: Path) -> Iterator[tuple[int, str]]:
    """(number from 1, line without its end); a byte order mark is left out.

    Raises BadLine for a line that is too long (`corpus.readers.jsonl`) or not in UTF-8, Damage where the
    compression is damaged, OSError where the file cannot be read.
    """
    for number, (_, line) in enumerate(lines(chunks(path)), 1):
        if line is None:
            raise BadLine(number)
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise BadLine(number, error) from error
        yield number, text
