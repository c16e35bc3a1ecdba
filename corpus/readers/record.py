"""What readers give: units to plan with, records to work on, and what could not be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Record", "Unit", "Unreadable"]


@dataclass(frozen=True, order=True)
class Unit:
    """One file or archive member that holds documents of one declared language.

    `name` is relative to the reader's root, with "/" between folders, so it is the same on every machine.
    `size_bytes` is the size after decompression where it is known, else an estimate; for planning only.
    """

    name: str
    language: str
    size_bytes: int


@dataclass(frozen=True)
class Record:
    """One document as its source gives it. `row` counts from 0 inside the unit; `text` is valid Unicode.

    `native_id` and `url` are empty where the source has none; `meta` holds JSON values.
    """

    text: str
    native_id: str = ""
    url: str = ""
    row: int = 0
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Unreadable:
    """A row that could not be read: its index, the byte offset where it starts (-1: not known), and why."""

    row: int
    offset: int
    error: str
