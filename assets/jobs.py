"""Jobs: the whole night."""

from __future__ import annotations

import dagster as dg

nightly = dg.define_asset_job(
    "nightly",
    selection=dg.AssetSelection.all(),
    description="Every table of a night, then its publication.",
    executor_def=dg.in_process_executor,
)
