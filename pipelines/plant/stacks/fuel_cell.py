"""Solid-oxide fuel cells alone."""

from __future__ import annotations

from pipelines.plant.stack import Campus, Fleet, Phase, Stack

STACK = Stack(
    id="fuel_cell",
    label="Fuel cells",
    sentence="Solid-oxide fuel-cell blocks on natural gas, islanded, with a battery reserve that bridges a trip.",
    phases=(Phase("permanent", frozenset({"firm", "reserve"}), "fuel cells"),),
    firm=Fleet(("fuel_cell",), spare_share=1.0),
    design_name="n{units}x{unit_mw:g}",
    campus=Campus(),
)
