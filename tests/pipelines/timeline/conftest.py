"""Reference tables and one plausible design per stack."""

from __future__ import annotations

import polars as pl
import pytest

from pipelines.reference.load import load_reference
from pipelines.settings import REFERENCE_DIR, Settings

_DESIGNS = {
    # stack: technology, units, unit MW, solar MW, battery MWh, reserve MWh
    "solar_bess_gas": ("recip_genset", 11, 2.5, 90.0, 100.0, 5.0),
    "gas_recip": ("recip_genset", 12, 2.5, 0.0, 0.0, 5.0),
    "gas_turbine": ("gas_turbine_small_industrial", 3, 16.5, 0.0, 0.0, 10.0),
    "fuel_cell": ("fuel_cell", 90, 0.3, 0.0, 0.0, 3.0),
    "solar_bess": ("", 0, 0.0, 260.0, 700.0, 0.0),
    "grid": ("diesel_standby_genset", 11, 2.5, 0.0, 0.0, 0.0),
    "flexible_grid_bess": ("diesel_standby_genset", 11, 2.5, 0.0, 80.0, 0.0),
    "smr_hybrid": ("recip_genset", 6, 2.5, 0.0, 0.0, 5.0),
}


@pytest.fixture(scope="session")
def tables() -> dict[str, pl.DataFrame]:
    """Return the reference tables that the timeline reads."""
    names = ("equipment_lead_times", "policy", "queue_statistics", "candidate_markets")
    return {name: load_reference(name, REFERENCE_DIR) for name in names}


@pytest.fixture(scope="session")
def regions(tables) -> pl.DataFrame:
    """Return the rankable markets."""
    return tables["candidate_markets"].filter(pl.col("is_rankable")).select("region_id", "state", "iso")


@pytest.fixture(scope="session")
def designs() -> pl.DataFrame:
    """Return one design per stack."""
    columns = ("firm_technology", "firm_units", "firm_unit_mw", "solar_mw", "bess_mwh", "reserve_mwh")
    return pl.DataFrame(
        [{"stack_id": stack, **dict(zip(columns, row, strict=True))} for stack, row in _DESIGNS.items()]
    )


@pytest.fixture(scope="session")
def fast() -> Settings:
    """Return settings with few samples."""
    return Settings(timeline_samples=2000)
