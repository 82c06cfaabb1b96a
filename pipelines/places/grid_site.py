"""Where a grid connection begins: the line to the nearest substation, and sites of closed power plants."""

from __future__ import annotations

from typing import Any

import polars as pl

from pipelines.places.duration_row import setting_title
from pipelines.places.fact_columns import has_columns, select_facts
from pipelines.settings import Settings

FACTS: dict[str, pl.DataType] = {
    "substation_100kv_nearest_km": pl.Float64(),
    "closed_fossil_site_nearest_km": pl.Float64(),
}
"""Facts of a place that decide line and option; null where unknown."""
BROWNFIELD = "_brownfield"
"""Ending of the durations of a grid connection at the site of a closed plant."""
CONNECTIONS = ("grid_firm", "grid_flexible")


def has_grid_facts(regions: pl.DataFrame, settings: Settings) -> bool:
    """Check whether line and option follow from the place: the table has the facts, and the setting is on."""
    return settings.has_grid_line_by_place and has_columns(regions, FACTS)


def grid_sites(regions: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Compute the line of a grid connection and whether a closed fossil plant is within reach.

    The line runs from the nearest substation of 100 kV or more to the county's centre, which a developer need not
    exceed; what the price of a connection includes is not charged again. Where a closed site is sought and within
    reach, its own substation is used and there is no further line.

    Parameters
    ----------
    regions : pl.DataFrame
        region_id and the columns of `FACTS`.
    settings : Settings

    Returns
    -------
    pl.DataFrame
        region_id, grid_line_km (null where unknown), has_brownfield, line_usd (beyond what the connection includes,
        before the location factor), connection_cost_frac; in the order of `regions`.
    """
    facts = select_facts(regions, FACTS)
    near = (pl.col("closed_fossil_site_nearest_km") <= settings.brownfield_reach_km).fill_null(value=False)
    is_used = near & settings.is_brownfield_sought
    line = pl.when(is_used).then(0.0).otherwise("substation_100kv_nearest_km")
    beyond = (line.fill_null(0.0) - settings.grid_line_included_km).clip(lower_bound=0.0)
    return facts.select(
        "region_id",
        line.alias("grid_line_km"),
        near.alias("has_brownfield"),
        (beyond * settings.grid_line_usd_per_km).alias("line_usd"),
        pl.when(is_used).then(settings.brownfield_connection_cost_frac).otherwise(1.0).alias("connection_cost_frac"),
    )


def brownfields(regions: pl.DataFrame, settings: Settings) -> frozenset[str]:
    """List the regions whose grid connection begins at the site of a closed plant; none where it is not sought."""
    if not (settings.is_brownfield_sought and has_grid_facts(regions, settings)):
        return frozenset()
    return frozenset(grid_sites(regions, settings).filter("has_brownfield")["region_id"])


def brownfield_durations(rows: list[dict[str, Any]], settings: Settings) -> list[dict[str, Any]]:
    """Build the durations of connections at closed sites from the others, rows of contract `core.durations`.

    Parameters
    ----------
    rows : list[dict[str, Any]]
        The durations as used elsewhere.
    settings : Settings
        None where such a site is not sought.
    """
    if not settings.is_brownfield_sought:
        return []
    share, title = settings.brownfield_wait_frac, setting_title("brownfield_wait_frac")
    return [
        row
        | {name: share * row[name] for name in ("low", "mid", "high")}
        | {
            "duration_id": f"{row['duration_id']}{BROWNFIELD}",
            "is_assumption": True,
            "choice_reason": f"{share:g} of {row['duration_id']}: {title}",
        }
        for row in rows
        if row["duration_id"].startswith(CONNECTIONS)
    ]


def grid_columns(rows: pl.DataFrame, regions: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Add grid_line_km and has_brownfield of designs with a grid connection; empty for others and without facts."""
    names = {"grid_line_km": pl.Float64, "has_brownfield": pl.Boolean}
    if not has_grid_facts(regions, settings):
        return rows.with_columns(pl.lit(None, dtype=dtype).alias(name) for name, dtype in names.items())
    found = grid_sites(regions, settings).select("region_id", *names)
    return rows.join(found, on="region_id", how="left", maintain_order="left").with_columns(
        pl.when(pl.col("grid_mw") > 0.0).then(pl.col(name)).alias(name) for name in names
    )
