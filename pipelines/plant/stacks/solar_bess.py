"""Sun and battery alone."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from pipelines.plant.stack import Array, Axes, Phase, Sizes, Stack


def sizes(axes: Mapping[str, Array], load_mw: float, peak_mw: float) -> Sizes:
    """Size solar and battery as multiples of the load."""
    # Discharge must carry the load alone; charging must take most of the noon surplus.
    power = np.maximum(1.25, 0.5 * (axes["solar"] - 1.0)) * load_mw
    return Sizes(axes["solar"] * load_mw, power, axes["hours"] * load_mw)


STACK = Stack(
    id="solar_bess",
    label="Solar + battery",
    sentence="Solar and battery alone, islanded.",
    phases=(Phase("permanent", frozenset({"solar", "battery"}), "solar and battery"),),
    axes=Axes(
        {
            "solar": (4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 12.0, 15.0, 20.0),
            "hours": (12.0, 16.0, 20.0, 24.0, 36.0, 48.0, 72.0, 96.0),
        },
        sizes,
        hours_of="load",
    ),
    design_name="s{solar}-b{hours}h",
)
