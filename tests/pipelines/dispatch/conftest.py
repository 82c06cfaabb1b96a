"""Makers of sites, designs and technologies for the tests of the dispatch."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import numpy as np
import pytest

from pipelines.dispatch.inputs import DesignSet, SiteYear
from pipelines.plant.technology import FirmTechnology


def make_technology(name: str = "engine", **changes: Any) -> FirmTechnology:
    values: dict[str, Any] = {
        "technology": name, "unit_mw": 4.0, "heat_rate_mmbtu_per_mwh": 9.0, "no_load_frac": 0.1, "min_load_frac": 0.0,
        "forced_outage_rate": 0.0, "forced_outage_by_temperature": (), "planned_outage_rate": 0.0,
        "mtbf_hours": 1000.0, "mttr_hours": 40.0, "derate_per_c": 0.0, "derate_above_c": 30.0, "derate_per_km": 0.0,
        "fuel": "natural_gas",
    }  # fmt: skip
    return FirmTechnology(**(values | changes))


def make_site(load_mw: Any, solar: Any = 0.0, **changes: Any) -> SiteYear:
    load = np.asarray(load_mw, float)
    values: dict[str, Any] = {
        "region_id": "here", "weather_year": 1, "start_utc": datetime(2025, 1, 1), "step_hours": 1.0,
        "solar_mw_per_mw": np.broadcast_to(np.asarray(solar, float), load.shape).copy(), "load_mw": load,
        "grid_available_frac": np.ones(len(load)), "temperature_c": np.full(len(load), 15.0),
        "capacity_frac": {"engine": np.ones(len(load)), "reactor": np.ones(len(load))},
    }  # fmt: skip
    return SiteYear(**(values | changes))


def make_designs(n: int = 1, **columns: Any) -> DesignSet:
    numbers = ("solar_mw", "bess_mw", "bess_mwh", "reserve_mw", "reserve_mwh", "grid_mw", "baseload_unit_mw",
               "firm_unit_mw")  # fmt: skip
    values: dict[str, Any] = {
        "design_id": [f"d{i}" for i in range(n)], "stack_id": ["stack"] * n,
        "is_grid_flexible": np.zeros(n, bool), "baseload_technology": ["reactor"] * n,
        "baseload_units": np.zeros(n, np.int64), "firm_technology": ["engine"] * n, "firm_units": np.zeros(n, np.int64),
        "rule": ["load_following"] * n,
    } | {name: np.zeros(n) for name in numbers}  # fmt: skip
    for name, value in columns.items():
        given = values[name]
        values[name] = [value] * n if isinstance(given, list) and isinstance(value, str) else value
        if isinstance(given, np.ndarray):
            values[name] = np.broadcast_to(np.asarray(value, given.dtype), (n,)).copy()
    return DesignSet(**values)


@pytest.fixture(scope="session")
def technology() -> Callable[..., FirmTechnology]:
    return make_technology


@pytest.fixture(scope="session")
def site_year() -> Callable[..., SiteYear]:
    return make_site


@pytest.fixture(scope="session")
def design_set() -> Callable[..., DesignSet]:
    return make_designs
