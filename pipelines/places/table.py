"""Every fact of every region in one long table, with its evidence and its source."""

from __future__ import annotations

import polars as pl

from pipelines.contracts.base import validate
from pipelines.places.counties import facts_of_counties
from pipelines.places.given import STOPPED, given_of_regions, read_given
from pipelines.settings import Settings

_KEY = ["region_id", "fact_id"]
_GAS_EVIDENCE = {
    "line_in_county": "measured",
    "trunk_in_county": "measured",
    "line_within_8km": "measured",
    "gas_plant_only": "derived",
    "none_mapped": "unknown",
}


def region_facts(
    regions: pl.DataFrame, definitions: pl.DataFrame, observed: pl.DataFrame, settings: Settings
) -> pl.DataFrame:
    """Select every fact of every region, the user's own before the snapshot's.

    Parameters
    ----------
    regions : pl.DataFrame
        region_id, county_fips, is_eligible.
    definitions : pl.DataFrame
        Reference table `fact_definitions`.
    observed : pl.DataFrame
        From `observed.observed_facts`; facts that it lacks are unknown.
    settings : Settings
        `region_facts_file`.

    Returns
    -------
    pl.DataFrame
        Contract `mart.region_facts`, in order of region_id and fact_id.
    """
    wide = facts_of_counties(regions["county_fips"]).with_columns(
        regions["region_id"], (~regions["is_eligible"]).alias(STOPPED)
    )
    wide = wide.join(observed, on="region_id", how="left", maintain_order="left")
    missing = [name for name in definitions["fact_id"] if name not in wide.columns]
    wide = wide.with_columns(pl.lit(None, pl.Float64).alias(name) for name in missing)
    numbers, texts = (
        definitions.filter((pl.col("value_kind") == "text") == is_text)["fact_id"].to_list()
        for is_text in (False, True)
    )
    own = given_of_regions(regions, read_given(settings)).rename({"value": "_value", "text": "_text"})
    long = pl.concat(
        [
            wide.select("region_id", pl.col(numbers).cast(pl.Float64))
            .unpivot(index="region_id", variable_name="fact_id", value_name="value")
            .with_columns(pl.lit(None, dtype=pl.String).alias("text")),
            wide.select("region_id", *texts)
            .unpivot(index="region_id", variable_name="fact_id", value_name="text")
            .with_columns(pl.lit(None, dtype=pl.Float64).alias("value")),
        ],
        how="diagonal",
    )
    is_given = pl.col("source").is_not_null()
    is_empty = pl.col("value").is_null() & pl.col("text").is_null()
    evidence = (
        pl.when(is_given)
        .then(pl.lit("given"))
        .when(is_empty & (pl.col("empty_means") == "unknown"))
        .then(pl.lit("unknown"))
        .when((pl.col("fact_id") == "gas_evidence") & ~is_empty)
        .then(pl.col("text").replace_strict(_GAS_EVIDENCE, default="unknown", return_dtype=pl.String))
        .otherwise("evidence")
    )
    found = (
        long.join(own, on=_KEY, how="left", maintain_order="left")
        .join(definitions, on="fact_id", how="left", maintain_order="left", suffix="_defined")
        .with_columns(
            pl.when(is_given).then("_value").otherwise("value").alias("value"),
            pl.when(is_given).then("_text").otherwise("text").alias("text"),
        )
        .with_columns(
            pl.when(is_empty & (pl.col("empty_means") != "unknown"))
            .then("empty_means")
            .otherwise("text")
            .alias("text"),
            evidence.alias("evidence"),
            (~is_given).alias("is_snapshot"),
            pl.coalesce("as_of", "as_of_defined").alias("as_of"),
            pl.coalesce("source", "source_title").alias("source_title"),
            pl.when(~is_given).then("url").alias("url"),
        )
        .sort(_KEY)
    )
    return validate(found, "mart.region_facts")
