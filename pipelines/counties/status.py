"""What a night of counties says about its weather: how many counties have fetched hours, what is left, who is out."""

from __future__ import annotations

import polars as pl

from pipelines.counties.progress import SOURCE_ID, Progress


def county_status(choice: pl.DataFrame, progress: Progress | None, is_live: bool) -> pl.DataFrame:
    """Return the row of `mart.data_status` about the weather of the night's counties.

    Parameters
    ----------
    choice : pl.DataFrame
        Contract `core.weather_choice`.
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
