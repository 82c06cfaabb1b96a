"""The regions of a night, made from the table of candidate markets, and what is published about them."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from pipelines.contracts import sites as _contracts  # noqa: F401 - registers the tables
from pipelines.errors import InputError
from pipelines.ordered import group_mean
from pipelines.reference.load import load_reference
from pipelines.weather.climate import climate_stations, nearest_climatology, nearest_stations

# Facts of places that were published under another name first.
_EARLIER_NAMES = {
    "gas_pipe_distance_km": "gas_pipeline_distance_km",
    "is_nonattainment": "is_nonattainment_any",
    "land_usd_per_acre": "farm_real_estate_usd_per_acre_state_2017",
}


def rankable_regions(markets: pl.DataFrame, stations: pl.DataFrame, heights: pl.DataFrame) -> pl.DataFrame:
    """Select the markets that can be ranked, each with its height and its nearest climate station.

    Parameters
    ----------
    markets : pl.DataFrame
        Reference table `candidate_markets`.
    stations : pl.DataFrame
        Reference table `climate_stations`.
    heights : pl.DataFrame
        Reference table `place_heights`.

    Returns
    -------
    pl.DataFrame
        Columns `BARE_REGIONS` of `core.regions`, in order of region_id.

    Raises
    ------
    InputError
        If the height of a market is missing.
    """
    found = (
        markets.filter(pl.col("is_rankable"))
        .sort("region_id")
        .join(heights.select("region_id", "elevation_m"), on="region_id", how="left", maintain_order="left")
    )
    without = found.filter(pl.col("elevation_m").is_null())["region_id"]
    if len(without):
        raise InputError(
            f"the market {without[0]} has no height",
            file="place_heights.csv",
            column="elevation_m",
            remedy="add its row",
        )
    nearest = nearest_stations(found, stations).drop("region_id", "station_id")
    return pl.concat([found, nearest], how="horizontal").with_columns(
        pl.col("lead_project", "project_status", "url").fill_null("")
    )


def reference_regions(directory: Path) -> pl.DataFrame:
    """Read the markets that can be ranked from the reference tables, columns `BARE_REGIONS`."""
    names = ("candidate_markets", "climate_stations", "place_heights")
    return rankable_regions(*(load_reference(name, directory) for name in names))


def reference_climatology(places: pl.DataFrame, directory: Path) -> pl.DataFrame:
    """Read the months of the station nearest to each place from the reference tables, as `nearest_climatology`."""
    names = ("climate_stations", "climatology_monthly")
    return nearest_climatology(places, climate_stations(*(load_reference(name, directory) for name in names)))


def published_regions(
    regions: pl.DataFrame, hubs: pl.DataFrame, weather_choice: pl.DataFrame, solar_hourly: pl.DataFrame
) -> pl.DataFrame:
    """Return the regions with their gas hub, the weather they run on and what the sun gives there.

    Parameters
    ----------
    regions : pl.DataFrame
        Contract `core.regions`.
    hubs : pl.DataFrame
        region_id, gas_hub.
    weather_choice : pl.DataFrame
        Contract `core.weather_choice`.
    solar_hourly : pl.DataFrame
        Contract `sim.solar_hourly`.

    Returns
    -------
    pl.DataFrame
        Contract `mart.regions`.
    """
    factors = solar_hourly.group_by("region_id", maintain_order=True).agg(
        group_mean("solar_mw_per_mw").alias("solar_capacity_factor_frac")
    )
    return (
        regions.join(hubs, on="region_id", how="left", maintain_order="left")
        .join(weather_choice, on="region_id", how="left", maintain_order="left")
        .join(factors, on="region_id", how="left", maintain_order="left")
        .with_columns(
            pl.coalesce("station", "climate_station").alias("weather_station"),
            pl.coalesce("distance_km", "climate_station_distance_km").alias("weather_distance_km"),
            pl.col("retrieved_at_utc").alias("weather_retrieved_at_utc"),
            *(pl.col(fact).alias(name) for name, fact in _EARLIER_NAMES.items()),
            (~pl.col("is_eligible")).alias("has_moratorium"),
        )
    )
