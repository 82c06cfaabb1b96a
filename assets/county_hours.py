"""The hours of the best counties, made again from the interpolated climatology for the tables that show hours."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from pipelines.counties.climate import climate_stations, interpolated_climatology
from pipelines.plant.solar import SolarParameters
from pipelines.ranking.rank import valued_sites
from pipelines.timeline.online import online_share_matrix
from pipelines.weather.assemble import region_solar, region_weather

# What the best counties are told from.
BEST_INPUTS = ["core.weather_choice", "sim.chosen", "mart.time_to_power", "sim.online_share"]


def county_climatology(night: Night) -> pl.DataFrame:
    """Return the interpolated months of the night's counties."""
    return night.once(
        "county climatology",
        lambda: interpolated_climatology(
            night.read("core.regions", ["region_id", "latitude", "longitude", "elevation_m"]),
            climate_stations(night.read("core.climatology_monthly")),
        ),
    )


def best_counties(night: Night, count: int) -> list[str]:
    """Return the counties whose best stack is worth most per megawatt, which is the order of the ranking."""
    times = night.read("mart.time_to_power")
    share = online_share_matrix(night.read("sim.online_share"), times)
    regions = night.read("core.regions").join(
        night.read("core.weather_choice"), on="region_id", how="left", maintain_order="left"
    )
    valued = valued_sites(regions, night.read("sim.chosen"), times, share, night.settings)
    best = valued.group_by("region_id", maintain_order=True).agg(pl.col("value_usd_per_mw").max())
    best = best.sort("value_usd_per_mw", "region_id", descending=[True, False])
    return best["region_id"].head(count).sort().to_list()


def hours_of_counties(night: Night, parameters: SolarParameters) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return the best counties with their hours of weather and of sun, as the markets have them in tables."""
    best = best_counties(night, max(night.settings.trace_sites, night.settings.sample_sites))
    regions = night.read("core.regions").filter(pl.col("region_id").is_in(best))
    choice = night.read("core.weather_choice").with_columns(pl.lit(None, dtype=pl.String).alias("file_name"))
    weather, _ = region_weather(
        regions, county_climatology(night), choice, None, night.settings.dispatch_years, night.cache
    )
    solar, _ = region_solar(regions, weather, parameters, night.cache)
    return regions, weather, solar
