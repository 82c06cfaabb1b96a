"""mart.hazard_rates: how often each hazard strikes the county of each region."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.table_asset import table_asset
from pipelines.reliability.site_hazards import hazard_rates as rates_by_region


@table_asset("mart.hazard_rates", deps=["core.regions", "core.county_hazards", "core.hazards"])
def hazard_rates(night: Night) -> pl.DataFrame:
    """Take the newest release of the risk index that is held, else the embedded one."""
    index = night.read("core.hazards", ["county_fips", "release", "area_km2"])
    return rates_by_region(night.read("core.regions"), night.read("core.county_hazards"), index)
