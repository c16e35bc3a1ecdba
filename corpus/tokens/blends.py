"""The mixture as the blend files of trainers that read the unpacked tokens: Megatron, Nanotron, OLMo-core.

Paths are relative to the folder of the token buckets: <bucket>/<language>. The packed shards need no blend:
their epochs are already in them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import ceil

__all__ = ["blend_files"]


def blend_files(
    buckets: Mapping[str, Mapping[str, int]],
    weights: Mapping[str, float],
    tokens: Mapping[str, float],
    total: float,
) -> dict[str, str]:
    """File name to content. buckets: tokens by bucket and language; weights: shares by language; tokens: what
    each language has; total: tokens to draw.

    Megatron: the words of `--data-path` (or `--data-args-path`). Nanotron: the keys of a Nanoset. OLMo-core:
    a SourceMixtureList; its requested_tokens are `planned_tokens` of mixture.json.
    """
    sums = {name: sum(bucket.get(name, 0) for bucket in buckets.values()) for name in weights}
    prefixes = [
        (f"{key}/{name}", weights[name] * bucket[name] / sums[name])
        for key, bucket in sorted(buckets.items())
        for name in sorted(bucket)
        if bucket[name] and weights.get(name, 0.0) > 0
    ]
    megatron = "".join(f"{weight:.9f} {prefix}\n" for prefix, weight in prefixes)
    # JSON is YAML: both trainers read it as such.
    nanotron = {
        "dataset_folder": [prefix for prefix, _ in prefixes],
        "dataset_weights": [round(weight, 9) for _, weight in prefixes],
    }
    olmo = {
        "sources": [
            {
                "source_name": name,
                "target_ratio": round(weight, 9),
                # Rounded up: OLMo-core refuses a source that falls a token short.
                "max_repetition_ratio": max(1.0, ceil(1e6 * weight * total / tokens[name]) / 1e6),
                "max_source_fraction": 1.0,
                "paths": [f"{key}/{name}.npy" for key, bucket in sorted(buckets.items()) if bucket.get(name)],
            }
            for name, weight in sorted(weights.items())
            if weight > 0
        ],
    }
    return {
        "megatron.txt": megatron,
        "nanotron.yaml": json.dumps(nanotron, indent=1) + "\n",
        "olmo-core.yaml": json.dumps(olmo, indent=1) + "\n",
    }
