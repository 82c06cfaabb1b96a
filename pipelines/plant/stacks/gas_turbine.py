"""Small industrial gas turbines alone, of either size class."""

from __future__ import annotations

from pipelines.plant.stack import Campus, Fleet, Phase, Stack

STACK = Stack(
    id="gas_turbine",
    label="Gas turbines",
    sentence="Small industrial gas turbines, islanded, with a battery reserve that bridges a trip.",
    phases=(Phase("permanent", frozenset({"firm", "reserve"}), "gas turbines"),),
    # Larger units need more spare capacity to cover the loss of one.
    firm=Fleet(("gas_turbine_5mw", "gas_turbine_small_industrial"), spare_share=1.2),
    design_name="n{units}x{unit_mw:g}",
    # A campus takes turbines of the larger class.
    campus=Campus(unit_mw_setting="campus_unit_mw"),
)
