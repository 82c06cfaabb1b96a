"""Puts together what a dispatch needs to know of a site: sun, load, temperature, unit capacities and grid by hour."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.dispatch.inputs import SiteYear
from pipelines.errors import ContractError
from pipelines.plant.grid import curtailed_hours_per_year, flexible_available_frac
from pipelines.plant.load import load_mw
from pipelines.plant.technology import FirmTechnology
from pipelines.settings import Settings


def site_years(
    regions: pl.DataFrame,
    weather: pl.DataFrame,
    solar: pl.DataFrame,
    technologies: Mapping[str, FirmTechnology],
    load_facts: pl.DataFrame,
    settings: Settings,
) -> list[SiteYear]:
    """Return one entry per region and weather year, in order of both.

    Parameters
    ----------
    regions : pl.DataFrame
        region_id, elevation_m.
    weather : pl.DataFrame
        Contract `core.weather_hourly`; every region and year in time order.
    solar : pl.DataFrame
        Contract `sim.solar_hourly`: region_id, weather_year, hour_utc, solar_mw_per_mw, rows as in `weather`.
    technologies : Mapping[str, FirmTechnology]
    load_facts : pl.DataFrame
        Reference table `data_centre_load`.
    settings : Settings

    Raises
    ------
    ContractError
        If a region has no weather, or weather and solar are not the same hours.
    """
    key = ["region_id", "weather_year"]
    elevation = dict(zip(regions["region_id"], regions["elevation_m"], strict=True))
    curtailed_hours = curtailed_hours_per_year(load_facts, settings.flexible_grid_curtailed_frac)
    years = weather.partition_by(key, maintain_order=True, as_dict=True)
    suns = solar.partition_by(key, maintain_order=True, as_dict=True)
    missing = sorted(set(elevation) - {str(region) for region, _ in years})
    if missing:
        raise ContractError(f"core.weather_hourly: no hours for region {missing[0]}; make its weather first.")
    sites = []
    for region_id, weather_year in sorted(years):
        hours = years[region_id, weather_year]
        sun = suns.get((region_id, weather_year))
        if sun is None or not sun["hour_utc"].equals(hours["hour_utc"]):
            raise ContractError(
                f"sim.solar_hourly: region {region_id}, year {weather_year} has other hours than its weather."
            )
        sites.append(
            site_year(
                region_id,
                weather_year,
                hours["hour_utc"][0],
                hours["temperature_c"].to_numpy(),
                sun["solar_mw_per_mw"].to_numpy(),
                elevation[region_id],
                technologies,
                curtailed_hours,
                settings,
            )
        )
    return sites


def site_year(
    region_id: str,
    weather_year: int,
    start_utc: datetime,
    temperature_c: NDArray[np.float64],
    solar_mw_per_mw: NDArray[np.float64],
    elevation_m: float,
    technologies: Mapping[str, FirmTechnology],
    curtailed_hours: float,
    settings: Settings,
) -> SiteYear:
    """Return one region's weather year.

    Parameters
    ----------
    region_id : str
    weather_year : int
    start_utc : datetime
        Start of the first hour.
    temperature_c, solar_mw_per_mw : NDArray[np.float64]
        By hour, shape (n_hours,).
    elevation_m : float
        Height above sea level (m).
    technologies : Mapping[str, FirmTechnology]
    curtailed_hours : float
        Hours per year in which a flexible grid service is curtailed, as from `curtailed_hours_per_year`.
    settings : Settings
    """
    return SiteYear(
        region_id=region_id,
        weather_year=weather_year,
        start_utc=start_utc,
        step_hours=1.0,
        solar_mw_per_mw=solar_mw_per_mw,
        load_mw=load_mw(temperature_c, settings),
        grid_available_frac=flexible_available_frac(
            temperature_c, settings.flexible_grid_curtailed_frac, curtailed_hours
        ),
        temperature_c=temperature_c,
        capacity_frac={name: unit.capacity_frac(temperature_c, elevation_m) for name, unit in technologies.items()},
    )
