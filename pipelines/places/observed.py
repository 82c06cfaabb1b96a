"""Facts of a region that the night's own tables hold: who waits for the grid in its county, and what strikes it."""

from __future__ import annotations

import polars as pl

from pipelines.ordered import group_sum

WAITING = ("active", "under_construction", "partially_operational")
_DAYS_PER_YEAR = 365.25
# Technologies as they begin, by the fact that adds them up.
_KINDS = {"gas": "gas", "solar": "solar", "battery": "battery", "wind": "wind"}


def observed_facts(regions: pl.DataFrame, projects: pl.DataFrame, hazard_rates: pl.DataFrame) -> pl.DataFrame:
    """Compute the facts of each region from queues and hazards.

    Parameters
    ----------
    regions : pl.DataFrame
        region_id, county_fips.
    projects : pl.DataFrame
        Contract `mart.queue_projects`.
    hazard_rates : pl.DataFrame
        Contract `mart.hazard_rates`.

    Returns
    -------
    pl.DataFrame
        region_id, queue_waiting_mw and that of gas, solar, battery and wind (MW; a request counts in the first county
        that its file names), queue_waiting_years (median time since entry), and
        `<hazard>_events_per_year`; null without a county, or where no waiting request has a date.
    """
    waiting = projects.filter(
        pl.col("status").is_in(WAITING) & pl.col("county_fips").is_not_null() & ~pl.col("is_load")
    )
    sums = ["queue_waiting_mw", *map(_of, _KINDS)]
    years = (pl.col("snapshot_date") - pl.col("requested_date")).dt.total_days() / _DAYS_PER_YEAR
    capacity = pl.col("capacity_mw").fill_null(0.0)
    by_county = (
        waiting.with_columns(
            capacity.alias("queue_waiting_mw"),
            *(
                pl.when(pl.col("technology").str.starts_with(start)).then(capacity).otherwise(0.0).alias(_of(kind))
                for kind, start in _KINDS.items()
            ),
            years.alias("_years"),
        )
        .group_by("county_fips", maintain_order=True)
        .agg(
            *(group_sum(name) for name in sums),
            pl.col("_years").median().alias("queue_waiting_years"),
        )
    )
    has_county = pl.col("county_fips").str.len_chars() == 5
    found = regions.select("region_id", "county_fips").join(
        by_county, on="county_fips", how="left", maintain_order="left"
    )
    found = found.with_columns(pl.when(has_county).then(pl.col(name).fill_null(0.0)).alias(name) for name in sums)
    struck = hazard_rates.with_columns(pl.format("{}_events_per_year", "hazard").alias("_fact")).pivot(
        on="_fact", index="region_id", values="events_per_year", sort_columns=True
    )
    return found.drop("county_fips").join(struck, on="region_id", how="left", maintain_order="left")


def _of(kind: str) -> str:
    return f"queue_waiting_{kind}_mw"
