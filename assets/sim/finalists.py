"""sim.finalists: the designs around each region's best, worked out in double precision."""

from __future__ import annotations

from assets.night import Night
from assets.sizing import FINALIST_INPUTS, night_finalists
from assets.table_asset import Made, table_asset


@table_asset("sim.finalists", deps=FINALIST_INPUTS, kinds={"numba", "duckdb"})
def finalists(night: Night) -> Made:
    """Search the lattice around the best designs of the grid."""
    found = night_finalists(night)
    return Made(
        found.priced,
        is_cache_hit=found.dispatched == found.assessed == 0,
        metadata={"designs_tried_anew": found.dispatched, "designs_worked_out_anew": found.assessed},
    )
