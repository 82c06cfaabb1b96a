"""What is known of the place of each region: the facts of its county, and over them what the user brings."""

from __future__ import annotations

import polars as pl

from pipelines.contracts.places import DECIDING_FACTS
from pipelines.places.counties import facts_of_counties
from pipelines.places.demand import demand_columns
from pipelines.places.given import given_of_regions, read_given
from pipelines.settings import Settings


def place_facts(regions: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Select the facts that decide months, money and permission for each region.

    Parameters
    ----------
    regions : pl.DataFrame
        region_id, county_fips: markets have the facts of the county that holds them.
    settings : Settings
        `region_facts_file` names the user's own facts, which go before the snapshot's.

    Returns
    -------
    pl.DataFrame
        region_id, county_fips and the columns `DECIDING_FACTS`, null where unknown; rows in the order of `regions`.
    """
    found = facts_of_counties(regions["county_fips"]).select("county_fips", *DECIDING_FACTS)
    found = pl.concat([regions.select("region_id"), found], how="horizontal")
    own = given_of_regions(regions, read_given(settings)).filter(pl.col("fact_id").is_in(DECIDING_FACTS))
    for (fact,), rows in own.partition_by("fact_id", as_dict=True, maintain_order=True).items():
        column = "text" if found.schema[fact] == pl.String else "value"
        given = rows.select("region_id", pl.col(column).cast(found.schema[fact]).alias("_given"))
        found = (
            found.join(given, on="region_id", how="left", maintain_order="left")
            .with_columns(pl.coalesce("_given", fact).alias(fact))
            .drop("_given")
        )
    return found


def with_place_facts(regions: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Add the columns `DECIDING_FACTS` and `DEMAND_COLUMNS` to regions.

    Parameters
    ----------
    regions : pl.DataFrame
        region_id, county_fips, latitude, longitude and others.
    settings : Settings

    Returns
    -------
    pl.DataFrame
        Contract `core.regions` without permission, where `regions` has its other columns.
    """
    facts, demand = place_facts(regions, settings), demand_columns(regions, settings)
    return pl.concat([regions, facts.select(DECIDING_FACTS), demand.drop("region_id")], how="horizontal")
