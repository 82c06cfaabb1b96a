"""mart.sources: every document that a figure comes from."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.table_asset import table_asset
from pipelines.reference.load import reference_tables
from pipelines.reference.provenance import cited_sources
from pipelines.sources.live import with_live_sources
from pipelines.sources.snapshots import snapshot_sources

CITED = [f"core.{name}" for name in reference_tables()]


@table_asset("mart.sources", deps=[*CITED])
def sources(night: Night) -> pl.DataFrame:
    """Collect the citations."""
    cited = cited_sources({name.removeprefix("core."): night.read(name) for name in CITED})
    found = with_live_sources(cited, night.live)
    return pl.concat([found, snapshot_sources(night.live).select(found.columns)])
