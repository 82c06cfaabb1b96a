"""core.outage_causes: the shared failures that strike each region's sites."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.plant import plant_parameters
from assets.table_asset import table_asset
from pipelines.reliability.common_mode import region_causes
from pipelines.reliability.site_hazards import hazard_rates


@table_asset(
    "core.outage_causes",
    deps=[
        "core.regions",
        "core.gas_prices_by_region",
        "core.technology",
        "core.grid_reliability",
        "core.county_hazards",
        "core.hazards",
    ],
)
def outage_causes(night: Night) -> pl.DataFrame:
    """List failures of gas supply, transformer, switchgear and grid, and natural hazards."""
    regions = night.read("core.regions")
    index = night.read("core.hazards", ["county_fips", "release", "area_km2"])
    return region_causes(
        regions,
        night.read("core.gas_prices_by_region", ["region_id", "gas_hub"]),
        night.read("core.grid_reliability"),
        plant_parameters(night),
        night.settings,
        hazard_rates=hazard_rates(regions, night.read("core.county_hazards"), index),
    )
