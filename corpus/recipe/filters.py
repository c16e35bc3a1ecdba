"""filters/*.yaml: bounds on signals, by language."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from corpus.recipe.base import Model

__all__ = ["Bounds", "FilterFile", "FilterRecipe"]


class Bounds(Model):
    """Smallest and largest value kept; a bound that is not given does not exist."""

    min: float | None = None
    max: float | None = None
    set_by: Literal["person", "fitted", "inherited"] = "inherited"
    fitted_on_bytes: int = 0
    note: str = ""


class FilterRecipe(Model):
    """Bounds on a signal. `off` switches the filter off for a language; nothing else does. `sources` limits
    it to hand-picked sources or to web crawls (`crawl: true`); sources whose name fits a pattern of
    `except_sources` (fnmatch) it leaves alone."""

    signal: str
    min: float | None = None
    max: float | None = None
    equals: bool | str | None = None
    applies_to: Literal["text", "code", "all"] = "text"
    sources: Literal["all", "picked", "crawl"] = "all"
    except_sources: tuple[str, ...] = ()
    action: Literal["drop", "quarantine"] = "drop"
    description: str = ""
    languages: dict[str, Bounds | Literal["off"]] = {}

    @model_validator(mode="after")
    def _some_bound(self) -> FilterRecipe:
        bounds = [bound for bound in self.languages.values() if isinstance(bound, Bounds)]
        given = (self.min, self.max, self.equals, *(b.min for b in bounds), *(b.max for b in bounds))
        if all(value is None for value in given):
            raise ValueError("has no bound; give min, max or equals")
        return self


class FilterFile(Model):
    """One file of filters/. `languages` maps a language to bounds by filter name."""

    plugins: tuple[str, ...] = ()
    filters: dict[str, FilterRecipe] = {}
