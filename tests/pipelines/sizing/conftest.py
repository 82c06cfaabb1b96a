"""A few regions with everything that sizing needs, made from the reference tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import partial

import polars as pl
import pytest

from pipelines.dispatch.designs import design_grid
from pipelines.dispatch.inputs import DesignSet, SiteYear
from pipelines.dispatch.site_years import site_years
from pipelines.economics.evaluate import evaluate_candidates
from pipelines.economics.finance import terms
from pipelines.economics.gas import GAS_TABLES, GasFacts, gas_prices_by_region
from pipelines.economics.gas_supply import gas_supply
from pipelines.economics.prices import POWER_TABLES, PowerFacts, power_prices_by_region
from pipelines.plant.firm import battery, firm_technologies
from pipelines.plant.solar import solar_mw_per_mw, solar_parameters
from pipelines.reference.load import load_reference
from pipelines.reference.parameters import parameters
from pipelines.reference.regions import reference_climatology, reference_regions
from pipelines.reliability.campaign import Plant, campaign
from pipelines.reliability.common_mode import region_causes
from pipelines.settings import REFERENCE_DIR, Settings
from pipelines.sizing.market import Market
from pipelines.warehouse.cache import Cache
from pipelines.weather.synthetic import synthetic_year

# A sunny one, a cloudy one, and one whose best number of engines is decided by the target.
REGIONS = ["abilene_tx", "columbus_oh", "berkeley_wv"]


@dataclass(frozen=True)
class Night:
    """What a night would have when it comes to sizing."""

    sites: list[SiteYear]
    plant: Plant
    causes: dict[str, pl.DataFrame]
    candidates: pl.DataFrame
    market: Market
    regions: pl.DataFrame


@pytest.fixture(scope="session")
def night(tmp_path_factory) -> Night:
    settings = Settings()
    read = {name: load_reference(name, REFERENCE_DIR) for name in (
        "technology", "temperature_outage", "data_centre_load",
        "grid_reliability", "locational_multipliers", "tax_rules", *GAS_TABLES, *POWER_TABLES,
    )}  # fmt: skip
    regions = reference_regions(REFERENCE_DIR).filter(pl.col("region_id").is_in(REGIONS))
    climatology = reference_climatology(regions, REFERENCE_DIR)
    figures = parameters(read["technology"])
    technologies = firm_technologies(figures, read["temperature_outage"], settings)
    weather, solar = [], []
    for region in regions.iter_rows(named=True):
        place = {name: region[name] for name in ("latitude", "longitude", "elevation_m")}
        months = climatology.filter(pl.col("region_id") == region["region_id"])
        hours = synthetic_year(months, region["region_id"], **place, year_index=1)
        sun = solar_mw_per_mw(hours, **place, parameters=solar_parameters(figures, settings))
        weather.append(hours)
        solar.append(
            hours.select("region_id", "weather_year", "hour_utc").with_columns(pl.Series("solar_mw_per_mw", sun))
        )
    sites = site_years(regions, pl.concat(weather), pl.concat(solar), technologies, read["data_centre_load"], settings)
    grid = design_grid(technologies, settings)
    plant = Plant(DesignSet.from_frame(grid), technologies, battery(figures, settings), figures, settings)
    hubs = gas_supply(regions, load_reference("gas_hub_rules", REFERENCE_DIR), settings)
    every_cause = region_causes(regions, hubs, read["grid_reliability"], figures, settings)
    causes = {str(key[0]): frame for key, frame in every_cause.partition_by("region_id", as_dict=True).items()}
    as_of, own = date(2026, 11, 22), terms(figures, read["tax_rules"], settings)
    price = partial(
        evaluate_candidates,
        regions=regions,
        gas=gas_prices_by_region(regions, GasFacts.read(read.__getitem__), as_of, own, settings),
        power=power_prices_by_region(regions, PowerFacts.read(read.__getitem__), as_of, settings),
        parameters=figures,
        multipliers=read["locational_multipliers"],
        emission_factors=read["emission_factors"],
        settings=settings,
        outage_causes=every_cause,
    )
    cache = Cache(tmp_path_factory.mktemp("cache"))
    annual, adequacy, _ = campaign(sites, plant, causes, cache)
    return Night(sites, plant, causes, price(grid, annual, adequacy), Market(price, settings), regions)
