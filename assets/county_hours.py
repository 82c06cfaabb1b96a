"""The hours of the best counties, fetched or made again from the climatology, for the tables that show hours."""

from __future__ import annotations

import polars as pl

from assets.climate import CLIMATE_INPUTS, night_stations
from assets.night import Night
from pipelines.contracts.sites import BARE_REGIONS
from pipelines.counties.hours import chunk_store, fetched_years
from pipelines.national.chunk import HOURS
from pipelines.plant.solar import SolarParameters
from pipelines.ranking.rank import valued_sites
from pipelines.timeline.online import online_share_matrix
from pipelines.weather.assemble import region_solar, region_weather
from pipelines.weather.climate import interpolated_climatology

# What the best counties are chosen by, and what their hours are made from.
BEST_INPUTS = [
    *CLIMATE_INPUTS,
    "core.weather_choice",
    "sim.phased",
    "mart.time_to_power",
    "sim.online_share",
]


def county_years(night: Night) -> pl.DataFrame:
    """Return the fetched years that the night's counties run on, their hours in the store of the chunks."""
    return night.once("county years", lambda: fetched_years(night.live, chunk_store(night.settings)))


def county_climatology(night: Night) -> pl.DataFrame:
    """Return the interpolated months of the counties without fetched years."""
    return night.once("county climatology", lambda: _county_climatology(night))


def _county_climatology(night: Night) -> pl.DataFrame:
    places = night.read("core.regions", ["region_id", "latitude", "longitude", "elevation_m"])
    return interpolated_climatology(
        places.join(county_years(night), on="region_id", how="anti", maintain_order="left"),
        night_stations(night),
    )


def best_counties(night: Night, count: int) -> list[str]:
    """Return the counties whose best stack is worth most per megawatt, which is the order of the ranking."""
    times = night.read("mart.time_to_power")
    share = online_share_matrix(night.read("sim.online_share"), times)
    regions = night.read("core.regions").join(
        night.read("core.weather_choice"), on="region_id", how="left", maintain_order="left"
    )
    valued = valued_sites(regions, night.read("sim.phased"), times, share, night.settings)
    ordered = valued.sort("is_eligible", "value_usd_per_mw", "region_id", descending=[True, True, False])
    best = ordered["region_id"].unique(maintain_order=True)
    return best.head(count).sort().to_list()


def hours_of_counties(night: Night, parameters: SolarParameters) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return the best counties with their hours of weather and of sun, as the markets have them in tables."""
    best = best_counties(night, max(night.settings.trace_sites, night.settings.sample_sites))
    regions = night.read("core.regions", BARE_REGIONS).filter(pl.col("region_id").is_in(best))
    choice = night.read("core.weather_choice").with_columns(pl.lit(None, dtype=pl.String).alias("file_name"))
    years = county_years(night).filter(pl.col("region_id").is_in(best))
    synthetic = regions.filter(~pl.col("region_id").is_in(years["region_id"].implode()))
    store = chunk_store(night.settings)
    frames = [store.read(key, HOURS) for key in years["hours_key"]]
    if synthetic.height:
        made, _ = region_weather(
            synthetic, county_climatology(night), choice, None, night.settings.dispatch_years, night.cache
        )
        frames.append(made)
    weather = pl.concat(frames).sort("region_id", "weather_year", "hour_utc", maintain_order=True)
    solar, _ = region_solar(regions, weather, parameters, night.cache)
    return regions, weather, solar
