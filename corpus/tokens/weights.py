"""Language weights for tokenizer training, as whole numbers to multiply counts with."""

from __future__ import annotations

from collections.abc import Mapping

from corpus.errors import ConfigError, Problem

__all__ = ["count_weights"]


def count_weights(sizes: Mapping[str, int], options: Mapping[str, object]) -> dict[str, int]:
    """Factor for each language's counts from its size in bytes.

    mode proportional: all 1. power: the languages' shares become share^alpha (BLOOM: 0.3). explicit: `shares`
    are the wanted shares; a language that is not named gets none. cap_bytes: no language counts for more
    bytes than this before the power (ROOTS capped at 100 GB). max_factor: the largest factor relative to the
    smallest one. Factors are fixed-point numbers with 10 bits behind the point, except where all are 1, so
    that sums do not depend on the order of adding.
    """
    mode = options.get("mode", "proportional")
    if mode == "proportional" and not options.get("cap_bytes"):
        return dict.fromkeys(sizes, 1)
    cap = int(options.get("cap_bytes") or 0)  # type: ignore[call-overload]
    capped = {name: min(size, cap) if cap else size for name, size in sizes.items()}
    total = sum(capped.values())
    if mode == "explicit":
        shares = options.get("shares")
        assert isinstance(shares, Mapping)
        unknown = sorted(set(shares) - set(sizes))
        if unknown:
            problem = f"weights name languages the corpus does not hold: {', '.join(unknown)}"
            raise ConfigError([Problem("tokenizer", 0, 0, problem)])
        wanted = {name: float(shares.get(name, 0.0)) for name in sizes}
    else:
        alpha = float(options.get("alpha", 1.0)) if mode == "power" else 1.0  # type: ignore[arg-type]
        wanted = {name: (size / total) ** alpha if size else 0.0 for name, size in capped.items()}
    factors = {name: wanted[name] / size if size else 0.0 for name, size in sizes.items()}
    smallest = min((factor for factor in factors.values() if factor > 0), default=1.0)
    most = float(options.get("max_factor") or 0) * smallest  # type: ignore[arg-type]
    if most:
        factors = {name: min(factor, most) for name, factor in factors.items()}
    return {name: round(factor / smallest * 1024) for name, factor in factors.items()}
