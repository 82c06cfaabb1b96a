"""Facts of the counties as a snapshot, and what of them holds for each region."""

from __future__ import annotations

from functools import lru_cache

import polars as pl

from pipelines.contracts.places import DECIDING_FACTS
from pipelines.reference.county_editions import crosswalk
from pipelines.settings import REFERENCE_DIR, Settings

SNAPSHOT = REFERENCE_DIR / "places" / "county_facts.parquet"
SNAPSHOT_EDITION = 2017
"""Year of the county list that the snapshot is written for."""


@lru_cache(maxsize=1)
def county_facts() -> pl.DataFrame:
    """Read the snapshot: county_fips (edition of 2017) and one column per fact of `fact_definitions`.

    Numbers are doubles, texts strings, true/false booleans; null is what `empty_means` says, mostly unknown.
    """
    return pl.read_parquet(SNAPSHOT, glob=False)


def facts_of_counties(codes: pl.Series) -> pl.DataFrame:
    """Select the facts of counties of any edition.

    A county that the snapshot's edition lacks has the facts of the county there that most of its people come from
    (Connecticut's planning regions, Oglala Lakota, Bedford, Chugach and Copper River).

    Parameters
    ----------
    codes : pl.Series
        Five-digit codes.

    Returns
    -------
    pl.DataFrame
        county_fips, then one column per fact; the rows and their order are those of `codes`. A code without a
        counterpart has nulls.
    """
    facts = county_facts()
    links = (
        crosswalk(facts["county_fips"], codes.drop_nulls().unique())
        .sort("to_fips", "to_share_frac", "from_fips", descending=[False, True, False])
        .unique("to_fips", keep="first", maintain_order=True)
        .select(pl.col("to_fips").alias("county_fips"), "from_fips")
    )
    return (
        pl.DataFrame({"county_fips": codes})
        .join(links, on="county_fips", how="left", maintain_order="left")
        .join(facts, left_on="from_fips", right_on="county_fips", how="left", maintain_order="left")
        .drop("from_fips")
    )


def place_facts(regions: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Select the facts that decide months, money and permission for each region.

    Parameters
    ----------
    regions : pl.DataFrame
        region_id, county_fips: markets have the facts of the county that holds them.
    settings : Settings

    Returns
    -------
    pl.DataFrame
        region_id, county_fips and the columns `DECIDING_FACTS`, null where unknown; rows in the order of `regions`.
    """
    found = facts_of_counties(regions["county_fips"])
    return pl.concat([regions.select("region_id"), found.select("county_fips", *DECIDING_FACTS)], how="horizontal")


def with_place_facts(regions: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Add the columns `DECIDING_FACTS` to regions.

    Parameters
    ----------
    regions : pl.DataFrame
        region_id, county_fips and others.
    settings : Settings

    Returns
    -------
    pl.DataFrame
        Contract `core.regions`, where `regions` has its other columns.
    """
    return pl.concat([regions, place_facts(regions, settings).select(DECIDING_FACTS)], how="horizontal")
