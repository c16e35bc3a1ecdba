"""Language weights for tokenizer training, as whole numbers to multiply counts with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from corpus.errors import ConfigError, Problem

__all__ = ["count_weights"]

SCALE = 1024


def count_weights(sizes: Mapping[str, int], options: Mapping[str, Any]) -> tuple[dict[str, int], int]:
    """Factor for each language's counts from its size in bytes, and the number that stands for a factor of 1.

    mode proportional: all 1. power: the languages' shares become share^alpha (BLOOM: 0.3). explicit: `shares`
    are the wanted shares; a language that is not named gets none. cap_bytes: no language counts for more
    bytes than this before the power (ROOTS capped at 100 GB). max_factor: the largest factor relative to the
    smallest one, which is 1. Factors are whole numbers with 10 bits behind the point, or all 1, so that sums
    do not depend on the order of adding. Raises ConfigError for a language the corpus does not hold.
    """
    mode = options.get("mode", "proportional")
    if mode == "proportional" and not options.get("cap_bytes"):
        return dict.fromkeys(sizes, 1), 1
    cap = int(options.get("cap_bytes") or 0)
    capped = {name: min(size, cap) if cap else size for name, size in sizes.items()}
    total = sum(capped.values())
    if mode == "explicit":
        shares: Mapping[str, float] = options["shares"]
        unknown = sorted(set(shares) - set(sizes))
        if unknown:
            problem = f"weights name languages the corpus does not hold: {', '.join(unknown)}"
            raise ConfigError([Problem("tokenizer", 0, 0, problem)])
        wanted = {name: float(shares.get(name, 0.0)) for name in sizes}
    else:
        alpha = float(options.get("alpha", 1.0)) if mode == "power" else 1.0
        wanted = {name: (size / total) ** alpha if size else 0.0 for name, size in capped.items()}
    factors = {name: wanted[name] / size if size else 0.0 for name, size in sizes.items()}
    smallest = min((factor for factor in factors.values() if factor > 0), default=1.0)
    most = float(options.get("max_factor") or 0) * smallest
    if most:
        factors = {name: min(factor, most) for name, factor in factors.items()}
    return {name: round(factor / smallest * SCALE) for name, factor in factors.items()}, SCALE
