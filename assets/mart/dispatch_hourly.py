"""mart.dispatch_hourly: the hours of every chosen design."""

from __future__ import annotations

from assets.night import Night
from assets.table_asset import Check, Made, table_asset
from assets.traces import TRACE_INPUTS, night_traces
from pipelines.dispatch.chosen import TraceError

TRACE_CHECK = "every_trace_holds"


@table_asset(
    "mart.dispatch_hourly",
    deps=TRACE_INPUTS,
    kinds={"numba", "parquet"},
    checks={
        TRACE_CHECK: Check(
            "In every hour of every trace supply equals load, the battery keeps its books and its bounds, every source "
            "keeps its limit, and no load is unserved beside an idle source.",
            TraceError,
        )
    },
)
def dispatch_hourly(night: Night) -> Made:
    """Trace the chosen designs; every trace is checked when it is made, and kept by its designs and its site."""
    traces = night_traces(night)
    path, is_hit = traces.hourly()
    shown = {"traces": traces.count}
    return Made(path=path, is_cache_hit=is_hit, checked={TRACE_CHECK: shown})
