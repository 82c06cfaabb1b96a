"""The ranking: every region and stack in the order of what a megawatt there is worth."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.contracts import economics as _contracts  # noqa: F401 - registers the tables
from pipelines.contracts.base import validate
from pipelines.economics.value import value_columns
from pipelines.errors import ContractError
from pipelines.places.air_permit import air_permits, has_facts
from pipelines.places.gas_reach import known_laterals
from pipelines.places.grid_site import grid_columns
from pipelines.places.land import land_columns
from pipelines.ranking.dominance import is_pareto
from pipelines.ranking.score import add_scores
from pipelines.settings import Settings

KEY = ["region_id", "stack_id"]
_SAMPLED = (
    "largest_cause",
    "nines",
    "mc_lole_events_per_year",
    "mc_eue_mwh_per_year",
    "mc_eue_mwh_per_year_se",
    "mc_unserved_mwh_p50",
    "mc_unserved_mwh_p95",
    "mc_unserved_mwh_p99",
    "mc_longest_outage_hours",
    "mc_unserved_mwh_cvar95",
    "worst_years_served_frac",
    "survival_of",
    "rides_through_24h_frac",
)
_TIME = [
    "first_mw_months_p10",
    "first_mw_months_p50",
    "first_mw_months_p90",
    "full_mw_months_p50",
    "critical_activity",
    "p_first_mw_24_months",
    "p_first_mw_36_months",
    "completion_probability",
    "usable_mw_months_60",
]
_REGION = ["region_name", "state", "iso", "latitude", "longitude", "weather_source", "is_eligible", "blocked_by"]


def rank_sites(frame: pl.DataFrame) -> pl.DataFrame:
    """Add rank, region_rank and is_region_best, and order the rows by rank.

    Rows of regions where a site may be built first, then target met, then value from high to low, then ids. A region's
    place is that of its best row.

    Parameters
    ----------
    frame : pl.DataFrame
        region_id, stack_id, is_eligible, is_target_met, value_usd_per_mw; one row per region and stack.
    """
    ordered = frame.sort(
        "is_eligible",
        "is_target_met",
        "value_usd_per_mw",
        "region_id",
        "stack_id",
        descending=[True, True, True, False, False],
    ).with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("rank"))
    best = ordered.group_by("region_id", maintain_order=True).agg(pl.col("rank").first().alias("best_rank"))
    best = best.sort("best_rank").with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("region_rank"))
    return (
        ordered.join(best, on="region_id", how="left", maintain_order="left")
        .with_columns((pl.col("rank") == pl.col("best_rank")).alias("is_region_best"))
        .drop("best_rank")
    )


def tiers(frame: pl.DataFrame) -> NDArray[np.int64]:
    """Compute the tier of every row, which no value makes up for, shape (n_rows,).

    0: a site may be built and meets the target; 1: it misses the target; 2 and 3: the same where it may not be built.

    Parameters
    ----------
    frame : pl.DataFrame
        is_eligible, is_target_met.
    """
    tier = 2 * (~pl.col("is_eligible")).cast(pl.Int64) + (~pl.col("is_target_met")).cast(pl.Int64)
    return frame.select(tier.alias("tier"))["tier"].to_numpy()


def tie_ids(ranked: pl.DataFrame, tie_frac: float) -> NDArray[np.int64]:
    """Return the number of the tie that each row belongs to, counted from the top.

    A tie is a run of rows that lie within `tie_frac` of the value of its first row, so that any two of them differ by
    no more than that; rows of another tier, see `tiers`, never tie.

    Parameters
    ----------
    ranked : pl.DataFrame
        Rows of `rank_sites` in the order of rank.
    tie_frac : float
        Share of the first row's value.
    """
    values = ranked["value_usd_per_mw"].to_numpy()
    own = tiers(ranked)
    ties = np.empty(len(values), dtype=np.int64)
    start, tie = 0, 0
    for row in range(len(values)):
        if row == 0 or own[row] != own[start] or values[start] - values[row] > tie_frac * abs(values[start]):
            start, tie = row, tie + 1
        ties[row] = tie
    return ties


def valued_sites(
    regions: pl.DataFrame,
    chosen: pl.DataFrame,
    time_to_power: pl.DataFrame,
    online_share: NDArray[np.float64],
    settings: Settings,
) -> pl.DataFrame:
    """Return the chosen designs with their months to power, place, value and its factors.

    Parameters
    ----------
    regions, chosen, time_to_power, online_share
        As for `ranked_sites`.

    Raises
    ------
    ContractError
        If a chosen row has no time to power or no region.
    """
    times = time_to_power.select(*KEY, *_TIME).with_row_index("_share")
    joined = chosen.join(times, on=KEY, how="left", maintain_order="left").join(
        regions.select("region_id", *_REGION), on="region_id", how="left", maintain_order="left"
    )
    orphans = joined.filter(pl.col("_share").is_null() | pl.col("region_name").is_null())
    if orphans.height:
        row = orphans.row(0, named=True)
        raise ContractError(
            f"mart.ranked_sites: region {row['region_id']}, stack {row['stack_id']} has no time to power or no region; "
            "compute both for every chosen row."
        )
    share = online_share[joined["_share"].to_numpy()]
    reached = _with_room(_within_reach(joined.drop("_share"), regions, settings), regions, settings)
    reached = grid_columns(reached, regions, settings)
    return reached.hstack(value_columns(joined, share, settings))


def _within_reach(frame: pl.DataFrame, regions: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Add gas_lateral_km and is_gas_reachable; a row that burns gas out of reach of a lateral is not eligible.

    Both are unknown where facts of places are absent or switched off.
    """
    found = known_laterals(regions, settings)
    if found is None:
        nothing = {"gas_lateral_km": pl.Float64, "is_gas_reachable": pl.Boolean}
        return frame.with_columns(pl.lit(None, dtype=dtype).alias(name) for name, dtype in nothing.items())
    burns = pl.col("gas_mmbtu_per_year") > 0.0
    is_out = burns & ~pl.col("is_gas_reachable")
    reason = f"no gas within {settings.gas_reach_km:g} km of a site"
    laterals = found.select("region_id", "gas_lateral_km", "is_gas_reachable")
    return frame.join(laterals, on="region_id", how="left", maintain_order="left").with_columns(
        pl.when(burns).then("gas_lateral_km").alias("gas_lateral_km"),
        pl.col("is_eligible") & ~is_out,
        pl.when(is_out & (pl.col("blocked_by") == "")).then(pl.lit(reason)).otherwise("blocked_by").alias("blocked_by"),
    )


def _with_room(frame: pl.DataFrame, regions: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Add land_acres and has_land_room; a row whose solar has no room in its county is not eligible."""
    is_out = ~pl.col("has_land_room").fill_null(value=True)
    reason = pl.format("no room for {} acres", pl.col("land_acres").round(0).cast(pl.Int64))
    return land_columns(frame, regions, settings).with_columns(
        pl.col("is_eligible") & ~is_out,
        pl.when(is_out & (pl.col("blocked_by") == "")).then(reason).otherwise("blocked_by").alias("blocked_by"),
    )


def riding_through(adequacy: pl.DataFrame) -> pl.DataFrame:
    """Add `rides_through_24h_frac`: the survival of 24 h without gas or grid, 1 where neither supplies the site.

    Parameters
    ----------
    adequacy : pl.DataFrame
        Contract `mart.adequacy`; empty where a row is not sampled.
    """
    is_alone = pl.col("survival_of") == "nothing"
    through = pl.when(is_alone).then(1.0).otherwise(pl.col("survives_24h_frac").clip(0.0, 1.0))
    return adequacy.with_columns(through.alias("rides_through_24h_frac"))


def ranked_sites(
    regions: pl.DataFrame,
    chosen: pl.DataFrame,
    time_to_power: pl.DataFrame,
    online_share: NDArray[np.float64],
    settings: Settings,
    *,
    acceptability: pl.DataFrame,
    adequacy: pl.DataFrame,
    as_of_utc: datetime,
    run_id: str,
    is_stale: bool = False,
) -> pl.DataFrame:
    """Return the ranked list of sites.

    Parameters
    ----------
    regions : pl.DataFrame
        region_id, region_name, state, iso, latitude, longitude, weather_source, is_eligible, blocked_by.
    chosen : pl.DataFrame
        Contract `sim.phased`; one row per region and stack.
    time_to_power : pl.DataFrame
        One row per region and stack.
    online_share : NDArray[np.float64]
        Row i belongs to row i of `time_to_power`, shape (n_rows, n_months).
    acceptability : pl.DataFrame
        Contract `mart.rank_acceptability`.
    adequacy : pl.DataFrame
        Contract `mart.adequacy`.
    as_of_utc : datetime
        Logical date of the night, without a zone.
    run_id : str
        Run that makes the rows.
    is_stale : bool
        Whether an input is older than its source's limit.

    Returns
    -------
    pl.DataFrame
        Contract `mart.ranked_sites`, ordered by rank.

    Raises
    ------
    ContractError
        If a chosen row has no time to power or no region.
    """
    valued = valued_sites(regions, chosen, time_to_power, online_share, settings)
    sampled = riding_through(adequacy).select(*KEY, *_SAMPLED)
    ranked = rank_sites(add_scores(valued.join(sampled, on=KEY, how="left", maintain_order="left"))).join(
        acceptability.filter(pl.col("ordered_by") == "value").select(*KEY, "top10_frac", "rank_p05", "rank_p95"),
        on=KEY,
        how="left",
        maintain_order="left",
    )
    ranked = ranked.join(_permits(chosen, regions, settings), on=KEY, how="left", maintain_order="left")
    ranked = ranked.with_columns(
        pl.Series("tie_id", tie_ids(ranked, settings.tie_frac)),
        pl.Series("is_pareto", is_pareto(ranked)),
        pl.lit(settings.posture).alias("posture"),
        pl.lit(is_stale).alias("is_stale"),
        pl.lit(as_of_utc).cast(pl.Datetime("us")).alias("as_of_utc"),
        pl.lit(run_id).alias("run_id"),
        *(pl.col(name).cast(pl.Int64) for name in ("firm_units", "baseload_units")),
    )
    return validate(ranked, "mart.ranked_sites")


def _permits(chosen: pl.DataFrame, regions: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Classify the air permit of each row; unknown where facts of places are absent or switched off."""
    if not has_facts(regions, settings):
        nothing = {"air_permit_class": pl.String, "air_permit_months_p50": pl.Float64}
        return chosen.select(*KEY, *(pl.lit(None, dtype=dtype).alias(name) for name, dtype in nothing.items()))
    return air_permits(chosen, regions, settings).select(*KEY, "air_permit_class", "air_permit_months_p50")
