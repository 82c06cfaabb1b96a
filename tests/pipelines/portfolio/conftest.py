"""Sites and events made from plain figures, and the facts of a small night on the shipped reference tables."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from pipelines.contracts.base import REGISTRY
from pipelines.economics.gas_supply import gas_supply
from pipelines.portfolio.events import Event
from pipelines.portfolio.facts import RANKED, REFERENCE, Facts
from pipelines.portfolio.sites import DOMAINS, Sites
from pipelines.reference.load import load_reference
from pipelines.settings import Settings

MakeSites = Callable[..., Sites]
MakeEvent = Callable[..., Event]
_STACKS = (("gas_recip", "recip_genset", 9, 3.75, 4800.0, 9e6), ("fuel_cell", "fuel_cell", 22, 1.3, 6200.0, 8.8e6))


@pytest.fixture(scope="session")
def make_sites() -> MakeSites:
    """Return a function that makes n sites of equal size in a row."""

    def make(n: int, mw: float = 10.0, apart_deg: float = 3.0) -> Sites:
        yes, no = np.ones(n, dtype=bool), np.zeros(n, dtype=bool)
        return Sites(
            latitude=np.full(n, 35.0),
            longitude=-120.0 + apart_deg * np.arange(n),
            mw=np.full(n, mw),
            domains={kind: ["one"] * n for kind in DOMAINS},
            uses_gas=yes,
            uses_grid=no,
            is_solar_alone=no,
            is_hot=yes,
            own={},
            freezes={name: np.full(n, 0.1) for name in ("low", "mid", "high", "hours")},
            freeze_cut_frac=0.5,
            exposures={},
            solar_correlation=None,
        )

    return make


@pytest.fixture(scope="session")
def make_event() -> MakeEvent:
    """Return a function that makes an event that reaches all of n sites alike."""

    def make(n: int, footprint: str, rate: float, **other: float) -> Event:
        return Event(
            event_type=f"{footprint} event",
            footprint=footprint,
            rate_per_year=np.full(n, rate),
            strike_frac=other.get("strike", 1.0),
            share_lost_frac=np.full(n, other.get("share", 1.0)),
            hours=np.full(n, other.get("hours", 24.0)),
            domain=np.zeros(n, dtype=np.int64),
            radius_km=other.get("radius_km", 100.0),
            is_assumption=True,
        )

    return make


@pytest.fixture(scope="session")
def facts() -> Facts:
    """Return the facts of a night of fourteen real regions whose ranked rows are made up."""
    settings = Settings(
        portfolio_mw=24.0,
        portfolio_nodes=4,
        portfolio_months=48,
        portfolio_years=400,
        timeline_samples=200,
        mixed_stack_site_mw=20.0,
    )
    reference = {name: load_reference(name, settings.reference_dir) for name in REFERENCE}
    markets = load_reference("candidate_markets", settings.reference_dir).filter("is_rankable").sort("region_id")
    regions = markets.gather_every(max(markets.height // 14, 1)).head(14)
    supply = gas_supply(regions, load_reference("gas_hub_rules", settings.reference_dir), settings)
    rows = []
    for index, place in enumerate(regions.iter_rows(named=True)):
        for number, (stack, firm, units, unit_mw, capex, value) in enumerate(_STACKS):
            own = {name: place[name] for name in ("region_id", "region_name", "state", "iso", "latitude", "longitude")}
            own |= {"stack_id": stack, "design_id": f"{stack}-n{units}", "rank": 2 * index + number + 1}
            own |= dict.fromkeys(("solar_mw", "bess_mw", "bess_mwh", "grid_mw"), 0.0) | {"baseload_units": 0}
            own |= {"reserve_mw": 5.0, "reserve_mwh": 1.5, "firm_technology": firm, "firm_units": units}
            own |= {"firm_unit_mw": unit_mw, "capex_usd_per_kw": capex, "lcoe_usd_per_mwh": 90.0 + index}
            own |= {
                "availability_frac": 0.9992,
                "is_target_met": True,
                "is_eligible": True,
                "value_usd_per_mw": value - 1e5 * index,
                "gas_basin_left_frac": 1.0,
                "gas_lateral_left_frac": 1.0,
            }
            rows.append(own)
        grid = rows[-1] | {"stack_id": "grid", "design_id": "grid", "grid_mw": 24.0, "value_usd_per_mw": 4e6}
        rows.append(grid | {"firm_technology": "diesel_standby_genset", "firm_units": 12, "firm_unit_mw": 2.0})
    months = REGISTRY["mart.weather_monthly"].schema.create_empty()
    return Facts(
        ranked=pl.DataFrame(rows).select(RANKED),
        regions=regions.join(supply.select("region_id", "gas_hub"), on="region_id", how="left", maintain_order="left"),
        reference=reference,
        hazard_rates=REGISTRY["mart.hazard_rates"].schema.create_empty(),
        weather_monthly=months,
        settings=settings,
    )
