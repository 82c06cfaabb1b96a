"""Facts and a few sites with climatology of their own, small enough to be simulated in a test."""

from __future__ import annotations

import polars as pl
import pytest

from pipelines.dispatch.designs import design_grid
from pipelines.dispatch.inputs import DesignSet
from pipelines.economics.gas_supply import gas_supply
from pipelines.national.chunk import Facts
from pipelines.plant.firm import battery, firm_technologies
from pipelines.plant.solar import solar_parameters
from pipelines.reference.load import load_reference
from pipelines.reference.parameters import parameters
from pipelines.reliability.campaign import Plant
from pipelines.reliability.common_mode import region_causes
from pipelines.settings import REFERENCE_DIR, Settings
from pipelines.timeline.phases import phase_designs
from pipelines.weather.climate import climate_stations, interpolated_climatology

PLACES = [
    ("04013", "AZ", 33.3, -112.5, 350.0),
    ("04019", "AZ", 32.1, -111.8, 800.0),
    ("23003", "ME", 46.7, -68.6, 200.0),
    ("48003", "TX", 32.3, -102.6, 970.0),
]


@pytest.fixture(scope="session")
def regions() -> pl.DataFrame:
    """Return four places as regions."""
    rows = pl.DataFrame(PLACES, schema=["region_id", "state", "latitude", "longitude", "elevation_m"], orient="row")
    return rows.with_columns(pl.lit("a station").alias("climate_station"))


@pytest.fixture(scope="session")
def months(regions: pl.DataFrame) -> pl.DataFrame:
    """Return their months."""
    names = ("climate_stations", "climatology_monthly")
    stations = climate_stations(*(load_reference(name, REFERENCE_DIR) for name in names))
    return interpolated_climatology(regions, stations)


@pytest.fixture(scope="session")
def causes(regions: pl.DataFrame) -> pl.DataFrame:
    """Return their shared failures."""
    settings = Settings()
    figures = parameters(load_reference("technology", REFERENCE_DIR))
    hubs = gas_supply(regions, load_reference("gas_hub_rules", REFERENCE_DIR), settings)
    return region_causes(regions, hubs, load_reference("grid_reliability", REFERENCE_DIR), figures, settings)


def _facts(every: int) -> Facts:
    settings = Settings()
    figures = parameters(load_reference("technology", REFERENCE_DIR))
    technologies = firm_technologies(figures, load_reference("temperature_outage", REFERENCE_DIR), settings)
    designs = design_grid(technologies, settings)
    # Whole families of every so many solar and battery sizes.
    sizes = ["solar_mw", "bess_mw", "bess_mwh"]
    some = designs.select(sizes).unique(maintain_order=True).gather_every(every)
    designs = designs.join(some, on=sizes, how="semi", maintain_order="left")
    plant = Plant(DesignSet.from_frame(designs), technologies, battery(figures, settings), figures, settings)
    phases = DesignSet.from_frame(phase_designs(designs, technologies, settings))
    return Facts(
        plant, phases, solar_parameters(figures, settings), load_reference("data_centre_load", REFERENCE_DIR), 1
    )


@pytest.fixture(scope="session")
def facts() -> Facts:
    """Return a plant with a fifth of the design grid."""
    return _facts(5)


@pytest.fixture(scope="session")
def few_facts() -> Facts:
    """Return a plant with a few designs."""
    return _facts(40)
