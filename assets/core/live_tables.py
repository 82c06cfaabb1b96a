"""core.<live table>: what the sources said tonight and, where they said nothing, the snapshots of the package."""

from __future__ import annotations

import dagster as dg
import polars as pl

from assets.night import Night
from assets.table_asset import table_asset
from pipelines.contracts.base import REGISTRY
from pipelines.sources.county_zones import with_zones
from pipelines.sources.queue_projects import with_county_fips
from pipelines.sources.snapshots import with_snapshot

AS_FETCHED = (
    "core.county_hazards",
    "core.county_zones",
    "core.gas_prices_daily",
    "core.hazards",
    "core.lead_time_indicators",
    "core.utility_reliability",
    "core.zones",
)


def live_rows(night: Night, table: str) -> pl.DataFrame:
    """Return the live rows of a table, with those of the snapshots that they do not replace."""
    live = night.live.rows(table) if night.live else REGISTRY[table].schema.create_empty()
    return with_snapshot(live, table)


def live_asset(table: str) -> dg.AssetsDefinition:
    """Return the asset of a table that is kept as it was fetched."""

    def load(night: Night) -> pl.DataFrame:
        return live_rows(night, table)

    return table_asset(table, deps=["raw.ledger"], kinds={"http", "duckdb"})(load)


live_assets = [live_asset(table) for table in AS_FETCHED]


@table_asset("core.counties", deps=["raw.ledger", "core.county_zones", "core.zones"])
def counties(night: Night) -> pl.DataFrame:
    """Give every county its zone and its grid operator."""
    found, own, zones = live_rows(night, "core.counties"), night.read("core.county_zones"), night.read("core.zones")
    return with_zones(found, own, zones) if found.height and zones.height else found


@table_asset("core.queue_projects", deps=["raw.ledger", "core.counties"])
def queue_projects(night: Night) -> pl.DataFrame:
    """Find the county of every request."""
    projects, places = live_rows(night, "core.queue_projects"), night.read("core.counties")
    return with_county_fips(projects, places) if projects.height and places.height else projects


@table_asset("core.rejects", deps=["raw.ledger"])
def rejects(night: Night) -> pl.DataFrame:
    """List what was left out, with the reason."""
    return night.live.rejects() if night.live else REGISTRY["core.rejects"].schema.create_empty()
