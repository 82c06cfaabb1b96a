"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# No clock: a busy machine is not a fault. The same examples in every run: a red test stays red until it is mended.
settings.register_profile("firstmw", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("FIRSTMW_HYPOTHESIS_PROFILE", "firstmw"))

REPOSITORY = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def repository() -> Path:
    """Return the root of the checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of recorded payloads, facts and cases beside the checkout, or skip."""
    folder = REPOSITORY.parent / "shared"
    if not folder.is_dir():
        pytest.skip("the folder ../shared with recorded payloads and cases is not beside this checkout")
    return folder
