"""The embedded snapshot of facts of counties, and what of it holds for counties of any edition."""

from __future__ import annotations

from functools import lru_cache

import polars as pl

from pipelines.reference.county_editions import crosswalk
from pipelines.settings import REFERENCE_DIR

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
