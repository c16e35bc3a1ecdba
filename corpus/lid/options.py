"""Size and effort of training a language-identification model."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["TrainOptions"]


@dataclass(frozen=True)
class TrainOptions:
    """Size and effort.

    slot_bits        log2 of the rows of the feature table
    steps            windows seen in training
    rate             learning rate at the start; falls to 0 linearly
    wanted_features  features taken for each language of `corpus` and, third part, for each other language
    other_weight     how often another language is drawn, against 1 for a language of `corpus`
    plain_share      share of windows read without diacritics, as people type; toneless_share where the
                     language's tone marks are mostly left out
    pseudo_weight    how often text of invented languages is drawn, as `und`, against 1 for a language
    duel_share       share of steps that only tell a close group apart, in a source that has several of it
    least_kept       smallest share of a window's features a step looks at
    vocabulary_bytes text of one language looked at for the vocabulary
    shortest, longest  window lengths in bytes
    calibration      temperature = a + b * log(features); measured on sources left out of training
    """

    slot_bits: int = 18
    steps: int = 700_000
    rate: float = 2.0
    wanted_features: int = 6000
    other_features: int = 800
    other_weight: float = 0.25
    plain_share: float = 0.08
    toneless_share: float = 0.4
    pseudo_weight: float = 6.0
    duel_share: float = 0.15
    least_kept: float = 0.35
    vocabulary_bytes: int = 600_000
    shortest: int = 24
    longest: int = 640
    calibration: tuple[float, float] = (0.8, 0.0)
