"""The regions of a night, made from the table of candidate markets, and what is published about them."""

from __future__ import annotations

import polars as pl

from pipelines.contracts import sites as _contracts  # noqa: F401 - registers the tables
from pipelines.ordered import group_mean

# What differs between regions only where a user brings the data: published empty until then.
_UNKNOWN = {
    "gas_pipe_distance_km": pl.Float64,
    "is_nonattainment": pl.Boolean,
    "has_moratorium": pl.Boolean,
    "land_usd_per_acre": pl.Float64,
}


def rankable_regions(markets: pl.DataFrame, climatology: pl.DataFrame) -> pl.DataFrame:
    """Return the markets that can be ranked, with the height of their climate station.

    Parameters
    ----------
    markets : pl.DataFrame
        Reference table `candidate_markets`.
    climatology : pl.DataFrame
        Reference table `climatology_monthly`.

    Returns
    -------
    pl.DataFrame
        Contract `core.regions`, in order of region_id.
    """
    stations = climatology.unique("region_id", maintain_order=True).select(
        "region_id",
        pl.col("station_elevation_m").alias("elevation_m"),
        pl.col("station_name").alias("climate_station"),
        pl.col("distance_km").alias("climate_station_distance_km"),
    )
    return (
        markets.filter(pl.col("is_rankable"))
        .join(stations, on="region_id", how="left", maintain_order="left")
        .with_columns(pl.col("lead_project", "project_status", "url").fill_null(""))
        .sort("region_id")
    )


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
            *(pl.lit(None, dtype=dtype).alias(name) for name, dtype in _UNKNOWN.items()),
        )
    )
