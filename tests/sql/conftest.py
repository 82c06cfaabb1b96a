"""The small published release for the SQL surface, open."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.warehouse import Release, open_release


@pytest.fixture(scope="session")
def release(data_dir: Path) -> Iterator[Release]:
    """Return the small release, open."""
    with open_release(data_dir) as opened:
        yield opened
