"""Sun, battery and gas engines: the engines run first, the solar plant follows."""

from __future__ import annotations

from collections.abc import Mapping

from pipelines.plant.stack import Array, Axes, Fleet, Floor, Phase, Sizes, Stack


def sizes(axes: Mapping[str, Array], load_mw: float, peak_mw: float) -> Sizes:
    """Size solar and battery power as multiples of the load, storage in hours of that power."""
    power = axes["power"] * load_mw
    return Sizes(axes["solar"] * load_mw, power, power * axes["hours"])


STACK = Stack(
    id="solar_bess_gas",
    label="Solar + battery + gas",
    sentence="Solar, battery and reciprocating gas engines, islanded; engines give what is still missing.",
    phases=(
        Phase("engines", frozenset({"firm", "reserve"}), "gas engines", ends_with="commissioning"),
        Phase("permanent", frozenset({"solar", "battery", "firm", "reserve"}), "solar, battery and gas engines"),
    ),
    firm=Fleet(("recip_genset",), spare_share=0.7),
    axes=Axes(
        {
            "solar": (0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0),
            "power": (0.05, 0.25, 0.5, 1.0, 1.5),
            "hours": (1.0, 2.0, 4.0, 8.0, 12.0),
        },
        sizes,
        # From a battery that smooths clouds to one that shifts a day.
        pairs=((0.05, 1.0), (0.25, 1.0), (0.25, 4.0), (0.5, 2.0), (0.5, 4.0), (1.0, 4.0), (1.0, 8.0), (1.5, 8.0),
               (1.5, 12.0)),
    ),
    floor=Floor("renewable", "min_renewable_frac"),
    design_name="s{solar}-b{power}x{hours}h-n{units}",
)  # fmt: skip
