"""Shared fixtures: where the real input is, and small steps to try the engine on."""

from __future__ import annotations

from pathlib import Path

import pytest

REAL_INPUT = Path(__file__).parents[1].parent / "shared" / "real_input"


@pytest.fixture
def real_input() -> Path:
    """The folder of real text; the test is skipped, visibly, where it is not there."""
    if not REAL_INPUT.is_dir():
        pytest.skip("no real input beside the repository")
    return REAL_INPUT
