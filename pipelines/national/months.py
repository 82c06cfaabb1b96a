"""What the months of many sites say in fewer figures."""

from __future__ import annotations

import numpy as np
import polars as pl

from pipelines.weather.calendar import MONTH_DAYS


def solar_by_day(months: pl.DataFrame) -> pl.DataFrame:
    """Return each month's mean solar output once per day of it, so that a mean over the rows is that of the years.

    Parameters
    ----------
    months : pl.DataFrame
        Contract `mart.weather_monthly`, of synthetic years.

    Returns
    -------
    pl.DataFrame
        region_id, solar_mw_per_mw.
    """
    days = MONTH_DAYS[months["month"].to_numpy() - 1]
    rows = np.repeat(np.arange(months.height), days)
    return months.select("region_id", pl.col("solar_capacity_frac").alias("solar_mw_per_mw"))[rows.tolist()]
