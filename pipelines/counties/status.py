"""What a night of counties says about its weather: how many counties have fetched hours, what is left, who is out."""

from __future__ import annotations

import polars as pl

from pipelines.counties.progress import SOURCE_ID, Progress
from pipelines.sources.fips import STATES


def unranked_counties(counties: pl.DataFrame, regions: pl.DataFrame) -> pl.DataFrame:
    """Return the counties in scope that no region stands for: those without weather.

    Parameters
    ----------
    counties : pl.DataFrame
        region_id, state: what the night is about.
    regions : pl.DataFrame
        region_id: what it ranks.
    """
    return counties.filter(~pl.col("region_id").is_in(regions["region_id"].implode())).sort("region_id")


def unranked_sentence(unranked: pl.DataFrame) -> str:
    """Return in words who is not ranked and why; nothing where all are."""
    if not unranked.height:
        return ""
    names = [STATES[state][1] for state in sorted(set(unranked["state"]))]
    what = "1 county" if unranked.height == 1 else f"{unranked.height:,} counties"
    are = "is" if unranked.height == 1 else "are"
    return f"{what} of {' and '.join(names)} {are} not ranked: no weather"


def county_status(
    choice: pl.DataFrame, unranked: pl.DataFrame, progress: Progress | None, is_live: bool
) -> pl.DataFrame:
    """Return the row of `mart.data_status` about the weather of the night's counties.

    Parameters
    ----------
    choice : pl.DataFrame
        Contract `core.weather_choice`.
    unranked : pl.DataFrame
        As from `unranked_counties`.
    progress : Progress | None
        None in a night that does not fetch.
    is_live : bool
        Whether the night is of the live profile.
    """
    fetched = choice.filter(pl.col("weather_source") != "synthetic")
    others = choice.height - fetched.height
    said = [
        progress.sentence() if progress is not None else "",
        f"{others:,} run on climatology interpolated between stations" if others else "",
        unranked_sentence(unranked),
    ]
    retrieved = fetched["retrieved_at_utc"].max()
    row = {
        "source_id": SOURCE_ID,
        "profile": "live" if is_live and fetched.height else "reference",
        "is_stale": False,
        "data_through_utc": None,
        "retrieved_at_utc": retrieved,
        "age_days": None,
        "rows": fetched.height,
        "rejects": 0,
        "note": "; ".join(part for part in said if part),
    }
    types = {
        "data_through_utc": pl.Datetime("us"),
        "retrieved_at_utc": pl.Datetime("us"),
        "age_days": pl.Float64(),
    }
    return pl.DataFrame([row], schema_overrides=types)
