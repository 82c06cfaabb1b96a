"""Interruptible service from the grid, with a battery for the curtailed hours."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from pipelines.plant.stack import Array, Axes, Fleet, GridService, Phase, Sizes, Stack


def sizes(axes: Mapping[str, Array], load_mw: float, peak_mw: float) -> Sizes:
    """Size the battery for the peak load over the hours of the axis."""
    hours = axes["hours"]
    return Sizes(np.zeros(len(hours)), np.full(len(hours), peak_mw), peak_mw * hours)


STACK = Stack(
    id="flexible_grid_bess",
    label="Flexible grid + battery",
    sentence="Flexible (interruptible) grid service; a battery carries the curtailed hours, standby diesel "
    "gensets the rest.",
    phases=(Phase("permanent", frozenset({"grid", "battery", "firm"}), "the grid and a battery"),),
    firm=Fleet(("diesel_standby_genset",), spare_share=0.3, is_optional=True),
    axes=Axes({"hours": (1.0, 2.0, 4.0, 6.0, 8.0, 12.0)}, sizes),
    grid=GridService(per_peak=1.1, is_flexible=True),
    design_name="b{hours}h-n{units}",
    former_id="grid_bess_bridge",
)
