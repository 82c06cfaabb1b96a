"""Land of a plant: acres of its parts, what they cost, and whether the county has room for its sun."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import polars as pl

from pipelines.economics.hub_prices import to_dollar_year
from pipelines.places.fact_columns import has_columns, select_facts
from pipelines.reference.load import load_reference
from pipelines.reference.parameters import parameters
from pipelines.settings import Settings

FACTS: dict[str, pl.DataType] = {
    "farm_real_estate_usd_per_acre_state_2017": pl.Float64(),
    "public_or_protected_share": pl.Float64(),
    "population": pl.Float64(),
    "population_per_sqmi": pl.Float64(),
}
"""Facts of a place that decide price of land and room; null where unknown."""
ACRES_PER_SQMI = 640.0
_PRICE_YEAR = 2017
_LAND_USE = {"solar": ("solar_pv_tracking", "land_use"), "battery": ("bess", "land_use")}


def has_land_facts(regions: pl.DataFrame, settings: Settings) -> bool:
    """Check whether land follows from the place: the table has the facts, and the setting is on."""
    return settings.has_land_by_place and has_columns(regions, FACTS)


@cache
def land_use(directory: Path) -> tuple[float, float]:
    """Read the land of solar (acre per MW AC) and of batteries (acre per MWh) from the technology table."""
    table = parameters(load_reference("technology", directory))
    return table.value(*_LAND_USE["solar"]), table.value(*_LAND_USE["battery"])


def acres(settings: Settings) -> pl.Expr:
    """Compute the land of a design (acres): solar, batteries, and the site of the load with its units.

    The frame has solar_mw (MW AC), bess_mwh and reserve_mwh (MWh).
    """
    solar, battery = land_use(settings.reference_dir)
    return (
        solar * pl.col("solar_mw")
        + battery * (pl.col("bess_mwh") + pl.col("reserve_mwh"))
        + settings.site_acres_per_mw * settings.site_it_mw
    )


def land_of_regions(regions: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Compute price of land and room for a plant in each region.

    The price is the state's farm real estate of 2017, brought to the dollar year, times what a parcel costs that may be
    built on. Room is the largest parcel that can be put together: a share of the county's land that is neither public
    nor protected and not built up, which falls with density to nothing at `land_full_density_per_sqmi`.

    Parameters
    ----------
    regions : pl.DataFrame
        region_id and the columns of `FACTS`.
    settings : Settings

    Returns
    -------
    pl.DataFrame
        region_id, parcel_usd_per_acre, land_room_acres (null where a fact is unknown), in the order of `regions`.
    """
    facts = select_facts(regions, FACTS)
    land_sqmi = pl.col("population") / pl.col("population_per_sqmi")
    not_built_up = (-pl.col("population_per_sqmi") / settings.land_density_per_sqmi).exp()
    room = land_sqmi * ACRES_PER_SQMI * (1.0 - pl.col("public_or_protected_share")) * not_built_up
    farm = pl.col("farm_real_estate_usd_per_acre_state_2017").fill_null(settings.unknown_land_usd_per_acre)
    return facts.select(
        "region_id",
        (to_dollar_year(1.0, _PRICE_YEAR, settings) * settings.land_price_factor * farm).alias("parcel_usd_per_acre"),
        pl.when(pl.col("population_per_sqmi") > 0.0).then(settings.land_parcel_frac * room).alias("land_room_acres"),
    )


def land_columns(rows: pl.DataFrame, regions: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Add land_acres and has_land_room of designs; both empty where land does not follow from the place.

    Only plants with solar can be too large for their county; without a fact there is room.
    """
    if not has_land_facts(regions, settings):
        nothing = {"land_acres": pl.Float64, "has_land_room": pl.Boolean}
        return rows.with_columns(pl.lit(None, dtype=dtype).alias(name) for name, dtype in nothing.items())
    room = land_of_regions(regions, settings).select("region_id", "land_room_acres")
    fits = (pl.col("solar_mw") == 0.0) | (pl.col("land_acres") <= pl.col("land_room_acres"))
    return (
        rows.with_columns(acres(settings).alias("land_acres"))
        .join(room, on="region_id", how="left", maintain_order="left")
        .with_columns(fits.fill_null(value=True).alias("has_land_room"))
        .drop("land_room_acres")
    )
