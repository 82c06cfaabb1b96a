"""What several assets need of the plant: parameters, technologies, battery and designs of the night."""

from __future__ import annotations

import polars as pl

from assets.climate import CLIMATE_INPUTS, night_stations
from assets.county_hours import hours_of_counties
from assets.night import Night
from pipelines.contracts.base import REGISTRY
from pipelines.contracts.sites import BARE_REGIONS
from pipelines.dispatch.inputs import DesignSet, SiteYear
from pipelines.dispatch.site_years import site_years
from pipelines.dispatch.storage_years import StorageYears, storage_years
from pipelines.identity import content_hash
from pipelines.plant.firm import battery, firm_technologies
from pipelines.plant.solar import solar_parameters
from pipelines.plant.technology import FirmTechnology
from pipelines.reference.parameters import Parameters, parameters
from pipelines.reliability.campaign import Plant, campaign, site_key
from pipelines.timeline.phases import phase_designs
from pipelines.weather.climate import nearest_climatology

PLANT_INPUTS = [
    "core.regions",
    "core.weather_hourly",
    "sim.solar_hourly",
    "core.technology",
    "core.temperature_outage",
    "core.data_centre_load",
    "core.outage_causes",
    *CLIMATE_INPUTS,
]

CHOSEN_DESIGNS = ["region_id", *REGISTRY["sim.designs"].schema.column_names()]
"""Columns of `sim.chosen` that say what was chosen, and not at which prices."""

# About a megabyte each.
_KEPT_SITE_YEARS = 400


def plant_parameters(night: Night) -> Parameters:
    """Return the default parameters of all technologies."""
    return parameters(night.read("core.technology"))


def plant_technologies(night: Night) -> dict[str, FirmTechnology]:
    """Return the firm technologies."""
    return firm_technologies(plant_parameters(night), night.read("core.temperature_outage"), night.settings)


def grid_plant(night: Night) -> Plant:
    """Return the plant of the night with the design grid and its phases, which do not depend on prices."""
    return night.once("grid plant", lambda: _plant(night))


def chosen_designs(night: Night) -> pl.DataFrame:
    """Return region_id and the chosen designs, contract `sim.designs`; what is made of it stands with the choice."""
    return night.read("sim.chosen", CHOSEN_DESIGNS)


def of_grid(night: Night, rows: pl.DataFrame, *, are_phases: bool = False) -> pl.DataFrame:
    """Return the rows that are about designs of the grid, or about their phases."""
    grid = night.read("sim.design_grid", ["design_id"])
    return rows.join(grid, on="design_id", how="anti" if are_phases else "semi", maintain_order="left")


def grid_campaign(night: Night) -> tuple[pl.DataFrame, pl.DataFrame, int]:
    """Return dispatch and adequacy of grid and phases at every site, and how many site years were in the cache."""
    causes = causes_of(night.read("core.outage_causes"))
    return night.once(
        "grid campaign",
        lambda: campaign(
            night_sites(night), grid_plant(night), causes, night.cache, further=night_storage_years(night)
        ),
    )


def _plant(night: Night) -> Plant:
    own = plant_parameters(night)
    grid = night.read("sim.design_grid")
    technologies = plant_technologies(night)
    return Plant(
        designs=DesignSet.from_frame(pl.concat([grid, phase_designs(grid, technologies, night.settings)])),
        technologies=technologies,
        battery=battery(own, night.settings),
        parameters=own,
        settings=night.settings,
    )


def night_sites(night: Night) -> list[SiteYear]:
    """Return the site years of the night; few are kept for the next asset that asks, many would fill the memory."""
    return night.once("sites", lambda: _sites(night), _are_few)


def _are_few(sites: list[SiteYear]) -> bool:
    return len(sites) <= _KEPT_SITE_YEARS


def _sites(night: Night) -> list[SiteYear]:
    if night.scope.is_counties:
        # Known once they are valued: only what follows the choice and the timeline may ask.
        hours = hours_of_counties(night, solar_parameters(plant_parameters(night), night.settings))
    else:
        hours = (
            night.read("core.regions", BARE_REGIONS),
            night.read("core.weather_hourly"),
            night.read("sim.solar_hourly"),
        )
    return site_years(
        *hours,
        plant_technologies(night),
        night.read("core.data_centre_load"),
        night.settings,
    )


def night_storage_years(night: Night) -> dict[str, StorageYears]:
    """Return the further years of designs without a firm source, by region; none in a night of counties."""
    return {} if night.scope.is_counties else night.once("storage years", lambda: _storage_years(night))


def _storage_years(night: Night) -> dict[str, StorageYears]:
    regions = night.read("core.regions", BARE_REGIONS)
    return storage_years(
        regions,
        nearest_climatology(regions, night_stations(night)),
        night_sites(night),
        solar_parameters(plant_parameters(night), night.settings),
        night.settings,
        night.cache,
    )


def site_keys(night: Night) -> dict[tuple[str, int], str]:
    """Return by region and weather year the hash of all that a site year's dispatch depends on, prices not among it."""
    return night.once("site keys", lambda: _site_keys(night))


def _site_keys(night: Night) -> dict[tuple[str, int], str]:
    # The grid does not move with prices as the designs worked out do.
    grid, causes = grid_plant(night), causes_of(night.read("core.outage_causes"))
    return {
        (site.region_id, site.weather_year): content_hash(site_key(site, grid, causes[site.region_id]))
        for site in night_sites(night)
    }


def causes_of(causes: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Return the shared failures by region."""
    return {
        str(key[0]): frame for key, frame in causes.partition_by("region_id", as_dict=True, maintain_order=True).items()
    }
