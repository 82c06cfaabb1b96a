"""A small night run through the real command, once for all tests of this folder."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from assets.night import Night, Scope, open_night
from pipelines.settings import Settings

REGIONS = "abilene_tx,columbus_oh,imperial_ca"
AS_OF = "2026-11-22"


@dataclass(frozen=True)
class Ran:
    """What a command answered."""

    code: int
    out: str
    err: str


Command = Callable[..., Ran]


@pytest.fixture(scope="session")
def firstmw(repository: Path) -> Command:
    """Return a function that runs the real command in a process of its own."""

    def run(*arguments: str, data_dir: Path, **settings: str) -> Ran:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("FIRSTMW_")}
        environment |= {"FIRSTMW_DATA_DIR": str(data_dir)}
        environment |= {f"FIRSTMW_{name.upper()}": value for name, value in settings.items()}
        done = subprocess.run(
            [sys.executable, "-m", "pipelines.cli.main", *arguments],
            cwd=repository,
            env=environment,
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture(scope="session")
def night(firstmw: Command, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the data folder of a published night of three regions."""
    data_dir = tmp_path_factory.mktemp("night")
    ran = firstmw("refresh", "--publish", "--regions", REGIONS, "--as-of", AS_OF, data_dir=data_dir)
    assert ran.code == 0, ran.err
    return data_dir


@pytest.fixture(scope="session")
def lean() -> dict[str, str]:
    """Return settings of counties; what is sampled, traced and drawn is the business of the markets' night."""
    return {
        "chunk_workers": "1",
        "trace_sites": "2",
        "sample_sites": "1",
        "regret_regions": "0",
        "monte_carlo_years": "2",
        "timeline_samples": "100",
        "robustness_draws": "100",
        "programme_samples": "100",
        "portfolio_years": "200",
    }


@pytest.fixture(scope="session")
def county_night(firstmw: Command, lean: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the data folder of a published night of the counties of Rhode Island."""
    for module in ("_plotly_geo", "airportsdata"):
        pytest.importorskip(module, reason="needs the extra firstmw[counties]")
    data_dir = tmp_path_factory.mktemp("counties")
    ran = firstmw(
        "refresh", "--publish", "--scope", "counties", "--state", "RI", "--as-of", AS_OF, data_dir=data_dir, **lean
    )
    assert ran.code == 0, ran.err
    assert not (data_dir / "releases").exists()
    return data_dir


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Night]:
    """Return an open night in which nothing is made yet."""
    with open_night(Settings(data_dir=tmp_path / "data"), Scope(date.fromisoformat(AS_OF))) as night:
        yield night
