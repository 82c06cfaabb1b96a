"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# No clock: a busy machine is not a fault. The same examples in every run: a red test stays red until it is mended.
settings.register_profile("firstmw", deadline=None, derandomize=True)
# Other examples in every run, and so many times more of them than a test asks for by itself.
settings.register_profile("search", deadline=None, max_examples=2000)
PROFILE = os.environ.get("FIRSTMW_HYPOTHESIS_PROFILE", "firstmw")
SEARCH_FACTOR = int(os.environ.get("FIRSTMW_HYPOTHESIS_FACTOR", "20"))
settings.load_profile(PROFILE)

REPOSITORY = Path(__file__).parents[1]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Widen the tests that name their own number of examples, where a wide search is asked for."""
    if PROFILE != "search":
        return
    for item in items:
        test = getattr(getattr(item, "obj", None), "__func__", getattr(item, "obj", None))
        own = getattr(test, "_hypothesis_internal_use_settings", None)
        if own is not None and own.max_examples < 2000:
            wider = settings(own, max_examples=own.max_examples * SEARCH_FACTOR, derandomize=False)
            test._hypothesis_internal_use_settings = wider


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


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with the small release, whose inputs are fresh enough."""
    from small_release import write_small_release

    folder = tmp_path_factory.mktemp("data")
    write_small_release(folder)
    return folder
