"""mart.<live input>: what the sources said, as published: queues, hazards, and the movement of lead times."""

from __future__ import annotations

import polars as pl

from assets.night import Night
from assets.table_asset import table_asset
from pipelines.sources.queue_projects import one_row_per_request


@table_asset("mart.queue_projects", deps=["core.queue_projects"])
def queue_projects(night: Night) -> pl.DataFrame:
    """Publish each request once."""
    return one_row_per_request(night.read("core.queue_projects"))


@table_asset("mart.hazards", deps=["core.hazards"])
def hazards(night: Night) -> pl.DataFrame:
    """Publish the index of every county."""
    return night.read("core.hazards")


@table_asset("mart.lead_time_movement", deps=["core.lead_time_movement"])
def lead_time_movement(night: Night) -> pl.DataFrame:
    """Publish the indicated times beside the published ones."""
    return night.read("core.lead_time_movement")
