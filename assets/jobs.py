"""Jobs: the whole night, and the same night after some of its sources were asked again."""

from __future__ import annotations

import dagster as dg

nightly = dg.define_asset_job(
    "nightly",
    selection=dg.AssetSelection.all(),
    description="Every table of a night, then its publication.",
    executor_def=dg.in_process_executor,
)

# A part of a night is never published: these run all of it, on the answers of the night and those asked again.
PRICES = ("eia_v2", "eia_files")
QUEUES = (
    "queue_caiso", "queue_ercot", "queue_isone", "queue_lbnl", "queue_miso", "queue_nyiso", "queue_pjm",
    "queue_pjm_cycles", "queue_spp",
)  # fmt: skip
LEAD_TIMES = ("census_m3", "bls_ppi", "fred")
