"""Sun and battery alone."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from pipelines.plant.stack import Array, Axes, Phase, Sizes, Stack


def sizes(axes: Mapping[str, Array], load_mw: float, peak_mw: float) -> Sizes:
    """Size solar and battery as multiples of the load."""
    # Discharge must carry the load and its swings alone; charging must take most of the noon surplus.
    power = np.maximum(max(1.25 * load_mw, peak_mw), 0.5 * (axes["solar"] - 1.0) * load_mw)
    return Sizes(axes["solar"] * load_mw, power, axes["hours"] * load_mw)


STACK = Stack(
    id="solar_bess",
    label="Solar + battery",
    sentence="Solar and battery alone, islanded.",
    phases=(Phase("permanent", frozenset({"solar", "battery"}), "solar and battery"),),
    axes=Axes(
        {
            # The cloudiest markets need 37 x the load of sun, or more than a week of storage.
            "solar": (4.0, 5.0, 6.0, 8.0, 10.0, 13.0, 18.0, 26.0, 40.0),
            "hours": (12.0, 16.0, 24.0, 36.0, 54.0, 85.0, 140.0, 240.0),
        },
        sizes,
        hours_of="load",
    ),
    design_name="s{solar}-b{hours}h",
)
